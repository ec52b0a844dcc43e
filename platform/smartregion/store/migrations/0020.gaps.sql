-- Frame counters that were seen, single faulty fields, and an end to quarantine.

CREATE TABLE sr.counter_seen (
    message  bigint NOT NULL,
    devices  text[] NOT NULL,
    times    timestamptz[] NOT NULL,
    counters bigint[] NOT NULL,
    CHECK (cardinality(devices) = cardinality(times) AND cardinality(times) = cardinality(counters))
);
CREATE INDEX counter_seen_message ON sr.counter_seen USING brin (message);
COMMENT ON TABLE sr.counter_seen IS
    'frame counters with device name and event time, a row a batch; message is the first receipt of the batch';

CREATE TABLE sr.message_flag (
    message  bigint NOT NULL,
    device   text NOT NULL,
    field    text NOT NULL,
    value    text NOT NULL,
    expected text NOT NULL,
    PRIMARY KEY (message, field, value, expected)
);
CREATE INDEX ON sr.message_flag (device, message);
COMMENT ON TABLE sr.message_flag IS 'fields that were left out of a message whose other fields became rows';

ALTER TABLE sr.forgotten ADD COLUMN quarantined bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN sr.forgotten.messages IS 'packets that the books count as stored';
COMMENT ON COLUMN sr.forgotten.quarantined IS 'packets that the books count as quarantined';

CREATE FUNCTION sr.forget_counters(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- The newest counter of each device stays, so that the next gap is found.
    WITH gone AS (
        DELETE FROM sr.counter_seen WHERE message < sr.first_message(before)
        RETURNING message, devices, times, counters
    ), point AS (
        SELECT gone.message, n.device, n.time, n.counter
        FROM gone, unnest(gone.devices, gone.times, gone.counters) AS n(device, time, counter)
    ), newest AS (
        SELECT DISTINCT ON (device) message, device, time, counter FROM point ORDER BY device, time DESC, counter DESC
    ), kept AS (
        INSERT INTO sr.counter_seen (message, devices, times, counters)
        SELECT max(message), array_agg(device), array_agg(time), array_agg(counter) FROM newest
        HAVING count(*) > 0
    )
    SELECT (SELECT count(*) FROM point) - (SELECT count(*) FROM newest)
$$;

CREATE FUNCTION sr.forget_flags(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    WITH gone AS (DELETE FROM sr.message_flag WHERE message < sr.first_message(before) RETURNING 1)
    SELECT count(*) FROM gone
$$;

CREATE FUNCTION sr.forget_quarantine(before timestamptz, most bigint) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- What is older than `before` goes, and of the rest the oldest beyond `most`. What a replay resolved is counted by
-- its rows; what was still open is counted as forgotten. Rows that a replay works on are left for the next time.
    WITH doomed AS (
        SELECT message FROM sr.quarantine
        WHERE message < sr.first_message(before)
           OR message <= (SELECT message FROM sr.quarantine ORDER BY message DESC OFFSET most LIMIT 1)
        FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM sr.quarantine q USING doomed WHERE q.message = doomed.message
        RETURNING q.message, q.device, q.resolved_at
    ), counted AS (
        INSERT INTO sr.forgotten (device, quarter, messages, quarantined)
        SELECT device, sr.received_quarter(message), 0, count(*) FROM gone WHERE resolved_at IS NULL GROUP BY 1, 2
        ON CONFLICT (device, quarter) DO UPDATE SET quarantined = forgotten.quarantined + excluded.quarantined
    )
    SELECT count(*) FROM gone
$$;

REVOKE EXECUTE ON FUNCTION sr.forget_counters(timestamptz) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sr.forget_flags(timestamptz) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sr.forget_quarantine(timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.forget_counters(timestamptz) TO sr_web;
GRANT EXECUTE ON FUNCTION sr.forget_flags(timestamptz) TO sr_web;
GRANT EXECUTE ON FUNCTION sr.forget_quarantine(timestamptz, bigint) TO sr_web;
GRANT SELECT, INSERT ON sr.counter_seen, sr.message_flag TO sr_ingest;
GRANT SELECT ON sr.counter_seen, sr.message_flag TO sr_web;
