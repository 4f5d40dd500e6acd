package handoff_test

import (
	"os"
	"testing"

	"github.com/redis/go-redis/v9/logging"
)

func TestMain(m *testing.M) {
	logging.Disable() // go-redis writes a line for each connection it does not get
	os.Exit(m.Run())
}
