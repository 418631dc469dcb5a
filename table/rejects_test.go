package table

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// records returns the lines of a CSV file, the first of which is its header.
func records(t testing.TB, file string) [][]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// save writes a CSV file in a folder of the test and returns its path.
func save(t testing.TB, name string, lines [][]string) string {
	t.Helper()
	var text bytes.Buffer
	if err := csv.NewWriter(&text).WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	return saveText(t, name, text.String())
}

func saveText(t testing.TB, name, text string) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if strings.HasSuffix(name, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text = packed.String()
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// rejecting applies a file and writes its rejects to a folder of the test.
func (s *shop) rejecting(input string, edit ...string) (*plan.Result, error) {
	s.Helper()
	edit = append(edit, "rejects/{run}.csv", s.TempDir()+"/{run}.csv")
	im := s.open(input, edit...)
	defer im.Close()
	return im.Apply(context.Background(), plan.ApplyOptions{})
}

// cells of the products, by column.
const (
	sku      = 0
	category = 3
	author   = 4
	price    = 5
	stock    = 6
	tags     = 12
)

// Whatever finds a row to be bad, it is in the rejects file, in its order, as the
// source has it; corrected, the file is imported as it is.
func TestRejectsAreImportedWhenCorrected(t *testing.T) {
	eachShop(t, testRejectsAreImportedWhenCorrected)
}

func testRejectsAreImportedWhenCorrected(t *testing.T, s *shop) {
	s.apply(v1)
	lines := records(t, v2)
	good := slices.Clone(lines)
	spoil := func(row, cell int, value string) {
		lines[row] = slices.Clone(lines[row])
		lines[row][cell] = value
	}
	spoil(20, author, "99999")
	spoil(200, sku, lines[190][sku])
	spoil(250, tags, "tag01|tag99")
	spoil(251, author, "99998")
	spoil(251, sku, lines[190][sku])
	lines[300] = append(slices.Clone(lines[300])[:5], "6", "7")
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	if err := w.WriteAll(lines); err != nil {
		t.Fatal(err)
	}
	first, err := s.rejecting(saveText(t, "bad.csv", text.String()), "allow: 2%", "allow: 20", "shop_tag.name, missing: create", "shop_tag.name, missing: reject")
	if err != nil || first.Status != 3 || first.Rejects != 9 || first.Rejected == "" {
		t.Fatalf("%v, %+v", err, first)
	}
	rejects := records(t, first.Rejected)
	if want := append([]string{"file", "row", "line", "column", "value", "reason"}, good[0]...); !slices.Equal(rejects[0], want) {
		t.Errorf("header %q, want %q", rejects[0], want)
	}
	var got []string
	for _, r := range rejects[1:] {
		got = append(got, strings.Join(r[1:6], " | "))
	}
	want := []string{
		`20 | 22 | author_id | 99999 | there is no such row of shop_author: 99999`,
		`28 | 31 | published | 2023-13-45 | `,
		`108 | `, `168 | `, `190 | `, `200 | `, `250 | 264 | tags | tag99 | `, `251 | `, `300 | `,
	}
	for i := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%q, want it to begin with %q", got[min(i, len(got)-1)], want[i])
		}
	}
	for i, r := range rejects[1:] {
		row := []int{20, 28, 108, 168, 190, 200, 250, 251, 300}[i]
		if row != 300 && !slices.Equal(r[6:], lines[row]) {
			t.Errorf("row %d is %q in the rejects file, was %q", row, r[6:], lines[row])
		}
		clean := good[row]
		switch row {
		case 28:
			clean = slices.Clone(clean)
			clean[7] = "2023-12-31"
		case 108:
			clean = slices.Clone(clean)
			clean[price] = "12.34"
		case 168:
			clean = slices.Clone(clean)
			clean[category] = "cat-001"
		}
		rejects[i+1] = append(slices.Clone(r[:6]), clean...)
		good[row] = clean
	}
	second, err := s.rejecting(save(t, "rejects.csv", rejects))
	if err != nil || second.Status != 0 || second.Counts.Total() != 9 {
		t.Errorf("%v, %+v", err, second)
	}
	if again := s.apply(save(t, "all.csv", good)); again.Counts[plan.Unchanged] != 306 || again.Counts.Total() != 306 {
		t.Errorf("all that was good, or was corrected: %+v", again)
	}
}

