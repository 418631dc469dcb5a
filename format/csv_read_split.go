package format

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// A splitter splits records of CSV into cells.
type splitter struct {
	delimiter []byte
	quote     int  // the quoting character; -1: there is none
	escape    int  // what makes the next character stand for itself; -1: there is none
	ending    byte // of lines: '\n', which a '\r' may precede, or '\r'; 0: what the next record ends with
	wide      uint64
	whole     bool // what is split is all that there is

	slots []int      // by cell: its place in cells; -1: it is not wanted
	cells []csvCell  // of the record, by slot
	all   *[]csvCell // if not nil, takes every cell

	// Of the record that was passed:
	n     int    // cells
	high  uint64 // has a high bit if a byte is not ASCII
	lines bool   // a cell may have several lines
	over  bool   // a cell that has no slot is not empty
	open  int    // the quote that opens the cell in which the bytes end; -1: none
	at    int    // what is at fault
	why   string // "": nothing is
}

// A csvCell is where a cell is in its record, without quotes.
type csvCell struct {
	start, end int
	doubled    bool // it has quotes that are written twice, or escapes
}

// newSplitter returns one for a delimiter, and a quoting and an escaping
// character, -1 for none.
func newSplitter(delimiter string, quote, escape int) splitter {
	s := splitter{delimiter: []byte(delimiter), quote: quote, escape: escape}
	if delimiter[0] >= 0x80 {
		s.wide = highs
	}
	return s
}

// What stands after a cell.
const (
	another  = iota // a delimiter
	lineEnd         // the end of the record's line
	fileEnd         // nothing
	beyond          // what is not yet read
	nowhere         // something that ends no cell
	atFault         // see splitter.why
	unclosed        // nothing, inside of quotes
)

// record passes the record that d begins with. It returns the index of its end,
// that after its line's end, and how it ends: by lineEnd, fileEnd, beyond,
// atFault or unclosed.
func (s *splitter) record(d []byte) (end, next, how int) {
	s.n, s.high, s.lines, s.over, s.open, s.why = 0, 0, false, false, -1, ""
	delimiter, quote, one := s.delimiter[0], s.quote, len(s.delimiter) == 1
	i := 0
	for {
		cell := csvCell{start: i}
		if i < len(d) && int(d[i]) == quote {
			cell.start++
			if i, how = s.quoted(d, i, &cell); how == another {
				i, next, how = s.afterQuote(d, i)
			}
		} else if i = s.scan(d, i, delimiter); i < len(d) && one && d[i] == delimiter {
			cell.end, next, how = i, i+1, another
		} else {
			i, next, how = s.plain(d, i, &cell)
			cell.end = i
		}
		if how >= beyond {
			return i, i, how
		}
		if s.n < len(s.slots) {
			if at := s.slots[s.n]; at >= 0 {
				s.cells[at] = cell
			}
		} else if cell.end > cell.start {
			s.over = true
		}
		if s.all != nil {
			*s.all = append(*s.all, cell)
		}
		s.n++
		if how != another {
			return i, next, how
		}
		i = next
	}
}

// scan returns the index from i on of the first byte that is the character
// mark, a quote or a control character, or that of the end.
func (s *splitter) scan(d []byte, i int, mark byte) int {
	if s.escape >= 0 {
		return s.scanEscaped(d, i, mark)
	}
	marks, quotes := uint64(mark)*ones, uint64(byte(s.quote))*ones
	if s.quote < 0 {
		quotes = marks
	}
	high := s.high
	for i+8 <= len(d) {
		w := binary.LittleEndian.Uint64(d[i:])
		high |= w
		// Of bytes above the first that is found, some may be set wrongly.
		found := ((w-0x20*ones)|((w^marks)-ones)|((w^quotes)-ones))&^w&highs | w&s.wide
		if found != 0 {
			s.high = high
			return i + bits.TrailingZeros64(found)>>3
		}
		i += 8
	}
	for ; i < len(d); i++ {
		c := d[i]
		high |= uint64(c)
		if c < 0x20 || c == mark || int(c) == s.quote || c >= 0x80 && s.wide != 0 {
			break
		}
	}
	s.high = high
	return i
}

