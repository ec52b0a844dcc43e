-- name: tour
-- Whether a tour exists.
SELECT id FROM sr.tour WHERE id = %(tour)s

-- name: tick
-- Of the stops shown, those done get the time unless they have one; the others lose theirs.
UPDATE sr.tour_stop
SET done_at = CASE WHEN seq = ANY(%(done)s::integer[]) THEN coalesce(done_at, %(at)s) END
WHERE tour = %(tour)s AND seq = ANY(%(shown)s::integer[]) AND kind IN ('site', 'disposal')

-- name: tick_successor
-- The same stops of the plan that took the place of the tour's plan: a phone may still hold the old sheet.
UPDATE sr.tour_stop AS stop
SET done_at = old.done_at
FROM sr.tour_stop AS old
JOIN sr.tour AS old_tour ON old_tour.id = old.tour
JOIN sr.plan AS old_plan ON old_plan.id = old_tour.plan AND old_plan.accepted_at IS NULL
JOIN sr.plan ON plan.date = old_plan.date AND plan.accepted_at IS NOT NULL
JOIN sr.tour ON tour.plan = plan.id
WHERE old.tour = %(tour)s AND old.seq = ANY(%(shown)s::integer[]) AND old.kind = 'site'
  AND stop.tour = tour.id AND stop.kind = 'site' AND stop.place = old.place
  AND stop.containers->0->>'id' = old.containers->0->>'id'

-- name: note
-- One thing that a driver says of a container of a stop; said twice it counts once, and the same again is no news.
INSERT INTO sr.driver_note (key, tour, seq, container, at, level, reason)
SELECT %(key)s, stop.tour, stop.seq, %(container)s, %(at)s, %(level)s, %(reason)s
FROM sr.tour_stop AS stop
WHERE stop.tour = %(tour)s AND stop.seq = %(seq)s
  AND stop.containers @> jsonb_build_array(jsonb_build_object('id', %(container)s::text))
  AND NOT EXISTS (
    SELECT FROM (
        SELECT level, reason FROM sr.driver_note
        WHERE tour = %(tour)s AND seq = %(seq)s AND container = %(container)s
          AND (level IS NULL) = (%(level)s::double precision IS NULL)
        ORDER BY at DESC, number DESC LIMIT 1) AS last
    WHERE last.level IS NOT DISTINCT FROM %(level)s::double precision
      AND last.reason IS NOT DISTINCT FROM %(reason)s::text)
ON CONFLICT (key) DO NOTHING

-- name: notes
-- What was said last of each container of a tour.
SELECT seq, container,
       (array_agg(level ORDER BY at DESC, number DESC) FILTER (WHERE level IS NOT NULL))[1] AS level,
       coalesce((array_agg(reason ORDER BY at DESC, number DESC) FILTER (WHERE reason IS NOT NULL))[1], '') AS reason
FROM sr.driver_note WHERE tour = %(tour)s GROUP BY seq, container

-- name: successor
-- The tour of the same vehicle in the plan that counts for the date now, where the tour's own plan does not.
SELECT other.id
FROM sr.tour
JOIN sr.plan ON plan.id = tour.plan AND plan.accepted_at IS NULL
JOIN sr.plan AS now ON now.date = plan.date AND now.accepted_at IS NOT NULL
LEFT JOIN sr.tour AS other ON other.plan = now.id AND other.vehicle = tour.vehicle
WHERE tour.id = %(tour)s

-- name: progress
-- What of a tour is done: stops, lifts, first and last tick, and containers that were not emptied.
SELECT count(*) FILTER (WHERE stop.done_at IS NOT NULL) AS stops_done, count(*) AS stops,
       coalesce(sum(jsonb_array_length(stop.containers)) FILTER (WHERE stop.done_at IS NOT NULL), 0) AS lifts_done,
       min(stop.done_at) AS first_at, max(stop.done_at) AS last_at
FROM sr.tour_stop AS stop WHERE stop.tour = %(tour)s AND stop.kind = 'site'
