package table

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// InnoDB checks foreign keys row by row, also those of a table to itself. So rows
// that refer to each other could not go in one statement, nor come in the order of
// the files. While rows are written, those keys of theirs are loose: null, or, where
// that must not be, the row refers to itself. With triggers, which would see that,
// they are not.

// A looseKey is a foreign key of a table to itself that can be loose.
type looseKey struct {
	*ForeignKey
	columns []looseColumn // that are set for that
	loaded  []*binding    // those of the key that the job loads
	all     bool          // it loads all that are set
}

// A looseColumn is null while its key is loose, or has the value of another of its row.
type looseColumn struct {
	name string
	own  string // that column; "": null
}

// meanwhile is what it is set to, of columns of an alias.
func (c looseColumn) meanwhile(alias string) string {
	if c.own == "" {
		return "NULL"
	}
	return alias + "." + quoteName(c.own)
}

// loose returns the keys of the table to itself that can be loose.
func (t *target) loose() (keys []looseKey) {
	if len(t.Triggers) > 0 || len(t.identity()) == 0 {
		return nil
	}
	for i := range t.ForeignKeys {
		fk := &t.ForeignKeys[i]
		if fk.RefTable != t.Name || fk.RefSchema != t.Schema {
			continue
		}
		if columns := t.loosen(fk); columns != nil {
			k := looseKey{ForeignKey: fk, columns: columns, loaded: t.loadedOf(fk.Columns)}
			k.all = !slices.ContainsFunc(columns, func(c looseColumn) bool { return t.binding(c.name) == nil })
			keys = append(keys, k)
		}
	}
	return keys
}

// loosen are the columns that are set to make a key loose; nil: it cannot be.
func (t *target) loosen(fk *ForeignKey) (columns []looseColumn) {
	fixed := func(name string) bool {
		return t.Column(name).Generated != "" || slices.ContainsFunc(t.identity(), func(c *Column) bool { return c.Name == name }) || slices.Contains(t.keyNames(), name)
	}
	for i, name := range fk.Columns {
		switch {
		case !t.Column(name).NotNull && !fixed(name):
			return []looseColumn{{name: name}}
		case name != fk.RefColumns[i]:
			columns = append(columns, looseColumn{name: name, own: fk.RefColumns[i]})
		}
	}
	if slices.ContainsFunc(columns, func(c looseColumn) bool { return fixed(c.name) }) {
		return nil
	}
	return columns
}

// freed are the columns of a key of the table to itself by which an update has its
// row refer to another before what it referred to is deleted.
func (t *target) freed(fk *ForeignKey) []*binding {
	for _, k := range t.loose() {
		if k.ForeignKey == fk.of(t.Table) && k.all {
			return k.loaded
		}
	}
	return nil
}

// of is the same key among those of its own table.
func (fk *ForeignKey) of(t *Table) *ForeignKey {
	for i := range t.ForeignKeys {
		if t.ForeignKeys[i].Name == fk.Name {
			return &t.ForeignKeys[i]
		}
	}
	return nil
}

// tight are the columns of an update that are not loose meanwhile.
func (t *target) tight() []*binding {
	var loose []string
	for _, k := range t.loose() {
		if k.all {
			loose = append(loose, k.names()...)
		}
	}
	return slices.DeleteFunc(t.written(), func(c *binding) bool { return slices.Contains(loose, c.to.Name) })
}

func (k *looseKey) names() (names []string) {
	for _, c := range k.columns {
		names = append(names, c.name)
	}
	return names
}

// set is a SET that makes the keys of a row t loose.
func (k *looseKey) set() string {
	parts := make([]string, len(k.columns))
	for i, c := range k.columns {
		parts[i] = "t." + quoteName(c.name) + " = " + c.meanwhile("t")
	}
	return strings.Join(parts, ", ")
}

// frees reports whether rows can be deleted, in any order, whose key is loose. InnoDB
// deletes no row that refers to itself, but if that is to follow.
func (k *looseKey) frees() bool { return k.columns[0].own == "" || k.OnDelete == Cascade }

// leaving is the condition that the key of a row of an alias is to be loose, which
// goes, as its op says, or changes the key.
func (k *looseKey) leaving(alias, op string) string {
	if !k.frees() {
		return k.changing(alias)
	}
	return alias + ".op = '" + op + "' OR " + k.changing(alias)
}

// leaves joins the rows that refer to a row t by keys which are not loose when it goes,
// and the condition that there are none: a row goes after those.
func (t *target) leaves() (joins, none string) {
	loose := t.loose()
	for i := range t.ForeignKeys {
		fk := &t.ForeignKeys[i]
		if fk.RefTable != t.Name || fk.RefSchema != t.Schema || slices.ContainsFunc(loose, func(k looseKey) bool { return k.ForeignKey == fk && k.frees() }) {
			continue
		}
		alias := fmt.Sprintf("leaf%d", i)
		joins += " LEFT JOIN " + fk.from(alias, "t") + " AND NOT (" + sameAs(t.identity(), alias+".%c", "t.%c") + ")"
		none += " AND " + alias + "." + quoteName(fk.Columns[0]) + " IS NULL"
	}
	return joins, none
}

