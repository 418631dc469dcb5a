package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/parquet-go/parquet-go"
)

var demoAirports = [][3]string{{"NRT", "JP", "JPY"}, {"KIX", "JP", "JPY"}, {"PVG", "CN", "CNY"}, {"TPE", "TW", "TWD"}, {"BKK", "TH", "THB"}, {"SIN", "SG", "SGD"}}

var demoCarriers = []struct {
	id   int
	name string
}{{31685, "Asiana Airlines"}, {32132, "Korean Air"}, {32571, "Jin Air"}, {31986, "Jeju Air"}, {30189, "에어서울"}, {32672, "Japan Airlines"}}

type object = map[string]any

// writeFlights writes 60 files of flight-search results, always the same, and
// the list of them, and returns the name of one.
func writeFlights(dir string) (one string, err error) {
	r := rand.New(rand.NewPCG(7, 7))
	var datasets [][]string
	for i, airport := range demoAirports {
		for day := range 10 {
			date := time.Date(2024, 4, 17+day, 0, 0, 0, 0, time.UTC)
			datasets = append(datasets, []string{airport[0], airport[1], airport[2], date.Format(time.DateOnly), fmt.Sprintf("%03d%03d", i, day)})
			records := make([]object, 20+r.IntN(60))
			for j := range records {
				records[j] = itinerary(r, 10000+37*i, date)
			}
			one = fmt.Sprintf("source/flight/%s_to_ICN_%s_updated_2024-04-17.json", airport[0], date.Format(time.DateOnly))
			if err := writeJSON(filepath.Join(dir, one), records); err != nil {
				return "", err
			}
		}
	}
	return one, writeJSON(filepath.Join(dir, "datasets.json"), object{"current_date": "2024-04-17", "dataset_list": datasets})
}

// itinerary is one record: an offer of a flight, as a search API words it.
func itinerary(r *rand.Rand, origin int, date time.Time) object {
	carrier := demoCarriers[r.IntN(len(demoCarriers))]
	dep := date.Add(time.Duration(r.IntN(24*12)) * 5 * time.Minute)
	arr := dep.Add(time.Duration(60+5*r.IntN(150)) * time.Minute)
	const stamp = "0601021504"
	id := fmt.Sprintf("%d-%s--%d-0-12409-%s", origin, dep.Format(stamp), carrier.id, arr.Format(stamp))
	var options []object
	for k := range 1 + r.IntN(3) {
		price := object{"amount": float64(5000+r.IntN(200000))/100 + float64(70*k), "update_status": "current", "quote_age": r.IntN(1000)}
		options = append(options, object{
			"price": price, "agent_ids": []string{"trip"},
			"items": []object{{"agent_id": "trip", "price": price, "url": fmt.Sprintf("/deeplink/%d.12409.%s/%x", origin, date.Format(time.DateOnly), r.Uint64())}},
		})
	}
	return object{
		"id": id, "pricing_options": options, "score": object{"value": r.Float64(), "rank": r.IntN(500)},
		"legs":      []object{{"id": id, "departure": dep.Format("2006-01-02T15:04:05"), "arrival": arr.Format("2006-01-02T15:04:05"), "stop_count": 0}},
		"_carriers": object{fmt.Sprint(-carrier.id): object{"id": -carrier.id, "name": carrier.name}},
		"_places":   object{fmt.Sprint(origin): object{"name": "Origin airport"}, "12409": object{"name": "서울 인천"}},
	}
}

func writeJSON(name string, v any) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o644)
}

// showParquet prints the first rows of a Parquet file as a table.
func showParquet(w io.Writer, name string, rows int) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	in := parquet.NewReader(f)
	defer func() { _ = in.Close() }()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var names []string
	for _, c := range in.Schema().Columns() {
		names = append(names, strings.Join(c, "."))
	}
	fmt.Fprintln(table, strings.Join(names, "\t"))
	buf := make([]parquet.Row, rows)
	n, err := in.ReadRows(buf)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, r := range buf[:n] {
		cells := make([]string, len(r))
		for i, v := range r {
			cells[i] = cell(v)
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	return table.Flush()
}

// cell is a value for a person: an INT96 as the time that it stands for.
func cell(v parquet.Value) string {
	switch {
	case v.IsNull():
		return "null"
	case v.Kind() == parquet.Int96:
		i := v.Int96() // nanoseconds of the day, and the Julian day
		nanos := int64(i[1])<<32 | int64(i[0])
		return time.Unix((int64(i[2])-2440588)*86400, nanos).UTC().Format(time.DateTime)
	}
	text := []rune(v.String())
	if len(text) > 24 {
		text = append(text[:23], '…')
	}
	return string(text)
}
