package format

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Guess is an encoding that a text may have.
type Guess struct {
	Encoding string
	Sure     float64 // from 0 to 1
	Why      string
}

// Certain is how sure a guess is that a run goes by.
const Certain = 0.99

// GuessEncoding says which encodings a text may have, by its beginning, or by a
// part of it that begins with a character: the likeliest first, and at least
// one. whole says that the text ends with it.
//
// Certain are a byte-order mark, ASCII alone, UTF-8 where there is more than
// that, UTF-16 by its NULs, and CP949, if its Korean is such as is written.
func GuessEncoding(text []byte, whole bool) []Guess {
	if name := markOf(text); name != "" {
		return []Guess{{name, 1, "it begins with the byte-order mark of " + name}}
	}
	if set := nulls(text, whole); set != nil {
		return []Guess{{set.name, Certain, "every second byte is mostly 0x00"}}
	}
	if notASCII(text) < 0 {
		return []Guess{{"utf-8", 1, "every byte is ASCII, which is the same in all encodings but UTF-16"}}
	}
	good, bad := countUTF8(text, whole)
	if bad == 0 {
		return []Guess{{"utf-8", 1, fmt.Sprintf("all of its %d characters beyond ASCII are valid", good)}}
	}
	if good > 8*bad {
		return []Guess{{"utf-8", Certain, fmt.Sprintf("%d characters beyond ASCII are valid, %d are damaged", good, bad)}}
	}
	return weigh(text, whole)
}

// marks are the byte-order marks.
var marks = []struct{ begin, name string }{{"\xef\xbb\xbf", "utf-8"}, {"\xff\xfe", "utf-16le"}, {"\xfe\xff", "utf-16be"}}

func markOf(text []byte) string {
	for _, m := range marks {
		if bytes.HasPrefix(text, []byte(m.begin)) {
			return m.name
		}
	}
	return ""
}

// nullBytes is how much of a text is looked at for the NULs of UTF-16.
const nullBytes = 4096

// nulls returns UTF-16 of one byte order if the beginning of a text has the NULs
// of its ASCII, and line ends that are such; else nil.
func nulls(text []byte, whole bool) *charset {
	if len(text) > nullBytes {
		text, whole = text[:nullBytes], false
	}
	var n [2]int
	for i, b := range text {
		if b == 0 {
			n[i&1]++
		}
	}
	set, many, few := utf16LE, n[1], n[0]
	if n[0] > n[1] {
		set, many, few = utf16BE, n[0], n[1]
	}
	if many < 2 || many*20 < len(text)/2 || many < 4*few || whole && len(text)%2 != 0 {
		return nil
	}
	plain, bad := decoded(set, text[:len(text)&^1])
	if bad > 0 || bytes.IndexByte(plain, 0) >= 0 || bytes.ContainsAny(text, "\r\n") && !bytes.ContainsAny(plain, "\r\n") {
		return nil
	}
	return set
}

// decoded returns a text in UTF-8, and how many of its bytes are no character of
// the encoding. At its end a character may be cut off.
func decoded(set *charset, text []byte) (plain []byte, bad int) {
	d := newTextDecoder(bytes.NewReader(text), set, 0)
	d.fits = true
	var out bytes.Buffer
	_, _ = out.ReadFrom(d) // which reads from memory
	plain = out.Bytes()
	for at := notUTF8(plain); at >= 0; {
		if at >= len(plain)-4 {
			return plain[:at], bad
		}
		bad++
		next := notUTF8(plain[at+2:])
		if next < 0 {
			break
		}
		at += 2 + next
	}
	return plain, bad
}

// notASCII returns the index of the first byte that is not ASCII, -1 for none.
func notASCII(d []byte) int {
	return slices.IndexFunc(d, func(b byte) bool { return b >= 0x80 })
}

// countUTF8 returns how many characters beyond ASCII are UTF-8, and how many
// bytes are not. What may be cut off at the end counts as neither.
func countUTF8(text []byte, whole bool) (good, bad int) {
	if utf8.Valid(text) {
		return int(widths{0, 1, 1}.of(text)), 0
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && n == 1 && !whole && !utf8.FullRune(text):
			return good, bad
		case r == utf8.RuneError && n == 1:
			bad++
		case r >= 0x80:
			good++
		}
		text = text[n:]
	}
	return good, bad
}

