-- Health of the whole: books, lag, silent devices, quarantine, the database itself.

-- name: books_since
-- All books since a moment (quarter hours that begin then or later), added up.
SELECT coalesce(sum(received), 0)::bigint, coalesce(sum(stored), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,
       coalesce(sum(quarantined), 0)::bigint
FROM sr.book
WHERE quarter >= %(since)s

-- name: books_total
-- All books ever, added up.
SELECT coalesce(sum(received), 0)::bigint, coalesce(sum(stored), 0)::bigint, coalesce(sum(duplicate), 0)::bigint,
       coalesce(sum(quarantined), 0)::bigint
FROM sr.book

-- name: book_quarters
-- Books of each received quarter hour in a span, newest first; `device` narrows to one, null means all.
SELECT quarter, sum(received)::bigint AS received, sum(stored)::bigint AS stored, sum(duplicate)::bigint AS duplicate,
       sum(quarantined)::bigint AS quarantined
FROM sr.book
WHERE quarter >= %(since)s AND quarter < %(until)s AND (%(device)s::text IS NULL OR device = %(device)s::text)
GROUP BY quarter
ORDER BY quarter DESC
LIMIT %(limit)s

-- name: latest_figures
-- Newest event time, newest receipt, and the median delay in s from event to receipt of what came in five minutes.
SELECT max(time), max(sr.received_at(message)),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(0, extract(epoch FROM sr.received_at(message) - time)))
           FILTER (WHERE item NOT LIKE 'lane %%' AND sr.received_at(message) > %(now)s::timestamptz - interval '5 minutes')
FROM sr.latest

-- name: devices
-- Number of devices in use.
SELECT count(*) FROM sr.device WHERE removed_at IS NULL

-- name: silent_devices
-- Devices in use that said nothing for longer than what they hang on allows; the longest silence first.
SELECT d.name AS device, h.object_kind, h.object, l.time AS last_time
FROM sr.device d
LEFT JOIN sr.mounting h ON h.device = d.id AND h.valid_from <= %(now)s AND h.valid_to > %(now)s
LEFT JOIN sr.station s ON h.object_kind = 'station' AND s.id = h.object
LEFT JOIN (SELECT device, max(time) AS time FROM sr.latest GROUP BY device) l ON l.device = d.id
WHERE d.removed_at IS NULL
  AND (l.time IS NULL
       OR l.time < %(now)s::timestamptz - CASE WHEN s.class_scheme = 'telraam' THEN %(daylight_silence)s::interval
                                               WHEN h.object_kind = 'station' THEN %(station_silence)s::interval
                                               WHEN h.object_kind = 'vehicle' THEN %(vehicle_silence)s::interval
                                               ELSE %(silence)s::interval END)
ORDER BY l.time NULLS FIRST, d.name

-- name: database
-- Engine, version of the server and size in bytes.
SELECT sr.engine(), current_setting('server_version'), pg_database_size(current_database())

-- name: last_plan
-- The plan asked for last.
SELECT id, date, state, requested_at, finished_at, accepted_at FROM sr.plan ORDER BY id DESC LIMIT 1

-- name: quarantine_open
-- Number of messages that wait in quarantine.
SELECT count(*) FROM sr.quarantine WHERE resolved_at IS NULL

-- name: quarantine_list
-- Messages that wait in quarantine, newest first, below a receipt, of one field or device where asked.
SELECT message, sr.received_at(message) AS received_at, device, topic, payload, field, value, expected
FROM sr.quarantine
WHERE resolved_at IS NULL AND (%(before)s::bigint IS NULL OR message < %(before)s::bigint)
  AND (%(since)s::timestamptz IS NULL OR sr.received_at(message) >= %(since)s::timestamptz)
  AND (%(until)s::timestamptz IS NULL OR sr.received_at(message) < %(until)s::timestamptz)
  AND (%(field)s::text IS NULL OR field = %(field)s::text)
  AND (%(device)s::text IS NULL OR device = %(device)s::text)
ORDER BY message DESC
LIMIT %(limit)s

