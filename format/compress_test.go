package format_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/seed-128c3863/sluice/format"
)

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstandard(t testing.TB, text string, options ...zstd.EOption) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, append(options, zstd.WithEncoderConcurrency(1))...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// long is a text that compression cannot reduce to one block.
func long() string {
	var s strings.Builder
	for seed := uint32(1); s.Len() < 500_000; {
		seed = seed*1664525 + 1013904223
		s.WriteByte(byte('a' + seed>>28))
	}
	return s.String()
}

func decompress(r io.Reader, how string) (string, error) {
	in, err := format.Decompress(r, how)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(in)
	return string(text), errors.Join(err, in.Close())
}

func TestDecompress(t *testing.T) {
	text := long()
	g, z := gzipped(t, text), zstandard(t, text)
	for name, tc := range map[string]struct {
		in   []byte
		how  []string
		want string
	}{
		"plain":            {[]byte(text), []string{"", "auto", "none"}, text},
		"empty":            {nil, []string{"", "auto", "none"}, ""},
		"one byte":         {[]byte("["), []string{"", "auto", "none"}, "["},
		"gzip":             {g, []string{"", "auto", "gzip"}, text},
		"gzip of nothing":  {gzipped(t, ""), []string{"", "gzip"}, ""},
		"gzip of two":      {append(bytes.Clone(g), g...), []string{"", "gzip"}, text + text},
		"zstd":             {z, []string{"", "auto", "zstd"}, text},
		"zstd of two":      {append(bytes.Clone(z), z...), []string{"", "zstd"}, text + text},
		"zstd of 16 MiB":   {zstandard(t, text, zstd.WithWindowSize(16<<20)), []string{""}, text},
		"zstd of nothing":  {zstandard(t, "", zstd.WithZeroFrames(true)), []string{"", "zstd"}, ""},
		"zstd without crc": {zstandard(t, text, zstd.WithEncoderCRC(false)), []string{""}, text},
	} {
		for _, how := range tc.how {
			for kind, r := range map[string]io.Reader{"whole": bytes.NewReader(tc.in), "by bytes": iotest.OneByteReader(bytes.NewReader(tc.in)), "eof with data": iotest.DataErrReader(bytes.NewReader(tc.in))} {
				if got, err := decompress(r, how); err != nil || got != tc.want {
					t.Errorf("%s as %q, %s: %d bytes, %v; want %d", name, how, kind, len(got), err, len(tc.want))
				}
			}
		}
	}
}

// Data that is cut off anywhere is an error, and so is a bit changed anywhere
// that the format can tell.
func TestDecompressDamage(t *testing.T) {
	text := long()[:5000]
	for how, data := range map[string][]byte{"gzip": gzipped(t, text), "zstd": zstandard(t, text)} {
		for n := range len(data) {
			if _, err := decompress(bytes.NewReader(data[:n]), how); err == nil {
				t.Errorf("%s cut to %d of %d bytes: no error", how, n, len(data))
			} else if n >= 18 && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%s cut to %d of %d bytes: %v", how, n, len(data), err)
			}
		}
		for n := 20; n < len(data); n++ {
			bad := bytes.Clone(data)
			bad[n] ^= 0x10
			if got, err := decompress(bytes.NewReader(bad), how); err == nil && got != text {
				t.Errorf("%s with byte %d changed: other text, and no error", how, n)
			}
		}
		if _, err := decompress(bytes.NewReader(append(bytes.Clone(data), "more"...)), how); err == nil {
			t.Errorf("%s with bytes after its end: no error", how)
		}
	}
}

func TestDecompressErrors(t *testing.T) {
	text := long()
	for name, tc := range map[string]struct {
		in   io.Reader
		how  string
		want string
	}{
		"unknown":      {strings.NewReader("x"), "bzip2", `unknown compression "bzip2"`},
		"not gzip":     {strings.NewReader("[1, 2]"), "gzip", `this is no gzip data: it begins with "[1, "`},
		"not zstd":     {bytes.NewReader(gzipped(t, "x")), "zstd", `this is no zstd data`},
		"gzip as none": {bytes.NewReader(gzipped(t, "x")), "none", `this is gzip data, although the compression is said to be none`},
		"zstd as none": {bytes.NewReader(zstandard(t, "x")), "none", `this is zstd data, although`},
		"empty gzip":   {strings.NewReader(""), "gzip", `this is no gzip data`},
		"large zstd":   {bytes.NewReader(zstandard(t, strings.Repeat(text, 100), zstd.WithWindowSize(64<<20))), "", `more than 32 MiB`},
		"fault":        {io.MultiReader(bytes.NewReader(gzipped(t, text)[:5000]), iotest.ErrReader(errFault)), "", `disk full`},
		"zstd fault":   {io.MultiReader(bytes.NewReader(zstandard(t, text)[:5000]), iotest.ErrReader(errFault)), "", `disk full`},
		"first fault":  {iotest.ErrReader(errFault), "auto", `disk full`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decompress(tc.in, tc.how)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
			if strings.Contains(tc.want, "disk full") && err.Error() != tc.want {
				t.Errorf("got %v: an error of the source is not one of its content", err)
			}
		})
	}
}

func TestDecompressStartsNoGoroutine(t *testing.T) {
	text := long()
	for _, data := range [][]byte{gzipped(t, text), zstandard(t, text)} {
		before := runtime.NumGoroutine()
		in, err := format.Decompress(bytes.NewReader(data), "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Read(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		if n := runtime.NumGoroutine(); n != before {
			t.Errorf("%d goroutines more", n-before)
		}
		in.Close()
	}
}

func TestCompressed(t *testing.T) {
	for want, head := range map[string]string{"gzip": "\x1f\x8b\x08", "zstd": "\x28\xb5\x2f\xfd", "none": "{"} {
		if got := format.Compressed([]byte(head)); got != want {
			t.Errorf("%q: got %s, want %s", head, got, want)
		}
	}
	if got := format.Compressed(nil); got != "none" {
		t.Errorf("nothing: got %s", got)
	}
}

// BenchmarkDecompress reads small files one after the other.
func BenchmarkDecompress(b *testing.B) {
	text := long()[:20_000]
	for name, data := range map[string][]byte{"gzip": gzipped(b, text), "zstd": zstandard(b, text)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			out := make([]byte, 32<<10)
			for b.Loop() {
				in, err := format.Decompress(bytes.NewReader(data), "")
				if err != nil {
					b.Fatal(err)
				}
				if n, err := io.ReadFull(in, out); n != len(text) {
					b.Fatal(n, err)
				}
				in.Close()
			}
		})
	}
}

func TestPlainName(t *testing.T) {
	for name, want := range map[string]string{
		"a.json": "a.json", "a.json.gz": "a.json", "a.json.zst": "a.json", "a.zst.gz": "a", "a.gz.zst": "a.gz", "gz": "gz", ".gz": "",
	} {
		if got := format.PlainName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
