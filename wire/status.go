package wire

import (
	"strconv"
	"strings"
)

// StatusClass is a set of outcomes of deliveries, the log's filter groupStatus.
// The empty set does not filter.
type StatusClass int32

// The outcomes, by the status of the log row (WebhookGroupStatus).
const (
	NotSent StatusClass = 1 << iota // 0: not sent yet, or no HTTP answer
	Status2xx
	Status3xx
	Status4xx
	Status5xx

	// Failed is every delivery that was answered with something else than 2xx.
	// Those without any answer are [NotSent], like those still waiting.
	Failed = Status3xx | Status4xx | Status5xx
)

// String returns the vendor's names of the outcomes in s, joined by commas; what
// has no name is a number.
func (s StatusClass) String() string {
	if s == 0 {
		return "None"
	}
	var names []string
	for i, name := range []string{"NotSent", "Status2xx", "Status3xx", "Status4xx", "Status5xx"} {
		if s&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if rest := s &^ (NotSent | Status2xx | Failed); rest != 0 {
		names = append(names, strconv.Itoa(int(rest)))
	}
	return strings.Join(names, ",")
}
