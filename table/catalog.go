package table

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/spec"
)

// A Catalog is a database that is looked at before there is a job for one of its
// tables. Nothing in it is changed.
type Catalog struct{ db database }

// OpenCatalog connects to the database of a URL, until it is closed.
func OpenCatalog(ctx context.Context, url string) (*Catalog, error) {
	text, err := spec.ParseTemplate(strings.NewReplacer("{", "{{", "}", "}}").Replace(url))
	if err != nil {
		return nil, &spec.UsageError{Err: err}
	}
	db, err := openDatabase(ctx, url, &spec.Job{File: "database", To: spec.To{Database: text}})
	if err != nil {
		return nil, err
	}
	return &Catalog{db}, nil
}

// Close ends the connections, also when ctx has ended.
func (c *Catalog) Close(ctx context.Context) { c.db.close(ctx) }

// Table returns what the catalog says of a table, whose name is as in a job.
func (c *Catalog) Table(ctx context.Context, name string) (*Table, error) {
	t, err := c.db.inspect(ctx, name)
	return t, c.db.explain(ctx, err)
}

// Refer returns a table that another refers to, and its name as a job writes it:
// with the schema where it has to be.
func (c *Catalog) Refer(ctx context.Context, schema, name string) (*Table, string, error) {
	short := jobName(name)
	if t, err := c.db.inspect(ctx, short); err == nil && t.Schema == schema {
		return t, short, nil
	}
	whole := jobName(schema, name)
	t, err := c.Table(ctx, whole)
	return t, whole, err
}

// Found returns how many of the values a column of a table holds. Each is a text
// of the column's type.
func (c *Catalog) Found(ctx context.Context, t *Table, column string, values []string) (int, error) {
	col := t.Column(column)
	if col == nil {
		return 0, fmt.Errorf("table %s has no column %q", t.Name, column)
	}
	n, err := c.db.found(ctx, t, col, values)
	return n, c.db.explain(ctx, err)
}

// Typed returns the job with the types that its columns have by the table.
func (im *Import) Typed() *spec.Job {
	job := *im.target.job
	if im.target.verdict >= 0 {
		job.Cols = job.Cols[:im.target.verdict] // without what says that a row is deleted
	}
	return &job
}
