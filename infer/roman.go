package infer

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The letters of a Korean syllable, in the order in which Unicode composes them, as
// the Revised Romanization writes them.
var (
	romanFirst  = strings.Fields("g kk n d tt r m b pp s ss - j jj ch k t p h")
	romanMiddle = strings.Fields("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i")
	romanLast   = strings.Fields("- k k k n n n t l k m l l l p l m p p t t ng t t k t p t")
)

// romanized writes the Korean of a text in Latin letters, syllable by syllable.
func romanized(text string) string {
	var b strings.Builder
	for _, r := range norm.NFC.String(text) {
		if r < '가' || r > '힣' {
			b.WriteRune(r)
			continue
		}
		n := int(r - '가')
		syllable := romanFirst[n/588] + romanMiddle[n%588/28] + romanLast[n%28]
		b.WriteString(strings.ReplaceAll(syllable, "-", ""))
	}
	return b.String()
}
