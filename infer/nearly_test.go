package infer

import (
	"strings"
	"testing"
)

// TestNearly holds texts that are almost of a type to what is said of them.
func TestNearly(t *testing.T) {
	for texts, want := range map[string]string{
		"":                           "",
		"a|b|c":                      "",
		"06236|04524":                "",
		"1.2.3|1.10.0":               "",
		"010-1234-5678":              "",
		"12%|0.5|8%":                 `they look like numbers, but are not all written alike: "12%", "0.5"`,
		"1|2|about 3":                `2 of 3 are numbers, as "1"; others are not, as "about 3"`,
		"△12|5":                      `they look like numbers, but no option reads one below zero that is written "△12"`,
		"120-|5":                     `they look like numbers, but no option reads one below zero that is written "120-"`,
		"2024-01-02|2024-01-03|soon": `2 of 3 look like dates, as "2024-01-02"; others do not, as "soon"`,
		"13/04/2024|04/15/2024":      `they look like dates, but no form reads all of them: "13/04/2024", "04/15/2024"`,
	} {
		if got := nearly(strings.Split(texts, "|")); got != want {
			t.Errorf("%s: got %q, want %q", texts, got, want)
		}
	}
}

// TestAmbiguousDates says which other days dates could be.
func TestAmbiguousDates(t *testing.T) {
	for texts, want := range map[string]string{
		"03/04/2024|05/06/2024":          "%d/%m/%Y, or %m/%d/%Y",
		"03/04/2024|13/06/2024":          "%d/%m/%Y",
		"03/14/2024|05/06/2024":          "%m/%d/%Y",
		"03/04/05":                       "%y/%m/%d, or %d/%m/%y %m/%d/%y",
		"03/04/31":                       "%d/%m/%y, or %m/%d/%y",
		"2024.04.03":                     "%Y.%m.%d",
		"2024年4月3日":                      "%Y年%m月%d日",
		"2024.04.03|2024/04/05|20240406": "%Y.%m.%d %Y/%m/%d %Y%m%d",
		"2024-04-03 오후 2:05|2024-04-03 오전 1:05:30": "%Y-%m-%d %p %I:%M %Y-%m-%d %p %I:%M:%S",
	} {
		got := ""
		if s := styleOf(strings.Split(texts, "|")); s != nil {
			got = strings.Join(formatTexts(s.Formats), " ")
			if s.unsure {
				got += ", or " + strings.Join(s.also, " ")
			}
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", texts, got, want)
		}
	}
}
