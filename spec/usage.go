package spec

// A UsageError is one that the job or the call must be mended for: nothing was
// read or written because of it.
type UsageError struct{ Err error }

func (e *UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UsageError) Unwrap() error { return e.Err }
