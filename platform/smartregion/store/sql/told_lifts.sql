-- Lifts that people tell, outside the tours of a plan, and all lifts of a container.

-- name: tell
-- A lift outside the tours; the same container and time told again replaces what was told.
INSERT INTO sr.container_lift (container, time, level, source, reason)
VALUES (%(container)s, %(time)s, %(level)s, 'driver', %(reason)s)
ON CONFLICT (container, time) DO UPDATE SET level = excluded.level, source = 'driver', reason = excluded.reason

-- name: withdraw
-- Takes a told lift back; one that a sensor found or a tour ticked stays.
DELETE FROM sr.container_lift WHERE container = %(container)s AND time = %(time)s AND source = 'driver'

-- name: history
-- Lifts of a container since a moment, the newest first: found in its levels, ticked on a tour, or told apart.
SELECT time, level, CASE source WHEN 'driver' THEN 'told' ELSE source END AS source, reason
FROM sr.container_lift WHERE container = %(container)s AND time > %(since)s AND time <= %(until)s
UNION ALL
SELECT stop.done_at, said.level, 'tour', ''
FROM sr.tour_stop AS stop
CROSS JOIN LATERAL (
    SELECT (array_agg(note.level ORDER BY note.at DESC, note.number DESC) FILTER (WHERE note.level IS NOT NULL))[1] AS level,
           (array_agg(note.reason ORDER BY note.at DESC, note.number DESC) FILTER (WHERE note.reason IS NOT NULL))[1] AS reason
    FROM sr.driver_note AS note WHERE note.tour = stop.tour AND note.container = %(container)s) AS said
WHERE stop.kind = 'site' AND stop.done_at > %(since)s AND stop.done_at <= %(until)s
  AND stop.containers @> jsonb_build_array(jsonb_build_object('id', %(container)s::text))
  AND coalesce(said.reason, '') NOT IN ('blocked', 'not_out', 'contaminated')
ORDER BY 1 DESC, 3
