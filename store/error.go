package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is what an Error means to the caller.
type Kind uint8

// The kinds. Those marked + may be tried again; after those marked ! no
// request to the store can work.
const (
	Other          Kind = iota // none of the following
	NotExist                   // no such object, or no such upload
	Changed                    // a condition did not hold: changed since, or there already
	Conflict                   // + another write of the same object is under way
	Denied                     // this request is not allowed
	Throttled                  // + the store asks for fewer requests
	Timeout                    // + no answer in time
	Broken                     // + connection lost, body cut short, or the store's own fault
	Expired                    // + credentials that are no longer good; the next request fetches new ones
	Down                       // + nothing answers at the endpoint right now
	Unreachable                // ! nothing has answered at the endpoint for a while
	BadStore                   // ! no such bucket, wrong region or endpoint
	BadCredentials             // ! none, or refused
	Full                       // ! no space left, or mounted read-only
	Unsupported                // the store cannot do this
)

// An Error says which request failed, how, and what that means. Its text has
// no key, password or signed query in it.
type Error struct {
	Op     string // a verb
	URL    string // the object or the store, without user, password and query
	Code   string // as the store named it, such as NoSuchKey; may be empty
	Status int    // of HTTP; 0 if there was none
	Kind   Kind
	Err    error
	Hint   string // what to check; may be empty
}

// Error returns, for example, `get s3://raw/a.json: NoSuchKey (404): The specified key does not exist`.
func (e *Error) Error() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s: ", e.Op, e.URL)
	switch {
	case e.Code != "" && e.Status != 0:
		fmt.Fprintf(&s, "%s (%d): ", e.Code, e.Status)
	case e.Code != "":
		fmt.Fprintf(&s, "%s: ", e.Code)
	case e.Status != 0:
		fmt.Fprintf(&s, "status %d: ", e.Status)
	}
	s.WriteString(strings.TrimRight(e.Err.Error(), ".\n "))
	return s.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Throttled says whether the store asked for fewer requests.
func (e *Error) Throttled() bool { return e.Kind == Throttled }

// Timeout says whether the store did not answer in time.
func (e *Error) Timeout() bool { return e.Kind == Timeout }

// KindOf returns the kind of the Error that err is or wraps, else Other.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Other
}

// Hint returns what to check about the error, or "".
func Hint(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint
	}
	return ""
}

// IsNotExist says whether there is no such object.
func IsNotExist(err error) bool { return KindOf(err) == NotExist }

// IsChanged says whether a condition did not hold: the object has changed, is
// being changed, or is there already.
func IsChanged(err error) bool {
	k := KindOf(err)
	return k == Changed || k == Conflict
}

// IsDenied says whether the store refused the request or the credentials.
func IsDenied(err error) bool {
	k := KindOf(err)
	return k == Denied || k == BadCredentials
}

// IsFatal says whether no request to the store can work.
func IsFatal(err error) bool {
	switch KindOf(err) {
	case Unreachable, BadStore, BadCredentials, Full:
		return true
	}
	return false
}

// Retryable says whether the same request may work when tried again.
func Retryable(err error) bool {
	switch KindOf(err) {
	case Conflict, Throttled, Timeout, Broken, Expired, Down:
		return true
	}
	return false
}

// unsure says whether the request that failed may have been carried out.
func unsure(err error) bool {
	k := KindOf(err)
	return k == Timeout || k == Broken
}

// ended returns the cause if the caller's own context has ended: then err says
// nothing about the store.
func ended(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}
