-- One JSON object, with the names of the fields of sqliteTable. Without json()
-- the answer of a subquery would be a text in it.
WITH t AS (
	SELECT l.name, l.type, wr, strict, sql
	FROM pragma_table_list AS l JOIN main.sqlite_schema AS m ON m.name = l.name
	WHERE l.schema = 'main' AND l.name = ?1 COLLATE NOCASE AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\'
),
-- The foreign keys of the table, and those of others that point at it. A key
-- that names no columns means the primary key.
refs AS (
	SELECT m.name AS tbl, id, json_object(
		'ID', id, 'SQL', m.sql, 'Table', m.name,
		'Columns', json_group_array("from" ORDER BY seq),
		'RefTable', coalesce(p.name, "table"),
		'RefColumns', json_group_array(coalesce((
			SELECT c.name FROM pragma_table_info(p.name, 'main') AS c
			WHERE c.name = "to" COLLATE NOCASE OR "to" IS NULL AND c.pk = seq + 1), "to") ORDER BY seq),
		'OnDelete', on_delete, 'OnUpdate', on_update) AS ref
	FROM main.sqlite_schema AS m, pragma_foreign_key_list(m.name, 'main')
	LEFT JOIN main.sqlite_schema AS p ON p.name = "table" COLLATE NOCASE AND p.type = 'table'
	WHERE m.type = 'table' AND m.rootpage > 0
		AND ((SELECT name FROM t) = m.name OR (SELECT name FROM t) = "table" COLLATE NOCASE)
	GROUP BY m.name, id
)
SELECT json_object(
	'Name', name, 'Kind', type, 'SQL', sql, 'Strict', strict, 'WithoutRowID', wr,
	'Columns', json((
		SELECT json_group_array(json_object(
			'Name', name, 'Type', type, 'NotNull', "notnull", 'Default', dflt_value, 'Primary', pk, 'Hidden', hidden
			) ORDER BY cid)
		FROM pragma_table_xinfo(t.name, 'main'))),
	'Indexes', json((
		SELECT json_group_array(json_object(
			'Name', i.name, 'Origin', origin,
			'SQL', (SELECT sql FROM main.sqlite_schema AS m WHERE m.type = 'index' AND m.name = i.name),
			'Parts', json((
				SELECT json_group_array(json_object('Column', name, 'Collation', coll) ORDER BY seqno)
				FROM pragma_index_xinfo(i.name, 'main') WHERE key))
			) ORDER BY origin <> 'pk', origin <> 'u', i.name)
		FROM pragma_index_list(t.name, 'main') AS i WHERE "unique")),
	'ForeignKeys', json((SELECT json_group_array(json(ref) ORDER BY id DESC) FROM refs WHERE tbl = t.name)),
	'Referrers', json((
		SELECT json_group_array(json(ref) ORDER BY tbl, id DESC)
		FROM refs WHERE ref ->> 'RefTable' = t.name COLLATE NOCASE)),
	'Triggers', json((
		SELECT json_group_array(json_object('Name', m.name, 'SQL', sql) ORDER BY m.name)
		FROM main.sqlite_schema AS m WHERE m.type = 'trigger' AND tbl_name = t.name COLLATE NOCASE))
)
FROM t
