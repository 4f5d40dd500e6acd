package portal

// Limits are the rates beyond which the portal answers 429. The zero value, as
// on a server as shipped, limits nothing.
type Limits struct {
	PerMinute int `json:"perMinute,omitempty"` // requests of a user in a minute
	PerDay    int `json:"perDay,omitempty"`    // POST and PUT requests of a user in a day
	Retries   int `json:"retries,omitempty"`   // retry requests of a user to one path in 15 minutes
}
