package mapping

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
)

// ofJSON returns the value of a JSON text, which a reader has found valid.
// Lists and objects stay text until someone looks into them.
func ofJSON(text []byte) (value, error) {
	if len(text) == 0 {
		return null, nil
	}
	switch text[0] {
	case '"':
		s, err := unquote(text)
		return ofText(s), err
	case '[':
		return value{k: listKind, s: str(text)}, nil
	case '{':
		return value{k: objectKind, s: str(text)}, nil
	case 'n':
		return null, nil
	case 't':
		return ofBool(true), nil
	case 'f':
		return ofBool(false), nil
	}
	return ofNumber(str(text)), nil
}

// unquote returns what a JSON string says; a copy only if it has escapes.
func unquote(text []byte) (string, error) {
	if bytes.IndexByte(text, '\\') < 0 {
		return str(text[1 : len(text)-1]), nil
	}
	b, err := format.Unquote(text, nil)
	if err != nil {
		return "", &fault{msg: cut(string(text)) + " " + err.Error(), value: string(text)}
	}
	return str(b), nil
}

// elements calls each for the elements of a list in order, until it fails.
func elements(v value, each func(value) error) error {
	if v.x != nil {
		for _, e := range v.x.items {
			if err := each(e); err != nil {
				return err
			}
		}
		return nil
	}
	s := v.s
	for i := skipSpace(s, 1); i < len(s) && s[i] != ']'; {
		end := skipValue(s, i)
		e, err := ofJSON(raw(s[i:end]))
		if err == nil {
			err = each(e)
		}
		if err != nil {
			return err
		}
		i = skipComma(s, end)
	}
	return nil
}

// members calls each for the members of an object in order, until it fails.
func members(v value, each func(key string, v value) error) error {
	if v.x != nil {
		for i, e := range v.x.items {
			if err := each(v.x.keys[i], e); err != nil {
				return err
			}
		}
		return nil
	}
	s := v.s
	for i := skipSpace(s, 1); i < len(s) && s[i] != '}'; {
		end := skipValue(s, i)
		key, err := unquote(raw(s[i:end]))
		i = skipSpace(s, skipSpace(s, end)+1) // past the colon
		if err != nil || i >= len(s) {
			return err
		}
		end = skipValue(s, i)
		e, err := ofJSON(raw(s[i:end]))
		if err == nil {
			err = each(key, e)
		}
		if err != nil {
			return err
		}
		i = skipComma(s, end)
	}
	return nil
}

func skipSpace(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

func skipComma(s string, i int) int {
	i = skipSpace(s, i)
	if i < len(s) && s[i] == ',' {
		return skipSpace(s, i+1)
	}
	return i
}

// skipValue returns the end of the value at i of a valid JSON text.
func skipValue(s string, i int) int {
	switch s[i] {
	case '"':
		return skipString(s, i)
	case '{', '[':
	default:
		for i < len(s) && s[i] != ',' && s[i] != ']' && s[i] != '}' && s[i] > ' ' {
			i++
		}
		return i
	}
	for depth := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = skipString(s, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func skipString(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// appendJSON writes the value as JSON: times and bytes as their text.
func appendJSON(b []byte, v value) []byte {
	switch v.k {
	case listKind, objectKind:
		if v.x == nil {
			return append(b, v.s...)
		}
		return appendCompound(b, v)
	case textKind, bytesKind, dateKind, clockKind, stampKind, instantKind, durationKind:
		return appendQuoted(b, v.text())
	}
	return append(b, v.text()...)
}

func appendCompound(b []byte, v value) []byte {
	open, end := byte('['), byte(']')
	if v.k == objectKind {
		open, end = '{', '}'
	}
	b = append(b, open)
	for i, e := range v.x.items {
		if i > 0 {
			b = append(b, ',')
		}
		if v.k == objectKind {
			b = append(appendQuoted(b, v.x.keys[i]), ':')
		}
		b = appendJSON(b, e)
	}
	return append(b, end)
}

// appendQuoted writes a JSON string. What is no UTF-8 becomes U+FFFD.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += n
			continue
		}
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\n':
			b = append(b, '\\', 'n')
		case c < ' ':
			b = fmt.Appendf(b, "\\u%04x", c)
		default:
			b = append(b, c)
		}
		i++
	}
	return append(b, '"')
}

func encodeBytes(s string) string { return base64.StdEncoding.EncodeToString(raw(s)) }

// ofGo returns the value of a param or of a file's field.
func ofGo(v any) (value, error) {
	switch v := v.(type) {
	case nil:
		return null, nil
	case string:
		return ofText(v), nil
	case bool:
		return ofBool(v), nil
	case int:
		return ofInt(int64(v)), nil
	case int64:
		return ofInt(v), nil
	case int32:
		return ofInt(int64(v)), nil
	case float64:
		return ofFloat(v)
	case json.Number:
		return ofNumber(string(v)), nil
	case json.RawMessage:
		return ofJSON(v)
	case time.Time:
		return ofTime(v), nil
	case time.Duration: // since midnight, as params have it
		return value{k: clockKind, n: v.Microseconds()}, nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return value{}, faultf("%s", strconv.Quote(fmt.Sprint(v))+" is no value of an expression")
	}
	return ofJSON(text)
}
