package flow

import (
	"context"
	"io"
)

// A belt carries items from one who makes them to one who takes them, and back
// to be used again. As many go round as there is room for; one that was not
// used before is zero.
type belt[T any] struct {
	full chan T
	used chan T
	err  error // why there are no more; set before full is closed
}

func newBelt[T any](items int) *belt[T] {
	b := &belt[T]{full: make(chan T, items), used: make(chan T, items)}
	var none T
	for range items {
		b.used <- none
	}
	return b
}

// free returns an item to be made, as soon as there is one.
func (b *belt[T]) free(ctx context.Context) (item T, err error) {
	select {
	case item = <-b.used:
		return item, nil
	case <-ctx.Done(): // nobody takes any more
		return item, context.Cause(ctx)
	}
}

// end says that no more come, and why if that is an error.
func (b *belt[T]) end(err error) {
	b.err = err
	close(b.full)
}

// next returns the next item, and after the last io.EOF or the error of end.
func (b *belt[T]) next() (T, error) {
	item, ok := <-b.full
	switch {
	case ok:
		return item, nil
	case b.err != nil:
		return item, b.err
	}
	return item, io.EOF
}

// Carry runs write beside read, which reads what that writes, so that neither
// waits for the other while there is room: an [io.Pipe] with room in it, for
// eight blocks of size bytes. read must read to the end, or fail. If write fails,
// read is given its error, which Carry returns, whatever read makes of it. If read
// fails, the context of write ends, and its writes fail.
//
// What read is given is an [io.WriterTo], which writes whole blocks.
func Carry(ctx context.Context, size int, write func(context.Context, io.Writer) error, read func(context.Context, io.Reader) error) error {
	b := &blocks{belt: newBelt[[]byte](mostBlocks + 2), size: size}
	var wrote error
	first := false
	err := Together(ctx, func(ctx context.Context) error {
		b.ctx = ctx
		if wrote = write(ctx, b); wrote == nil && len(b.block) > 0 {
			b.full <- b.block
		}
		first = ctx.Err() == nil
		b.end(wrote)
		return nil // read is told
	}, func(ctx context.Context) error { return read(ctx, b) })
	if err == nil || wrote != nil && first {
		return wrote
	}
	return err
}

// mostBlocks is how many blocks wait to be taken, beside the one that is made
// and the one that is taken.
const mostBlocks = 8

// blocks are bytes on a belt.
type blocks struct {
	*belt[[]byte]
	size int

	// Of who writes:
	ctx   context.Context
	block []byte

	// Of who reads:
	whole []byte
	rest  []byte // of whole
}

// Write adds p, and waits while there is no room.
func (b *blocks) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		if b.block == nil {
			if b.block, err = b.free(b.ctx); err != nil {
				return written, err
			}
			if b.block = b.block[:0]; b.block == nil {
				b.block = make([]byte, 0, b.size)
			}
		}
		n := min(len(p), b.size-len(b.block))
		b.block = append(b.block, p[:n]...)
		p, written = p[n:], written+n
		if len(b.block) == b.size {
			b.full <- b.block
			b.block = nil
		}
	}
	return written, nil
}

// Read reads what came, and after that returns io.EOF or why there is no more.
func (b *blocks) Read(p []byte) (n int, err error) {
	for len(b.rest) == 0 {
		if b.whole != nil {
			b.used <- b.whole
			b.whole = nil
		}
		if b.rest, err = b.next(); err != nil {
			return 0, err
		}
		b.whole = b.rest
	}
	n = copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// WriteTo writes all that comes to out.
func (b *blocks) WriteTo(out io.Writer) (written int64, err error) {
	for {
		block, err := b.next()
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := out.Write(block)
		if written += int64(n); err != nil {
			return written, err
		}
		b.used <- block
	}
}
