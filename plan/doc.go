// Package plan holds what a run would change, as data: in flow the facts of a
// comparison, out flows text for a person or JSON for a program. A saved plan
// is applied as it is or not at all.
//
// Nothing here does I/O.
package plan
