package store

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"
)

// A packed is a file for an archive of a test.
type packed struct {
	name, text string
	method     uint16
	plainName  bool // no flag says that the name is UTF-8
	edit       func(*zip.FileHeader)
}

func zipOf(t testing.TB, files ...packed) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: f.method, NonUTF8: f.plainName}
		if f.edit != nil {
			f.edit(h)
		}
		var to io.Writer
		var err error
		if raw := h.Method == 99 || h.Flags&1 != 0; raw {
			h.CRC32, h.CompressedSize64, h.UncompressedSize64 = crc32.ChecksumIEEE([]byte(f.text)), uint64(len(f.text)), uint64(len(f.text))
		}
		if h.UncompressedSize64 > 0 {
			to, err = w.CreateRaw(h)
		} else {
			to, err = w.CreateHeader(h)
		}
		if err == nil {
			_, err = io.WriteString(to, f.text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// openZip returns the store of the files in an archive.
func openZip(t testing.TB, data []byte) Store {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.zip", data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _, err := NewSet(Options{}).Open(t.Context(), "a.zip#")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func namesOf(t testing.TB, s Store) (string, error) {
	t.Helper()
	var names []string
	for info, err := range List(t.Context(), s, "", "") {
		if err != nil {
			return "", err
		}
		names = append(names, info.Key)
	}
	return strings.Join(names, " "), nil
}

// Files in an archive are listed and read as those of a folder are.
func TestZip(t *testing.T) {
	long := string(bytesOf(1<<20, 1)) + strings.Repeat("once more ", 1<<18)
	s := openZip(t, append([]byte("a program that unpacks it"), zipOf(t,
		packed{name: "2024/", method: zip.Store}, packed{name: "2024/b.csv", text: "b", method: zip.Deflate},
		packed{name: "__MACOSX/2024/._b.csv", text: "x"}, packed{name: ".DS_Store", text: "x"},
		packed{name: "2024/a.csv", text: long, method: zip.Deflate}, packed{name: "stored.csv", text: long}, packed{name: "empty.csv", method: zip.Deflate})...))
	names, err := namesOf(t, s)
	if want := "2024/a.csv 2024/b.csv empty.csv stored.csv"; err != nil || names != want {
		t.Fatalf("%s, %v", names, err)
	}
	for _, name := range []string{"2024/a.csv", "stored.csv"} {
		info := mustHold(t, s, name, []byte(long))
		part, _, err := GetRange(t.Context(), s, name, info.ETag, Range{1 << 19, 100})
		if err != nil || string(part) != long[1<<19:1<<19+100] {
			t.Errorf("%s: %d bytes, %v", name, len(part), err)
		}
		for _, direct := range []bool{false, true} {
			r := Open(t.Context(), s, info, OpenOptions{Range: 1 << 18, Direct: direct})
			if all, err := io.ReadAll(r); err != nil || string(all) != long || r.Size() != int64(len(long)) {
				t.Errorf("%s: %d bytes of %d, %v", name, len(all), r.Size(), err)
			}
			at := make([]byte, 1000)
			if _, err := r.ReadAt(at, 5<<18); err != nil || string(at) != long[5<<18:5<<18+1000] {
				t.Errorf("%s: %v", name, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if _, _, err := Get(t.Context(), s, name, "other"); !IsChanged(err) {
			t.Errorf("another version: %v", err)
		}
	}
	mustHold(t, s, "empty.csv", nil)
	if _, err := Head(t.Context(), s, "none"); !IsNotExist(err) {
		t.Error(err)
	}
	info, err := Head(t.Context(), s, "2024/b.csv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("a.zip", zipOf(t, packed{name: "2024/b.csv", text: "c"}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Get(t.Context(), s, info.Key, info.ETag); !IsChanged(err) {
		t.Errorf("an archive that was written anew: %v", err)
	}
	mustHold(t, s, "2024/b.csv", []byte("c"))
	if err := os.Remove("a.zip"); err != nil {
		t.Fatal(err)
	}
	if names, err := namesOf(t, s); names != "" || err != nil {
		t.Errorf("of no archive: %q, %v", names, err)
	}
}

// Names without the flag of UTF-8 are those of Windows in Korean, if they can be.
func TestZipNames(t *testing.T) {
	cp949, err := korean.EUCKR.NewEncoder().String("주문/똠방.csv")
	if err != nil {
		t.Fatal(err)
	}
	s := openZip(t, zipOf(t, packed{name: cp949, plainName: true}, packed{name: "상품.csv"}, packed{name: "맥.csv", plainName: true}, packed{name: "caf\x82.csv", plainName: true}, packed{name: `win\a.csv`, plainName: true}))
	names, err := namesOf(t, s)
	if want := "café.csv win/a.csv 맥.csv 상품.csv 주문/똠방.csv"; names != want || err != nil {
		t.Errorf("%s, %v", names, err)
	}
}

// What is wrong with one file is told when it is read; the others are there.
func TestZipFiles(t *testing.T) {
	long := strings.Repeat("a,b\n", 1<<20)
	data := zipOf(t, packed{name: "good.csv", text: "good", method: zip.Deflate},
		packed{name: "locked.csv", text: "secret", edit: func(h *zip.FileHeader) { h.Flags |= 1 }},
		packed{name: "aes.csv", text: "secret", edit: func(h *zip.FileHeader) { h.Method = 99 }},
		packed{name: "inner.zip", text: "PK"}, packed{name: "twice.csv", text: "1"}, packed{name: "twice.csv", text: "2"},
		packed{name: "damaged.csv", text: "damaged here"}, packed{name: "cut.csv", text: long, method: zip.Deflate},
		packed{name: "odd.csv", text: "odd", edit: func(h *zip.FileHeader) { h.Method = 93; h.UncompressedSize64, h.CompressedSize64 = 3, 3 }})
	data = bytes.Replace(data, []byte("damaged here"), []byte("damaged fear"), 1)
	i := bytes.LastIndex(data, []byte("PK\x01\x02")) // of the file before the last one
	i = bytes.LastIndex(data[:i], []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(data[i+24:], uint32(len(long)-1))
	s := openZip(t, data)
	for name, want := range map[string]string{
		"good.csv": "", "locked.csv": "it is encrypted", "aes.csv": "it is encrypted", "inner.zip": "an archive within the archive",
		"twice.csv": "two members of this name", "damaged.csv": "damaged in the archive", "odd.csv": "compressed by zstd, which is not read", "cut.csv": "damaged in the archive",
	} {
		info, err := Head(t.Context(), s, name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, _, err = Get(t.Context(), s, name, info.ETag)
		r := Open(t.Context(), s, info, OpenOptions{})
		_, streamed := io.ReadAll(r)
		_ = r.Close()
		for _, err := range []error{err, streamed} {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

// bomb is a file that says it unfolds to so many bytes.
func bomb(name string, size uint64) packed {
	return packed{name: name, text: "0", edit: func(h *zip.FileHeader) {
		h.Method, h.UncompressedSize64, h.CompressedSize64 = zip.Deflate, size, 1
	}}
}

// Archives that are none, or are made to do harm, are refused as a whole.
func TestZipRefuses(t *testing.T) {
	good := zipOf(t, packed{name: "a.csv", text: "a,b\n"}, packed{name: "b.csv", text: "a,b\n"})
	edit := func(f func(list []byte)) []byte {
		data := bytes.Clone(good)
		f(data[bytes.LastIndex(data, []byte("PK\x01\x02")):])
		return data
	}
	var sum []packed
	for i := range 20 {
		sum = append(sum, bomb(fmt.Sprint(i), 60<<20))
	}
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"empty":     {nil, "cut off or damaged"},
		"a text":    {[]byte("sku,price\n"), "cut off or damaged"},
		"cut off":   {good[:len(good)-30], "cut off or damaged"},
		"climbing":  {zipOf(t, packed{name: "../a.csv"}), `a member "../a.csv", whose name leads out of it`},
		"backslash": {zipOf(t, packed{name: `a\..\..\a.csv`, plainName: true}), "leads out of it"},
		"overlap":   {edit(func(b []byte) { binary.LittleEndian.PutUint32(b[42:], 2) }), "its members overlap"},
		"beyond":    {edit(func(b []byte) { binary.LittleEndian.PutUint32(b[42:], 1<<30) }), "its members overlap"},
		"parts":     {edit(func(b []byte) { b[bytes.Index(b, []byte("PK\x05\x06"))+4] = 1 }), "one of several parts"},
		"bombs":     {zipOf(t, sum...), "unfolds to more than 250 times its size"},
	} {
		if _, err := namesOf(t, openZip(t, tc.data)); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "a.zip: ") {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
	s := openZip(t, zipOf(t, bomb("bomb.csv", 100<<20)))
	if _, _, err := Get(t.Context(), s, "bomb.csv", ""); err == nil || !strings.Contains(err.Error(), "unfolds to more than 250 times") {
		t.Error(err)
	}
}

// Of an archive on a store that is far away the list is read, then what is
// wanted.
func TestZipFetches(t *testing.T) {
	var files []packed
	for i := range 20 {
		files = append(files, packed{name: fmt.Sprintf("%02d.csv", i), text: string(bytesOf(1<<20, uint64(i)))})
	}
	openZip(t, zipOf(t, files...))
	var fetched int64
	counting := Fault(Local(), func(_ int64, req Request) Failure {
		if req.Op == OpGet {
			fetched += req.Range.Length
		}
		return Failure{}
	})
	s := newArchive(counting, "a.zip", "a.zip")
	mustHold(t, s, "07.csv", []byte(files[7].text))
	if fetched > 6<<20 { // it is read twice, and the list
		t.Errorf("%d bytes fetched", fetched)
	}
}

// A list with 64-bit numbers is read as any other.
func TestZipLarge(t *testing.T) {
	var list bytes.Buffer
	le := binary.LittleEndian
	entry := make([]byte, 46)
	copy(entry, "PK\x01\x02")
	le.PutUint32(entry[20:], 1<<32-1)
	le.PutUint32(entry[24:], 1<<32-1)
	le.PutUint16(entry[28:], 1)
	le.PutUint16(entry[30:], 4+24)
	le.PutUint32(entry[42:], 1<<32-1)
	list.Write(entry)
	list.WriteByte('a')
	list.Write([]byte{1, 0, 24, 0})
	for _, n := range []uint64{5 << 30, 5 << 30, 7} {
		list.Write(le.AppendUint64(nil, n))
	}
	at := uint64(6 << 30)
	end := le.AppendUint64([]byte("PK\x06\x06"), 44)
	end = append(end, make([]byte, 56-len(end))...)
	le.PutUint64(end[40:], uint64(list.Len()))
	le.PutUint64(end[48:], at)
	locator := append([]byte("PK\x06\x07\x00\x00\x00\x00"), le.AppendUint64(nil, at+uint64(list.Len()))...)
	tail := append(append(list.Bytes(), end...), append(append(locator, 1, 0, 0, 0), append([]byte("PK\x05\x06"), bytes.Repeat([]byte{0xff}, 16)...)...)...)
	tail = append(tail, 0, 0)
	all, err := readZip(offsetReader{tail, int64(at)}, int64(at)+int64(len(tail)))
	if err != nil || len(all) != 1 || all[0].size != 5<<30 || all[0].packed != 5<<30 || all[0].header != 7 || all[0].end != int64(at) {
		t.Errorf("%+v, %v", all, err)
	}
}

// An offsetReader has bytes from a place on.
type offsetReader struct {
	data []byte
	at   int64
}

func (r offsetReader) ReadAt(p []byte, at int64) (int, error) {
	if at < r.at {
		at = r.at // before them nothing is looked at
	}
	return bytes.NewReader(r.data).ReadAt(p, at-r.at)
}

// FuzzZip checks that any bytes are listed or refused, that what is listed lies
// in the archive, in order, and has a name that stays in it; and that reading
// ends with no more than the list says.
func FuzzZip(f *testing.F) {
	good := zipOf(f, packed{name: "a.csv", text: "a,b\n1,2\n", method: zip.Deflate}, packed{name: "b/c.csv", text: "a,b\n"}, packed{name: "\xc1\xd6.csv", plainName: true})
	f.Add(good)
	f.Add(append([]byte("before"), good...))
	f.Add(zipOf(f, packed{name: "../x"}))
	random := rand.New(rand.NewPCG(1, 2)) // the same seeds always
	for range 20 {
		bad := bytes.Clone(good)
		for range 3 {
			bad[random.IntN(len(bad))] ^= byte(1 << random.IntN(8))
		}
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := readZip(bytes.NewReader(data), int64(len(data)))
		for i, m := range all {
			if err != nil || m.header < 0 || m.end > int64(len(data)) || m.packed > m.end-m.header || strings.Contains("/"+m.name+"/", "/../") || i > 0 && all[i-1].name >= m.name {
				t.Fatalf("%+v, %v", m, err)
			}
			if m.fault != nil || m.size > 1<<20 {
				continue
			}
			got, err := io.ReadAll(&unpacking{m: m, raw: bytes.NewReader(data[m.header:m.end])})
			if err == nil && int64(len(got)) != m.size || int64(len(got)) > m.size {
				t.Fatalf("%s: %d bytes of %d, %v", m.name, len(got), m.size, err)
			}
		}
	})
}
