package format

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// maxDepth is the most arrays and objects that may stand inside one another in
// one record. It bounds the stack of whoever decodes the value.
const maxDepth = 1000

// A scanner checks JSON text strictly and finds where its values end. Its
// methods take a text and the index of a value, and return the index after the
// value, or -1: then at, why and cut say what is wrong.
//
// Strict is RFC 8259: no byte that is not part of its grammar is let through,
// in values that nobody wants as little as in others. What the grammar allows
// is: a key twice in one object, and an escape of half a surrogate pair, which
// Unquote refuses because it stands for no character.
type scanner struct {
	at      int      // index of the fault
	why     string   // the fault; if cut, what the text ends inside of
	cut     bool     // the text ends too early; more of it might have mended it
	escaped bool     // set when a string with an escape is passed
	kinds   []uint64 // of the containers further out than skip's 64 innermost
	outer   int      // containers around the value that skip is given
}

// fail notes a fault at index i.
func (s *scanner) fail(i int, why string) int {
	s.at, s.why, s.cut = i, why, false
	return -1
}

// short notes that the text d ends inside of what.
func (s *scanner) short(d []byte, what string) int {
	s.at, s.why, s.cut = len(d), what, true
	return -1
}

// fault says what is wrong; text names what was scanned: the file, the line.
func (s *scanner) fault(text string) string {
	if s.cut {
		return fmt.Sprintf("the %s ends inside %s", text, s.why)
	}
	return s.why
}

// unexpected notes that d[i] is not what the grammar wants there.
func (s *scanner) unexpected(d []byte, i int, want string) int {
	if d[i] >= 0x80 && utf8Len(d, i) < 0 {
		return s.short(d, "a character")
	}
	return s.fail(i, fmt.Sprintf("found %s, want %s", describe(d[i:]), want))
}

// describe names the first character of d, for messages.
func describe(d []byte) string {
	switch c := d[0]; {
	case c == 0:
		return "a NUL byte"
	case c < ' ' || c == 0x7f || c == 0xff || c == 0xfe:
		return fmt.Sprintf("the byte 0x%02x", c)
	case c < 0x80:
		return fmt.Sprintf("%q", rune(c))
	}
	if n := utf8Len(d, 0); n > 0 {
		return fmt.Sprintf("%q", d[:n])
	}
	return fmt.Sprintf("the byte 0x%02x, which is not UTF-8", d[0])
}

// space returns the index of the first byte from i that is no white space.
func space(d []byte, i int) int {
	if uint(i) < uint(len(d)) && d[i] > ' ' {
		return i
	}
	return spaces(d, i)
}

// spaces is space for more than one, such as the indentation of a line.
func spaces(d []byte, i int) int {
	for uint(i) < uint(len(d)) {
		switch d[i] {
		case ' ', '\n', '\r', '\t':
			i++
		default:
			return i
		}
		for i+8 <= len(d) {
			n := bits.TrailingZeros64(binary.LittleEndian.Uint64(d[i:])^' '*ones) >> 3
			i += n
			if n < 8 {
				break
			}
		}
	}
	return i
}

// skip passes the value at i, whose first byte is there and no white space.
//
// It is one loop with jumps rather than functions that call each other, because
// most of a file goes through here, and so that depth takes no stack.
func (s *scanner) skip(d []byte, i int) int {
	depth := 0
	kinds := uint64(0) // of the containers around i, the innermost in bit 0: 1 is an object, 0 an array
	s.kinds = s.kinds[:0]

value:
	if uint(i) >= uint(len(d)) {
		return s.short(d, inside(depth, kinds))
	}
	switch d[i] {
	case '"':
		if i = s.str(d, i+1); i < 0 {
			return i
		}
	case '{', '[':
		if depth+s.outer >= maxDepth {
			return s.fail(i, fmt.Sprintf("is nested more than %d levels deep", maxDepth))
		}
		if depth&63 == 0 && depth > 0 {
			s.kinds = append(s.kinds, kinds)
		}
		depth++
		kinds <<= 1
		object := d[i] == '{'
		i = space(d, i+1)
		if object {
			kinds |= 1
			if uint(i) < uint(len(d)) && d[i] == '}' {
				goto pop
			}
			goto key
		}
		if uint(i) < uint(len(d)) && d[i] == ']' {
			goto pop
		}
		goto value
	default:
		if i = s.scalar(d, i); i < 0 {
			return i
		}
	}

after:
	if depth == 0 {
		return i
	}
	if i = space(d, i); uint(i) >= uint(len(d)) {
		return s.short(d, inside(depth, kinds))
	}
	if d[i] == ',' {
		if i++; uint(i) < uint(len(d)) && d[i] == ' ' {
			i++
		}
		i = space(d, i)
		if kinds&1 == 0 {
			goto value
		}
		goto key
	}
	if kinds&1 == 0 {
		if d[i] != ']' {
			return s.unexpected(d, i, `"," or "]" after an element`)
		}
	} else if d[i] != '}' {
		return s.unexpected(d, i, `"," or "}" after a member`)
	}

pop:
	i++
	depth--
	kinds >>= 1
	if depth&63 == 0 && depth > 0 {
		kinds = s.kinds[len(s.kinds)-1]
		s.kinds = s.kinds[:len(s.kinds)-1]
	}
	goto after

key:
	if uint(i) >= uint(len(d)) {
		return s.short(d, "an object")
	}
	if d[i] != '"' {
		return s.unexpected(d, i, "a key in quotes")
	}
	if i = s.str(d, i+1); i < 0 {
		return i
	}
	if i = s.colon(d, i); i < 0 {
		return i
	}
	goto value
}

