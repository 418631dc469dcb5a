package table

import (
	"fmt"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// keyText is value r of a column as the text of a natural key.
func keyText(c *row.Column, r int) string {
	if c.Type.Kind == row.String {
		return string(c.Bytes[r])
	}
	text, _ := format.AppendText(nil, c, r) // lists, which have none, are no keys
	return string(text)
}

// refusal is the reject of a row for the value of a column.
func refusal(c *binding, value, format string, args ...any) *row.Reject {
	return &row.Reject{Error: row.Error{Column: c.col.Name, Err: fmt.Errorf(format, args...)}, Value: value}
}

// notOne is the reject of a row whose natural key, as text, n rows have, and not
// one.
func (l *lookup) notOne(c *binding, text string, n int) *row.Reject {
	if n == 0 {
		return refusal(c, text, "there is no row of %s whose %s is %q", l.Name, l.by.Name, text)
	}
	return refusal(c, text, "%d rows of %s have the %s %q", n, l.Name, l.by.Name, text)
}

// notNull is the reject of a row whose natural key no row has, where the job would
// have null for it, and the column takes none.
func (l *lookup) notNull(c *binding, text string) *row.Reject {
	return refusal(c, text, "there is no row of %s whose %s is %q, and null cannot stand for it", l.Name, l.by.Name, text)
}
