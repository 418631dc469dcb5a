package format

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
)

// A compound file of Microsoft is a small file system: chains of sectors, which a
// table links (the FAT), a directory, and a second, finer such thing for streams
// that are short, inside of one of the first kind.
type compoundFile struct {
	in     io.ReaderAt
	size   int64
	sector int64
	fat    []uint32 // by sector: the next one of its chain
	names  []compoundEntry
	root   compoundEntry
	mini   int64 // bytes that a stream has at least which is in no finer sectors
	fine   uint32
}

// A compoundEntry is a stream, or the root.
type compoundEntry struct {
	name  string
	start uint32
	size  int64
}

const (
	compoundSectors = 0xfffffff8 // from here on a number is no sector
	compoundFine    = 64         // bytes of a finer sector
	compoundNames   = 1 << 20    // bytes of the directory
)

var errCompound = errors.New("the workbook is cut off or damaged: its sectors do not fit together; get the file anew")

// openCompound reads the table of the sectors and the directory.
func openCompound(in io.ReaderAt, size int64) (*compoundFile, error) {
	head := make([]byte, 512)
	if n, err := in.ReadAt(head, 0); n < len(head) {
		return nil, cutCompound(err)
	}
	u32 := func(i int) uint32 { return binary.LittleEndian.Uint32(head[i:]) }
	c := &compoundFile{in: in, size: size, sector: 1 << head[30], mini: int64(u32(56)), fine: u32(60)}
	if head[30] != 9 && head[30] != 12 {
		return nil, errCompound
	}
	var tables []uint32
	for i := range 109 {
		tables = append(tables, u32(76+4*i))
	}
	most := size/c.sector/(c.sector/4) + 2 // tables that a file of its size can need
	for next, n := u32(68), int64(0); next < compoundSectors; n++ {
		part, err := c.read(next)
		if err != nil || n > most {
			return nil, errors.Join(errCompound, err)
		}
		last := len(part) - 1
		tables, next = append(tables, part[:last]...), part[last]
	}
	for _, at := range tables {
		if at >= compoundSectors {
			continue
		}
		part, err := c.read(at)
		if err != nil || int64(len(c.fat)) > most*c.sector/4 {
			return nil, errors.Join(errCompound, err)
		}
		c.fat = append(c.fat, part...)
	}
	return c, c.directory(u32(48))
}

func cutCompound(err error) error {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return errCompound
	}
	return err
}

// read returns a sector of numbers.
func (c *compoundFile) read(sector uint32) ([]uint32, error) {
	text := make([]byte, c.sector)
	if n, err := c.in.ReadAt(text, (int64(sector)+1)*c.sector); n < len(text) {
		return nil, cutCompound(err)
	}
	numbers := make([]uint32, len(text)/4)
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint32(text[4*i:])
	}
	return numbers, nil
}

// chain returns where the sectors of a chain begin in the file, up to so many
// bytes of them.
func (c *compoundFile) chain(sector uint32, size int64) (at []int64, err error) {
	for have := int64(0); have < size; have += c.sector {
		if int64(sector) >= int64(len(c.fat)) || (int64(sector)+1)*c.sector >= c.size {
			return nil, errCompound
		}
		at = append(at, (int64(sector)+1)*c.sector)
		sector = c.fat[sector]
	}
	return at, nil
}

// directory reads the names of the streams.
func (c *compoundFile) directory(sector uint32) error {
	entry := make([]byte, 128)
	for n := int64(0); sector < compoundSectors && n < compoundNames; n += c.sector {
		if int64(sector) >= int64(len(c.fat)) {
			return errCompound
		}
		for i := int64(0); i < c.sector; i += 128 {
			if k, err := c.in.ReadAt(entry, (int64(sector)+1)*c.sector+i); k < len(entry) {
				return cutCompound(err)
			}
			length := min(int(binary.LittleEndian.Uint16(entry[64:])), 64)
			var units []uint16
			for k := 0; k+2 < length; k += 2 {
				units = append(units, binary.LittleEndian.Uint16(entry[k:]))
			}
			e := compoundEntry{string(utf16.Decode(units)), binary.LittleEndian.Uint32(entry[116:]), int64(binary.LittleEndian.Uint32(entry[120:]))}
			switch entry[66] {
			case 2:
				c.names = append(c.names, e)
			case 5:
				c.root = e
			}
		}
		sector = c.fat[sector]
	}
	return nil
}

// open returns a stream, nil if there is none of the name.
func (c *compoundFile) open(name string) (*compoundStream, error) {
	for _, e := range c.names {
		if e.name != name {
			continue
		}
		if e.size > c.size {
			return nil, errCompound
		}
		if e.size >= c.mini {
			at, err := c.chain(e.start, e.size)
			return &compoundStream{c.in, at, c.sector, e.size}, err
		}
		return c.short(e)
	}
	return nil, nil
}

// short returns a stream that is in the finer sectors.
func (c *compoundFile) short(e compoundEntry) (*compoundStream, error) {
	if c.root.size > c.size {
		return nil, errCompound
	}
	whole, err := c.chain(c.root.start, c.root.size)
	if err != nil {
		return nil, err
	}
	var links []uint32
	for next, n := c.fine, int64(0); next < compoundSectors; n++ {
		part, err := c.read(next)
		if err != nil || n > c.size/c.sector || int64(next) >= int64(len(c.fat)) {
			return nil, errors.Join(errCompound, err)
		}
		links, next = append(links, part...), c.fat[next]
	}
	s := &compoundStream{in: c.in, unit: compoundFine, size: e.size}
	for next := e.start; int64(len(s.at))*compoundFine < e.size; next = links[next] {
		from := int64(next) * compoundFine
		if int64(next) >= int64(len(links)) || from/c.sector >= int64(len(whole)) {
			return nil, errCompound
		}
		s.at = append(s.at, whole[from/c.sector]+from%c.sector)
	}
	return s, nil
}

// A compoundStream is a stream by where its sectors are.
type compoundStream struct {
	in   io.ReaderAt
	at   []int64
	unit int64
	size int64
}

// ReadAt implements io.ReaderAt; sectors beside each other are read at once.
func (s *compoundStream) ReadAt(p []byte, from int64) (n int, err error) {
	for n < len(p) {
		if from >= s.size {
			return n, io.EOF
		}
		i := from / s.unit
		inside := from % s.unit
		want := min(int64(len(p)-n), s.size-from)
		run := s.unit - inside
		for k := i; run < want && k+1 < int64(len(s.at)) && s.at[k+1] == s.at[k]+s.unit; k++ {
			run += s.unit
		}
		got, err := s.in.ReadAt(p[n:n+int(min(run, want))], s.at[i]+inside)
		n, from = n+got, from+int64(got)
		if err != nil && !(err == io.EOF && int64(got) == min(run, want)) {
			return n, cutCompound(err)
		}
	}
	return n, nil
}

// workbook returns the stream of the workbook, or says what there is instead.
func (c *compoundFile) workbook() (*compoundStream, error) {
	s, err := c.open("Workbook")
	if s != nil || err != nil {
		return s, err
	}
	for _, e := range c.names {
		switch e.name {
		case "EncryptedPackage":
			return nil, errEncrypted
		case "Book":
			return nil, errOldXLS
		case "WordDocument", "PowerPoint Document":
			return nil, errors.New("this is no workbook but another document of Office")
		}
	}
	return nil, fmt.Errorf("this is no workbook but another file of Microsoft's, with %d streams in it", len(c.names))
}

var errOldXLS = errors.New("this is a workbook of Excel 95 or older, which is not read: open it in Excel or LibreOffice and save it as .xlsx")
