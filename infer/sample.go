package infer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"unicode/utf8"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

const (
	mostSamples = 6       // files that columns are inferred from
	mostTries   = 12      // files that are read to find them
	mostBytes   = 8 << 20 // read of one file, and again of what it holds decompressed
	mostRecords = 3000    // used of all samples together, of each its part
)

// A sample is the beginning of one file.
type sample struct {
	url     string
	file    store.Info
	data    []byte // decompressed
	cut     bool   // the file goes on
	packed  bool   // the file is compressed
	records [][]byte
	sheet   *sheet // of a table: its rows

	*columnar // of Parquet
}

// A look is what became of the files that were looked at.
type look struct {
	opened []*sample
	bad    []error  // files that are not what they should be
	none   int      // files without a record
	hollow []string // of these, the URLs of those without a byte of JSON
}

// sample reads files until enough of them have records, and finds out how
// these lie in them.
func (d *draft) sample(ctx context.Context) error {
	l, err := d.look(ctx)
	if err != nil {
		return err
	}
	d.layout = d.guess(l.opened)
	for _, s := range l.opened {
		if err := d.read(s, mostRecords/len(l.opened)); err != nil {
			l.bad = append(l.bad, err)
		} else if len(s.records) == 0 {
			l.none++
		} else {
			d.samples = append(d.samples, s)
			d.records += len(s.records)
		}
	}
	if len(d.samples) == 0 {
		return d.without(l)
	}
	for _, err := range l.bad {
		d.notes = append(d.notes, "left out of the sample: "+spec.Redact(err.Error()))
	}
	if l.none > 0 {
		d.notes = append(d.notes, count(l.none, "file")+" of those looked at had no record")
	}
	if len(l.hollow) > 0 {
		d.notes = append(d.notes, "without even an empty array, so invalid when the job runs: "+spec.Redact(some(l.hollow)))
	}
	d.explainLayout()
	d.explainDialect()
	d.explainTable()
	d.explainParquet()
	return nil
}

// look opens files at the beginning, the middle and the end of the listing, and
// between these. An error of the store ends it.
func (d *draft) look(ctx context.Context) (l look, err error) {
	for i, at := range order(len(d.place.files)) {
		if i == mostTries || len(l.opened) == mostSamples {
			break
		}
		s, err := d.open(ctx, d.place.files[at])
		var unread *store.Error
		switch {
		case errors.As(err, &unread) && !store.IsNotExist(err):
			return l, err
		case err != nil:
			l.bad = append(l.bad, err)
		case s.sheet == nil && s.columnar == nil && isBlank(s.data):
			l.none++
			if len(bytes.Trim(s.data, " \t\r\n\ufeff")) == 0 {
				l.hollow = append(l.hollow, s.url)
			}
		default:
			l.opened = append(l.opened, s)
		}
	}
	return l, nil
}

// without is the error for a source that nothing can be inferred from.
func (d *draft) without(l look) error {
	if len(l.bad) > 0 {
		return l.bad[0]
	}
	first := d.place.url(d.place.files[0])
	if len(d.place.files) == 1 {
		return nothing("%s: there are no records in it to infer columns from", spec.Redact(first))
	}
	return nothing("%s and %d more: there are no records in the %s looked at to infer columns from", spec.Redact(first), len(d.place.files)-1, count(l.none, "file"))
}

