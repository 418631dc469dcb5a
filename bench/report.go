package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A sample is what one run of a program took.
type sample struct {
	wall, cpu time.Duration
	rss       int64 // peak of the largest process, in bytes; 0: not measured
}

// A section holds what one case found.
type section struct {
	name, title string
	programs    []string            // in order of their first run
	samples     map[string][]sample // by program
	failures    map[string][]error
	rows        []row
	notes       []string
	broken      bool // the case itself could not go on
}

// A row is one line of the table of ratios.
type row struct {
	what, target, measured string
	verdict                string // "": nothing must be
}

type report []*section

func newSection(name, title string) *section {
	return &section{name: name, title: title, samples: map[string][]sample{}, failures: map[string][]error{}}
}

// add notes what a run took, or with err that it failed or that its outputs are
// wrong.
func (s *section) add(program string, one sample, err error) {
	if !slices.Contains(s.programs, program) {
		s.programs = append(s.programs, program)
	}
	if err != nil {
		s.failures[program] = append(s.failures[program], err)
		fmt.Fprintf(os.Stderr, "   %s: %v\n", program, err)
		return
	}
	s.samples[program] = append(s.samples[program], one)
}

func (s *section) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// median is the seconds of the middle run, NaN if any failed.
func (s *section) median(program string) float64 {
	walls := s.walls(program)
	if len(walls) == 0 || len(s.failures[program]) > 0 {
		return math.NaN()
	}
	return walls[len(walls)/2]
}

func (s *section) walls(program string) []float64 {
	var walls []float64
	for _, one := range s.samples[program] {
		walls = append(walls, one.wall.Seconds())
	}
	slices.Sort(walls)
	return walls
}

// memory is the highest peak of all runs in MB.
func (s *section) memory(program string) float64 {
	peak := math.NaN()
	for i, one := range s.samples[program] {
		if mb := float64(one.rss) / 1e6; i == 0 || mb > peak {
			peak = mb
		}
	}
	return peak
}

// good is the number of runs that did what they should.
func (s *section) good(program string) float64 { return float64(len(s.samples[program])) }

func (s *section) atMost(what string, limit, got float64, unit string) {
	s.row(what, "at most", limit, got, unit, got <= limit)
}

func (s *section) atLeast(what string, limit, got float64, unit string) {
	s.row(what, "at least", limit, got, unit, got >= limit)
}

// shown is a row of which nothing must be.
func (s *section) shown(what string, got float64, unit string) {
	s.rows = append(s.rows, row{what: what, measured: measured(got, unit)})
}

func (s *section) row(what, than string, limit, got float64, unit string, ok bool) {
	verdict := "**no**"
	if ok {
		verdict = "yes"
	}
	s.rows = append(s.rows, row{what, than + " " + number(limit, unit), measured(got, unit), verdict})
}

func measured(got float64, unit string) string {
	if math.IsNaN(got) {
		return "failed"
	}
	return number(got, unit)
}

// number prints three digits, or all of a whole number.
func number(v float64, unit string) string {
	text := fmt.Sprintf("%.3g", v)
	if math.Abs(v) >= 100 {
		text = fmt.Sprintf("%.0f", v)
	}
	return strings.TrimSuffix(text+" "+unit, " ")
}

// text is the report in Markdown: the table of ratios, then what it comes from.
func (r report) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %s.\n\n", time.Now().UTC().Format("2006-01-02 15:04 MST"), machine())
	b.WriteString("| case | | must be | measured | |\n| --- | --- | --- | --- | --- |\n")
	for _, s := range r {
		title := s.title
		for _, row := range s.rows {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", title, row.what, row.target, row.measured, row.verdict)
			title = ""
		}
		if s.broken {
			fmt.Fprintf(&b, "| %s | could not be measured | | | **no** |\n", s.title)
		}
	}
	b.WriteString("\nWhat the ratios come from. Seconds of wall time are the median of the runs; memory is the peak of the largest process.\n\n")
	b.WriteString("| case | program | s | from - to | CPU s | MB |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, s := range r {
		for _, p := range s.programs {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", s.name, p, s.figures(p))
		}
	}
	b.WriteString("\n")
	for _, s := range r {
		for _, n := range s.notes {
			fmt.Fprintf(&b, "- %s: %s\n", s.name, n)
		}
		for _, p := range s.programs {
			for _, err := range s.failures[p] {
				fmt.Fprintf(&b, "- %s: %s failed: %s\n", s.name, p, strings.Join(strings.Fields(err.Error()), " "))
			}
		}
	}
	return b.String()
}

func (s *section) figures(program string) string {
	walls := s.walls(program)
	if len(walls) == 0 {
		return "failed | | |"
	}
	var cpu time.Duration
	for _, one := range s.samples[program] {
		cpu += one.cpu
	}
	memory := ""
	if mb := s.memory(program); mb > 0 {
		memory = fmt.Sprintf("%.0f", mb)
	}
	return fmt.Sprintf("%.2f | %.2f - %.2f | %.2f | %s", walls[len(walls)/2], walls[0], walls[len(walls)-1],
		cpu.Seconds()/float64(len(walls)), memory)
}

func machine() string {
	model := "unknown CPU"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(text), "model name"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			model = strings.Trim(line, "\t :")
		}
	}
	commit, _ := exec.Command("git", "rev-parse", "--short", "HEAD").Output()
	return fmt.Sprintf("%d cores of %s, %s/%s, %s, sluice at commit %s",
		runtime.NumCPU(), model, runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.TrimSpace(string(commit)))
}

// replaceMeasured puts text between the two marks of a file; what people wrote
// around them stays.
func replaceMeasured(path, text string) error {
	const begin, end = "<!-- measured -->\n", "<!-- end -->\n"
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return fmt.Errorf("%s has lost its marks %q and %q", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(path, []byte(before+begin+text+end+after), 0o644)
}
