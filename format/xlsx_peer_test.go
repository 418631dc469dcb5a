package format_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// A peerTable is what other readers say of a workbook; empty rows are among it.
type peerTable struct {
	Name             string
	Openpyxl, Pandas [][]string
}

// TestXLSXAgainstPeers reads workbooks that libraries have written, and holds
// every cell to what openpyxl and pandas read.
func TestXLSXAgainstPeers(t *testing.T) {
	dir := t.TempDir()
	for _, peer := range python[peerTable](t, "xlsx_cases.py", dir) {
		got := readTable(t, filepath.Join(dir, peer.Name), format.SheetReadOptions{}, len(peer.Openpyxl[0]))
		compareTables(t, peer.Name+" by openpyxl", got, peer.Openpyxl)
		compareTables(t, peer.Name+" by pandas", got, peer.Pandas)
	}
}

// TestSheetsAgainstPeers reads spreadsheets of LibreOffice, and
// holds every cell to what calamine reads; and pages of HTML and
// fixed positions, to what pandas reads.
func TestSheetsAgainstPeers(t *testing.T) {
	dir := t.TempDir()
	type peer struct {
		Name, Sheet string
		From, To    []int // of columns at fixed positions
		Cells       [][]string
	}
	for _, p := range python[peer](t, "sheet_cases.py", dir) {
		var fixed []format.FixedColumn
		for i := range p.From {
			fixed = append(fixed, format.FixedColumn{Name: strconv.Itoa(i + 1), From: p.From[i], To: p.To[i]})
		}
		o := format.SheetReadOptions{Sheet: p.Sheet, Fixed: fixed}
		compareTables(t, p.Name, readTable(t, filepath.Join(dir, p.Name), o, len(p.Cells[0])), p.Cells)
	}
}

// readTable returns the texts of all cells, with those in the line of the names.
func readTable(t *testing.T, file string, o format.SheetReadOptions, columns int) (table [][]string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for c := range columns {
		names = append(names, strconv.Itoa(c+1))
	}
	o.Columns, o.NoHeader = names, true
	form := strings.TrimPrefix(filepath.Ext(file), ".")
	r := format.NewSheetReader(form, f, info.Size(), o)
	for b := (&row.Batch{}); ; {
		err := r.Read(b)
		if err == io.EOF {
			return table
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Len {
			cells := make([]string, columns)
			for c := range b.Cols {
				cells[c] = strings.TrimSuffix(string(b.Cols[c].Bytes[i]), "T00:00:00")
			}
			table = append(table, cells)
		}
	}
}

func compareTables(t *testing.T, name string, got, want [][]string) {
	t.Helper()
	blank := func(cells []string) bool { return strings.Join(cells, "") == "" }
	want = slices.DeleteFunc(slices.Clone(want), blank)
	if len(got) != len(want) {
		t.Errorf("%s: %d rows, want %d", name, len(got), len(want))
	}
	faults := 0
	for r := range min(len(got), len(want)) {
		for c := range want[r] {
			if !sameCell(got[r][c], want[r][c]) {
				if faults++; faults < 5 {
					t.Errorf("%s: row %d, column %d: %q, want %q", name, r+1, c+1, got[r][c], want[r][c])
				}
			}
		}
	}
}

// sameCell takes floats as the same however they are written.
func sameCell(got, want string) bool {
	if got == want {
		return true
	}
	a, err1 := strconv.ParseFloat(got, 64)
	b, err2 := strconv.ParseFloat(want, 64)
	return err1 == nil && err2 == nil && fmt.Sprint(a) == fmt.Sprint(b)
}
