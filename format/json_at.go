package format

import (
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/row"
)

// What stands around the rows is read one token or value after another. There
// are no rows in the batch meanwhile, so the buffer may be filled at any time.

// peek passes white space and returns the byte after it, which stays, and which
// the whole character is there of. The file must not end here: that would be
// inside of what.
func (r *JSONReader) peek(what string) (byte, error) {
	s := &r.src
	for {
		s.pos = space(s.buf, s.pos)
		left := len(s.rest())
		if left >= utf8.UTFMax || left > 0 && s.whole {
			return s.buf[s.pos], nil
		}
		if s.whole {
			r.walk.short(nil, what)
			return 0, s.fault(&r.walk.scanner)
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// pass passes one token or value, as scan finds its end from index 0 on, and
// returns its text.
func (r *JSONReader) pass(scan func(d []byte) int) ([]byte, error) {
	s := &r.src
	for {
		d := s.rest()
		end := scan(d)
		switch {
		case end >= 0 && (end < len(d) || s.whole):
			if end > s.most {
				return nil, s.tooLong()
			}
			s.pos += end
			return d[:end], nil
		case end < 0:
			if err := s.fault(&r.walk.scanner); err != errMore {
				return nil, err
			}
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// value passes the value at the source's position.
func (r *JSONReader) value() error {
	r.walk.outer = 0
	_, err := r.pass(func(d []byte) int { return r.walk.skip(d, 0) })
	return err
}

// name passes a key and its colon, and says whether it is that of step.
func (r *JSONReader) name(step Step) (bool, error) {
	if c, err := r.peek("an object"); err != nil {
		return false, err
	} else if c != '"' {
		r.walk.unexpected(r.src.rest(), 0, "a key in quotes")
		return false, r.src.fault(&r.walk.scanner)
	}
	r.walk.escaped = false
	key, err := r.pass(func(d []byte) int { return r.walk.str(d, 1) })
	if err != nil {
		return false, err
	}
	same := sameName(key[1:len(key)-1], r.walk.escaped, step.Name)
	c, err := r.peek("an object")
	if err == nil && c != ':' {
		r.walk.unexpected(r.src.rest(), 0, `":" after a key`)
		err = r.src.fault(&r.walk.scanner)
	}
	if err != nil {
		return false, err
	}
	r.src.pos++
	_, err = r.peek("an object")
	return same, err
}

// descend goes to the value that step k of At leads to.
func (r *JSONReader) descend(k int) error {
	step := r.o.At[k]
	c, err := r.peek("a document")
	if err != nil {
		return err
	}
	at := r.src.position(r.src.pos)
	open, end := brackets(step)
	if c != open {
		if err := r.value(); err != nil {
			return err // worse than being something else
		}
		return r.noWay(k, at, fmt.Sprintf("is %s, not %s", kindOf(c), kindOf(open)))
	}
	r.src.pos++
	if c, err = r.peek(kindOf(open)); err != nil {
		return err
	}
	for n := 0; c != end || n > 0; n++ {
		found := step.IsIndex && n == step.Index
		if !step.IsIndex {
			if found, err = r.name(step); err != nil {
				return err
			}
		}
		if found {
			return nil
		}
		if more, err := r.next(open, end); err != nil {
			return err
		} else if !more {
			break
		}
	}
	if step.IsIndex {
		return r.noWay(k, at, fmt.Sprintf("has no element %d", step.Index))
	}
	return r.noWay(k, at, fmt.Sprintf("has no key %q", step.Name))
}

// brackets returns those of the container that step leads into.
func brackets(step Step) (open, end byte) {
	if step.IsIndex {
		return '[', ']'
	}
	return '{', '}'
}

// noWay is the error for a step of At that cannot be taken.
func (r *JSONReader) noWay(k int, at int64, why string) error {
	where := "the document"
	if k > 0 {
		where = fmt.Sprintf("the value at %q", r.o.At.Upto(k))
	}
	return &row.Error{Byte: at, Err: fmt.Errorf("there is nothing at %q: %s %s", r.o.At, where, why)}
}

// next passes a value and the comma after it, or the end of its container, and
// says whether there is one more.
func (r *JSONReader) next(open, end byte) (bool, error) {
	if _, err := r.peek(kindOf(open)); err != nil {
		return false, err
	}
	if err := r.value(); err != nil {
		return false, err
	}
	return r.comma(open, end)
}

func (r *JSONReader) comma(open, end byte) (bool, error) {
	c, err := r.peek(kindOf(open))
	if err != nil {
		return false, err
	}
	if c != ',' && c != end {
		want := `"," or "}" after a member`
		if end == ']' {
			want = `"," or "]" after an element`
		}
		r.walk.unexpected(r.src.rest(), 0, want)
		return false, r.src.fault(&r.walk.scanner)
	}
	r.src.pos++
	return c == ',', nil
}

// finish checks what stands after the rows.
func (r *JSONReader) finish(b *row.Batch) error {
	if b.Len+len(b.Bad) > 0 {
		return errPause
	}
	for k := len(r.o.At) - 1; k >= 0; k-- {
		if err := r.ascend(k); err != nil {
			return err
		}
	}
	for {
		s := &r.src
		s.pos = space(s.buf, s.pos)
		if left := len(s.rest()); left >= utf8.UTFMax || left > 0 && s.whole {
			return r.fail(s.pos, fmt.Errorf("%s stands after the end of the document", describe(s.rest())))
		}
		if s.whole {
			return io.EOF
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// ascend passes the rest of the container that step k of At led into.
func (r *JSONReader) ascend(k int) error {
	step := r.o.At[k]
	open, end := brackets(step)
	for {
		if more, err := r.comma(open, end); err != nil || !more {
			return err
		}
		if !step.IsIndex {
			if _, err := r.peek(kindOf(open)); err != nil {
				return err
			}
			at := r.src.position(r.src.pos)
			same, err := r.name(step)
			if err != nil {
				return err
			}
			if same {
				return &row.Error{Byte: at, Err: fmt.Errorf("the key %q, in which the rows are, stands twice", step.Name)}
			}
		}
		if _, err := r.peek(kindOf(open)); err != nil {
			return err
		}
		if err := r.value(); err != nil {
			return err
		}
	}
}