-- name: quarantine_reasons
-- What waits in quarantine by reason: how many, of how many devices, how many in the last hour, first and last.
SELECT field, expected, count(*) AS messages, count(DISTINCT device) AS devices,
       count(*) FILTER (WHERE sr.received_at(message) > %(now)s::timestamptz - interval '1 hour') AS last_hour,
       sr.received_at(min(message)) AS first_received, sr.received_at(max(message)) AS last_received
FROM sr.quarantine
WHERE resolved_at IS NULL
GROUP BY field, expected
ORDER BY messages DESC, field, expected

-- name: request_replay
-- Ask ingest to try quarantined messages again; null means all.
INSERT INTO sr.replay_request (requested_at, reason, device) VALUES (%(now)s, %(reason)s, %(device)s) RETURNING id

-- name: replay
-- One request to ingest and what came of it.
SELECT id, requested_at, reason, device, done_at, replayed, remaining FROM sr.replay_request WHERE id = %(id)s

-- name: last_replays
-- Requests to ingest, newest first.
SELECT id, requested_at, reason, device, done_at, replayed, remaining FROM sr.replay_request ORDER BY id DESC LIMIT %(limit)s

-- name: keep_recount
-- Notes a recount of the books.
INSERT INTO sr.recount (since, counted_at, lines, received, wrong)
VALUES (%(since)s, %(now)s, %(lines)s, %(received)s, %(wrong)s)
RETURNING id, since, counted_at, lines, received, wrong

-- name: keep_difference
-- Notes a line of the books that the tables contradict.
INSERT INTO sr.recount_difference (recount, device, quarter, stored, duplicate, quarantined)
VALUES (%s, %s, %s, %s, %s, %s)

-- name: forget_recounts
-- Old recounts go.
DELETE FROM sr.recount WHERE id < %(before)s

-- name: last_recount
-- The newest recount.
SELECT id, since, counted_at, lines, received, wrong FROM sr.recount ORDER BY id DESC LIMIT 1

-- name: forget_gaps
-- Gaps are found anew with each recount.
DELETE FROM sr.gap

-- name: keep_gaps
-- Notes the gaps of a device in a quarter hour.
INSERT INTO sr.gap (device, quarter, gaps, lost, counters) VALUES (%s, %s, %s, %s, %s)

-- name: book_lines
-- Lines of the books in a span with gaps and what the newest recount says otherwise, newest first.
SELECT device, quarter, coalesce(b.received, 0) AS received, coalesce(b.stored, 0) AS stored,
       coalesce(b.duplicate, 0) AS duplicate, coalesce(b.quarantined, 0) AS quarantined, coalesce(g.gaps, 0) AS gaps,
       coalesce(g.lost, 0) AS lost, coalesce(g.counters, '[]') AS counters,
       CASE WHEN d.stored IS NOT NULL THEN ARRAY[d.stored, d.duplicate, d.quarantined] END AS recounted
FROM (SELECT * FROM sr.book WHERE quarter >= %(since)s AND quarter < %(until)s
        AND received + stored + duplicate + quarantined > 0) b
FULL JOIN (SELECT * FROM sr.gap WHERE quarter >= %(since)s AND quarter < %(until)s) g USING (device, quarter)
FULL JOIN (SELECT * FROM sr.recount_difference WHERE quarter >= %(since)s AND quarter < %(until)s
             AND recount = (SELECT max(id) FROM sr.recount)) d USING (device, quarter)
WHERE (%(device)s::text IS NULL OR device = %(device)s::text)
  AND (NOT %(troubled)s::boolean OR b.quarantined > 0 OR g.gaps > 0 OR d.stored IS NOT NULL)
ORDER BY quarter DESC, device
LIMIT %(limit)s

-- name: flags
-- Faulty fields of stored messages that came in a span, newest first.
SELECT message, sr.received_at(message) AS received_at, device, field, value, expected
FROM sr.message_flag
WHERE message >= sr.first_message(%(since)s) AND message < sr.first_message(%(until)s)
  AND (%(device)s::text IS NULL OR device = %(device)s::text)
ORDER BY message DESC, field
LIMIT %(limit)s

-- name: quarantine_message
-- One message in quarantine, waiting or resolved.
SELECT message, sr.received_at(message) AS received_at, device, topic, payload, field, value, expected, resolved_at
FROM sr.quarantine WHERE message = %(message)s
