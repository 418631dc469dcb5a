package sluice_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/seed-128c3863/sluice"

// layers lists the packages, lowest first. A package may import only packages
// of a lower line. Goroutines start only in those marked with a plus; those
// marked with an equals sign use the standard library alone.
//
// Programs below bench/ measure sluice from outside and are no part of it.
const layers = `
	row=
	flow+=
	spec store format
	mapping plan
	source
	stage table profile
	infer
	.
	cmd/sluice`

// starters are the functions that start a goroutine for their caller, by import
// path. Methods called Go (of errgroup.Group, sync.WaitGroup) are caught by name.
var starters = map[string][]string{
	"context":   {"AfterFunc"},
	"time":      {"AfterFunc"},
	"os/signal": {"NotifyContext"},
}

// A layer is what the list of layers says of one package.
type layer struct {
	line               int
	goroutines, stdlib bool
}

// TestArchitecture parses the files itself: go list would answer from the test
// cache after a change to another package.
func TestArchitecture(t *testing.T) {
	known := parseLayers(layers)
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || file == "bench"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		text, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := path.Dir(filepath.ToSlash(file))
		self, ok := known[pkg]
		if !ok {
			t.Errorf("%s: package %q has no layer; add it to the list in arch_test.go", file, pkg)
			return nil
		}
		for _, fault := range append(self.checkImports(text, known), self.checkGoroutines(text)...) {
			t.Errorf("%s %s", file, fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func parseLayers(text string) map[string]layer {
	known := map[string]layer{}
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for word := range strings.FieldsSeq(line) {
			known[strings.TrimRight(word, "+=")] = layer{
				line:       i,
				goroutines: strings.Contains(word, "+"),
				stdlib:     strings.Contains(word, "="),
			}
		}
	}
	return known
}

func (l layer) checkImports(file *ast.File, known map[string]layer) (faults []string) {
	for _, spec := range file.Imports {
		imp, _ := strconv.Unquote(spec.Path.Value)
		rel, ours := strings.CutPrefix(imp+"/", module+"/")
		if !ours {
			if first, _, _ := strings.Cut(imp, "/"); l.stdlib && strings.Contains(first, ".") {
				faults = append(faults, fmt.Sprintf("imports %s; its package uses the standard library only", imp))
			}
			continue
		}
		if other, ok := known[path.Clean(rel)]; !ok || other.line >= l.line {
			faults = append(faults, fmt.Sprintf("imports %s, which is not in a lower layer", imp))
		}
	}
	return faults
}

func (l layer) checkGoroutines(file *ast.File) (faults []string) {
	if l.goroutines {
		return nil
	}
	imports := map[string]string{} // by the name that the file uses
	for _, spec := range file.Imports {
		imp, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(imp)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = imp
	}
	fault := func(how string) {
		faults = append(faults, fmt.Sprintf("starts a goroutine by %s; leave that to package flow", how))
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			fault("a go statement")
		case *ast.SelectorExpr:
			if n.Sel.Name == "Go" {
				fault("a method Go")
			}
			x, _ := n.X.(*ast.Ident)
			if x == nil {
				break
			}
			for _, name := range starters[imports[x.Name]] {
				if n.Sel.Name == name {
					fault(x.Name + "." + name)
				}
			}
		}
		return true
	})
	return faults
}

// TestArchitectureCatches plants one violation of each kind.
func TestArchitectureCatches(t *testing.T) {
	known := parseLayers(layers)
	for name, tc := range map[string]struct{ pkg, text, want string }{
		"upward import":     {"row", `import _ "` + module + `/flow"`, "lower layer"},
		"sideways import":   {"spec", `import _ "` + module + `/format"`, "lower layer"},
		"root from below":   {"stage", `import _ "` + module + `"`, "lower layer"},
		"unknown import":    {"stage", `import _ "` + module + `/util"`, "lower layer"},
		"foreign import":    {"flow", `import _ "golang.org/x/sync/errgroup"`, "standard library only"},
		"go statement":      {"stage", `func f() { go f() }`, "a go statement"},
		"errgroup":          {"stage", `import "golang.org/x/sync/errgroup"; func f(g *errgroup.Group) { g.Go(nil) }`, "a method Go"},
		"wait group":        {"format", `import "sync"; var wg sync.WaitGroup; func f() { wg.Go(f) }`, "a method Go"},
		"method value":      {"format", `import "sync"; var wg sync.WaitGroup; var start = wg.Go`, "a method Go"},
		"context.AfterFunc": {"cmd/sluice", `import c "context"; func f() { c.AfterFunc(nil, f) }`, "c.AfterFunc"},
		"time.AfterFunc":    {"store", `import "time"; func f() { time.AfterFunc(0, f) }`, "time.AfterFunc"},
		"signals":           {"cmd/sluice", `import "os/signal"; func f() { signal.NotifyContext(nil) }`, "signal.NotifyContext"},
	} {
		t.Run(name, func(t *testing.T) {
			file, err := parser.ParseFile(token.NewFileSet(), "p.go", "package p; "+tc.text, 0)
			if err != nil {
				t.Fatal(err)
			}
			self := known[tc.pkg]
			got := append(self.checkImports(file, known), self.checkGoroutines(file)...)
			if len(got) != 1 || !strings.Contains(got[0], tc.want) {
				t.Errorf("got %q, want one fault about %q", got, tc.want)
			}
		})
	}
}
