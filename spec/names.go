package spec

import (
	"slices"
	"strings"
)

// reserved are the names that mean something in every expression: what there
// is, the words of the language, the functions of package mapping, and those
// of expr-lang.
var reserved = strings.Fields(`
	row file param run value
	null nil true false
	and or not in matches contains startsWith endsWith let if else

	abs all any bool ceil coalesce count date day days extract filter find
	findIndex findLast findLastIndex first float floor from_base64 from_hex
	from_unix from_unix_ms from_zone get groupBy hour hours in_zone indexOf int
	join keys last lastIndexOf left len lower map max md5 mean median min minutes
	month none number one pad_left parse_json reduce regex_replace repeat replace
	reverse right round round_half_even seconds sha256 sort sortBy split strftime
	string strptime sum to_base64 to_json total_seconds trim trimPrefix
	trimSuffix type unique unix upper values year

	bitand bitnand bitnot bitor bitshl bitshr bitushr bitxor concat duration
	flatten fromBase64 fromJSON fromPairs hasPrefix hasSuffix now splitAfter
	take timezone toBase64 toJSON toPairs uniq`)

// Reserved reports whether a name means something in every expression, so
// that no let can have it.
func Reserved(name string) bool { return slices.Contains(reserved, name) }
