package spec

import "github.com/seed-128c3863/sluice/row"

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

	Transaction string // "all" or "batch"
	Report      string // "changes", "all" or "none"
}

// A Text is a string of the job file and where it stands.
type Text struct {
	S   string
	Pos Pos
}

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

// A Store says how to reach one bucket or host.
type Store struct {
	Endpoint  string
	Region    string
	Profile   string
	PathStyle *bool // nil: true for an endpoint that is not AWS's
}

// From says which files are read, and how.
type From struct {
	Files       []Template
	Each        *Each  // nil: the files are those found by listing
	Format      string // "json", "csv", "tsv", ...; "": by name and content
	Compression string // "none", "gzip", "zstd"; "": by content
	Encoding    string // "": by content
	Shape       string // "records" (the default) or "columns"
	At          Text   // path to the records; "": the document itself
	Missing     string // "skip" or "fail" (the default)
	Empty       string // "skip" or "fail"; "skip" is the default
	Pos         Pos

	Delimiter, Quote, Header, Sheet, Ragged string
	ExtraColumns                            string // "ignore" (the default) or "fail"
	AbsentColumns                           string // "fail" (the default) or "null"
}

// Each names one source file for each of its entries.
type Each struct {
	Inline []map[string]Text // the entries, when they stand in the job file
	File   *Template         // or where they are read from: JSON or CSV; "-" is standard input
	At     Text              // path to the list in it; "": the document itself
	Fields []Text            // names of an entry's values, for entries that are lists
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
	Type     *row.Type // nil: not said
	From     Text      // header or dotted path; "": Value is used
	Value    Text      // expression; "": From is used
	Required bool
	Null     []string // words that mean null
	Empty    string   // "null", "text", "reject"; "": see the conversions
	Formats  []Text   // of dates and times, as strptime takes them
	Timezone string
	True     []string
	False    []string
	Decimal  string // the decimal mark
	Thousand string // the thousands mark
	Trim     bool
	Match    Text // regular expression
	OneOf    []string
	MaxLen   int  // characters; 0: no limit
	Check    Text // expression over value and row
	Pos      Pos

	Lookup, Missing, Split, Through Text // table targets
}

// To says where the rows go. Either Files or Database is given.
type To struct {
	Files   Template
	Format  string // "parquet" (the default), "csv", "ndjson"; "": by the name
	Parquet Parquet
	CSV     CSV
	Keep    int // runs whose replaced outputs are kept; default 3
	Pos     Pos

	Database                      Template
	Table                         Text
	Key                           []Text
	Write                         string
	DeleteWhen, Within            Text
	MaxDelete, LockTimeout, State Text
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
