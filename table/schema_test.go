package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/row"
)

// A schemaCase creates something in a database that all cases share, inspects a
// table and looks at a part of what it got.
type schemaCase struct {
	create string
	table  string
	look   func(*Table) string
	want   string // lines; blanks and tabs at their ends do not count. With !: a part of the error
}

func testSchema(t *testing.T, cases map[string]schemaCase, inspect func(name string) (*Table, error)) {
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			table, err := inspect(tc.table)
			if want, fails := strings.CutPrefix(tc.want, "!"); fails {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, want := lines(tc.look(table)), lines(tc.want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func lines(text string) string {
	out := strings.Split(strings.TrimSpace(text), "\n")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return strings.Join(out, "\n")
}

func lookColumns(t *Table) string {
	var out strings.Builder
	for _, c := range t.Columns {
		fmt.Fprintf(&out, "%s %s: %s", c.Name, c.Declared, c.Type)
		for _, f := range []struct {
			label string
			value any
			show  bool
		}{
			{"base", c.Base, c.Base != c.Declared},
			{"length", c.MaxLength, c.MaxLength != 0},
			{"fraction", c.Fraction, c.Fraction != 0},
			{"enum", c.Enum, c.Enum != nil},
			{"collation", c.Collation, c.Collation != ""},
			{"affinity", c.Affinity, c.Affinity != ""},
			{"default", c.Default, c.Default != ""},
			{"identity", c.Identity, c.Identity != NoIdentity},
			{"sequence", c.Sequence, c.Sequence != ""},
			{"generated", c.Generated, c.Generated != ""},
			{"refused", c.Refused, c.Refused != ""},
		} {
			if f.show {
				fmt.Fprintf(&out, ", %s %v", f.label, f.value)
			}
		}
		if c.NotNull {
			out.WriteString(", not null")
		}
		out.WriteByte('\n')
	}
	return out.String()
}

func lookUniques(t *Table) string {
	var out strings.Builder
	for _, u := range t.Uniques {
		out.WriteString(u.Name)
		for _, p := range u.Parts {
			out.WriteString(" " + p.Column)
			if p.Expression != "" {
				fmt.Fprintf(&out, "[%s]", p.Expression)
			}
			if p.Collation != "" {
				fmt.Fprintf(&out, "/%s", p.Collation)
			}
		}
		if u.Where != "" {
			fmt.Fprintf(&out, " where %s", u.Where)
		}
		out.WriteString(flags(u.Primary, "primary", u.NullsNotDistinct, "nulls not distinct", u.Deferrable, "deferrable", u.Deferred, "deferred") + "\n")
	}
	return out.String()
}

func lookForeignKeys(t *Table) string { return describeKeys(t.ForeignKeys) }
func lookReferrers(t *Table) string   { return describeKeys(t.Referrers) }

func describeKeys(keys []ForeignKey) string {
	var out strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&out, "%s: %s.%s%v -> %s.%s%v", k.Name, k.Schema, k.Table, k.Columns, k.RefSchema, k.RefTable, k.RefColumns)
		fmt.Fprintf(&out, ", delete %s, update %s", k.OnDelete, k.OnUpdate)
		if k.SetColumns != nil {
			fmt.Fprintf(&out, ", set %v", k.SetColumns)
		}
		out.WriteString(flags(k.MatchFull, "match full", k.Deferrable, "deferrable", k.Deferred, "deferred") + "\n")
	}
	return out.String()
}

func lookChecks(t *Table) string {
	var out strings.Builder
	for _, c := range slices.Concat(t.Checks, t.Exclusions) {
		fmt.Fprintf(&out, "%s: %s %s\n", c.Name, c.Expression, c.Column)
	}
	return out.String()
}

func lookTriggers(t *Table) string {
	var out strings.Builder
	for _, g := range t.Triggers {
		fmt.Fprintf(&out, "%s: %s %v%v for each %s %s\n", g.Name, g.Timing, g.Events, g.Columns, g.ForEach, g.Table)
	}
	return out.String()
}

func lookTable(t *Table) string {
	return fmt.Sprintf("%s.%s partitions %q of %q rules %v", t.Schema, t.Name, t.PartitionKey, t.PartitionOf, t.Rules) +
		flags(t.Inherited, "inherited", t.RowSecurity, "row security", t.Strict, "strict", t.WithoutRowID, "without rowid")
}

// flags lists the names of those that are set; they come in pairs.
func flags(pairs ...any) (out string) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i].(bool) {
			out += ", " + pairs[i+1].(string)
		}
	}
	return out
}

