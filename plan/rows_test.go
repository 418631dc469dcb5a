package plan

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestRowsText(t *testing.T) {
	long := strings.Repeat("long ", 20)
	p := &Plan{Counts: Counts{New: 1, Update: 2, Delete: 1, Invalid: 1, Unchanged: 90}, Table: &Table{Name: "shop_product", Notes: []string{"a note"}, Rows: []Row{
		{State: Update, Row: 17, Key: Values{{"sku", "SKU17"}}, Values: Changes{{"price", json.Number("1.50"), json.Number("2.50")}, {"isbn", nil, "978"}, {"tags", []any{"a"}, []any{"a", "b c"}}}},
		{State: New, Row: 18, Key: Values{{"sku", "SKU 18"}, {"day", "2024-04-17"}}, Values: Changes{{"title", nil, long}, {"isbn", nil, nil}, {"active", nil, true}, {"more", nil, long}, {"last", nil, long}}},
		{State: Delete, Key: Values{{"sku", ""}}},
		{State: Invalid, Row: 3, Line: 4, Key: Values{{"sku", "SKU3"}}, Column: "price", Value: "12.x4", Why: `"12.x4" is no number`},
	}}}
	var b strings.Builder
	if err := p.Text(&b, 20); err != nil {
		t.Fatal(err)
	}
	want := `  ~ row 17 SKU17: price 1.50 → 2.50, isbn null → 978, tags [a] → [a, "b c"]
  + row 18 "SKU 18" 2024-04-17: title "long long long long long long long long…", active true, more "long long long long long long long long…", last "long long l…
  - ""
  ! row 3 SKU3: column "price": "12.x4" is no number
  … and 1 more (--json lists all)
a note
95 rows: 1 new, 2 update, 1 delete, 90 unchanged, 1 invalid
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	b.Reset()
	p.Table.Rows = append([]Row{{State: Invalid, Row: 9, Line: 12, Byte: 345, Why: "no row"}}, p.Table.Rows...)
	if err := p.Text(&b, 1); err != nil || !strings.HasPrefix(b.String(), "  ! row 9 (line 12, byte 345): no row\n") {
		t.Errorf("%v, got\n%s", err, b.String())
	}
	p.Table.Rows = p.Table.Rows[1:]
	b.Reset()
	p.Table.Several, p.Table.Rows[0].File = true, "a.csv"
	if err := p.Text(&b, 1); err != nil || !strings.HasPrefix(b.String(), "  ~ a.csv row 17 SKU17: ") || !strings.Contains(b.String(), "… and 4 more") {
		t.Errorf("%v, got\n%s", err, b.String())
	}
}

func TestRowJSON(t *testing.T) {
	r := Row{State: Update, File: "a.csv", Row: 17, Line: 18, Key: Values{{"sku", "<1>"}}, Values: Changes{{"price", json.Number("1.50"), nil}, {"tags", []any{}, []any{"a"}}}}
	text, err := json.Marshal(r)
	want := `{"state":"update","file":"a.csv","row":17,"line":18,"key":{"sku":"\u003c1\u003e"},"values":{"price":{"old":1.50,"new":null},"tags":{"old":[],"new":["a"]}}}`
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v\nwant %s", text, err, want)
	}
	if text, err := json.Marshal(Values{}); err != nil || string(text) != "{}" {
		t.Errorf("got %s, %v", text, err)
	}
}
