package stage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/source"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says what a Stage is made of. Job, Params and Stores are needed.
type Options struct {
	Job    *spec.Job
	Params *spec.Values
	Stores *store.Set

	// Shard is the part of the source files that is loaded. Default: all.
	Shard source.Shard

	// Stdin is what the job file calls "-". Default: nothing is there.
	Stdin io.Reader

	// Version is sluice's own, for the ledger and for the files' metadata.
	Version string

	// Notify is told of each thing that happens, one at a time.
	// Default: nobody is told.
	Notify func(plan.Event)
}

// A Stage is a job bound to its params and stores.
type Stage struct {
	Options
	job     *spec.Job
	params  *spec.Values
	stores  *store.Set
	sources *source.Finder
	program *mapping.Program
	hash    string   // of the job and the params that it uses
	fields  []string // names of each entry's values, or of the captures
	used    []string // those of fields that outputs depend on
	form    *source.Form

	told sync.Mutex // one event at a time

	target  store.Store
	base    string // key prefix of outputs in target: what to.files fixes
	baseURL string // the same as a URL
}

// Open checks what can be checked without reading a source file, and opens
// the target's store.
func Open(ctx context.Context, o Options) (*Stage, error) {
	s := &Stage{Options: o, job: o.Job, params: o.Params, stores: o.Stores}
	var err error
	if s.program, err = mapping.Compile(o.Job); err != nil {
		return nil, err
	}
	if s.form, err = source.NewForm(o.Job, s.program); err != nil {
		return nil, err
	}
	s.form.Records = true
	s.hash = o.Job.Fingerprint(o.Params)
	s.fields = o.Job.From.Fields()
	s.used = slices.DeleteFunc(slices.Clone(s.program.FileNames()), func(name string) bool { return !slices.Contains(s.fields, name) })
	s.sources = source.New(source.Options{Job: o.Job, Params: o.Params, Stores: o.Stores, Shard: o.Shard, Stdin: o.Stdin, Uses: s.uses()})
	if s.baseURL, err = o.Job.To.Files.Fixed(s.params.Has).Expand(s.params.Text); err != nil {
		return nil, err
	}
	s.baseURL = s.baseURL[:strings.LastIndexByte(s.baseURL, '/')+1]
	if s.target, s.base, err = o.Stores.Open(ctx, s.baseURL); err != nil {
		return nil, err
	}
	if s.base != "" && !strings.HasSuffix(s.base, "/") {
		s.base += "/"
	}
	return s, nil
}

// uses returns the names that outputs, or their names, depend on, among them all
// such fields of a source.
func (s *Stage) uses() []string {
	names := slices.Clone(s.used)
	for _, p := range s.job.To.Files.Parts {
		names = append(names, strings.TrimPrefix(p.Name, "file."))
	}
	return names
}

func (s *Stage) notify(e plan.Event) {
	if s.Notify == nil {
		return
	}
	s.told.Lock()
	defer s.told.Unlock()
	s.Notify(e)
}

// token returns a short random mark.
func token() string {
	var b [4]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
