package stage

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
)

// ofText says whether a format is one of tables of text.
func ofText(form string) bool { return form == "csv" || form == "tsv" }

// textReady returns an error for what a job asks of tables of text that is not
// there.
func textReady(job *spec.Job) error {
	at := spec.Text{Pos: job.From.Pos}
	switch job.From.Encoding {
	case "", "utf-8":
	default:
		return job.ErrorAt(at, 0, fmt.Sprintf("this version of sluice reads tables of text in UTF-8, not yet in %s", job.From.Encoding), "convert the files, or leave encoding out")
	}
	if o := mapping.CSVOptions(&job.From, job.From.Format); o.Check() != nil {
		return job.ErrorAt(at, 0, o.Check().Error(), "")
	}
	return nil
}

// textPaths returns an error for a program that wants of a table of text what
// is in none.
func (s *Stage) textPaths() error {
	whole := func(p format.Path) bool { return len(p) == 0 }
	if ofText(mapping.FormatOf(&s.job.From, s.job.From.Files[0].S)) && slices.ContainsFunc(s.program.Paths(), whole) {
		return s.job.ErrorAt(spec.Text{Pos: s.job.From.Pos}, 0, "a record of a table of text is no value, and row stands alone in an expression", `name its columns, as in row.price or row["unit price"]`)
	}
	return nil
}

// reader opens a source that is in memory, or a stream of one.
func (c *converter) reader(t *task, data []byte, in io.Reader) reader {
	if form := mapping.FormatOf(&c.job.From, t.Path()); ofText(form) {
		o := mapping.CSVOptions(&c.job.From, form)
		o.Columns, o.Record, o.MaxRecord = c.program.Headers(), true, c.mostRecord()
		if in == nil {
			return format.CSVBytes(data, o)
		}
		return format.CSVStream(in, o)
	}
	if in == nil {
		return format.JSONBytes(data, c.jsonOptions())
	}
	return format.JSONStream(in, c.jsonOptions())
}

// note tells of columns that nothing reads, once for all files that have the
// same.
func (c *converter) note(t *task, in reader) {
	file, ok := in.(*format.CSVReader)
	if !ok || len(file.Extra()) == 0 {
		return
	}
	extra := file.Extra()
	if _, told := c.noted.LoadOrStore(strings.Join(extra, "\x00"), true); told {
		return
	}
	const most = 10
	more := ""
	if len(extra) > most {
		extra, more = extra[:most], fmt.Sprintf(" and %d more", len(extra)-most)
	}
	c.notify(plan.Event{Type: "notice", File: t.Source, Text: fmt.Sprintf("nothing reads these of its columns: %s%s", strings.Join(extra, ", "), more)})
}
