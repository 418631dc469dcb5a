package mapping_test

import (
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// TestBufferUsedAgain has the text of one file in the place of that of the one
// before: what a mapper keeps of the first must not have changed.
func TestBufferUsedAgain(t *testing.T) {
	p := compileJob(t, jobOf("", `t: {type: timestamp, value: 'strptime(row.t, row.f)'}`))
	m := p.NewMapper(testRun)
	src, dst := &row.Batch{}, row.NewBatch(p.Schema())
	buffer := make([]byte, 0, 100)
	for _, text := range []string{
		`[{"t": "2024 in 01", "f": "%Y in %m"}]`,
		`[{"elsewhere": 123456, "t": "2024 in 01", "f": "%Y in %m"}]`,
	} {
		buffer = append(buffer[:0], text...)
		if err := m.Begin(testFile); err != nil {
			t.Fatal(err)
		}
		if err := format.JSONBytes(buffer, format.JSONOptions{Paths: p.Paths()}).Read(src); err != nil {
			t.Fatal(err)
		}
		m.Map(src, dst)
		if dst.Len != 1 || len(dst.Bad) > 0 {
			t.Errorf("%s: %d rows, rejects %v", text, dst.Len, dst.Bad)
		}
	}
}
