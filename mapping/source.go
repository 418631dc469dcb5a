package mapping

import (
	"path"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/spec"
)

// FormatOf returns the format of a source of the name: as the job says, or by
// the name, "" for JSON and what is not known. Where columns have positions, that
// is a text of such: so its rejects file, which is CSV, is read by the job, too.
func FormatOf(from *spec.From, name string) string {
	if from.Format != "" {
		return from.Format
	}
	switch f := strings.ToLower(strings.TrimPrefix(path.Ext(format.PlainName(name)), ".")); f {
	case "csv", "tsv", "xlsx", "xls", "ods", "html", "yaml", "parquet":
		return f
	case "yml":
		return "yaml"
	case "xlsm": // one with macros
		return "xlsx"
	case "htm":
		return "html"
	}
	if len(from.Positions) > 0 {
		return "fixed"
	}
	return ""
}

// CSVOptions returns how a table of text of the format, csv or tsv, is read, as
// the job says it.
func CSVOptions(from *spec.From, form string) format.CSVReadOptions {
	line, until := headerLines(from)
	o := format.CSVReadOptions{
		Encoding: from.Encoding, Delimiter: from.Delimiter, Quote: from.Quote, Escape: from.Escape, Comment: from.Comment,
		NoHeader: from.Header == "false", HeaderLine: line, HeaderUntil: until, Footer: from.Footer.S,
		Pad: from.Ragged == "pad" || from.Ragged == "fit", Trim: from.Ragged == "trim" || from.Ragged == "fit", AbsentNull: from.AbsentColumns == "null", RefuseExtra: from.ExtraColumns == "fail",
	}
	if o.Encoding == "" {
		o.Encoding = "auto"
	}
	if o.Delimiter == "" && form == "tsv" {
		o.Delimiter = "\t"
	}
	return o
}

// headerLines are the first and the last line of names that the job says: 0 for
// true and false, and until is 0 for one line.
func headerLines(from *spec.From) (line, until int) {
	first, last, _ := strings.Cut(from.Header, "-")
	line, _ = strconv.Atoi(first)
	until, _ = strconv.Atoi(last)
	return line, until
}

// SheetOptions returns how a sheet is read, as the job says it.
func SheetOptions(from *spec.From) format.SheetReadOptions {
	line, until := headerLines(from)
	return format.SheetReadOptions{
		Fixed: FixedColumns(from), InBytes: from.Unit == "bytes", Sheet: from.Sheet, Encoding: from.Encoding, NoHeader: from.Header == "false" || from.Header == "" && len(from.Positions) > 0, HeaderLine: line, HeaderUntil: until, Footer: from.Footer.S,
		AbsentNull: from.AbsentColumns == "null", RefuseExtra: from.ExtraColumns == "fail",
	}
}

// FixedColumns returns where columns stand in the lines of a text, as the job says
// it.
func FixedColumns(from *spec.From) []format.FixedColumn {
	var columns []format.FixedColumn
	for _, p := range from.Positions {
		first, last, several := strings.Cut(p.At, "-")
		c := format.FixedColumn{Name: p.Name}
		c.From, _ = strconv.Atoi(first)
		if c.To, _ = strconv.Atoi(last); !several {
			c.To = c.From
		}
		columns = append(columns, c)
	}
	return columns
}

// ParquetOptions returns how a Parquet file is read, as the job says it.
func ParquetOptions(from *spec.From) format.ParquetReadOptions {
	return format.ParquetReadOptions{AbsentNull: from.AbsentColumns == "null", RefuseExtra: from.ExtraColumns == "fail"}
}

// Headers returns Paths as the columns of a table are named.
func (p *Program) Headers() []string {
	var names []string
	for _, path := range p.paths {
		names = append(names, path.Header())
	}
	return names
}
