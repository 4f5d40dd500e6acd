package receiver_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/docspace-go/webhooks/receiver"
)

const (
	secret = "Correct-Horse-7!"
	other  = "Battery-Staple-8!"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	body := []byte(`{"event":{"id":1}}`)
	good := receiver.Sign(body, secret)
	lower := strings.ToLower(good)
	mixed := good[:20] + lower[20:]
	bad := receiver.Sign(body, other)
	flipped := flip(good)

	for name, test := range map[string]struct {
		values  []string
		body    string // the signed one if empty
		secrets []string
		want    error
	}{
		"upper case":                    {values: []string{good}},
		"lower case":                    {values: []string{lower}},
		"mixed case":                    {values: []string{mixed}},
		"first of several secrets":      {values: []string{good}, secrets: []string{secret, other}},
		"last of several secrets":       {values: []string{good}, secrets: []string{other, "third", secret}},
		"twice the same":                {values: []string{good, good}},
		"twice the same, either case":   {values: []string{good, lower}},
		"good and bad":                  {values: []string{good, bad}, want: receiver.ErrNotSigned},
		"bad and good":                  {values: []string{bad, good}, want: receiver.ErrNotSigned},
		"two, both with a known secret": {values: []string{good, bad}, secrets: []string{secret, other}, want: receiver.ErrNotSigned},
		"good and empty":                {values: []string{good, ""}, want: receiver.ErrNotSigned},
		"malformed and good":            {values: []string{"sha256=", good}, want: receiver.ErrNotSigned},
		"zeros and good":                {values: []string{zeros, good}, want: receiver.ErrNotSigned},
		"joined by a comma":             {values: []string{good + ", " + good}, want: receiver.ErrNotSigned},
		"absent":                        {want: receiver.ErrNotSigned},
		"empty":                         {values: []string{""}, want: receiver.ErrNotSigned},
		"no prefix":                     {values: []string{strings.TrimPrefix(good, "sha256=")}, want: receiver.ErrNotSigned},
		"prefix alone":                  {values: []string{"sha256="}, want: receiver.ErrNotSigned},
		"prefix twice":                  {values: []string{"sha256=" + good}, want: receiver.ErrNotSigned},
		"upper-case prefix":             {values: []string{strings.ToUpper(good)}, want: receiver.ErrNotSigned},
		"another algorithm":             {values: []string{strings.Replace(good, "256", "512", 1)}, want: receiver.ErrNotSigned},
		"one digit short":               {values: []string{good[:len(good)-1]}, want: receiver.ErrNotSigned},
		"one digit more":                {values: []string{good + "0"}, want: receiver.ErrNotSigned},
		"no hex digit":                  {values: []string{good[:len(good)-1] + "G"}, want: receiver.ErrNotSigned},
		"blank before":                  {values: []string{" " + good}, want: receiver.ErrNotSigned},
		"line end after":                {values: []string{good + "\r\nX: y"}, want: receiver.ErrNotSigned},
		"not UTF-8":                     {values: []string{"sha256=" + strings.Repeat("\xff", 64)}, want: receiver.ErrNotSigned},
		"zeros":                         {values: []string{zeros}, want: receiver.ErrBadSignature},
		"one bit off":                   {values: []string{flipped}, want: receiver.ErrBadSignature},
		"another secret":                {values: []string{bad}, want: receiver.ErrBadSignature},
		"another body":                  {values: []string{good}, body: `{"event":{"id":2}}`, want: receiver.ErrBadSignature},
		"encoded again":                 {values: []string{good}, body: `{"event": {"id": 1}}`, want: receiver.ErrBadSignature},
		"line end after the body":       {values: []string{good}, body: string(body) + "\n", want: receiver.ErrBadSignature},
		"no secret":                     {values: []string{good}, secrets: []string{}, want: receiver.ErrEmptySecret},
		"empty secret":                  {values: []string{good}, secrets: []string{""}, want: receiver.ErrEmptySecret},
		"empty secret beside the right": {values: []string{good}, secrets: []string{secret, ""}, want: receiver.ErrEmptySecret},
		"empty secret, no signature":    {secrets: []string{""}, want: receiver.ErrEmptySecret},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := body
			if test.body != "" {
				sent = []byte(test.body)
			}
			secrets := test.secrets
			if secrets == nil {
				secrets = []string{secret}
			}
			header := http.Header{}
			for _, value := range test.values {
				header.Add(receiver.SignatureHeader, value)
			}
			err := receiver.Verify(sent, header, secrets...)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			if err != nil {
				mustNotLeak(t, err.Error(), append(test.values, good, bad)...)
			}
		})
	}
}

// TestVerifyHeaderNames: headers that came through something else than net/http
// are not in its canonical form.
func TestVerifyHeaderNames(t *testing.T) {
	t.Parallel()
	body := []byte("{}")
	good, bad := receiver.Sign(body, secret), receiver.Sign(body, other)
	for name, test := range map[string]struct {
		header http.Header
		want   error
	}{
		"canonical":     {http.Header{"X-Docspace-Signature-256": {good}}, nil},
		"as sent":       {http.Header{"x-docspace-signature-256": {good}}, nil},
		"upper case":    {http.Header{"X-DOCSPACE-SIGNATURE-256": {good}}, nil},
		"two, the same": {http.Header{"X-Docspace-Signature-256": {good}, "x-docspace-signature-256": {good}}, nil},
		"two, not":      {http.Header{"X-Docspace-Signature-256": {good}, "x-docspace-signature-256": {bad}}, receiver.ErrNotSigned},
		"another one":   {http.Header{"X-Hub-Signature-256": {good}}, receiver.ErrNotSigned},
		"no value":      {http.Header{"X-Docspace-Signature-256": {}}, receiver.ErrNotSigned},
		"nil":           {nil, receiver.ErrNotSigned},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := receiver.Verify(body, test.header, secret); !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestSign(t *testing.T) {
	t.Parallel()
	// RFC 4231, test case 2.
	const want = "sha256=5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"
	if got := receiver.Sign([]byte("what do ya want for nothing?"), "Jefe"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := receiver.Sign([]byte("{}"), ""); got != "" {
		t.Errorf("an empty secret signed: %s", got)
	}
}

var zeros = "sha256=" + strings.Repeat("0", 64)

// flip changes the lowest bit of a signature.
func flip(signature string) string {
	last := strings.IndexByte("0123456789ABCDEF", signature[len(signature)-1])
	return signature[:len(signature)-1] + string("0123456789ABCDEF"[last^1])
}
