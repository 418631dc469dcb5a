package format

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// otherwise adds to an error for names that are not there what may be why:
// another delimiter, or that they stand in another line.
func (r *CSVReader) otherwise(err error) error {
	switch {
	case r.earlier > 0:
		return fmt.Errorf("%w; line %d, which from.header passes over, has all that the job reads", err, r.earlier)
	case r.o.NoHeader, len(r.absent) == 0:
		return err
	}
	if moved := r.moved(err); moved != err || len(r.names) > 1 {
		return moved
	}
	for _, delimiter := range []string{",", ";", "\t", "|"} {
		if strings.Contains(r.names[0], delimiter) {
			return fmt.Errorf("%w; %q seems to stand between the names, and the delimiter is %q", err, delimiter, r.split.delimiter)
		}
	}
	return err
}

// moved adds to an error which line behind that of the names has all that are
// wanted, if one does that is near.
func (r *CSVReader) moved(err error) error {
	const near = 16 << 10
	for !r.src.whole && len(r.src.rest()) < min(near, r.src.most) {
		if r.src.fill() != nil {
			break
		}
	}
	line, text := r.line, r.src.rest()
	for part := range bytes.Lines(text[:min(len(text), near)]) {
		cells := strings.Split(strings.TrimRight(string(part), "\r\n"), cmp.Or(r.o.Delimiter, string(r.split.delimiter), ","))
		for i := range cells {
			cells[i] = strings.Trim(cells[i], `"`)
		}
		if (line > r.line || line == r.line && r.names == nil) && len(r.o.Columns) > 0 && !slices.ContainsFunc(r.o.Columns, func(name string) bool { return !slices.Contains(cells, name) }) {
			return fmt.Errorf("%w; line %d has all that the job reads: from.header: %d reads it", err, line, line)
		}
		line++
	}
	return err
}