// Batches, files and compression do not change which rows are bad, nor their
// numbers.
func TestRejectsOfBatchesAndFiles(t *testing.T) {
	eachDatabase(t, testRejectsOfBatchesAndFiles)
}

func testRejectsOfBatchesAndFiles(t *testing.T, open func(testing.TB) *shop) {
	header := records(t, v1)[0]
	row := func(n int) []string {
		return []string{fmt.Sprintf("SKU%09d", n), "title", "two\nlines", "cat-001", "1", "1.50", "1", "", "2020-01-02 03:04:05", "1", "", "", ""}
	}
	var all [][]string
	for n := range 3000 {
		r := row(n)
		switch n + 1 {
		case 1, 1024, 1025, 2048, 2999:
			r[price] = "much"
		case 2, 1023, 1026, 2049:
			r[category] = "none"
		case 3, 1022, 2050, 3000:
			r[author] = "99999"
		case 1500, 2500:
			r[sku] = "SKU999999999"
		}
		all = append(all, r)
	}
	parts := func(sizes ...int) (files []string) {
		dir, at := t.TempDir(), 0
		for i, n := range sizes {
			var text bytes.Buffer
			if err := csv.NewWriter(&text).WriteAll(append([][]string{header}, all[at:at+n]...)); err != nil {
				t.Fatal(err)
			}
			files = append(files, filepath.Join(dir, fmt.Sprintf("%d.csv", i)))
			if err := os.WriteFile(files[i], text.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
			at += n
		}
		return files
	}
	one := parts(3000)
	text, err := os.ReadFile(one[0])
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	for name, files := range map[string][]string{
		"one file": one, "gzip": {saveText(t, "a.csv.gz", string(text))}, "three files": parts(1023, 1, 1976), "rows of files": parts(1, 1, 1, 2997),
	} {
		s := open(t)
		list := fmt.Sprintf("%q", files)
		r, err := s.rejecting("none", "allow: 2%", "allow: 3%", `files: "{input}"`, "files: "+strings.ReplaceAll(list, `" "`, `", "`))
		if err != nil || r.Rejects != 15 || r.Counts[plan.New] != 2985 {
			t.Fatalf("%s: %v, %+v", name, err, r)
		}
		var got [][]string
		for _, reject := range records(t, r.Rejected)[1:] {
			var number int
			fmt.Sscan(reject[1], &number)
			i := slices.Index(files, reject[0])
			for _, f := range files[:i] {
				number += len(records(t, f)) - 1
			}
			if !slices.Equal(all[number-1], reject[6:]) {
				t.Errorf("%s: row %s of %s is not %q", name, reject[1], reject[0], reject[6:])
			}
			got = append(got, append([]string{fmt.Sprint(number), reject[3], reject[4]}, reject[6:]...))
		}
		if want == nil {
			want = got
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %q\nwant %q", name, got, want)
		}
	}
}

// What the job does not let pass ends with nothing loaded, status 3, and the
// reason.
func TestTooManyRejects(t *testing.T) { eachShop(t, testTooManyRejects) }

func testTooManyRejects(t *testing.T, s *shop) {
	s.apply(v1)
	before := s.dump()
	header := strings.Join(records(t, v1)[0], ",") + "\n"
	for name, tc := range map[string]struct {
		input string
		edit  []string
		want  string
		file  bool
	}{
		"rows: fail":      {v2, []string{"rows: reject ", "rows: fail ", "allow: 2%", ""}, `nothing was loaded: testdata/products/v2.csv: row 28: line 31: column "published": "2023-13-45" `, false},
		"allow a number":  {v2, []string{"allow: 2%", "allow: 2"}, `nothing was loaded: 3 of 306 rows are bad, and errors.allow lets 2 pass; the first: testdata/products/v2.csv: row 28: line 31: column "published"`, true},
		"allow a share":   {v2, []string{"allow: 2%", "allow: 0.5%"}, "nothing was loaded: 3 of 306 rows are bad, and errors.allow lets 0.5% pass; the first: ", true},
		"allow 0":         {v2, []string{"allow: 2%", "allow: 0"}, "nothing was loaded: 3 of 306 rows are bad, and errors.allow lets 0 pass; the first: ", true},
		"every row":       {saveText(t, "all.csv", header+"x,,,,,,,,,,,,\ny,,,,,,,,,,,,\n"), []string{"allow: 2%", "allow: 9"}, "nothing was loaded: 2 of 2 rows are bad, which is every row; the first: ", true},
		"no such file":    {"none.csv", nil, "nothing was loaded: none.csv: there is no such file (from.missing", false},
		"empty":           {saveText(t, "empty.csv", header), []string{"encoding: auto ", "empty: fail "}, "there are no records in it (from.empty", false},
		"zero bytes":      {saveText(t, "zero.csv", ""), []string{"encoding: auto ", "empty: fail "}, "nothing was loaded: ", false},
		"no such columns": {saveText(t, "other.csv", "a,b\n1,2\n"), nil, "nothing was loaded: ", false},
		"twice a column":  {saveText(t, "twice.csv", "sku,"+header+"1,2\n"), nil, "nothing was loaded: ", false},
		"an open quote":   {saveText(t, "open.csv", header+"SKU000000001,\"x\n"), nil, "nothing was loaded: ", false},
		"no gzip":         {saveText(t, "plain.csv", "\x1f\x8b"+header), nil, "nothing was loaded: ", false},
	} {
		r, err := s.rejecting(tc.input, tc.edit...)
		if err == nil || r == nil || r.Status != 3 || r.Run != "" || r.Rows != 0 || !strings.Contains(err.Error(), tc.want) || r.Error != err.Error() || (r.Rejected != "") != tc.file {
			t.Errorf("%s: %v\nwant %s\n%+v", name, err, tc.want, r)
			continue
		}
		var bad *plan.InvalidError
		if errors.As(err, &bad) && len(r.Invalid) != 1 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	same(t, "after what was refused", s.dump(), before)
	for name, tc := range map[string]struct {
		input string
		edit  []string
	}{
		"empty":   {saveText(t, "empty.csv", header), nil},
		"missing": {"none.csv", []string{"encoding: auto ", "missing: skip "}},
	} {
		if r, err := s.rejecting(tc.input, tc.edit...); err != nil || r.Status != 0 || r.Counts.Total() != 0 {
			t.Errorf("%s: %v, %+v", name, err, r)
		}
	}
	if r, err := s.rejecting(v2, "allow: 2%", "allow: 3"); err != nil || r.Status != 3 || r.Run == "" || r.Rejects != 3 {
		t.Errorf("as many as are let pass: %v, %+v", err, r)
	}
}

// Rejects of JSON have the record in place of columns.
func TestRejectsOfJSON(t *testing.T) { eachShop(t, testRejectsOfJSON) }

func testRejectsOfJSON(t *testing.T, s *shop) {
	record := func(sku, category, price string) string {
		return fmt.Sprintf(`{"sku":%q,"title":"t","description":"d","category":%q,"author":1,"price":%s,"stock":1,"updated_at":"2020-01-02 03:04:05","active":true,"tags":""}`, sku, category, price)
	}
	lines := []string{record("SKU000000001", "cat-001", "1.5"), record("SKU000000002", "caf\\u00e9", "1.5"), record("SKU000000003", "cat-001", `"x"`), record("SKU000000001", "cat-001", "2.5")}
	lines[1] = strings.ReplaceAll(lines[1], `\\`, `\`)
	r, err := s.rejecting(saveText(t, "a.ndjson", strings.Join(lines, "\n")), "allow: 2%", "allow: 9", `, "true": ["1"], "false": ["0"]`, "")
	var reject *plan.RejectError
	if !errors.As(err, &reject) || reject.Bad != 4 || reject.First.Row != 1 {
		t.Fatalf("%v, %+v", err, r)
	}
	got := records(t, r.Rejected)
	for i, want := range []string{"file,row,line,column,value,reason,record", "1,1,sku,SKU000000001", "2,2,category_id,café", "3,3,price,x", "4,4,sku,SKU000000001"} {
		if i == 0 && strings.Join(got[0], ",") != want || i > 0 && (strings.Join(got[i][1:5], ",") != want || got[i][6] != lines[i-1]) {
			t.Errorf("line %d: %q, want %s", i, got[i], want)
		}
	}
}

// A file of rejects in JSON is imported when it is corrected, once and again.
func TestRejectsInJSON(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		record := func(sku, category, price string) string {
			return fmt.Sprintf(`{"sku":%q,"title":"a <title>","description":"d","category":%q,"author":1,"price":%s,"stock":1,"updated_at":"2020-01-02 03:04:05","active":true,"tags":"","n":12345678901234567890.10}`, sku, category, price)
		}
		lines := []string{record("SKU000000001", "cat-001", "1.50"), record("SKU000000002", "none", `"x"`), "no JSON", record("SKU000000003", "cat-001", `"x"`), "[1]", "7"}
		load := func(text string) string {
			im := s.open(saveText(t, "a.ndjson", text), "allow: 2%", "allow: 9", `, "true": ["1"], "false": ["0"]`, "", "rejects/{run}.csv", t.TempDir()+"/{run}.ndjson")
			defer im.Close()
			r, err := im.Apply(context.Background(), plan.ApplyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if r.Rejected == "" {
				return ""
			}
			rejects, err := os.ReadFile(r.Rejected)
			if err != nil {
				t.Fatal(err)
			}
			return string(rejects)
		}
		rejects := load(strings.Join(lines, "\n") + "\n")
		has(t, rejects, `{"sluice":{"file":"`, `"row":2,"line":2,"column":"price","value":"x","reason":"`, `},"sku":"SKU000000002","title":"a <title>",`, `"n":12345678901234567890.10}`, `"record":"no JSON"}}`, `"record":"[1]"}}`)
		corrected := strings.ReplaceAll(rejects, `"price":"x"`, `"price":2.50`)
		rejects = load(corrected)
		if n := strings.Count(rejects, "\n"); n != 4 || strings.Count(rejects, `"sluice":`) != 4 {
			t.Errorf("%d lines: %s", n, rejects)
		}
		last, _, _ := strings.Cut(rejects, "\n")
		if load(strings.Replace(last, `"category":"none"`, `"category":"cat-002"`, 1)+"\n") != "" {
			t.Error("a row is rejected")
		}
		if n := strings.Count(strings.TrimSpace(s.products()), "\n") + 1; n != 3 {
			t.Errorf("%d products: %s", n, s.products())
		}
	})
}

// A byte that no text has is told with its place in the file.
func TestRejectedBytes(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		text, err := os.ReadFile(v1)
		if err != nil {
			t.Fatal(err)
		}
		var at []int64
		for i, bad := range []string{"\x00", "\xff"} {
			sku := fmt.Sprintf("SKU00000010%d,", i)
			text = []byte(strings.Replace(string(text), sku, sku+bad, 1))
		}
		for _, bad := range []string{"\x00", "\xff"} {
			at = append(at, int64(strings.Index(string(text), bad)+1))
		}
		p := s.plan(saveText(t, "a.csv", string(text)))
		for i, row := range p.Table.Rows[:2] {
			if row.Row != int64(100+i) || row.Byte != at[i] || row.Line <= row.Row {
				t.Errorf("%+v, want byte %d", row, at[i])
			}
		}
	})
}
