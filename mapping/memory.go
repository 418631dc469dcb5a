package mapping

// memory hands out what values point to, a batch at a time: the lists and
// texts that expressions make live until the next batch.
type memory struct {
	values    []value
	compounds []compound
	text      []byte
}

// How much is asked for at a time.
const (
	valuesChunk    = 4096
	compoundsChunk = 512
)

// reset takes everything back. Chunks that ran full are the collector's.
func (s *memory) reset() {
	clear(s.values)
	clear(s.compounds)
	s.values, s.compounds = s.values[:0], s.compounds[:0]
}

// list returns n values to be filled.
func (m *Mapper) list(n int) []value {
	s := &m.memory
	if len(s.values)+n > cap(s.values) {
		s.values = make([]value, 0, max(valuesChunk, n))
	}
	at := len(s.values)
	s.values = s.values[:at+n]
	return s.values[at : at+n : at+n]
}

// listOf returns the list of the values.
func (m *Mapper) listOf(items []value) value {
	s := &m.memory
	if len(s.compounds) == cap(s.compounds) {
		s.compounds = make([]compound, 0, compoundsChunk)
	}
	s.compounds = append(s.compounds, compound{items: items})
	return value{k: listKind, x: &s.compounds[len(s.compounds)-1]}
}

// concat returns a text that lives as long as the batch that is being filled.
func (m *Mapper) concat(a, b string) string {
	if m.dst == nil {
		return a + b
	}
	m.memory.text = append(append(m.memory.text[:0], a...), b...)
	return str(m.dst.Keep(m.memory.text))
}
