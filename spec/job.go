package spec

import (
	"slices"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

// A Job is one job file, checked as far as it can be without reading anything
// else. A field that is not in the file has its documented default.
type Job struct {
	File   string // as the user named it
	Name   string
	Params []Param
	Stores map[string]Store // by bucket or host
	From   From
	Let    []Let
	Cols   []Column
	To     To
	Errors ErrorPolicy
	Limits Limits

	Transaction string // table targets: "all" (the default) or "batch"
	Report      string // "changes" (the default), "all" or "none"

	lines []string // of the file, for the places of errors
}

// Table reports whether the job loads a table; else it writes files.
func (j *Job) Table() bool { return j.To.Database.S != "" }

// A Text is a string of the job file and where it stands.
type Text struct {
	S   string
	Pos Pos
}

// MarshalText returns the string alone.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.S), nil }

// A Pos is a place in a job file.
type Pos struct {
	Line, Column int    // 1-based
	Path         string // of the key, as in columns.price.value
}

// A Param is a value that is given when the job is run.
type Param struct {
	Name    string
	Type    row.Type
	Default *Text // nil: it must be given
	Pos     Pos
}

// A Position says where a column stands in the lines of a text.
type Position struct {
	Name string
	At   string // "9-28", "29" or "30-"
	Pos  Pos
}

// A Store says how to reach one bucket or host.
type Store struct {
	Endpoint  Template // "": AWS's
	Region    string
	Profile   string
	PathStyle *bool // nil: true for an endpoint that is not AWS's
}

// From says which files are read, and how.
type From struct {
	Files       []Template
	Each        *Each  // nil: the files are those found by listing
	Format      string // "json", "ndjson", "csv", "tsv", "xlsx", "xls", "ods", "html", "fixed", "yaml", "parquet"; "": by name and content
	Compression string // "none", "gzip", "zstd"; "": by content
	Encoding    string // "utf-8", "cp949", ...; "": by content
	Shape       string // "records" (the default) or "columns"
	At          Text   // path to the records; "": the document itself
	Missing     string // "fail" (the default) or "skip"
	Empty       string // "skip" (the default) or "fail"
	Pos         Pos

	Delimiter     string     // "": by name and content
	Quote         string     // one character or "none"; "": the double quote
	Escape        string     // one character; "": none
	Comment       string     // what lines begin with that are no rows; "": nothing
	Header        string     // "true" (the default; "" with Positions), "false", the number of the line that holds it, or "2-3" for lines
	Footer        Text       // regular expression of the line after the last row
	Sheet         string     // name or number; "": the first
	Positions     []Position // of fixed: where the columns stand
	Unit          string     // of Positions: "characters" (the default) or "bytes"
	Ragged        string     // "reject" (the default), "pad", "trim" or "fit"
	ExtraColumns  string     // "ignore" (the default) or "fail"
	AbsentColumns string     // "fail" (the default) or "null"
}

// Fields returns the names that a source file's fields have beside the fixed
// ones (see FileFields): those of an entry of each, or the captures that every
// template has.
func (f *From) Fields() []string {
	if f.Each == nil {
		if len(f.Files) == 0 {
			return nil
		}
		return slices.DeleteFunc(f.Files[0].Captures(), func(name string) bool {
			return slices.ContainsFunc(f.Files, func(t Template) bool { return !slices.Contains(t.Captures(), name) })
		})
	}
	names := make([]string, len(f.Each.Fields))
	for i, field := range f.Each.Fields {
		names[i] = field.S
	}
	return names
}

// FileFields are the fields that every source file has: file.key and so on.
var FileFields = [...]string{"key", "name", "stem", "size", "modified"}

// Each names one source file for each of its entries.
type Each struct {
	Inline []map[string]Text // the entries, when they stand in the job file: each has every field
	File   *Template         // or where they are read from: JSON or CSV; "-" is standard input
	At     Text              // path to the list in it; "": the document itself
	Fields []Text            // names of an entry's values: in order for entries that are lists
	Pos    Pos
}

// A Let is a value worked out once a record.
type Let struct {
	Name string
	Expr Text
	Pos  Pos
}

// A Column is one column of the target.
type Column struct {
	Name     string
	Type     *row.Type // nil: the table's; never for a file target
	From     Text      // header or dotted path; "": Value is used
	Value    Text      // expression; "": From is used
	Required bool
	Null     []string // words that mean null
	Empty    string   // "null", "text", "reject"; "": see the conversions
	Formats  []Text   // of dates and times, as strptime takes them
	Timezone string
	True     []string
	False    []string
	Decimal  string   // the decimal mark
	Thousand string   // the thousands mark
	Currency []string // signs beside a number
	Percent  bool     // a number has a percent sign
	Brackets bool     // a number in brackets is negative
	Trim     bool
	Match    Text // regular expression
	OneOf    []string
	MaxLen   int  // characters; 0: no limit
	Check    Text // expression over value and row
	Pos      Pos

	// Table targets only.
	Lookup  Text   // table.column
	Missing string // "reject" (the default of a lookup), "null" or "create"
	Split   Text
	Through Text
}

// To says where the rows go. Either Files or Database is given.
type To struct {
	Files   Template
	Format  string // "parquet", "csv" or "ndjson": as given, or by the name, or parquet
	Parquet Parquet
	CSV     CSV
	Keep    int // runs whose replaced outputs are kept; default 3
	Pos     Pos

	Database           Template
	Table              Text
	Key                []Text
	Write              string // "insert", "update", "upsert" (the default) or "mirror"
	DeleteWhen, Within Text
	MaxDelete          Allow
	LockTimeout        time.Duration // 0: the database's own
	State              string        // schema for sluice's own tables; "": the default
}

// Parquet says how Parquet files are written.
type Parquet struct {
	Compression  string // "snappy" (the default), "none", "zstd", "gzip"
	Timestamps   string // "us" (the default), "ms", "ns", "int96"
	RowGroupRows int    // most rows in a row group; 0: the writer's default
}

// CSV says how CSV files are written.
type CSV struct {
	Delimiter string // default ","
	Header    bool   // default true
	Null      string // what stands for null; default ""
}

// ErrorPolicy says what happens to what cannot be loaded.
type ErrorPolicy struct {
	Rows    string   // "reject" (the default) or "fail"
	Allow   Allow    // more rejects than this and the file (or run) is invalid
	Rejects Template // default rejects/{job}-{run}.csv
	Files   string   // "continue" (the default) or "stop"
}

// Allow is a number of rows or a share of them.
type Allow struct {
	Set     bool
	Rows    int64
	Share   float64 // 0 to 1; used if IsShare
	IsShare bool
}

// Limits bounds a run.
type Limits struct {
	Requests    int     // at once; 0: adaptive
	MaxRequests int     // default 512
	Rate        float64 // requests a second; 0: no cap
	Memory      int64   // bytes; default 256 MiB
	CPUs        int     // 0: all
}
