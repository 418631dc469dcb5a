package spec

import "strings"

// ErrorAt returns the error at a byte offset of a text of the job, at its
// place in the file: exact for a text on one line, plain or in quotes; by line
// for a block of several.
func (j *Job) ErrorAt(t Text, offset int, msg, hint string) *Error {
	at := place(j.lines, t, offset)
	return &Error{File: j.File, Line: at.Line, Column: at.Column, Path: t.Pos.Path, Msg: msg, Hint: hint}
}

// place returns where the byte of t.S stands in the file. Where that cannot be
// told, it is where the text begins.
func place(lines []string, t Text, offset int) Pos {
	at := Pos{Line: max(1, t.Pos.Line), Column: max(1, t.Pos.Column), Path: t.Pos.Path}
	offset = min(max(offset, 0), len(t.S))
	if at.Line > len(lines) {
		return at
	}
	line := []rune(lines[at.Line-1])
	if at.Column > len(line) {
		return at
	}
	source := line[at.Column-1:]
	want := len([]rune(t.S[:offset]))
	switch source[0] {
	case '|':
		return placeInBlock(lines, at, t.S[:offset])
	case '>':
		return at
	case '\'', '"':
		if n, ok := inQuotes(source, t.S, want); ok {
			at.Column += n
		}
	default:
		if strings.HasPrefix(string(source), t.S) {
			at.Column += want
		}
	}
	return at
}

// placeInBlock returns the place of what follows before in a block scalar
// whose | stands at.
func placeInBlock(lines []string, at Pos, before string) Pos {
	i := at.Line + strings.Count(before, "\n") // the block's first line follows the |
	if i >= len(lines) {
		return at
	}
	first := len(lines[at.Line]) - len(strings.TrimLeft(lines[at.Line], " "))
	in := len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))
	return Pos{Line: i + 1, Column: min(first+in, len([]rune(lines[i]))) + 1, Path: at.Path}
}

// inQuotes returns how many characters of source, which begins with its quote,
// stand before character want of text, which it quotes. It fails for a text
// that goes on in the next line.
func inQuotes(source []rune, text string, want int) (int, bool) {
	quote, chars := source[0], []rune(text)
	i, found := 1, -1
	for n := 0; i < len(source); n++ {
		if n == want {
			found = i
		}
		switch {
		case quote == '\'' && source[i] == quote && i+1 < len(source) && source[i+1] == quote:
			i += 2
		case source[i] == quote:
			return found, n == len(chars) && found > 0
		case quote == '"' && source[i] == '\\' && i+1 < len(source):
			i += 2 + map[rune]int{'x': 2, 'u': 4, 'U': 8}[source[i+1]]
		default:
			i++
		}
	}
	return 0, false
}
