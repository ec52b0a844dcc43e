-- Files of the registry tell buildings, municipalities of every object, and when something was removed.

CREATE OR REPLACE FUNCTION sr.import_rows(import_id bigint, kind text, keys text[], OUT made bigint, OUT changed bigint, OUT same bigint)
LANGUAGE plpgsql AS $$
-- Takes pg_temp.new_KIND, whose columns are a part of those of sr.KIND, into sr.KIND; what it names is in use again,
-- unless it tells itself when it was removed.
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
    softly   boolean := NOT 'removed_at' = ANY(columns)
                        AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'removed_at');
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

CREATE OR REPLACE FUNCTION sr.undo_rows(import_id bigint, kind text, keys text[], OUT removed bigint, OUT restored bigint)
LANGUAGE plpgsql AS $$
-- What the import made goes; a row that data, tours or removed rows refer to is kept and marked as removed. What it
-- changed is again as it was.
DECLARE
    target  regclass := format('sr.%I', kind)::regclass;
    softly  boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'removed_at');
    matches text := (SELECT string_agg(format('t.%1$I = (jsonb_populate_record(NULL::%2$s, c.key)).%1$I', k, target),
                                       ' AND ') FROM unnest(keys) AS k);
    same    text := (SELECT string_agg(format('t.%1$I = b.%1$I', k), ' AND ') FROM unnest(keys) AS k);
    sets    text := (SELECT string_agg(format('%1$I = b.%1$I', attname), ', ') FROM pg_attribute
                     WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attidentity = '');
    used    text := CASE kind
        WHEN 'device' THEN 'EXISTS (SELECT FROM sr.series u WHERE u.device = t.id)
            OR EXISTS (SELECT FROM sr.lane_interval u WHERE u.device = t.id)
            OR EXISTS (SELECT FROM sr.track u WHERE u.device = t.id)
            OR EXISTS (SELECT FROM sr.conflict u WHERE u.device = t.id)
            OR EXISTS (SELECT FROM sr.mounting u WHERE u.device = t.id)'
        WHEN 'vehicle' THEN 'EXISTS (SELECT FROM sr.tour u WHERE u.vehicle = t.id)'
        WHEN 'site' THEN 'EXISTS (SELECT FROM sr.container u WHERE u.site = t.id)'
        WHEN 'station' THEN 'EXISTS (SELECT FROM sr.lane u WHERE u.station = t.id)'
        WHEN 'depot' THEN 'EXISTS (SELECT FROM sr.vehicle u WHERE u.depot = t.id)'
        WHEN 'municipality' THEN 'EXISTS (SELECT FROM sr.site u WHERE u.municipality = t.id)
            OR EXISTS (SELECT FROM sr.station u WHERE u.municipality = t.id)
            OR EXISTS (SELECT FROM sr.vehicle u WHERE u.municipality = t.id)
            OR EXISTS (SELECT FROM sr.building u WHERE u.municipality = t.id)
            OR EXISTS (SELECT FROM sr.depot u WHERE u.municipality = t.id)
            OR EXISTS (SELECT FROM sr.disposal_site u WHERE u.municipality = t.id)
            OR EXISTS (SELECT FROM sr.segment u WHERE u.municipality = t.id)'
        ELSE 'false' END;
    marked  bigint := 0;
BEGIN
    IF softly THEN
        EXECUTE format('UPDATE %s t SET removed_at = now() FROM sr.import_change c
                        WHERE c.import = $1 AND c.kind = $2 AND c.before IS NULL AND %s AND (%s)', target, matches, used)
            USING import_id, kind;
        GET DIAGNOSTICS marked = ROW_COUNT;
    END IF;
    EXECUTE format('DELETE FROM %s t USING sr.import_change c
                    WHERE c.import = $1 AND c.kind = $2 AND c.before IS NULL AND %s AND NOT (%s)', target, matches, used)
        USING import_id, kind;
    GET DIAGNOSTICS removed = ROW_COUNT;
    removed := removed + marked;
    EXECUTE format('UPDATE %1$s t SET %2$s
                    FROM (SELECT r.* FROM sr.import_change c, jsonb_populate_record(NULL::%1$s, c.before) r
                          WHERE c.import = $1 AND c.kind = $2 AND c.before IS NOT NULL) b WHERE %3$s',
                   target, sets, same)
        USING import_id, kind;
    GET DIAGNOSTICS restored = ROW_COUNT;
END $$;

CREATE OR REPLACE FUNCTION sr.import_users(import_id bigint)
RETURNS TABLE (kind text, key text, on_kind text, on_key text) LANGUAGE sql STABLE AS $$
-- Rows in use that this import did not touch and that need a row which it made.
    WITH made AS (
        SELECT c.kind, c.key ->> 'id' AS id, c.key ->> 'name' AS name FROM sr.import_change c
        WHERE c.import = import_id AND c.before IS NULL
    ), reference AS (
        SELECT 'container' AS kind, id AS key, jsonb_build_object('id', id) AS own, 'site' AS on_kind, site AS on_key
        FROM sr.container WHERE removed_at IS NULL
        UNION ALL
        SELECT 'vehicle', id, jsonb_build_object('id', id), 'depot', depot FROM sr.vehicle WHERE removed_at IS NULL
        UNION ALL
        SELECT 'vehicle', id, jsonb_build_object('id', id), 'municipality', municipality
        FROM sr.vehicle WHERE removed_at IS NULL
        UNION ALL
        SELECT 'site', id, jsonb_build_object('id', id), 'municipality', municipality FROM sr.site WHERE removed_at IS NULL
        UNION ALL
        SELECT 'station', id, jsonb_build_object('id', id), 'municipality', municipality
        FROM sr.station WHERE removed_at IS NULL
        UNION ALL
        SELECT 'building', id, jsonb_build_object('id', id), 'municipality', municipality
        FROM sr.building WHERE removed_at IS NULL
        UNION ALL
        SELECT 'depot', id, jsonb_build_object('id', id), 'municipality', municipality
        FROM sr.depot WHERE removed_at IS NULL
        UNION ALL
        SELECT 'disposal_site', id, jsonb_build_object('id', id), 'municipality', municipality
        FROM sr.disposal_site WHERE removed_at IS NULL
        UNION ALL
        SELECT 'device', d.name, jsonb_build_object('device', h.device, 'valid_from', h.valid_from), h.object_kind, h.object
        FROM sr.mounting h JOIN sr.device d ON d.id = h.device
        UNION ALL
        SELECT h.object_kind, h.object, jsonb_build_object('device', h.device, 'valid_from', h.valid_from), 'device', d.name
        FROM sr.mounting h JOIN sr.device d ON d.id = h.device
    )
    SELECT r.kind, r.key, r.on_kind, r.on_key
    FROM reference r
    JOIN made m ON m.kind = r.on_kind AND coalesce(m.id, m.name) = r.on_key
    WHERE NOT EXISTS (SELECT FROM sr.import_change c WHERE c.import = import_id AND c.key = r.own
                      AND c.kind = CASE WHEN r.own ? 'valid_from' THEN 'mounting' ELSE r.kind END)
    ORDER BY 1, 2
$$;
