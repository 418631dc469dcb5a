package format

import "io"

// A textWriter gathers lines and writes them in large pieces.
type textWriter struct {
	w   io.Writer
	buf []byte
	err error // the first error of w; no file comes of it
}

const textBytes = 64 << 10 // gathered before they are written

// batch appends what a batch is in text; if that fails, nothing of it.
func (t *textWriter) batch(add func(dst []byte) ([]byte, error)) error {
	if t.err != nil {
		return t.err
	}
	at := len(t.buf)
	var err error
	if t.buf, err = add(t.buf); err != nil {
		t.buf = t.buf[:at]
		return err
	}
	if len(t.buf) >= textBytes {
		return t.flush()
	}
	return nil
}

func (t *textWriter) flush() error {
	if len(t.buf) > 0 {
		n, err := t.w.Write(t.buf)
		if err == nil && n < len(t.buf) {
			err = io.ErrShortWrite
		}
		t.buf, t.err = t.buf[:0], err
	}
	return t.err
}

func (t *textWriter) close() error {
	if t.err == nil && t.flush() == nil {
		t.err = errClosed
		return nil
	}
	return t.err
}

func (t *textWriter) reset(w io.Writer) { t.w, t.buf, t.err = w, t.buf[:0], nil }
