package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
	"github.com/seed-128c3863/sluice/spec"
)

// A Reader yields the rows of one source file.
type Reader interface {
	// Read replaces the contents of b with the next rows, and returns io.EOF
	// after the last. Rows that do not fit go to b.Bad; any other error is
	// final and means that the file as a whole cannot be read.
	Read(b *row.Batch) error
}

// A Form says how the source files of a job are read as rows.
type Form struct {
	// Records asks for the text of each row, which rejects are written with.
	Records bool

	from    *spec.From
	memory  int64 // limits.memory
	program *mapping.Program
	at      format.Path // to the records
}

// NewForm returns how the sources of a job are read for its program.
func NewForm(job *spec.Job, program *mapping.Program) (*Form, error) {
	f := &Form{from: &job.From, memory: job.Limits.Memory, program: program}
	whole := func(p format.Path) bool { return len(p) == 0 }
	if ofCells(mapping.FormatOf(&job.From, job.From.Files[0].S)) && slices.ContainsFunc(program.Paths(), whole) {
		return nil, job.ErrorAt(spec.Text{Pos: job.From.Pos}, 0, "a row of a table is no value, and row stands alone in an expression", `name its columns, as in row.price or row["unit price"]`)
	}
	if at := job.From.At; at.S != "" {
		var err error
		if f.at, err = format.ParsePath(at.S); err != nil {
			return nil, job.ErrorAt(at, 0, err.Error(), "")
		}
	}
	return f, nil
}

// ofText says whether a format is one of tables of text.
func ofText(form string) bool { return form == "csv" || form == "tsv" }

// ofCells says whether a format is one of tables, whose columns have names.
func ofCells(form string) bool { return ofText(form) || format.HasSheets(form) }

// Ready returns an error for a job whose sources are of a form that is not
// read.
func Ready(job *spec.Job) error {
	at := spec.Text{Pos: job.From.Pos}
	for _, files := range job.From.Files {
		if files.S == Stdin && !job.Table() {
			return job.ErrorAt(files.Text, 0, "standard input has no name and no version, by which a source is known again", "write it to a file first; a list of files may come from standard input: from.each")
		}
	}
	if err := format.CheckFixed(mapping.FixedColumns(&job.From)); err != nil && (job.From.Format == "fixed" || len(job.From.Positions) > 0) {
		return job.ErrorAt(at, 0, err.Error(), "")
	}
	if o := mapping.CSVOptions(&job.From, job.From.Format); o.Check() != nil {
		return job.ErrorAt(at, 0, o.Check().Error(), "")
	}
	return nil
}

// An Input is the bytes of a source file.
type Input interface {
	io.Reader
	io.ReaderAt
	Size() int64
}

// Workbook says whether a file is one, or has tables like one. It is read here and
// there, and never compressed once more.
func (f *Form) Workbook(file *File) bool {
	return format.HasSheets(mapping.FormatOf(f.from, file.Path()))
}

// Columnar says whether a file is one of columns, of which those that are wanted
// are read. It is never compressed once more, either.
func (f *Form) Columnar(file *File) bool { return mapping.FormatOf(f.from, file.Path()) == "parquet" }

// Wanted is how many columns of a file are read at most.
func (f *Form) Wanted() int { return len(f.program.Paths()) }

// Bytes reads a file that is in memory and not compressed.
func (f *Form) Bytes(file *File, data []byte) Reader {
	switch form := mapping.FormatOf(f.from, file.Path()); {
	case ofText(form):
		return format.CSVBytes(data, f.csv(form))
	case format.HasSheets(form):
		return format.NewSheetReader(form, bytes.NewReader(data), int64(len(data)), f.sheet())
	case form == "parquet":
		return format.NewParquetReader(bytes.NewReader(data), int64(len(data)), f.parquet())
	case form == "yaml":
		return format.YAMLBytes(data, f.yaml())
	}
	return format.JSONBytes(data, f.json())
}

// Stream reads a file of any size that is not compressed, and no workbook.
func (f *Form) Stream(file *File, in io.Reader) Reader {
	switch form := mapping.FormatOf(f.from, file.Path()); {
	case ofText(form):
		return format.CSVStream(in, f.csv(form))
	case form == "yaml":
		return format.YAMLStream(in, f.yaml())
	}
	return format.JSONStream(in, f.json())
}

