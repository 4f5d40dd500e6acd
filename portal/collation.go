package portal

import (
	"strings"
	"unicode"
)

// baseLetters has the accented Latin letters by the letter they sort with.
var baseLetters = func() map[rune]rune {
	table := make(map[rune]rune)
	for base, accented := range map[rune]string{
		'A': "ÀÁÂÃÄÅĀĂĄǍǞǠǺȀȂ", 'C': "ÇĆĈĊČ", 'D': "Ď", 'E': "ÈÉÊËĒĔĖĘĚȄȆ", 'G': "ĜĞĠĢǦǴ",
		'H': "Ĥ", 'I': "ÌÍÎÏĨĪĬĮİǏȈȊ", 'J': "Ĵ", 'K': "ĶǨ", 'L': "ĹĻĽ", 'N': "ÑŃŅŇǸ",
		'O': "ÒÓÔÕÖŌŎŐƠǑǪǬȌȎ", 'R': "ŔŖŘȐȒ", 'S': "ŚŜŞŠß", 'T': "ŢŤ", 'U': "ÙÚÛÜŨŪŬŮŰŲƯǓǕǗǙǛȔȖ",
		'W': "Ŵ", 'Y': "ÝŶŸ", 'Z': "ŹŻŽ",
	} {
		for _, r := range accented {
			table[r] = base
		}
	}
	return table
}()

// collationKey is equal for texts that utf8mb3_general_ci takes for equal: case,
// accents and blanks at the end make no difference (`createWebhook.twin.*`).
func collationKey(s string) string {
	return strings.TrimRight(strings.Map(func(r rune) rune {
		r = unicode.ToUpper(r)
		if base, ok := baseLetters[r]; ok {
			return base
		}
		return r
	}, s), " ")
}

// sameText compares two texts as the portal's database does.
func (db dbTraits) sameText(a, b string) bool {
	return a == b || db.collates && collationKey(a) == collationKey(b)
}
