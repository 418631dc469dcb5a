package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"io"
	"os"
	"slices"
)

// A spool holds the incoming rows: their records in a file that has no name,
// and of each row in memory two hashes, a state and a slot: 19 bytes.
//
// A record is the row's number as a uvarint, the stored fields of the loaded
// columns, and a set of IDs for each link.
type spool struct {
	key    func(buf, fields []byte) []byte // the key of a row, as equal keys have it
	file   *os.File
	out    *bufio.Writer
	size   int64 // of the file
	n      int   // rows
	blocks []*spoolBlock
	slots  []uint32 // of rows by the hash of their key, 1-based; 0: none
	buf    []byte
}

// A spoolBlock is spoolRows rows; the last one may be shorter.
type spoolBlock struct {
	key   [spoolRows]uint32 // hash of the key
	value [spoolRows]uint64 // hash of the fields and sets; of a row that is changed its place in the changes
	state [spoolRows]rowState
	ends  int64   // place in the file of the ends of the records
	begin int64   // of the first record
	end   []int64 // of each record, until the block is full
}

const spoolRows = 2048

// A rowState is what becomes of an incoming row.
type rowState uint8

const (
	rowFresh   rowState = iota // it is not in the table
	rowSame                    // it is there as it is
	rowChanged                 // it is there with other values
	rowBad                     // it is refused
	rowDrop                    // it is to be deleted, by its key, and is not there
	rowGone                    // it is to be deleted
	rowKept                    // it was bad before it came here: it protects its row of the table
)

var keySeed, valueSeed = maphash.MakeSeed(), maphash.MakeSeed()

func newSpool(key func(buf, fields []byte) []byte) (*spool, error) {
	file, err := unnamedFile()
	if err != nil {
		return nil, err
	}
	return &spool{key: key, file: file, out: bufio.NewWriterSize(file, 256<<10)}, nil
}

// unnamedFile makes a file that is gone when it is closed, or this process ends.
func unnamedFile() (*os.File, error) {
	file, err := os.CreateTemp("", "sluice-")
	if err != nil {
		return nil, err
	}
	return file, os.Remove(file.Name())
}

func (s *spool) close() error { return s.file.Close() }

