package stage

import (
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

// pack writes values as NDJSON, compressed.
func pack[T any](values []T) ([]byte, error) {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	for i := range values {
		if err := e.Encode(&values[i]); err != nil {
			return nil, err
		}
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return z.EncodeAll(text.Bytes(), nil), z.Close()
}

// unpack reads what pack wrote, a value at a time.
func unpack[T any](name string, packed []byte, each func(T)) error {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer z.Close()
	text, err := z.DecodeAll(packed, nil)
	if err != nil {
		return fmt.Errorf("ledger file %s is damaged: %w", name, err)
	}
	for len(text) > 0 {
		line, rest, _ := bytes.Cut(text, []byte("\n"))
		text = rest
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			return fmt.Errorf("ledger file %s is damaged: %w", name, err)
		}
		each(v)
	}
	return nil
}
