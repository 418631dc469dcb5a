package stage

import (
	"context"
	"io"
	"math/bits"
	"sync"

	"github.com/seed-128c3863/sluice/flow"
)

// Memory is handed out twice. A file is charged to converter.budget before it
// is fetched, by its size: as held whole, or as streamed. What shows only while
// it is converted, because it is compressed or its output is larger than most,
// is claimed from converter.room by the core that does it. Who has room needs
// nothing else but the store to give it back, so nobody waits in a circle. What
// is free of it is lent to the parts of a large output that are under way.

const (
	// streamCost is what a file that is streamed is charged for, in bytes: four
	// ranges, a batch, a row group, and twice a part of the output.
	streamCost = 64 << 20

	// unfoldCost is the same without the ranges, for a file that is held
	// compressed.
	unfoldCost = 48 << 20

	// perFile is for a connection's buffers and for what is known of a file.
	perFile = 64 << 10

	// The ranges of a file that is streamed, and how many are read ahead.
	rangeBytes  = 4 << 20
	rangesAhead = 3

	// blockBytes is the size of the blocks in which the output of a large file
	// goes to the requests that write it: see flow.Carry.
	blockBytes = 1 << 20

	// partBytes is the most that is held of an output when it is made, beside
	// what is sent of it while there is room.
	partBytes = 8 << 20

	// lanesShare is the part of the room that the pieces of one large file take
	// which are made on several cores, and not yet written.
	lanesShare = 4

	// columnsFactor is how much more an object of columns takes than its text:
	// where each value lies has to be held.
	columnsFactor = 4
)

// cost is what a file in memory is charged for, in bytes: its text, the output
// made of it, and a connection's buffers.
func (c *converter) cost(size int64) int64 {
	if c.job.From.Shape == "columns" {
		size *= columnsFactor
	}
	return size + size/4 + perFile
}

// bookCost is what a workbook of so many bytes takes beside them, in bytes: the
// texts that its cells share, unpacked, a batch and a row group.
func bookCost(size int64) int64 { return 8<<20 + 6*size }

// columnsCost is what a Parquet file of so many bytes, of which so many columns
// are wanted, takes beside them, in bytes: for each column what is fetched of it,
// a page as it unfolds, and a dictionary. The reader holds no more than all of the
// room, whatever the file says.
func columnsCost(size int64, wanted int) int64 { return min(3<<20*int64(wanted), 8*size) }

// beside is what a file takes beside its bytes, in bytes.
func (c *converter) beside(t *task) int64 {
	switch {
	case c.form.Workbook(t.File):
		return bookCost(t.Size)
	case c.form.Columnar(t.File):
		return columnsCost(t.Size, c.form.Wanted())
	}
	return 0
}

// wholeColumns is up to how many bytes of a Parquet file all of it is fetched,
// and not only the columns that are wanted: it is one request instead of several.
const wholeColumns = 1 << 20

// streamed says whether a file is too big to be held whole.
func (c *converter) streamed(t *task) bool {
	if t.Size < 0 { // a web host does not say
		return true
	}
	size := t.Size
	if c.form.Columnar(t.File) && size > wholeColumns {
		return true
	}
	most := c.budget.Size() / 4
	if c.job.From.Shape == "columns" {
		most = c.budget.Size() // it is held anyway
	}
	return c.cost(size) > most
}

// A claim is the part of a budget that one file has.
type claim struct {
	budget *flow.Budget
	bytes  int64
}

// change makes the claim one of n bytes, or of the whole budget if that is
// less. A claim that grows is given back first and waits at the end of the
// line, so that no two of them wait for each other.
func (c *claim) change(ctx context.Context, n int64) error {
	n = min(n, c.budget.Size())
	if n <= c.bytes {
		c.budget.Release(c.bytes - n)
		c.bytes = n
		return nil
	}
	c.release()
	if err := c.budget.Acquire(ctx, n); err != nil {
		return err
	}
	c.bytes = n
	return nil
}

func (c *claim) release() {
	c.budget.Release(c.bytes)
	c.bytes = 0
}

// buffers are texts of sources to be used again, by size: texts of about one
// size share them, and none is a quarter larger than what is charged for it.
type buffers [64 * 8]sync.Pool // of *[]byte

// smallest is from how many bytes on a buffer is worth keeping.
const smallest = 64 << 10

// class returns where buffers for so many bytes are, and how many they have:
// an eighth of a power of two, four to eight times.
func (p *buffers) class(size int64) (*sync.Pool, int64) {
	shift := bits.Len64(uint64(size-1)) - 3
	eighths := (size-1)>>shift + 1
	return &p[shift*8+int(eighths)-1], eighths << shift
}

// get returns an empty one for so many bytes: nil if they are few.
func (p *buffers) get(size int64) []byte {
	if size < smallest {
		return nil
	}
	pool, size := p.class(size)
	if b, ok := pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, size)
}

// put takes one back that is no longer needed.
func (p *buffers) put(b []byte) {
	if cap(b) < smallest {
		return
	}
	if pool, size := p.class(int64(cap(b))); size == int64(cap(b)) {
		pool.Put(&b)
	}
}

// An unfolding reads what a compressed file unfolds to. Its claim, by the
// file's size at first, doubles as more comes out, up to what is enough for any
// file.
type unfolding struct {
	ctx  context.Context
	in   io.Reader
	room *claim
	read int64
}

func (u *unfolding) Read(p []byte) (int, error) {
	n, err := u.in.Read(p)
	u.read += int64(n)
	most := min(unfoldCost, u.room.budget.Size())
	if u.read > u.room.bytes && u.room.bytes < most {
		if err := u.room.change(u.ctx, min(2*u.read, most)); err != nil {
			return 0, err
		}
	}
	return n, err
}

// A counted counts what is written.
type counted struct {
	out   io.Writer
	bytes int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	c.bytes += int64(n)
	return n, err
}
