package format

import (
	"encoding/binary"
	"fmt"
)

// A textReader reads values that are bytes. What it gives lies in the page, in
// the dictionary, or in memory of its own.
type textReader interface {
	texts(dst [][]byte) error
}

// newTexts returns what reads the texts of a page, after its levels. Room is
// asked of most for what is as long as there are values.
func newTexts(encoding int32, s *scalar, text []byte, dictionary [][]byte, room *pqRoom) (textReader, error) {
	fixed := s.physical != physicalBytes
	switch {
	case encoding == encodingPlain && fixed:
		return &fixedTexts{text, s.width}, nil
	case encoding == encodingPlain:
		return &plainTexts{text}, nil
	case encoding == encodingDictionary || encoding == encodingPlainDictionary:
		ids, err := newPlaces(text, len(dictionary))
		return &dictionaryTexts{ids, dictionary}, err
	case encoding == encodingDeltaLength && !fixed:
		return newLengthTexts(text, room)
	case encoding == encodingDeltaBytes:
		return newPrefixTexts(text, s.width, room)
	case encoding == encodingSplit && fixed:
		return &splitTexts{text: text, width: s.width, n: len(text) / s.width}, nil
	}
	return nil, unknownEncoding(encoding)
}

type plainTexts struct{ text []byte }

func (r *plainTexts) texts(dst [][]byte) error {
	d := r.text
	for i := range dst {
		if len(d) < 4 {
			return errPageEnd
		}
		n := uint64(binary.LittleEndian.Uint32(d))
		if n > uint64(len(d)-4) {
			return errPageEnd
		}
		dst[i] = d[4 : 4+n : 4+n]
		d = d[4+n:]
	}
	r.text = d
	return nil
}

type fixedTexts struct {
	text  []byte
	width int
}

func (r *fixedTexts) texts(dst [][]byte) error {
	if len(r.text) < len(dst)*r.width {
		return errPageEnd
	}
	for i := range dst {
		dst[i] = r.text[i*r.width : (i+1)*r.width : (i+1)*r.width]
	}
	r.text = r.text[len(dst)*r.width:]
	return nil
}

type dictionaryTexts struct {
	places places
	values [][]byte
}

func (r *dictionaryTexts) texts(dst [][]byte) error {
	ids, err := r.places.read(len(dst))
	for i, id := range ids {
		dst[i] = r.values[id]
	}
	return err
}

// lengthTexts have all their lengths first.
type lengthTexts struct {
	lengths []int64
	text    []byte
}

func newLengthTexts(text []byte, room *pqRoom) (*lengthTexts, error) {
	lengths, rest, err := readDeltas(text, room)
	return &lengthTexts{lengths, rest}, err
}

// readDeltas reads all the numbers that text begins with, and returns what is
// behind them.
func readDeltas(text []byte, room *pqRoom) ([]int64, []byte, error) {
	d, err := newDelta(text, 32)
	if err != nil {
		return nil, nil, err
	}
	if err := room.take(8 * d.count); err != nil {
		return nil, nil, err
	}
	numbers := make([]int64, d.count)
	err = d.read(numbers)
	return numbers, d.end(), err
}

func (r *lengthTexts) texts(dst [][]byte) error {
	if len(dst) > len(r.lengths) {
		return errPageEnd
	}
	for i := range dst {
		n := r.lengths[i]
		if n < 0 || n > int64(len(r.text)) {
			return errPageEnd
		}
		dst[i], r.text = r.text[:n:n], r.text[n:]
	}
	r.lengths = r.lengths[len(dst):]
	return nil
}

// prefixTexts begin with as many bytes of the one before as their page says.
type prefixTexts struct {
	prefixes []int64
	ends     *lengthTexts
	width    int // of each, 0 where they differ
	last     []byte
	buf      [][]byte
	room     *pqRoom
}

func newPrefixTexts(text []byte, width int, room *pqRoom) (*prefixTexts, error) {
	prefixes, rest, err := readDeltas(text, room)
	if err != nil {
		return nil, err
	}
	ends, err := newLengthTexts(rest, room)
	return &prefixTexts{prefixes: prefixes, ends: ends, width: width, room: room}, err
}

func (r *prefixTexts) texts(dst [][]byte) error {
	if len(dst) > len(r.prefixes) {
		return errPageEnd
	}
	r.buf = grown(r.buf, len(dst))
	if err := r.ends.texts(r.buf); err != nil {
		return err
	}
	size := 0
	for i, end := range r.buf {
		n := r.prefixes[i]
		before := len(r.last)
		if i > 0 {
			before = len(dst[i-1])
		}
		if n < 0 || n > int64(before) {
			return errPageForm
		}
		if size += int(n) + len(end); size > r.room.most {
			return fmt.Errorf("its texts have more than %d bytes, %w", r.room.most, ErrTooLarge)
		}
		v := r.last
		if i > 0 {
			v = dst[i-1]
		}
		v = append(append(make([]byte, 0, int(n)+len(end)), v[:n]...), end...)
		if dst[i] = v; r.width > 0 && len(v) != r.width {
			return errPageForm
		}
	}
	if len(dst) > 0 {
		r.last = dst[len(dst)-1]
	}
	r.prefixes = r.prefixes[len(dst):]
	return nil
}

// splitTexts have the first byte of every text first, and so on.
type splitTexts struct {
	text        []byte
	width, n, i int
}

func (r *splitTexts) texts(dst [][]byte) error {
	if r.n-r.i < len(dst) {
		return errPageEnd
	}
	all := make([]byte, len(dst)*r.width)
	for k := range dst {
		v := all[k*r.width : (k+1)*r.width : (k+1)*r.width]
		for b := range v {
			v[b] = r.text[b*r.n+r.i]
		}
		dst[k] = v
		r.i++
	}
	return nil
}

// A pqRoom is how much of a file is held: pages, dictionaries, what is fetched.
type pqRoom struct {
	held, most int
}

// take makes room for n bytes more.
func (m *pqRoom) take(n uint64) error {
	if n > uint64(m.most) || m.held+int(n) > m.most {
		return fmt.Errorf("its pages take more than %d bytes, %w", m.most, ErrManyPages)
	}
	m.held += int(n)
	return nil
}

// spare says whether there is room for n bytes that are not needed yet.
func (m *pqRoom) spare(n int64) bool { return int64(m.held)+n <= int64(m.most)/4*3 }

func (m *pqRoom) give(n int) { m.held -= n }
