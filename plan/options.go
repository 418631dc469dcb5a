package plan

import "context"

// Options says what a plan is of. The zero value is a good default.
type Options struct {
	// Again plans to do what is unchanged once more. A job that loads a table
	// has no such.
	Again bool

	// Row is given the rows of a table's plan that Report names: those that
	// are bad, then the others in the order of the files, then those that are
	// deleted. Default: nobody looks.
	Row func(*Row) error

	// Report says which rows those are: "changes" (what is bad among them),
	// "all" or "none". Default: as the job's report says.
	Report string

	// Keep keeps the rows of a table's plan in its database, so that a later
	// apply needs this plan alone: see Table.Saved. A plan of files needs
	// nothing kept. Default: the plan leaves nothing behind.
	Keep bool

	// Progress is kept up to date. Default: nobody looks.
	Progress *Progress
}

// ApplyOptions says how a run goes. The zero value applies what a plan made
// now would say.
type ApplyOptions struct {
	// Plan is applied exactly, or not at all if anything in it has moved.
	// Default: a plan made now.
	Plan *Plan

	// Again does what is unchanged once more. A job that loads a table has no
	// such.
	Again bool

	// NoRevert writes the rows of a table and nothing else: neither journal nor
	// ledger, so that the run is not known afterwards and cannot be reverted.
	NoRevert bool

	// Takeover takes the lock of another run, which must be dead. That of a job
	// that loads a table has ended then.
	Takeover bool

	// Intake, when it is done, ends the run after the files that are begun.
	// Default: never.
	Intake context.Context

	// Confirm is asked before anything is written, if there is anything to do.
	// Default: yes.
	Confirm func(*Plan) (bool, error)

	// Row and Report are as for a plan. Rows are told of before they are
	// written: whether they were, the Result says. Of a plan that was kept
	// unchanged rows are not known.
	Row    func(*Row) error
	Report string

	// Progress is kept up to date. Default: nobody looks.
	Progress *Progress
}

// RevertOptions says how a revert goes.
type RevertOptions struct {
	// SkipConflicts leaves outputs and rows alone that are no longer what the
	// run made. Default: one of them, and nothing is reverted.
	SkipConflicts bool

	// Takeover, Intake and Progress are as for an apply.
	Takeover bool
	Intake   context.Context
	Progress *Progress

	// Confirm is asked before anything is written. Default: yes.
	Confirm func(*Reversal) (bool, error)
}

// A Reversal is what a revert would do, or what it did: all but what is in
// conflict.
type Reversal struct {
	Run       string    `json:"run"`     // that is taken back
	Restore   []string  `json:"restore"` // outputs
	Remove    []string  `json:"remove"`  // outputs
	Conflicts []Problem `json:"conflicts,omitempty"`

	// Counts are of rows: Delete those that it made, Update those that it
	// replaced, New those that it deleted, Unchanged those in conflict, of which
	// Conflicts may name the first only. Nil: of outputs.
	Counts Counts `json:"counts,omitempty"`

	// Left are rows that it made to be referred to, and that others use by now.
	Left []Problem `json:"left,omitempty"`
}
