package format

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

const (
	// zipList is the most bytes that the list of a workbook's parts may have,
	// which is held: some 50,000 of them.
	zipList = 4 << 20

	// A part that unfolds to more than bombBytes is no bomb as long as that is
	// not more than bombRatio times what it is in the file. Sheets of ordinary
	// rows are five to forty times as large.
	bombBytes = 64 << 20
	bombRatio = 250
)

// A xlsxZip is the archive that a workbook is: its parts by name. Nothing of it
// is written anywhere, so names cannot lead out of it.
type xlsxZip struct {
	parts map[string]*zip.File // nil: there twice
}

// openZip reads the list of the parts. what is said of a file that is none.
func openZip(in io.ReaderAt, size int64, what string) (*xlsxZip, error) {
	head := make([]byte, min(size, 512))
	if _, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		return nil, err
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return nil, noZip(in, size, head, what)
	}
	list := &metered{in: in, left: zipList}
	z, err := zip.NewReader(list, size)
	switch {
	case list.err != nil:
		return nil, list.err
	case errors.Is(err, zip.ErrFormat):
		return nil, errors.New("the workbook is cut off or damaged: the list of its parts, at its end, cannot be read; get the file anew")
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, err
	}
	list.left = -1
	z.RegisterDecompressor(zip.Deflate, func(r io.Reader) io.ReadCloser { return flate.NewReader(r) })
	x := &xlsxZip{parts: make(map[string]*zip.File, len(z.File))}
	for _, f := range z.File {
		name := partName(f.Name)
		if _, twice := x.parts[name]; twice {
			f = nil
		}
		x.parts[name] = f
	}
	return x, nil
}

// partName makes names equal that are so by the rules of workbooks, and those of
// programs that write \ for /.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// A metered source lets so many bytes be read, or, below zero, any number.
type metered struct {
	in   io.ReaderAt
	left int
	err  error
}

func (m *metered) ReadAt(p []byte, at int64) (int, error) {
	if m.left >= 0 {
		if m.left -= len(p); m.left < 0 {
			m.err = fmt.Errorf("the list of the workbook's parts has more than %d MiB, so it is none that is read", zipList>>20)
			m.left = 0
			return 0, m.err
		}
	}
	n, err := m.in.ReadAt(p, at)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// has says whether there is a part.
func (x *xlsxZip) has(name string) bool {
	_, ok := x.parts[partName(name)]
	return ok
}

// open returns the bytes of a part, as unpacked. Closing is not needed.
func (x *xlsxZip) open(name string) (io.Reader, error) {
	f, ok := x.parts[partName(name)]
	switch {
	case !ok:
		return nil, fmt.Errorf("the workbook has no part %q", shortText([]byte(name)))
	case f == nil:
		return nil, fmt.Errorf("the workbook has two parts %q", shortText([]byte(name)))
	case f.Flags&1 != 0:
		return nil, errEncrypted
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, fmt.Errorf("the workbook is compressed by method %d, which is not read: open it in Excel or LibreOffice and save it", f.Method)
	}
	if err != nil {
		return nil, partFault(name, err)
	}
	return &unfolded{in: r, name: name, packed: int64(f.CompressedSize64)}, nil
}

// A partError says which part of a workbook is at fault.
type partError struct {
	name string
	err  error
}

func (e *partError) Error() string {
	return "part " + shortText([]byte(e.name)) + " of the workbook: " + e.err.Error()
}

// Unwrap returns the cause.
func (e *partError) Unwrap() error { return e.err }

// partFault returns an error as one of a part.
func partFault(name string, err error) error {
	var named *partError
	if errors.As(err, &named) {
		return err
	}
	if errors.Is(err, zip.ErrFormat) || errors.Is(err, zip.ErrChecksum) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || isCorrupt(err) {
		err = errors.New("it is damaged; get the file anew")
	}
	return &partError{name, err}
}

func isCorrupt(err error) bool {
	var corrupt flate.CorruptInputError
	return errors.As(err, &corrupt)
}

// An unfolded part is a reader that ends at what only a bomb unfolds to.
type unfolded struct {
	in     io.Reader
	name   string
	packed int64
	n      int64
}

func (u *unfolded) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	u.n += int64(n)
	if u.n > bombBytes && u.n/bombRatio > u.packed {
		return 0, partFault(u.name, fmt.Errorf("it unfolds to more than %d times its size, as only a file does that is made to do harm", bombRatio))
	}
	if err != nil && err != io.EOF {
		err = partFault(u.name, err)
	}
	return n, err
}

// compoundHead begins the compound files of Microsoft, in which old workbooks are.
const compoundHead = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

var (
	errEncrypted = errors.New("the workbook is encrypted: open it in Excel, take its password off (File, Info, Protect Workbook) and save it")
	errXLS       = errors.New("this is a workbook of the old form .xls, whatever its name: from.format: xls reads it")
)

// noZip says what a file is that is no workbook.
func noZip(in io.ReaderAt, size int64, head []byte, what string) error {
	switch {
	case size == 0:
		return errors.New("is empty (0 bytes)")
	case bytes.HasPrefix(head, []byte(compoundHead)):
		return compound(in, head)
	case bytes.HasPrefix(head, []byte("PK")):
		return errors.New("the workbook is damaged: it does not begin with a part; get the file anew")
	case Compressed(head) != "none":
		return errors.New("the workbook is compressed once more, by " + Compressed(head) + ": unpack it")
	case bytes.HasPrefix(head, []byte("PAR1")):
		return errors.New(what + " but a Parquet file")
	case len(head) >= 2 && head[0] == 9 && (head[1] == 0 || head[1] == 2 || head[1] == 4 || head[1] == 8):
		return errXLS
	case bytes.HasPrefix(bytes.TrimLeft(head, "\xef\xbb\xbf \t\r\n"), []byte("<")):
		return errors.New(what + " but a page of HTML or XML, as some programs name it: from.format: html reads the tables of a page")
	case bytes.IndexByte(head, 0) < 0:
		return errors.New(what + " but a text: if that is a table, from.format: csv reads it")
	}
	return errors.New(what)
}

// compound tells an encrypted workbook from one of the old form: both lie in
// Microsoft's compound files, whose directory names what is in them.
func compound(in io.ReaderAt, head []byte) error {
	if len(head) < 512 {
		return errors.New("the file is cut off: it is a compound file of Microsoft's, without its directory")
	}
	u32 := func(i int) int64 {
		return int64(head[i]) | int64(head[i+1])<<8 | int64(head[i+2])<<16 | int64(head[i+3])<<24
	}
	sector := int64(1) << min(head[30], 16)
	directory := make([]byte, 16<<10)
	n, err := in.ReadAt(directory, (u32(48)+1)*sector)
	if err != nil && err != io.EOF {
		return err
	}
	if bytes.Contains(directory[:n], wide("EncryptedPackage")) {
		return errEncrypted
	}
	return errXLS
}

// wide is a text of ASCII as UTF-16.
func wide(text string) []byte {
	var b []byte
	for i := range len(text) {
		b = append(b, text[i], 0)
	}
	return b
}
