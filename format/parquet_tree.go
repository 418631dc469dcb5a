package format

import (
	"errors"
	"fmt"
)

// A pqShape is what a value of Parquet is made of.
type pqShape uint8

const (
	pqScalar pqShape = iota
	pqObject         // a struct
	pqList
	pqMap // parts are the key and, if there is one, the value
)

// A pqValue is a column or a part of one, as a record has it: of the groups by
// which Parquet writes a list or a map, in all forms that there were of these,
// nothing is left.
type pqValue struct {
	name  string
	shape pqShape
	parts []*pqValue
	scalar

	there int // the definition level from which on it is not null
	rep   int // the repetition level: of a list or a map, that of its elements
	some  int // of these: the definition level from which on there is one

	leaves []int // that hold it
}

// A pqTree makes values of a schema's elements.
type pqTree struct {
	elements []pqElement
	at       int // the next element
	leaf     int // the next leaf
	depth    int
	err      error
}

// mostDepth is how many groups lie in one another at most.
const mostDepth = 64

var errSchema = errors.New("its schema is damaged: its groups do not hold what they should")

// tree returns the record that the elements of a schema describe.
func (f *pqFooter) tree() (*pqValue, error) {
	t := &pqTree{elements: f.elements}
	root := t.next()
	v := &pqValue{shape: pqObject}
	t.object(v, root.children, 0, 0)
	if t.err == nil && t.at != len(t.elements) {
		t.err = errSchema
	}
	return v, t.err
}

// next passes an element.
func (t *pqTree) next() pqElement {
	if t.at >= len(t.elements) {
		t.err = errSchema
		return pqElement{}
	}
	t.at++
	return t.elements[t.at-1]
}

// object gives v so many parts.
func (t *pqTree) object(v *pqValue, n int32, rep, def int) {
	if t.depth++; t.depth > mostDepth {
		t.err = fmt.Errorf("its schema has more than %d groups in one another", mostDepth)
	}
	for i := int32(0); i < n && t.err == nil; i++ {
		v.add(t.value(rep, def))
	}
	t.depth--
}

func (v *pqValue) add(part *pqValue) {
	v.parts = append(v.parts, part)
	v.leaves = append(v.leaves, part.leaves...)
}

// value makes a value of the next element, which is in one that has these levels.
func (t *pqTree) value(rep, def int) *pqValue {
	e := t.next()
	if e.repetition != 2 {
		if e.repetition == 1 {
			def++
		}
		return t.content(e, rep, def)
	}
	list := &pqValue{name: e.name, shape: pqList, there: def, rep: rep + 1, some: def + 1}
	list.add(t.content(e, rep+1, def+1))
	return list
}

// content makes a value of an element, whatever its repetition.
func (t *pqTree) content(e pqElement, rep, def int) *pqValue {
	v := &pqValue{name: e.name, there: def}
	switch {
	case e.physical >= 0:
		v.scalar, v.rep = e.scalar(), rep
		v.leaves = []int{t.leaf}
		t.leaf++
	case e.is(logicalList, convertedList) && t.repeats(e):
		v.shape, v.rep, v.some = pqList, rep+1, def+1
		v.add(t.element(e, rep+1, def+1))
	case (e.is(logicalMap, convertedMap) || e.converted == convertedMapKeyValue) && t.repeats(e) && t.pairs():
		v.shape, v.rep, v.some = pqMap, rep+1, def+1
		t.object(v, t.next().children, rep+1, def+1)
	default:
		v.shape = pqObject
		t.object(v, e.children, rep, def)
		if e.logical.id == logicalVariant {
			v.refuse("a variant")
		}
	}
	return v
}

// repeats says whether a group holds one element, which is repeated.
func (t *pqTree) repeats(e pqElement) bool {
	return e.children == 1 && t.at < len(t.elements) && t.elements[t.at].repetition == 2
}

// pairs says whether the next element is a group of a key and perhaps a value.
func (t *pqTree) pairs() bool {
	n := t.elements[t.at].children
	return t.elements[t.at].physical < 0 && (n == 1 || n == 2)
}

// element makes what a list holds. What is repeated is the element itself, or a
// group around it: older programs wrote it without one.
func (t *pqTree) element(list pqElement, rep, def int) *pqValue {
	e := t.next()
	inner := e.children == 1 && t.at < len(t.elements) && t.elements[t.at].repetition != 2
	if e.physical >= 0 || !inner || e.name == "array" || e.name == list.name+"_tuple" {
		return t.content(e, rep, def)
	}
	return t.value(rep, def)
}

// refuse says that v, or the first part that is none that can be read, is what
// sluice does not read.
func (v *pqValue) refuse(what string) { v.scalar.refused = what }

// refusal returns the error for a value with something in it that is not read.
func (v *pqValue) refusal(path string) error {
	if v.scalar.refused != "" {
		return fmt.Errorf("column %s is %s, which sluice does not read", shortName(path), v.scalar.refused)
	}
	if len(v.leaves) == 0 {
		return fmt.Errorf("column %s is a struct without fields, which sluice does not read", shortName(path))
	}
	if v.shape == pqMap && v.parts[0].shape != pqScalar {
		return fmt.Errorf("column %s is a map whose keys are no plain values, which sluice does not read", shortName(path))
	}
	for _, part := range v.parts {
		name := path + "." + part.name
		if v.shape != pqObject {
			name = path
		}
		if err := part.refusal(name); err != nil {
			return err
		}
	}
	return nil
}

// part returns the part of a struct of the name.
func (v *pqValue) part(name string) *pqValue {
	for _, part := range v.parts {
		if part.name == name {
			return part
		}
	}
	return nil
}