// weigh returns the encodings in which a text that is no UTF-8 is valid, by how
// much it is like a text of their languages.
func weigh(text []byte, whole bool) []Guess {
	if !whole && len(text) > 4 {
		text = text[:len(text)-4] // a mark at the end of lines is not worth more
	}
	var guesses []Guess
	damaged := map[string]bool{}
	for _, l := range knownLanguages() {
		plain, bad := decoded(charsetOf(l.encoding), text)
		if bad*200 > len(text) {
			continue
		}
		score, why := l.weigh([]rune(string(plain)))
		if bad > 0 {
			score, why = score-2*float64(bad), fmt.Sprintf("%s, %d of its bytes are damaged", why, bad)
			damaged[l.encoding] = true
		}
		if i := slices.IndexFunc(guesses, func(g Guess) bool { return g.Encoding == l.encoding }); i < 0 {
			guesses = append(guesses, Guess{l.encoding, score, why})
		} else if guesses[i].Sure < score {
			guesses[i] = Guess{l.encoding, score, why}
		}
	}
	slices.SortStableFunc(guesses, func(a, b Guess) int { return cmp.Compare(b.Sure, a.Sure) })
	for i := range guesses {
		margin := guesses[i].Sure
		if i == 0 && len(guesses) > 1 {
			margin -= max(0, guesses[1].Sure)
		} else if i > 0 {
			margin -= guesses[0].Sure
		}
		guesses[i].Sure = 1 / (1 + math.Exp(-margin))
	}
	if len(guesses) == 0 {
		return []Guess{{"windows-1252", 0.1, "no encoding that is known has all of its bytes"}}
	}
	if !certain(guesses[0]) || damaged[guesses[0].Encoding] {
		guesses[0].Sure = min(guesses[0].Sure, 0.95)
	}
	return guesses[:min(len(guesses), 4)]
}

// certain says which of the guesses by language a run goes by.
func certain(g Guess) bool { return g.Encoding == "cp949" && g.Sure >= Certain }

// A language is what texts in it are like.
type language struct {
	encoding, name string
	common         string // characters beyond ASCII that it mostly has
	script         script
	ends           string        // letters that stand at the end of words only
	prior          float64       // how much commoner it is than others of which all letters are common, as a logarithm
	set            map[rune]bool // of common
}

// knownLanguages returns languages with the sets of their characters.
var knownLanguages = sync.OnceValue(func() []*language {
	for _, l := range languages {
		l.set = map[rune]bool{}
		for _, r := range l.common {
			l.set[r] = true
		}
	}
	return languages
})

// symbols stand in texts of any language.
const symbols = "₩€£¥$§©®™°±·×÷²³½¼¾–—‘’“”„…•※○●◎◇◆□■△▲▽▼→←↑↓「」『』【】《》〈〉、。・〜～，．：；？！（）％＆＋－＝／￦￥㎡㎏㎝㎜㎖℃№ªº¿¡«»　"

// A script is how characters beyond ASCII stand in words.
type script uint8

const (
	eastern script = iota // each by itself, as in East Asia
	latin                 // among letters of ASCII
	other                 // never beside them
)

// weigh returns how much likelier the characters of text beyond ASCII are in
// the language than at random, as a logarithm, and what it goes by.
func (l *language) weigh(text []rune) (score float64, why string) {
	const enough = 1000
	n, common := 0, 0
	for i, r := range text {
		if r < 0x80 || n == enough {
			continue
		}
		before, after := ' ', ' '
		if i > 0 {
			before = text[i-1]
		}
		if i+1 < len(text) {
			after = text[i+1]
		}
		if strings.ContainsRune(symbols, r) {
			score += 0.1
			if l.script != eastern && (unicode.IsLetter(before) && unicode.IsLetter(after) || before >= 0x80 && unicode.IsLetter(before)) {
				score--
			}
			continue
		}
		n++
		if l.set[unicode.ToLower(r)] {
			common++
		}
		score += l.weight(r, before, after)
	}
	if n > 0 && common == n {
		score += l.prior
	}
	return score, fmt.Sprintf("%d of its %d letters beyond ASCII are common in %s", common, n, l.name)
}

// weight is that of a character between two others.
func (l *language) weight(r, before, after rune) float64 {
	inWord := unicode.IsLetter(before)
	switch common := l.set[unicode.ToLower(r)]; {
	case !unicode.IsLetter(r) && !unicode.IsMark(r):
		return -2
	case !common:
		return -1
	case l.script == eastern:
		return 1.5
	case l.script == latin && (before >= 0x80 && inWord || after >= 0x80 && unicode.IsLetter(after)):
		if before >= 0x80 && !l.set[unicode.ToLower(before)] || after >= 0x80 && !l.set[unicode.ToLower(after)] || before >= 0x80 && after >= 0x80 {
			return -1.2
		}
		return 0.2
	case l.script == other && (before < 0x80 && inWord || after < 0x80 && unicode.IsLetter(after)):
		return -2
	case l.ends != "" && strings.ContainsRune(l.ends, r) && unicode.IsLetter(after):
		return -3
	case l.ends != "":
		return 1.3
	case unicode.IsUpper(r) && inWord:
		return -1
	case unicode.IsUpper(r):
		return 0.3
	case l.script == latin && !inWord:
		return 0.3
	}
	return 1.2
}
