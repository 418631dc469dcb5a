package format

import (
	"encoding/binary"
	"fmt"
)

// A wordReader reads values that are numbers: as they are stored, with their sign
// if they have 32 bits, or the bits of a float.
type wordReader interface {
	words(dst []int64) error
}

// newWords returns what reads the words of a page, after its levels.
func newWords(encoding int32, s *scalar, text []byte, dictionary []int64) (wordReader, error) {
	switch encoding {
	case encodingPlain:
		if s.physical == physicalBool {
			return &plainBits{text: text}, nil
		}
		return &plainWords{text, s.width}, nil
	case encodingDictionary, encodingPlainDictionary:
		ids, err := newPlaces(text, len(dictionary))
		return &dictionaryWords{ids, dictionary}, err
	case encodingDelta:
		if s.physical == physicalInt32 || s.physical == physicalInt64 {
			d, err := newDelta(text, uint(8*s.width))
			return &deltaWords{d}, err
		}
	case encodingSplit:
		if s.physical != physicalBool {
			return &splitWords{text: text, width: s.width, n: len(text) / s.width}, nil
		}
	case encodingRLE:
		if s.physical == physicalBool && len(text) >= 4 {
			return &bitWords{newHybrid(text[4:], 1), nil}, nil
		}
	}
	return nil, unknownEncoding(encoding)
}

func unknownEncoding(encoding int32) error {
	return fmt.Errorf("its values have an encoding %d, which sluice does not know for their type", encoding)
}

type plainWords struct {
	text  []byte
	width int
}

func (r *plainWords) words(dst []int64) error {
	if len(r.text) < len(dst)*r.width {
		return errPageEnd
	}
	if r.width == 4 {
		for i := range dst {
			dst[i] = int64(int32(binary.LittleEndian.Uint32(r.text[4*i:])))
		}
	} else {
		for i := range dst {
			dst[i] = int64(binary.LittleEndian.Uint64(r.text[8*i:]))
		}
	}
	r.text = r.text[len(dst)*r.width:]
	return nil
}

type plainBits struct {
	text []byte
	bit  int
}

func (r *plainBits) words(dst []int64) error {
	if 8*len(r.text)-r.bit < len(dst) {
		return errPageEnd
	}
	for i := range dst {
		dst[i] = int64(r.text[r.bit/8] >> (r.bit % 8) & 1)
		r.bit++
	}
	return nil
}

// bitWords are runs of true and false.
type bitWords struct {
	bits hybrid
	buf  []uint32
}

func (r *bitWords) words(dst []int64) error {
	r.buf = grown(r.buf, len(dst))
	err := r.bits.read(r.buf)
	for i, v := range r.buf {
		dst[i] = int64(v)
	}
	return err
}

type deltaWords struct{ delta delta }

func (r *deltaWords) words(dst []int64) error { return r.delta.read(dst) }

// splitWords have the first byte of every number first, and so on.
type splitWords struct {
	text        []byte
	width, n, i int
}

func (r *splitWords) words(dst []int64) error {
	if r.n-r.i < len(dst) {
		return errPageEnd
	}
	for k := range dst {
		v := uint64(0)
		for b := range r.width {
			v |= uint64(r.text[b*r.n+r.i]) << (8 * b)
		}
		if dst[k] = int64(v); r.width == 4 {
			dst[k] = int64(int32(uint32(v)))
		}
		r.i++
	}
	return nil
}

// A places reads places in a dictionary.
type places struct {
	bits hybrid
	size uint32
	buf  []uint32
}

func newPlaces(text []byte, size int) (places, error) {
	if len(text) == 0 { // a page of nulls
		return places{}, nil
	}
	if text[0] > 32 {
		return places{}, errPageForm
	}
	return places{bits: newHybrid(text[1:], uint(text[0])), size: uint32(size)}, nil
}

func (p *places) read(n int) ([]uint32, error) {
	p.buf = grown(p.buf, n)
	if err := p.bits.read(p.buf); err != nil {
		return nil, err
	}
	for _, i := range p.buf {
		if i >= p.size {
			return nil, fmt.Errorf("a value is that of place %d in its dictionary of %d", i, p.size)
		}
	}
	return p.buf, nil
}

type dictionaryWords struct {
	places places
	values []int64
}

func (r *dictionaryWords) words(dst []int64) error {
	ids, err := r.places.read(len(dst))
	for i, id := range ids {
		dst[i] = r.values[id]
	}
	return err
}

// grown returns n elements, of s if it has room for them.
func grown[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
