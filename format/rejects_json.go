package format

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/seed-128c3863/sluice/row"
)

// A rejectMark is what a file of rejects in JSON says of a record: its member
// "sluice", before those of the source.
type rejectMark struct {
	File   string `json:"file"`
	Row    int64  `json:"row,omitempty"`
	Line   int64  `json:"line,omitempty"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
	Record string `json:"record,omitempty"` // what is no object of JSON
}

// JSONRejects says whether a file of rejects is JSON, a record a line, as its
// name has it.
func JSONRejects(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".ndjson") || strings.HasSuffix(name, ".jsonl")
}

// appendMarked appends a bad record as a line, with what is wrong with it.
func appendMarked(text []byte, m rejectMark, record []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, record) != nil || out.Len() < 2 || out.Bytes()[0] != '{' {
		out.Reset()
		m.Record = string(record)
	}
	members := bytes.TrimPrefix(out.Bytes(), []byte("{"))
	if rest, ok := bytes.CutPrefix(members, []byte(`"sluice":{"file":`)); ok { // of a file of rejects
		members = marked(members[len(members)-len(rest)-len(`{"file":`):])
	}
	var own bytes.Buffer
	e := json.NewEncoder(&own)
	e.SetEscapeHTML(false)
	_ = e.Encode(m) // strings and numbers can be
	text = append(append(text, `{"sluice":`...), bytes.TrimSpace(own.Bytes())...)
	if len(members) > 1 {
		text = append(text, ',')
		text = append(text, members...)
	} else {
		text = append(text, '}')
	}
	return append(text, '\n')
}

// marked returns the members behind the value that text begins with.
func marked(text []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(text))
	var value json.RawMessage
	if d.Decode(&value) != nil {
		return text
	}
	return bytes.TrimPrefix(text[d.InputOffset():], []byte(","))
}

func markReject(source string, b *row.Reject) rejectMark {
	return rejectMark{File: source, Row: b.Row, Line: b.Line, Column: b.Column, Value: b.Value, Reason: b.Err.Error()}
}
