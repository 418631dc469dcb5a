package infer

import (
	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// yamlBytes of a file are looked at.
const yamlBytes = 1 << 20

// openYAML makes JSON of what was read of a file, which the records are found in.
func (s *sample) openYAML() error {
	if len(s.data) > yamlBytes {
		s.data, s.cut = s.data[:yamlBytes], true
	}
	text, err := format.YAMLToJSON(s.data, s.cut)
	if err != nil {
		return row.At(s.url, err)
	}
	s.data, s.cut = text, s.cut && len(text) == 0
	return nil
}
