package format_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/seed-128c3863/sluice/format"
	"github.com/seed-128c3863/sluice/row"
)

// jsonDump reads r to its end and writes down all that it gives: a line for
// each row, bad rows among them where they are met, and the last error.
//
//	row@byte/line value value … <record>
//
// A null is ~, and with a Break ~ why at step (elements).
func jsonDump(r *format.JSONReader) []string {
	var lines []string
	var b row.Batch
	for {
		err := r.Read(&b)
		good, bad := 0, 0
		for good < b.Len || bad < len(b.Bad) {
			if bad == len(b.Bad) || good < b.Len && b.Row[good] < b.Bad[bad].Row {
				lines = append(lines, rowText(&b, good))
				good++
			} else {
				lines = append(lines, fmt.Sprintf("bad: %v <%s>", &b.Bad[bad].Error, b.Bad[bad].Record))
				bad++
			}
		}
		switch {
		case err == io.EOF:
			return lines
		case err != nil:
			return append(lines, "error: "+err.Error())
		}
	}
}

func rowText(b *row.Batch, r int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%d@%d", b.Row[r], b.Byte[r])
	if len(b.Line) > 0 {
		fmt.Fprintf(&s, "/%d", b.Line[r])
	}
	for c := range b.Cols {
		switch col := &b.Cols[c]; {
		case !col.Null[r]:
			fmt.Fprintf(&s, " %s", col.Bytes[r])
		case col.BreakAt(r).Why == row.OutOfRange:
			fmt.Fprintf(&s, " ~range at %d (%d)", col.BreakAt(r).Step, col.BreakAt(r).Len)
		case col.BreakAt(r).Why != row.Whole:
			fmt.Fprintf(&s, " ~%s at %d", [...]string{"", "of null", "no object", "no array"}[col.BreakAt(r).Why], col.BreakAt(r).Step)
		default:
			s.WriteString(" ~")
		}
	}
	if len(b.Record) > 0 {
		fmt.Fprintf(&s, " <%s>", b.Record[r])
	}
	return s.String()
}

// A jsonCase is a text and what reading it gives, a line for each row.
type jsonCase struct {
	text  string
	paths string // apart by spaces; default "a"
	at    string
	want  string
}

func (tc jsonCase) run(t *testing.T, name string, o format.JSONOptions) {
	t.Helper()
	if tc.paths == "" {
		tc.paths = "a"
	}
	o.Paths = jsonPaths(t, strings.Fields(tc.paths)...)
	if tc.at != "" {
		o.At = jsonPaths(t, tc.at)[0]
	}
	if got := strings.Join(jsonDump(format.JSONBytes([]byte(tc.text), o)), "\n"); got != tc.want {
		t.Errorf("%s: %s\ngot  %s\nwant %s", name, tc.text, got, tc.want)
	}
	for _, size := range []int{1, 7, 64} {
		if got := strings.Join(jsonDump(format.JSONStreamOf(strings.NewReader(tc.text), o, size)), "\n"); got != tc.want {
			t.Errorf("%s, as a stream from %d bytes on: %s\ngot  %s\nwant %s", name, size, tc.text, got, tc.want)
		}
	}
}

