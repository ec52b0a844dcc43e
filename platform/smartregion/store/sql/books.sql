-- name: recount
-- Counters beside an independent recount from all tables that show a message, by device and received quarter (UTC).
WITH own AS (
    SELECT e.device, r.message FROM sr.reading r JOIN sr.series e ON e.id = r.series WHERE r.message >= %(first)s
    UNION
    SELECT device, message FROM sr.lane_interval WHERE message >= %(first)s
    UNION
    SELECT device, message FROM sr.track WHERE message >= %(first)s
    UNION
    SELECT device, message FROM sr.conflict WHERE message >= %(first)s
), packet AS (
    SELECT d.name AS device, o.message, 'stored' AS fate FROM own o JOIN sr.device d ON d.id = o.device
    UNION ALL
    SELECT device, message, CASE kind WHEN 'duplicate' THEN 'duplicate' ELSE 'stored' END
    FROM sr.message_note WHERE message >= %(first)s
    UNION ALL
    SELECT device, message, 'quarantined' FROM sr.quarantine WHERE resolved_at IS NULL AND message >= %(first)s
), counted AS (
    SELECT device, sr.received_quarter(message) AS quarter,
           count(*) FILTER (WHERE fate = 'stored') AS stored,
           count(*) FILTER (WHERE fate = 'duplicate') AS duplicate,
           count(*) FILTER (WHERE fate = 'quarantined') AS quarantined
    FROM packet GROUP BY 1, 2
), forgotten AS (
    SELECT device, quarter, sum(messages) AS messages, sum(quarantined) AS quarantined, sum(duplicate) AS duplicate FROM sr.forgotten WHERE quarter >= %(since)s GROUP BY 1, 2
)
SELECT device, quarter, coalesce(b.received, 0), coalesce(b.stored, 0), coalesce(b.duplicate, 0),
       coalesce(b.quarantined, 0), coalesce(c.stored, 0) + coalesce(f.messages, 0)::bigint, coalesce(c.duplicate, 0) + coalesce(f.duplicate, 0)::bigint,
       coalesce(c.quarantined, 0) + coalesce(f.quarantined, 0)::bigint
FROM (SELECT * FROM sr.book WHERE quarter >= %(since)s) b
FULL JOIN counted c USING (device, quarter)
FULL JOIN forgotten f USING (device, quarter)
ORDER BY quarter, device

-- name: readings_by_event_day
-- Rows by device and event day (UTC) of messages received since then: narrow readings, lane intervals, track points.
SELECT d.name, n.day, sum(n.readings)::bigint, sum(n.lane_intervals)::bigint, sum(n.track_points)::bigint
FROM (
    SELECT e.device, date_trunc('day', r.time, 'UTC') AS day, count(*) AS readings, 0 AS lane_intervals, 0 AS track_points
    FROM sr.reading r JOIN sr.series e ON e.id = r.series WHERE r.message >= %(first)s GROUP BY 1, 2
    UNION ALL
    SELECT device, date_trunc('day', time, 'UTC'), 0, count(*), 0
    FROM sr.lane_interval WHERE message >= %(first)s GROUP BY 1, 2
    UNION ALL
    SELECT device, date_trunc('day', time, 'UTC'), 0, 0, count(*)
    FROM sr.track WHERE message >= %(first)s GROUP BY 1, 2
) n
JOIN sr.device d ON d.id = n.device
GROUP BY 1, 2
ORDER BY 2, 1

-- name: first_message
-- The smallest receipt of a moment.
SELECT sr.first_message(%(since)s)
