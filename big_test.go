package sluice_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/seed-128c3863/sluice"
)

const bigJob = `
sluice: 1
name: big
params:
  in:  {type: string}
  out: {type: string}
from:
  files: "{in}/{*part}.json"FROM
columns:
  id:     {type: int64,     value: row.id, required: true}
  at:     {type: timestamp, value: 'strptime(row.at, "%Y-%m-%dT%H:%M:%S")'}
  amount: {type: float64,   value: row.offer.price.amount}
  from:   {type: string,    value: 'row.legs[0].from'}
  note:   {type: string,    value: row.note}
to:
  files: "{out}/{part}.parquet"
errors:
  rejects: "{out}/rejects/{run}.csv"
`

// bigRecords writes records, each after the first behind between, until there are
// size bytes, and returns their number.
func bigRecords(w io.Writer, size int64, between string) (rows int64) {
	var text []byte
	for n := int64(0); n < size; rows++ {
		text = text[:0]
		if rows > 0 {
			text = append(text, between...)
		}
		text = strconv.AppendInt(append(text, `{"id":`...), rows, 10)
		text = fmt.Appendf(text, `,"at":"2024-04-%02dT10:%02d:00","offer":{"price":{"amount":%d.5,"currency":"EUR"},"carrier":"C%d"}`, 1+rows%28, rows%60, rows*7919%2000, rows%60)
		text = append(text, `,"legs":[{"from":"FRA","to":"JFK","minutes":495},{"from":"JFK","to":"LAX","minutes":372}],"note":"`...)
		text = strconv.AppendUint(text, uint64(rows)*0x9e3779b97f4a7c15, 36)
		text = append(text, `"}`...)
		n += int64(len(text))
		_, _ = w.Write(text) // an error stays in the bufio.Writer
	}
	return rows
}

// bigFile writes a file of records, of so many bytes before its compression.
func bigFile(t *testing.T, name string, size int64, compression, first, between, last string) (rows int64) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out io.WriteCloser = f
	switch compression {
	case "gzip":
		out, err = gzip.NewWriterLevel(f, gzip.BestSpeed)
	case "zstd":
		out, err = zstd.NewWriter(f, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	}
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(out, 1<<20)
	_, _ = w.WriteString(first)
	rows = bigRecords(w, size, between)
	_, _ = w.WriteString(last)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if out != io.WriteCloser(f) {
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return rows
}

// TestBigFiles loads files that are far larger than limits.memory, and holds
// the process to little more than that. SLUICE_SOAK makes them 2 GiB in all.
func TestBigFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("large files")
	}
	const lines = "\n"
	size, most := int64(128<<20), int64(256<<20)
	if os.Getenv("SLUICE_SOAK") != "" {
		size, most = 2<<30, 400<<20
	}
	for name, tc := range map[string]struct {
		files                int
		compression          string
		first, between, last string
		from                 string
		s3                   bool
	}{
		"lines":          {between: lines},
		"lines, gzip":    {between: lines, compression: "gzip"},
		"lines, zstd":    {between: lines, compression: "zstd"},
		"lines, S3":      {between: lines, s3: true},
		"lines, gzip S3": {between: lines, compression: "gzip", s3: true},
		"at a path":      {first: `{"data":{"rows":[`, between: ",", last: `]},"more":1}`, from: "\n  at: data.rows"},
		"four at once":   {files: 4, first: "[", between: ",", last: "]"},
		"64, gzip":       {files: 64, between: lines, compression: "gzip"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rows, files := int64(0), max(1, tc.files)
			for i := range files {
				rows += bigFile(t, fmt.Sprintf("%s/in/%d.json", dir, i), size/int64(files), tc.compression, tc.first, tc.between, tc.last)
			}
			job := dir + "/job.yaml"
			if err := os.WriteFile(job, []byte(strings.Replace(bigJob, "FROM", tc.from, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			params := map[string]string{"in": dir + "/in", "out": dir + "/out"}
			if tc.s3 {
				sim, addr := tool(t, "SLUICE_TEST_S3SIM"), freeAddr(t)
				serve(t, addr, nil, sim, "-addr", addr, "-buckets", "in,out", "-preload", dir+"/in", "-get-latency", "1ms", "-put-latency", "1ms", "-bw", "0")
				environment(t, addr, "x", "y")
				params = map[string]string{"in": "s3://in", "out": "s3://out"}
			}
			began := time.Now()
			peak := applyApart(t, job, params)
			t.Logf("%d MB, %d MB of memory, %.1f s", size>>20, peak>>20, time.Since(began).Seconds())
			if peak > most {
				t.Errorf("%d MB of memory, want at most %d", peak>>20, most>>20)
			}
			if got := recordedRows(t, job, params); got != rows {
				t.Errorf("%d rows, want %d", got, rows)
			}
		})
	}
}

// applyApart applies a job in a process of its own, with the limit for the
// collector that the command sets, and returns the most memory that it had.
func applyApart(t *testing.T, job string, params map[string]string) (peak int64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SLUICE_TEST_APPLY="+job, "GOMEMLIMIT=224MiB")
	for name, value := range params {
		cmd.Env = append(cmd.Env, "SLUICE_PARAM_"+strings.ToUpper(name)+"="+value)
	}
	var text strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &text
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("%v: %s", err, text.String())
			}
			return peak
		case <-look.C:
			peak = max(peak, peakMemory(cmd.Process.Pid))
		}
	}
}

