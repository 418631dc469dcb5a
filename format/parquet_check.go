package format

import (
	"errors"
	"fmt"
)

// check says what cannot be so of a file of size bytes.
func (f *pqFooter) check(size int64) error {
	if len(f.elements) == 0 || f.elements[0].physical >= 0 {
		return errors.New("its footer is damaged: it has no schema")
	}
	rows := int64(0)
	for i, g := range f.groups {
		if g.rows < 0 || g.rows > mostRows(size) {
			return fmt.Errorf("row group %d should have %d rows, more than a file of %d bytes can be believed to have", i+1, g.rows, size)
		}
		if rows += g.rows; rows > mostRows(size) {
			return fmt.Errorf("it should have more than %d rows, more than a file of %d bytes can be believed to have", rows, size)
		}
	}
	return nil
}

// mostRows is how many rows a file of so many bytes may have: rows that are all
// the same take next to nothing, and time to be read all the same.
func mostRows(size int64) int64 { return 16<<20 + 8192*size }

// check says what cannot be so of a chunk of a file of size bytes.
func (c *pqChunk) check(size int64) error {
	switch {
	case c.elsewhere:
		return errors.New("its values are encrypted or in another file, which sluice does not read")
	case c.start < 4 || c.size < 0 || c.start > size-c.size:
		return fmt.Errorf("its values should be the %d bytes from byte %d on, and the file has %d: it is damaged", c.size, c.start, size)
	}
	return nil
}