func TestJSONRecords(t *testing.T) {
	for name, tc := range map[string]jsonCase{
		"array":               {text: `[{"a":1},{"a":"x"}]`, want: "1@2 1\n2@10 \"x\""},
		"spaced":              {text: " [ {\"a\" : 1 } , {\"a\":\n2} ] \n", want: "1@4 1\n2@17 2"},
		"no rows":             {text: ` [ ] `, want: ""},
		"no rows, byte-order": {text: "\ufeff[]", want: ""},
		"byte-order mark":     {text: "\ufeff[{\"a\":1}]", want: "1@5 1"},
		"marked lines":        {text: "\ufeff{\"a\":1}\n", want: "1@4/1 1"},
		"empty":               {text: "", want: "error: is empty (0 bytes)"},
		"blank":               {text: " \n\t", want: "error: holds nothing but white space (3 bytes)"},
		"only a mark":         {text: "\ufeff", want: "error: holds nothing but white space (3 bytes)"},
		"utf-16":              {text: "\xff\xfe[\x00]\x00", want: "error: byte 1: the file is UTF-16; JSON is read as UTF-8 only"},
		"utf-16 unmarked":     {text: "\x00[\x00]", want: `error: byte 1: the file is not JSON that begins with "[" or "{": it begins with a NUL byte`},
		"html":                {text: "<html>", want: `error: byte 1: the file is not JSON that begins with "[" or "{": it begins with '<'`},
		"parquet":             {text: "PAR1\x15\x04", want: `error: byte 1: the file is not JSON that begins with "[" or "{": it begins with 'P'; it is Parquet, which sluice does not read yet`},
		"a number":            {text: " 12", want: `error: byte 2: the file is not JSON that begins with "[" or "{": it begins with '1'`},
		"no objects":          {text: `[1,{"a":2},null,"x",[],true]`, want: "bad: row 1: byte 2: the record is a number, not an object <1>\n2@4 2\nbad: row 3: byte 12: the record is null, not an object <null>\nbad: row 4: byte 17: the record is a string, not an object <\"x\">\nbad: row 5: byte 21: the record is an array, not an object <[]>\nbad: row 6: byte 24: the record is a bool, not an object <true>"},
		"twice":               {text: `[{"a":1,"b":{},"\u0061":2,"a":3},{"b":1,"b":2}]`, want: "bad: row 1: byte 16: the key \"\\u0061\" stands twice in its object, and is read by this job: which value is meant cannot be told <{\"a\":1,\"b\":{},\"\\u0061\":2,\"a\":3}>\n2@34 ~"},
		"rows before a fault": {text: `[{"a":1},{"a":}]`, want: "1@2 1\nerror: byte 15: found '}', want a value"},
		"after the array":     {text: `[{"a":1}] x`, want: "1@2 1\nerror: byte 11: 'x' stands after the end of the document"},
		"two arrays":          {text: `[{"a":1}][]`, want: "1@2 1\nerror: byte 10: '[' stands after the end of the document"},
		"cut off":             {text: `[{"a":1},`, want: "1@2 1\nerror: byte 10: the file ends inside an array"},
		"cut in a number":     {text: `[1`, want: "bad: row 1: byte 2: the record is a number, not an object <1>\nerror: byte 3: the file ends inside an array"},
		"comma at the end":    {text: `[{"a":1},]`, want: "1@2 1\nerror: byte 10: found ']', want a value"},
		"no comma":            {text: `[{"a":1} {"a":2}]`, want: "1@2 1\nerror: byte 10: found '{', want \",\" or \"]\" after an element"},
		"escaped key":         {text: `[{"\u0061":1,"\ud800":2}]`, want: "1@2 1"},
		"nul after":           {text: "[]\x00", want: "error: byte 3: a NUL byte stands after the end of the document"},
		"no break space":      {text: "[]\u00a0", want: "error: byte 3: \"\\u00a0\" stands after the end of the document"},
	} {
		tc.run(t, name, format.JSONOptions{})
	}
}

