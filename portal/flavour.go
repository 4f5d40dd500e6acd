package portal

import (
	"fmt"
	"time"
)

// Generation is a line of server releases that answer alike.
type Generation int

// The generations that were recorded.
const (
	V3_1 Generation = iota + 1 // 3.1.0, 3.1.1
	V3_2                       // 3.2
	V3_6                       // 3.5.0 to 3.6.1
	V3_7                       // 3.7 and 3.8
)

// String returns the release that stands for g.
func (g Generation) String() string {
	if t, ok := generations[g]; ok {
		return t.version
	}
	return fmt.Sprintf("Generation(%d)", int(g))
}

// ParseGeneration reads "3.7", "3.7.2" and the like.
func ParseGeneration(s string) (Generation, error) {
	for g, t := range generations {
		if s == t.version || s == t.version[:len("3.7")] {
			return g, nil
		}
	}
	return 0, fmt.Errorf("no such generation %q: want 3.1, 3.2, 3.6 or 3.7", s)
}

// Database is the kind of database the portal keeps its webhooks in.
type Database int

// The databases a DocSpace portal runs on.
const (
	MySQL      Database = iota + 1 // MySQL or MariaDB
	PostgreSQL                     // PostgreSQL
)

// String returns the name of d.
func (d Database) String() string {
	switch d {
	case MySQL:
		return "MySQL"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return fmt.Sprintf("Database(%d)", int(d))
}

// traits are what tells the generations apart.
type traits struct {
	version string

	// reportsVersion: answers of an action carry api-supported-versions.
	reportsVersion bool
	// problemStatus is the status and the statusCode inside the envelope of a
	// validation failure, whose HTTP status is 400 on every generation.
	problemStatus [2]int

	// keyScopes: an API key may do only what its permissions say.
	keyScopes bool

	// triggerArray: GET triggers answers an array of 37, not an object of 29.
	triggerArray bool
	// wideTriggers: triggers are an int64, not an int32.
	wideTriggers bool
	// triggerRoles: triggers that the caller's role may not use are refused.
	triggerRoles bool

	// urlValidator: URLs are judged by scheme, host and every address behind
	// the host, at registration and again before each delivery.
	urlValidator bool
	// ordinaryProbe: the HEAD probe goes through the sender's HTTP client, with
	// its redirects and cookies.
	ordinaryProbe bool
	// probeTimeout bounds the HEAD probe.
	probeTimeout time.Duration
	// targetLimit is the greatest length of targetId. Before 3.7 it is the
	// column that refuses a longer one, so the refusal is no validation answer.
	targetLimit       int
	targetLimitColumn bool
	// idRequired: a PUT without id is refused by the JSON reader.
	idRequired bool

	// strictPaging: count and startIndex outside their range are refused.
	strictPaging bool
	// pageSize is the default and greatest count of the log.
	pageSize int
	// logNames: log rows carry configName.
	logNames bool
	// logPortalWall: log dates are portal wall time, like those of webhooks.
	logPortalWall bool
	// fields is what the query parameter of that name does.
	fields fieldRule
	// sqlAlias names the subquery in the text of an SQL error.
	sqlAlias [2]string

	// retryAfterTimeout: an attempt that timed out is followed by others.
	retryAfterTimeout bool
	// followRedirects: the sender follows redirects, a 301 or 302 as a GET.
	followRedirects bool
	// schedule has the pause before each further attempt.
	schedule []time.Duration
}

// generations is the one table of what differs.
var generations = map[Generation]traits{
	V3_1: {
		version:           "3.1.1",
		problemStatus:     [2]int{0, 200},
		ordinaryProbe:     true,
		probeTimeout:      100 * time.Second,
		targetLimit:       36,
		targetLimitColumn: true,
		pageSize:          1000,
		logPortalWall:     true,
		fields:            cutPictures,
		sqlAlias:          [2]string{"t", "t0"},
		followRedirects:   true,
		schedule:          doubling(2 * time.Second),
	},
	V3_2: {
		version:           "3.2.1",
		problemStatus:     [2]int{0, 200},
		keyScopes:         true,
		ordinaryProbe:     true,
		probeTimeout:      100 * time.Second,
		targetLimit:       36,
		targetLimitColumn: true,
		strictPaging:      true,
		pageSize:          100,
		logPortalWall:     true,
		sqlAlias:          [2]string{"t", "t0"},
		followRedirects:   true,
		schedule:          doubling(2 * time.Second),
	},
	V3_6: {
		version:           "3.6.1",
		problemStatus:     [2]int{0, 200},
		keyScopes:         true,
		ordinaryProbe:     true,
		probeTimeout:      100 * time.Second,
		targetLimit:       36,
		targetLimitColumn: true,
		idRequired:        true,
		strictPaging:      true,
		pageSize:          100,
		logNames:          true,
		sqlAlias:          [2]string{"s", "t"},
		retryAfterTimeout: true,
		followRedirects:   true,
		schedule:          doubling(time.Second),
	},
	V3_7: {
		version:           "3.7.2",
		reportsVersion:    true,
		problemStatus:     [2]int{1, 400},
		keyScopes:         true,
		triggerArray:      true,
		wideTriggers:      true,
		triggerRoles:      true,
		urlValidator:      true,
		probeTimeout:      10 * time.Second,
		targetLimit:       255,
		idRequired:        true,
		strictPaging:      true,
		pageSize:          100,
		logNames:          true,
		sqlAlias:          [2]string{"s", "t"},
		retryAfterTimeout: true,
		schedule:          doubling(time.Second),
	},
}

// retries is how often the sender tries again.
const retries = 5

// doubling returns the pauses before the retries, each twice the one before.
func doubling(first time.Duration) []time.Duration {
	pauses := make([]time.Duration, retries)
	for i := range pauses {
		pauses[i] = first << i
	}
	return pauses
}

// dbTraits are what tells the databases apart.
type dbTraits struct {
	// tick is the precision of a stored instant; the rest is cut off.
	tick time.Duration
	// zoned: stored instants know that they are UTC. Those of MySQL do not, and
	// are taken for portal wall time on the way out.
	zoned bool
	// collates: texts are equal without regard to case, accents and trailing
	// blanks (utf8mb3_general_ci).
	collates bool
	// keepsRows: a webhook that has log rows cannot be removed.
	keepsRows bool
	// nullsFirst: in the order by delivery, rows without one come first, so a
	// failed row hides later successes from the list's status.
	nullsFirst bool
	// heapOrder: the list shows webhooks in the order they were last written.
	heapOrder bool
	// keys: API keys work. On PostgreSQL their look-up fails with a 415.
	keys bool
	// textLimit bounds a receiver's answer in the log, in bytes; 0 is no bound.
	textLimit int
	// astral, nul: names may hold characters beyond U+FFFF, and U+0000.
	astral, nul bool
}

var databases = map[Database]dbTraits{
	MySQL: {
		tick:      time.Second,
		collates:  true,
		keys:      true,
		textLimit: 1<<16 - 1,
		nul:       true,
	},
	PostgreSQL: {
		tick:       time.Microsecond,
		zoned:      true,
		keepsRows:  true,
		nullsFirst: true,
		heapOrder:  true,
		astral:     true,
	},
}
