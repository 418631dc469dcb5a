package row

import (
	"errors"
	"fmt"
	"strings"
)

// An Error says what is wrong with one value and where it was read.
// Each zero field is left out of the message.
type Error struct {
	File   string // as the user named it: a path or a URL
	Row    int64  // 1-based data row, header not counted
	Line   int64  // 1-based line
	Byte   int64  // 1-based position of the byte in the file, as decompressed
	Column string // name in the job or in the file
	Err    error  // the cause, without the position
}

// Error returns, for example, `flights.csv: row 2: line 3: column "delay": "12h" is not an integer`.
func (e *Error) Error() string {
	var s strings.Builder
	if e.File != "" {
		fmt.Fprintf(&s, "%s: ", e.File)
	}
	if e.Row > 0 {
		fmt.Fprintf(&s, "row %d: ", e.Row)
	}
	if e.Line > 0 {
		fmt.Fprintf(&s, "line %d: ", e.Line)
	}
	if e.Byte > 0 {
		fmt.Fprintf(&s, "byte %d: ", e.Byte)
	}
	if e.Column != "" {
		fmt.Fprintf(&s, "column %q: ", e.Column)
	}
	s.WriteString(e.Err.Error())
	return s.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// At returns err as the cause of an Error in the file. An Error that err
// already is, or wraps, keeps its position and gains the file.
func At(file string, err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		at := *e
		at.File = file
		return &at
	}
	return &Error{File: file, Err: err}
}

// A Reject is a row that was left out, and why.
type Reject struct {
	Error
	Value  string // the value at fault as the source wrote it; "" if it is none
	Record []byte // the row as the source wrote it; nil if it could not be read

	// Key is what tells the row apart, a column of one value for each part; nil
	// if nobody asked, or it could not be read.
	Key []Column
}