func TestJSONLines(t *testing.T) {
	for name, tc := range map[string]jsonCase{
		"lines":          {text: "{\"a\":1}\n{\"a\":2}\n", want: "1@1/1 1\n2@9/2 2"},
		"one":            {text: `{"a":1}`, want: "1@1/1 1"},
		"blank":          {text: "\n\n{\"a\":1}\r\n  \r\n\n {\"a\":2} ", want: "1@3/3 1\n2@18/6 2"},
		"malformed":      {text: "{\"a\":1}\n{\"a\":01}\n{\"a\":\n{\"a\":4}\n", want: "1@1/1 1\nbad: row 2: line 2: byte 15: a number has a leading zero <{\"a\":01}>\nbad: row 3: line 3: byte 23: the line ends inside an object <{\"a\":>\n4@24/4 4"},
		"first is bad":   {text: "{\"a\":,}\n{\"a\":2}\n", want: "bad: row 1: line 1: byte 6: found ',', want a value <{\"a\":,}>\n2@9/2 2"},
		"first is cut":   {text: "{\"a\":\n{\"a\":2}\n{\"a\":3}\n", want: "bad: row 1: line 1: byte 6: the line ends inside an object <{\"a\":>\n2@7/2 2\n3@15/3 3"},
		"only one, cut":  {text: "{\"a\":\"x", want: "bad: row 1: line 1: byte 8: the line ends inside a string <{\"a\":\"x>"},
		"no object":      {text: "{\"a\":1}\n12\n[{\"a\":2}]\nnull\n{\"a\":3}", want: "1@1/1 1\nbad: row 2: line 2: byte 9: the record is a number, not an object <12>\nbad: row 3: line 3: byte 12: the record is an array, not an object <[{\"a\":2}]>\nbad: row 4: line 4: byte 22: the record is null, not an object <null>\n5@27/5 3"},
		"two on a line":  {text: "{\"a\":1}\n{\"a\":2} {\"a\":3}\n{\"a\":4}\n", want: "1@1/1 1\nbad: row 2: line 2: byte 17: '{' follows the record on its line <{\"a\":2} {\"a\":3}>\n3@25/3 4"},
		"rubbish after":  {text: "{\"a\":1} x\n{\"a\":2}\n", want: "bad: row 1: line 1: byte 9: 'x' follows the record on its line <{\"a\":1} x>\n2@11/2 2"},
		"commas":         {text: "{\"a\":1},\n{\"a\":2},\n", want: "bad: row 1: line 1: byte 8: ',' follows the record on its line <{\"a\":1},>\nbad: row 2: line 2: byte 17: ',' follows the record on its line <{\"a\":2},>"},
		"bad utf-8":      {text: "{\"a\":\"\xff\"}\n{\"a\":2}\n", want: "bad: row 1: line 1: byte 7: the byte 0xff is not UTF-8 here <{\"a\":\"\xff\"}>\n2@11/2 2"},
		"twice":          {text: "{\"a\":1,\"a\":1}\n{\"a\":2}\n", want: "bad: row 1: line 1: byte 8: the key \"a\" stands twice in its object, and is read by this job: which value is meant cannot be told <{\"a\":1,\"a\":1}>\n2@15/2 2"},
		"objects":        {text: "{\n \"a\": 1\n}\n{\n \"a\": 2\n}\n", want: "1@1 1\n2@13 2"},
		"objects, one":   {text: "{\n \"a\": 1\n}", want: "1@1 1"},
		"on one line":    {text: `{"a":1}{"a":2} {"a":3}`, want: "1@1 1\n2@8 2\n3@16 3"},
		"objects, bad":   {text: "{\n \"a\": 1\n}\n{\n \"a\": 01\n}\n{}", want: "1@1 1\nerror: byte 22: a number has a leading zero"},
		"objects, cut":   {text: "{\n \"a\": 1,\n", want: "error: byte 12: the file ends inside an object"},
		"first bad":      {text: "{\n \"a\": 01\n}\n", want: "error: byte 10: a number has a leading zero"},
		"no object then": {text: "{\n\"a\":1}\n[1]", want: "1@1 1\nbad: row 2: byte 10: the record is an array, not an object <[1]>"},
	} {
		tc.run(t, name, format.JSONOptions{})
	}
}