// Open reads a file of any size, unpacked as it has to be. Closing what is
// returned ends its reading; in stays open.
func (f *Form) Open(file *File, in Input) (Reader, io.Closer, error) {
	if f.Workbook(file) {
		return format.NewSheetReader(mapping.FormatOf(f.from, file.Path()), in, in.Size(), f.sheet()), io.NopCloser(nil), nil
	}
	if f.Columnar(file) {
		return format.NewParquetReader(in, in.Size(), f.parquet()), io.NopCloser(nil), nil
	}
	plain, err := f.Unpack(in)
	if err != nil {
		return nil, nil, err
	}
	return f.Stream(file, plain), plain, nil
}

// Split returns readers of the parts of a source, in order, and how many of them
// may be read at once, at most so many: the row groups of a Parquet file if they are
// small enough. Any other source is one part, which is in.
func (f *Form) Split(in Reader, most int) (parts []Reader, atOnce int, err error) {
	columns, ok := in.(*format.ParquetReader)
	if !ok {
		return []Reader{in}, 1, nil
	}
	groups, atOnce, err := columns.Split(most)
	for _, group := range groups {
		parts = append(parts, group)
	}
	return parts, atOnce, err
}

// Unpack returns what a file holds that may be compressed.
func (f *Form) Unpack(in io.Reader) (io.ReadCloser, error) {
	return format.Decompress(in, f.from.Compression)
}

// Packed says whether a file in memory is, or should be, compressed. One that
// is against what the job says is refused as soon as it is unpacked.
func (f *Form) Packed(file *File, in []byte) bool {
	if f.Workbook(file) || f.Columnar(file) {
		return false
	}
	how := f.from.Compression
	return how == "gzip" || how == "zstd" || format.Compressed(in) != "none"
}

func (f *Form) csv(form string) format.CSVReadOptions {
	o := mapping.CSVOptions(f.from, form)
	o.Columns, o.Record, o.MaxRecord = f.program.Headers(), f.Records, f.mostRecord()
	return o
}

func (f *Form) sheet() format.SheetReadOptions {
	o := mapping.SheetOptions(f.from)
	o.Columns, o.Record, o.MaxRecord, o.MaxTexts = f.program.Headers(), f.Records, f.mostRecord(), int(f.memory/4)
	return o
}

func (f *Form) parquet() format.ParquetReadOptions {
	o := mapping.ParquetOptions(f.from)
	o.Paths, o.Record, o.MaxRecord, o.MaxPages = f.program.Paths(), f.Records, f.mostRecord(), int(min(f.memory/4, 1<<30))
	return o
}

func (f *Form) json() format.JSONOptions {
	o := format.JSONOptions{At: f.at, Paths: f.program.Paths(), Record: f.Records, MaxRecord: f.mostRecord()}
	if f.from.Shape == "columns" {
		o.Shape = format.Columns
	}
	return o
}

func (f *Form) yaml() format.YAMLOptions {
	return format.YAMLOptions{At: f.at, Paths: f.program.Paths(), Record: f.Records, MaxRecord: f.mostRecord()}
}

// mostRecord is the most bytes that one record may have.
func (f *Form) mostRecord() int { return int(min(f.memory/8, 1<<30)) }

// Explain names the limit that a record, an object of columns, the texts of a
// workbook or the pages of a Parquet file are beyond.
func (f *Form) Explain(err error) error {
	part := ""
	switch {
	case errors.Is(err, format.ErrTooLarge):
		part = "an eighth"
	case errors.Is(err, format.ErrManyTexts), errors.Is(err, format.ErrManyPages), errors.Is(err, format.ErrManyValues):
		part = "a quarter"
	}
	var at *row.Error
	if part == "" || !errors.As(err, &at) {
		return err
	}
	more := *at
	more.Err = fmt.Errorf("%w: %s of limits.memory, which is %d MiB; raise it", at.Err, part, f.memory>>20)
	return &more
}

// Extra says in words which columns of a source nothing reads, "" if there are
// none, once one of its rows was read.
func Extra(in Reader) string {
	file, ok := in.(interface{ Extra() []string })
	if !ok || len(file.Extra()) == 0 {
		return ""
	}
	const most = 10
	extra, more := file.Extra(), ""
	if len(extra) > most {
		extra, more = extra[:most], fmt.Sprintf(" and %d more", len(extra)-most)
	}
	return fmt.Sprintf("nothing reads these of its columns: %s%s", strings.Join(extra, ", "), more)
}

// What is told of a file that is not there, or without records, where that is
// not fine.
var (
	ErrAbsent = errors.New("there is no such file (from.missing: skip would pass over it)")
	ErrEmpty  = errors.New("there are no records in it (from.empty: skip would pass over it)")
)
