package format

import (
	"bytes"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// The types of fixed length of parquet-go leave two things to be desired,
// which its interfaces let us mend. Bounds of decimals are those of unsigned
// bytes, so that a reader would pass over pages with negative numbers. And
// the page index has no entry for a page of nulls, so that what follows is
// taken for bounds of the wrong page.

// A fixedType is a type of values of fixed length.
type fixedType struct {
	parquet.Type // of the length, without meaning
	logical      format.LogicalType
	converted    *deprecated.ConvertedType
	signed       bool // values are ordered as two's complement numbers
}

func newUUIDType() parquet.Type {
	return &fixedType{
		Type:    parquet.FixedLenByteArrayType(16),
		logical: format.LogicalType{Value: new(format.UUIDType)},
	}
}

func newDecimalType(precision, scale, length int) parquet.Type {
	converted := deprecated.Decimal
	return &fixedType{
		Type:      parquet.FixedLenByteArrayType(length),
		logical:   format.LogicalType{Value: &format.DecimalType{Precision: int32(precision), Scale: int32(scale)}},
		converted: &converted,
		signed:    true,
	}
}

func (t *fixedType) LogicalType() *format.LogicalType         { return &t.logical }
func (t *fixedType) ConvertedType() *deprecated.ConvertedType { return t.converted }

func (t *fixedType) Compare(a, b parquet.Value) int { return t.compare(a.ByteArray(), b.ByteArray()) }

func (t *fixedType) compare(a, b []byte) int {
	if negA, negB := a[0]&0x80 != 0, b[0]&0x80 != 0; t.signed && negA != negB {
		if negA {
			return -1
		}
		return 1
	}
	return bytes.Compare(a, b)
}

func (t *fixedType) NewColumnIndexer(int) parquet.ColumnIndexer {
	return &fixedIndexer{zero: make([]byte, t.Length())}
}

func (t *fixedType) NewColumnBuffer(column, capacity int) parquet.ColumnBuffer {
	return &fixedBuffer{ColumnBuffer: t.Type.NewColumnBuffer(column, capacity), typ: t}
}

// A fixedBuffer gives pages whose bounds follow the order of their type.
type fixedBuffer struct {
	parquet.ColumnBuffer
	typ  *fixedType
	page fixedPage
}

func (b *fixedBuffer) Page() parquet.Page {
	b.page = fixedPage{Page: b.ColumnBuffer.Page(), typ: b.typ}
	return &b.page
}

type fixedPage struct {
	parquet.Page
	typ *fixedType
}

func (p *fixedPage) Bounds() (low, high parquet.Value, ok bool) {
	values := p.Data()
	data, n := values.FixedLenByteArray()
	if len(data) == 0 {
		return low, high, false
	}
	least, most := data[:n], data[:n]
	for ; len(data) > 0; data = data[n:] {
		if p.typ.compare(data[:n], least) < 0 {
			least = data[:n]
		}
		if p.typ.compare(data[:n], most) > 0 {
			most = data[:n]
		}
	}
	return parquet.FixedLenByteArrayValue(least), parquet.FixedLenByteArrayValue(most), true
}

// A fixedIndexer keeps the bounds of a column's pages.
type fixedIndexer struct {
	index format.ColumnIndex
	zero  []byte // stands for the bounds of a page of nulls
}

func (x *fixedIndexer) Reset() { x.index = format.ColumnIndex{} }

func (x *fixedIndexer) IndexPage(values, nulls int64, low, high parquet.Value) {
	least, most := x.zero, x.zero
	if values > nulls {
		least, most = bytes.Clone(low.ByteArray()), bytes.Clone(high.ByteArray())
	}
	x.index.NullPages = append(x.index.NullPages, values == nulls)
	x.index.NullCounts = append(x.index.NullCounts, nulls)
	x.index.MinValues = append(x.index.MinValues, least)
	x.index.MaxValues = append(x.index.MaxValues, most)
}

// ColumnIndex claims no order of the pages.
func (x *fixedIndexer) ColumnIndex() format.ColumnIndex { return x.index }