func TestJSONPaths(t *testing.T) {
	for name, tc := range map[string]jsonCase{
		"exact text":      {text: `[{"a":1.50e+00,"b":"\u0041","c":{ "d" : [ ] },"d":-0}]`, paths: "d c b a c.d", want: `1@2 -0 { "d" : [ ] } "\u0041" 1.50e+00 [ ]`},
		"null, not there": {text: `[{"a":null}]`, paths: "a b", want: "1@2 ~ ~"},
		"of null":         {text: `[{"a":null,"b":{"c":null}}]`, paths: "a.x a[0] z.x z[0].y b.c.d b.c[1] b.z b.z.y", want: "1@2 ~of null at 1 ~of null at 1 ~of null at 1 ~of null at 1 ~of null at 2 ~of null at 2 ~ ~of null at 2"},
		"another kind":    {text: `[{"n":1,"s":"x","o":{},"l":[]}]`, paths: "n.x n[0] s.x s[0] o[0] l.x l[0].x o.x.y", want: "1@2 ~no object at 1 ~no array at 1 ~no object at 1 ~no array at 1 ~no array at 1 ~no object at 1 ~range at 1 (0) ~of null at 2"},
		"out of range":    {text: `[{"l":[1,[2,3]]}]`, paths: "l[0] l[1] l[2] l[1][1] l[1][2].x l[5][0] l[0][0]", want: "1@2 1 [2,3] ~range at 1 (2) 3 ~range at 2 (2) ~range at 1 (2) ~no array at 2"},
		"a record's item": {text: `[{"l":1}]`, paths: "[0].x l", want: "1@2 ~no array at 0 1"},
		"same twice":      {text: `[{"a":{"b":1}}]`, paths: "a a a.b a.b", want: `1@2 {"b":1} {"b":1} 1 1`},
		"reset by row":    {text: `[{"a":{"b":1}},{},{"a":{"b":2}},{"a":3}]`, paths: "a.b", want: "1@2 1\n2@16 ~of null at 1\n3@19 2\n4@33 ~no object at 1"},
		"twice, deeper":   {text: `[{"a":{"b":1,"b":2}},{"a":{"c":1,"c":2}},{"a":{"b":1},"a":2}]`, paths: "a.b", want: "bad: row 1: byte 14: the key \"b\" stands twice in its object, and is read by this job: which value is meant cannot be told <{\"a\":{\"b\":1,\"b\":2}}>\n2@22 ~\nbad: row 3: byte 55: the key \"a\" stands twice in its object, and is read by this job: which value is meant cannot be told <{\"a\":{\"b\":1},\"a\":2}>"},
		"twice, inside":   {text: `[{"a":{"b":1,"b":2}}]`, paths: "a", want: `1@2 {"b":1,"b":2}`},
		"many names":      {text: `[{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":10,"k":11}]`, paths: "k a i b j c d e f g zz", want: "1@2 11 1 9 2 10 3 4 5 6 7 ~"},
		"odd names":       {text: `[{"":1,"a.b":2,"a b":3,"가":4,"\n":5}]`, paths: `[""] ["a.b"] 가 ["\n"]`, want: "1@2 1 2 4 5"},
	} {
		tc.run(t, name, format.JSONOptions{})
	}
}

func TestJSONAt(t *testing.T) {
	for name, tc := range map[string]jsonCase{
		"key":              {text: `{"x":[1,{}],"d":{"y":"z","rows":[{"a":1},{"a":2}],"q":[]},"e":{"d":1}} `, at: "d.rows", want: "1@34 1\n2@42 2"},
		"element":          {text: ` [ 1 , [ [{"a":1}] , 2 ] ]`, at: "[1][0]", want: "1@11 1"},
		"mixed":            {text: `{"d":[{"r":[]},{"r":[{"a":1}]}]}`, at: "d[1].r", want: "1@22 1"},
		"escaped":          {text: `{"\u0064":[{"a":1}]}`, at: "d", want: "1@12 1"},
		"no rows":          {text: `{"d":[]}`, at: "d", want: ""},
		"null":             {text: `{"d":null}`, at: "d", want: ""},
		"null, then rest":  {text: `{"d":null,"e":01}`, at: "d", want: "error: byte 16: a number has a leading zero"},
		"not there":        {text: `{"e":[1,2]}`, at: "d.rows", want: `error: byte 1: there is nothing at "d.rows": the document has no key "d"`},
		"not there, empty": {text: `{}`, at: "d", want: `error: byte 1: there is nothing at "d": the document has no key "d"`},
		"deeper":           {text: `{"d":{"x":1}}`, at: "d.rows", want: `error: byte 6: there is nothing at "d.rows": the value at "d" has no key "rows"`},
		"through null":     {text: `{"d":null}`, at: "d.rows", want: `error: byte 6: there is nothing at "d.rows": the value at "d" is null, not an object`},
		"through a list":   {text: `{"d":[]}`, at: "d.rows", want: `error: byte 6: there is nothing at "d.rows": the value at "d" is an array, not an object`},
		"too short":        {text: `{"d":[1]}`, at: "d[1]", want: `error: byte 6: there is nothing at "d[1]": the value at "d" has no element 1`},
		"empty list":       {text: `{"d":[]}`, at: "d[0]", want: `error: byte 6: there is nothing at "d[0]": the value at "d" has no element 0`},
		"an object":        {text: `{"d":{"a":1}}`, at: "d", want: `error: byte 6: what is at "d" is not an array of records: it begins with '{'; for an object of columns, as pandas writes it, say so by the shape columns`},
		"a string":         {text: `{"d":"x"}`, at: "d", want: `error: byte 6: what is at "d" is not an array of records: it begins with '"'`},
		"bad before":       {text: `{"x":tru,"d":[]}`, at: "d", want: `error: byte 9: found ',', want the rest of "true"`},
		"bad after":        {text: `{"d":[{"a":1}],"x":tru}`, at: "d", want: "1@7 1\n" + `error: byte 23: found '}', want the rest of "true"`},
		"cut after":        {text: `{"d":[{"a":1}],`, at: "d", want: "1@7 1\nerror: byte 16: the file ends inside an object"},
		"cut before":       {text: `{"e":1,`, at: "d", want: "error: byte 8: the file ends inside an object"},
		"not closed":       {text: `{"d":[{"a":1}]]`, at: "d", want: "1@7 1\nerror: byte 15: found ']', want \",\" or \"}\" after a member"},
		"twice":            {text: `{"d":[{"a":1}],"d":[]}`, at: "d", want: "1@7 1\nerror: byte 16: the key \"d\", in which the rows are, stands twice"},
		"two documents":    {text: `{"d":[{"a":1}]}{"d":[]}`, at: "d", want: "1@7 1\nerror: byte 16: '{' stands after the end of the document"},
		"no key":           {text: `{d:[]}`, at: "d", want: "error: byte 2: found 'd', want a key in quotes"},
		"empty":            {text: ` `, at: "d", want: "error: holds nothing but white space (1 bytes)"},
		"scalar":           {text: `1`, at: "d", want: `error: byte 1: there is nothing at "d": the document is a number, not an object`},
	} {
		tc.run(t, name, format.JSONOptions{})
	}
}

