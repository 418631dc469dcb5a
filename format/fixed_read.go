package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"github.com/seed-128c3863/sluice/row"
)

// A FixedColumn is a column of a text in which columns stand at fixed positions.
type FixedColumn struct {
	Name     string
	From, To int // the first and the last position, from 1; 0: up to the line's end
}

// fixedRows are the lines of such a text. The first row is the columns' names, as
// if a line 0 had them.
type fixedRows struct {
	o       *SheetReadOptions
	in      *bufio.Reader
	decoder *encoding.Decoder // of cells whose positions are bytes; nil: they are UTF-8
	line    int64
	text    []byte // of the line
	ends    []int  // where its characters begin, and its end
	next    int    // of the columns
	named   bool
}

func openFixed(r *SheetReader) (cellRows, error) {
	const what = "this is no text of columns at fixed positions"
	head := make([]byte, min(r.size, nullBytes))
	if _, err := r.in.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case len(head) == 0:
		return nil, errors.New("is empty (0 bytes)")
	case Compressed(head) != "none":
		return nil, errors.New(what + " but a file that is compressed by " + Compressed(head) + ": unpack it")
	case markOf(head) == "" && nulls(head, int64(len(head)) == r.size) == nil && bytes.IndexByte(head, 0) >= 0:
		return nil, errors.New(what + " but binary data")
	}
	set, skip, err := charsetOfPage(r.in, r.size, head, r.o.Encoding)
	if err != nil {
		return nil, err
	}
	x := &fixedRows{o: &r.o}
	in := io.Reader(io.NewSectionReader(r.in, skip, r.size-skip))
	switch {
	case set == nil:
	case !r.o.InBytes:
		in = newTextDecoder(in, set, skip)
	case set.wide:
		return nil, errors.New("the text is UTF-16, of which positions are characters and not bytes")
	default:
		x.decoder = set.slow.NewDecoder()
	}
	x.in = bufio.NewReaderSize(in, 64<<10)
	return x, x.pass(r)
}

// pass passes the lines before the first row, of which the job knows the names.
func (x *fixedRows) pass(r *SheetReader) error {
	lines := r.o.HeaderLine
	if lines == 0 && !r.o.NoHeader {
		lines = 1
	}
	r.o.HeaderLine, r.o.NoHeader = 0, false
	for range lines {
		if err := x.read(); err == io.EOF {
			return fmt.Errorf("the file ends before line %d, behind which the rows should begin", lines)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// read reads a line, without its end.
func (x *fixedRows) read() error {
	x.text = x.text[:0]
	for {
		part, err := x.in.ReadSlice('\n')
		if x.text = append(x.text, part...); len(x.text) > x.o.MaxRecord {
			return fmt.Errorf("line %d has more than %d bytes, %w", x.line+1, x.o.MaxRecord, ErrTooLarge)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err == io.EOF && len(x.text) > 0 {
			err = nil
		}
		x.line++
		x.text = bytes.TrimSuffix(bytes.TrimSuffix(x.text, []byte("\n")), []byte("\r"))
		return err
	}
}

func (x *fixedRows) row() (int64, error) {
	x.next = 0
	if !x.named {
		return 0, nil
	}
	for {
		if err := x.read(); err != nil {
			return 0, err
		}
		if len(bytes.Trim(x.text, " \t\x1a")) > 0 {
			x.mark()
			return x.line, nil
		}
	}
}

// mark finds where the characters of the line begin, if they are not its bytes.
func (x *fixedRows) mark() {
	if x.ends = x.ends[:0]; x.o.InBytes || notASCII(x.text) < 0 {
		return
	}
	for i := 0; i < len(x.text); {
		x.ends = append(x.ends, i)
		_, n := utf8.DecodeRune(x.text[i:])
		i += n
	}
	x.ends = append(x.ends, len(x.text))
}

// at returns the byte of the line that a position, from 0, begins with.
func (x *fixedRows) at(position int) int {
	if len(x.ends) > 0 {
		return x.ends[min(position, len(x.ends)-1)]
	}
	return min(position, len(x.text))
}

// cell goes on to the next column that has something in the line.
func (x *fixedRows) cell() (int, error) {
	for x.next < len(x.o.Fixed) {
		if x.next++; !x.named || !x.void() {
			return x.next - 1, nil
		}
	}
	x.named = true
	return -1, nil
}

func (x *fixedRows) void() bool { return x.named && len(x.raw()) == 0 }

// raw is what stands in the column, without the spaces around it.
func (x *fixedRows) raw() []byte {
	c := x.o.Fixed[x.next-1]
	from, to := x.at(c.From-1), len(x.text)
	if c.To > 0 {
		to = x.at(c.To)
	}
	return bytes.Trim(x.text[from:to], " \t")
}

func (x *fixedRows) value(b *row.Batch) (sheetCell, error) {
	c := x.o.Fixed[x.next-1]
	if !x.named {
		return sheetCell{kind: row.String, text: []byte(c.Name)}, nil
	}
	text := x.raw()
	bad := false
	if x.decoder != nil && notASCII(text) >= 0 {
		plain, err := x.decoder.Bytes(text)
		bad = err != nil || bytes.ContainsRune(plain, utf8.RuneError)
		text = plain
	}
	switch {
	case bad, !utf8.Valid(text):
		return faultyCell(nil, "the text has bytes that are no character"), nil
	case bytes.IndexByte(text, 0) >= 0:
		return faultyCell(nil, "the text has a character NUL in it"), nil
	}
	return sheetCell{kind: row.String, text: b.Keep(text)}, nil
}

// CheckFixed says what is wrong with the positions of columns.
func CheckFixed(columns []FixedColumn) error {
	const most = 1_000_000
	for i, c := range columns {
		switch {
		case c.To > 0 && c.To < c.From:
			return fmt.Errorf("the column %s ends at %d, before it begins at %d", shortName(c.Name), c.To, c.From)
		case c.From > most || c.To > most:
			return fmt.Errorf("the column %s is beyond position %d", shortName(c.Name), most)
		case strings.TrimSpace(c.Name) == "":
			return errors.New("a column has no name")
		case slices.ContainsFunc(columns[:i], func(other FixedColumn) bool { return other.Name == c.Name }):
			return fmt.Errorf("the column %s is there twice", shortName(c.Name))
		}
	}
	if len(columns) == 0 || len(columns) > sheetColumns {
		return fmt.Errorf("format: fixed needs from.positions, where the columns stand, as in {code: 1-8, name: 9-28}")
	}
	return nil
}
