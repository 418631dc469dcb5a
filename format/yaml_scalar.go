package format

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

// The plain scalars of YAML 1.2's core schema that are no texts.
var (
	yamlInt   = regexp.MustCompile(`^[-+]?[0-9]+$`)
	yamlBase  = regexp.MustCompile(`^0(?:o[0-7]+|x[0-9a-fA-F]+)$`)
	yamlFloat = regexp.MustCompile(`^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$`)
	yamlNoNum = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
)

// isPlain says whether a scalar stands without quotes and in no block of its own.
func isPlain(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// tagOf returns the tag that a value is given, "" if it is given none.
func tagOf(n *yaml.Node) string {
	if n.Style&yaml.TaggedStyle == 0 && n.Tag != "!" {
		return ""
	}
	return n.Tag
}

// known says whether a value's tag, if it is given one, is one of those.
func known(n *yaml.Node, tags ...string) bool {
	tag := tagOf(n)
	return tag == "" || tag == "!" || slices.Contains(tags, tag)
}

func unknownTag(n *yaml.Node) error {
	return &badYAML{n, fmt.Sprintf("the tag %s is not known for such a value", shortName(n.Tag))}
}

// isNull says whether a value is YAML's null.
func isNull(n *yaml.Node) bool {
	if n.Kind != yaml.ScalarNode {
		return false
	}
	tag := tagOf(n)
	return tag == "!!null" || tag == "" && isPlain(n) && isNullWord(n.Value)
}

func isNullWord(s string) bool {
	return s == "" || s == "~" || s == "null" || s == "Null" || s == "NULL"
}

func isBoolWord(s string) bool {
	switch s {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return true
	}
	return false
}

// scalar writes a scalar as JSON.
func (v *yamlValues) scalar(n *yaml.Node) error {
	s := n.Value
	wrong := func() error {
		return &badYAML{n, fmt.Sprintf("%s is no %s, as its tag says", shortName(s), strings.TrimPrefix(n.Tag, "!!"))}
	}
	switch tag := tagOf(n); tag {
	case "":
		if isPlain(n) {
			return v.plain(n)
		}
		return v.quote(n)
	case "!", "!!str", "!!timestamp":
		return v.quote(n)
	case "!!binary":
		s = strings.Join(strings.Fields(s), "")
		v.text, _ = jsontext.AppendQuote(v.text, s)
		return nil
	case "!!null":
		if !isNullWord(s) {
			return wrong()
		}
	case "!!bool":
		if !isBoolWord(s) {
			return wrong()
		}
	case "!!int":
		if !yamlInt.MatchString(s) && !yamlBase.MatchString(s) {
			return wrong()
		}
		s = zeros(s)
	case "!!float":
		if !yamlFloat.MatchString(s) && !yamlNoNum.MatchString(s) {
			return wrong()
		}
		s = zeros(s)
	default:
		return unknownTag(n)
	}
	return v.core(n, s)
}

// zeros takes needless zeros from the beginning of a number.
func zeros(s string) string {
	sign := ""
	if s != "" && (s[0] == '-' || s[0] == '+') {
		sign, s = s[:1], s[1:]
	}
	for len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9' {
		s = s[1:]
	}
	return sign + s
}

// plain writes a scalar without quotes and tag.
func (v *yamlValues) plain(n *yaml.Node) error { return v.core(n, n.Value) }

// core writes a scalar by the core schema.
func (v *yamlValues) core(n *yaml.Node, s string) error {
	switch {
	case isNullWord(s):
		v.text = append(v.text, "null"...)
	case isBoolWord(s):
		v.text = append(v.text, strings.ToLower(s)...)
	case strings.IndexByte("+-.0123456789", s[0]) < 0:
		return v.quote(n)
	case yamlBase.MatchString(s):
		base := 8
		if s[1] == 'x' {
			base = 16
		}
		number, _ := new(big.Int).SetString(s[2:], base)
		v.text = number.Append(v.text, 10)
	case yamlFloat.MatchString(s) && zeros(s) == s:
		v.text = appendYAMLNumber(v.text, s)
	default:
		return v.quote(n)
	}
	return nil
}

// appendYAMLNumber writes a decimal number as JSON has it: no plus before it, and
// digits on both sides of the point.
func appendYAMLNumber(text []byte, s string) []byte {
	if s[0] == '-' {
		text = append(text, '-')
	}
	s = strings.TrimLeft(s, "+-")
	if s[0] == '.' {
		text = append(text, '0')
	}
	whole, rest, point := strings.Cut(s, ".")
	text = append(text, whole...)
	if point && rest != "" && rest[0] != 'e' && rest[0] != 'E' {
		text = append(text, '.')
	}
	return append(text, rest...)
}

// quote writes the text of a scalar.
func (v *yamlValues) quote(n *yaml.Node) error {
	var err error
	if v.text, err = jsontext.AppendQuote(v.text, n.Value); err != nil {
		return &badYAML{n, err.Error()}
	}
	return nil
}