// scanEscaped is scan, which stops at an escape too.
func (s *splitter) scanEscaped(d []byte, i int, mark byte) int {
	for ; i < len(d); i++ {
		c := d[i]
		s.high |= uint64(c)
		if c < 0x20 || c == mark || int(c) == s.quote || int(c) == s.escape || c >= 0x80 && s.wide != 0 {
			break
		}
	}
	return i
}

// escaped passes the character at i, an escape, and the one behind it, if both
// are there.
func (s *splitter) escaped(d []byte, i int, cell *csvCell) (next int, there bool) {
	if i+1 >= len(d) {
		return i, false
	}
	cell.doubled = true
	if c := d[i+1]; c == '\n' || c == '\r' {
		s.lines = true
	} else if c == 0 {
		s.nul(i + 1)
	}
	return i + 2, true
}

// plain passes the rest of a cell without quotes from i, where something
// special may be.
func (s *splitter) plain(d []byte, i int, cell *csvCell) (end, next, how int) {
	for {
		if i, next, how = s.after(d, i); how != nowhere {
			return i, next, how
		}
		switch c := d[i]; {
		case int(c) == s.escape:
			after, there := s.escaped(d, i, cell)
			if there {
				i = s.scan(d, after, s.delimiter[0])
				continue
			}
			if !s.whole {
				return i, i, beyond
			}
			return i, 0, s.fault(i, "nothing follows the escape character, with which the file ends")
		case int(c) == s.quote:
			return i, 0, s.fault(i, fmt.Sprintf("%s stands in a cell that does not begin with one; a cell that holds one is written in quotes, with the one inside of it twice", describe(d[i:])))
		case c == '\r' || c == '\n':
			return i, 0, s.fault(i, fmt.Sprintf("%s stands outside of quotes and is not how lines end in this file", describe(d[i:])))
		case c == 0:
			s.nul(i)
		}
		i = s.scan(d, i+1, s.delimiter[0])
	}
}

// fault notes that nothing can be made of what begins at i.
func (s *splitter) fault(i int, why string) int {
	s.at, s.why = i, why
	return atFault
}

// resume returns where a record ends of which s.at is at fault: with that line.
func (s *splitter) resume(d []byte) (end, next, how int) {
	for i := s.at; ; i++ {
		k := bytes.IndexAny(d[i:], "\r\n")
		if k < 0 {
			return s.after(d, len(d))
		}
		i += k
		n, more := s.lineEnd(d[i:])
		switch {
		case more:
			return i, i, beyond
		case n > 0:
			return i, i + n, lineEnd
		}
	}
}

// nul notes a byte that the record may not have; where it ends can be told.
func (s *splitter) nul(i int) {
	if s.why == "" {
		s.at, s.why = i, "the byte 0x00 is no character of a text"
	}
}

// quoted passes the cell whose opening quote is at i. It is closed if how is
// another; what follows is to be seen.
func (s *splitter) quoted(d []byte, i int, cell *csvCell) (end, how int) {
	open, quote := i, byte(s.quote)
	for i++; ; i++ {
		i = s.scan(d, i, quote)
		if i < len(d) && int(d[i]) == s.escape {
			if after, there := s.escaped(d, i, cell); there {
				i = after - 1
				continue
			}
			i = len(d)
		}
		if i >= len(d) {
			s.open = open
			if s.whole {
				return open, unclosed
			}
			return i, beyond
		}
		switch d[i] {
		case quote:
			switch {
			case i+1 < len(d) && d[i+1] == quote:
				cell.doubled = true
				i++
				continue
			case i+1 == len(d) && !s.whole:
				return i, beyond
			}
			cell.end = i
			return i + 1, another
		case '\n', '\r':
			s.lines = true
		case 0:
			s.nul(i)
		}
	}
}

