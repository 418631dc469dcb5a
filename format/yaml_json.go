package format

import (
	"bytes"
	"errors"

	"go.yaml.in/yaml/v4"

	"github.com/seed-128c3863/sluice/row"
)

// YAMLToJSON returns what the beginning of a YAML file holds as JSON: one document
// as it is, and of several the records, a line each. If the file is cut off, what
// may go on is left out, and so are items of lists that are at fault.
func YAMLToJSON(data []byte, cut bool) ([]byte, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for tries := 0; ; tries++ {
		if cut {
			data = data[:lastItem(data)]
		}
		text, err := yamlDocuments(data)
		if err == nil || !cut || tries > 50 || len(data) == 0 {
			return text, err
		}
	}
}

// lastItem returns the index of the last line that begins an item of a list, or a
// document.
func lastItem(data []byte) int {
	for end := len(data); end > 0; {
		begin := bytes.LastIndexByte(data[:end-1], '\n') + 1
		if bytes.HasPrefix(bytes.TrimLeft(data[begin:end], " "), []byte("-")) {
			return begin
		}
		end = begin
	}
	return 0
}

// yamlDocuments returns all documents as JSON.
func yamlDocuments(data []byte) ([]byte, error) {
	r := newYAML(YAMLOptions{})
	r.values.lenient = true
	r.src.open(data, nil)
	var documents [][]byte
	var records []byte
	for {
		l, err := r.content()
		if err != nil { // io.EOF
			if len(documents) == 1 {
				return documents[0], nil
			}
			return records, nil
		}
		if l.marker != 0 && l.bare || l.isVersion() {
			r.consume(l.next)
			continue
		}
		r.anchors.forget()
		n, _, _ := r.extent(wholeDocument())
		root, err := r.parse(n)
		if err != nil {
			return nil, err
		}
		if root == nil || isNull(target(root)) {
			continue
		}
		text, err := r.values.document(root)
		if err != nil {
			return nil, err
		}
		documents = append(documents, text)
		if records, err = r.values.lines(records, target(root), text); err != nil {
			return nil, err
		}
	}
}

// document returns a value as JSON.
func (v *yamlValues) document(n *yaml.Node) ([]byte, error) {
	v.text, v.start, v.aliases, v.open = nil, 0, 0, v.open[:0]
	err := v.value(n)
	var bad *badYAML
	if errors.As(err, &bad) {
		err = &row.Error{Line: int64(bad.node.Line), Err: bad}
	}
	return v.text, err
}

// lines appends the records of a document, a line each.
func (v *yamlValues) lines(records []byte, root *yaml.Node, text []byte) ([]byte, error) {
	if root.Kind != yaml.SequenceNode {
		return append(append(records, text...), '\n'), nil
	}
	for _, item := range root.Content {
		text, err := v.document(item)
		if bad := (*badYAML)(nil); errors.As(err, &bad) {
			continue
		} else if err != nil {
			return nil, err
		}
		records = append(append(records, text...), '\n')
	}
	return records, nil
}
