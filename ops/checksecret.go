package ops

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// passwordPolicy is what a portal wants of passwords and webhooks' secrets
// (capture getPasswordSettings.ok).
type passwordPolicy struct {
	MinLength   int  `json:"minLength"`
	UpperCase   bool `json:"upperCase"`
	Digits      bool `json:"digits"`
	SpecSymbols bool `json:"specSymbols"`
}

// Bounds of the server as shipped. A portal can raise the lower one only.
const (
	minSecret = 8
	maxSecret = 30
)

const (
	policyPath    = "/api/2.0/settings/security/password"
	policyTimeout = 30 * time.Second
	maxPolicy     = 64 << 10 // bytes of the answer
)

// secret judges the secret by the portal's policy (captures
// createWebhook.secret-*, createWebhook.policy.*).
func (c *check) secret(ctx context.Context) error {
	rule := func(s Severity, message, advice string) {
		c.add(Finding{Kind: SecretRule, Severity: s, Field: "SecretKey", Message: message, Advice: advice})
	}
	policy, err := c.policy(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rule(Unknown, "the portal's policy for passwords cannot be read, so only the rules of every portal were applied", "")
	}
	least := max(policy.MinLength, minSecret)
	secret := string(c.request.SecretKey)
	switch n := units(secret); {
	case n == 0:
		rule(Refuse, "is missing", "deliveries are signed with it")
		return nil
	case n < least:
		rule(Refuse, fmt.Sprintf("has %d characters", n), fmt.Sprintf("%d at least", least))
	case n > maxSecret:
		rule(Refuse, fmt.Sprintf("has %d characters", n), fmt.Sprintf("%d at most", maxSecret))
	}
	if strings.ContainsFunc(secret, func(r rune) bool { return r < 0x21 || r > 0x7E }) {
		rule(Refuse, "has a blank or a character that is not ASCII", "take letters, digits and punctuation")
	}
	for _, want := range []struct {
		on       bool
		from, to rune
		but      string
		name     string
	}{
		{policy.UpperCase, 'A', 'Z', "", "capital letter"},
		{policy.Digits, '0', '9', "", "digit"},
		{policy.SpecSymbols, 0x21, 0x7E, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "punctuation character"},
	} {
		has := strings.ContainsFunc(secret, func(r rune) bool {
			return r >= want.from && r <= want.to && !strings.ContainsRune(want.but, r)
		})
		if want.on && !has {
			rule(Refuse, "has no "+want.name, "the portal's policy for passwords wants one")
		}
	}
	return nil
}

// policy reads the policy with the client's credentials. The call is none of the
// nine, so it is made by hand.
func (c *check) policy(ctx context.Context) (passwordPolicy, error) {
	ctx, cancel := context.WithTimeout(ctx, policyTimeout)
	defer cancel()
	raw := c.client.Raw()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(raw.Server, "/")+policyPath, nil)
	if err != nil {
		return passwordPolicy{}, err
	}
	for _, edit := range raw.RequestEditors {
		if err := edit(ctx, request); err != nil {
			return passwordPolicy{}, err
		}
	}
	response, err := raw.Client.Do(request)
	if err != nil {
		return passwordPolicy{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return passwordPolicy{}, fmt.Errorf("status %d", response.StatusCode)
	}
	var envelope struct {
		Response *passwordPolicy `json:"response"`
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxPolicy)).Decode(&envelope); err != nil {
		return passwordPolicy{}, err
	}
	if envelope.Response == nil {
		return passwordPolicy{}, errors.New("no policy in the answer")
	}
	return *envelope.Response, nil
}
