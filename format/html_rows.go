package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/seed-128c3863/sluice/row"
)

// htmlRows are the rows of a table of a page. A cell that spans several rows or
// columns is in each of them, as people read it. Tables in cells are passed over,
// and tags that may be left out need not be there.
type htmlRows struct {
	z     *html.Tokenizer
	most  int   // bytes of a row's texts
	line  int64 // of the row, counted by its tags
	again int   // cells that were given again
	inner int   // tables in cells of the table that are open
	mute  string

	open   bool // in a row
	begun  bool // the tag that begins the next row was read
	ended  bool // the table is
	inCell bool
	spans  [2]int // rows and columns of the cell
	from   int    // where its text begins

	cells []htmlCell // of the row
	text  []byte     // what they hold
	down  []htmlDown // cells above that reach into the row, by column
	held  int        // bytes of them
	next  int        // of cells
}

// A htmlCell is a cell of a row.
type htmlCell struct {
	column int // from 0
	text   []byte
}

// A htmlDown is a cell that goes on in the rows below.
type htmlDown struct {
	left int // rows
	text []byte
}

// The most rows and columns that a cell spans, as browsers have it.
const (
	htmlColspan = 1000
	htmlRowspan = 65_534
)

func (r *htmlRows) row() (int64, error) {
	if r.ended {
		return 0, io.EOF
	}
	r.cells, r.text, r.next = r.cells[:0], r.text[:0], 0
	r.open = false
	if r.begun {
		r.begun = false
		r.begin()
	}
	for {
		token := r.z.Next()
		if token == html.ErrorToken {
			return 0, r.fault()
		}
		done, err := r.token(token)
		if err != nil {
			return 0, err
		}
		if done && r.line > sheetRows {
			return 0, fmt.Errorf("the table has more than the %d rows of a sheet", sheetRows)
		}
		if done {
			return r.line, nil
		}
		if r.ended {
			return 0, io.EOF
		}
	}
}

// fault is what the tokenizer ends with.
func (r *htmlRows) fault() error {
	switch err := r.z.Err(); {
	case errors.Is(err, html.ErrBufferExceeded):
		return fmt.Errorf("a text or tag of the page has more than %d bytes, %w", min(htmlToken, r.most), ErrTooLarge)
	case err == io.EOF:
		return errors.New("the page is cut off: it ends within the table")
	default:
		return err
	}
}

// token takes a token of the table, and says whether a row is done.
func (r *htmlRows) token(token html.TokenType) (done bool, err error) {
	switch token {
	case html.TextToken:
		if r.inCell && r.mute == "" && r.inner == 0 {
			return false, r.words(r.from)
		}
	case html.StartTagToken, html.SelfClosingTagToken:
		name, more := r.z.TagName()
		return r.opening(string(name), more)
	case html.EndTagToken:
		name, _ := r.z.TagName()
		return r.closing(string(name))
	}
	return false, nil
}

func (r *htmlRows) opening(name string, more bool) (done bool, err error) {
	switch name {
	case "table":
		r.inner++
		return false, nil
	case "script", "style":
		r.mute = name
	}
	if r.inner > 0 {
		return false, nil
	}
	switch name {
	case "tr":
		if r.open {
			r.begun = true
			return true, r.end()
		}
		r.begin()
	case "td", "th":
		if !r.open {
			r.begin()
		}
		return false, r.cellTag(more)
	case "thead", "tbody", "tfoot":
		return r.section()
	case "br", "p", "div", "li":
		r.breakLine()
	}
	return false, nil
}

func (r *htmlRows) closing(name string) (done bool, err error) {
	if name == r.mute {
		r.mute = ""
	}
	if r.inner > 0 {
		if name == "table" {
			r.inner--
		}
		return false, nil
	}
	switch name {
	case "td", "th":
		return false, r.endCell()
	case "tr":
		if r.open {
			return true, r.end()
		}
	case "thead", "tbody", "tfoot":
		return r.section()
	case "table":
		r.ended = true
		if r.open {
			return true, r.end()
		}
	case "p", "div", "li":
		r.breakLine()
	}
	return false, nil
}

// section ends a group of rows, which no cell reaches out of.
func (r *htmlRows) section() (done bool, err error) {
	if done = r.open; done {
		err = r.end()
	}
	r.down, r.held = r.down[:0], 0
	return done, err
}

func (r *htmlRows) begin() {
	r.open = true
	r.line++
}

