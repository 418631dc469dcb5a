package format_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// TestSheetRows reads sheets whose names stand in several rows, or whose rows end
// before the sheet does.
func TestSheetRows(t *testing.T) {
	text := func(cell, text string) string {
		return `<c r="` + cell + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	line := func(n int, cells ...string) string {
		return fmt.Sprintf(`<row r="%d">`, n) + strings.Join(cells, "") + `</row>`
	}
	two := line(2, text("A2", "a"), text("B2", "y")) + line(3, text("B3", "p"), text("C3", "q"))
	rows := line(4, text("A4", "1"), text("B4", "2"), text("C4", "3")) + line(5, text("A5", "4"))
	many := ""
	for n := 7; n < 17; n++ {
		many += line(n, text(fmt.Sprintf("A%d", n), "x"))
	}
	for name, tc := range map[string]struct {
		rows string
		o    format.SheetReadOptions
		want string
	}{
		"two rows of names":      {two + rows, format.SheetReadOptions{HeaderLine: 2, HeaderUntil: 3, Columns: []string{"a", "y p", "y q"}}, "4: 1 2 3|5: 4  |"},
		"the second is blank":    {line(2, text("A2", "a"), text("B2", "b")) + rows, format.SheetReadOptions{HeaderLine: 2, HeaderUntil: 3, Columns: []string{"a", "b"}}, "4: 1 2|5: 4 |"},
		"the sheet ends in them": {line(2, text("A2", "a")), format.SheetReadOptions{HeaderLine: 2, HeaderUntil: 3, Columns: []string{"a"}}, "|line 2: the sheet ends before line 3, which should hold the columns' names"},
		"total":                  {two + rows + line(6, text("A6", "합계")) + line(9, text("A9", "x")), format.SheetReadOptions{HeaderLine: 3, Footer: "^합계", Columns: []string{"p"}}, "4: 2|"},
		"total in a later cell":  {two + rows + line(6, text("B6", "합계"), `<c r="C6"><v>7</v></c>`), format.SheetReadOptions{HeaderLine: 3, Footer: `^\t합계\t7$`, Columns: []string{"p"}}, "4: 2|"},
		"beside the names":       {two + rows + line(6, text("D6", "end")), format.SheetReadOptions{HeaderLine: 3, Footer: `^\t\t\tend$`, Columns: []string{"p"}}, "4: 2|"},
		"empty rows match none":  {two + rows + line(6), format.SheetReadOptions{HeaderLine: 3, Footer: `^$`, Columns: []string{"p"}}, "4: 2|"},
		"names further down":     {two + rows, format.SheetReadOptions{Columns: []string{"p"}}, "|line 2: the header has no \"p\"; it has \"a\", \"y\" (absent_columns: \"null\" gives nulls); row 3 has all that the job reads: from.header: 3 reads it"},
		"names further up":       {two + rows, format.SheetReadOptions{HeaderLine: 3, Columns: []string{"a", "y"}}, "|line 3: the header has no \"a\", \"y\"; it has \"\", \"p\", \"q\" (absent_columns: \"null\" gives nulls); row 2 has all that the job reads: from.header: 2 reads it"},
		"names nowhere":          {two + rows, format.SheetReadOptions{HeaderLine: 3, Columns: []string{"z"}}, "|line 3: the header has no \"z\"; it has \"\", \"p\", \"q\" (absent_columns: \"null\" gives nulls)"},
		"rows behind":            {two + rows + line(6, text("A6", "합계")) + many, format.SheetReadOptions{HeaderLine: 3, Footer: "^합계", Columns: []string{"p"}}, "4: 2|line 16: more than 9 lines follow the one that from.footer matches: it is not the end of the rows"},
	} {
		t.Run(name, func(t *testing.T) {
			data := newBook(tc.rows).bytes(t)
			r := format.NewXLSXReader(bytes.NewReader(data), int64(len(data)), tc.o)
			var got strings.Builder
			b := &row.Batch{}
			for {
				err := r.Read(b)
				var bad *row.Error
				switch {
				case errors.As(err, &bad):
					fmt.Fprintf(&got, "|%v", err)
				case err == nil:
					for i := range b.Len {
						if got.Len() > 0 {
							got.WriteString("|")
						}
						fmt.Fprintf(&got, "%d:", b.Line[i])
						for c := range b.Cols {
							got.WriteString(" " + string(b.Cols[c].Bytes[i]))
						}
					}
					continue
				case errors.Is(err, io.EOF):
					got.WriteString("|")
				}
				break
			}
			if got.String() != tc.want {
				t.Errorf("got  %s\nwant %s", got.String(), tc.want)
			}
		})
	}
}
