package spec

import (
	"time"

	"github.com/seed-128c3863/sluice/row"
)

func columnsKind() kind[[]Column] {
	k := named("the name of a column", anyName, "one character or more, no control characters", columnKind(), func(c *Column, name string, at Pos) { c.Name, c.Pos = name, at })
	k.schema["minProperties"] = 1
	return k
}

// columnKind is one column. The type, which a table knows itself, is required
// for files.
func columnKind() kind[Column] {
	k := mapping(nil,
		at("from", func(c *Column) *Text { return &c.From }, text(),
			"The header or dotted path that the value is read from."),
		at("value", func(c *Column) *Text { return &c.Value }, expression(),
			"The expression that makes the value; a number, true or false is a constant."),
		at("type", func(c *Column) **row.Type { return &c.Type }, pointer(typeName()),
			"string, bool, int16, int32, int64, float32, float64, decimal(p,s), date, time, timestamp, timestamptz, bytes, uuid, json or list(type). A table's columns have a type of their own."),
		at("required", func(c *Column) *bool { return &c.Required }, flag(),
			"Whether a row without a value is a reject."),
		at("null", func(c *Column) *[]string { return &c.Null }, listOrOne(word()),
			"Words that mean null."),
		at("empty", func(c *Column) *string { return &c.Empty }, oneOf("null", "text", "reject"),
			"What an empty cell is."),
		at("formats", func(c *Column) *[]Text { return &c.Formats }, listOrOne(text()),
			"The forms of dates and times, tried in order, as in %Y-%m-%d."),
		at("timezone", func(c *Column) *string { return &c.Timezone }, zone(),
			"The zone of times that do not name one, as in Asia/Seoul."),
		at("true", func(c *Column) *[]string { return &c.True }, listOrOne(word()),
			"Words that mean true."),
		at("false", func(c *Column) *[]string { return &c.False }, listOrOne(word()),
			"Words that mean false."),
		at("decimal", func(c *Column) *string { return &c.Decimal }, mark(),
			"The decimal mark, . by default."),
		at("thousands", func(c *Column) *string { return &c.Thousand }, mark(),
			"The mark between thousands; none by default."),
		at("currency", func(c *Column) *[]string { return &c.Currency }, listOrOne(word()),
			"Signs that may stand before or after a number."),
		at("percent", func(c *Column) *bool { return &c.Percent }, flag(),
			"Whether numbers have a percent sign, and are hundredths: 12.5% is 0.125."),
		at("brackets", func(c *Column) *bool { return &c.Brackets }, flag(),
			"Whether a number in brackets is negative."),
		at("trim", func(c *Column) *bool { return &c.Trim }, flag(),
			"Whether white space around a text is cut off."),
		at("match", func(c *Column) *Text { return &c.Match }, regular(),
			"A regular expression that the text must match."),
		at("one_of", func(c *Column) *[]string { return &c.OneOf }, listOf(word()),
			"The values that there may be."),
		at("max_length", func(c *Column) *int { return &c.MaxLen }, whole(1),
			"The most characters a text may have."),
		at("check", func(c *Column) *Text { return &c.Check }, expression(),
			"An expression over value and row that must be true."),
		at("lookup", func(c *Column) *Text { return &c.Lookup }, tableDotColumn(),
			"The table.column that holds the value; what is stored is its row's key.").of(tableTarget),
		at("missing", func(c *Column) *string { return &c.Missing }, oneOf("reject", "null", "create"),
			"What a value that the lookup does not find does: reject (the default), null or create.").of(tableTarget),
		at("split", func(c *Column) *Text { return &c.Split }, text(),
			"What stands between the values of a cell that holds several.").of(tableTarget),
		at("through", func(c *Column) *Text { return &c.Through }, text(),
			"The table between this one and the lookup's, with a row for each pair.").of(tableTarget),
	)
	keys := k.elsewhere
	k.elsewhere = func(is target) object {
		schema := keys(is)
		if is == fileTarget {
			schema["required"] = []string{"type"}
		}
		return schema
	}
	k.schema["oneOf"] = []object{{"required": []string{"from"}}, {"required": []string{"value"}}}
	k.schema["dependentRequired"] = object{"missing": []string{"lookup"}, "through": []string{"lookup", "split"}}
	return k.withKeys(betweenColumnKeys())
}

