package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// Version is the form of a saved plan. A plan of another version is refused.
const Version = 1

// A State is what a run finds of a file, compared with the ledger.
type State string

// The states of a file.
const (
	New       State = "new"       // no output was made of it yet
	Changed   State = "changed"   // the source, the job or the output is not the ledger's
	Unchanged State = "unchanged" // the output is current
	Gone      State = "gone"      // in the ledger, but the source is no longer there; its output stays
	Missing   State = "missing"   // named by the job, but not there
	Invalid   State = "invalid"   // cannot be made into an output
)

// States is every state, in the order they are shown.
var States = []State{New, Changed, Unchanged, Gone, Missing, Invalid}

// A File is one source file and what a run does with it.
type File struct {
	State  State  `json:"state"`
	Source string `json:"source"`           // URL or path
	ETag   string `json:"etag,omitempty"`   // of the source; "" if it is not there
	Size   int64  `json:"size,omitempty"`   // of the source, in bytes
	Output string `json:"output,omitempty"` // URL or path
	Prior  string `json:"prior,omitempty"`  // ETag of the output that is there now; "": none
	Why    string `json:"why,omitempty"`    // what changed, or what is wrong

	Modified time.Time `json:"modified,omitzero"` // of the source
	Fields   []any     `json:"fields,omitempty"`  // values of the plan's FieldNames
}

// Counts is the number of files, or of outputs, by state.
type Counts map[State]int64

// Total returns the number of files in all.
func (c Counts) Total() int64 {
	var n int64
	for _, v := range c {
		n += v
	}
	return n
}

// Written returns the number of rows of a table that are new, updated or deleted.
func (c Counts) Written() int64 { return c[New] + c[Update] + c[Delete] }

// A Plan is what one run would change.
type Plan struct {
	Sluice  int               `json:"sluice"` // Version
	Job     string            `json:"job"`
	JobFile string            `json:"job_file"`
	Hash    string            `json:"hash"`             // of the job and the params it uses
	Params  map[string]string `json:"params,omitempty"` // as given; one that holds a secret is left out
	Shard   string            `json:"shard,omitempty"`  // "i/n"
	Created time.Time         `json:"created"`

	Counts     Counts   `json:"counts"`
	Rejects    int64    `json:"rejects,omitempty"` // rows left out of the outputs that are current
	FieldNames []string `json:"field_names,omitempty"`
	Files      []File   `json:"files"`           // all that are not unchanged, in the order they are read
	Table      *Table   `json:"table,omitempty"` // nil: the target is files
}

// Changes returns the number of files that a run would do, or of rows that it
// would write.
func (p *Plan) Changes() int64 {
	return p.Counts[New] + p.Counts[Changed] + p.Counts[Update] + p.Counts[Delete]
}

// Write saves the plan as JSON.
func (p *Plan) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(p)
}

// Read reads a saved plan. One that is not as Write left it is refused, as far
// as that can be told.
func Read(r io.Reader) (*Plan, error) {
	d := json.NewDecoder(r)
	d.UseNumber()
	p := &Plan{}
	if err := d.Decode(p); err != nil {
		return nil, fmt.Errorf("not a saved plan: %w", err)
	}
	if p.Sluice != Version {
		return nil, fmt.Errorf("a saved plan of form %d; this sluice reads form %d: plan again", p.Sluice, Version)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something stands after the end of the saved plan: plan again")
	}
	if why := p.fault(); why != "" {
		return nil, fmt.Errorf("the saved plan was changed since it was written: %s: plan again", why)
	}
	return p, nil
}

// fault returns what cannot be so in a plan, or "".
func (p *Plan) fault() string {
	if p.Job == "" || p.JobFile == "" || p.Hash == "" {
		return "it names no job"
	}
	if p.Table != nil {
		return p.Table.fault(p)
	}
	counts, seen := Counts{Unchanged: p.Counts[Unchanged]}, map[string]bool{}
	for i := range p.Files {
		f := &p.Files[i]
		switch {
		case f.State == Unchanged || !slices.Contains(States, f.State):
			return fmt.Sprintf("%s is %q", f.Source, f.State)
		case f.Source == "" || seen[f.Source]:
			return fmt.Sprintf("the source %q is there twice, or has no name", f.Source)
		case len(f.Fields) != len(p.FieldNames) && len(f.Fields) > 0:
			return fmt.Sprintf("%s has %d fields, not %d", f.Source, len(f.Fields), len(p.FieldNames))
		}
		seen[f.Source] = true
		counts[f.State]++
	}
	for _, state := range States {
		if p.Counts[state] != counts[state] {
			return fmt.Sprintf("%d files are %s, and it counts %d", counts[state], state, p.Counts[state])
		}
	}
	return ""
}

// Drift returns what differs between a file as it was reviewed and as it is
// now, in words, or "" if nothing does.
func Drift(reviewed, now File) string {
	switch {
	case now.ETag == "" && reviewed.ETag != "":
		return "the source is gone"
	case now.ETag != reviewed.ETag || now.Size != reviewed.Size:
		return "the source has changed"
	case now.Output != reviewed.Output:
		return "the output has another name"
	case now.Prior != reviewed.Prior:
		return "the output was changed by someone else"
	}
	return ""
}
