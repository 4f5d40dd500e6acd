package api

import (
	"github.com/docspace-go/webhooks/gen"
	"github.com/docspace-go/webhooks/wire"
)

// The models of the contract.
type (
	// Webhook is a webhook as the portal keeps it (WebhooksConfigDto). Its
	// dates are the portal's wall clock; see the contract's PortalTime.
	Webhook = gen.Webhook
	// WebhookWithStatus is a webhook in a list (WebhooksConfigWithStatusDto).
	WebhookWithStatus = gen.WebhookWithStatus
	// CreateWebhookRequest is a webhook to be made
	// (CreateWebhooksConfigRequestsDto). [NewWebhook] makes a safe one.
	CreateWebhookRequest = gen.CreateWebhookRequest
	// WebhookUpdate is a webhook as it shall be
	// (UpdateWebhooksConfigRequestsDto). Its zero values reset.
	WebhookUpdate = gen.WebhookUpdate
	// Delivery is a row of the delivery log (WebhooksLogDto).
	Delivery = gen.Delivery
	// TriggerInfo is an event that the portal knows (WebhookTriggerDto).
	TriggerInfo = gen.TriggerInfo
	// Person is who made or changed something (EmployeeDto).
	Person = gen.Person
)

// The value types.
type (
	// WebhookID identifies a webhook.
	WebhookID = wire.WebhookID
	// DeliveryID identifies a row of the delivery log. A received event's id
	// is one: api.DeliveryID(event.ID).
	DeliveryID = wire.DeliveryID
	// Triggers is a set of events.
	Triggers = wire.Triggers
	// StatusClass is a set of outcomes of deliveries.
	StatusClass = wire.StatusClass
	// Time is an instant in the form the server wrote it.
	Time = wire.Time
	// Secret is a text that prints as REDACTED.
	Secret = wire.Secret
	// OptString is a text that the server may leave out.
	OptString = wire.OptString
	// LoggedHeaders are a delivery's headers as the log keeps them. It prints
	// with the signature masked.
	LoggedHeaders = wire.LoggedHeaders
)

// The outcomes of deliveries, for [DeliveryFilter].
const (
	NotSent   = wire.NotSent
	Status2xx = wire.Status2xx
	Status3xx = wire.Status3xx
	Status4xx = wire.Status4xx
	Status5xx = wire.Status5xx
	Failed    = wire.Failed
)

// ParseTriggers reads names joined by commas: "file.created,file.updated", or
// "*" for every event.
func ParseTriggers(s string) (Triggers, error) { return wire.ParseTriggers(s) }

// The sets that are not one event: see [wire.AllTriggers] and
// [wire.KnownTriggers].
const (
	AllTriggers   = wire.AllTriggers
	KnownTriggers = wire.KnownTriggers
)

// The events. See package wire for their names on the wire.
const (
	UserCreated      = wire.UserCreated
	UserInvited      = wire.UserInvited
	UserUpdated      = wire.UserUpdated
	UserDeleted      = wire.UserDeleted
	GroupCreated     = wire.GroupCreated
	GroupUpdated     = wire.GroupUpdated
	GroupDeleted     = wire.GroupDeleted
	FileCreated      = wire.FileCreated
	FileUploaded     = wire.FileUploaded
	FileUpdated      = wire.FileUpdated
	FileTrashed      = wire.FileTrashed
	FileDeleted      = wire.FileDeleted
	FileRestored     = wire.FileRestored
	FileCopied       = wire.FileCopied
	FileMoved        = wire.FileMoved
	FolderCreated    = wire.FolderCreated
	FolderUpdated    = wire.FolderUpdated
	FolderTrashed    = wire.FolderTrashed
	FolderDeleted    = wire.FolderDeleted
	FolderRestored   = wire.FolderRestored
	FolderCopied     = wire.FolderCopied
	FolderMoved      = wire.FolderMoved
	RoomCreated      = wire.RoomCreated
	RoomUpdated      = wire.RoomUpdated
	RoomArchived     = wire.RoomArchived
	RoomDeleted      = wire.RoomDeleted
	RoomRestored     = wire.RoomRestored
	RoomCopied       = wire.RoomCopied
	FormSubmit       = wire.FormSubmit
	FormFilledOut    = wire.FormFilledOut
	FormStopped      = wire.FormStopped
	AgentCreated     = wire.AgentCreated
	AgentUpdated     = wire.AgentUpdated
	AgentDeleted     = wire.AgentDeleted
	FileDownloaded   = wire.FileDownloaded
	FolderDownloaded = wire.FolderDownloaded
)
