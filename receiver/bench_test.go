package receiver_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

// Compare with HMAC, which is the least that any receiver has to do.
func Benchmark(b *testing.B) {
	for _, size := range []int{2 << 10, 64 << 10} {
		body := sized(b, size)
		header := http.Header{}
		header.Set("Content-Type", "application/json; charset=utf-8")
		header.Set(receiver.SignatureHeader, receiver.Sign(body, secret))

		for _, work := range []struct {
			name string
			do   func() error
		}{
			{"HMAC", func() error {
				mac := hmac.New(sha256.New, []byte(secret))
				mac.Write(body)
				mac.Sum(nil)
				return nil
			}},
			{"Verify", func() error { return receiver.Verify(body, header, secret) }},
			{"Verify+Parse", func() error {
				if err := receiver.Verify(body, header, secret); err != nil {
					return err
				}
				_, err := receiver.Parse(body)
				return err
			}},
			{"Verify+Parse+File", func() error {
				if err := receiver.Verify(body, header, secret); err != nil {
					return err
				}
				event, err := receiver.Parse(body)
				if err != nil {
					return err
				}
				_, err = event.File()
				return err
			}},
		} {
			b.Run(fmt.Sprintf("%s/%dK", work.name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := work.do(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// sized is a recorded delivery whose payload has grown to make up the size.
func sized(b *testing.B, size int) []byte {
	b.Helper()
	body := string(recording(b, "samples/delivery-file.created-production"))
	const before = `"payload":{`
	const member = `"more":[{"name":"n","count":17}],`
	room := size - len(body)
	filling := strings.Repeat(member, room/len(member)) + strings.Repeat(" ", room%len(member))
	body = strings.Replace(body, before, before+filling, 1)
	if len(body) != size {
		b.Fatalf("%d bytes", len(body))
	}
	return []byte(body)
}
