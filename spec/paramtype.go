package spec

import (
	"encoding/json"
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/seed-128c3863/sluice/row"
)

var errForm = errors.New("the text is not of the type")

// paramValue reads a param's text strictly. It returns the one text that
// stands for the value, and the value as Values.Value has it.
func paramValue(t row.Type, text string) (string, any, error) {
	switch t.Kind {
	case row.String:
		return text, text, nil
	case row.Bool:
		if text != "true" && text != "false" {
			return "", nil, errForm
		}
		return text, text == "true", nil
	case row.Int16, row.Int32, row.Int64:
		bits := map[row.Kind]int{row.Int16: 16, row.Int32: 32, row.Int64: 64}[t.Kind]
		i, err := strconv.ParseInt(text, 10, bits)
		return strconv.FormatInt(i, 10), int(i), err
	case row.Float32, row.Float64:
		return floatParam(t.Kind, text)
	case row.Decimal:
		return decimalParam(t, text)
	}
	return timeParam(t.Kind, text)
}

var (
	floatForm   = regexp.MustCompile(`^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$`)
	decimalForm = regexp.MustCompile(`^([+-]?)0*([0-9]+?)(?:\.([0-9]*))?$`)
)

func floatParam(kind row.Kind, text string) (string, any, error) {
	bits := 64
	if kind == row.Float32 {
		bits = 32
	}
	f, err := strconv.ParseFloat(text, bits)
	if err != nil || !floatForm.MatchString(text) || math.IsInf(f, 0) {
		return "", nil, errForm
	}
	return strconv.FormatFloat(f, 'g', -1, bits), f, nil
}

// decimalParam writes a decimal with the digits of its type after the point.
func decimalParam(t row.Type, text string) (string, any, error) {
	m := decimalForm.FindStringSubmatch(text)
	if m == nil {
		return "", nil, errForm
	}
	whole, after := strings.TrimLeft(m[2], "0"), strings.TrimRight(m[3], "0")
	if len(after) > t.Scale || len(whole) > t.Precision-t.Scale {
		return "", nil, errForm
	}
	if after += strings.Repeat("0", t.Scale-len(after)); whole == "" {
		whole = "0"
	}
	number := whole
	if after != "" {
		number += "." + after
	}
	if m[1] == "-" && strings.Trim(number, "0.") != "" {
		number = "-" + number
	}
	return number, json.Number(number), nil
}

// timeForms are the forms of each kind, the first of them the one it is
// written in. A fraction of the seconds may follow those of every form.
var timeForms = map[row.Kind][]string{
	row.Date:        {"2006-01-02"},
	row.Time:        {"15:04:05", "15:04"},
	row.Timestamp:   {"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"},
	row.TimestampTZ: {"2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00"},
}

func timeParam(kind row.Kind, text string) (string, any, error) {
	forms := timeForms[kind]
	for _, form := range forms {
		at, err := time.Parse(form, text)
		if err != nil || strings.Contains(text, ",") {
			continue
		}
		at = at.UTC()
		if kind == row.Time {
			at = at.AddDate(1970, 0, 0) // from year 0
			return at.Format("15:04:05.999999999"), at, nil
		}
		return at.Format(strings.Replace(forms[0], "05", "05.999999999", 1)), at, nil
	}
	return "", nil, errForm
}
