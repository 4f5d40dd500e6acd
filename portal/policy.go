package portal

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// secretMin and secretMax bound the length of a webhook's secret by the shipped
// configuration; the portal's policy may only raise the lower bound.
const (
	secretMin = 8
	secretMax = 30
)

const specialCharacters = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

func (p PasswordPolicy) minLength() int { return max(p.MinLength, secretMin) }

// accepts reports whether the server takes s for a secret.
func (p PasswordPolicy) accepts(s string) bool {
	if n := utf8.RuneCountInString(s); n < p.minLength() || n > secretMax {
		return false
	}
	for _, r := range s {
		if r < 0x21 || r > 0x7E {
			return false
		}
	}
	return (!p.Upper || strings.ContainsAny(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")) &&
		(!p.Digits || strings.ContainsAny(s, "0123456789")) &&
		(!p.Special || strings.ContainsAny(s, specialCharacters))
}

// refusal is what the server says about a secret that it does not take
// (`createWebhook.policy.*`). It is one of the two texts that it translates.
func (p PasswordPolicy) refusal(culture string) string {
	if german(culture) {
		text := fmt.Sprintf("Das Kennwort muss enthalten von %d bis zu %d Sonderzeichen, Nur lateinische Buchstaben, Keine Leerzeichen", p.minLength(), secretMax)
		return text + p.extras("Großbuchstaben", "Ziffern", "Sonderzeichen")
	}
	text := fmt.Sprintf("Password must contain from %d to %d characters, only latin letters, no spaces", p.minLength(), secretMax)
	return text + p.extras("capital letters", "digits", "special characters")
}

func (p PasswordPolicy) extras(upper, digits, special string) string {
	var b strings.Builder
	for _, e := range []struct {
		on   bool
		text string
	}{{p.Upper, upper}, {p.Digits, digits}, {p.Special, special}} {
		if e.on {
			b.WriteString(", " + e.text)
		}
	}
	return b.String()
}

// unavailable is what the server says about a URL whose probe was answered with
// something else than 2xx.
func unavailable(culture string) string {
	if german(culture) {
		return "Die Webhook-URL ist nicht verfügbar. Die HEAD-Anforderung ist keine Antwort mit dem HTTP-Status 200."
	}
	return "Webhook URL is not available. HEAD request is not response 200 http status."
}

func german(culture string) bool { return culture == "de" || strings.HasPrefix(culture, "de-") }

// passwordSettings answers getPasswordSettings.
func (c *call) passwordSettings() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	return success{value: c.p.st.policy.answer()}, nil
}

// updatePasswordSettings changes what webhooks' secrets must be like.
func (c *call) updatePasswordSettings() (success, error) {
	var length int32
	var p PasswordPolicy
	if err := c.bind("ASC.Web.Api.ApiModel.RequestsDto.PasswordSettingsRequestsDto", map[string]binder{
		"minlength": bindInt(&length), "uppercase": bindBool(&p.Upper), "digits": bindBool(&p.Digits), "specsymbols": bindBool(&p.Special),
	}); err != nil {
		return success{}, err
	}
	p.MinLength = int(length)
	if err := c.admin(); err != nil {
		return success{}, err
	}
	if p.MinLength < secretMin || p.MinLength > secretMax {
		return success{}, errArgument("MinLength")
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	c.p.st.policy = p
	return success{value: p.answer()}, nil
}

func (p PasswordPolicy) answer() object {
	return object{
		{"minLength", p.minLength()},
		{"upperCase", p.Upper},
		{"digits", p.Digits},
		{"specSymbols", p.Special},
		{"allowedCharactersRegexStr", `[\x21-\x7E]`},
		{"digitsRegexStr", `(?=.*\d)`},
		{"upperCaseRegexStr", `(?=.*[A-Z])`},
		{"specSymbolsRegexStr", `(?=.*[\x21-\x2F\x3A-\x40\x5B-\x60\x7B-\x7E])`},
	}
}
