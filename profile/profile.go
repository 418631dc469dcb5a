package profile

// A Profile is what files hold.
type Profile struct {
	Source  string   `json:"source"`
	Files   int      `json:"files"` // that were read
	Bytes   int64    `json:"bytes"` // of these, as they are stored
	Rows    int64    `json:"rows"`
	Seconds float64  `json:"seconds"`
	Columns []Column `json:"columns"`

	// Notes say how the files were taken, a sentence each.
	Notes []string `json:"notes,omitempty"`

	// Partial says that the files were not read to their end.
	Partial bool `json:"partial"`

	// Broken are rows that could not be read at all, such as one with a cell too
	// many. They are among Rows.
	Broken Rejects `json:"broken"`

	// Invalid are files that could not be read, or not to their end.
	Invalid []Problem `json:"invalid,omitempty"`
}

// A Problem says why a file could not be read.
type Problem struct {
	File string `json:"file"`
	Why  string `json:"why"`
}

// A Column is what one column holds. Values are those that have the type: what
// is null or a reject is none.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
	From string `json:"from"` // the header, path or expression that it is read by
	Note string `json:"note,omitempty"`

	Values int64 `json:"values"`
	Nulls  int64 `json:"nulls"`
	Empty  int64 `json:"empty"` // texts without a character; in tables of text most types take them for null

	Distinct      int64   `json:"distinct"`
	DistinctExact bool    `json:"distinct_exact"`
	DistinctError float64 `json:"distinct_error,omitempty"` // of an estimate: the usual error, as a share

	Min string `json:"min"` // of numbers, times and texts, which are compared by their bytes
	Max string `json:"max"`

	// Of numbers.
	Mean *float64 `json:"mean,omitempty"`
	Std  *float64 `json:"std,omitempty"` // of a sample: divided by the number of values less one

	// Of numbers and times: a quarter of the values is less than the first, and so
	// on. They are estimates if there are more values than Sampled.
	Quartiles []string `json:"quartiles,omitempty"`
	Bars      []Bar    `json:"bars,omitempty"`
	Sampled   int64    `json:"sampled,omitempty"` // values that quartiles and bars are of

	// Of texts.
	Longest     int     `json:"longest,omitempty"` // characters
	LongestText string  `json:"longest_text,omitempty"`
	MeanLength  float64 `json:"mean_length,omitempty"` // characters

	Top      []Count  `json:"top,omitempty"` // that are there more than once, the most frequent first
	TopExact bool     `json:"top_exact"`
	TopError int64    `json:"top_error,omitempty"` // else a value may be there so many times more
	Examples []string `json:"examples,omitempty"`

	Rejects Rejects `json:"rejects"`
}

// A Count says how many times a value is there.
type Count struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// A Bar is one of a histogram: how many values are at least From and less than
// the next bar's.
type Bar struct {
	From  string `json:"from"`
	Count int64  `json:"count"`
}

// Rejects are values that do not have the type, or rows that cannot be read.
type Rejects struct {
	Count int64    `json:"count"`
	First []Reject `json:"first,omitempty"` // a few
}

// A Reject says where a value is that does not fit, and why.
type Reject struct {
	File  string `json:"file"`
	Row   int64  `json:"row"`
	Line  int64  `json:"line,omitempty"`
	Value string `json:"value"`
	Why   string `json:"why"`
}

// mostRejects is how many rejects of a column are told.
const mostRejects = 3

func (r *Rejects) add(one Reject) {
	if r.Count++; len(r.First) < mostRejects {
		one.Value = cut(one.Value)
		r.First = append(r.First, one)
	}
}

// mostText is how many bytes of a text are kept to be shown.
const mostText = 200

// cut shortens a text that is too long to be shown, at a character.
func cut(text string) string {
	if len(text) <= mostText {
		return text
	}
	at := mostText
	for at > 0 && text[at]&0xc0 == 0x80 {
		at--
	}
	return text[:at] + "…"
}
