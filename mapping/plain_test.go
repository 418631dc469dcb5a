package mapping_test

import (
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/row"
)

func TestPlain(t *testing.T) {
	for _, tc := range []struct {
		typ        row.Type
		text, want string // "": an error
	}{
		{row.Type{Kind: row.Decimal}, "0", "0"},
		{row.Type{Kind: row.Decimal}, "123456789012345678901234567890123456789012.50", "123456789012345678901234567890123456789012.50"},
		{row.Type{Kind: row.Decimal, Precision: 5, Scale: 2}, "-1.5", "-1.50"},
		{row.Type{Kind: row.Decimal, Precision: 5, Scale: 2}, "NaN", ""},
		{row.Type{Kind: row.Float64}, "NaN", "NaN"},
		{row.Type{Kind: row.Bool}, "t", "true"},
		{row.Type{Kind: row.Bool}, "0", "false"},
		{row.Type{Kind: row.Bool}, "2", ""},
		{row.Type{Kind: row.Date}, "infinity", ""},
		{row.Type{Kind: row.TimestampTZ}, "2024-04-17 05:30:00.25+00", "2024-04-17 05:30:00.250+00:00"},
		{row.Type{Kind: row.TimestampTZ}, "2024-04-17 05:30:00", "2024-04-17 05:30:00+00:00"},
		{row.Type{Kind: row.Bytes}, `\x00ff`, "AP8="},
		{row.Type{Kind: row.UUID}, "a0eebc999c0b4ef8bb6d6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	} {
		b := row.NewBatch(row.Schema{{Name: "c", Type: tc.typ}})
		c := &b.Cols[0]
		err := mapping.NewPlain(tc.typ).Add(b, c, []byte(tc.text))
		if err != nil || tc.want == "" {
			if err == nil || tc.want != "" {
				t.Errorf("%s %s: %v", tc.typ, tc.text, err)
			}
			continue
		}
		if got, err := format.AppendText(nil, c, 0); err != nil || string(got) != tc.want {
			t.Errorf("%s %s: got %s, %v", tc.typ, tc.text, got, err)
		}
	}
}
