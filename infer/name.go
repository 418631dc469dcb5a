package infer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/seed-128c3863/sluice/spec"
)

// A name is that of a column, as it is compared with others.
type name struct {
	text  string
	words []string // in lower case
}

// nameFrom parts a name into words: at what is no letter or digit, and between
// the humps of camelCase. Letters that look alike but for their width, or are
// composed in two ways, are the same.
func nameFrom(text string) name {
	n := name{text: text}
	var word []rune
	end := func() {
		if len(word) > 0 {
			n.words = append(n.words, string(word))
		}
		word = nil
	}
	runes := []rune(norm.NFKC.String(text))
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			end()
			continue
		}
		if unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1])) {
			end()
		}
		word = append(word, unicode.ToLower(r))
	}
	end()
	return n
}

// key is the name without what stands between its words.
func (n name) key() string { return strings.Join(n.words, "") }

// plain is the name without what stands in brackets, such as a unit.
func (n name) plain() name {
	var b strings.Builder
	depth := 0
	for _, r := range norm.NFKC.String(n.text) {
		switch {
		case strings.ContainsRune("([{<", r):
			depth++
		case strings.ContainsRune(")]}>", r):
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteRune(r)
		}
	}
	return nameFrom(b.String())
}

// single is the name with its last word in the singular, as English has it.
func (n name) single() string {
	key := n.key()
	switch {
	case strings.HasSuffix(key, "ies") && len(key) > 4:
		return key[:len(key)-3] + "y"
	case strings.HasSuffix(key, "s") && !strings.HasSuffix(key, "ss") && len(key) > 3:
		return key[:len(key)-1]
	}
	return key
}

// without returns the name without the words of another at its beginning, such
// as those of its table; the same name if nothing would be left of it.
func (n name) without(of []string) name {
	words := n.words
	for len(words) > 1 && slices.Contains(of, words[0]) {
		words = words[1:]
	}
	return name{n.text, words}
}

// The least likeness of names that is one, and of what nobody need be asked of.
const (
	doubtful = 0.6
	likely   = 0.75
	certain  = 0.9

	translated = 0.8 // a name that is the same in another language
)

// like says how alike two names are, from 0 to 1, and in what way. The words of
// the table do not tell its columns apart.
func like(a, b name, table []string) (float64, string) {
	switch key := a.key(); {
	case key == "" || b.key() == "":
		return 0, ""
	case a.text == b.text:
		return 1, "the same name"
	case strings.EqualFold(a.text, b.text):
		return .99, "the same name but for case"
	case key == b.key():
		return .97, "the same name but for case, spaces and marks"
	case a.plain().key() == b.key() || a.plain().key() == b.plain().key() && a.plain().key() != "":
		return .93, "the same name but for what is in brackets"
	case a.single() == b.single():
		return .92, "the same name but for its number"
	case a.without(table).single() == b.without(table).single():
		return .9, "the same name but for the table's"
	}
	return near(a.without(table), b.without(table))
}

// near says how alike two names are that are not the same.
func near(a, b name) (float64, string) {
	x, y := norm.NFD.String(a.key()), norm.NFD.String(b.key())
	n, m := utf8.RuneCountInString(x), utf8.RuneCountInString(y)
	longer, shorter := max(n, m), min(n, m)
	if shorter >= 4 {
		if alike := 1 - float64(spec.Distance(x, y))/float64(longer); alike >= .74 {
			return .45 + .45*alike, "a similar name"
		}
	}
	if some, all := common(a.words, b.words); some > 0 && some == min(len(a.words), len(b.words)) {
		return .6 + .2*float64(some)/float64(all), "a word in common"
	}
	if begins := strings.HasPrefix(a.key(), b.key()) || strings.HasPrefix(b.key(), a.key()); begins && shorter >= 3 {
		return .6 + .15*float64(shorter)/float64(longer), "it begins alike"
	}
	return 0, ""
}

// common counts the words that two names share, and those of the longer.
func common(a, b []string) (some, all int) {
	for _, word := range a {
		if slices.Contains(b, word) {
			some++
		}
	}
	return some, max(len(a), len(b))
}
