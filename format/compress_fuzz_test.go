package format_test

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/seed-128c3863/sluice/format"
)

// FuzzDecompress checks that no bytes make a decompressor panic, that how they come
// does not change what is read, and that what is told by the beginning is so.
func FuzzDecompress(f *testing.F) {
	for _, text := range []string{"", "a,b\n1,2\n", "\x1f\x8b", "\x28\xb5\x2f\xfd\x00"} {
		f.Add([]byte(text), "auto")
		f.Add(gzipped(f, text), "gzip")
		f.Add(zstandard(f, text), "zstd")
		f.Add(append(gzipped(f, text), gzipped(f, text)...), "")
	}
	f.Fuzz(func(t *testing.T, data []byte, how string) {
		read := func(in io.Reader) (string, bool) {
			plain, err := format.Decompress(in, how)
			if err != nil {
				return "", false
			}
			defer plain.Close()
			text, err := io.ReadAll(io.LimitReader(plain, 1<<20))
			return string(text), err == nil
		}
		text, ok := read(bytes.NewReader(data))
		again, same := read(iotest.OneByteReader(bytes.NewReader(data)))
		if ok != same || ok && text != again {
			t.Errorf("by bytes: %v %d bytes, else %v %d", same, len(again), ok, len(text))
		}
		if ok && format.Compressed(data) == "none" && text != string(data[:min(len(data), 1<<20)]) {
			t.Error("what is not compressed is not as it was")
		}
	})
}

// FuzzSniff checks that telling a file's format by its beginning takes any bytes.
func FuzzSniff(f *testing.F) {
	for _, head := range []string{"PK\x03\x04", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PAR1", "<html><table>", "a,b\n", "[{", "\xff\xfea\x00", "\x1f\x8b"} {
		f.Add([]byte(head), "")
		f.Add([]byte(head), "csv")
		f.Add([]byte(head), "xlsx")
	}
	f.Fuzz(func(t *testing.T, head []byte, named string) {
		if form := format.Sniff(head, named); form == "parquet" && named != "parquet" && !bytes.HasPrefix(head, []byte("PAR1")) {
			t.Errorf("%q is said to be Parquet", head)
		}
		_ = format.GuessEncoding(head, len(head)%2 == 0)
	})
}
