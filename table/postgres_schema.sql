-- One JSON object, with the names of the fields of postgresTable. What came to
-- the catalog after PostgreSQL 13 is read by to_jsonb: null where it is not.
WITH t AS (
	SELECT c.*, nspname
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE c.oid = coalesce(to_regclass($1), to_regclass($2))
),
parts AS (
	SELECT oid FROM t
	UNION
	SELECT relid FROM t, pg_partition_tree(t.oid)
),
-- The types of the columns: depth 0 is as declared, the deepest is below the domains.
types AS (
	WITH RECURSIVE d AS (
		SELECT attnum, attname, 0 AS depth, atttypmod AS mod, y.*
		FROM t JOIN pg_attribute ON attrelid = t.oid AND attnum > 0 AND NOT attisdropped
		JOIN pg_type y ON y.oid = atttypid
		UNION ALL
		SELECT attnum, attname, depth + 1, d.typtypmod, y.*
		FROM d JOIN pg_type y ON y.oid = d.typbasetype
	)
	SELECT * FROM d
),
domains AS (
	SELECT attnum, bool_or(typnotnull) AS notnull,
		(array_agg(typdefault ORDER BY depth) FILTER (WHERE typdefault IS NOT NULL))[1] AS preset
	FROM types WHERE typtype = 'd' GROUP BY attnum
),
bases AS (
	SELECT DISTINCT ON (types.attnum) types.*, e.typtype AS element
	FROM types LEFT JOIN pg_type e ON e.oid = types.typelem AND types.typcategory = 'A'
	ORDER BY types.attnum, depth DESC
),
references_ AS (
	SELECT conrelid, confrelid, conname, json_build_object(
		'Name', conname,
		'Schema', n.nspname, 'Table', r.relname,
		'Columns', (SELECT json_agg(attname ORDER BY i) FROM unnest(conkey) WITH ORDINALITY u (num, i)
			JOIN pg_attribute ON attrelid = conrelid AND attnum = num),
		'RefSchema', fn.nspname, 'RefTable', f.relname,
		'RefColumns', (SELECT json_agg(attname ORDER BY i) FROM unnest(confkey) WITH ORDINALITY u (num, i)
			JOIN pg_attribute ON attrelid = confrelid AND attnum = num),
		'OnDelete', actions ->> confdeltype::text, 'OnUpdate', actions ->> confupdtype::text,
		'SetColumns', (SELECT json_agg(attname ORDER BY i)
			FROM jsonb_array_elements_text(nullif(to_jsonb(con) -> 'confdelsetcols', 'null')) WITH ORDINALITY u (num, i)
			JOIN pg_attribute ON attrelid = conrelid AND attnum = num::int),
		'MatchFull', confmatchtype = 'f', 'Deferrable', condeferrable, 'Deferred', condeferred) AS key
	FROM t JOIN pg_constraint con ON (conrelid = t.oid OR confrelid IN (SELECT oid FROM parts)) AND contype = 'f'
	JOIN pg_class r ON r.oid = conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
	JOIN pg_class f ON f.oid = confrelid JOIN pg_namespace fn ON fn.oid = f.relnamespace
	CROSS JOIN (SELECT jsonb '{"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}') a (actions)
	-- Not what PostgreSQL repeats of it for each partition of the other table.
	WHERE NOT EXISTS (SELECT FROM pg_constraint up WHERE up.oid = con.conparentid
		AND (up.conrelid = t.oid AND con.conrelid = t.oid OR up.confrelid IN (SELECT oid FROM parts) AND con.confrelid IN (SELECT oid FROM parts)))
	AND coalesce((to_jsonb(con) ->> 'conenforced')::boolean, true)
)
SELECT json_build_object(
	'Schema', nspname, 'Name', relname, 'Kind', relkind,
	'PartitionKey', CASE relkind WHEN 'p' THEN pg_get_partkeydef(t.oid) END,
	'PartitionOf', (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = t.oid AND relispartition),
	'Bound', CASE WHEN relispartition THEN pg_get_partition_constraintdef(t.oid) END,
	'Inherited', relkind = 'r' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = t.oid),
	'RowSecurity', relkind IN ('r', 'p') AND row_security_active(t.oid),
	'Columns', (
		SELECT json_agg(json_build_object(
			'Name', a.attname,
			'Declared', format_type(atttypid, atttypmod),
			'Base', format_type(b.oid, mod),
			'Stored', CASE WHEN b.typnamespace = 'pg_catalog'::regnamespace THEN format_type(b.oid, mod) ELSE 'text' END,
			'Array', element IS NOT NULL, 'Category', coalesce(element, typtype),
			'Enum', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = b.oid),
			'Collation', (SELECT collname FROM pg_collation WHERE oid = attcollation AND NOT collisdeterministic),
			'NotNull', attnotnull OR coalesce(d.notnull, false),
			'Default', CASE attgenerated WHEN '' THEN coalesce(pg_get_expr(adbin, adrelid), preset) END,
			'Generated', CASE WHEN attgenerated <> '' THEN pg_get_expr(adbin, adrelid) END,
			'Identity', CASE attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
			'Sequence', pg_get_serial_sequence(format('%I.%I', nspname, relname), a.attname)
			) ORDER BY a.attnum)
		FROM pg_attribute a JOIN bases b USING (attnum) LEFT JOIN domains d USING (attnum)
		LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE attrelid = t.oid AND relkind IN ('r', 'p')),
	'Uniques', (
		SELECT json_agg(json_build_object(
			'Name', ic.relname, 'Primary', indisprimary,
			'Parts', (SELECT json_agg(json_build_object(
					'Column', attname,
					'Expression', CASE num WHEN 0 THEN pg_get_indexdef(indexrelid, i::int, true) END,
					'Collation', (SELECT collname FROM pg_collation WHERE oid = indcollation[i - 1] AND NOT collisdeterministic)
				) ORDER BY i)
				FROM unnest(indkey) WITH ORDINALITY u (num, i)
				LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = num AND num <> 0
				WHERE i <= indnkeyatts),
			'Where', pg_get_expr(indpred, indrelid),
			'NullsNotDistinct', coalesce((to_jsonb(x) ->> 'indnullsnotdistinct')::boolean, false),
			'Deferrable', NOT indimmediate, 'Deferred', coalesce(condeferred, false)
			) ORDER BY indisprimary DESC, con.oid IS NULL, ic.relname)
		FROM pg_index x JOIN pg_class ic ON ic.oid = indexrelid
		LEFT JOIN pg_constraint con ON conindid = indexrelid AND contype IN ('p', 'u')
		WHERE indrelid = t.oid AND indisunique AND indisvalid AND NOT indisexclusion),
	'ForeignKeys', (SELECT json_agg(key ORDER BY conname) FROM references_ WHERE conrelid = t.oid),
	'Referrers', (SELECT json_agg(key ORDER BY conrelid::regclass::text, conname) FROM references_ WHERE confrelid IN (SELECT oid FROM parts)),
	'Checks', (
		SELECT json_agg(json_build_object('Name', conname, 'Expression', expression, 'Column', attname, 'Columns', columns)
			ORDER BY attnum NULLS FIRST, conname)
		FROM (
			SELECT conname, pg_get_expr(conbin, conrelid) AS expression, NULL AS attname, NULL AS attnum,
				(SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = conrelid AND a.attnum = ANY (conkey)) AS columns
			FROM pg_constraint con
			WHERE conrelid = t.oid AND contype = 'c' AND coalesce((to_jsonb(con) ->> 'conenforced')::boolean, true)
			UNION ALL
			SELECT conname, pg_get_expr(conbin, 0), attname, attnum, NULL
			FROM types JOIN pg_constraint ON contypid = types.oid AND contype = 'c'
		) c),
	'Exclusions', (
		SELECT json_agg(json_build_object('Name', conname, 'Expression', pg_get_constraintdef(oid)) ORDER BY conname)
		FROM pg_constraint WHERE conrelid = t.oid AND conexclop IS NOT NULL),
	'Fired', (
		SELECT json_agg(json_build_object(
			'Name', tgname, 'Table', c.relname, 'Bits', tgtype,
			'Columns', (SELECT json_agg(attname ORDER BY i) FROM unnest(tgattr) WITH ORDINALITY u (num, i)
				JOIN pg_attribute ON attrelid = tgrelid AND attnum = num)
			) ORDER BY tgrelid <> t.oid, c.relname, tgname)
		FROM pg_trigger JOIN parts p ON p.oid = tgrelid JOIN pg_class c ON c.oid = tgrelid
		WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND (tgrelid = t.oid OR tgparentid = 0)),
	'Rules', (
		SELECT json_agg(rulename ORDER BY rulename)
		FROM pg_rewrite WHERE ev_class = t.oid AND rulename <> '_RETURN' AND ev_enabled <> 'D')
)
FROM t
