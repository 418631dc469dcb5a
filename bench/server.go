package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A server is a running s3sim.
type server struct {
	url string
	cmd *exec.Cmd
}

// store starts s3sim with the files below dir in its bucket raw, and an empty
// bucket stage.
func (l *lab) store(dir string, flags ...string) (*server, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		return nil, err
	}
	s := &server{url: "http://" + addr}
	s.cmd = exec.Command(filepath.Join(l.root, ".tools/bin/s3sim"), append([]string{"-addr", addr, "-preload", dir}, flags...)...)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if _, err := s.stats(); err == nil {
			return s, nil
		}
	}
	s.stop()
	return nil, errors.New("s3sim does not answer")
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt)
	_ = s.cmd.Wait()
}

// stats are s3sim's counters since it started or was reset.
type stats struct {
	Requests   map[string]int64 // by operation
	Status500  int64            `json:"status_500"`
	Status503  int64            `json:"status_503"`
	Expired400 int64            `json:"expired_400"`
	Truncated  int64
	Resets     int64
}

func (s stats) total() (n int64) {
	for _, of := range s.Requests {
		n += of
	}
	return n
}

func (s *server) stats() (st stats, err error) {
	text, err := s.ask("/_sim/stats")
	if err == nil {
		err = json.Unmarshal(text, &st)
	}
	return st, err
}

// reset empties a bucket and zeroes the counters.
func (s *server) reset(bucket string) error {
	_, err := s.ask("/_sim/reset?bucket=" + bucket)
	return err
}

// dump writes the objects of a bucket below dir.
func (s *server) dump(bucket, dir string) error {
	_, err := s.ask("/_sim/dump?bucket=" + bucket + "&dir=" + url.QueryEscape(dir))
	return err
}

// holds fails unless there are n Parquet files in the stage bucket.
func (s *server) holds(n int) error {
	keys, err := s.list("stage")
	if err != nil {
		return err
	}
	found := 0
	for _, k := range keys {
		if strings.HasSuffix(k, ".parquet") && !strings.Contains(k, "_sluice/") {
			found++
		}
	}
	if found != n {
		return fmt.Errorf("%d outputs, want %d", found, n)
	}
	return nil
}

// list gives the keys of a bucket.
func (s *server) list(bucket string) (keys []string, err error) {
	for after := ""; ; {
		text, err := s.ask("/" + bucket + "?list-type=2&start-after=" + url.QueryEscape(after))
		if err != nil {
			return nil, err
		}
		var page struct {
			Contents    []struct{ Key string }
			IsTruncated bool
		}
		if err := xml.Unmarshal(text, &page); err != nil {
			return nil, err
		}
		for _, o := range page.Contents {
			keys = append(keys, o.Key)
		}
		if !page.IsTruncated {
			return keys, nil
		}
		after = keys[len(keys)-1]
	}
}

func (s *server) ask(path string) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		answer, err := http.Get(s.url + path)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case answer.StatusCode == http.StatusServiceUnavailable && attempt < 100:
			time.Sleep(100 * time.Millisecond)
		case answer.StatusCode != http.StatusOK:
			return nil, fmt.Errorf("%s: %s: %s", path, answer.Status, text)
		default:
			return text, nil
		}
	}
}
