package infer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// negative is how numbers below zero are written that no option of a column reads.
var negative = regexp.MustCompile(`^[△▲▼−–].*[0-9]|^[0-9][0-9.,]*-$`)

// nearly says what is between texts and a type that most of them have; "" if they
// are plain texts.
func nearly(texts []string) string {
	var numbers, dates, below, rest []string
	for _, text := range texts {
		switch text = strings.TrimSpace(text); {
		case text == "" || isNullWord(text):
		case kindOfText(text) == dated || bareForm.MatchString(text):
			dates = append(dates, text)
		case kindOfText(text) == numeric && !isCode(text):
			numbers = append(numbers, text)
		case negative.MatchString(text):
			below = append(below, text)
		default:
			rest = append(rest, text)
		}
	}
	all := len(numbers) + len(dates) + len(below) + len(rest)
	switch {
	case 2*len(dates) > all && len(dates) < all:
		return fmt.Sprintf("%d of %d look like dates, as %s; others do not, as %s", len(dates), all, quoted(dates[0]), quoted(slices.Concat(rest, numbers, below)[0]))
	case len(dates) > 0 && len(dates) == all:
		return fmt.Sprintf("they look like dates, but no form reads all of them: %s", quotedList(firstFew(dates)))
	case len(below) > 0 && len(below)+len(numbers) == all:
		return fmt.Sprintf("they look like numbers, but no option reads one below zero that is written %s", quoted(below[0]))
	case 2*len(numbers) > all && !(&style{}).number(numbers):
		return fmt.Sprintf("they look like numbers, but are not all written alike: %s", several(numbers))
	case 2*len(numbers) > all && len(rest) > 0:
		return fmt.Sprintf("%d of %d are numbers, as %s; others are not, as %s", len(numbers), all, quoted(numbers[0]), quoted(rest[0]))
	}
	return ""
}

var codeForm = regexp.MustCompile(`^0[0-9]|^[0-9]+\.[0-9]+\.[0-9.]*$`)

// isCode says whether digits are no number: they begin with a zero, or are parted
// as a version is.
func isCode(text string) bool { return codeForm.MatchString(text) }

// several are a few texts of different lengths, such as are written otherwise.
func several(texts []string) string {
	var some []string
	for _, text := range texts {
		if len(some) < 3 && !slices.ContainsFunc(some, func(s string) bool { return shapeOf(s) == shapeOf(text) }) {
			some = append(some, text)
		}
	}
	return quotedList(some)
}

// firstFew are the first texts that differ.
func firstFew(texts []string) (few []string) {
	for _, text := range texts {
		if len(few) < 3 && !slices.Contains(few, text) {
			few = append(few, text)
		}
	}
	return few
}

// shapeOf is a text without what its digits are.
func shapeOf(text string) string { return digits.ReplaceAllString(text, "0") }
