package table

import "strings"

// A sqliteDDL is what a CREATE TABLE statement says and no pragma tells.
type sqliteDDL struct {
	columns    map[string]ddlColumn // by name
	checks     []Check
	references []ddlReference // in their order
	replaces   bool           // ON CONFLICT REPLACE is in it
}

type ddlColumn struct {
	collation     string // as it is written
	generated     string // the expression
	autoincrement bool
}

type ddlReference struct {
	name                 string
	deferrable, deferred bool
}

// parseTable reads a CREATE TABLE statement that SQLite has accepted.
func parseTable(sql string) sqliteDDL {
	d := sqliteDDL{columns: map[string]ddlColumn{}}
	s := ddl{sql, tokens(sql)}
	for _, item := range s.list(s.find("(")) {
		if len(item.tokens) == 0 {
			continue
		}
		switch item.tokens[0].word {
		case "constraint", "primary", "unique", "check", "foreign":
			d.clauses(item)
		default:
			d.columns[item.tokens[0].name()] = d.clauses(item.from(1))
		}
	}
	return d
}

// clauses reads the constraints of a column or a table.
func (d *sqliteDDL) clauses(s ddl) (c ddlColumn) {
	var name string // of the constraint that follows
	ref := &ddlReference{}
	for i := 0; i < len(s.tokens); i++ {
		switch s.tokens[i].word {
		case "constraint":
			i++
			name = s.name(i)
		case "primary", "unique", "not", "null":
			name = ""
		case "default":
			if s.word(i-1) != "set" && s.word(i+1) != "(" {
				i++
			}
		case "collate":
			i++
			c.collation = s.name(i)
		case "autoincrement":
			c.autoincrement = true
		case "as":
			c.generated = s.group(i + 1)
		case "check":
			d.checks = append(d.checks, Check{Name: name, Expression: s.group(i + 1)})
			name = ""
		case "references":
			d.references = append(d.references, ddlReference{name: name})
			ref = &d.references[len(d.references)-1]
			i++ // the name of the table
			name = ""
		case "deferrable":
			ref.deferrable = s.word(i-1) != "not"
		case "deferred":
			ref.deferred = ref.deferrable
		case "conflict":
			d.replaces = d.replaces || s.word(i+1) == "replace"
		case "(":
			i = s.close(i)
		}
	}
	return c
}

// parseIndex reads a CREATE INDEX statement: the texts of its parts, and its
// condition.
func parseIndex(sql string) (parts []string, where string) {
	s := ddl{sql, tokens(sql)}
	open := s.find("(")
	for _, item := range s.list(open) {
		for n := len(item.tokens); n > 1; n = len(item.tokens) {
			if item.word(n-1) == "asc" || item.word(n-1) == "desc" {
				item.tokens = item.tokens[:n-1]
			} else if n > 2 && item.word(n-2) == "collate" {
				item.tokens = item.tokens[:n-2]
			} else {
				break
			}
		}
		parts = append(parts, item.text())
	}
	if end := s.close(open) + 1; s.word(end) == "where" {
		where = s.from(end + 1).text()
	}
	return parts, where
}

// parseTrigger reads a CREATE TRIGGER statement. Its name may be any word.
func parseTrigger(name, sql string) Trigger {
	t := Trigger{Name: name, Timing: "before", ForEach: "row"}
	s := ddl{sql, tokens(sql)}
	i := s.find("trigger") + 1
	if s.word(i) == "if" {
		i += 3 // if not exists
	}
	if i++; s.word(i) == "." {
		i += 2
	}
	for ; i < len(s.tokens) && s.word(i) != "on"; i++ {
		switch word := s.word(i); word {
		case "after":
			t.Timing = "after"
		case "instead":
			t.Timing = "instead of"
		case "insert", "update", "delete":
			t.Events = append(t.Events, word)
		case "before", "of", ",":
		default:
			t.Columns = append(t.Columns, s.name(i))
		}
	}
	return t
}

// A ddl is a statement, or a part of one.
type ddl struct {
	sql    string
	tokens []token
}

