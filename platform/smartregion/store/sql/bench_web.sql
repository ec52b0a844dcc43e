-- name: levels
-- Levels of every mounted container, four a day for some days up to a moment; made up but deterministic.
WITH made AS (
    INSERT INTO sr.series (device, quantity)
    SELECT mounting.device, quantity.id FROM sr.mounting, sr.quantity
    WHERE mounting.object_kind = 'container' AND quantity.key = 'level'
    RETURNING id, device
)
INSERT INTO sr.reading (time, message, value, series)
SELECT %(now)s::timestamptz - step * interval '6 hours', device, (device * 7 + step) %% 100 / 100.0, id
FROM made, generate_series(1, 4 * %(days)s::integer) AS step

-- name: newest
-- The newest of these levels, as ingest keeps them.
INSERT INTO sr.latest (device, item, time, value, message)
SELECT DISTINCT ON (series.device) series.device, 'level', reading.time, reading.value, reading.message
FROM sr.reading
JOIN sr.series ON series.id = reading.series
ORDER BY series.device, reading.time DESC

-- name: partitions
-- Partitions for a span of time.
SELECT sr.ensure_partitions(%(since)s, %(now)s)
