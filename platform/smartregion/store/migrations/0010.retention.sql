-- Positions of vehicles are deleted by rule; the books must still balance without them.

CREATE TABLE sr.forgotten (
    device   text NOT NULL,
    quarter  timestamptz NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (device, quarter)
);
COMMENT ON TABLE sr.forgotten IS
    'PUBLISH packets of which retention deleted the last row, by device name and received quarter hour (UTC)';

CREATE FUNCTION sr.forget_tracks(before timestamptz) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
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
        GROUP BY 1, 2
        ON CONFLICT (device, quarter) DO UPDATE SET messages = forgotten.messages + excluded.messages
    )
    SELECT count(*) FROM gone
$$;

REVOKE EXECUTE ON FUNCTION sr.forget_tracks(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.forget_tracks(timestamptz) TO sr_web;
GRANT SELECT ON sr.forgotten TO sr_ingest, sr_web;
