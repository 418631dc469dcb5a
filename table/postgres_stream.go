package table

import (
	"context"
	"io"
)

// A stream takes blocks of bytes from the one who encodes rows to the one who
// sends them, so that neither waits for the other while there is room.
type stream struct {
	blocks chan []byte
	used   chan []byte // to be filled again
	err    error       // why there are no more blocks; set before blocks is closed
	rest   []byte      // of the block that is being read
	whole  []byte
}

const (
	blockBytes = 64 << 10
	mostBlocks = 8
)

func newStream() *stream {
	return &stream{blocks: make(chan []byte, mostBlocks), used: make(chan []byte, mostBlocks+2)}
}

// send hands a block over, and returns an empty one.
func (s *stream) send(ctx context.Context, block []byte) ([]byte, error) {
	select {
	case s.blocks <- block:
	case <-ctx.Done(): // nobody reads any more
		return nil, context.Cause(ctx)
	}
	select {
	case block = <-s.used:
		return block[:0], nil
	default:
		return make([]byte, 0, blockBytes+blockBytes/4), nil
	}
}

// end says that there are no more blocks, and why if that is an error.
func (s *stream) end(err error) {
	s.err = err
	close(s.blocks)
}

// Read reads the blocks, and returns io.EOF or the error after the last.
func (s *stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 {
		if s.whole != nil {
			select {
			case s.used <- s.whole:
			default:
			}
			s.whole = nil
		}
		block, ok := <-s.blocks
		switch {
		case ok:
			s.whole, s.rest = block, block
		case s.err != nil:
			return 0, s.err
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
