package infer

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/seed-128c3863/sluice/format"
)

// doubt is what a finding has to be sure of, not to be asked or told as in doubt.
const doubt = 0.8

// asSaid is why something is so that was asked.
const asSaid = "as you said"

// askEncoding asks which of the encodings a text has, by what the line of its
// first byte that is not ASCII is in each.
func (t *dialect) askEncoding(data []byte, at int, guesses []format.Guess) (int, bool, error) {
	q := Question{Text: "in which encoding is the text right?"}
	begin, end := bytes.LastIndexByte(data[:at], '\n')+1, bytes.IndexByte(data[at:], '\n')
	if end < 0 {
		end = len(data) - at
	}
	for _, g := range guesses {
		line, err := format.ToUTF8(data[begin:at+end], g.Encoding)
		if err != nil {
			return 0, false, err
		}
		q.Choices = append(q.Choices, fmt.Sprintf("%s: %s", g.Encoding, shorten(strings.TrimSpace(string(line)), 60)))
	}
	return t.ask.answer(q)
}

// askDelimiter asks which of two delimiters stands between cells, and returns how
// sure that is.
func (t *dialect) askDelimiter(best, second *attempt, sure float64) (*attempt, float64, error) {
	q := Question{Text: "what stands between the columns?"}
	for _, a := range []*attempt{best, second} {
		q.Choices = append(q.Choices, fmt.Sprintf("%q: %s, as %s", a.o.Delimiter, count(a.width, "column"), quotedList(a.records[0].Cells[:min(3, len(a.records[0].Cells))])))
	}
	at, asked, err := t.ask.answer(q)
	if asked {
		sure = 1
	}
	if at == 1 {
		best = second
	}
	return best, sure, err
}

// askHeader asks whether a record is a row, not the names.
func (t *dialect) askHeader(r format.CSVRecord) (row, asked bool, err error) {
	at, asked, err := t.ask.answer(Question{
		Text:    fmt.Sprintf("line %d is %s: are these the columns' names?", r.Line, quotedList(r.Cells[:min(5, len(r.Cells))])),
		Choices: []string{"yes", "no, it is a row like the others"},
	})
	return at == 1, asked, err
}
