package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/korean"
)

const (
	// zipList is the most bytes that the list of an archive's members may have,
	// which is held: some half a million of them.
	zipList = 64 << 20

	// A member that unfolds to more than bombBytes is no bomb as long as that is
	// not more than bombRatio times what it is in the archive; nor are all
	// members together.
	bombBytes = 64 << 20
	bombRatio = 250
)

// A member is a file in an archive.
type member struct {
	name         string
	flags        uint16
	method       uint16
	crc          uint32
	packed, size int64 // bytes, as they are in the archive, and unpacked
	header, end  int64 // where it is: up to the next member's header
	fault        error // why it is not read
}

var errZip = errors.New("the archive is cut off or damaged: the list of its members, at its end, cannot be read; get the file anew")

// readZip reads the list of the members that are files, by name.
func readZip(in io.ReaderAt, size int64) ([]member, error) {
	end, err := zipEnd(in, size)
	if err != nil {
		return nil, err
	}
	if end.bytes > zipList {
		return nil, fmt.Errorf("the list of the archive's members has more than %d MiB, so it is none that is read", zipList>>20)
	}
	list := make([]byte, end.bytes)
	if _, err := in.ReadAt(list, end.at); err != nil && err != io.EOF {
		return nil, err
	}
	var all []member
	for len(list) > 0 {
		m, rest, err := zipEntry(list, end.shift)
		if err != nil {
			return nil, err
		}
		list = rest
		all = append(all, m)
	}
	if err := zipBounds(all, end.at, size); err != nil {
		return nil, err
	}
	return zipNames(all)
}

// A zipTail says where the list of an archive is.
type zipTail struct {
	at, bytes int64
	shift     int64 // what stands before the archive, as a program that unpacks it does
}

// zipEnd finds the list of the members, by what stands at the end.
func zipEnd(in io.ReaderAt, size int64) (t zipTail, err error) {
	const tail, locator, most = 22, 20, 1<<16 - 1
	from := max(0, size-tail-locator-most)
	text := make([]byte, size-from)
	if _, err := in.ReadAt(text, from); err != nil && err != io.EOF {
		return t, err
	}
	i := len(text) - tail
	for ; i >= 0; i-- {
		if bytes.HasPrefix(text[i:], []byte("PK\x05\x06")) && i+tail+int(binary.LittleEndian.Uint16(text[i+20:])) <= len(text) {
			break
		}
	}
	if i < 0 {
		return t, errZip
	}
	disk, bytesOf, at := binary.LittleEndian.Uint16(text[i+4:]), int64(binary.LittleEndian.Uint32(text[i+12:])), int64(binary.LittleEndian.Uint32(text[i+16:]))
	stop := from + int64(i)
	if j := i - locator; j >= 0 && bytes.HasPrefix(text[j:], []byte("PK\x06\x07")) {
		large := make([]byte, 56)
		stop = int64(binary.LittleEndian.Uint64(text[j+8:]))
		if stop < 0 || stop > size-int64(len(large)) {
			return t, errZip
		}
		if _, err := in.ReadAt(large, stop); err != nil && err != io.EOF {
			return t, err
		}
		if !bytes.HasPrefix(large, []byte("PK\x06\x06")) {
			return t, errZip
		}
		disk, bytesOf, at = uint16(min(binary.LittleEndian.Uint32(large[16:]), 0xffff)), int64(binary.LittleEndian.Uint64(large[40:])), int64(binary.LittleEndian.Uint64(large[48:]))
	}
	switch {
	case disk != 0 && disk != 0xffff:
		return t, errors.New("the archive is one of several parts: put them together first")
	case bytesOf < 0 || at < 0 || bytesOf > stop || at > stop-bytesOf:
		return t, errZip
	}
	t = zipTail{at: stop - bytesOf, bytes: bytesOf}
	t.shift = t.at - at
	return t, nil
}

// zipEntry reads the first entry of a list, and returns the rest.
func zipEntry(list []byte, shift int64) (m member, rest []byte, err error) {
	const fixed = 46
	if len(list) < fixed || !bytes.HasPrefix(list, []byte("PK\x01\x02")) {
		return m, nil, errZip
	}
	u16 := func(i int) int { return int(binary.LittleEndian.Uint16(list[i:])) }
	u32 := func(i int) int64 { return int64(binary.LittleEndian.Uint32(list[i:])) }
	name, extra, comment := u16(28), u16(30), u16(32)
	if len(list) < fixed+name+extra+comment {
		return m, nil, errZip
	}
	m = member{flags: uint16(u16(8)), method: uint16(u16(10)), crc: uint32(u32(16)), packed: u32(20), size: u32(24), header: u32(42)}
	if !m.large(list[fixed+name : fixed+name+extra]) {
		return m, nil, errZip
	}
	m.header += shift
	m.name = zipName(list[fixed:fixed+name], m.flags)
	return m, list[fixed+name+extra+comment:], nil
}