func (s ddl) from(i int) ddl { return ddl{s.sql, s.tokens[min(i, len(s.tokens)):]} }

// word returns a keyword or sign, in lower case; "" if there is another token.
func (s ddl) word(i int) string {
	if i < 0 || i >= len(s.tokens) {
		return ""
	}
	return s.tokens[i].word
}

func (s ddl) name(i int) string {
	if i >= len(s.tokens) {
		return ""
	}
	return s.tokens[i].name()
}

// text returns what is written.
func (s ddl) text() string {
	if len(s.tokens) == 0 {
		return ""
	}
	return s.sql[s.tokens[0].start:s.tokens[len(s.tokens)-1].end]
}

// find returns the place of the first word; the end if it is not there.
func (s ddl) find(word string) int {
	for i, t := range s.tokens {
		if t.word == word {
			return i
		}
	}
	return len(s.tokens)
}

// close returns the place of the parenthesis that closes the one at a place;
// the end if there is none.
func (s ddl) close(open int) int {
	if s.word(open) != "(" {
		return len(s.tokens)
	}
	depth := 0
	for i := open; i < len(s.tokens); i++ {
		switch s.tokens[i].word {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s.tokens)
}

// group returns the text between parentheses, the first of which is at a place.
func (s ddl) group(open int) string {
	if end := s.close(open); end > open {
		return ddl{s.sql, s.tokens[open+1 : end]}.text()
	}
	return ""
}

// list parts at its commas what is between parentheses.
func (s ddl) list(open int) (items []ddl) {
	end := s.close(open)
	begin := open + 1
	for i := begin; i < end; i++ {
		switch s.tokens[i].word {
		case "(":
			i = s.close(i)
		case ",":
			items = append(items, ddl{s.sql, s.tokens[begin:i]})
			begin = i + 1
		}
	}
	if begin < end {
		items = append(items, ddl{s.sql, s.tokens[begin:end]})
	}
	return items
}

// A token is a word, name, literal or sign of a statement.
type token struct {
	text       string
	word       string // text in lower case, unless it is quoted
	start, end int    // bytes
}

// name returns a name without its quotes.
func (t token) name() string {
	if t.word != "" || len(t.text) < 2 {
		return t.text
	}
	quote, inner := t.text[0], t.text[1:len(t.text)-1]
	if quote == '[' {
		return inner
	}
	return strings.ReplaceAll(inner, string([]byte{quote, quote}), string(quote))
}

// tokens parts a statement that SQLite has accepted: quotes are closed.
func tokens(sql string) (all []token) {
	for i := 0; i < len(sql); {
		n, skip := tokenLen(sql[i:])
		if !skip {
			t := token{text: sql[i : i+n], start: i, end: i + n}
			if !strings.ContainsRune("'\"`[", rune(sql[i])) {
				t.word = strings.ToLower(t.text)
			}
			all = append(all, t)
		}
		i += n
	}
	return all
}

// tokenLen returns the bytes of the first token, or of what lies between two.
func tokenLen(sql string) (n int, skip bool) {
	switch c := sql[0]; {
	case strings.IndexByte(" \t\r\n\f", c) >= 0:
		return 1, true
	case strings.HasPrefix(sql, "--"):
		return through(sql, 2, "\n"), true
	case strings.HasPrefix(sql, "/*"):
		return through(sql, 2, "*/"), true
	case c == '[':
		return through(sql, 1, "]"), false
	case c == '\'' || c == '"' || c == '`':
		n = through(sql, 1, sql[:1])
		for n < len(sql) && sql[n] == c { // a doubled quote
			n = through(sql, n+1, sql[:1])
		}
		return n, false
	}
	for n < len(sql) && inWord(sql[n]) {
		n++
	}
	return max(n, 1), false
}

// through returns the end of the first mark from a place on, or of the text.
func through(sql string, from int, mark string) int {
	if i := strings.Index(sql[from:], mark); i >= 0 {
		return from + i + len(mark)
	}
	return len(sql)
}

func inWord(c byte) bool {
	return c == '_' || c == '$' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