func toKind() kind[To] {
	k := mapping(func(t *To) *Pos { return &t.Pos },
		at("files", func(t *To) *Template { return &t.Files }, output(),
			"URL or path of the output, with {names} of params, of the fields of each or the captures, and file.stem, file.name or file.key.").required().of(fileTarget),
		at("format", func(t *To) *string { return &t.Format }, oneOf("parquet", "csv", "ndjson"),
			"The format of the outputs; by their name if not given, and else parquet.").of(fileTarget),
		at("parquet", func(t *To) *Parquet { return &t.Parquet }, parquetKind(),
			"How Parquet files are written.").of(fileTarget),
		at("csv", func(t *To) *CSV { return &t.CSV }, csvKind(),
			"How CSV files are written.").of(fileTarget),
		at("keep", func(t *To) *int { return &t.Keep }, whole(0),
			"Of how many runs the replaced outputs are kept for revert: 3 by default.").of(fileTarget),
		at("database", func(t *To) *Template { return &t.Database }, urlTemplate("sqlite", "postgres", "postgresql", "mysql", "mariadb"),
			"URL of the database: sqlite://FILE, postgres://USER@HOST/NAME or mysql://USER@HOST/NAME.").required().of(tableTarget),
		at("table", func(t *To) *Text { return &t.Table }, text(),
			"The table, perhaps with its schema: shop_product or shop.product.").required().of(tableTarget),
		at("key", func(t *To) *[]Text { return &t.Key }, listOrOne(text()),
			"The columns that tell which row of the table a row of the file is.").of(tableTarget),
		at("write", func(t *To) *string { return &t.Write }, oneOf("insert", "update", "upsert", "mirror"),
			"insert, update, upsert (the default), or mirror: upsert, and delete what the file lacks.").of(tableTarget),
		at("delete_when", func(t *To) *Text { return &t.DeleteWhen }, expression(),
			"An expression over row: the rows for which it is true are deleted from the table.").of(tableTarget),
		at("within", func(t *To) *Text { return &t.Within }, text(),
			"Of write: mirror: the rows of the table that the file is a mirror of.").of(tableTarget),
		at("max_delete", func(t *To) *Allow { return &t.MaxDelete }, allowance(),
			"More deletes than this number or share of the table's rows, and nothing is done.").of(tableTarget),
		at("lock_timeout", func(t *To) *time.Duration { return &t.LockTimeout }, duration(),
			"How long to wait for a lock, as in 30s.").of(tableTarget),
		at("state", func(t *To) *string { return &t.State }, matching(identifier, "the name of a schema", identifierHint),
			"The schema for sluice's own tables.").of(tableTarget),
	)
	k.schema["oneOf"] = []object{{"required": []string{"files"}}, {"required": []string{"database"}}}
	return k.withKeys(betweenToKeys())
}

func parquetKind() kind[Parquet] {
	return mapping(nil,
		at("compression", func(p *Parquet) *string { return &p.Compression }, oneOf("snappy", "none", "zstd", "gzip"),
			"snappy (the default), none, zstd or gzip."),
		at("timestamps", func(p *Parquet) *string { return &p.Timestamps }, oneOf("us", "ms", "ns", "int96"),
			"The unit of timestamps: us (the default), ms, ns, or int96 as older Spark and pandas write them."),
		at("row_group_rows", func(p *Parquet) *int { return &p.RowGroupRows }, whole(1),
			"The most rows in a row group."),
	)
}

func csvKind() kind[CSV] {
	return mapping(nil,
		at("delimiter", func(c *CSV) *string { return &c.Delimiter }, character(needQuotes, "a quote or a line break"),
			"What stands between cells: , by default."),
		at("header", func(c *CSV) *bool { return &c.Header }, flag(),
			"Whether the first line holds the names of the columns: true by default."),
		at("null", func(c *CSV) *string { return &c.Null }, bareWord(),
			"What stands for null, without quotes: nothing by default."),
	)
}

func errorsKind() kind[ErrorPolicy] {
	return mapping(nil,
		at("rows", func(e *ErrorPolicy) *string { return &e.Rows }, oneOf("reject", "fail"),
			"A bad row is left out and goes to the rejects file (reject, the default), or its file or run fails."),
		at("allow", func(e *ErrorPolicy) *Allow { return &e.Allow }, allowance(),
			"More rejects than this number or share, of a file or of the run for a table, and nothing of it is loaded."),
		at("rejects", func(e *ErrorPolicy) *Template { return &e.Rejects }, never(template("s3", "file"), `\{\*`),
			"URL or path of the rejects file, with {job}, {run} and params: rejects/{job}-{run}.csv by default."),
		at("files", func(e *ErrorPolicy) *string { return &e.Files }, oneOf("continue", "stop"),
			"Whether the other files are done after one that failed: continue (the default) or stop."),
	).withKeys(object{"allow": only("rows", object{"enum": []string{"reject"}})})
}

func limitsKind() kind[Limits] {
	return mapping(nil,
		at("requests", func(l *Limits) *int { return &l.Requests }, autoOr(whole(1)),
			"Requests to a store at once: auto (the default) adapts to what it takes."),
		at("max_requests", func(l *Limits) *int { return &l.MaxRequests }, whole(1),
			"The most requests at once that auto comes to: 512 by default."),
		at("rate", func(l *Limits) *float64 { return &l.Rate }, positive(),
			"The most requests a second; no limit by default."),
		at("memory", func(l *Limits) *int64 { return &l.Memory }, bytesOf(16<<20),
			"The memory of the process, as in 256 MiB, the default."),
		at("cpus", func(l *Limits) *int { return &l.CPUs }, whole(1),
			"The most cores to use; all by default."),
	).withKeys(object{"max_requests": only("requests", object{"const": "auto"})})
}
