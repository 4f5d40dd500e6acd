package redisdedup_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/docspace-go/webhooks/adapters/internal/services"
	"github.com/docspace-go/webhooks/adapters/redisdedup"
)

func TestMain(m *testing.M) {
	if os.Getenv(workerEnv) != "" {
		work()
		return
	}
	logging.Disable() // go-redis writes a line for each connection it does not get
	os.Exit(m.Run())
}

// connect makes a client of the Redis at the address.
func connect(t testing.TB, addr string) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	return client
}

// onMachine makes a Deduper on the machine's Redis, under a prefix of its own
// that is gone after the test.
func onMachine(t *testing.T) *redisdedup.Deduper {
	t.Helper()
	services.Need(t, "Redis", services.Redis)
	client := connect(t, services.Redis)
	d := &redisdedup.Deduper{
		Client: client,
		Prefix: "docspace:test:" + t.Name() + time.Now().Format(":150405.000000:"),
	}
	t.Cleanup(func() {
		keys, err := client.Keys(context.Background(), d.Prefix+"*").Result()
		if err != nil || len(keys) == 0 {
			return
		}
		if err := client.Del(context.Background(), keys...).Err(); err != nil {
			t.Error(err)
		}
	})
	return d
}
