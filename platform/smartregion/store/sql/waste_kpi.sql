-- Figures of the waste loop over a span of days, each from rows that can be looked at.

-- name: days
-- Accepted plans of a span with their figures, and what of them was ticked.
SELECT plan.date, plan.id AS plan, plan.summary,
       coalesce(done.lifts, 0) AS ticked
FROM sr.plan
LEFT JOIN LATERAL (
    SELECT sum(jsonb_array_length(stop.containers)) AS lifts
    FROM sr.tour JOIN sr.tour_stop AS stop ON stop.tour = tour.id AND stop.kind = 'site' AND stop.done_at IS NOT NULL
    WHERE tour.plan = plan.id) AS done ON true
WHERE plan.accepted_at IS NOT NULL AND plan.date BETWEEN %(first)s AND %(last)s
ORDER BY plan.date

-- name: lifts
-- Lifts of a span with the level just before: found by sensors, or told by drivers.
SELECT container, time, level, source FROM sr.container_lift
WHERE time >= %(since)s AND time < %(until)s AND level IS NOT NULL
UNION ALL
SELECT entry->>'id', stop.done_at, said.level, 'driver'
FROM sr.tour_stop AS stop
CROSS JOIN LATERAL jsonb_array_elements(stop.containers) AS entry
JOIN LATERAL (
    SELECT note.level FROM sr.driver_note AS note
    WHERE note.container = entry->>'id' AND note.tour = stop.tour AND note.level IS NOT NULL
    ORDER BY note.at DESC, note.number DESC LIMIT 1) AS said ON true
WHERE stop.kind = 'site' AND stop.done_at >= %(since)s AND stop.done_at < %(until)s
ORDER BY 2, 1
