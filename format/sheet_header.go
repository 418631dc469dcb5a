package format

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/seed-128c3863/sluice/row"
)

// numbered takes the numbers of columns as their names.
func (r *SheetReader) numbered() error {
	var names []string
	for _, name := range r.o.Columns {
		if n, err := strconv.Atoi(name); err == nil && n >= 1 && n <= sheetColumns && strconv.Itoa(n) == name {
			for len(names) < n {
				names = append(names, strconv.Itoa(len(names)+1))
			}
		}
	}
	if len(names) == 0 {
		names = []string{"1"}
	}
	return r.lay(names, "a sheet without names")
}

// top reads the row of the names.
func (r *SheetReader) top(b *row.Batch) error {
	line, err := r.sheet.row()
	if err == io.EOF && r.o.HeaderLine > 0 {
		return fmt.Errorf("the sheet ends before line %d, which should hold the columns' names", r.o.HeaderLine)
	}
	if err == io.EOF {
		return errors.New("there is nothing in the sheet")
	}
	if err != nil {
		return err
	}
	r.line = line
	if r.line < int64(r.o.HeaderLine) {
		if names, err := r.names(b); err == nil && r.hasAll(names) {
			r.earlier = r.line
		}
		return nil
	}
	var names []string
	if r.line == int64(r.o.HeaderLine) || r.o.HeaderLine == 0 {
		if names, err = r.names(b); err != nil {
			return err
		}
	}
	switch {
	case len(names) > 0 && r.o.HeaderUntil > r.o.HeaderLine:
		r.upper, r.step = names, r.lower
		return nil
	case len(names) > 0:
		return r.lay(names, "the header")
	case r.o.HeaderLine > 0:
		r.line = int64(r.o.HeaderLine)
		return errors.New("the line that should hold the columns' names is empty")
	}
	return nil
}

// lower reads a further row of names, and joins them with those above.
func (r *SheetReader) lower(b *row.Batch) error {
	line, err := r.sheet.row()
	if err == io.EOF {
		return fmt.Errorf("the sheet ends before line %d, which should hold the columns' names", r.o.HeaderUntil)
	}
	if err != nil {
		return err
	}
	if r.line = line; line > int64(r.o.HeaderUntil) {
		if err := r.lay(r.upper, "the header"); err != nil {
			return err
		}
		return r.row(b)
	}
	names, err := r.names(b)
	if err != nil {
		return err
	}
	if r.upper = joinNames(r.upper, names); line < int64(r.o.HeaderUntil) {
		return nil
	}
	return r.lay(r.upper, "the header")
}

// names reads a row as names, up to the last that is not empty.
func (r *SheetReader) names(b *row.Batch) (names []string, err error) {
	for {
		column, err := r.sheet.cell()
		if err != nil || column < 0 {
			return names, err
		}
		value, err := r.sheet.value(b)
		switch {
		case err != nil:
			return nil, r.inCell(column, err)
		case value.fault != "":
			return nil, fmt.Errorf("in the line of the columns' names %s", value.fault)
		case len(value.text) == 0:
			continue
		}
		for len(names) < column {
			names = append(names, "")
		}
		names = append(names, ShownNumber(string(value.text)))
	}
}

// lay finds the wanted columns among the names.
func (r *SheetReader) lay(names []string, top string) (err error) {
	if r.header, err = newHeader(names, r.o.Columns, top); err != nil {
		return err
	}
	r.cells = make([]sheetCell, len(names))
	r.places = make([]int, len(r.o.Columns))
	for c := range r.places {
		r.places[c] = -1
	}
	for i, c := range r.header.slots {
		if c >= 0 {
			r.places[c] = i
		}
	}
	r.step = r.next
	err = r.header.check(r.o.Columns, r.o.AbsentNull, r.o.RefuseExtra)
	if err != nil && len(r.header.absent) > 0 && !r.o.NoHeader {
		return r.moved(err)
	}
	return err
}

// hasAll says whether names have all that are wanted among them.
func (r *SheetReader) hasAll(names []string) bool {
	return len(r.o.Columns) > 0 && !slices.ContainsFunc(r.o.Columns, func(name string) bool { return !slices.Contains(names, name) })
}

// moved adds to an error which row has all the wanted names, if one does that is
// near.
func (r *SheetReader) moved(err error) error {
	const near = 30
	top, found := r.line, r.earlier
	for range near {
		line, failed := r.sheet.row()
		if failed != nil || found > 0 {
			break
		}
		r.line = line
		if names, failed := r.names(&row.Batch{}); failed == nil && r.hasAll(names) {
			found = line
		}
	}
	if r.line = top; found == 0 {
		return err
	}
	return fmt.Errorf("%w; row %d has all that the job reads: from.header: %d reads it", err, found, found)
}
