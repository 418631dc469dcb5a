package format

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"sort"
	"unicode/utf8"
)

// escape stands, in what a decoder returns, before each byte that is no part of
// a character. It is in no text of UTF-8.
const escape = 0xff

// A textDecoder reads a text of another encoding as UTF-8. What is no character
// comes out as bytes that are not UTF-8 either: an escape and the byte, or of
// UTF-16 the half of a pair as if it were one.
type textDecoder struct {
	in    io.Reader
	set   *charset
	raw   []byte // read from in
	used  int    // of raw
	err   error  // of in, io.EOF with it
	from  int64  // position in the source of raw[used]
	at    int64  // position in the text of what comes next
	marks []mark // in order
	last  mark   // the place that was asked for last
	over  []byte // what did not fit the last Read
	fits  bool   // it was seen that the source is not UTF-8, or is ASCII so far
	room  [16]byte
}

// A mark says where a place of the text is in the source. From it on, up to the
// next, characters have the encoding's usual widths.
type mark struct{ at, from int64 }

// decoderBytes is how much is decoded at once.
const decoderBytes = 64 << 10

// newDecoder returns one whose first byte is that at from of the source.
func newTextDecoder(in io.Reader, set *charset, from int64) *textDecoder {
	return &textDecoder{in: in, set: set, from: from, raw: make([]byte, 0, decoderBytes), marks: []mark{{0, from}}, last: mark{0, from}}
}

// Read decodes what was read, as much of it as p has room for.
func (d *textDecoder) Read(p []byte) (int, error) {
	if len(d.over) > 0 {
		n := copy(p, d.over)
		d.over = d.over[n:]
		return n, nil
	}
	if err := d.fill(); err != nil {
		return 0, err
	}
	if err := d.fit(); err != nil {
		return 0, err
	}
	if len(p) >= len(d.room) {
		return d.decode(p), nil
	}
	n := d.decode(d.room[:])
	d.over = d.room[:n]
	n = copy(p, d.over)
	d.over = d.over[n:]
	return n, nil
}

// fill reads on until there are bytes enough for any character.
func (d *textDecoder) fill() error {
	if len(d.raw)-d.used >= 4 {
		return nil
	}
	n := copy(d.raw[:cap(d.raw)], d.raw[d.used:])
	d.raw, d.used = d.raw[:n], 0
	for stalls := 0; d.err == nil && len(d.raw) < cap(d.raw); stalls++ {
		var n int
		n, d.err = d.in.Read(d.raw[len(d.raw):cap(d.raw)])
		d.raw = d.raw[:len(d.raw)+n]
		if n > 0 {
			stalls = 0
		} else if d.err == nil && stalls > 100 {
			d.err = io.ErrNoProgress
		}
	}
	if len(d.raw) == 0 || d.err != nil && d.err != io.EOF && len(d.raw) < 4 {
		return d.err
	}
	return nil
}

// fit says that the source is UTF-8, which most encodings would take for other
// characters, once it has bytes beyond ASCII.
func (d *textDecoder) fit() error {
	const enough = 4
	text := d.raw[d.used:]
	at := notASCII(text)
	if d.fits || d.set.wide || at < 0 {
		return nil
	}
	d.fits = true
	if good, bad := countUTF8(text[at:], false); bad > 0 || good < enough {
		return nil
	}
	return fmt.Errorf("the text is UTF-8 here, and the job says that its encoding is %s; if that has changed, so must from.encoding", d.set.name)
}

// decode writes to p, which has room for any character, what is there.
func (d *textDecoder) decode(p []byte) int {
	var n, used int
	if d.set.wide {
		n, used = d.utf16(p, d.raw[d.used:])
	} else {
		n, used = d.bytes(p, d.raw[d.used:])
	}
	d.used += used
	d.from += int64(used)
	d.at += int64(n)
	return n
}

// bytes decodes src, which has four bytes or ends the source. It leaves the
// last few where a character may be cut off.
func (d *textDecoder) bytes(p, src []byte) (n, i int) {
	c, end := d.set, len(src)
	if d.err != io.EOF {
		end -= 3
	}
	for i < end && n+8 <= len(p) {
		b := src[i]
		if b < 0x80 {
			if i+8 <= end {
				w := binary.LittleEndian.Uint64(src[i:])
				binary.LittleEndian.PutUint64(p[n:], w)
				if k := bits.TrailingZeros64(w&highs) >> 3; k > 0 {
					n, i = n+k, i+k
					continue
				}
			}
			p[n] = b
			n, i = n+1, i+1
			continue
		}
		r, width := c.single[b], 1
		if r == 0 && c.double != nil && b > 0x80 && b < 0xff && i+1 < len(src) {
			r, width = c.double[int(b-0x81)<<8|int(src[i+1])], 2
		}
		switch {
		case r == 0:
			k, used := d.odd(p[n:], src[i:], int64(n), int64(i))
			n, i = n+k, i+used
		case r < 0x800:
			p[n], p[n+1] = 0xc0|byte(r>>6), 0x80|byte(r)&0x3f
			n, i = n+2, i+width
		default:
			p[n], p[n+1], p[n+2] = 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f
			n, i = n+3, i+width
		}
		if width == 1 && c.width.multi == 2 && r != 0 {
			d.note(int64(n), int64(i))
		}
	}
	return n, i
}