func TestJSONColumns(t *testing.T) {
	for name, tc := range map[string]jsonCase{
		"by index":          {text: `{"a":{"0":1,"1":2},"b":{"0":"x","1":null}}`, paths: "a b c", want: "1@11 1 \"x\" ~\n2@17 2 ~ ~"},
		"lists":             {text: `{"a":[1,2],"z":["p","q"],"b":["x",[]]} `, paths: "b a", want: "1@7 \"x\" 1\n2@9 [] 2"},
		"another order":     {text: `{"a":{"0":1,"1":2,"2":3},"b":{"2":"z","0":"x","1":"y"}}`, paths: "a b", want: "1@11 1 \"x\"\n2@17 2 \"y\"\n3@23 3 \"z\""},
		"some lack":         {text: `{"a":{"0":1,"2":3},"b":{"1":"y","2":"z"}}`, paths: "a b", want: "1@11 1 ~\n2@17 3 \"z\"\n3@29 ~ \"y\""},
		"an index unread":   {text: `{"a":{"0":1},"z":{"0":0,"1":0}}`, paths: "a", want: "1@11 1\n2@29 ~"},
		"escaped index":     {text: `{"a":{"x":1,"y":2},"b":{"\u0078":3,"\u0079":4}}`, paths: "a b", want: "1@11 1 3\n2@17 2 4"},
		"deeper":            {text: `{"a":{"0":{"x":[5]},"1":null,"2":{}},"b":{"3":1}}`, paths: "a.x[0] a.x b.q c.q", want: "1@11 5 [5] ~of null at 1 ~of null at 1\n2@25 ~of null at 1 ~of null at 1 ~of null at 1 ~of null at 1\n3@34 ~of null at 2 ~ ~of null at 1 ~of null at 1\n4@47 ~of null at 1 ~of null at 1 ~no object at 1 ~of null at 1"},
		"other indexes":     {text: `{"a":{"x":1,"y":2},"b":{"y":3,"z":4,"x":5}}`, paths: "a b", want: "1@11 1 5\n2@17 2 3\n3@35 ~ 4"},
		"numbers, then not": {text: `{"a":{"0":1,"1":2,"01":3,"3":4},"b":{"3":5,"01":6,"1":7,"0":8,"2":9}}`, paths: "a b", want: "1@11 1 8\n2@17 2 7\n3@24 3 6\n4@30 4 5\n5@67 ~ 9"},
		"a number ahead":    {text: `{"a":{"1":1,"0":2},"b":{"0":3,"1":4}}`, paths: "a b", want: "1@11 1 4\n2@17 2 3"},
		"escaped number":    {text: `{"a":{"0":1},"b":{"\u0030":2}}`, paths: "a b", want: "1@11 1 2"},
		"twice, no number":  {text: `{"a":{"x":1,"y":2,"x":3}}`, want: `error: byte 19: index "x" stands twice in column "a"`},
		"no rows":           {text: `{}`, want: ""},
		"no rows, columns":  {text: ` {"a":{},"b":{}} `, want: ""},
		"no rows, lists":    {text: `{"a":[],"b":[]}`, want: ""},
		"at":                {text: `{"d":{"a":[1,2]},"e":0}`, at: "d", want: "1@12 1\n2@14 2"},
		"at null":           {text: `{"d":null}`, at: "d", want: ""},
		"unequal lists":     {text: `{"a":[1,2],"b":[1]}`, want: `error: byte 16: column "b" has 1 values, column "a" has 2: lists must be of one length`},
		"longer list":       {text: `{"a":[],"b":[1]}`, want: `error: byte 13: column "b" has 1 values, column "a" has 0: lists must be of one length`},
		"mixed":             {text: `{"a":[1],"b":{"0":1}}`, want: `error: byte 14: column "b" is an object, those before it are not`},
		"a scalar":          {text: `{"a":1}`, want: `error: byte 6: column "a" is a number, not an object of values by index or a list`},
		"twice":             {text: `{"a":[1],"b":[1],"a":[2]}`, want: `error: byte 18: column "a" stands twice`},
		"twice, unread":     {text: `{"b":[1],"b":[2],"a":[2]}`, want: "1@7 2"},
		"index twice":       {text: `{"a":{"0":1,"0":2}}`, want: `error: byte 13: index "0" stands twice in column "a"`},
		"twice in a value":  {text: `{"a":{"0":{"x":1,"x":2},"1":{"x":3}}}`, paths: "a.x", want: "bad: row 1: byte 18: the key \"x\" stands twice in its object, and is read by this job: which value is meant cannot be told <>\n2@29 3"},
		"records":           {text: `[{"a":1}]`, want: `error: byte 1: the file is not an object of columns: it begins with '['; for an array of records leave the shape out`},
		"bad":               {text: `{"a":{"0":1,"1":tru}}`, want: `error: byte 20: found '}', want the rest of "true"`},
		"bad key":           {text: `{"a":{"0":1,1:2}}`, want: `error: byte 13: found '1', want a key in quotes`},
		"bad column key":    {text: `{"a":{"0":1},b:{}}`, want: `error: byte 14: found 'b', want a key in quotes`},
		"comma":             {text: `{"a":[1,]}`, want: `error: byte 9: found ']', want a value`},
		"after":             {text: `{"a":[1]}x`, want: "1@7 1\nerror: byte 10: 'x' stands after the end of the document"},
		"cut":               {text: `{"a":[1`, want: `error: byte 8: the file ends inside an array`},
		"cut in a column":   {text: `{"a":`, want: `error: byte 6: the file ends inside an object`},
		"empty":             {text: ``, want: "error: is empty (0 bytes)"},
	} {
		tc.run(t, name, format.JSONOptions{Shape: format.Columns})
	}
}

