package redisdedup

import (
	"cmp"
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/docspace-go/webhooks/receiver"
)

// What the value of a key says, if it is not the token of a claim.
const (
	finished   = "done"
	nobodyElse = ""
)

// putScript writes the value unless somebody else's is there, which it then
// returns. A try whose answer got lost can be repeated: it finds its own token.
var putScript = redis.NewScript(`
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
	return holder
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return ''
`)

var forgetScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then
	redis.call('DEL', KEYS[1])
end
return ''
`)

// put writes the value for a time unless the key has another holder than the
// claim, and returns that one.
func (d *Deduper) put(ctx context.Context, claim receiver.Claim, value string, expiry time.Duration) (string, error) {
	ms := max(expiry.Milliseconds(), 1)
	return putScript.Run(ctx, d.Client, []string{d.key(claim)}, claim.Token, value, ms).Text()
}

// forget deletes the key if the claim holds it.
func (d *Deduper) forget(ctx context.Context, claim receiver.Claim) error {
	return forgetScript.Run(ctx, d.Client, []string{d.key(claim)}, claim.Token).Err()
}

func (d *Deduper) key(claim receiver.Claim) string {
	return cmp.Or(d.Prefix, DefaultPrefix) + claim.Key
}
