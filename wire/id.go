package wire

import "strconv"

// WebhookID identifies a webhook: a subscription of one URL to events of one
// portal. It is the id of WebhooksConfigDto.
type WebhookID int32

// String returns id in decimal.
func (id WebhookID) String() string { return strconv.FormatInt(int64(id), 10) }

// DeliveryID identifies a row of the delivery log. It is the id of
// WebhooksLogDto and the event.id inside the delivered body, and it is what the
// two retry operations take. Every manual retry makes a new one.
type DeliveryID int32

// String returns id in decimal.
func (id DeliveryID) String() string { return strconv.FormatInt(int64(id), 10) }