// afterQuote says what stands at i, behind a closing quote.
func (s *splitter) afterQuote(d []byte, i int) (end, next, how int) {
	end, next, how = s.after(d, i)
	switch {
	case how != nowhere:
	case !s.whole && !utf8.FullRune(d[i:]): // which is to be named
		return i, i, beyond
	default:
		how = s.fault(i, fmt.Sprintf("%s follows the closing quote of a cell; a quote inside of one is written twice", describe(d[i:])))
	}
	return end, next, how
}

// after says what stands at i, the end of a cell perhaps, and where it ends.
func (s *splitter) after(d []byte, i int) (end, next, how int) {
	switch {
	case i < len(d):
	case s.whole:
		return i, i, fileEnd
	default:
		return i, i, beyond
	}
	rest := d[i:]
	if bytes.HasPrefix(rest, s.delimiter) {
		return i, i + len(s.delimiter), another
	}
	if !s.whole && len(rest) < len(s.delimiter) && bytes.HasPrefix(s.delimiter, rest) {
		return i, i, beyond
	}
	n, more := s.lineEnd(rest)
	switch {
	case more:
		return i, i, beyond
	case n > 0:
		return i, i + n, lineEnd
	}
	return i, i, nowhere
}

// lineEnd returns the length of the line's end that d begins with, 0 if it is
// none, or that more is to be read to tell. The first of a file says how its
// lines end.
func (s *splitter) lineEnd(d []byte) (n int, more bool) {
	switch {
	case d[0] == '\n' && s.ending != '\r':
		s.ending = '\n'
		return 1, false
	case d[0] != '\r':
		return 0, false
	case s.ending == '\r':
		return 1, false
	case len(d) == 1 && !s.whole:
		return 0, true
	case len(d) > 1 && d[1] == '\n':
		s.ending = '\n'
		return 2, false
	case s.ending == 0 && len(d) > 1:
		s.ending = '\r'
		return 1, false
	case len(d) == 1: // the last of the file
		return 1, false
	}
	return 0, false
}

// literal returns the text of a cell, which it may change, without its escapes
// and every second of its quotes.
func (s *splitter) literal(text []byte) []byte {
	if s.escape < 0 {
		return undouble(text, byte(s.quote))
	}
	n := 0
	for i := 0; i < len(text); i++ {
		if int(text[i]) == s.escape || int(text[i]) == s.quote {
			i++
		}
		if i < len(text) {
			text[n] = text[i]
			n++
		}
	}
	return text[:n]
}

// undouble takes every second of quotes that are written twice out of text.
func undouble(text []byte, quote byte) []byte {
	n := bytes.IndexByte(text, quote) + 1
	for from := n + 1; from < len(text); {
		k := bytes.IndexByte(text[from:], quote) + 1
		if k == 0 {
			k = len(text) - from
		}
		n += copy(text[n:], text[from:from+k])
		from += k + 1
	}
	return text[:n]
}

// notUTF8 returns the index of the first byte of d that is no part of a
// character, -1 if there is none.
func notUTF8(d []byte) int {
	for i := 0; ; {
		for i+8 <= len(d) {
			if m := binary.LittleEndian.Uint64(d[i:]) & highs; m != 0 {
				i += bits.TrailingZeros64(m) >> 3
				break
			}
			i += 8
		}
		for i < len(d) && d[i] < 0x80 {
			i++ // in the last bytes
		}
		for i < len(d) && d[i] >= 0x80 {
			c := d[i]
			if c > 0xe0 && c < 0xed && i+2 < len(d) && d[i+1]&0xc0 == 0x80 && d[i+2]&0xc0 == 0x80 {
				i += 3 // most of the scripts of Asia
				continue
			}
			if c >= 0xc2 && c < 0xe0 && i+1 < len(d) && d[i+1]&0xc0 == 0x80 {
				i += 2 // most of those of Europe
				continue
			}
			n := utf8Len(d, i)
			if n <= 0 {
				return i
			}
			i += n
		}
		if i >= len(d) {
			return -1
		}
	}
}
