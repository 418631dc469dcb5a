package format

import (
	"encoding/binary"

	"github.com/seed-128c3863/sluice/row"
)

// recordOf writes the values of row r one behind the other, as a table of text
// has them, each with its length before it.
func recordOf(b *row.Batch, r int) []byte {
	var out []byte
	for i := range b.Cols {
		c := &b.Cols[i]
		var text []byte
		switch broken := c.BreakAt(r); {
		case broken.Why == row.Faulty:
			text = []byte(broken.Value)
		case c.Null[r]:
		case c.Type.Kind == row.Any && c.Bytes[r][0] == '"':
			text, _ = Unquote(c.Bytes[r], nil)
		default:
			text, _ = AppendText(nil, c, r) // it has no kind without a text
		}
		out = binary.AppendUvarint(out, uint64(len(text)))
		out = append(out, text...)
	}
	return out
}

// unframed returns the texts of a record that recordOf has written.
func unframed(record []byte) (cells []string, ok bool) {
	for len(record) > 0 {
		n, size := binary.Uvarint(record)
		if size <= 0 || uint64(len(record)-size) < n {
			return nil, false
		}
		cells = append(cells, string(record[size:size+int(n)]))
		record = record[size+int(n):]
	}
	return cells, true
}
