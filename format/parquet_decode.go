package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
)

// The encodings of values, and of levels.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2
	encodingRLE             = 3
	encodingBitPacked       = 4
	encodingDelta           = 5
	encodingDeltaLength     = 6
	encodingDeltaBytes      = 7
	encodingDictionary      = 8
	encodingSplit           = 9
)

var (
	errPageEnd  = errors.New("the page ends before its last value")
	errPageForm = errors.New("the page is not encoded as it says")
)

// A hybrid reads numbers of a few bits each: runs of the same one, and eight or
// more after each other. Levels and places in a dictionary are such.
type hybrid struct {
	text  []byte
	width uint
	run   uint64 // how often value comes still
	value uint32
	left  uint64 // numbers of the packed run that comes still
	bit   uint   // where in text it goes on
}

func newHybrid(text []byte, width uint) hybrid { return hybrid{text: text, width: width} }

// next begins the next run.
func (h *hybrid) next() error {
	head, n := binary.Uvarint(h.text)
	if n <= 0 {
		return errPageEnd
	}
	h.text = h.text[n:]
	if head&1 == 1 {
		h.left, h.bit = head>>1*8, 0
		if head>>1 > 1<<40 {
			return errPageForm
		}
		return nil
	}
	h.run = head >> 1
	size := int(h.width+7) / 8
	if len(h.text) < size {
		return errPageEnd
	}
	h.value = 0
	for i := range size {
		h.value |= uint32(h.text[i]) << (8 * i)
	}
	h.text = h.text[size:]
	if h.width < 32 && h.value>>h.width != 0 {
		return errPageForm
	}
	return nil
}

// read fills dst with the next numbers.
func (h *hybrid) read(dst []uint32) error {
	for len(dst) > 0 {
		switch {
		case h.run > 0:
			n := min(h.run, uint64(len(dst)))
			for i := range dst[:n] {
				dst[i] = h.value
			}
			h.run -= n
			dst = dst[n:]
		case h.left > 0:
			n := min(h.left, uint64(len(dst)))
			if err := h.unpack(dst[:n]); err != nil {
				return err
			}
			dst = dst[n:]
		default:
			if err := h.next(); err != nil {
				return err
			}
		}
	}
	return nil
}

// unpack reads from the packed run. The last of a page may be cut off behind its
// last number.
func (h *hybrid) unpack(dst []uint32) error {
	if uint64(len(h.text))*8 < uint64(h.bit)+uint64(len(dst))*uint64(h.width) {
		return errPageEnd
	}
	h.bit = unpackBits(dst, h.text, h.bit, h.width)
	if h.left -= uint64(len(dst)); h.left == 0 {
		h.text, h.bit = h.text[(h.bit+7)/8:], 0
	} else {
		h.text, h.bit = h.text[h.bit/8:], h.bit%8
	}
	return nil
}

// unpackBits fills dst with numbers of width bits, which begin at a bit of text,
// lowest bits first, and returns where they end.
func unpackBits(dst []uint32, text []byte, bit, width uint) uint {
	mask := uint64(1)<<width - 1
	i := 0
	for ; i < len(dst) && int(bit/8)+8 <= len(text); i++ {
		dst[i] = uint32(binary.LittleEndian.Uint64(text[bit/8:]) >> (bit % 8) & mask)
		bit += width
	}
	for ; i < len(dst); i++ {
		dst[i] = uint32(bitsAt(text, bit, width))
		bit += width
	}
	return bit
}

// bitsAt returns a number of up to 64 bits, however near the end of text.
func bitsAt(text []byte, bit, width uint) (v uint64) {
	for got := uint(0); got < width; {
		n := min(8-bit%8, width-got)
		v |= uint64(text[bit/8]>>(bit%8)) & (1<<n - 1) << got
		got, bit = got+n, bit+n
	}
	return v
}

// levels returns what reads the levels up to most that text begins with, in the
// form of a page of version 1, and what is behind them.
func levels(text []byte, most int, encoding int32, n int) (hybrid, []byte, error) {
	width := uint(bits.Len(uint(most)))
	switch encoding {
	case encodingRLE:
		if len(text) < 4 {
			return hybrid{}, nil, errPageEnd
		}
		size := binary.LittleEndian.Uint32(text)
		if text = text[4:]; uint64(size) > uint64(len(text)) {
			return hybrid{}, nil, errPageEnd
		}
		return newHybrid(text[:size], width), text[size:], nil
	case encodingBitPacked:
		return packedLevels(text, width, n)
	}
	return hybrid{}, nil, fmt.Errorf("its levels have an encoding %d, which sluice does not know", encoding)
}

