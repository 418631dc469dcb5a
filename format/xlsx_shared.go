package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// sharedTexts are the texts that cells name by number: those of the whole
// workbook, which are held.
type sharedTexts struct {
	chunks [][]byte
	at     []sharedText
	bytes  int
}

// A sharedText says where a text is.
type sharedText struct{ chunk, start, end uint32 }

const (
	sharedChunk = 1 << 20
	sharedCost  = 12 // bytes of a sharedText
)

// add adds a text.
func (s *sharedTexts) add(text []byte) {
	last := len(s.chunks) - 1
	if last < 0 || len(s.chunks[last])+len(text) > cap(s.chunks[last]) {
		s.chunks = append(s.chunks, make([]byte, 0, max(sharedChunk, len(text))))
		last++
	}
	start := len(s.chunks[last])
	s.chunks[last] = append(s.chunks[last], text...)
	s.at = append(s.at, sharedText{uint32(last), uint32(start), uint32(start + len(text))})
	s.bytes += len(text) + sharedCost
}

// get returns the text of a number.
func (s *sharedTexts) get(number []byte) ([]byte, error) {
	i, err := strconv.ParseUint(string(number), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("it names the shared text %q, and there are %d", shortText(number), len(s.at))
	}
	return s.nth(uint32(i))
}

// nth returns the text of a number, counted from 0.
func (s *sharedTexts) nth(i uint32) ([]byte, error) {
	if uint64(i) >= uint64(len(s.at)) {
		return nil, fmt.Errorf("it names the shared text \"%d\", and there are %d", i, len(s.at))
	}
	at := s.at[i]
	return s.chunks[at.chunk][at.start:at.end:at.end], nil
}

// ErrManyTexts is the cause of the error for a workbook whose texts are more than
// MaxTexts bytes of its reader's options.
var ErrManyTexts = errors.New("the most that is held of them")

// texts reads the shared texts of the workbook, which take no more than most
// bytes.
func (b *xlsxBook) texts(part string, most int) error {
	in, err := b.zip.open(part)
	if err != nil {
		return err
	}
	x := newXML(in, most)
	var text []byte
	for {
		token, err := x.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return partFault(part, err)
		case token != xmlOpen || x.depth() != 2 || string(x.name) != "si":
			continue
		}
		if text, err = x.rich(text[:0], most); err != nil {
			return partFault(part, err)
		}
		if b.shared.add(text); b.shared.bytes > most {
			return partFault(part, fmt.Errorf("the texts that its cells share have more than %d bytes, %w", most, ErrManyTexts))
		}
	}
}

// rich appends the text of the element that was opened, to its end: all runs of
// it, without how they are spoken.
func (x *xmlReader) rich(dst []byte, most int) ([]byte, error) {
	depth, begin := x.depth(), len(dst)
	inText, spoken := false, 0
	for {
		token, err := x.next()
		if err != nil {
			if err == io.EOF {
				err = errCutXML
			}
			return dst, err
		}
		switch token {
		case xmlOpen:
			switch string(x.name) {
			case "rPh":
				if spoken == 0 {
					spoken = x.depth()
				}
			case "t":
				inText = spoken == 0
			}
		case xmlClose:
			inText = false
			if x.depth() < spoken {
				spoken = 0
			}
			if x.depth() < depth {
				return unescapeCell(dst, begin)
			}
		case xmlText:
			if !inText {
				continue
			}
			if dst, err = unescapeXML(dst, x.text); err != nil {
				return dst, err
			}
			if len(dst) > most {
				return dst, fmt.Errorf("a text in it has more than %d bytes, %w", most, ErrTooLarge)
			}
		}
	}
}

// unescapeCell puts the characters that XML cannot hold into the text from begin
// on, in which they stand as _x000D_, and checks it.
func unescapeCell(text []byte, begin int) ([]byte, error) {
	out := text[begin:begin]
	for rest := text[begin:]; len(rest) > 0; {
		i := bytes.Index(rest, []byte("_x"))
		if i < 0 {
			out = append(out, rest...)
			break
		}
		out = append(out, rest[:i]...)
		rest = rest[i:]
		if r, ok := escaped(rest); ok {
			out = utf8.AppendRune(out, r)
			rest = rest[7:]
			continue
		}
		out = append(out, '_')
		rest = rest[1:]
	}
	if !utf8.Valid(out) {
		return out, errors.New("a text in it is not UTF-8")
	}
	return text[:begin+len(out)], nil
}

// escaped reads _x000D_ at the beginning of a text.
func escaped(s []byte) (rune, bool) {
	if len(s) < 7 || s[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	return rune(n), err == nil && utf8.ValidRune(rune(n))
}
