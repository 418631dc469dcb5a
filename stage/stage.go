package stage

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/mapping"
	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
)

// Options says what a Stage is made of. Job, Params and Stores are needed.
type Options struct {
	Job    *spec.Job
	Params *spec.Values
	Stores *store.Set

	// Shard is the part of the source files that is loaded. Default: all.
	Shard Shard

	// Stdin is what the job file calls "-". Default: nothing is there.
	Stdin io.Reader

	// Version is sluice's own, for the ledger and for the files' metadata.
	Version string

	// Notify is told of each thing that happens, one at a time.
	// Default: nobody is told.
	Notify func(plan.Event)
}

// A Shard is part I of N of the source files, 1 <= I <= N; each file belongs
// to the shard that a hash of its name gives. The zero Shard is all files.
type Shard struct{ I, N int }

// ParseShard reads a shard as a person writes it, "2/8".
func ParseShard(text string) (Shard, error) {
	var s Shard
	var rest string
	n, _ := fmt.Sscanf(text+" .", "%d/%d %s", &s.I, &s.N, &rest)
	if n != 3 || rest != "." || s.I < 1 || s.I > s.N {
		return Shard{}, fmt.Errorf("%q is no shard: write i/n, such as 2/8, with i from 1 to n", text)
	}
	return s, nil
}

// String returns the shard as a person writes it, "" for all files.
func (s Shard) String() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.I, s.N)
}

// suffix is the shard's part of the name of a run or a lock.
func (s Shard) suffix() string {
	if s.N == 0 {
		return ""
	}
	return fmt.Sprintf(".%d-of-%d", s.I, s.N)
}

// A Stage is a job bound to its params and stores.
type Stage struct {
	Options
	job     *spec.Job
	params  *spec.Values
	stores  *store.Set
	stdin   io.Reader
	program *mapping.Program
	hash    string      // of the job and the params that it uses
	fields  []string    // names of each entry's values, or of the captures
	used    []string    // those of fields that outputs depend on
	at      format.Path // to the records

	told sync.Mutex // one event at a time

	target  store.Store
	base    string // key prefix of outputs in target: what to.files fixes
	baseURL string // the same as a URL
}

// Open checks what can be checked without reading a source file, and opens
// the target's store.
func Open(ctx context.Context, o Options) (*Stage, error) {
	s := &Stage{Options: o, job: o.Job, params: o.Params, stores: o.Stores, stdin: o.Stdin}
	var err error
	if s.program, err = mapping.Compile(o.Job); err != nil {
		return nil, err
	}
	if err := s.textPaths(); err != nil {
		return nil, err
	}
	if s.at, err = parsePath(o.Job.From.At.S); err != nil {
		return nil, o.Job.ErrorAt(o.Job.From.At, 0, err.Error(), "")
	}
	s.hash = o.Job.Fingerprint(o.Params)
	s.fields = o.Job.From.Fields()
	s.used = slices.DeleteFunc(slices.Clone(s.program.FileNames()), func(name string) bool { return !slices.Contains(s.fields, name) })
	if s.baseURL, err = s.expand(o.Job.To.Files.Fixed(s.params.Has), nil); err != nil {
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

// Ready returns an error for a job that is well formed but asks for what is not
// there, or not yet.
func Ready(job *spec.Job) error {
	if job.Table() {
		return job.ErrorAt(job.To.Database.Text, 0, "this version of sluice writes files, not yet tables", "give to.files")
	}
	at, form := spec.Text{Pos: job.From.Pos}, job.From.Format
	for _, files := range job.From.Files {
		if files.S == "-" {
			return job.ErrorAt(files.Text, 0, "standard input has no name and no version, by which an output and its ledger know a source", "write it to a file first; a list of files may come from standard input: from.each")
		}
		if form == "" {
			at, form = files.Text, mapping.FormatOf(&job.From, files.S)
		}
	}
	if form == "xlsx" || form == "parquet" {
		return job.ErrorAt(at, 0, fmt.Sprintf("this version of sluice reads JSON and CSV, not yet %s", form), "from.format says what a file is whatever its name")
	}
	return textReady(job)
}

// expand fills in a template: params, and what more knows.
func (s *Stage) expand(t spec.Template, more func(string) (string, bool)) (string, error) {
	return t.Expand(func(name string) (string, bool) {
		if text, ok := s.params.Text(name); ok {
			return text, true
		}
		if more == nil {
			return "", false
		}
		return more(name)
	})
}

// mine says whether a source belongs to the shard: by its URL as the job writes
// it, so that machines which mount a folder at different places agree.
func (s *Stage) mine(url string) bool {
	if s.Shard.N == 0 {
		return true
	}
	h := fnv.New64a()
	_, _ = io.WriteString(h, url) // it cannot fail
	// The high bits of FNV are the better mixed ones.
	return int(h.Sum64()>>32%uint64(s.Shard.N)) == s.Shard.I-1
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
