package mapping

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
)

func textFunctions() []*function {
	t := []kinds{textArg}
	tt := []kinds{textArg, textArg}
	return []*function{
		{name: "lower", signature: "lower(text)", doc: "The text in lower case.", args: t, least: 1, out: textKind, call: mapText(strings.ToLower)},
		{name: "upper", signature: "upper(text)", doc: "The text in upper case.", args: t, least: 1, out: textKind, call: mapText(strings.ToUpper)},
		{name: "trim", signature: "trim(text[, characters])", doc: "The text without white space, or the characters given, at both ends.", args: tt, least: 1, out: textKind, call: trim},
		{name: "trimPrefix", signature: "trimPrefix(text, prefix)", doc: "The text without the prefix, if it has it.", args: tt, least: 2, out: textKind, call: mapTexts(strings.TrimPrefix)},
		{name: "trimSuffix", signature: "trimSuffix(text, suffix)", doc: "The text without the suffix, if it has it.", args: tt, least: 2, out: textKind, call: mapTexts(strings.TrimSuffix)},
		{name: "split", signature: "split(text, separator[, n])", doc: "The list of what stands between the separators; at most n parts, the last with the rest.", args: []kinds{textArg, textArg, intArg}, least: 2, out: listKind, call: split},
		{name: "join", signature: "join(list[, separator])", doc: "The texts of a list, one after the other.", args: []kinds{listArg, textArg}, least: 1, out: textKind, call: join},
		{
			name: "replace", signature: "replace(text, old, new)", doc: "The text with every old replaced by new.", args: []kinds{textArg, textArg, textArg}, least: 3, out: textKind,
			call: func(m *Mapper, a []value) (value, error) {
				return ofText(strings.ReplaceAll(a[0].s, a[1].s, a[2].s)), nil
			},
		},
		{name: "repeat", signature: "repeat(text, n)", doc: "The text n times.", args: []kinds{textArg, intArg}, least: 2, out: textKind, call: repeat},
		{
			name: "indexOf", signature: "indexOf(text, part)", doc: "The characters before the first place of part in the text; -1 if it is not in it.", args: tt, least: 2, out: intKind,
			call: func(m *Mapper, a []value) (value, error) {
				return position64(a[0].s, strings.Index(a[0].s, a[1].s)), nil
			},
		},
		{
			name: "lastIndexOf", signature: "lastIndexOf(text, part)", doc: "The same for the last place.", args: tt, least: 2, out: intKind,
			call: func(m *Mapper, a []value) (value, error) {
				return position64(a[0].s, strings.LastIndex(a[0].s, a[1].s)), nil
			},
		},
		{name: "left", signature: "left(text, n)", doc: "The first n characters, or as many as there are.", args: []kinds{textArg, intArg}, least: 2, out: textKind, call: left},
		{name: "right", signature: "right(text, n)", doc: "The last n characters, or as many as there are.", args: []kinds{textArg, intArg}, least: 2, out: textKind, call: right},
		{name: "pad_left", signature: "pad_left(text, n[, character])", doc: "The text filled up to n characters with spaces, or the character, on the left.", args: []kinds{textArg, intArg, textArg}, least: 2, out: textKind, call: padLeft},
		{name: "extract", signature: "extract(text, pattern)", doc: "What the pattern's first group matches, or the whole pattern if it has none; null if it matches nowhere.", args: tt, least: 2, call: extract, prepare: prepareExtract},
		{name: "regex_replace", signature: "regex_replace(text, pattern, new)", doc: "The text with every match of the pattern replaced by new, in which $1 is what the first group matched.", args: []kinds{textArg, textArg, textArg}, least: 3, out: textKind, call: regexReplace},
		{
			name: "sha256", signature: "sha256(text)", doc: "The SHA-256 of the text's UTF-8, in hexadecimal.", args: []kinds{textArg | 1<<bytesKind}, least: 1, out: textKind,
			call: func(m *Mapper, a []value) (value, error) {
				sum := sha256.Sum256(raw(a[0].s))
				return ofText(hex.EncodeToString(sum[:])), nil
			},
		},
		{
			name: "md5", signature: "md5(text)", doc: "The MD5 of the text's UTF-8, in hexadecimal; for keys, not for secrets.", args: []kinds{textArg | 1<<bytesKind}, least: 1, out: textKind,
			call: func(m *Mapper, a []value) (value, error) {
				sum := md5.Sum(raw(a[0].s))
				return ofText(hex.EncodeToString(sum[:])), nil
			},
		},
		{
			name: "to_base64", signature: "to_base64(value)", doc: "A text's UTF-8, or bytes, in base64.", args: []kinds{textArg | 1<<bytesKind}, least: 1, out: textKind,
			call: func(m *Mapper, a []value) (value, error) { return ofText(encodeBytes(a[0].s)), nil },
		},
		{name: "from_base64", signature: "from_base64(text)", doc: "The bytes of a text in base64 (the standard alphabet, padded).", args: t, least: 1, out: bytesKind, call: fromBase64},
		{name: "from_hex", signature: "from_hex(text)", doc: "The bytes of a text in hexadecimal.", args: t, least: 1, out: bytesKind, call: fromHex},
	}
}

func mapText(do func(string) string) func(*Mapper, []value) (value, error) {
	return func(_ *Mapper, a []value) (value, error) { return ofText(do(a[0].s)), nil }
}

