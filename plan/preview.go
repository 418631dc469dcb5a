package plan

import (
	"encoding/json"

	"github.com/seed-128c3863/sluice/row"
)

// A Preview is the first rows that a job would make, of its outputs or for its
// table.
type Preview struct {
	Columns []PreviewColumn
	Rows    []PreviewRow
	Rejects []row.Reject // of the records passed; File is set, Record is not
	Invalid []Problem    // files that cannot be read as what they should be
	Files   int          // that were read
	Sources int          // that there are
}

// A PreviewColumn is a column of a preview.
type PreviewColumn struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// A PreviewRow is one row, and where it was read.
type PreviewRow struct {
	File   string          `json:"file"`
	Row    int64           `json:"row"`
	Values json.RawMessage `json:"values"` // an object, with every column in order
}

// How much of its source files a preview reads at most.
const (
	PreviewFiles   = 20      // if they have hardly a row
	PreviewRecords = 10_000  // passed, if hardly one is good
	PreviewRange   = 1 << 20 // bytes at once
)
