package table

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-128c3863/sluice/plan"
)

// TestBatchCrash stops the server at random moments of runs that write batches:
// never is there half of a batch, the next apply goes on with the run, under its
// ID, and what all of it did can be taken back.
func TestBatchCrash(t *testing.T) {
	t.Parallel()
	eachCrashShop(t, testBatchCrash)
}

func testBatchCrash(t *testing.T, c server, s *shop) {
	s.apply(v1)
	before := s.dump()
	want := s.apply(v2clean)
	after := s.products()
	s.revert(want.Run)
	m, between := newMoments(t), 0
	for i := range kills() / 4 {
		cmd, lines := s.startBatches("")
		for range i % 7 {
			lines.Scan()
		}
		<-time.After(time.Duration(m.Int64N(int64(20 * time.Millisecond))))
		c.Crash(t)
		_ = cmd.Wait() // it may have been done before
		s.reconnect()
		states := s.runs()
		n, id := 0, ""
		if last := states[len(states)-1]; strings.HasPrefix(last, "apply running") {
			between++
			n, _ = strconv.Atoi(last[strings.LastIndexByte(last, ' ')+1:])
			id = s.lastRun()
			if n%3 != 0 || n == 0 {
				t.Error(last)
			}
		}
		res, err := s.batched(v2clean, 3).Apply(context.Background(), plan.ApplyOptions{})
		if err != nil || res.Resumed != (n > 0) || res.Resumed && (res.Rows != 21-int64(n) || res.Run != id) {
			t.Fatalf("%v, %+v", err, res)
		}
		same(t, "after a crash and another apply", s.products(), after)
		s.revert(s.lastRun())
		same(t, "reverted", s.dump(), before)
		if t.Failed() {
			t.FailNow()
		}
	}
	if between == 0 {
		t.Error("no run was cut off between batches")
	}
}

// startBatches begins to apply the second file in another process, in batches of
// three, of which it tells; behind those rows it stands still.
func (s *shop) startBatches(stop string) (*exec.Cmd, *bufio.Scanner) {
	s.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_TEST_RUN_ON="+s.url, "SLUICE_TEST_RUN=apply "+v2clean, "SLUICE_TEST_BATCH=3", "SLUICE_TEST_STOP="+stop)
	out, err := cmd.StdoutPipe()
	must(s, err)
	must(s, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// A row that somebody edits before a killed run is taken up is named. What is
// written stays, and goes with a revert, which leaves that row alone.
func TestBatchKillAndEdit(t *testing.T) { eachShop(t, testBatchKillAndEdit) }

func testBatchKillAndEdit(t *testing.T, s *shop) {
	s.apply(v1)
	before, sku := s.products(), ""
	for _, r := range s.plan(v2clean).Table.Rows {
		if r.State == plan.Update {
			sku = max(sku, fmt.Sprint(r.Key[0].Value)) // the last that is updated
		}
	}
	cmd, lines := s.startBatches("6")
	for lines.Scan() {
		if lines.Text() == "6" {
			break
		}
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	s.alone()
	id, title := s.lastRun(), s.query("SELECT title FROM shop_product WHERE sku = '" + sku + "'")[0]
	s.exec("UPDATE shop_product SET title = 'mine' WHERE sku = '" + sku + "'")
	r, err := s.batched(v2clean, 3).Apply(context.Background(), plan.ApplyOptions{})
	var part *plan.PartError
	if !errors.As(err, &part) || part.Resumable || r.Run != id || part.Written < 6 || part.Written >= 15 {
		t.Fatalf("%v, %+v", err, r)
	}
	has(t, err, fmt.Sprintf("%d of 21 rows are written: the plan no longer holds: ", part.Written), sku, "was changed since it was compared: title ", "mine")
	if s.products() == before {
		t.Error("what was written is gone")
	}
	s.revert(id)
	edited := s.query("SELECT title FROM shop_product WHERE sku = '" + sku + "'")
	same(t, "the edit", strings.Join(edited, ""), "mine")
	s.exec("UPDATE shop_product SET title = '" + title + "' WHERE sku = '" + sku + "'")
	same(t, "reverted", s.products(), before)
}