func TestJSONRecordText(t *testing.T) {
	for name, tc := range map[string]struct {
		shape format.Shape
		jsonCase
	}{
		"array":   {format.Records, jsonCase{text: `[ {"a":1} ,{ "b":2 }]`, want: `1@3 1 <{"a":1}>` + "\n" + `2@12 ~ <{ "b":2 }>`}},
		"lines":   {format.Records, jsonCase{text: "{\"a\":1} \r\n {\"b\":2}", want: `1@1/1 1 <{"a":1}>` + "\n" + `2@12/2 ~ <{"b":2}>`}},
		"columns": {format.Columns, jsonCase{text: `{"a":{"x":1,"y":[2]},"b":{"y":"z"}}`, want: `1@11 1 <{"a":1}>` + "\n" + `2@17 [2] <{"a":[2],"b":"z"}>`}},
	} {
		tc.run(t, name, format.JSONOptions{Shape: tc.shape, Record: true})
	}
}

// TestJSONWhole reads records as a whole, by the empty path.
func TestJSONWhole(t *testing.T) {
	for text, want := range map[string]string{
		`[{"a":1}, {} ]`:       `[1@2 {"a":1} 1 2@11 {} ~]`,
		"{\"a\":[1]}\n":        `[1@1/1 {"a":[1]} [1]]`,
		`{"a":["x"],"b":[{}]}`: `[1@1/1 {"a":["x"],"b":[{}]} ["x"]]`,
	} {
		o := format.JSONOptions{Paths: append([]format.Path{nil}, jsonPaths(t, "a")...)}
		if got := fmt.Sprint(jsonDump(format.JSONBytes([]byte(text), o))); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	o := format.JSONOptions{Shape: format.Columns, Paths: append([]format.Path{nil}, jsonPaths(t, "a")...)}
	if got, want := fmt.Sprint(jsonDump(format.JSONBytes([]byte(`{"a":["x"],"b":[{}]}`), o))), `[1@7 {"a":"x","b":{}} "x"]`; got != want {
		t.Errorf("columns: got %s, want %s", got, want)
	}
}

// TestJSONBatches reads more rows than one batch holds.
func TestJSONBatches(t *testing.T) {
	const rows = 5000
	var array, lines, lists bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&array, `,{"a":%d}`, i)
		fmt.Fprintf(&lines, "{\"a\":%d}\n", i)
		fmt.Fprintf(&lists, `,%d`, i)
	}
	for name, tc := range map[string]struct {
		text  string
		shape format.Shape
	}{
		"array": {"[" + array.String()[1:] + "]", format.Records},
		"lines": {lines.String(), format.Records},
		"lists": {`{"a":[` + lists.String()[1:] + "]}", format.Columns},
	} {
		for _, size := range []int{0, 16, 4096, 1 << 20} {
			o := format.JSONOptions{Shape: tc.shape, Paths: jsonPaths(t, "a")}
			r := format.JSONBytes([]byte(tc.text), o)
			if size > 0 {
				r = format.JSONStreamOf(strings.NewReader(tc.text), o, size)
			}
			n := 0
			var b row.Batch
			for {
				err := r.Read(&b)
				if err == io.EOF {
					break
				}
				if err != nil || b.Len == 0 || b.Len > 1024 || len(b.Bad) > 0 {
					t.Fatalf("%s: %d rows, %v, %v", name, b.Len, b.Bad, err)
				}
				for r := range b.Len {
					if string(b.Cols[0].Bytes[r]) != fmt.Sprint(n) || b.Row[r] != int64(n+1) {
						t.Fatalf("%s: row %d is %d: %s", name, n+1, b.Row[r], b.Cols[0].Bytes[r])
					}
					n++
				}
			}
			if n != rows {
				t.Errorf("%s, buffer of %d: %d rows", name, size, n)
			}
			if err := r.Read(&b); err != io.EOF || b.Len != 0 {
				t.Errorf("%s: after the end: %d rows, %v", name, b.Len, err)
			}
		}
	}
}

