// Package plan holds what a run would change, and what it did, as data: in flow
// the facts of a comparison, out flows text for a person or JSON for a program.
// A saved plan is applied as it is or not at all. What a run is asked for and
// what it tells is the same for every kind of target.
//
// Nothing here does I/O.
package plan
