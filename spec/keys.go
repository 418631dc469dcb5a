package spec

import (
	"regexp"

	"github.com/seed-128c3863/sluice/row"
)

// The names that a job file gives to its own things.
var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	jobName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)
	anyName    = regexp.MustCompile(`^[^\x00-\x1f]+$`)
	storeName  = regexp.MustCompile(`^[^/:{}\s]+(?::[0-9]+)?$`)
)

const identifierHint = `letters, digits and "_", the first no digit`

// jobKind is the whole job file: the one table of its keys, that the reader,
// the JSON Schema and "did you mean" follow.
func jobKind() kind[Job] {
	return mapping(nil,
		at("sluice", func(*Job) *int { return new(int) }, version(),
			"The version of the job file's form: 1.").required(),
		at("name", func(j *Job) *string { return &j.Name }, matching(jobName, "a name", "letters, digits, _, . and -, the first a letter or digit"),
			"The job's name. What sluice remembers of the job is kept under it.").required(),
		at("params", func(j *Job) *[]Param { return &j.Params }, named("the name of a param", identifier, identifierHint, paramKind(), func(p *Param, name string, at Pos) { p.Name, p.Pos = name, at }),
			"Values that are given when the job is run, by --param NAME=VALUE or the environment variable SLUICE_PARAM_NAME."),
		at("stores", func(j *Job) *map[string]Store { return &j.Stores }, storesKind(),
			"How to reach a bucket or host, where the standard AWS environment and config files do not say it."),
		at("from", func(j *Job) *From { return &j.From }, fromKind(),
			"The files to read, and how.").required(),
		at("let", func(j *Job) *[]Let { return &j.Let }, letKind(),
			"Expressions worked out once a record, in order, for those after them and the columns."),
		at("columns", func(j *Job) *[]Column { return &j.Cols }, columnsKind(),
			"The columns of the target, in order.").required(),
		at("to", func(j *Job) *To { return &j.To }, toKind(),
			"Where the rows go: files or a table.").required(),
		at("errors", func(j *Job) *ErrorPolicy { return &j.Errors }, errorsKind(),
			"What happens to what cannot be loaded."),
		at("limits", func(j *Job) *Limits { return &j.Limits }, limitsKind(),
			"What a run may use."),
		at("transaction", func(j *Job) *string { return &j.Transaction }, oneOf("all", "batch"),
			"all (the default): one transaction for the whole run; batch: one for each batch.").of(tableTarget),
		at("report", func(j *Job) *string { return &j.Report }, oneOf("changes", "all", "none"),
			"Which rows the result lists: changes (the default), all or none."),
	)
}

func paramKind() kind[Param] {
	return mapping(nil,
		at("type", func(p *Param) *row.Type { return &p.Type }, paramType(),
			"string, bool, int16, int32, int64, float32, float64, decimal(p,s), date, time, timestamp or timestamptz.").required(),
		at("default", func(p *Param) **Text { return &p.Default }, pointer(anyText()),
			"The value if none is given. Without it the param must be given."),
	)
}

func storeKind() kind[Store] {
	return mapping(nil,
		at("endpoint", func(s *Store) *Template { return &s.Endpoint }, urlTemplate("https", "http"),
			"URL of a server that speaks S3, for other than AWS's."),
		at("region", func(s *Store) *string { return &s.Region }, matching(regexp.MustCompile(`^[A-Za-z0-9-]+$`), "a region", "as in ap-northeast-2"),
			"The region of the bucket."),
		at("profile", func(s *Store) *string { return &s.Profile }, matching(anyName, "a profile", "no control characters"),
			"The profile of the AWS config files to take credentials from."),
		at("path_style", func(s *Store) **bool { return &s.PathStyle }, pointer(flag()),
			"Whether the bucket stands in the path of URLs and not in the host: true by default for an endpoint that is not AWS's."),
	)
}

