package portal

import (
	"slices"
	"strings"
	"time"

	"github.com/docspace-go/webhooks/wire"
)

// delivery is what a delivery tells, apart from how its attempts went.
type delivery struct {
	created  time.Time
	by       string
	trigger  wire.Triggers
	payload  any
	hook     int32
	name     string
	url      string
	triggers wire.Triggers
	target   any // id of the entity; nil unless the webhook has a target
}

// attempt is what the body of one attempt adds. The zero attempt is the text
// that waits in the log.
type attempt struct {
	row         int32
	failedOn    time.Time
	failure     string
	succeededOn string
	retry       int
	now         time.Time
}

// body writes the body. Members that would be null, 0 or an all-zero id are
// left out.
func (d delivery) body(a attempt) []byte {
	event := object{}
	if a.row != 0 {
		event = append(event, member{"id", a.row})
	}
	event = append(event, member{"createOn", utcSeconds(d.created)})
	if d.by != zeroGUID {
		event = append(event, member{"createBy", d.by})
	}
	event = append(event, member{"trigger", d.trigger.String()})
	if d.trigger != 0 {
		event = append(event, member{"triggerId", int64(d.trigger)})
	}

	hook := object{{"id", d.hook}, {"name", d.name}, {"url", d.url}, {"triggers", triggerNames(d.triggers)}}
	if d.target != nil {
		kind, _, _ := strings.Cut(d.trigger.String(), ".")
		hook = append(hook, member{"target", object{{"id", d.target}, {"type", kind}}})
	}
	hook = append(hook, a.members()...)
	return appendJSON(nil, object{{"event", event}, {"payload", d.payload}, {"webhook", hook}}, strict)
}

// members tells of the attempts before.
func (a attempt) members() object {
	if a.retry == 0 {
		return nil
	}
	o := object{{"lastFailureOn", utcSeconds(a.failedOn)}, {"lastFailureContent", a.failure}}
	if a.succeededOn != "" {
		o = append(o, member{"lastSuccessOn", a.succeededOn})
	}
	return append(o, member{"retryCount", a.retry}, member{"retryOn", utcSeconds(a.now)})
}

// attemptMembers are the members of webhook that belong to an attempt.
var attemptMembers = map[string]bool{
	"lastFailureOn": true, "lastFailureContent": true, "lastSuccessOn": true, "retryCount": true, "retryOn": true,
}

// resend takes the text of an earlier delivery and makes it one of attempt a:
// the event of then, the number of now, and nothing of how it went then. ok is
// false if the text is not of that shape.
func resend(stored string, a attempt) (body []byte, ok bool) {
	tree, err := readTree([]byte(stored))
	parts, isObject := tree.(object)
	if err != nil || !isObject || lookMember(parts, "event") == nil || lookMember(parts, "webhook") == nil {
		return nil, false
	}
	for i, part := range parts {
		inner, _ := part.value.(object)
		switch part.name {
		case "event":
			inner = slices.DeleteFunc(inner, func(m member) bool { return m.name == "id" })
			parts[i].value = append(object{{"id", a.row}}, inner...)
		case "webhook":
			inner = slices.DeleteFunc(inner, func(m member) bool { return attemptMembers[m.name] })
			parts[i].value = append(inner, a.members()...)
		}
	}
	return appendJSON(nil, parts, strict), true
}
