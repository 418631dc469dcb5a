package sluice_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice"
)

// xlsxText is a workbook of n rows under a title, with the columns of csvJob, in
// a sheet that is not the first.
func xlsxText(t *testing.T, n int, other string) string {
	t.Helper()
	return xlsxBook(t, n, other, `<row r="1"><c r="A1" t="str"><v>May</v></c></row>`, "visible")
}

// xlsxBook has the title, and the first sheet in the state given.
func xlsxBook(t *testing.T, n int, other, title, first string) string {
	t.Helper()
	var rows strings.Builder
	rows.WriteString(title + `<row r="3">`)
	for i, name := range []string{"id", "full name", "other", "price", "seen"} {
		fmt.Fprintf(&rows, `<c r="%c3" t="str"><v>%s</v></c>`, 'A'+i, name)
	}
	rows.WriteString("</row>")
	for i := range n {
		price := fmt.Sprintf("<v>%d.%02d</v>", i%1000, i%100)
		if i%10 == 9 {
			price = ""
		}
		fmt.Fprintf(&rows, `<row r="%[1]d"><c r="A%[1]d"><v>%[2]d</v></c><c r="B%[1]d" t="inlineStr"><is><t>chair "x"_x000D_&#10;의자, %[2]d</t></is></c><c r="D%[1]d">%[3]s</c><c r="E%[1]d" s="1"><v>%[4]s</v></c></row>`,
			i+4, i, price, strconv.FormatFloat(45399+float64(5*3600+30*60+i%60)/86400, 'f', 12, 64))
	}
	const rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, text := range map[string]string{
		"xl/workbook.xml":            `<workbook><sheets><sheet name="About" state="` + first + `" r:id="a"/><sheet name="Prices" r:id="b"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="a" Type="` + rels + `worksheet" Target="a.xml"/><Relationship Id="b" Type="` + rels + `worksheet" Target="b.xml"/><Relationship Id="s" Type="` + rels + `styles" Target="s.xml"/></Relationships>`,
		"xl/a.xml":                   "<worksheet/>",
		"xl/b.xml":                   "<worksheet><sheetData>" + rows.String() + other + "</sheetData></worksheet>",
		"xl/s.xml":                   `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>`,
	} {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func xlsxWorld(t *testing.T) *world {
	w := csvWorld(t)
	job := strings.Replace(csvJob, `["{in}/{*part}.csv", "{in}/{*part}.tsv", "{in}/{*part}.csv.gz", "{in}/{*part}.csv.zst"]`, "\"{in}/{*part}.xlsx\"\n  sheet: Prices\n  header: 3", 1)
	w.write("job.yaml", job)
	return w
}

// A workbook that is held and one that is streamed give the same rows as a table
// of text.
func TestXLSXToParquet(t *testing.T) {
	w := xlsxWorld(t)
	const small, large = 300, 140_000 // the second is beyond what is held
	w.write("in/small.xlsx", xlsxText(t, small, ""))
	w.write("in/large.xlsx", xlsxText(t, large, ""))
	r := w.apply(sluice.ApplyOptions{})
	if r.Status != 0 || r.Written != 2 || r.Rejects != 0 {
		t.Fatalf("result %+v", r)
	}
	for name, n := range map[string]int{"small": small, "large": large} {
		rows := w.csvRows(name + ".parquet")
		if len(rows) != n {
			t.Fatalf("%s: %d rows, want %d", name, len(rows), n)
		}
		for i, row := range rows {
			want := fmt.Sprintf("chair \"x\"\r\n의자, %d", i)
			fine := row.ID == int64(i) && *row.Name == want && (row.Price == nil) == (i%10 == 9) &&
				(row.Price == nil || *row.Price == int64(i%1000*100+i%100)) && row.Seen.Hour() == 5 && row.Seen.Second() == i%60
			if !fine {
				t.Fatalf("%s: row %d: %+v", name, i, row)
			}
		}
	}
	w.expectPlan("2 files: 2 unchanged")
}

// Bad rows name their cells and go to a file of the sheet's columns; a workbook
// that is none is invalid.
func TestXLSXRejects(t *testing.T) {
	w := xlsxWorld(t)
	w.write("in/a.xlsx", xlsxText(t, 3, `<row r="17"><c r="A17" t="str"><v>many</v></c><c r="B17" t="e"><v>#N/A</v></c></row><row r="18"><c r="A18"><v>7</v></c><c r="D18"><v>1.005</v></c></row>`))
	w.write("in/b.xlsx", "id,full name\n")
	r := w.apply(sluice.ApplyOptions{})
	if r.Status != 3 || r.Rejects != 2 || len(r.Invalid) != 1 || !strings.Contains(r.Invalid[0].Why, "this is no workbook of Excel (.xlsx) but a text") {
		t.Fatalf("result %+v", r)
	}
	text := ""
	for _, file := range w.files(func(name string) bool { return strings.Contains(name, "rejects/") }) {
		text = file
	}
	for _, want := range []string{
		"\n\nfile,row,line,column,value,reason,id,full name,other,price,seen\n",
		`a.xlsx,4,17,id,many,"""many"" is not an integer; name: cell B17 holds the error #N/A",many,#N/A,,,` + "\n",
		`a.xlsx,5,18,price,1.005,"1.005 has more than 2 digits after the point, as decimal(8,2) holds",7,,,1.005,` + "\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the rejects file lacks %s:\n%s", want, text)
		}
	}
	// Mended, it is a source of the job: names stand where the sheet has them.
	w.write("job.yaml", strings.Replace(csvJob, "\ncolumns:", "\n  header: 3\n  sheet: Prices\ncolumns:", 1))
	w.write("in/mended.csv", strings.NewReplacer("many,#N/A", "5,five", ",1.005\n", ",1.50\n", ",7,,,1.005", ",7,,,1.50").Replace(text))
	if r := w.apply(sluice.ApplyOptions{}); r.Rows != 2 || r.Rejects != 0 {
		t.Errorf("the rejects, mended: %+v", r)
	}
}

