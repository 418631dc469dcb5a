package format

import (
	"encoding/binary"

	"github.com/seed-128c3863/sluice/row"
)

// recorded writes the cells of the row one behind the other, each with its kind
// and length before it.
func (r *SheetReader) recorded() []byte {
	out := r.record[:0]
	for i := range r.cells {
		c := &r.cells[i]
		out = append(out, byte(c.kind))
		out = binary.AppendUvarint(out, uint64(len(c.text)))
		out = append(out, c.text...)
	}
	r.record = out
	return out
}

// Cells returns the texts of the cells of a record that the reader gave.
func (r *SheetReader) Cells(record []byte) ([]string, bool) {
	var cells []string
	for len(record) > 0 {
		kind := row.Kind(record[0])
		n, size := binary.Uvarint(record[1:])
		if size <= 0 || uint64(len(record)-1-size) < n {
			return nil, false
		}
		text := string(record[1+size : 1+size+int(n)])
		if kind == row.Float64 {
			text = ShownNumber(text)
		}
		cells = append(cells, text)
		record = record[1+size+int(n):]
	}
	return cells, true
}