func fromKind() kind[From] {
	return mapping(func(f *From) *Pos { return &f.Pos },
		at("files", func(f *From) *[]Template { return &f.Files }, aloneInList(listOrOne(sources()), "-"),
			"URL or path of the files, or a list of them: s3://, https://, a path, or - for standard input. {day} is a param or a field of an entry of each; {*day} is a capture, matched in the keys found by listing.").required(),
		at("each", func(f *From) **Each { return &f.Each }, eachKind(),
			"One file for each entry: a list of entries, or the file that they are read from."),
		at("format", func(f *From) *string { return &f.Format }, oneOf("json", "ndjson", "csv", "tsv", "xlsx", "xls", "ods", "html", "fixed", "yaml", "parquet"),
			"The format of the files; by their name and content if not given."),
		at("compression", func(f *From) *string { return &f.Compression }, autoOr(oneOf("none", "gzip", "zstd")),
			"How the files are compressed; by their content if not given."),
		at("encoding", func(f *From) *string { return &f.Encoding }, autoOr(oneOf(encodings...)),
			"Of tables of text: how they are encoded; by their content if not given. A byte-order mark goes before it."),
		at("shape", func(f *From) *string { return &f.Shape }, oneOf("records", "columns"),
			"Of JSON: records (the default) is an array or one record a line, columns is pandas' object of columns."),
		at("at", func(f *From) *Text { return &f.At }, text(),
			"Of JSON and YAML: the path of the records in the document, as in data.items."),
		at("missing", func(f *From) *string { return &f.Missing }, oneOf("skip", "fail"),
			"What a file that is not there does: fail (the default), or skip with a notice."),
		at("empty", func(f *From) *string { return &f.Empty }, oneOf("skip", "fail"),
			"What a file without a record does: skip (the default) writes no output, or fail."),
		at("delimiter", func(f *From) *string { return &f.Delimiter }, notEmpty(),
			"Of CSV: what stands between cells; by the file's name and content if not given."),
		at("quote", func(f *From) *string { return &f.Quote }, either(isNone, oneOf("none"), character("", "")),
			"Of CSV: the quoting character, \" by default, or none."),
		at("escape", func(f *From) *string { return &f.Escape }, character("", ""),
			"Of CSV: the character that makes the next one stand for itself; none by default."),
		at("comment", func(f *From) *string { return &f.Comment }, notEmpty(),
			"Of CSV: what lines begin with that are no rows; nothing by default."),
		at("header", func(f *From) *string { return &f.Header }, headerKind(),
			"Of CSV and of sheets: true (the default), false, or the number of the line that holds the names, or of the first and the last of several, as in 2-3."),
		at("footer", func(f *From) *Text { return &f.Footer }, regular(),
			"Of CSV and of sheets: a regular expression. The first line that it matches ends the rows."),
		at("sheet", func(f *From) *string { return &f.Sheet }, notEmpty(),
			"Of workbooks: name or number of the sheet, the first that is not hidden by default; of HTML number, id or caption of the table, the first by default."),
		at("positions", func(f *From) *[]Position { return &f.Positions }, named("the name of a column", anyName, "no control characters", part(positions(), func(p *Position) *string { return &p.At }), func(p *Position, name string, at Pos) { p.Name, p.Pos = name, at }),
			"Of fixed: the columns and where they stand, the first and the last position, as in 9-28, 29 or 30-."),
		at("unit", func(f *From) *string { return &f.Unit }, oneOf("characters", "bytes"),
			"Of fixed: what positions count: characters (the default) or bytes."),
		at("ragged", func(f *From) *string { return &f.Ragged }, oneOf("reject", "pad", "trim", "fit"),
			"Of CSV: a row with other than the header's number of cells is a reject (the default); pad: one with fewer gets nulls; trim: empty cells beyond the names are left out; fit: both."),
		at("extra_columns", func(f *From) *string { return &f.ExtraColumns }, oneOf("ignore", "fail"),
			"Of tables: what a column that no column of the job reads does: ignore (the default, noted) or fail."),
		at("absent_columns", func(f *From) *string { return &f.AbsentColumns }, oneOf("fail", "null"),
			"Of tables: what a column that is not in the file does: fail (the default) or null."),
	).withKeys(betweenFromKeys())
}