// A job that is drafted from workbooks has their types, and loads them.
func TestXLSXInit(t *testing.T) {
	w := xlsxWorld(t)
	w.write("in/a.xlsx", xlsxText(t, 3, ""))
	draft, err := sluice.Init(t.Context(), w.dir+"/in/a.xlsx", sluice.InitOptions{})
	if err == nil {
		t.Fatalf("the first sheet is empty:\n%s", draft.Text)
	}
	w.write("in/a.xlsx", xlsxBook(t, 3, `<row r="9"><c r="A9" t="e"><v>#N/A</v></c><c r="D9"><v>1.5</v></c></row>`, "", "hidden"))
	if draft, err = sluice.Init(t.Context(), w.dir+"/in", sluice.InitOptions{}); err != nil {
		t.Fatal(err)
	}
	text := string(draft.Text)
	for _, want := range []string{"format: xlsx", "id:        {type: int64,     from: id}", `full_name: {type: string,    from: "full name"}`, "price:     {type: float64,   from: price}", "seen:      {type: timestamp, from: seen}", `/{*base}.xlsx"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the job lacks %s:\n%s", want, text)
		}
	}
	if notes := strings.Join(draft.Notes, "\n"); !strings.Contains(notes, "rows of 1 cell will be rejected, the first as cell A9 holds the error #N/A") {
		t.Error(notes)
	}
	w.write("job.yaml", strings.Replace(text, `default: "out"`, fmt.Sprintf("default: %q", w.dir+"/out"), 1))
	w.params = nil
	if r := w.apply(sluice.ApplyOptions{}); r.Rows != 3 || r.Rejects != 1 {
		t.Errorf("result %+v", r)
	}
}
