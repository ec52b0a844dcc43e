-- How long each kind of data stays and why, drills of restoring, and how the database grew.

CREATE TABLE sr.retention (
    kind           text PRIMARY KEY,
    place          smallint NOT NULL,
    days           integer CHECK (days > 0),
    most           bigint CHECK (most > 0),
    reason_de      text NOT NULL,
    reason_en      text NOT NULL,
    deleted_before timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE sr.retention IS 'a rule a kind of data, with its legal reason; the age is that of the measurement for '
    'tracks, readings and lane intervals, that of arrival for all others';
COMMENT ON COLUMN sr.retention.days IS 'older rows are deleted; null: they stay';
COMMENT ON COLUMN sr.retention.most IS 'most rows that stay, the newest; null: any number';
COMMENT ON COLUMN sr.retention.deleted_before IS 'raw rows before this are gone: rollups of that time are final';

INSERT INTO sr.retention (place, kind, days, most, reason_de, reason_en) VALUES
(1, 'track', 14, NULL,
 'Fahrzeugpositionen zeigen, wo Beschäftigte waren: personenbezogen, nicht länger als nötig (Art. 5 Abs. 1 lit. e '
 'DSGVO, § 26 BDSG, Beschäftigtendatenschutz des Landes). Der Zweck, der Zustand der Straßenabschnitte, ist nach Minuten '
 'erfüllt; 14 Tage bleiben, um Fehler der Sensoren zu finden.',
 'Positions of vehicles show where employees were: personal data, kept no longer than needed (Art. 5 (1) (e) GDPR, '
 '§ 26 BDSG and the state''s act for employees). Their purpose, the condition of road segments, is fulfilled within '
 'minutes; 14 days remain to find faults of sensors.'),
(2, 'reading', NULL, NULL,
 'Messwerte von Behältern und Gebäuden ohne Personenbezug: sie bleiben, damit Berichtigungen und Prognosen aus ihnen '
 'neu gerechnet werden können.',
 'Values of containers and buildings name nobody: they stay, so that corrections and forecasts can be computed anew.'),
(3, 'lane_interval', NULL, NULL,
 'Zählungen ohne Kennzeichen sind nicht personenbezogen; Jahresvergleiche (DTV) brauchen lange Reihen.',
 'Counts without number plates name nobody; comparisons of years (DTV) need long series.'),
(4, 'quarantine', 90, 1000000,
 'Unlesbares wartet auf ein Profil oder eine Anmeldung; nach einem Vierteljahr kommt keines mehr (Speicherbegrenzung, '
 'Art. 5 Abs. 1 lit. e DSGVO). Die Höchstzahl hält ein Gerät auf, das endlos Unsinn sendet.',
 'What could not be read waits for a profile or a registration; after a quarter of a year none will come (storage '
 'limitation, Art. 5 (1) (e) GDPR). The bound stops a device that sends nonsense without end.'),
(5, 'message_flag', 90, NULL,
 'Einzelne fehlerhafte Felder liest, wer ein Gerät oder sein Profil in Ordnung bringt, wie die Quarantäne.',
 'Faulty single fields are read to mend a device or its profile, like quarantine.'),
(6, 'counter_seen', 31, NULL,
 'Lücken der Zähler werden im Monat danach angesehen. Der neueste Zähler jedes Geräts bleibt, damit die nächste Lücke '
 'auffällt.',
 'Gaps between frame counters are looked at in the month after. The newest of each device stays, so that the next gap '
 'is found.'),
(7, 'conflict', 730, NULL,
 'Unterlegene Werte belegen, warum eine Zählung so lautet; nach zwei Jahren sind Einwände verjährt oder entschieden.',
 'Values that lost show why a count reads as it does; after two years objections are settled.'),
(8, 'message_note', 400, NULL,
 'Vermerke über doppelte und leere Nachrichten belegen die Bücher; ein Jahr und ein Monat reichen für Jahresabschluss '
 'und Prüfung.',
 'Notes on duplicate and empty messages prove the books; a year and a month do for the annual accounts.'),
(9, 'job', 30, NULL,
 'Erledigte Aufträge der Warteschlange dienen nur der Fehlersuche.',
 'Finished jobs of the queue serve to find faults only.');

CREATE FUNCTION sr.raw_from(kind text) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Raw rows of a kind are whole from then on; rollups before are final.
    SELECT coalesce((SELECT r.deleted_before FROM sr.retention r WHERE r.kind = raw_from.kind), '-infinity')
$$;

CREATE FUNCTION sr.marks_before(kind text, before timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Rollups that still need raw rows older than a moment: marks that no refresh has read yet.
    SELECT (SELECT count(*) FROM sr.rollup_mark m
            WHERE m.kind = CASE marks_before.kind WHEN 'lane_interval' THEN 'lane' ELSE marks_before.kind END
              AND EXISTS (SELECT FROM unnest(m.firsts) AS f(first) WHERE f.first < before))
         + (SELECT count(*) FROM sr.rollup_object_mark o
            WHERE marks_before.kind <> 'track' AND greatest(o.first, sr.raw_from(marks_before.kind)) < before
              AND o.last >= sr.raw_from(marks_before.kind))
$$;

CREATE FUNCTION sr.raw_parts(kind text, before timestamptz) RETURNS SETOF regclass
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Partitions (chunks) of a raw table that hold nothing of `before` or later.
BEGIN
    IF sr.engine() = 'timescaledb' THEN
        RETURN QUERY EXECUTE format('SELECT public.show_chunks(%L::regclass, older_than => %L::timestamptz)',
                                    'sr.' || kind, before);
    ELSE
        RETURN QUERY
        SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = ('sr.' || kind)::regclass
          AND (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz <= before;
    END IF;
END $$;

CREATE FUNCTION sr.empty_part(part regclass) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- All rows at once, and their space back to the disk. A partition stays, so that a row that comes years late finds it;
-- chunks are made anew when needed. Who waits longer than a few seconds for a reader leaves it to the next time.
BEGIN
    IF sr.engine() = 'timescaledb' THEN
        PERFORM _timescaledb_functions.drop_chunk(part);
    ELSE
        EXECUTE format('TRUNCATE %s', part);
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION sr.empty_part(regclass) FROM PUBLIC;

CREATE FUNCTION sr.forget_packets(part regclass, kind text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Packets of a part of a raw table that own no other row are counted for the books; returns rows of the part.
DECLARE
    owner text := CASE kind WHEN 'reading' THEN 'JOIN sr.series e ON e.id = r.series' ELSE '' END;
    device text := CASE kind WHEN 'reading' THEN 'e.device' ELSE 'r.device' END;
    total bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s', part) INTO total;
    EXECUTE format($sql$
        WITH packet AS (
            SELECT DISTINCT %1$s AS device, r.message FROM %2$s r %3$s
        ), span AS (
            SELECT min(message) AS low, max(message) AS high FROM packet
        ), elsewhere AS (
            SELECT e.device, r.message FROM span, sr.reading r JOIN sr.series e ON e.id = r.series
            WHERE r.message BETWEEN span.low AND span.high AND r.tableoid <> %2$L::regclass
            UNION SELECT device, message FROM span, sr.lane_interval r
            WHERE message BETWEEN span.low AND span.high AND r.tableoid <> %2$L::regclass
            UNION SELECT device, message FROM span, sr.track r
            WHERE message BETWEEN span.low AND span.high AND r.tableoid <> %2$L::regclass
            UNION SELECT device, message FROM span, sr.conflict WHERE message BETWEEN span.low AND span.high
        )
        INSERT INTO sr.forgotten (device, quarter, messages)
        SELECT d.name, sr.received_quarter(p.message), count(*)
        FROM (SELECT * FROM packet EXCEPT SELECT * FROM elsewhere) p JOIN sr.device d ON d.id = p.device
        GROUP BY 1, 2
        ON CONFLICT (device, quarter) DO UPDATE SET messages = forgotten.messages + excluded.messages
    $sql$, device, part, owner);
    RETURN total;
END $$;
REVOKE EXECUTE ON FUNCTION sr.forget_packets(regclass, text, timestamptz) FROM PUBLIC;

CREATE FUNCTION sr.forget_parts(kind text, before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Whole partitions (chunks) older than a moment are emptied; returns rows. Raises object_in_use while a rollup that no
-- refresh has made yet needs them.
DECLARE
    waiting bigint := sr.marks_before(kind, before);
    part regclass;
    gone bigint := 0;
BEGIN
    IF kind NOT IN ('reading', 'lane_interval', 'track') THEN
        RAISE invalid_parameter_value USING MESSAGE = format('kind %s has no partitions', kind);
    END IF;
    IF waiting > 0 THEN
        RAISE object_in_use USING MESSAGE = format('%s rollups still need %s: refresh them first', waiting, kind);
    END IF;
    SET LOCAL lock_timeout = '3s';
    FOR part IN SELECT sr.raw_parts(kind, before) LOOP
        BEGIN
            EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
        EXCEPTION WHEN lock_not_available THEN
            CONTINUE; -- somebody reads it, such as a running backup
        END;
        gone := gone + sr.forget_packets(part, kind, before);
        PERFORM sr.empty_part(part);
    END LOOP;
    IF gone > 0 THEN
        UPDATE sr.retention r SET deleted_before = greatest(r.deleted_before, before) WHERE r.kind = forget_parts.kind;
    END IF;
    RETURN gone;
END $$;

CREATE OR REPLACE FUNCTION sr.forget_tracks(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Whole partitions at once; what is left of the oldest month row by row, since the law counts days.
DECLARE
    whole bigint := sr.forget_parts('track', before);
    single bigint;
BEGIN
    WITH gone AS (
        DELETE FROM sr.track WHERE time < before RETURNING device, message
    ), packet AS (
        SELECT DISTINCT device, message FROM gone
    ), counted AS (
        INSERT INTO sr.forgotten (device, quarter, messages)
        SELECT device.name, sr.received_quarter(packet.message), count(*)
        FROM packet
        JOIN sr.device ON device.id = packet.device
        WHERE NOT EXISTS (SELECT FROM sr.track
                          WHERE track.device = packet.device AND track.message = packet.message AND track.time >= before)
          AND NOT EXISTS (SELECT FROM sr.series JOIN sr.reading ON reading.series = series.id
                          WHERE series.device = packet.device AND reading.message = packet.message)
          AND NOT EXISTS (SELECT FROM sr.conflict
                          WHERE conflict.device = packet.device AND conflict.message = packet.message)
        GROUP BY 1, 2
        ON CONFLICT (device, quarter) DO UPDATE SET messages = forgotten.messages + excluded.messages
    )
    SELECT count(*) INTO single FROM gone;
    UPDATE sr.retention r SET deleted_before = greatest(r.deleted_before, before) WHERE r.kind = 'track' AND whole + single > 0;
    RETURN whole + single;
END $$;

ALTER TABLE sr.forgotten ADD COLUMN duplicate bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sr.forgotten.duplicate IS 'packets that the books count as duplicate';

CREATE FUNCTION sr.forget_notes(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH gone AS (
        DELETE FROM sr.message_note WHERE message < sr.first_message(before) RETURNING message, device, kind
    ), counted AS (
        INSERT INTO sr.forgotten (device, quarter, messages, duplicate)
        SELECT device, sr.received_quarter(message), count(*) FILTER (WHERE kind <> 'duplicate'),
               count(*) FILTER (WHERE kind = 'duplicate')
        FROM gone GROUP BY 1, 2
        ON CONFLICT (device, quarter) DO UPDATE SET messages = forgotten.messages + excluded.messages,
                                                    duplicate = forgotten.duplicate + excluded.duplicate
    )
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION sr.forget_conflicts(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- A packet whose every value lost owns nothing else: it is counted.
    WITH gone AS (
        DELETE FROM sr.conflict WHERE message < sr.first_message(before) RETURNING device, message
    ), packet AS (
        SELECT DISTINCT device, message FROM gone
    ), counted AS (
        INSERT INTO sr.forgotten (device, quarter, messages)
        SELECT d.name, sr.received_quarter(p.message), count(*)
        FROM packet p
        JOIN sr.device d ON d.id = p.device
        WHERE NOT EXISTS (SELECT FROM sr.series e JOIN sr.reading r ON r.series = e.id
                          WHERE e.device = p.device AND r.message = p.message)
          AND NOT EXISTS (SELECT FROM sr.lane_interval r WHERE r.device = p.device AND r.message = p.message)
          AND NOT EXISTS (SELECT FROM sr.track r WHERE r.device = p.device AND r.message = p.message)
          AND NOT EXISTS (SELECT FROM sr.message_note n WHERE n.device = d.name AND n.message = p.message)
        GROUP BY 1, 2
        ON CONFLICT (device, quarter) DO UPDATE SET messages = forgotten.messages + excluded.messages
    )
    SELECT count(*) FROM gone
$$;

REVOKE EXECUTE ON FUNCTION sr.forget_parts(text, timestamptz), sr.forget_notes(timestamptz),
    sr.forget_conflicts(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.forget_parts(text, timestamptz), sr.forget_notes(timestamptz),
    sr.forget_conflicts(timestamptz) TO sr_web;

-- Backups, drills, growth -------------------------------------------------------------------------------------

ALTER TABLE sr.backup ADD COLUMN rows bigint;
COMMENT ON COLUMN sr.backup.rows IS 'rows of all tables at that moment; null when they were not counted';

CREATE TABLE sr.drill (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    drilled_at timestamptz NOT NULL,
    file      text NOT NULL,
    taken_at  timestamptz,
    tables    integer NOT NULL,
    days      integer NOT NULL,
    rows      bigint NOT NULL,
    different text[] NOT NULL,
    error     text,
    seconds   double precision NOT NULL
);
COMMENT ON TABLE sr.drill IS 'a backup restored into a scratch database and compared, by table and day, with what was saved';
COMMENT ON COLUMN sr.drill.different IS 'tables, with the day, whose rows or checksum differ; empty: all is there';

CREATE TABLE sr.size (
    day   date NOT NULL,
    kind  text NOT NULL,
    rows  bigint NOT NULL,
    bytes bigint NOT NULL,
    PRIMARY KEY (day, kind)
);
COMMENT ON TABLE sr.size IS 'rows and bytes of each kind of data on a day (UTC), for the growth';

GRANT SELECT ON sr.retention TO sr_ingest, sr_web;
GRANT UPDATE (days, most) ON sr.retention TO sr_web;
GRANT SELECT, INSERT ON sr.drill TO sr_web;
GRANT SELECT, INSERT, UPDATE ON sr.size TO sr_web;
GRANT SELECT ON sr.drill, sr.size TO sr_ingest;

CREATE FUNCTION sr.disk_probe() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Takes a quarter of a megabyte of the disk and gives it back; raises disk_full where there is none.
BEGIN
    CREATE TEMP TABLE probe (bytes bytea) ON COMMIT DROP;
    ALTER TABLE pg_temp.probe ALTER bytes SET STORAGE EXTERNAL;
    INSERT INTO pg_temp.probe SELECT decode(repeat('a5', 1 << 18), 'hex');
    DROP TABLE pg_temp.probe;
END $$;
REVOKE EXECUTE ON FUNCTION sr.disk_probe() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.disk_probe() TO sr_web, sr_ingest;
