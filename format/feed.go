package format

import (
	"errors"
	"slices"

	"github.com/seed-128c3863/sluice/row"
)

// The most that one batch holds: of rows, and of bytes of wanted values.
const (
	batchRows  = 1024
	batchBytes = 1 << 20
)

// batchCells is how many cells a batch of many columns has about.
const batchCells = 1 << 18

// rowsOf is how many rows a batch of so many columns has at most.
func rowsOf(columns int) int { return max(16, min(batchRows, batchCells/max(columns, 1))) }

// errPause ends a batch whose rows must be used before the buffer is filled.
var errPause = errors.New("the batch is to be used first")

// A feed makes batches of a file's records, whose values lie in its window.
type feed struct {
	src  window
	step func(*row.Batch) error // reads the next record, or says what is wrong
	rows int64                  // passed, bad ones with them
	text int                    // bytes of wanted values in the batch
	more bool                   // the next batch begins by filling the buffer
	err  error                  // final
}

// prepare empties b, and gives it n columns of the kind if it has others.
func prepare(b *row.Batch, n int, k row.Kind) {
	other := func(c row.Column) bool { return c.Type.Kind != k }
	if len(b.Cols) != n || slices.ContainsFunc(b.Cols, other) {
		b.Cols = make([]row.Column, n)
		for i := range b.Cols {
			b.Cols[i] = row.NewColumn(row.Type{Kind: k})
		}
	}
	b.Reset()
}

// batch adds the next rows to b, which is empty. Its error is final; the rows
// before it are returned first.
func (f *feed) batch(b *row.Batch) error {
	f.text = 0
	most := rowsOf(len(b.Cols))
	for f.err == nil && b.Len < most && len(b.Bad) < batchRows && f.text < batchBytes {
		if f.more {
			f.more = false
			f.err = f.src.fill()
			continue
		}
		switch err := f.step(b); {
		case err == nil:
		case errors.Is(err, errPause):
			return nil
		case errors.Is(err, errMore):
			f.more = true
			if b.Len+len(b.Bad) > 0 {
				return nil // its values are in the buffer that is to be filled
			}
		default:
			f.err = err
		}
	}
	if b.Len+len(b.Bad) > 0 {
		return nil
	}
	return f.err
}

// bad takes the next record, of which i in rest() is at fault, as a bad row.
func (f *feed) bad(b *row.Batch, text []byte, i int, err error) {
	f.rows++
	at := row.Error{Row: f.rows, Byte: f.src.position(f.src.pos + i), Err: err}
	b.Bad = append(b.Bad, row.Reject{Error: at, Record: text})
	f.text += len(text)
}
