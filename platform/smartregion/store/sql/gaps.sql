-- name: note_counters
-- Frame counters of one batch; sent in binary, a third of the time that text takes.
INSERT INTO sr.counter_seen (message, devices, times, counters)
VALUES (%(message)s, %(devices)b::text[], %(times)b::timestamptz[], %(counters)b::bigint[])

-- name: seen_counters
-- Every counter that was seen, sorted by device, event time and counter.
SELECT DISTINCT n.device, n.time, n.counter
FROM sr.counter_seen s, unnest(s.devices, s.times, s.counters) AS n(device, time, counter)
ORDER BY 1, 2, 3

-- name: note_flags
-- Single faulty fields of messages that gave rows all the same.
INSERT INTO sr.message_flag (message, device, field, value, expected)
SELECT * FROM unnest(%(messages)s::bigint[], %(devices)s::text[], %(fields)s::text[], %(values)s::text[],
                     %(expectations)s::text[])
ON CONFLICT DO NOTHING
