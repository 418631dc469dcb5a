package format

import "fmt"

// scalar passes a number or a literal.
func (s *scanner) scalar(d []byte, i int) int {
	switch d[i] {
	case 't':
		return s.literal(d, i, "true")
	case 'f':
		return s.literal(d, i, "false")
	case 'n':
		return s.literal(d, i, "null")
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return s.number(d, i)
	}
	return s.unexpected(d, i, "a value")
}

// literal passes the word at i, whose first byte is known to be there.
func (s *scanner) literal(d []byte, i int, word string) int {
	if end := i + len(word); end <= len(d) && string(d[i:end]) == word {
		return end
	}
	for k := 1; k < len(word); k++ {
		if i+k >= len(d) {
			return s.short(d, "a value")
		}
		if d[i+k] != word[k] {
			return s.unexpected(d, i+k, fmt.Sprintf("the rest of %q", word))
		}
	}
	return i + len(word)
}

// number passes the number at i. One that the text ends after is whole.
func (s *scanner) number(d []byte, i int) int {
	if d[i] == '-' {
		i++
	}
	start := i
	if i = digits(d, i); i == start {
		return s.noDigit(d, i, `after "-"`)
	}
	if d[start] == '0' && i > start+1 {
		return s.fail(start+1, "a number has a leading zero")
	}
	if uint(i) < uint(len(d)) && d[i] == '.' {
		start = i + 1
		if i = digits(d, start); i == start {
			return s.noDigit(d, i, "after the point of a number")
		}
	}
	if uint(i) < uint(len(d)) && d[i]|0x20 == 'e' {
		start = i + 1
		if start < len(d) && (d[start] == '+' || d[start] == '-') {
			start++
		}
		if i = digits(d, start); i == start {
			return s.noDigit(d, i, "in the exponent of a number")
		}
	}
	return i
}

// digits returns the index after the digits at i.
func digits(d []byte, i int) int {
	for uint(i) < uint(len(d)) && d[i]-'0' <= 9 {
		i++
	}
	return i
}

func (s *scanner) noDigit(d []byte, i int, where string) int {
	if i >= len(d) {
		return s.short(d, "a number")
	}
	return s.unexpected(d, i, "a digit "+where)
}