func mapTexts(do func(a, b string) string) func(*Mapper, []value) (value, error) {
	return func(_ *Mapper, a []value) (value, error) { return ofText(do(a[0].s, a[1].s)), nil }
}

func trim(_ *Mapper, a []value) (value, error) {
	if len(a) == 2 {
		return ofText(strings.Trim(a[0].s, a[1].s)), nil
	}
	return ofText(strings.TrimSpace(a[0].s)), nil
}

func split(m *Mapper, a []value) (value, error) {
	s, sep := a[0].s, a[1].s
	if sep == "" {
		return value{}, faultf("split takes a separator, and it is empty")
	}
	n := strings.Count(s, sep) + 1
	if len(a) == 3 {
		if a[2].n < 1 {
			return value{}, faultf("split makes at least one part, not %d", a[2].n)
		}
		n = int(min(int64(n), a[2].n))
	}
	parts := m.list(n)
	for i := range n - 1 {
		at := strings.Index(s, sep)
		parts[i] = ofText(s[:at])
		s = s[at+len(sep):]
	}
	parts[n-1] = ofText(s)
	return m.listOf(parts), nil
}

func join(m *Mapper, a []value) (value, error) {
	sep := ""
	if len(a) == 2 {
		sep = a[1].s
	}
	var b strings.Builder
	n := 0
	err := elements(a[0], func(v value) error {
		if v.k != textKind {
			return faultOf(v, "join takes a list of texts, and element %d is %s", n, v.show())
		}
		if n > 0 {
			b.WriteString(sep)
		}
		b.WriteString(v.s)
		n++
		return nil
	})
	return ofText(b.String()), err
}

// maxText is the most bytes that repeat and pad_left make.
const maxText = 1 << 20

func repeat(_ *Mapper, a []value) (value, error) {
	if a[1].n < 0 || a[1].n > maxText || int64(len(a[0].s))*a[1].n > maxText {
		return value{}, faultf("repeat makes a text of at most %d bytes, 0 times or more", maxText)
	}
	return ofText(strings.Repeat(a[0].s, int(a[1].n))), nil
}

// position64 counts the characters before byte i, which is -1 for none.
func position64(s string, i int) value {
	if i < 0 {
		return ofInt(-1)
	}
	return ofInt(int64(utf8.RuneCountInString(s[:i])))
}

func left(_ *Mapper, a []value) (value, error) {
	if a[1].n < 0 {
		return value{}, faultf("left takes 0 characters or more, not %d", a[1].n)
	}
	s := a[0].s
	return ofText(s[:runeOffset(s, int(min(a[1].n, int64(len(s)))))]), nil
}

func right(_ *Mapper, a []value) (value, error) {
	if a[1].n < 0 {
		return value{}, faultf("right takes 0 characters or more, not %d", a[1].n)
	}
	s := a[0].s
	drop := int64(utf8.RuneCountInString(s)) - a[1].n
	return ofText(s[runeOffset(s, int(max(0, drop))):]), nil
}

func padLeft(_ *Mapper, a []value) (value, error) {
	fill := " "
	if len(a) == 3 {
		fill = a[2].s
	}
	if utf8.RuneCountInString(fill) != 1 {
		return value{}, faultf("pad_left fills with one character, not %s", quote(fill))
	}
	missing := a[1].n - int64(utf8.RuneCountInString(a[0].s))
	if missing > maxText {
		return value{}, faultf("pad_left makes a text of at most %d bytes", maxText)
	}
	return ofText(strings.Repeat(fill, int(max(0, missing))) + a[0].s), nil
}

func extract(m *Mapper, a []value) (value, error) {
	pattern, err := m.pattern(a[1])
	if err != nil {
		return value{}, err
	}
	return extractBy(pattern, a[0]), nil
}

func regexReplace(m *Mapper, a []value) (value, error) {
	pattern, err := m.pattern(a[1])
	if err != nil {
		return value{}, err
	}
	return ofText(pattern.ReplaceAllString(a[0].s, a[2].s)), nil
}

func prepareExtract(nodes []ast.Node, args []*node) (*node, error) {
	v, ok := constantOf(args[1], textKind)
	if !ok {
		return nil, nil
	}
	pattern, err := regexp.Compile(v.s)
	if err != nil {
		return nil, mistakef(nodes[1], "%s", patternWords(err))
	}
	return one("extract", anyKind, textArg, args[0], func(_ *Mapper, v value) (value, error) { return extractBy(pattern, v), nil }), nil
}

func extractBy(pattern *regexp.Regexp, v value) value {
	at := pattern.FindStringSubmatchIndex(v.s)
	switch {
	case at == nil || len(at) > 2 && at[2] < 0:
		return null
	case len(at) > 2:
		return ofText(v.s[at[2]:at[3]])
	}
	return ofText(v.s[at[0]:at[1]])
}

func fromBase64(_ *Mapper, a []value) (value, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(a[0].s)
	if err != nil {
		return value{}, faultOf(a[0], "%s is not base64", a[0].show())
	}
	return value{k: bytesKind, s: string(b)}, nil
}

func fromHex(_ *Mapper, a []value) (value, error) {
	b, err := hex.DecodeString(a[0].s)
	if err != nil {
		return value{}, faultOf(a[0], "%s is not hexadecimal", a[0].show())
	}
	return value{k: bytesKind, s: string(b)}, nil
}
