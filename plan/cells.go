package plan

import (
	"strconv"
	"strings"
	"unicode"
)

// Printable replaces what would disturb a line of a table by escapes.
func Printable(text string) string {
	if !strings.ContainsFunc(text, disturbs) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if !disturbs(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRune(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// disturbs says whether a rune has no place in a line; parts of emoji have one.
func disturbs(r rune) bool {
	return !unicode.IsPrint(r) && r != '\u200d' && r != '\u3000'
}

// CutWide cuts a text to so many character cells of a terminal; what is cut off is
// told by a ….
func CutWide(text string, most int) string {
	if Wide(text) <= most {
		return text
	}
	n := 0
	for i, r := range text {
		if n += wideRune(r); n > most-1 {
			return text[:i] + "…"
		}
	}
	return text
}

// Wide returns how many character cells of a terminal a text takes.
func Wide(text string) int {
	n := 0
	for _, r := range text {
		n += wideRune(r)
	}
	return n
}

// wideRanges are the characters that take two cells: those of East Asia that
// Unicode (UAX 11) calls wide or fullwidth, and emoji.
var wideRanges = [][2]rune{
	{0x1100, 0x115f},
	{0x231a, 0x231b},
	{0x2e80, 0x303e},
	{0x3041, 0x33ff},
	{0x3400, 0x4dbf},
	{0x4e00, 0x9fff},
	{0xa000, 0xa4cf},
	{0xa960, 0xa97f},
	{0xac00, 0xd7a3},
	{0xf900, 0xfaff},
	{0xfe30, 0xfe6f},
	{0xff00, 0xff60},
	{0xffe0, 0xffe6},
	{0x1f300, 0x1f64f},
	{0x1f680, 0x1f6ff},
	{0x1f900, 0x1faff},
	{0x20000, 0x3fffd},
}

func wideRune(r rune) int {
	if r < 0x300 {
		return 1
	}
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) || r >= 0x1160 && r <= 0x11ff {
		return 0 // written over the character before it
	}
	for _, w := range wideRanges {
		if r >= w[0] && r <= w[1] {
			return 2
		}
	}
	return 1
}
