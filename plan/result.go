package plan

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// An Event is one thing that happened in a run. As JSON, one a line, events
// are the stream that other programs follow; the last is the Result.
type Event struct {
	Type    string `json:"type"` // "run", "notice", "file"
	Run     string `json:"run,omitempty"`
	Text    string `json:"text,omitempty"`    // notice
	File    string `json:"file,omitempty"`    // file, notice
	Output  string `json:"output,omitempty"`  // file
	State   State  `json:"state,omitempty"`   // file: as planned, or invalid
	Rows    int64  `json:"rows,omitempty"`    // file: written
	Rejects int64  `json:"rejects,omitempty"` // file
	Why     string `json:"why,omitempty"`     // file: what is wrong
}

// A Problem is a file that could not be done.
type Problem struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// A Result is how an apply or a revert ended.
type Result struct {
	Type     string    `json:"type"`          // "result"
	Run      string    `json:"run,omitempty"` // "": there was nothing to do
	Verb     string    `json:"verb"`
	Status   int       `json:"status"` // the exit status
	Error    string    `json:"error,omitempty"`
	Counts   Counts    `json:"counts"`
	Written  int64     `json:"written"`           // outputs
	Removed  int64     `json:"removed,omitempty"` // outputs
	Empty    int64     `json:"empty,omitempty"`   // files without records
	Rows     int64     `json:"rows"`              // written
	Rejects  int64     `json:"rejects"`           // rows left out of outputs that are current
	Rejected string    `json:"rejects_file,omitempty"`
	Invalid  []Problem `json:"invalid,omitempty"` // files that cannot be read as what they should be
	Failed   []Problem `json:"failed,omitempty"`  // files that a store did not give or take
	Refused  []Problem `json:"refused,omitempty"` // rows that a database did not take, so that nothing was written
	Skipped  []Problem `json:"skipped,omitempty"` // revert: conflicts that were left
	BytesIn  int64     `json:"bytes_in"`          // of the source files that were done
	BytesOut int64     `json:"bytes_out"`         // of the outputs that were written
	Seconds  float64   `json:"seconds"`
	Times    *Times    `json:"times,omitempty"`           // of a table's apply that read the files
	Rate     float64   `json:"rows_per_second,omitempty"` // likewise: rows of the files, by Seconds
	NoRevert bool      `json:"no_revert,omitempty"`       // nothing is known of the run but this
	Resumed  bool      `json:"resumed,omitempty"`         // a run that had been cut off
}

// A Progress counts what a run has done so far. Its fields may be read at any
// moment.
type Progress struct {
	Files, FilesDone atomic.Int64
	Bytes, BytesDone atomic.Int64 // of source files
	Rows, Rejects    atomic.Int64
	Invalid          atomic.Int64
	Began            atomic.Int64 // when the first file was begun, in Unix nanoseconds; 0: not yet

	phase atomic.Value // string
}

// Waiting is what a table's run does while another of its job goes on.
const Waiting = "waiting for another run"

// Enter says what a table's run does now, such as "comparing".
func (p *Progress) Enter(phase string) { p.phase.Store(phase) }

// Phase returns what a table's run does now, "" if that was not said.
func (p *Progress) Phase() string {
	phase, _ := p.phase.Load().(string)
	return phase
}

// Times are how long the parts of a table's run took, in seconds.
type Times struct {
	Read    float64 `json:"read"`    // the source files, into the database
	Compare float64 `json:"compare"` // their rows with the table's
	Apply   float64 `json:"apply,omitempty"`
}

// Start marks the beginning of the first file.
func (p *Progress) Start(files, bytes int64) {
	p.Files.Store(files)
	p.Bytes.Store(bytes)
	p.Began.Store(time.Now().UnixNano())
}

// A Run is one apply or revert, as the ledger keeps it.
type Run struct {
	ID       string            `json:"id"`
	Verb     string            `json:"verb"`           // "apply" or "revert"
	Of       string            `json:"of,omitempty"`   // revert: the run that it took back
	Plan     string            `json:"plan,omitempty"` // the saved plan of a table that it applied: see Saved.ID
	Started  time.Time         `json:"started"`
	Ended    time.Time         `json:"ended"`
	State    string            `json:"state"` // "done", "failed", "interrupted" or "cut off"
	Error    string            `json:"error,omitempty"`
	Hash     string            `json:"hash,omitempty"` // of the job and the params it uses
	Params   map[string]string `json:"params,omitempty"`
	Shard    string            `json:"shard,omitempty"`
	Holder   string            `json:"holder,omitempty"` // the name that its lock has; "": its ID
	Host     string            `json:"host,omitempty"`
	Version  string            `json:"sluice,omitempty"`
	Counts   Counts            `json:"counts,omitempty"`
	Written  int64             `json:"written,omitempty"` // outputs
	Removed  int64             `json:"removed,omitempty"` // outputs
	Rows     int64             `json:"rows"`
	Rejects  int64             `json:"rejects"`
	Segment  string            `json:"segment,omitempty"`  // its changes; "": no longer kept, or it made none
	Rejected string            `json:"rejected,omitempty"` // the rejects file
}

// FindRun returns the run of an ID, which may be named by its start. where says
// in an error where they are known: " at s3://stage/_sluice/load/", or "".
func FindRun(runs []Run, id, where string) (Run, error) {
	var found []Run
	for _, r := range runs {
		if r.ID == id {
			return r, nil
		}
		if strings.HasPrefix(r.ID, id) && id != "" {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return Run{}, fmt.Errorf("no run %q of this job is known%s (`sluice runs JOB` lists them)", id, where)
	}
	return Run{}, fmt.Errorf("run %q could be %s or %s: write more of it", id, found[0].ID, found[1].ID)
}
