package format_test

import (
	"bytes"
	"testing"

	"github.com/seed-128c3863/sluice/format"
)

// FuzzODSSheet checks that no sheet makes the reader panic, and that it does not
// matter where the buffer ends.
func FuzzODSSheet(f *testing.F) {
	for _, rows := range []string{
		"", odsAB, odsAB + odsRow(`<table:table-cell table:number-columns-repeated="3" office:value-type="float" office:value="1"/>`),
		odsAB + `<table:table-row table:number-rows-repeated="3"><table:covered-table-cell/><table:table-cell office:value-type="date" office:date-value="2024-04-17T05:30:00.5"/></table:table-row>`,
		odsAB + odsRow(`<table:table-cell office:value-type="time" office:time-value="-PT36H30M00.5S"><text:p>a<text:s text:c="3"/><text:tab/></text:p><text:p/></table:table-cell>`),
		odsAB + odsRow(`<table:table-cell table:formula="of:=1/0" calcext:value-type="error"><office:annotation><text:p>x</text:p></office:annotation><text:p>#N/A</text:p></table:table-cell>`),
		odsAB + odsRow(`<table:table-cell office:value-type="boolean" office:boolean-value="true"/><table:table-cell office:value-type="percentage" office:value="1e-3"/>`),
	} {
		f.Add(rows, "a", uint8(0))
	}
	f.Fuzz(func(t *testing.T, sheet, column string, line uint8) {
		o := format.SheetReadOptions{Columns: []string{column, "2"}, HeaderLine: int(line), NoHeader: line == 255, AbsentNull: true, Record: true, MaxRecord: 1 << 16}
		data := newODS(sheet).bytes(t)
		want := xlsxRead(format.NewODSReader(bytes.NewReader(data), int64(len(data)), o))
		if got := xlsxRead(format.ODSReaderOf(bytes.NewReader(data), int64(len(data)), o, 4)); got != want {
			t.Errorf("by a small buffer:\n%swhole:\n%s", got, want)
		}
	})
}

// FuzzODS checks that no file makes the reader panic, or take longer than it may.
func FuzzODS(f *testing.F) {
	f.Add([]byte{})
	f.Add(newODS(odsAB + odsRow(`<table:table-cell office:value-type="float" office:value="1"/>`)).bytes(f))
	f.Fuzz(func(_ *testing.T, data []byte) {
		xlsxRead(format.NewODSReader(bytes.NewReader(data), int64(len(data)), format.SheetReadOptions{Columns: []string{"a"}, MaxRecord: 1 << 16, Sheet: "1"}))
	})
}