// large takes numbers of more than 4 GiB from the extra fields of an entry, and
// says whether they are there.
func (m *member) large(extra []byte) bool {
	const beyond = 1<<32 - 1
	var numbers []byte
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+n {
			break
		}
		if id == 1 {
			numbers = extra[4 : 4+n]
		}
		extra = extra[4+n:]
	}
	for _, n := range []*int64{&m.size, &m.packed, &m.header} {
		if *n != beyond {
			continue
		}
		if len(numbers) < 8 {
			return false
		}
		*n, numbers = int64(binary.LittleEndian.Uint64(numbers)), numbers[8:]
	}
	return m.size >= 0 && m.packed >= 0 && m.header >= 0
}

// zipName is the name of a member as text. Without a flag that says that it is
// UTF-8 it is in the encoding of some computer: in Korea that of Windows.
func zipName(raw []byte, flags uint16) string {
	const isUTF8 = 1 << 11
	name := string(raw)
	if flags&isUTF8 == 0 && !utf8.Valid(raw) {
		text, err := korean.EUCKR.NewDecoder().Bytes(raw)
		if err != nil || bytes.ContainsRune(text, utf8.RuneError) {
			text, _ = charmap.CodePage437.NewDecoder().Bytes(raw) // which has every byte
		}
		name = string(text)
	}
	return strings.TrimLeft(strings.ReplaceAll(strings.ToValidUTF8(name, "\ufffd"), `\`, "/"), "/")
}

// zipBounds sees that members lie beside each other, before the list, and do
// not unfold to what only those do that are made to do harm.
func zipBounds(all []member, list, size int64) error {
	slices.SortStableFunc(all, func(a, b member) int { return int(min(max(a.header-b.header, -1), 1)) })
	total := int64(0)
	for i := range all {
		m := &all[i]
		if m.end = list; i+1 < len(all) {
			m.end = all[i+1].header
		}
		if m.header > list || m.packed > m.end-m.header {
			return errors.New("the archive is damaged, or made to do harm: its members overlap")
		}
		if total += min(m.size, 1<<62-total); m.size > bombBytes && m.size/bombRatio > m.packed {
			m.fault = fmt.Errorf("it unfolds to more than %d times its size, as only a file does that is made to do harm; if it is meant, unpack the archive", bombRatio)
		}
	}
	if total > 1<<30 && total/bombRatio > size {
		return fmt.Errorf("the archive unfolds to more than %d times its size, as only one does that is made to do harm", bombRatio)
	}
	return nil
}

// zipNames leaves out what is no file, and puts the others in order.
func zipNames(all []member) ([]member, error) {
	kept := all[:0]
	for _, m := range all {
		if slices.Contains(strings.Split(m.name, "/"), "..") || strings.IndexByte(m.name, 0) >= 0 {
			return nil, fmt.Errorf("the archive has a member %.80q, whose name leads out of it, as only in one that is made to do harm", m.name)
		}
		if m.name == "" || strings.HasSuffix(m.name, "/") || strings.HasPrefix(m.name, "__MACOSX/") || path.Base(m.name) == ".DS_Store" {
			continue
		}
		if m.fault == nil {
			m.fault = m.unread()
		}
		kept = append(kept, m)
	}
	slices.SortStableFunc(kept, func(a, b member) int { return strings.Compare(a.name, b.name) })
	once := kept[:0]
	for _, m := range kept {
		if n := len(once); n > 0 && once[n-1].name == m.name {
			once[n-1].fault = errors.New("the archive has two members of this name")
			continue
		}
		once = append(once, m)
	}
	return once, nil
}

const (
	zipStored   = 0
	zipDeflated = 8
)

// unread says why a member is not read, if it is not.
func (m *member) unread() error {
	methods := map[uint16]string{9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd", 99: "AES"}
	switch {
	case m.flags&1 != 0 || m.method == 99:
		return errors.New("it is encrypted: unpack the archive with its password")
	case strings.HasSuffix(strings.ToLower(m.name), ".zip"):
		return errors.New("it is an archive within the archive: unpack the outer one, or leave it out by a pattern, as in orders.zip#{*name}.csv")
	case m.method != zipStored && m.method != zipDeflated:
		name := methods[m.method]
		if name == "" {
			name = fmt.Sprintf("method %d", m.method)
		}
		return fmt.Errorf("it is compressed by %s, which is not read: pack it as usual, by Deflate", name)
	case m.method == zipStored && m.packed != m.size:
		return errors.New("it is damaged: get the file anew")
	}
	return nil
}
