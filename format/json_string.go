package format

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// hexDigit is the value of each hexadecimal digit, -1 for other bytes.
var hexDigit = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
	}
	for v, c := range "0123456789" {
		t[c] = int8(v)
	}
	for v, c := range "abcdef" {
		t[c], t[c-'a'+'A'] = int8(10+v), int8(10+v)
	}
	return t
}()

// Unquote returns the text of a JSON string as UTF-8. A string without escapes
// is returned as a part of value, without a copy; one with escapes is written
// over dst from its start, or over new memory if dst is too small.
//
// It refuses what is not one JSON string, and half a surrogate pair (\ud800
// alone): it stands for no character.
func Unquote(value []byte, dst []byte) ([]byte, error) {
	if len(value) < 2 || value[0] != '"' {
		return nil, errors.New("is no JSON string")
	}
	var s scanner
	switch end := s.str(value, 1); {
	case end < 0:
		return nil, errors.New(s.fault("text"))
	case end != len(value):
		return nil, errors.New("goes on after the string's closing quote")
	}
	text := value[1 : len(value)-1]
	if !s.escaped {
		return text, nil
	}
	return unescape(text, dst[:0])
}

// unescape appends text to dst with its escapes, known to be well formed,
// replaced.
func unescape(text, dst []byte) ([]byte, error) {
	for {
		n := bytes.IndexByte(text, '\\')
		if n < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:n]...)
		c := text[n+1]
		text = text[n+2:]
		if c != 'u' {
			dst = append(dst, plainEscape(c))
			continue
		}
		r := hex4(text)
		text = text[4:]
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if len(text) >= 6 && text[0] == '\\' && text[1] == 'u' {
				low = hex4(text[2:])
			}
			pair := utf16.DecodeRune(r, low)
			if pair == utf8.RuneError {
				return nil, fmt.Errorf("holds \\u%04x, half of a surrogate pair, which is no character", r)
			}
			r, text = pair, text[6:]
		}
		dst = utf8.AppendRune(dst, r)
	}
}

// plainEscape returns what a backslash and c stand for.
func plainEscape(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hex4(text []byte) rune {
	return rune(hexDigit[text[0]])<<12 | rune(hexDigit[text[1]])<<8 | rune(hexDigit[text[2]])<<4 | rune(hexDigit[text[3]])
}

// sameName says whether the key, the text between its quotes, is name.
func sameName(key []byte, escaped bool, name string) bool {
	if !escaped {
		return string(key) == name
	}
	text, err := unescape(key, nil)
	return err == nil && string(text) == name
}