// cellTag begins a cell.
func (r *htmlRows) cellTag(more bool) error {
	if err := r.endCell(); err != nil {
		return err
	}
	r.inCell, r.spans, r.from = true, [2]int{1, 1}, len(r.text)
	var key, value []byte
	for more {
		key, value, more = r.z.TagAttr()
		n, err := strconv.Atoi(string(trimSpace(value)))
		switch {
		case err != nil || n < 0:
		case string(key) == "colspan":
			r.spans[1] = min(max(n, 1), htmlColspan)
		case string(key) == "rowspan" && n == 0: // to the end of the section
			r.spans[0] = htmlRowspan
		case string(key) == "rowspan":
			r.spans[0] = min(n, htmlRowspan)
		}
	}
	return nil
}

// endCell lays the cell that is open, if one is, into the row.
func (r *htmlRows) endCell() error {
	if !r.inCell {
		return nil
	}
	r.inCell = false
	text := bytes.Clone(trimCell(r.text[r.from:]))
	column := r.free()
	for range r.spans[1] {
		for len(r.down) <= column {
			r.down = append(r.down, htmlDown{})
		}
		if err := r.place(column, text); err != nil {
			return err
		}
		if r.spans[0] > 1 {
			r.held += len(text) - len(r.down[column].text)
			r.down[column] = htmlDown{r.spans[0], text}
		}
		column++
	}
	if r.again += r.spans[1] - 1; r.held > r.most {
		return fmt.Errorf("cells that span several rows have more than %d bytes, %w", r.most, ErrTooLarge)
	}
	return nil
}

// free places the cells from above that stand before the next one of the row, and
// returns its column.
func (r *htmlRows) free() int {
	column := 0
	if n := len(r.cells); n > 0 {
		column = r.cells[n-1].column + 1
	}
	for column < len(r.down) && r.down[column].left > 0 {
		r.cells = append(r.cells, htmlCell{column, r.down[column].text})
		r.again++
		column++
	}
	return column
}

func (r *htmlRows) place(column int, text []byte) error {
	if column >= sheetColumns {
		return fmt.Errorf("row %d of the table has more than %d cells", r.line, sheetColumns)
	}
	r.cells = append(r.cells, htmlCell{column, text})
	return nil
}

// end ends the row: cells from above that stand behind its last are in it, too.
func (r *htmlRows) end() error {
	r.open = false
	if err := r.endCell(); err != nil {
		return err
	}
	for column := r.free(); column < len(r.down); column++ {
		if d := &r.down[column]; d.left > 0 {
			r.cells = append(r.cells, htmlCell{column, d.text})
			r.again++
		}
	}
	for i := range r.down {
		if d := &r.down[i]; d.left > 0 {
			if d.left--; d.left == 0 {
				r.held -= len(d.text)
				d.text = nil
			}
		}
	}
	if r.again > sheetAgain {
		return fmt.Errorf("more than %d cells of the table are there because others span them, as only a file has that is made to do harm", sheetAgain)
	}
	return nil
}

// breakLine begins a line in a cell.
func (r *htmlRows) breakLine() {
	if !r.inCell || r.inner > 0 {
		return
	}
	if n := len(r.text); n > r.from && r.text[n-1] == ' ' {
		r.text = r.text[:n-1]
	}
	if n := len(r.text); n > r.from && r.text[n-1] != '\n' {
		r.text = append(r.text, '\n')
	}
}

// words appends a text, whose white space is one space between two words, as
// browsers show it, to the one that begins at from.
func (r *htmlRows) words(from int) error {
	for _, c := range r.z.Text() {
		if n := len(r.text); !isSpace(c) && c != '\f' {
			r.text = append(r.text, c)
		} else if n > from && r.text[n-1] != ' ' && r.text[n-1] != '\n' {
			r.text = append(r.text, ' ')
		}
	}
	if len(r.text) > r.most {
		return fmt.Errorf("row %d of the table has more than %d bytes, %w", r.line, r.most, ErrTooLarge)
	}
	return nil
}

// trimCell cuts white space off both ends, also such as holds lines together.
func trimCell(text []byte) []byte { return bytes.Trim(text, " \n\u00a0") }

func (r *htmlRows) cell() (int, error) {
	if r.next == len(r.cells) {
		return -1, nil
	}
	r.next++
	return r.cells[r.next-1].column, nil
}

func (r *htmlRows) void() bool { return len(r.cells[r.next-1].text) == 0 }

func (r *htmlRows) value(b *row.Batch) (sheetCell, error) {
	c := &r.cells[r.next-1]
	switch {
	case len(c.text) == 0:
		return sheetCell{}, nil
	case !utf8.Valid(c.text):
		return faultyCell(nil, "the text in cell "+cellName(c.column, r.line)+" has bytes that are no character"), nil
	}
	return textCell(b.Keep(c.text), c.column, r.line), nil
}