// peakMemory returns the most memory that a process had so far, in bytes; 0
// where that is not known.
func peakMemory(pid int) int64 {
	if runtime.GOOS != "linux" {
		return 0
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	var kb int64
	_, _ = fmt.Sscan(after, &kb)
	return kb << 10
}

// recordedRows returns the rows of the job's only run.
func recordedRows(t *testing.T, job string, params map[string]string) int64 {
	t.Helper()
	j, err := sluice.Open(context.Background(), job, sluice.Options{Params: params})
	if err != nil {
		t.Fatal(err)
	}
	runs, err := j.Runs(context.Background())
	if err != nil || len(runs) != 1 || runs[0].State != "done" {
		t.Fatalf("runs %+v, %v", runs, err)
	}
	return runs[0].Rows
}

// TestTooLarge holds files to what limits.memory lets be held of them at once.
func TestTooLarge(t *testing.T) {
	const mb = 1 << 20
	long := strings.Repeat("0123456789abcdef", 3*mb/16)
	column := strings.Repeat(`1,`, 2*mb) + "1"
	for name, tc := range map[string]struct {
		text, from, want string
	}{
		"a line":              {"{\"id\":1}\n{\"id\":\"" + long + "\"}\n", "", "byte 10: the record or value that begins here has more than 2097152 bytes, the most that is held: an eighth of limits.memory, which is 16 MiB; raise it"},
		"a record":            {`[{"id":1},{"note":"` + long + `"}]`, "", "byte 11: the record or value that begins here"},
		"beside the rows":     {`{"x":"` + long + `","rows":[{"id":1}]}`, "\n  at: rows", "byte 6: the record or value that begins here"},
		"columns":             {`{"id":[` + column + `]}`, "\n  shape: columns", "byte 1: the document, which is needed in memory as a whole, has more than 2097152 bytes"},
		"compression: none":   {gzipText(`[{"id":1}]`), "\n  compression: none", "this is gzip data, although the compression is said to be none"},
		"large, none":         {gzipText(`[{"id":1}]`+strings.Repeat(" ", 2<<10)) + long, "\n  compression: none", "this is gzip data, although the compression is said to be none"},
		"compression: gzip":   {`[{"id":1}]`, "\n  compression: gzip", `this is no gzip data: it begins with "[{\"i"`},
		"large, not gzip":     {"[" + long, "\n  compression: gzip", `this is no gzip data`},
		"damaged":             {gzipText(`[{"id":1}]`)[:20], "", "cut off"},
		"a line, compressed":  {gzipText("{\"id\":1}\n{\"id\":\"" + long + "\"}\n"), "", "byte 10: the record or value that begins here has more than 2097152 bytes"},
		"columns, compressed": {gzipText(`{"id":[` + column + `]}`), "\n  shape: columns", "has more than 2097152 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			w.write("job.yaml", strings.Replace(bigJob, "FROM", tc.from, 1)+"limits: {memory: 16MiB}\n")
			w.write("in/a.json", tc.text)
			r := w.apply(sluice.ApplyOptions{})
			if r.Status != 3 || len(r.Invalid) != 1 || !strings.Contains(r.Invalid[0].Why, tc.want) {
				t.Errorf("status %d, %v, want %q", r.Status, r.Invalid, tc.want)
			}
			w.clean()
		})
	}
}

// TestCompressionByContent reads files by what they hold, whatever their names
// say.
func TestCompressionByContent(t *testing.T) {
	w := newWorld(t, 2)
	w.write("in/1.json", gzipText(`[{"id":10,"name":"first"},{"id":11,"name":"b"}]`))
	w.apply(sluice.ApplyOptions{})
	w.want("first", "first")
	w.clean()
}

func gzipText(text string) string {
	var s strings.Builder
	z := gzip.NewWriter(&s)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return s.String()
}
