package flow

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"
)

func TestCarry(t *testing.T) {
	const size = 1000
	long := strings.Repeat("0123456789abcdef", 20*size/16) + "more"
	readers := map[string]func(io.Writer, io.Reader) error{
		"by blocks": func(out io.Writer, in io.Reader) error { _, err := io.Copy(out, in); return err },
		"by parts": func(out io.Writer, in io.Reader) error {
			_, err := io.CopyBuffer(out, struct{ io.Reader }{in}, make([]byte, 333))
			return err
		},
		"by bytes": func(out io.Writer, in io.Reader) error { _, err := io.Copy(out, iotest.OneByteReader(in)); return err },
	}
	for how, read := range readers {
		for _, text := range []string{"", "x", long[:size], long[:10*size], long} {
			for _, piece := range []int{7, size, 3*size + 1} {
				var out bytes.Buffer
				err := Carry(t.Context(), size, func(_ context.Context, out io.Writer) error {
					for rest := text; rest != ""; {
						n, err := io.WriteString(out, rest[:min(piece, len(rest))])
						if err != nil {
							return err
						}
						rest = rest[n:]
					}
					return nil
				}, func(_ context.Context, in io.Reader) error { return read(&out, in) })
				if err != nil || out.String() != text {
					t.Errorf("%s: %d bytes by %d: %d came, %v", how, len(text), piece, out.Len(), err)
				}
			}
		}
	}
}

// endless writes until that fails.
func endless(_ context.Context, out io.Writer) error {
	for {
		if _, err := out.Write(make([]byte, 99)); err != nil {
			return err
		}
	}
}

func TestCarryEnds(t *testing.T) {
	lost := errors.New("connection lost")
	failing := func(context.Context, io.Reader) error { return lost }
	hiding := func(_ context.Context, in io.Reader) error {
		if _, err := io.Copy(io.Discard, in); err != nil {
			return lost
		}
		return nil
	}
	outside := func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeoutCause(ctx, time.Second, errFault)
	}
	for name, tc := range map[string]struct {
		write func(context.Context, io.Writer) error
		read  func(context.Context, io.Reader) error
		ctx   func(context.Context) (context.Context, context.CancelFunc)
		want  error
	}{
		"of who reads":  {endless, failing, nil, lost},
		"of who writes": {func(context.Context, io.Writer) error { return errFault }, hiding, nil, errFault},
		"after some": {func(_ context.Context, out io.Writer) error {
			_, _ = out.Write(make([]byte, 5000)) // there is room
			return errFault
		}, hiding, nil, errFault},
		"of who reads, in vain": {func(ctx context.Context, _ io.Writer) error {
			<-ctx.Done()
			return errFault
		}, failing, nil, lost},
		"outside": {endless, func(ctx context.Context, _ io.Reader) error { return sleep(ctx, time.Hour) }, outside, errFault},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if tc.ctx != nil {
					var cancel context.CancelFunc
					ctx, cancel = tc.ctx(ctx)
					defer cancel()
				}
				if err := Carry(ctx, 1000, tc.write, tc.read); !errors.Is(err, tc.want) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
			})
		})
	}
}

// TestCarryRoom writes as far ahead as there is room, and no farther; blocks are
// used again.
func TestCarryRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		written := 0
		blocks := map[*byte]bool{}
		err := Carry(t.Context(), 100, func(_ context.Context, out io.Writer) error {
			for range 1000 {
				if _, err := out.Write(make([]byte, 10)); err != nil {
					return err
				}
				written += 10
			}
			return nil
		}, func(_ context.Context, in io.Reader) error {
			synctest.Wait()
			if written != (mostBlocks+2)*100 {
				t.Errorf("%d bytes were written before any was read", written)
			}
			_, err := in.(io.WriterTo).WriteTo(seen(blocks))
			return err
		})
		if err != nil || written != 10000 || len(blocks) > mostBlocks+2 {
			t.Errorf("%v, %d bytes in %d blocks", err, written, len(blocks))
		}
	})
}

// seen notes which blocks are written.
type seen map[*byte]bool

func (s seen) Write(p []byte) (int, error) {
	s[&p[0]] = true
	return len(p), nil
}
