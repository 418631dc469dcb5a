package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"
)

// floor measures what no program can be faster than: a GET of every source and
// a PUT of as many bytes as its output has, n requests in flight, unsigned.
func (l *lab) floor(c *section, s *server, d *dataset, n int) {
	fmt.Fprintf(os.Stderr, "   floor\n")
	took, err := bare(s, d, n)
	if err == nil {
		err = s.reset("stage")
	}
	c.add("floor", took, err)
}

func bare(s *server, d *dataset, n int) (sample, error) {
	in, _, err := sizes(d.raw, ".json")
	if err != nil {
		return sample{}, err
	}
	delete(in, "datasets.json")
	out := map[string]int64{}
	largest := int64(0)
	if d.stage != "" {
		if out, _, err = sizes(d.stage, ".parquet"); err != nil {
			return sample{}, err
		}
	}
	todo := make(chan string, len(in))
	for key, size := range in {
		todo <- key
		if d.stage == "" {
			out[target(key)] = size
		}
		largest = max(largest, out[target(key)])
	}
	close(todo)

	body := make([]byte, largest)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n, DisableCompression: true}}
	defer client.CloseIdleConnections()
	failures := make(chan error, n)
	var wg sync.WaitGroup
	begin, cpu := time.Now(), cpuTime()
	for range n {
		wg.Go(func() {
			for key := range todo {
				err := request(client, http.MethodGet, s.url+"/raw/"+key, nil)
				if size, ok := out[target(key)]; ok && err == nil {
					err = request(client, http.MethodPut, s.url+"/stage/"+target(key), body[:size])
				}
				if err != nil {
					failures <- err
					return
				}
			}
		})
	}
	wg.Wait()
	took := sample{wall: time.Since(begin), cpu: cpuTime() - cpu}
	select {
	case err := <-failures:
		return took, err
	default:
		return took, nil
	}
}

func target(key string) string { return strings.TrimSuffix(key, ".json") + ".parquet" }

func request(client *http.Client, method, url string, body []byte) error {
	r, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s", method, url, answer.Status)
	}
	return nil
}

func cpuTime() time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		return 0
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}
