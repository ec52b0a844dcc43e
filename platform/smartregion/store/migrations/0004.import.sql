-- Imports into the registry: staged rows become rows, every change keeps what was before, an import can be undone.

CREATE FUNCTION sr.import_rows(import_id bigint, kind text, keys text[], OUT made bigint, OUT changed bigint, OUT same bigint)
LANGUAGE plpgsql AS $$
-- Takes pg_temp.new_KIND, whose columns are a part of those of sr.KIND, into sr.KIND.
DECLARE
    columns  text[] := ARRAY(SELECT attname::text FROM pg_attribute
                             WHERE attrelid = format('pg_temp.%I', 'new_' || kind)::regclass
                               AND attnum > 0 AND NOT attisdropped ORDER BY attnum);
    on_keys  text := (SELECT string_agg(format('o.%1$I = n.%1$I', k), ' AND ') FROM unnest(keys) AS k);
    key_json text := (SELECT format('jsonb_build_object(%s)', string_agg(format('%1$L, n.%1$I', k), ', '))
                      FROM unnest(keys) AS k);
    fields   text := (SELECT string_agg(quote_ident(c), ', ') FROM unnest(columns) AS c);
    old_row  text := (SELECT string_agg('o.' || quote_ident(c), ', ') FROM unnest(columns) AS c);
    new_row  text := (SELECT string_agg('n.' || quote_ident(c), ', ') FROM unnest(columns) AS c);
    target   regclass := format('sr.%I', kind)::regclass;
    known    text := format('o.%I IS NOT NULL', keys[1]);
    softly   boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'removed_at');
    marked   boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'import');
    sets     text := (SELECT string_agg(format('%1$I = EXCLUDED.%1$I', c), ', ') FROM unnest(columns) AS c);
    total    bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM pg_temp.%I', 'new_' || kind) INTO total;
    EXECUTE format('INSERT INTO sr.import_change (import, kind, key, before)
                    SELECT $1, $2, %s, CASE WHEN %s THEN to_jsonb(o) END
                    FROM pg_temp.%I n LEFT JOIN %s o ON %s
                    WHERE NOT (%s) OR (%s) IS DISTINCT FROM (%s) %s',
                   key_json, known, 'new_' || kind, target, on_keys, known, old_row, new_row,
                   CASE WHEN softly THEN 'OR o.removed_at IS NOT NULL' ELSE '' END)
        USING import_id, kind;
    SELECT count(*) FILTER (WHERE c.before IS NULL), count(*) FILTER (WHERE c.before IS NOT NULL)
        INTO made, changed FROM sr.import_change c WHERE c.import = import_id AND c.kind = import_rows.kind;
    same := total - made - changed;
    EXECUTE format('INSERT INTO %1$s (%2$s %3$s) SELECT %4$s %5$s FROM pg_temp.%6$I n
                    JOIN sr.import_change c ON c.import = $1 AND c.kind = $2 AND c.key = %7$s
                    ON CONFLICT (%8$s) DO UPDATE SET %9$s %10$s %11$s',
                   target, fields, CASE WHEN marked THEN ', import' ELSE '' END,
                   new_row, CASE WHEN marked THEN ', $1' ELSE '' END, 'new_' || kind, key_json,
                   (SELECT string_agg(quote_ident(k), ', ') FROM unnest(keys) AS k), sets,
                   CASE WHEN marked THEN ', import = $1' ELSE '' END,
                   CASE WHEN softly THEN ', removed_at = NULL' ELSE '' END)
        USING import_id, kind;
END $$;

CREATE FUNCTION sr.undo_rows(import_id bigint, kind text, keys text[], OUT removed bigint, OUT restored bigint)
LANGUAGE plpgsql AS $$
-- What the import made goes (softly, where a table knows that); what it changed is again as it was.
DECLARE
    target  regclass := format('sr.%I', kind)::regclass;
    softly  boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'removed_at');
    matches text := (SELECT string_agg(format('t.%1$I = (jsonb_populate_record(NULL::%2$s, c.key)).%1$I', k, target),
                                       ' AND ') FROM unnest(keys) AS k);
    same    text := (SELECT string_agg(format('t.%1$I = b.%1$I', k), ' AND ') FROM unnest(keys) AS k);
    sets    text := (SELECT string_agg(format('%1$I = b.%1$I', attname), ', ') FROM pg_attribute
                     WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attidentity = '');
BEGIN
    EXECUTE CASE WHEN softly THEN format('UPDATE %s t SET removed_at = now()', target)
                 ELSE format('DELETE FROM %s t USING', target) END
            || CASE WHEN softly THEN ' FROM' ELSE '' END
            || format(' sr.import_change c WHERE c.import = $1 AND c.kind = $2 AND c.before IS NULL AND %s', matches)
        USING import_id, kind;
    GET DIAGNOSTICS removed = ROW_COUNT;
    EXECUTE format('UPDATE %1$s t SET %2$s
                    FROM (SELECT r.* FROM sr.import_change c, jsonb_populate_record(NULL::%1$s, c.before) r
                          WHERE c.import = $1 AND c.kind = $2 AND c.before IS NOT NULL) b WHERE %3$s',
                   target, sets, same)
        USING import_id, kind;
    GET DIAGNOSTICS restored = ROW_COUNT;
END $$;
