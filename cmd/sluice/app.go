package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/seed-128c3863/sluice"
	"github.com/seed-128c3863/sluice/flow"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// What goes where: results to stdout, everything else to stderr. Errors begin
// with "sluice: ", in lower case, without a full stop, and are printed once,
// here. With --json stdout is one JSON object a line, of which the last is the
// result.

// An app is one call of the program.
type app struct {
	stop     *flow.Stop
	stdin    io.Reader
	out, err io.Writer
	json     bool
	live     *liveLine // nil: there is none
	consumed bool      // standard input was data, and is at its end
	jobFlags
}

// Read reads standard input, until the program is asked to stop.
func (a *app) Read(p []byte) (int, error) {
	text, err := flow.Leave(a.stop.Intake, func() ([]byte, error) {
		own := make([]byte, len(p)) // a read that is left behind may still fill it
		n, err := a.stdin.Read(own)
		return own[:n], err
	})
	return copy(p, text), err
}

// An input is standard input as the data of a job.
type input struct{ *app }

func (i input) Read(p []byte) (int, error) {
	if !i.consumed && terminal(i.stdin) {
		fmt.Fprintln(i.err, "reading standard input until its end, Ctrl-D")
	}
	i.consumed = true
	return i.app.Read(p)
}

// answers says whether somebody can answer a question: on a terminal, which is
// asked itself where standard input was data.
func (a *app) answers() bool {
	if a.consumed {
		tty, err := os.Open("/dev/tty")
		if err != nil {
			return false
		}
		a.stdin, a.consumed = tty, false // it is open until the program ends
	}
	return terminal(a.stdin)
}

// jobFlags are those of every command that opens a job.
type jobFlags struct {
	params   []string
	shard    string
	failFast bool
	unread   bool // the command reads no source file
}

// statusError is an end that is not an error but has an exit status of its own.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// exit prints the error and returns its exit status.
func (a *app) exit(err error) int {
	var status statusError
	if err == nil {
		return 0
	}
	if errors.As(err, &status) {
		return int(status)
	}
	code := statusOf(err)
	if cause := context.Cause(a.stop.Intake); code == 130 && cause != nil {
		err = cause // in whatever words it was passed on
	}
	if a.json {
		a.event(failure{Type: "result", Status: code, Error: spec.Redact(err.Error()), Hint: hint(err)})
		return code
	}
	a.report(err)
	return code
}

// A failure is the result of a call that did not get as far as a run.
type failure struct {
	Type   string `json:"type"` // "result"
	Status int    `json:"status"`
	Error  string `json:"error"`
	Hint   string `json:"hint,omitempty"`
}

// report prints an error for a person.
func (a *app) report(err error) {
	var job spec.Errors
	if errors.As(err, &job) {
		for _, e := range job {
			fmt.Fprintf(a.err, "sluice: %v\n", e)
		}
		return
	}
	fmt.Fprintf(a.err, "sluice: %s\n", spec.Redact(err.Error()))
	if h := hint(err); h != "" {
		fmt.Fprintf(a.err, "sluice: hint: %s\n", h)
	}
}

func hint(err error) string {
	if h := store.Hint(err); h != "" {
		return h
	}
	var with *hinted
	var path *fs.PathError
	switch {
	case errors.As(err, &with):
		return with.hint
	case errors.As(err, &path) && filepath.Dir(path.Path) == filepath.Clean(os.TempDir()):
		return "TMPDIR names another folder for temporary files"
	}
	return ""
}

// statusOf returns the exit status for an error.
func statusOf(err error) int {
	var job spec.Errors
	var bound *spec.Error
	var usage *spec.UsageError
	var call *usageError
	var reject *sluice.RejectError
	var invalid *sluice.InvalidError
	switch {
	case errors.As(err, &reject), errors.As(err, &invalid):
		return 3
	case errors.As(err, &job), errors.As(err, &bound), errors.As(err, &usage), errors.As(err, &call):
		return 2
	case errors.Is(err, flow.ErrInterrupted), errors.Is(err, context.Canceled):
		return 130
	}
	return 1
}

// event prints one line of JSON.
func (a *app) event(v any) {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // nobody is left to be told
}

// addJobFlags gives a command the flags that open a job.
func (a *app) addJobFlags(cmd *cobra.Command) {
	a.addParamFlag(cmd)
	cmd.Flags().StringVar(&a.shard, "shard", "", "load only part `i/n` of the files, by a hash of their names; a table is loaded whole")
}

func (a *app) addParamFlag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&a.params, "param", nil, "a param of the job, `name=value` (or SLUICE_PARAM_NAME in the environment)")
}

// given returns the params of the command line.
func (a *app) given() (map[string]string, error) {
	params := map[string]string{}
	for _, p := range a.params {
		name, value, ok := strings.Cut(p, "=")
		if !ok {
			return nil, &usageError{fmt.Errorf("--param %q: write name=value", spec.RedactURL(p))}
		}
		if strings.Contains(value, ":xxxxx@") { // as again prints it
			return nil, &usageError{&hinted{fmt.Errorf("--param %s: xxxxx stands for the password, which is never shown", name), "write it there, or leave :xxxxx out and have it in " + spec.PasswordOf(value)}}
		}
		params[name] = value
	}
	return params, nil
}

// open opens the job file that a command was given.
func (a *app) open(cmd *cobra.Command, file string, notify func(sluice.Event)) (*sluice.Job, error) {
	params, err := a.given()
	if err != nil {
		return nil, err
	}
	job, err := sluice.Open(cmd.Context(), file, sluice.Options{
		Params: params, Shard: a.shard, Stdin: input{a}, Version: versionText(), Notify: notify, Unread: a.unread, FailFast: a.failFast,
	})
	if err != nil {
		return nil, unread(file, err)
	}
	limit := job.Spec().Limits.Memory
	if job.Spec().Table() {
		limit -= limit / 4
	}
	limitMemory(limit)
	return job, nil
}

// unread returns err, which is a usage error if the job file could not be read.
func unread(file string, err error) error {
	var path *fs.PathError
	switch {
	case !errors.As(err, &path) || path.Path != file:
		return err
	case errors.Is(err, fs.ErrNotExist):
		err = &hinted{fmt.Errorf("job file %s: there is no such file", file), "`sluice init` writes one from a sample of the files"}
	default:
		err = fmt.Errorf("job file %s: %w", file, path.Err)
	}
	return &usageError{err}
}

// limitMemory makes the collector hold the process to the job's limits.memory,
// in bytes. An eighth of it is for what the runtime does not count: the
// program itself, stacks of the system, buffers of the kernel. For a job that
// loads a table a quarter is left as well: SQLite has memory of its own.
//
// Below the limit it collects seldom: each time costs CPU, and the buffers that
// wait to be used again.
func limitMemory(limit int64) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit - limit/8)
	}
}

// terminal says whether a stream is a terminal that a person looks at.
func terminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// again is the command line that would open the same job, for a command that
// a result names.
func (a *app) again(verb, file, run string) string {
	words := []string{"sluice", verb, quote(file)}
	if run != "" {
		words = append(words, run)
	}
	for _, p := range a.params {
		name, value, _ := strings.Cut(p, "=")
		words = append(words, "--param", quote(spec.Redact(name+"="+spec.RedactURL(value))))
	}
	if a.shard != "" {
		words = append(words, "--shard", a.shard)
	}
	return strings.Join(words, " ")
}

// quote makes a word safe for a shell, where it has to be.
func quote(word string) string {
	if word == "" || strings.ContainsAny(word, " \t\n'\"\\$`*?[]{}()<>|&;#!~") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
