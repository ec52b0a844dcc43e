-- Raw values as they were measured.

-- name: readings
-- Raw values by event time, then series, after a place in that order; null for device or quantity means all.
SELECT d.name AS device, q.key AS quantity, q.unit, r.time, r.value, sr.received_at(r.message) AS received_at,
       e.id AS series
FROM sr.series e
JOIN sr.device d ON d.id = e.device
JOIN sr.quantity q ON q.id = e.quantity
CROSS JOIN LATERAL (
    SELECT time, value, message FROM sr.reading
    WHERE series = e.id AND time >= %(since)s AND time < %(until)s
      AND (time, series) > (%(after_time)s::timestamptz, %(after_series)s::integer)
    ORDER BY time
    LIMIT %(limit)s
) r
WHERE (%(device)s::text IS NULL OR d.name = %(device)s::text)
  AND (%(quantity)s::text IS NULL OR q.key = %(quantity)s::text)
ORDER BY r.time, e.id
LIMIT %(limit)s