// packedLevels reads levels as the first writers of Parquet had them: packed,
// highest bits first.
func packedLevels(text []byte, width uint, n int) (hybrid, []byte, error) {
	size := (uint64(n)*uint64(width) + 7) / 8
	if size > uint64(len(text)) {
		return hybrid{}, nil, errPageEnd
	}
	turned := make([]byte, size)
	for i := range uint(n) {
		for k := range width {
			from, to := i*width+k, i*width+width-1-k
			turned[to/8] |= text[from/8] >> (7 - from%8) & 1 << (to % 8)
		}
	}
	return hybrid{text: turned, width: width, left: uint64(n)}, text[size:], nil
}

// A delta reads integers that are written as the differences between them.
type delta struct {
	text      []byte
	width     uint // of the integers: 32 or 64 bits
	count     uint64
	perBlock  uint64
	perMini   uint64
	minis     []byte // widths of the miniblocks to come in the block
	last      uint64
	least     uint64 // difference, of the block
	left      uint64 // numbers of the miniblock
	bit, size uint   // where the miniblock goes on; bits of its numbers
	first     bool
}

func newDelta(text []byte, width uint) (delta, error) {
	d := delta{text: text, width: width, first: true}
	var head [3]uint64
	for i := range head {
		v, n := binary.Uvarint(d.text)
		if n <= 0 {
			return d, errPageEnd
		}
		head[i], d.text = v, d.text[n:]
	}
	d.perBlock, d.count = head[0], head[2]
	last, n := binary.Varint(d.text)
	if n <= 0 {
		return d, errPageEnd
	}
	d.last, d.text = uint64(last), d.text[n:]
	if head[1] == 0 || head[1] > 1<<16 || d.perBlock == 0 || d.perBlock > 1<<30 || d.perBlock%head[1] != 0 || d.perBlock/head[1]%8 != 0 {
		return d, errPageForm
	}
	d.perMini = d.perBlock / head[1]
	return d, nil
}

// read fills dst with the next numbers.
func (d *delta) read(dst []int64) error {
	if uint64(len(dst)) > d.count {
		return errPageEnd
	}
	d.count -= uint64(len(dst))
	for i := range dst {
		if d.first {
			d.first = false
		} else if err := d.step(); err != nil {
			return err
		}
		dst[i] = int64(d.last)
		if d.width == 32 {
			dst[i] = int64(int32(d.last))
		}
	}
	return nil
}

// step goes on to the next number.
func (d *delta) step() error {
	for d.left == 0 {
		if err := d.mini(); err != nil {
			return err
		}
	}
	v := d.least
	if d.size > 0 {
		at := d.bit / 8
		switch {
		case uint64(d.bit)+uint64(d.size) > uint64(len(d.text))*8:
			return errPageEnd
		case d.size <= 56 && int(at)+8 <= len(d.text):
			v += binary.LittleEndian.Uint64(d.text[at:]) >> (d.bit % 8) & (1<<d.size - 1)
		default:
			v += bitsAt(d.text, d.bit, d.size)
		}
		d.bit += d.size
	}
	d.last += v
	d.left--
	return nil
}

// mini begins the next miniblock.
func (d *delta) mini() error {
	if d.size > 0 {
		end := min(uint64(d.perMini)*uint64(d.size)/8, uint64(len(d.text)))
		d.text = d.text[end:]
	}
	if len(d.minis) == 0 {
		least, n := binary.Varint(d.text)
		if n <= 0 {
			return errPageEnd
		}
		d.least, d.text = uint64(least), d.text[n:]
		minis := int(d.perBlock / d.perMini)
		if len(d.text) < minis {
			return errPageEnd
		}
		d.minis, d.text = d.text[:minis], d.text[minis:]
	}
	d.size, d.minis, d.bit, d.left = uint(d.minis[0]), d.minis[1:], 0, d.perMini
	if d.size > 64 {
		return errPageForm
	}
	return nil
}

// end returns what is behind the numbers, all of which were read. A miniblock
// has room for all its numbers, whether there are so many or not; of those that
// hold none there is nothing.
func (d *delta) end() []byte {
	size := uint64(0)
	if d.size > 0 {
		size = d.perMini * uint64(d.size) / 8
	}
	return d.text[min(size, uint64(len(d.text))):]
}
