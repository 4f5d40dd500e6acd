package receiver

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// SignatureHeader is the name of the header that carries the signature.
const SignatureHeader = "x-docspace-signature-256"

const signaturePrefix = "sha256="

var (
	errNoSignature      = fmt.Errorf("%w: no %s header", ErrNotSigned, SignatureHeader)
	errSignatureForm    = fmt.Errorf("%w: %s is not %q and 64 hex digits", ErrNotSigned, SignatureHeader, signaturePrefix)
	errSignaturesDiffer = fmt.Errorf("%w: several %s headers that differ", ErrNotSigned, SignatureHeader)
)

// Sign returns what the portal puts into [SignatureHeader] for the body: the
// HMAC-SHA256 under the secret's UTF-8 bytes as "sha256=" and 64 upper-case hex
// digits. Use it to test your own receiver.
//
// An empty secret signs nothing: the result is "", which [Verify] refuses.
func Sign(body []byte, secret string) string {
	if secret == "" {
		return ""
	}
	return signaturePrefix + strings.ToUpper(hex.EncodeToString(sum(body, secret)))
}

// Verify returns nil if the header holds the signature of the body under one
// of the secrets. Several secrets serve the time in which one replaces another.
//
// The body has to be the bytes as they arrived, and the whole of them. Header
// names match in any letter case, canonical or not; hex digits are accepted in
// both. A header that is there more than once is accepted only if all its
// values are the same signature, because with different ones something before
// this call may have judged the request by another than the one that matches.
//
// Verify returns [ErrEmptySecret] without secrets or if one is empty,
// [ErrNotSigned] or [ErrBadSignature]. How long it takes depends on the sizes
// of its arguments and the number of secrets, not on what the signature says or
// on which secret matches.
func Verify(body []byte, header http.Header, secrets ...string) error {
	if len(secrets) == 0 || slices.Contains(secrets, "") {
		return ErrEmptySecret
	}
	claimed, err := claimedSum(header)
	matches := 0
	for _, secret := range secrets {
		matches |= subtle.ConstantTimeCompare(sum(body, secret), claimed[:])
	}
	switch {
	case err != nil:
		return err
	case matches == 0:
		return ErrBadSignature
	}
	return nil
}

func sum(body []byte, secret string) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}

// claimedSum reads the one signature that the header claims. Its result has the
// full size even with an error, so that Verify compares in any case.
func claimedSum(header http.Header) (claimed [sha256.Size]byte, err error) {
	err = errNoSignature
	for name, values := range header {
		if !strings.EqualFold(name, SignatureHeader) {
			continue
		}
		for _, value := range values {
			next, ok := decodeSum(value)
			switch {
			case !ok:
				return claimed, errSignatureForm
			case err == nil && next != claimed:
				return claimed, errSignaturesDiffer
			}
			claimed, err = next, nil
		}
	}
	return claimed, err
}

func decodeSum(value string) (sum [sha256.Size]byte, ok bool) {
	digits, ok := strings.CutPrefix(value, signaturePrefix)
	if !ok || len(digits) != hex.EncodedLen(len(sum)) {
		return sum, false
	}
	_, err := hex.Decode(sum[:], []byte(digits))
	return sum, err == nil
}
