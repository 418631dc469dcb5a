package format

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// guessBytes is how much of a file, from its first byte that is not ASCII, its
// encoding is guessed by.
const guessBytes = 64 << 10

// beginText passes a byte-order mark, which wins over the encoding that is
// given, and reads on as the encoding is, as far as that is known.
func (s *window) beginText(encoding string) (guess bool, err error) {
	for !s.whole && len(s.buf) < min(nullBytes, s.most) {
		if err := s.fill(); err != nil {
			return false, err
		}
	}
	d := s.rest()
	if err := notText(d); err != nil {
		return false, &row.Error{Byte: 1, Err: err}
	}
	switch name := markOf(d); {
	case name == "utf-8":
		s.marked = true
		s.pos += 3
		return false, nil
	case name != "":
		s.pos += 2
		encoding = name
	case encoding == "utf-16" || encoding == "auto":
		if set := nulls(d[:min(len(d), nullBytes)], s.whole && len(d) <= nullBytes); set != nil {
			encoding = set.name
		}
	}
	if set := nulls(d[:min(len(d), nullBytes)], s.whole && len(d) <= nullBytes); set != nil && encoding != "" && !strings.HasPrefix(encoding, "utf-16") {
		return false, &row.Error{Byte: 1, Err: fmt.Errorf("the text is %s here, and the job says that its encoding is %s; if that has changed, so must from.encoding", set.name, encoding)}
	}
	switch encoding {
	case "":
		return false, nil
	case "auto", "utf-8":
		return true, nil
	case "utf-16":
		return false, &row.Error{Byte: 1, Err: errors.New("the file has no byte-order mark of UTF-16, and does not look like it; encoding: utf-16le or utf-16be says which it is")}
	}
	s.marked = true
	s.decode(charsetOf(encoding))
	return false, nil
}

// notText returns an error for a file that is well known, and no table of text.
func notText(head []byte) error {
	begin := bytes.ToLower(bytes.TrimLeft(head[:min(len(head), 64)], "\xef\xbb\xbf \t\r\n"))
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return errors.New("this is no table of text but a workbook or another ZIP archive: from.format: xlsx or ods reads those")
	case bytes.HasPrefix(head, []byte(compoundHead)):
		return errors.New("this is no table of text but an old workbook of Excel: from.format: xls reads it")
	case bytes.HasPrefix(begin, []byte("<!doctype html")), bytes.HasPrefix(begin, []byte("<html")):
		return errors.New("this is no table of text but a page of HTML: from.format: html reads its tables")
	}
	return nil
}

// guess finds out the encoding of a file that is ASCII up to what is not yet
// used, if that has other bytes.
func (r *CSVReader) guess() error {
	d := r.src.rest()
	at := notASCII(d)
	if at < 0 {
		return nil
	}
	end := min(at+guessBytes, r.src.most)
	if end = max(end, at+1); len(d) < end && !r.src.whole {
		return errMore
	}
	end = min(end, len(d))
	best := GuessEncoding(d[at:end], r.src.whole && end == len(d))
	switch {
	case best[0].Encoding == "utf-8", r.o.Encoding == "utf-8" && best[0].Sure < 0.9:
	case r.o.Encoding == "utf-8":
		return r.fail(at, fmt.Errorf("the text is likely %s here, and the job says that its encoding is utf-8; if that has changed, so must from.encoding", best[0].Encoding))
	case best[0].Encoding == "cp949" && best[0].Sure >= Certain:
		r.src.marked = true
		r.src.decode(charsetOf("cp949"))
	default:
		return r.fail(at, unclear(d[at:end], best))
	}
	r.guessing = false
	return nil
}

// unclear says that it is not certain what a text is that is no UTF-8.
func unclear(text []byte, guesses []Guess) error {
	for len(text) > 1 { // to the byte that is none
		if r, n := utf8.DecodeRune(text); r != utf8.RuneError || n > 1 {
			text = text[n:]
			continue
		}
		break
	}
	var names []string
	for _, g := range guesses {
		if g.Sure > 0.1 || len(names) == 0 {
			names = append(names, g.Encoding)
		}
	}
	return fmt.Errorf("the byte 0x%02x is not UTF-8, and which encoding it is of is not certain: perhaps %s; say it in the job, as in encoding: %s",
		text[0], strings.Join(names, " or "), names[0])
}

// checkEncoding says what is wrong with the name of an encoding.
func checkEncoding(name string) error {
	if name == "" || name == "auto" || slices.Contains(Encodings(), name) {
		return nil
	}
	return fmt.Errorf("the encoding %q is not known; known are auto, %s", name, strings.Join(Encodings(), ", "))
}