// odd decodes what the tables do not have, at n of the text and i of the source
// from where this decoding began.
func (d *textDecoder) odd(p, src []byte, n, i int64) (written, used int) {
	d.note(n, i)
	if k := d.set.length(src); d.set.double != nil && k <= len(src) {
		if text := d.set.long(src[:k]); text != nil {
			written, used = copy(p, text), k
			d.note(n+int64(written), i+int64(used))
			return written, used
		}
	}
	used = 1
	if d.set.double != nil && src[0] > 0x80 && src[0] < 0xff && len(src) > 1 && src[1] >= 0x80 {
		used = 2
	}
	for _, b := range src[:used] {
		p[written], p[written+1] = escape, b
		written += 2
	}
	d.note(n+int64(written), i+int64(used))
	return written, used
}

// note marks a place, counted from where this decoding began.
func (d *textDecoder) note(n, i int64) {
	m := mark{d.at + n, d.from + i}
	if last := len(d.marks) - 1; last >= 0 && d.marks[last].at == m.at {
		d.marks[last] = m
		return
	}
	d.marks = append(d.marks, m)
}

// utf16 decodes src. A byte without its other half comes out as an escape.
func (d *textDecoder) utf16(p, src []byte) (n, i int) {
	unit := func(i int) rune {
		if d.set.big {
			return rune(src[i])<<8 | rune(src[i+1])
		}
		return rune(src[i+1])<<8 | rune(src[i])
	}
	for i+1 < len(src) && n+4 <= len(p) {
		r := unit(i)
		switch {
		case r < 0x80:
			p[n] = byte(r)
			n, i = n+1, i+2
			continue
		case r&0xfc00 == 0xd800 && i+3 >= len(src) && d.err != io.EOF:
			return n, i
		case r&0xfc00 == 0xd800 && i+3 < len(src) && unit(i+2)&0xfc00 == 0xdc00:
			n += utf8.EncodeRune(p[n:], 0x10000+(r&0x3ff)<<10+unit(i+2)&0x3ff)
			i += 4
			continue
		case r < 0x800:
			n += utf8.EncodeRune(p[n:], r)
		default:
			p[n], p[n+1], p[n+2] = 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f
			n += 3
		}
		i += 2
	}
	if i+1 == len(src) && d.err == io.EOF && n+4 <= len(p) {
		d.note(int64(n), int64(i))
		p[n] = escape
		n, i = n+1, i+1
		d.note(int64(n), int64(i))
	}
	return n, i
}

// source returns the position in the source of text[i], of which text[0] is at
// base of what was decoded. All are counted from 0. Places are mostly asked for
// in their order.
func (d *textDecoder) source(text []byte, base int64, i int) int64 {
	at := base + int64(i)
	m := d.marks[d.before(at)]
	if d.last.at >= m.at && d.last.at <= at {
		m = d.last
	}
	d.last = mark{at, m.from + d.set.width.of(text[m.at-base:i])}
	return d.last.from
}

// before returns the last mark that is not beyond a place.
func (d *textDecoder) before(at int64) int {
	return sort.Search(len(d.marks), func(i int) bool { return d.marks[i].at > at }) - 1
}

// forget drops text before text[i], and the marks there.
func (d *textDecoder) forget(text []byte, base int64, i int) {
	d.source(text, base, i)
	k := d.before(d.last.at)
	d.marks[k] = d.last
	d.marks = append(d.marks[:0], d.marks[k:]...)
}

// of returns how many bytes a text has in the encoding.
func (w widths) of(text []byte) (n int64) {
	high, lead, astral := 0, 0, 0
	i := 0
	for ; i+8 <= len(text); i += 8 {
		b := binary.LittleEndian.Uint64(text[i:])
		h := b & highs
		if h == 0 {
			continue
		}
		l := h & (b << 1) & highs
		high += bits.OnesCount64(h)
		lead += bits.OnesCount64(l)
		astral += bits.OnesCount64(l & (b << 2) & (b << 3))
	}
	for _, b := range text[i:] {
		if b >= 0x80 {
			high++
		}
		if b >= 0xc0 {
			lead++
		}
		if b >= 0xf0 {
			astral++
		}
	}
	return int64(len(text)-high)*w.ascii + int64(lead-astral)*w.multi + int64(astral)*w.astral
}

// fault says what of a text that a decoder of the encoding has written, or that
// was read as it is if there is none, is no character.
func (c *charset) fault(text []byte) string {
	switch {
	case c == nil:
		return fmt.Sprintf("the byte 0x%02x is not UTF-8 here", text[0])
	case c.wide && len(text) > 2 && text[0] == 0xed:
		return fmt.Sprintf("0x%x is half of a character of UTF-16", rune(text[0]&0xf)<<12|rune(text[1]&0x3f)<<6|rune(text[2]&0x3f))
	case c.wide:
		return "the file ends within a character of UTF-16"
	}
	shown, n := "", 0
	for ; 2*n+1 < len(text) && n < 4 && text[2*n] == escape; n++ {
		shown += fmt.Sprintf(" 0x%02x", text[2*n+1])
	}
	if n == 1 {
		return fmt.Sprintf("the byte%s is no character of %s here (see from.encoding)", shown, c.name)
	}
	return fmt.Sprintf("the bytes%s are no characters of %s (see from.encoding)", shown, c.name)
}
