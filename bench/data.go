package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// makeFlights writes the flight files and what must become of them, if they are
// not there: by the peer with orjson, which is as good a judge as any and quick.
func (l *lab) makeFlights() error {
	if exists(l.flights.stage) {
		return nil
	}
	if text, err := exec.Command(l.python(), filepath.Join(l.root, "bench/flights/gen.py"), l.flights.raw).CombinedOutput(); err != nil {
		return fmt.Errorf("gen.py: %w: %s", err, text)
	}
	s, err := l.store(l.flights.raw, "-get-latency", "0", "-put-latency", "0")
	if err != nil {
		return err
	}
	defer s.stop()
	if text, err := l.peer(s, "orjson_two").CombinedOutput(); err != nil {
		return fmt.Errorf("orjson_two.py: %w: %s", err, text)
	}
	return whole(l.flights.stage, func(dir string) error { return s.dump("stage", dir) })
}

// flightStore is a store with the flights in bucket raw.
func (l *lab) flightStore(flags ...string) (*server, error) {
	if err := l.makeFlights(); err != nil {
		return nil, err
	}
	return l.store(l.flights.raw, flags...)
}

// readings writes n files of about 1 KB, if they are not there.
func (l *lab) readings(n int) (*dataset, error) {
	d := &dataset{raw: filepath.Join(l.data, fmt.Sprintf("readings-%d", n))}
	if exists(d.raw) {
		return d, nil
	}
	return d, whole(d.raw, func(dir string) error {
		r := rand.New(rand.NewPCG(1, 2))
		start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range n {
			day := start.AddDate(0, 0, i/1000)
			folder := filepath.Join(dir, "readings", day.Format("2006-01-02"))
			if i%1000 == 0 {
				if err := os.MkdirAll(folder, 0o755); err != nil {
					return err
				}
			}
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%06d.json", i)), []byte(readings(r, day)), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}

// readings is one file: six records of a sensor.
func readings(r *rand.Rand, day time.Time) string {
	var b strings.Builder
	for i := range 6 {
		fmt.Fprintf(&b, "%s{\"sensor\": \"s-%04d\", \"at\": %q, \"reading\": {\"value\": %.3f, \"unit\": \"degC\", \"quality\": %d}, \"firmware\": \"%08x\", \"note\": null}",
			[]string{"[", ", "}[min(i, 1)], r.IntN(10_000), day.Add(time.Duration(i)*4*time.Hour).Format("2006-01-02T15:04:05"),
			r.NormFloat64()*10+15, r.IntN(4), r.Uint32())
	}
	return b.String() + "]"
}

// whole lets fill make dir under another name first, so that a dir that is there
// is complete.
func whole(dir string, fill func(dir string) error) error {
	part := dir + ".part"
	if err := empty(part); err != nil {
		return err
	}
	if err := fill(part); err != nil {
		return err
	}
	return os.Rename(part, dir)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// mb is the size of the sources in MB.
func (d *dataset) mb() float64 {
	_, total, err := sizes(d.raw, ".json")
	if err != nil {
		return 0
	}
	return float64(total) / 1e6
}

// sizes are those of the files below dir whose names end in suffix, by key.
func sizes(dir, suffix string) (byKey map[string]int64, total int64, err error) {
	byKey = map[string]int64{}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, suffix) {
			return err
		}
		info, err := d.Info()
		rel, relErr := filepath.Rel(dir, path)
		if err := errors.Join(err, relErr); err != nil {
			return err
		}
		byKey[filepath.ToSlash(rel)] = info.Size()
		total += info.Size()
		return nil
	})
	return byKey, total, err
}
