package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/seed-128c3863/sluice/row"
)

// firstElement reads the first element of an array, or its end.
func (r *JSONReader) firstElement(b *row.Batch) error {
	if err := r.reach("an array"); err != nil {
		return err
	}
	if r.src.rest()[0] == ']' {
		r.src.pos++
		r.step = r.finish
		return nil
	}
	r.step = r.element
	return r.element(b)
}

// element reads an element of an array and, if it stands right behind, the
// comma after it.
func (r *JSONReader) element(b *row.Batch) error {
	if err := r.reach("an array"); err != nil {
		return err
	}
	end, err := r.record(b)
	if err != nil {
		return err
	}
	r.src.pos += end
	if d := r.src.rest(); len(d) > 0 && d[0] == ',' {
		r.src.pos++
		return nil
	}
	r.step = r.separator
	return nil
}

// separator passes the comma after an element, or the array's end.
func (r *JSONReader) separator(*row.Batch) error {
	if err := r.reach("an array"); err != nil {
		return err
	}
	switch d := r.src.rest(); d[0] {
	case ',':
		r.step = r.element
	case ']':
		r.step = r.finish
	default:
		r.walk.unexpected(d, 0, `"," or "]" after an element`)
		return r.src.fault(&r.walk.scanner)
	}
	r.src.pos++
	return nil
}

// reach passes white space up to what follows, which must be there.
func (r *JSONReader) reach(inside string) error {
	s := &r.src
	s.pos = space(s.buf, s.pos)
	if s.pos < len(s.buf) {
		return nil
	}
	r.walk.short(nil, inside)
	return s.fault(&r.walk.scanner)
}

// record reads the value at the source's position as a row, and returns its
// length.
func (r *JSONReader) record(b *row.Batch) (int, error) {
	d := r.src.rest()
	end := r.walk.record(d, 0)
	switch {
	case end < 0:
		return 0, r.src.fault(&r.walk.scanner)
	case end == len(d) && !r.src.whole:
		return 0, errMore // a number may go on
	case end > r.src.most:
		return 0, r.src.tooLong()
	}
	r.add(b, d, 0, end)
	return end, nil
}

// add takes the record d[start:end] into b, as a row or a bad row. The walker
// has just passed it.
func (r *JSONReader) add(b *row.Batch, d []byte, start, end int) {
	switch {
	case d[start] != '{':
		err := fmt.Errorf("the record is %s, not an object", kindOf(d[start]))
		r.bad(b, d[start:end:end], start, err)
		return
	case r.walk.twice >= 0:
		r.bad(b, d[start:end:end], r.walk.twice, r.walk.duplicate(d))
		return
	}
	r.rows++
	b.Row = append(b.Row, r.rows)
	b.Byte = append(b.Byte, r.src.position(r.src.pos+start))
	if r.o.Record {
		b.Record = append(b.Record, d[start:end:end])
		r.text += end - start
	}
	r.text += r.walk.store(b, d)
	b.Len++
}

// store appends the cells, whose values are in d, to the columns of b. It
// returns their size.
func (w *walker) store(b *row.Batch, d []byte) int {
	size := 0
	for c := range w.cells {
		col, v := &b.Cols[c], &w.cells[c]
		switch {
		case v.broken.Why != row.Whole:
			appendBroken(col, v.broken)
		case v.end == 0:
			col.AppendNull()
		default:
			col.AppendBytes(d[v.start:v.end:v.end])
			size += v.end - v.start
		}
	}
	return size
}

// appendBroken adds a null with why.
func appendBroken(col *row.Column, b row.Break) {
	col.AppendNull()
	for len(col.Broken) < len(col.Null) {
		col.Broken = append(col.Broken, row.Break{})
	}
	col.Broken[len(col.Null)-1] = b
}

// beginObjects tells a file of lines from one of objects one after another, by
// the first of them.
func (r *JSONReader) beginObjects() error {
	for {
		lines, err := r.isLines()
		switch {
		case err == nil && lines:
			r.step = r.readLine
			return nil
		case err == nil:
			r.step = r.object
			return nil
		case !errors.Is(err, errMore):
			return err
		}
		if err := r.src.fill(); err != nil {
			return err
		}
	}
}

// isLines says whether the file, from the source's position, is one of lines:
// whether its first object ends with its line, or, if the object is at fault,
// whether that shows in the first line or the next one begins as an object.
func (r *JSONReader) isLines() (bool, error) {
	d := r.src.rest()
	d = d[:min(len(d), r.src.most+1)]
	ended := r.src.whole && len(d) == len(r.src.rest())
	s := &r.walk.scanner
	s.outer = 0
	end := s.skip(d, 0)
	if end < 0 {
		if s.cut && !ended {
			return false, r.src.undecided()
		}
		if end = bytes.IndexByte(d[:min(s.at+1, len(d))], '\n'); end < 0 {
			return true, nil
		}
		next := space(d, end)
		if next == len(d) && !ended {
			return false, r.src.undecided()
		}
		return next == len(d) || d[next] == '{', nil
	}
	next := space(d, end)
	switch {
	case bytes.IndexByte(d[:end], '\n') >= 0:
		return false, nil
	case bytes.IndexByte(d[end:next], '\n') >= 0, next == len(d) && ended:
		return true, nil
	case next == len(d):
		return false, r.src.undecided()
	}
	return d[next] != '{', nil
}

// object reads the next of objects one after another.
func (r *JSONReader) object(b *row.Batch) error {
	s := &r.src
	s.pos = space(s.buf, s.pos)
	if s.pos == len(s.buf) && s.whole {
		return io.EOF
	}
	if s.pos == len(s.buf) {
		return errMore
	}
	end, err := r.record(b)
	s.pos += end
	return err
}

// readLine reads the next line of a file of lines.
func (r *JSONReader) readLine(b *row.Batch) error {
	d := r.src.rest()
	if len(d) == 0 && r.src.whole {
		return io.EOF
	}
	n := bytes.IndexByte(d, '\n')
	after := n + 1
	if n < 0 {
		if !r.src.whole {
			return errMore
		}
		n, after = len(d), len(d)
	}
	if n > r.src.most {
		return r.src.tooLong()
	}
	line := d[:n]
	if start := space(line, 0); start < n {
		r.recordInLine(b, line, start)
	}
	r.src.pos += after
	r.line++
	return nil
}

// recordInLine takes the line, whose record begins at start, as a row or a bad
// row.
func (r *JSONReader) recordInLine(b *row.Batch, line []byte, start int) {
	rows := b.Len
	end := r.walk.record(line, start)
	if end < 0 {
		r.bad(b, trimRight(line[start:]), r.walk.at, errors.New(r.walk.fault("line")))
	} else if after := space(line, end); after < len(line) {
		r.bad(b, trimRight(line[start:]), after, fmt.Errorf("%s follows the record on its line", describe(line[after:])))
	} else {
		r.add(b, line, start, end)
	}
	if b.Len > rows {
		b.Line = append(b.Line, r.line)
	} else {
		b.Bad[len(b.Bad)-1].Line = r.line
	}
}

func trimRight(line []byte) []byte { return bytes.TrimRight(line, " \t\r") }

// kindOf names the kind of the JSON value that begins with c.
func kindOf(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a bool"
	case 'n':
		return "null"
	}
	return "a number"
}