// deleting runs a statement that deletes rows until all n are gone: those that
// leaves lets go are such as no other refers to.
func (m *mysql) deleting(ctx context.Context, n int64, sql string) (gone int64, err error) {
	for more := int64(1); err == nil && more > 0 && gone < n; gone += more {
		more, err = m.exec(ctx, sql)
	}
	return gone, err
}

// changing is the condition that a row of an alias, with its op and mask, is an
// update that changes the key.
func (k *looseKey) changing(alias string) string {
	if !k.all {
		return "false"
	}
	return alias + ".op = 'u' AND " + masked(alias+".mask", k.loaded)
}

// loosen makes the keys of rows loose that are deleted, or get others.
func (w *mysqlWriter) loosen(ctx context.Context) error {
	for _, k := range w.t.loose() {
		if err := w.do(ctx, -1, "", fmt.Sprintf("UPDATE %s p JOIN %s ON %s SET %s WHERE (%s) AND t.%s IS NOT NULL",
			w.plan, w.t.found("t"), sameAs(w.id, "t.%c", "p.i%i"), k.set(), k.leaving("p", "d"), quoteName(k.columns[0].name))); err != nil {
			return err
		}
	}
	return nil
}

// tighten gives updated rows the keys that they are to have.
func (w *mysqlWriter) tighten(ctx context.Context) error {
	for _, k := range w.t.loose() {
		if !k.all {
			continue
		}
		if err := w.do(ctx, -1, "", fmt.Sprintf("UPDATE %s p JOIN sluice_incoming s ON s.sluice_row = p.sluice_row JOIN %s ON %s SET %s WHERE %s",
			w.plan, w.t.found("t"), sameAs(w.id, "t.%c", "p.i%i"), each(w.t.loadedOf(k.names()), ", ", "t.%c = s.%c"), k.changing("p"))); err != nil {
			return err
		}
	}
	return nil
}

// looseNew are the values of columns whose keys are loose in new rows s, which the
// files give all that they refer to; nil: none.
func (t *target) looseNew() (values map[string]string) {
	for _, k := range t.loose() {
		if k.all && t.bindings(k.RefColumns) != nil {
			for _, c := range k.columns {
				if values == nil {
					values = map[string]string{}
				}
				values[c.name] = c.meanwhile("s")
			}
		}
	}
	return values
}

// tightenNew gives new rows the keys that they are to have.
func (w *mysqlWriter) tightenNew(ctx context.Context) error {
	columns := w.t.loadedOf(slices.Sorted(maps.Keys(w.t.looseNew())))
	return w.do(ctx, -1, "", fmt.Sprintf("UPDATE %s JOIN %s t ON %s SET %s WHERE %s",
		w.news.from, w.t.sqlName(), w.isNew(), each(columns, ", ", "t.%c = s.%c"), each(columns, " OR ", "s.%c IS NOT NULL")))
}

// loosen makes the keys of rows loose that are removed, or get others.
func (u *mysqlUndo) loosen(from string) (steps []step) {
	for _, k := range u.t.loose() {
		steps = append(steps, step{"", -1, fmt.Sprintf("UPDATE %s j JOIN %s ON %s SET %s WHERE (%s) AND t.%s IS NOT NULL",
			from, u.t.found("t"), sameAs(u.t.identity(), "t.%c", "j.i%i"), k.set(), k.leaving("j", "n"), quoteName(k.columns[0].name))})
	}
	return steps
}

// looseValues are the values of rows j that are put back, with loose keys.
func (u *mysqlUndo) looseValues(put putBack) string {
	of := maps.Clone(put.of)
	for _, k := range u.t.loose() {
		for _, c := range k.columns {
			if put.has(append(k.names(), k.RefColumns...)) {
				of[c.name] = c.meanwhile("j")
			}
		}
	}
	var values []string
	for i := range u.t.Columns {
		if c := &u.t.Columns[i]; c.Generated == "" && of[c.Name] != "" {
			values = append(values, of[c.Name])
		}
	}
	return strings.Join(values, ", ")
}

// tighten gives rows that are restored or put back the keys that they had.
func (u *mysqlUndo) tighten(from string) (steps []step) {
	id, put := u.t.identity(), u.wholes["_d"]
	for _, k := range u.t.loose() {
		if k.all {
			steps = append(steps, step{"", -1, fmt.Sprintf("UPDATE %s j JOIN %s ON %s SET %s WHERE %s",
				from, u.t.found("t"), sameAs(id, "t.%c", "j.i%i"), each(u.t.loadedOf(k.names()), ", ", "t.%c = j.b%i"), k.changing("j"))})
		}
		if !put.has(append(k.names(), k.RefColumns...)) {
			continue
		}
		var set []string
		for _, name := range k.names() {
			set = append(set, "t."+quoteName(name)+" = "+put.of[name])
		}
		steps = append(steps, step{"", -1, fmt.Sprintf("UPDATE %s j JOIN %s ON %s SET %s", behindName(from, "_d"), u.t.found("t"), sameAs(id, "t.%c", "j.%c"), strings.Join(set, ", "))})
	}
	return steps
}
