package table

import (
	"context"
	"errors"
	"strings"
)

// ready: who may write the file may make tables in it.
func (d *sqlite) ready(context.Context) error { return nil }

// setup returns the statements that make what is missing.
func (d *sqlite) setup(ctx context.Context, _ *target, role string) (missing []string, err error) {
	if role != "" {
		return nil, errors.New("SQLite has no roles: who may write the file may do all")
	}
	for _, sql := range strings.Split(sqliteState+";"+sqliteKept, ";") {
		sql = strings.Join(strings.Fields(sql), " ")
		name := strings.Fields(strings.TrimPrefix(sql, "CREATE TABLE IF NOT EXISTS main."))[0]
		if there, err := d.hasTable(ctx, name); err != nil {
			return nil, err
		} else if !there {
			missing = append(missing, strings.Replace(sql, " main.", " ", 1))
		}
	}
	return missing, nil
}

// execute runs statements, all of them or none.
func (d *sqlite) execute(ctx context.Context, statements []string) error {
	return d.transaction(ctx, beginWriting, func() error {
		for _, sql := range statements {
			if _, err := d.exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}
