// Package api is a client of the nine webhook operations of an ONLYOFFICE
// DocSpace portal.
//
//	client, err := api.New("https://acme.onlyoffice.com", api.WithAPIKey(os.Getenv("DOCSPACE_API_KEY")))
//	hook, err := client.CreateWebhook(ctx, api.NewWebhook("builds", url, secret, api.FileCreated|api.FileUpdated))
//
// Every method makes one call to the portal unless its doc comment says
// otherwise, and returns an [*Error] when the call failed or was not sent. A call
// is sent again where that does no harm, see [RetryPolicy]; limits are kept to on
// request, see [WithRateLimit], and dates corrected, see [WithCorrectedDates].
// No method does something else than it was asked without saying so: what the
// server stores differently is corrected, or reported as [ErrNotApplied].
//
// The models are those that the generator makes from the contract in
// openapi/webhooks.yaml; their names here are aliases, so a field that a newer
// contract adds reaches callers when they update the module.
package api
