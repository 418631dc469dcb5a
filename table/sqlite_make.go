package table

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
)

// MakeSQLite makes a database file, which is not there yet, by statements of
// SQL.
func MakeSQLite(ctx context.Context, path, statements string) error {
	db, err := sql.Open("sqlite", sqliteName(path))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, statements)
	return errors.Join(err, db.Close())
}

// sqliteName is the name that the driver takes for a path.
func sqliteName(path string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(filepath.Clean(path))}).EscapedPath()
}
