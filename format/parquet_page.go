package format

import (
	"errors"
	"fmt"
	"hash/crc32"
)

// ErrManyPages is the cause of the error for a file whose pages are larger than
// what is held of them.
var ErrManyPages = errors.New("the most that is held of them")

// The kinds of pages.
const (
	pageData       = 0
	pageIndex      = 1
	pageDictionary = 2
	pageDataV2     = 3
)

// A pqPage is the header of a page.
type pqPage struct {
	kind         int32
	size, packed int32 // bytes: unpacked, and as they are in the file
	crc          uint32
	checked      bool // there is a crc
	values       int32
	encoding     int32
	repetition   int32 // how levels are encoded, in version 1
	definition   int32
	reps, defs   int32 // bytes of levels, in version 2
	bare         bool  // its values are not compressed, in version 2
}

// read reads the header.
func (p *pqPage) read(t *compact) {
	t.fields(func(id int16, kind byte) {
		switch {
		case id == 1:
			p.kind = t.int32()
		case id == 2:
			p.size = t.int32()
		case id == 3:
			p.packed = t.int32()
		case id == 4:
			p.crc, p.checked = uint32(t.int32()), true
		case id == 5 && kind == compactStruct, id == 7 && kind == compactStruct:
			p.numbers(t, []*int32{&p.values, &p.encoding, &p.definition, &p.repetition})
		case id == 8 && kind == compactStruct:
			var nulls, rows int32
			p.numbers(t, []*int32{&p.values, &nulls, &rows, &p.encoding, &p.defs, &p.reps})
		default:
			t.skip(kind)
		}
	})
}

// numbers reads a struct whose first fields are numbers. One of true and false
// behind them says whether the values are compressed.
func (p *pqPage) numbers(t *compact, to []*int32) {
	t.fields(func(id int16, kind byte) {
		switch {
		case kind == compactTrue || kind == compactFalse:
			p.bare = len(to) == 6 && kind == compactFalse
		case id >= 1 && int(id) <= len(to) && kind != compactStruct:
			*to[id-1] = t.int32()
		default:
			t.skip(kind)
		}
	})
}

// mostHeader is how many bytes a page's header may have, with the least and the
// greatest of its values in it.
const mostHeader = 16 << 20

// header reads the header of the next page of a chunk.
func (w *pqWindow) header() (p pqPage, err error) {
	for n := int64(1024); ; n *= 4 {
		text, err := w.peek(n)
		if err != nil {
			return p, err
		}
		p = pqPage{}
		t := &compact{text: text}
		p.read(t)
		switch {
		case t.err == nil:
			w.skip(int64(t.at))
			return p, p.check(w)
		case !errors.Is(t.err, errCompactEnd), n > mostHeader, int64(len(text)) == w.end-w.at:
			return p, fmt.Errorf("its header is damaged: %w", t.err)
		}
	}
}

// check says what cannot be so of a page with its header before the window.
func (p *pqPage) check(w *pqWindow) error {
	switch {
	case p.size < 0 || p.packed < 0 || p.values < 0 || p.reps < 0 || p.defs < 0:
		return errors.New("its header is damaged: it has a size below 0")
	case int(p.size) > w.file.room.most:
		return w.file.room.take(uint64(p.size))
	case int64(p.packed) > w.end-w.at:
		return fmt.Errorf("it should have %d bytes, and the column has %d more", p.packed, w.end-w.at)
	}
	return nil
}

// body returns a page's bytes as they are in the file.
func (w *pqWindow) body(p *pqPage) ([]byte, error) {
	text, err := w.peek(int64(p.packed))
	if err != nil {
		return nil, err
	}
	text = text[:p.packed]
	if p.checked && crc32.ChecksumIEEE(text) != p.crc {
		return nil, errors.New("its bytes are not those that were written: the checksum differs")
	}
	return text, nil
}

// unfold returns a page's bytes without compression: the levels of version 2 as
// they are, which never are compressed.
func (l *pqLeaf) unfold(p *pqPage, text []byte) ([]byte, error) {
	out, err := l.buffer(int(p.size))
	if err != nil {
		return nil, err
	}
	plain := 0
	codec := l.chunk.codec
	if p.kind == pageDataV2 {
		if plain = int(p.reps) + int(p.defs); plain > len(text) || plain > len(out) {
			return nil, errPageForm
		}
		if p.bare {
			codec = codecNone
		}
	}
	copy(out, text[:plain])
	if plain == len(out) && (len(text) == plain || p.values == 0) {
		return out, nil
	}
	if err := l.unpacker.unpack(codec, out[plain:], text[plain:]); err != nil {
		return nil, fmt.Errorf("it cannot be unpacked: %w", err)
	}
	return out, nil
}

// readDictionary reads the dictionary page.
func (l *pqLeaf) readDictionary(p *pqPage, text []byte) error {
	if p.encoding != encodingPlain && p.encoding != encodingPlainDictionary {
		return unknownEncoding(p.encoding)
	}
	body, err := l.unfold(p, text)
	if err != nil {
		return err
	}
	l.buf, l.dictBuf = nil, body // the values of the pages point into it
	n := int(p.values)
	if l.word == nil {
		if err := l.room.take(uint64(24 * n)); err != nil {
			return err
		}
		in, err := newTexts(encodingPlain, &l.scalar, body, nil, l.room)
		if err != nil {
			return err
		}
		l.dictTexts = make([][]byte, n)
		return in.texts(l.dictTexts)
	}
	if err := l.room.take(uint64(8 * n)); err != nil {
		return err
	}
	in, err := newWords(encodingPlain, &l.scalar, body, nil)
	if err != nil {
		return err
	}
	l.dictWords = make([]int64, n)
	return in.words(l.dictWords)
}

// dataPage begins a page of values.
func (l *pqLeaf) dataPage(p *pqPage, text []byte) (err error) {
	body, err := l.unfold(p, text)
	if err != nil {
		return err
	}
	n := int(p.values)
	switch {
	case p.kind == pageDataV2:
		l.reps = newHybrid(body[:p.reps], l.repWidth)
		l.defs = newHybrid(body[p.reps:p.reps+p.defs], l.defWidth)
		body = body[p.reps+p.defs:]
	default:
		if l.maxRep > 0 {
			if l.reps, body, err = levels(body, l.maxRep, p.repetition, n); err != nil {
				return err
			}
		}
		if l.maxDef > 0 {
			if l.defs, body, err = levels(body, l.maxDef, p.definition, n); err != nil {
				return err
			}
		}
	}
	if l.word != nil {
		l.words, err = newWords(p.encoding, &l.scalar, body, l.dictWords)
	} else {
		l.room.give(l.beside)
		l.beside = -l.room.held
		l.texts, err = newTexts(p.encoding, &l.scalar, body, l.dictTexts, l.room)
		l.beside += l.room.held
	}
	if err == nil {
		l.left = n
		l.seen += int64(n)
	} else if len(body) == 0 { // no page of values has an end that early, but for one of nulls
		l.words, l.texts, l.left, err = noValues{}, noValues{}, n, nil
		l.seen += int64(n)
	}
	return err
}

// noValues is a page of nulls.
type noValues struct{}

func (noValues) words(dst []int64) error {
	if len(dst) > 0 {
		return errPageEnd
	}
	return nil
}

func (noValues) texts(dst [][]byte) error {
	if len(dst) > 0 {
		return errPageEnd
	}
	return nil
}
