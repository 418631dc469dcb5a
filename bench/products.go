package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A catalogue is a set of product files for the tables of bench/products. Of
// each hundred rows of the first file the second changes five and spoils one;
// two for each hundred are new at its end.
type catalogue struct {
	v1      string // the first load
	v2      string // the second
	v2clean string // the second without its invalid rows
	counts  counts
}

// counts are what an import of v2 into the table that v1 filled must find. They
// lie beside the files as expect.json.
type counts struct {
	First     int               `json:"rows_v1"`
	Second    int               `json:"rows_v2"`
	Update    int               `json:"update"`
	New       int               `json:"new"`
	Invalid   int               `json:"invalid"`
	Unchanged int               `json:"unchanged"`
	Bad       map[string]int    `json:"bad"`      // invalid rows by what is wrong
	BadRows   map[string]string `json:"bad_rows"` // the same for the first 300, by 1-based row of v2
}

// products writes the files of a catalogue of n rows, if they are not there.
func (l *lab) products(n int) (*catalogue, error) {
	dir := filepath.Join(l.data, fmt.Sprintf("products-%d", n))
	if !exists(dir) {
		if err := whole(dir, func(dir string) error { return writeProducts(dir, n) }); err != nil {
			return nil, err
		}
	}
	return openCatalogue(dir)
}

func openCatalogue(dir string) (*catalogue, error) {
	c := &catalogue{
		v1:      filepath.Join(dir, "v1.csv"),
		v2:      filepath.Join(dir, "v2.csv"),
		v2clean: filepath.Join(dir, "v2clean.csv"),
	}
	text, err := os.ReadFile(filepath.Join(dir, "expect.json"))
	if err != nil {
		return nil, err
	}
	return c, json.Unmarshal(text, &c.counts)
}

var productHeader = []string{
	"sku", "title", "description", "category", "author", "price", "stock",
	"published", "updated_at", "active", "isbn", "weight", "tags",
}

// Where in a product what changes or is spoilt stands.
const (
	title     = 1
	category  = 3
	price     = 5
	stock     = 6
	published = 7
)

// writeProducts fills dir with the files of n products, the same for each n.
func writeProducts(dir string, n int) error {
	v1, err1 := newProductFile(dir, "v1.csv")
	v2, err2 := newProductFile(dir, "v2.csv")
	clean, err3 := newProductFile(dir, "v2clean.csv")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	c := counts{First: n, New: n * 2 / 100, Bad: map[string]int{}, BadRows: map[string]string{}}
	r := rand.New(rand.NewPCG(20230413, uint64(n)))
	var order []int // of the rows of one hundred: five that change, one that is spoilt, the rest
	for i := range n {
		if i%100 == 0 {
			order = r.Perm(min(100, n-i))
		}
		row := product(r, i+1)
		v1.add(row)
		switch place := slices.Index(order, i%100); {
		case len(order) < 100 || place > 5:
			c.Unchanged++
		case place == 5:
			c.note(i+1, spoil(row, c.Invalid))
			v2.add(row)
			continue
		default:
			c.Update++
			change(row, r.IntN(3))
		}
		v2.add(row)
		clean.add(row)
	}
	for i := range c.New {
		row := product(r, n+i+1)
		v2.add(row)
		clean.add(row)
	}
	c.Second = n + c.New
	text, err := json.MarshalIndent(c, "", "  ")
	return errors.Join(err, v1.close(), v2.close(), clean.close(), os.WriteFile(filepath.Join(dir, "expect.json"), text, 0o644))
}

// note counts the invalid row at number, 1-based, of the second file.
func (c *counts) note(number int, what string) {
	if c.Invalid < 300 {
		c.BadRows[strconv.Itoa(number)] = what
	}
	c.Invalid++
	c.Bad[what]++
}

// productWords have what makes CSV and text hard: quotes, commas, accents, Hangul.
var productWords = strings.Split(`alpha|beta|gamma|delta|커피|책상|의자|zeta|"quoted"|comma,|new|crème|brûlée|omega|theta|kilo|lima|노트북|sigma|tau|upsilon`, "|")

// product is row number i, 1-based: in a tenth of the rows there is no date of
// publication, in a fifth no ISBN, in a seventh no weight, in a quarter no tag.
func product(r *rand.Rand, i int) []string {
	word := func() string { return productWords[r.IntN(len(productWords))] }
	unless := func(share float64, text string) string {
		if r.Float64() < share {
			return ""
		}
		return text
	}
	words := make([]string, 5+r.IntN(21))
	for k := range words {
		words[k] = word()
	}
	description := strings.Join(words, " ") + unless(.95, "\nsecond line")
	return []string{
		fmt.Sprintf("SKU%09d", i),
		fmt.Sprintf("%s %s %d", word(), word(), i),
		description,
		fmt.Sprintf("cat-%03d", 1+r.IntN(200)),
		strconv.Itoa(1 + r.IntN(1000)),
		money(1 + r.IntN(999_999)),
		strconv.Itoa(r.IntN(5001)),
		unless(.1, time.Date(1990, 1, 1+r.IntN(12_001), 0, 0, 0, 0, time.UTC).Format(time.DateOnly)),
		time.Unix(1_577_836_800+r.Int64N(150_000_001), 0).UTC().Format(time.DateTime), // from 2020 on
		[]string{"1", "1", "1", "1", "0"}[r.IntN(5)],
		unless(.2, fmt.Sprintf("978%010d", r.Int64N(10_000_000_000))),
		unless(.15, fmt.Sprintf("%.3f", float64(1+r.IntN(99_999))/1000)),
		productTags(r),
	}
}

func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// productTags are up to three of fifty, sorted.
func productTags(r *rand.Rand) string {
	var tags []string
	for range r.IntN(4) {
		tags = append(tags, fmt.Sprintf("tag%02d", 1+r.IntN(50)))
	}
	slices.Sort(tags)
	return strings.Join(slices.Compact(tags), "|")
}

// change gives row another price, stock or title.
func change(row []string, what int) {
	switch what {
	case 0:
		units, cents, _ := strings.Cut(row[price], ".")
		row[price] = plusOne(units) + "." + cents
	case 1:
		row[stock] = plusOne(row[stock])
	default:
		row[title] += " (rev)"
	}
}

func plusOne(digits string) string {
	n, _ := strconv.Atoi(digits)
	return strconv.Itoa(n + 1)
}

// spoil makes row invalid, in three ways by turns, and says in which.
func spoil(row []string, turn int) string {
	switch turn % 3 {
	case 0:
		row[published] = "2023-13-45"
		return "bad_date"
	case 1:
		row[price] = "12.x4"
		return "bad_decimal"
	default:
		row[category] = "no-such-cat"
		return "unknown_category"
	}
}

// A productFile is a CSV file being written; its error is told by close.
type productFile struct {
	file *os.File
	csv  *csv.Writer
}

func newProductFile(dir, name string) (*productFile, error) {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	p := &productFile{file: f, csv: csv.NewWriter(f)}
	p.add(productHeader)
	return p, nil
}

func (p *productFile) add(row []string) { _ = p.csv.Write(row) }

func (p *productFile) close() error {
	p.csv.Flush()
	return errors.Join(p.csv.Error(), p.file.Close())
}