// order returns 0 to n-1, such that the first few are spread out: first,
// middle, last, and then halves of what is between.
func order(n int) []int {
	var out []int
	seen := map[int]bool{}
	add := func(i int) {
		if i >= 0 && i < n && !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	add(0)
	add(n / 2)
	add(n - 1)
	for parts := 4; parts <= 16; parts *= 2 {
		for k := 1; k < parts; k += 2 {
			add(n * k / parts)
		}
	}
	return out
}

// open reads the beginning of a file. The first says of what format all are.
func (d *draft) open(ctx context.Context, f store.Info) (*sample, error) {
	s := &sample{url: d.place.url(f), file: f}
	if f.Size == 0 {
		return s, nil
	}
	if named := formOf(d.place.ext); !d.place.known && (format.HasSheets(named) || named == "parquet") {
		d.settle(s.url, d.head(ctx, f))
	}
	if d.place.known && (d.place.isBook() || d.place.form == "parquet") {
		return d.openTyped(ctx, f)
	}
	if err := d.fetch(ctx, s); err != nil {
		return nil, err
	}
	if !d.place.known {
		d.settle(s.url, s.data)
	}
	if !s.packed && (d.place.isBook() || d.place.form == "parquet") {
		return d.openTyped(ctx, f)
	}
	if d.place.form == "yaml" {
		return s, s.openYAML()
	}
	if err := d.refuse(s.url, s.data); err != nil || !d.place.isText() || isBlank(s.data) {
		return s, err
	}
	return s, d.openText(ctx, s)
}

// openTyped reads the first rows of a workbook or a Parquet file.
func (d *draft) openTyped(ctx context.Context, f store.Info) (*sample, error) {
	if d.place.isBook() {
		return d.openBook(ctx, f)
	}
	return d.openParquet(ctx, f)
}

// head is what a file begins with; what cannot be read is told by who reads it.
func (d *draft) head(ctx context.Context, f store.Info) []byte {
	in := store.Open(ctx, d.place.store, f, store.OpenOptions{})
	defer in.Close()
	head := make([]byte, min(f.Size, format.SniffBytes))
	n, _ := in.ReadAt(head, 0)
	return head[:n]
}

// fetch reads the beginning of a file that is a text, as unpacked.
func (d *draft) fetch(ctx context.Context, s *sample) (err error) {
	var raw []byte
	if s.cut = s.file.Size > mostBytes; s.cut {
		raw, _, err = store.GetRange(ctx, d.place.store, s.file.Key, s.file.ETag, store.Range{Length: mostBytes})
	} else {
		raw, _, err = store.Get(ctx, d.place.store, s.file.Key, s.file.ETag)
	}
	if err != nil {
		return err
	}
	s.packed = format.Compressed(raw) != "none"
	plain, err := format.Decompress(bytes.NewReader(raw), "auto")
	if err == nil {
		defer plain.Close()
		s.data, err = io.ReadAll(io.LimitReader(plain, mostBytes+1))
	}
	if len(s.data) > mostBytes {
		s.cut, s.data = true, s.data[:mostBytes]
	}
	if err != nil && (!s.cut || len(s.data) == 0) {
		return row.At(s.url, err)
	}
	return nil
}

// refuse returns an error for bytes that are well known and not what the files
// are by their name.
func (d *draft) refuse(url string, data []byte) error {
	what := known(data)
	if what == "" && !d.place.isText() {
		what = foreign(data)
	}
	if what != "" {
		return row.At(url, fmt.Errorf("this is %s, and init reads JSON, an array of objects or an object a line, YAML named .yaml, tables of text such as CSV, Parquet, and sheets of .xlsx, .xls, .ods and .html", what))
	}
	return nil
}

// magic is what well-known files begin with that are neither JSON nor a table of
// text.
var magic = []struct{ begin, what string }{
	{"PAR1", "a Parquet file"},
	{"PK\x03\x04", "a ZIP or Excel file"},
	{"Obj\x01", "an Avro file"},
	{"ORC", "an ORC file"},
	{"%PDF", "a PDF file"},
	{"SQLite format 3", "an SQLite database"},
	{"BZh", "compressed by bzip2"},
	{"\xfd7zXZ", "compressed by xz"},
	{"<", "HTML or XML"},
}

// known names what the bytes are by how they begin.
func known(data []byte) string {
	head := beginning(data)
	for _, f := range magic {
		if bytes.HasPrefix(head, []byte(f.begin)) {
			return f.what
		}
	}
	return ""
}

func beginning(data []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(data[:min(len(data), 4096)], []byte("\xef\xbb\xbf")))
}

// foreign names what the bytes are if they are no JSON.
func foreign(data []byte) string {
	head := beginning(data)
	if len(head) == 0 || bytes.IndexByte([]byte(`[{"`), head[0]) >= 0 || format.Compressed(data) != "none" || bytes.HasPrefix(head, []byte("\xff\xfe")) {
		return ""
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	switch {
	case bytes.IndexByte(head, 0) >= 0 || !utf8.Valid(head[:len(head)-min(3, len(head)-1)]) && !utf8.Valid(head):
		return "binary data"
	case bytes.Count(line, []byte(",")) > 1 || bytes.Count(line, []byte("\t")) > 1 || bytes.Count(line, []byte(";")) > 1:
		return fmt.Sprintf("a table of text such as CSV (it begins with %q)", shorten(string(line), 40))
	}
	return ""
}

var blank = regexp.MustCompile(`^(?:\x{feff})?\s*(?:\[\s*\]\s*|\{\s*\}\s*)?$`)

// isBlank says whether there is nothing in a file, or nothing in its brackets.
func isBlank(data []byte) bool { return blank.Match(data[:min(len(data), 4096)]) && len(data) <= 4096 }

// read reads the records of a sample by the layout.
func (d *draft) read(s *sample, most int) error {
	if s.sheet != nil {
		s.records = s.sheet.records(most)
		return nil
	}
	if s.columnar != nil {
		s.records = s.lines[:min(len(s.lines), most)]
		return nil
	}
	records, bad, err := readRecords(s, d.layout, most)
	s.records = records
	if s.cut && len(records) == 0 {
		return row.At(s.url, fmt.Errorf("there is no whole record in its first %d MiB to infer columns from", mostBytes>>20))
	}
	if err != nil && !s.cut {
		return row.At(s.url, err)
	}
	if len(bad) > 0 && len(records) == 0 {
		return row.At(s.url, &bad[0].Error)
	}
	return nil
}

// readRecords returns the texts of the first records of a sample.
func readRecords(s *sample, l layout, most int) (records [][]byte, bad []row.Reject, err error) {
	r := format.JSONBytes(s.data, format.JSONOptions{Shape: l.shape, At: l.at, Paths: []format.Path{nil}})
	b := &row.Batch{}
	for len(records) < most {
		err := r.Read(b)
		if errors.Is(err, io.EOF) {
			return records, bad, nil
		}
		if err != nil {
			return records, bad, err
		}
		for _, text := range b.Cols[0].Bytes[:min(b.Len, most-len(records))] {
			records = append(records, bytes.Clone(text))
		}
		for i := range b.Bad {
			b.Bad[i].Record = nil
			bad = append(bad, b.Bad[i])
		}
	}
	return records, bad, nil
}

// shorten cuts a text to n characters.
func shorten(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n-1]) + "…"
}