func TestJSONMaxRecord(t *testing.T) {
	long := strings.Repeat("x", 200)
	for name, tc := range map[string]struct {
		shape format.Shape
		jsonCase
	}{
		"array":   {format.Records, jsonCase{text: `[{"a":1},{"a":"` + long + `"}]`, want: "1@2 1\nerror: byte 10: the record or value that begins here has more than 100 bytes, the most that is held"}},
		"lines":   {format.Records, jsonCase{text: "{\"a\":1}\n{\"a\":\"" + long + "\"}\n", want: "1@1/1 1\nerror: byte 9: the record or value that begins here has more than 100 bytes, the most that is held"}},
		"objects": {format.Records, jsonCase{text: "{\n\"a\":\"" + long + "\"}\n", want: "error: byte 1: the record or value that begins here has more than 100 bytes, the most that is held"}},
		"before":  {format.Records, jsonCase{text: `{"x":"` + long + `","d":[]}`, at: "d", want: "error: byte 6: the record or value that begins here has more than 100 bytes, the most that is held"}},
		"columns": {format.Columns, jsonCase{text: `{"a":["` + long + `"]}`, want: "error: byte 1: the document, which is needed in memory as a whole, has more than 100 bytes, the most that is held"}},
		"spaces":  {format.Records, jsonCase{text: strings.Repeat(" ", 300) + "[" + strings.Repeat("\n", 300) + "{}" + strings.Repeat(" ", 300) + "]" + strings.Repeat(" ", 300), want: "1@602 ~"}},
	} {
		tc.run(t, name, format.JSONOptions{Shape: tc.shape, MaxRecord: 100})
	}
}
