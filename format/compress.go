package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// maxZstdWindow bounds the memory that one zstd file can ask for. Files of
// every level but the last two, and without --long, are within it.
const maxZstdWindow = 32 << 20

// Compressed returns the compression that a file with these first bytes has:
// "gzip", "zstd" or "none". Four bytes are enough.
func Compressed(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		return "gzip"
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return "zstd"
	}
	return "none"
}

// PlainName returns a file's name without the endings of a compression.
func PlainName(name string) string {
	return strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
}

// Decompress returns what r holds before its compression: "none", "gzip",
// "zstd", or by its first bytes if how is "" or "auto". A gzip or zstd file
// may have several members, one after the other. Data that is against what how
// says is an error.
//
// Data that is cut off or damaged is an error of Read, never a short result.
// Close frees memory; it does not close r.
func Decompress(r io.Reader, how string) (io.ReadCloser, error) {
	from := &source{r: r}
	in := bufio.NewReader(from)
	head, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	found := Compressed(head)
	switch how {
	case "", "auto":
		how = found
	case "none":
		if found != how {
			return nil, fmt.Errorf("this is %s data, although the compression is said to be none", found)
		}
	case "gzip", "zstd":
		if found != how {
			return nil, fmt.Errorf("this is no %s data: it begins with %q", how, head)
		}
	default:
		return nil, fmt.Errorf("unknown compression %q; known are auto, none, gzip, zstd", how)
	}
	switch how {
	case "gzip":
		return newGzip(in, from)
	case "zstd":
		return newZstd(in, from)
	}
	return io.NopCloser(in), nil
}

func newGzip(in io.Reader, from *source) (io.ReadCloser, error) {
	z, err := gzip.NewReader(in)
	if err != nil {
		return nil, from.explain("gzip", err)
	}
	return &decompressor{how: "gzip", in: z, from: from, close: func() {}}, nil
}

func newZstd(in io.Reader, from *source) (io.ReadCloser, error) {
	z, err := zstd.NewReader(in,
		zstd.WithDecoderConcurrency(1), // starts no goroutine
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return nil, from.explain("zstd", err)
	}
	return &decompressor{how: "zstd", in: z, from: from, close: z.Close}, nil
}

// A file may unfold to mostUnfolds times its size, and to freeBytes in any case:
// what is there for people or programs to read is not as empty as that.
const (
	mostUnfolds = 500
	freeBytes   = 256 << 20
)

// A decompressor explains the errors of what it reads from.
type decompressor struct {
	how   string
	in    io.Reader
	from  *source
	out   int64 // bytes that were read of it
	close func()
}

func (d *decompressor) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	d.out += int64(n)
	switch {
	case d.out > freeBytes && d.out/mostUnfolds > d.from.in:
		return 0, fmt.Errorf("the %s data goes on without end: it unfolds to more than %d times its size, as only a file does that is made to do harm", d.how, mostUnfolds)
	case err != nil && err != io.EOF:
		err = d.from.explain(d.how, err)
	}
	return n, err
}

func (d *decompressor) Close() error {
	d.close()
	return nil
}

// A source is the compressed data. It tells an error of reading it from one
// of what it says.
type source struct {
	r   io.Reader
	in  int64 // bytes that were read of it
	err error // what r returned last, if that was an error other than io.EOF
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.in += int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// explain says what an error of decompressing means.
func (s *source) explain(how string, err error) error {
	switch {
	case s.err != nil:
		return s.err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return fmt.Errorf("the %s data is cut off: %w", how, io.ErrUnexpectedEOF)
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return fmt.Errorf("the zstd data needs more than %d MiB to be read; compress it without --long: %w", maxZstdWindow>>20, err)
	}
	return fmt.Errorf("the %s data is damaged: %w", how, err)
}
