package spec

import "strings"

// reserved are the names that mean something in every expression: what there
// is, the words of the language, and its functions, ours and expr-lang's.
var reserved = strings.Fields(`
	row file param run value
	null nil true false
	and or not in matches contains startsWith endsWith let if else
	strptime strftime round_half_even regex_replace regex_match
	all none any one filter map find findIndex findLast findLastIndex count sum
	groupBy sortBy reduce len type abs ceil floor round int float string trim
	trimPrefix trimSuffix upper lower split splitAfter replace repeat join
	indexOf lastIndexOf hasPrefix hasSuffix max min mean median toJSON fromJSON
	toBase64 fromBase64 now duration date timezone first last get take keys
	values toPairs fromPairs reverse uniq concat flatten sort
	bitand bitor bitxor bitnand bitnot bitshl bitshr bitushr`)

var reservedNames = func() map[string]bool {
	names := make(map[string]bool, len(reserved))
	for _, name := range reserved {
		names[name] = true
	}
	return names
}()

// Reserved reports whether a name means something in every expression, so
// that no let can have it.
func Reserved(name string) bool { return reservedNames[name] }
