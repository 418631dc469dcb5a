package store

import (
	"context"
	"crypto/rand"
	"time"
)

// A Store answers requests about the objects of one bucket, folder tree or
// host. It may be used by many goroutines at once.
type Store interface {
	// Do carries out one request. A request that fails has changed nothing,
	// unless its error is Retryable: then it may have been carried out, and
	// only its answer was lost. Every error is an *Error, or wraps one.
	Do(ctx context.Context, req Request) (Answer, error)
}

// Op is what a Request asks for.
type Op uint8

// The operations, and which fields of Request they read beside Key.
const (
	OpList     Op = iota // After, Max; Key is the prefix
	OpHead               //
	OpGet                // Range, If.Match
	OpPut                // Body, If, Token
	OpCopy               // Source, If, Token
	OpDelete             // If.Match where the store can; what is not there is no error
	OpBegin              // Token: begin a multipart upload
	OpPart               // Upload, Number, Range.Offset, Body
	OpComplete           // Upload, Parts, If, Token (that of OpBegin)
	OpAbort              // Upload; an upload that is not there is no error
)

var opNames = [...]string{"list", "head", "get", "put", "copy", "delete", "begin upload of", "put part of", "complete", "abort upload of"}

// String returns the operation as a verb.
func (o Op) String() string { return opNames[o] }

// MaxKeys is the most keys that one List request answers.
const MaxKeys = 1000

// A Request asks for one operation on one object. Which fields count is said
// at each Op. The store keeps no part of it after Do.
type Request struct {
	Op     Op
	Key    string    // OpList: the prefix
	After  string    // only keys greater than After, in byte order
	Max    int       // at most so many keys; 0 and more than MaxKeys: MaxKeys
	Range  Range     // OpPart: Offset is where in the object the part begins
	If     Condition // what must hold, or the error is Changed
	Body   []byte    // OpGet: a buffer for what is read, if it is big enough
	To     *Spool    // OpGet of a web host: takes all of the object, in place of the answer's Body
	Source string    // the key, in the same store, to copy from
	Token  string    // kept with the object: by it a writer knows its own write again
	Upload string    // as OpBegin answered it
	Number int       // of the part, from 1
	Parts  []Part    // in order of Number
	First  bool      // it goes before others that wait for a slot
}

// A Range is a stretch of an object's bytes. The zero Range is all of them.
type Range struct {
	Offset int64
	Length int64 // 0: to the end
}

// A Condition is what must hold of the object that is there. The zero
// Condition always holds.
type Condition struct {
	Match string // it has this ETag
	None  bool   // there is none
}

// A Part is one part of a multipart upload.
type Part struct {
	Number int // from 1
	ETag   string
	Size   int64
}

// Info is what a store knows about an object without reading it.
type Info struct {
	Key      string
	ETag     string // changes whenever the bytes do; without the quotes of HTTP; "" if the store has none
	Size     int64  // bytes of the whole object; -1 if the store does not say
	Modified time.Time
	Token    string    // as the writer gave it; "" from List
	Served   time.Time // the store's own clock at the answer; zero if unknown
}

// An Answer is what came of a Request.
type Answer struct {
	Info   Info   // of the object: head, get, put, copy, complete
	Body   []byte // get: exactly the bytes asked for; owned by the caller
	List   []Info // list: in byte order of keys
	More   bool   // list: there are keys beyond the last of List
	Remote bool   // list: many requests at once are quicker than one after the other
	Upload string // begin
	Part   Part   // part
}

// Head returns what is known about the object.
func Head(ctx context.Context, s Store, key string) (Info, error) {
	a, err := s.Do(ctx, Request{Op: OpHead, Key: key})
	return a.Info, err
}

// Get returns the whole object. If match is not empty the object must have
// that ETag, or the error is Changed.
func Get(ctx context.Context, s Store, key, match string) ([]byte, Info, error) {
	return GetRange(ctx, s, key, match, Range{})
}

// GetInto is Get with a buffer, which the bytes are put in if it is big enough.
func GetInto(ctx context.Context, s Store, key, match string, buffer []byte) ([]byte, Info, error) {
	a, err := s.Do(ctx, Request{Op: OpGet, Key: key, If: Condition{Match: match}, Body: buffer})
	return a.Body, a.Info, err
}

// GetRange returns the bytes of the object in the range, which ends with the
// object if it reaches beyond it. It must not begin beyond it.
func GetRange(ctx context.Context, s Store, key, match string, r Range) ([]byte, Info, error) {
	a, err := s.Do(ctx, Request{Op: OpGet, Key: key, If: Condition{Match: match}, Range: r})
	return a.Body, a.Info, err
}

// Put writes the object if the condition holds. Whoever reads it gets the old
// object or the new, whole.
func Put(ctx context.Context, s Store, key string, body []byte, c Condition) (Info, error) {
	a, err := s.Do(ctx, Request{Op: OpPut, Key: key, Body: body, If: c, Token: tokenFor(c)})
	return a.Info, err
}

// Copy writes the object to as a copy of from, on the side of the store, if
// the condition holds of what is at to. (Of object stores other than AWS some
// do not heed a condition on a copy.)
func Copy(ctx context.Context, s Store, from, to string, c Condition) (Info, error) {
	a, err := s.Do(ctx, Request{Op: OpCopy, Key: to, Source: from, If: c, Token: tokenFor(c)})
	return a.Info, err
}

// Delete removes the object. That it is not there is no error.
func Delete(ctx context.Context, s Store, key string) error {
	_, err := s.Do(ctx, Request{Op: OpDelete, Key: key})
	return err
}

// tokenFor returns a token for a write under the condition. A write without
// one needs none: to do it twice is the same as to do it once.
func tokenFor(c Condition) string {
	if c == (Condition{}) {
		return ""
	}
	return rand.Text()
}
