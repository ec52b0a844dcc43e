-- An undo beside ingest: it waits for rows that are being written, and tells whoever remembers devices that they changed.

CREATE TABLE sr.device_change (
    one     boolean PRIMARY KEY DEFAULT true CHECK (one),
    changes bigint NOT NULL
);
COMMENT ON TABLE sr.device_change IS
    'how often devices were changed; ingest, which remembers them, reads it in the transaction of each batch';
INSERT INTO sr.device_change (changes) VALUES (0);
GRANT SELECT ON sr.device_change TO sr_ingest;
GRANT SELECT, UPDATE ON sr.device_change TO sr_web;

CREATE FUNCTION sr.users_of(target regclass) RETURNS text LANGUAGE sql STABLE AS $$
-- A condition on row t of a table: some row refers to it, by a foreign key that does not go with it, or as data of a
-- device, whose tables have none.
    SELECT coalesce(string_agg(format('EXISTS (SELECT FROM %s u WHERE %s)', users, same), ' OR '), 'false')
    FROM (
        SELECT f.conrelid::regclass AS users, string_agg(format('u.%I = t.%I', mine.attname, its.attname), ' AND ') AS same
        FROM pg_constraint f
        CROSS JOIN unnest(f.conkey, f.confkey) AS k(mine, its)
        JOIN pg_attribute mine ON mine.attrelid = f.conrelid AND mine.attnum = k.mine
        JOIN pg_attribute its ON its.attrelid = f.confrelid AND its.attnum = k.its
        WHERE f.contype = 'f' AND f.confrelid = target AND f.confdeltype IN ('a', 'r') AND f.conparentid = 0
        GROUP BY f.oid, f.conrelid
        UNION ALL
        SELECT data, 'u.device = t.id'
        FROM unnest(ARRAY['sr.lane_interval', 'sr.track', 'sr.conflict']::regclass[]) AS data
        WHERE target = 'sr.device'::regclass
    ) AS reference
$$;

CREATE OR REPLACE FUNCTION sr.undo_rows(import_id bigint, kind text, keys text[], OUT removed bigint, OUT restored bigint)
LANGUAGE plpgsql AS $$
-- What the import made goes; a row that data, tours or removed rows refer to is kept and marked as removed. What it
-- changed is again as it was. Rows are locked first, so that nobody begins to refer to one after it was looked at;
-- writers of data, whose tables know devices without a foreign key, have to be kept out by the caller.
DECLARE
    target  regclass := format('sr.%I', kind)::regclass;
    softly  boolean := EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'removed_at');
    matches text := (SELECT string_agg(format('t.%1$I = (jsonb_populate_record(NULL::%2$s, c.key)).%1$I', k, target),
                                       ' AND ') FROM unnest(keys) AS k);
    same    text := (SELECT string_agg(format('t.%1$I = b.%1$I', k), ' AND ') FROM unnest(keys) AS k);
    sets    text := (SELECT string_agg(format('%1$I = b.%1$I', attname), ', ') FROM pg_attribute
                     WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attidentity = '');
    used    text := sr.users_of(target);
    marked  bigint := 0;
BEGIN
    EXECUTE format('SELECT FROM %s t JOIN sr.import_change c ON %s WHERE c.import = $1 AND c.kind = $2
                    ORDER BY %s FOR UPDATE OF t',
                   target, matches, (SELECT string_agg(format('t.%I', k), ', ') FROM unnest(keys) AS k))
        USING import_id, kind;
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
