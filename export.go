package sluice

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/table"
)

type (
	// ExportOptions says how rows are written; its zero value is a good default.
	ExportOptions = table.ExportOptions
	// Exported is how an export ended.
	Exported = table.Exported
)

// Export writes the rows of the job's table to w as the job reads them: Plan
// finds nothing to change in that file. Rows come in the order of the key, and
// are those of one moment. A column that an expression works out has no inverse:
// it is left out, and Notify is told. A value that no file of the job can say is
// an error that names its row. What was written until an error is no file.
func (j *Job) Export(ctx context.Context, w io.Writer, o ExportOptions) (*Exported, error) {
	im, ok := j.target.(*table.Import)
	if !ok {
		return nil, &spec.UsageError{Err: errors.New("the job writes files; export is for jobs that load a table")}
	}
	return im.Export(ctx, w, o)
}

// ExportTable writes every row of a table to w, in the order of its primary key.
// database is its URL, as a job has it in to.database.
func ExportTable(ctx context.Context, database, name string, w io.Writer, o ExportOptions) (*Exported, error) {
	if err := checkDatabase(database); err != nil {
		return nil, err
	}
	return table.ExportQuery(ctx, database, name, "", w, o)
}

// ExportQuery writes the rows of a query to w, in its order. The query cannot
// change anything.
func ExportQuery(ctx context.Context, database, query string, w io.Writer, o ExportOptions) (*Exported, error) {
	if err := checkDatabase(database); err != nil {
		return nil, err
	}
	return table.ExportQuery(ctx, database, "", query, w, o)
}

func checkDatabase(url string) error {
	switch scheme, _, _ := strings.Cut(url, "://"); scheme {
	case "sqlite", "postgres", "postgresql", "mysql", "mariadb":
		return nil
	}
	return &spec.UsageError{Err: errors.New("the database is a URL that begins with sqlite://, postgres:// or mysql://")}
}