func TestSplitName(t *testing.T) {
	for name, want := range map[string]string{
		"product":             `"product"`,
		"shop.product":        `"shop"."product"`,
		`"Order.Items"`:       `"Order.Items"`,
		`shop."a ""b"" c"`:    `"shop"."a ""b"" c"`,
		"order items":         `"order items"`,
		"":                    "!is not NAME or SCHEMA.NAME",
		"shop.":               "!is not NAME or SCHEMA.NAME",
		"db.shop.product":     "!is not NAME or SCHEMA.NAME",
		`"product`:            "!lacks its closing quote",
		`"product"s`:          `!has "s" after a quote`,
		`shop."product".more`: "!is not NAME or SCHEMA.NAME",
	} {
		parts, err := splitName(name)
		var quoted []string
		for _, p := range parts {
			quoted = append(quoted, quoteName(p.text))
		}
		got := strings.Join(quoted, ".")
		if reason, fails := strings.CutPrefix(want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s: got error %v, want %s", name, err, reason)
			}
		} else if err != nil || got != want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, want)
		}
	}
}

func TestUnfilled(t *testing.T) {
	table := Table{Columns: []Column{
		{Name: "id", NotNull: true, Identity: IdentityByDefault},
		{Name: "sku", NotNull: true},
		{Name: "title", NotNull: true},
		{Name: "stock", NotNull: true, Default: "0"},
		{Name: "total", NotNull: true, Generated: "price * stock"},
		{Name: "note"},
	}}
	if got := table.Unfilled([]string{"sku", "note"}); !slices.Equal(got, []string{"title"}) {
		t.Errorf("got %q, want title", got)
	}
	if got := table.Unfilled([]string{"title", "sku"}); got != nil {
		t.Errorf("got %q, want none", got)
	}
}

func TestKey(t *testing.T) {
	parts := func(names ...string) (parts []Part) {
		for _, n := range names {
			parts = append(parts, Part{Column: n})
		}
		return parts
	}
	table := Table{
		Name: "product",
		Columns: []Column{
			{Name: "id", NotNull: true},
			{Name: "sku", NotNull: true},
			{Name: "isbn"},
			{Name: "ean"},
			{Name: "shop", NotNull: true},
			{Name: "code", NotNull: true, Type: row.Type{Kind: row.String}, Collation: "NOCASE"},
			{Name: "mail", NotNull: true},
			{Name: "slot", NotNull: true},
		},
		Uniques: []Unique{
			{Name: "pk", Primary: true, Parts: parts("id")},
			{Name: "live", Parts: parts("shop", "sku"), Where: "NOT gone"},
			{Name: "both", Parts: parts("shop", "sku")},
			{Name: "isbn_key", Parts: parts("isbn")},
			{Name: "ean_key", Parts: parts("ean"), NullsNotDistinct: true},
			{Name: "code_key", Parts: parts("code")},
			{Name: "mail_key", Parts: []Part{{Expression: "lower(mail)"}}},
			{Name: "slot_key", Parts: parts("slot"), Deferrable: true},
			{Name: "some", Parts: parts("mail"), Where: "id > 7"},
		},
	}
	for key, want := range map[string]string{
		"id":       "pk",
		"sku,shop": "both",
		"isbn":     "isbn_key; unique isbn_key lets rows repeat whose isbn is null",
		"ean":      "ean_key",
		"code":     "code_key; unique code_key compares code by bytes, the column itself by NOCASE",
		"mail":     "some; unique some holds for some rows only: WHERE id > 7",
		"slot":     "slot_key; unique slot_key is deferrable",
		"sku":      "; no unique of table product is over exactly sku",
		"id,sku":   "; no unique of table product is over exactly id, sku (unique pk is over id alone)",
		"mail,id2": "; no unique of table product is over exactly mail, id2 (unique mail_key is over the expression lower(mail))",
	} {
		k := table.Key(strings.Split(key, ","))
		got := strings.Join(append([]string{""}, k.Faults...), "; ")
		if k.Unique != nil {
			got = k.Unique.Name + got
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
}