// inside names the innermost container, for a text that ends in it.
func inside(depth int, kinds uint64) string {
	switch {
	case depth == 0:
		return "a value"
	case kinds&1 == 1:
		return "an object"
	}
	return "an array"
}

// colon passes what stands between a key and its value.
func (s *scanner) colon(d []byte, i int) int {
	if i = space(d, i); uint(i) >= uint(len(d)) {
		return s.short(d, "an object")
	}
	if d[i] != ':' {
		return s.unexpected(d, i, `":" after a key`)
	}
	if i++; uint(i) < uint(len(d)) && d[i] == ' ' {
		i++
	}
	return space(d, i)
}

// Masks for eight bytes at once.
const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// special sets the high bit of the bytes of w that a string cannot simply
// hold: quotes, backslashes, control characters, and any that are not ASCII.
// Bytes above the first such one may be set wrongly, by a borrow.
func special(w uint64) uint64 {
	low := (w ^ 0x02*ones) - 0x21*ones // swaps the quote, 0x22, with the space: then all up to 0x20
	backslash := (w ^ '\\'*ones) - ones
	return (low | backslash | w) & highs
}

// str passes the rest of a string from i, the index after its opening quote.
func (s *scanner) str(d []byte, i int) int {
	start := i
	for {
		for i+8 <= len(d) {
			if m := special(binary.LittleEndian.Uint64(d[i:])); m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			if i += 8; i-start == long {
				i = ordinary(d, i)
			}
		}
		if uint(i) >= uint(len(d)) {
			return s.short(d, "a string")
		}
		c := d[i]
		switch {
		case c == '"':
			return i + 1
		case c == '\\':
			i = s.escape(d, i)
		case c >= 0x80:
			i = s.runes(d, i)
		case c < ' ':
			return s.fail(i, fmt.Sprintf("a raw control character, the byte 0x%02x, stands in a string; it must be written as \\u%04x", c, c))
		default:
			i++ // in the last bytes of d
		}
		if i < 0 {
			return i
		}
	}
}

// long is from how many bytes on a string is passed in greater steps.
const long = 24

// ordinary passes blocks of 32 bytes that a string simply holds.
func ordinary(d []byte, i int) int {
	for i+32 <= len(d) {
		b := (*[32]byte)(d[i:])
		m := special(binary.LittleEndian.Uint64(b[:])) | special(binary.LittleEndian.Uint64(b[8:])) |
			special(binary.LittleEndian.Uint64(b[16:])) | special(binary.LittleEndian.Uint64(b[24:]))
		if m != 0 {
			break
		}
		i += 32
	}
	return i
}

// escape passes the escape at i, a backslash.
func (s *scanner) escape(d []byte, i int) int {
	s.escaped = true
	if i+1 >= len(d) {
		return s.short(d, "a string")
	}
	switch d[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
		for k := i + 2; k < i+6; k++ {
			if k >= len(d) {
				return s.short(d, "a string")
			}
			if hexDigit[d[k]] < 0 {
				return s.unexpected(d, k, "four hexadecimal digits after \\u")
			}
		}
		return i + 6
	}
	return s.fail(i+1, fmt.Sprintf("a backslash followed by %s is no escape", describe(d[i+1:])))
}

// runes passes the characters from i that are not ASCII.
func (s *scanner) runes(d []byte, i int) int {
	for uint(i) < uint(len(d)) && d[i] >= 0x80 {
		if c := d[i]; c > 0xe0 && c < 0xed && i+2 < len(d) && d[i+1]&0xc0 == 0x80 && d[i+2]&0xc0 == 0x80 {
			i += 3 // most of the scripts of Asia
			continue
		}
		n := utf8Len(d, i)
		if n < 0 {
			return s.short(d, "a string")
		}
		if n == 0 {
			return s.fail(i, fmt.Sprintf("the byte 0x%02x is not UTF-8 here", d[i]))
		}
		i += n
	}
	return i
}

// utf8Len returns how many bytes the character at i takes, which is not ASCII:
// 0 if it is not UTF-8, -1 if d ends inside of it.
func utf8Len(d []byte, i int) int {
	c := d[i]
	n := 0
	low, high := byte(0x80), byte(0xbf) // of the second byte
	switch {
	case c < 0xc2 || c > 0xf4:
		return 0
	case c < 0xe0:
		n = 2
	case c < 0xf0:
		n = 3
		if c == 0xe0 {
			low = 0xa0 // less is overlong
		} else if c == 0xed {
			high = 0x9f // more is half a surrogate pair
		}
	default:
		n = 4
		if c == 0xf0 {
			low = 0x90 // less is overlong
		} else if c == 0xf4 {
			high = 0x8f // more is beyond Unicode
		}
	}
	for k := 1; k < n; k++ {
		if i+k >= len(d) {
			return -1
		}
		if d[i+k] < low || d[i+k] > high {
			return 0
		}
		low, high = 0x80, 0xbf
	}
	return n
}
