package stage

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// An entry is what the ledger knows of one source file.
type entry struct {
	Source  string `json:"src"`  // URL, or absolute path
	ETag    string `json:"etag"` // of the source that was read
	Size    int64  `json:"size"`
	Version string `json:"ver"`           // of the job and of the values that it takes from the entry of `each`
	Output  string `json:"out,omitempty"` // relative to the ledger's base; "": none was made
	OETag   string `json:"oetag,omitempty"`
	Rows    int64  `json:"rows,omitempty"`
	Rejects int64  `json:"rejects,omitempty"`
	Run     string `json:"run"`
	State   string `json:"state"`
	Why     string `json:"why,omitempty"` // stateInvalid: the reason
}

// The states of an entry.
const (
	stateDone    = "done"    // Output was written
	stateEmpty   = "empty"   // there were no records, so there is no output
	stateInvalid = "invalid" // it could not be read; what output there was is as before
	stateNone    = "none"    // taken back: as if it had never been read
)

// A prior is what was there before a run touched an output.
type prior struct {
	ETag  string `json:"etag,omitempty"`  // of the output; "": there was none
	Entry *entry `json:"entry,omitempty"` // the ledger's; nil: none
}

// A change is an entry that a run made and what it replaced: what a revert needs.
type change struct {
	entry
	Prior prior `json:"prior,omitzero"`
	Kept  bool  `json:"kept,omitempty"` // the prior output lies under kept/RUN
	bytes int64 // of the output
}

// pack writes values as NDJSON, compressed. It holds no more than the result.
func pack[T any](values []T) ([]byte, error) {
	var packed bytes.Buffer
	z, err := zstd.NewWriter(&packed, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(packWindow))
	if err != nil {
		return nil, err
	}
	e := json.NewEncoder(z)
	e.SetEscapeHTML(false)
	for i := range values {
		if err := e.Encode(&values[i]); err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return packed.Bytes(), err
}

// packWindow is how far back repetitions are looked for, in bytes.
const packWindow = 1 << 20

// unpack reads what pack wrote, a value at a time. After an error, what each
// was called with is not to be used.
func unpack[T any](name string, packed []byte, each func(T)) error {
	z, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return err
	}
	defer z.Close()
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<30)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			return fmt.Errorf("ledger file %s is damaged: %w", name, err)
		}
		each(v)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("ledger file %s is damaged: %w", name, err)
	}
	return nil
}