// add adds the row of a number. fields is a record without it.
func (s *spool) add(number int64, fields []byte) error {
	at := s.n % spoolRows
	if at == 0 {
		if err := s.endBlock(); err != nil {
			return err
		}
		s.blocks = append(s.blocks, &spoolBlock{begin: s.size})
	}
	b := s.blocks[len(s.blocks)-1]
	s.buf = s.key(s.buf[:0], fields)
	b.key[at], b.value[at] = keyHash(s.buf), maphash.Bytes(valueSeed, fields)
	var head [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(head[:], uint64(number))
	s.size += int64(n + len(fields))
	b.end = append(b.end, s.size)
	s.n++
	_, _ = s.out.Write(head[:n]) // an error stays, and the next tells it
	_, err := s.out.Write(fields)
	return err
}

// endBlock writes where the records of the last block end.
func (s *spool) endBlock() error {
	if s.n == 0 {
		return nil
	}
	b := s.blocks[len(s.blocks)-1]
	if b.end == nil {
		return nil
	}
	b.ends = s.size
	for _, end := range b.end {
		s.buf = binary.LittleEndian.AppendUint64(s.buf[:0], uint64(end))
		s.size += 8
		if _, err := s.out.Write(s.buf); err != nil {
			return err
		}
	}
	b.end = nil
	return nil
}

// index ends the adding, and finds the rows whose keys are equal: for the first
// of them all the others.
func (s *spool) index() (repeated map[int][]int, err error) {
	if err := s.endBlock(); err != nil {
		return nil, err
	}
	if err := s.out.Flush(); err != nil {
		return nil, err
	}
	repeated = map[int][]int{}
	s.slots = make([]uint32, s.n+s.n/3+1)
	for _, kept := range []bool{false, true} { // these do not hide others
		if err := s.indexRows(kept, repeated); err != nil {
			return nil, err
		}
	}
	return repeated, nil
}

// indexRows indexes the rows that are kept, or the others.
func (s *spool) indexRows(kept bool, repeated map[int][]int) error {
	for i := range s.n {
		if (*s.state(i) == rowKept) != kept {
			continue
		}
		slot := s.slot(s.blocks[i/spoolRows].key[i%spoolRows])
		for s.slots[slot] != 0 {
			j := int(s.slots[slot]) - 1
			same, err := s.sameKey(i, j)
			if err != nil {
				return err
			}
			if same {
				if !kept {
					repeated[j] = append(repeated[j], i)
				}
				break
			}
			slot = s.next(slot)
		}
		if s.slots[slot] == 0 {
			s.slots[slot] = uint32(i) + 1
		}
	}
	return nil
}

func keyHash(key []byte) uint32 { return uint32(maphash.Bytes(keySeed, key)) }

func (s *spool) slot(hash uint32) uint64 { return uint64(hash) * uint64(len(s.slots)) >> 32 }

func (s *spool) next(slot uint64) uint64 {
	if slot++; slot == uint64(len(s.slots)) {
		return 0
	}
	return slot
}

func (s *spool) sameKey(i, j int) (bool, error) {
	if s.blocks[i/spoolRows].key[i%spoolRows] != s.blocks[j/spoolRows].key[j%spoolRows] {
		return false, nil
	}
	_, a, err := s.record(i, nil)
	if err != nil {
		return false, err
	}
	_, b, err := s.record(j, nil)
	return slices.Equal(s.key(nil, a), s.key(nil, b)), err
}

// find returns the row that has the key of a record of the table; -1: none. fields
// is its record; nil: it is the same.
func (s *spool) find(record, buf []byte) (i int, fields []byte, err error) {
	s.buf = s.key(s.buf[:0], record)
	hash, value := keyHash(s.buf), maphash.Bytes(valueSeed, record)
	for slot := s.slot(hash); s.slots[slot] != 0; slot = s.next(slot) {
		i := int(s.slots[slot]) - 1
		b, at := s.blocks[i/spoolRows], i%spoolRows
		switch {
		case b.key[at] != hash:
			continue
		case b.value[at] == value && b.state[at] == rowFresh:
			return i, nil, nil
		}
		if _, fields, err = s.record(i, buf); err != nil {
			return -1, nil, err
		}
		if bytes.Equal(s.key(nil, fields), s.buf) {
			return i, fields, nil
		}
	}
	return -1, nil, nil
}

func (s *spool) state(i int) *rowState { return &s.blocks[i/spoolRows].state[i%spoolRows] }
func (s *spool) value(i int) *uint64   { return &s.blocks[i/spoolRows].value[i%spoolRows] }

// record reads a row into buf, if that is large enough.
func (s *spool) record(i int, buf []byte) (number int64, fields []byte, err error) {
	b, at := s.blocks[i/spoolRows], i%spoolRows
	begin, ends := b.begin, make([]byte, 16)
	if at == 0 {
		_, err = s.file.ReadAt(ends[8:], b.ends)
	} else if _, err = s.file.ReadAt(ends, b.ends+8*int64(at-1)); err == nil {
		begin = int64(binary.LittleEndian.Uint64(ends))
	}
	if err != nil {
		return 0, nil, err
	}
	size := int(int64(binary.LittleEndian.Uint64(ends[8:])) - begin)
	buf = slices.Grow(buf[:0], size)[:size]
	if _, err := s.file.ReadAt(buf, begin); err != nil {
		return 0, nil, err
	}
	number, fields = numbered(buf)
	return number, fields, nil
}

func numbered(record []byte) (number int64, fields []byte) {
	n, w := binary.Uvarint(record)
	return int64(n), record[w:]
}

// A spoolReader reads the rows of a spool in their order.
type spoolReader struct {
	*spool
	i    int // the row that next returns
	in   *bufio.Reader
	ends []byte
	buf  []byte
}

func (s *spool) reader() *spoolReader { return &spoolReader{spool: s} }

// at makes a row the next one.
func (r *spoolReader) at(i int) *spoolReader {
	r.i, r.ends = i, nil
	return r
}

// next returns the next row in one of the states; i is -1 after the last. It is
// valid until the next call.
func (r *spoolReader) next(wanted ...rowState) (i int, number int64, fields []byte, err error) {
	for r.i < r.n {
		i := r.i
		record, err := r.read(slices.Contains(wanted, *r.state(i)))
		if err != nil {
			return -1, 0, nil, err
		}
		if record != nil {
			number, fields := numbered(record)
			return i, number, fields, nil
		}
	}
	return -1, 0, nil, nil
}

// read reads the next row, or passes over it.
func (r *spoolReader) read(wanted bool) ([]byte, error) {
	b, at := r.blocks[r.i/spoolRows], r.i%spoolRows
	enter := at == 0 || r.ends == nil
	if enter {
		r.ends = make([]byte, 8*min(spoolRows, r.n-r.i+at))
		if _, err := r.file.ReadAt(r.ends, b.ends); err != nil {
			return nil, err
		}
	}
	begin := b.begin
	if at > 0 {
		begin = int64(binary.LittleEndian.Uint64(r.ends[8*at-8:]))
	}
	if enter {
		section := io.NewSectionReader(r.file, begin, b.ends-begin)
		if r.in == nil {
			r.in = bufio.NewReaderSize(section, 256<<10)
		}
		r.in.Reset(section)
	}
	size := int(int64(binary.LittleEndian.Uint64(r.ends[8*at:])) - begin)
	r.i++
	if !wanted {
		_, err := r.in.Discard(size)
		return nil, err
	}
	r.buf = slices.Grow(r.buf[:0], size)[:size]
	_, err := io.ReadFull(r.in, r.buf)
	return r.buf, err
}
