package format

import "github.com/seed-128c3863/sluice/row"

// A ParquetColumn is a column of a Parquet file as a job may have it.
type ParquetColumn struct {
	Path  Path
	Maybe []bool   // by step of Path: what it is taken of may be null
	Type  row.Type // of the narrowest kind; row.JSON for what is no plain value and no list of such

	// Why says what it is that is not read; "": it is.
	Why string
}

// Columns returns the columns of the file, with structs taken apart up to a depth
// of so many steps. It is nil before the first Read.
func (r *ParquetReader) Columns(depth int) (all []ParquetColumn) {
	if r.root == nil {
		return nil
	}
	for _, part := range r.root.parts {
		all = appendColumns(all, part, ParquetColumn{Path: Path{{Name: part.name}}, Maybe: []bool{false}}, 0, depth)
	}
	return all
}

// appendColumns adds those that a value makes, which is in one that is there from
// a definition level on.
func appendColumns(all []ParquetColumn, v *pqValue, c ParquetColumn, above, depth int) []ParquetColumn {
	if err := v.refusal(c.Path.Header()); err != nil && (v.shape != pqObject || depth == 1) {
		c.Why = err.Error()
		return append(all, c)
	}
	if v.shape != pqObject || depth == 1 {
		c.Type = v.jobType()
		return append(all, c)
	}
	for _, part := range v.parts {
		inner := ParquetColumn{
			Path:  append(c.Path[:len(c.Path):len(c.Path)], Step{Name: part.name}),
			Maybe: append(c.Maybe[:len(c.Maybe):len(c.Maybe)], v.there > above),
		}
		all = appendColumns(all, part, inner, v.there, depth-1)
	}
	return all
}

// jobType returns the type that holds what a value holds, and no more if there is
// one.
func (v *pqValue) jobType() row.Type {
	switch {
	case v.shape == pqList && v.parts[0].shape == pqScalar:
		elem := v.parts[0].jobType()
		return row.Type{Kind: row.List, Elem: &elem}
	case v.shape != pqScalar:
		return row.Type{Kind: row.JSON}
	case v.typ.Kind == row.Int64 && v.most > 0 && v.most <= 1<<15:
		return row.Type{Kind: row.Int16}
	case v.typ.Kind == row.Int64 && v.most > 0 && v.most <= 1<<31:
		return row.Type{Kind: row.Int32}
	case v.typ.Kind == row.Decimal && v.typ.Precision == 0:
		return row.Type{Kind: row.Decimal, Precision: row.MaxPrecision, Scale: min(v.typ.Scale, row.MaxPrecision)}
	case v.typ.Kind == row.Any: // it is always null
		return row.Type{Kind: row.String}
	}
	return v.typ
}
