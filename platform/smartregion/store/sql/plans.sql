-- name: insert_plan
-- A plan that somebody asked for, waiting for a worker.
INSERT INTO sr.plan (date, state, requested_at, seconds, progress, base, edits, from_time)
VALUES (%(date)s, 'queued', %(now)s, %(seconds)s, '{"phase": "queued"}', %(base)s, %(edits)s, %(from_time)s)
RETURNING id

-- name: hold
-- Hold a plan while this session works on it; the server lets go when the process dies. False: another holds it.
SELECT pg_try_advisory_lock(7430001, %(id)s::integer)

-- name: release
-- Let go of a plan.
SELECT pg_advisory_unlock(7430001, %(id)s::integer)

-- name: begin
-- Begin a queued plan, or one whose process died; forget what it left. No row: it is done or failed already.
UPDATE sr.plan SET state = 'running', progress = '{"phase": "loading network"}', summary = '{}', error = NULL
WHERE id = %(id)s AND state IN ('queued', 'running')
RETURNING date, seconds, base, edits, from_time

-- name: report
-- Tell how far a running plan is.
UPDATE sr.plan SET progress = %(progress)s WHERE id = %(id)s AND state = 'running'

-- name: requeue
-- Put a running plan back: its worker is being stopped.
UPDATE sr.plan SET state = 'queued', progress = '{"phase": "queued"}' WHERE id = %(id)s AND state = 'running'

-- name: fail
-- A plan that could not be made, with the reason in one line.
UPDATE sr.plan SET state = 'failed', error = %(error)s, finished_at = %(now)s
WHERE id = %(id)s AND state IN ('queued', 'running')

-- name: finish
-- A plan with its figures.
UPDATE sr.plan SET state = 'done', summary = %(summary)s, progress = %(progress)s, finished_at = %(now)s
WHERE id = %(id)s AND state = 'running'

-- name: fail_lost
-- Running plans that nobody holds: their process died.
UPDATE sr.plan SET state = 'failed', error = %(error)s, finished_at = %(now)s
WHERE state = 'running' AND NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 7430001 AND objid = plan.id::integer::oid AND objsubid = 2
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
RETURNING id

-- name: plan
-- One plan; a running one that nobody holds is told as failed.
SELECT id, date,
       CASE WHEN lost THEN 'failed' ELSE state END AS state,
       requested_at, finished_at, seconds, accepted_at, progress, summary, base, edits, from_time,
       CASE WHEN lost THEN %(lost)s ELSE error END AS error
FROM (
    SELECT plan.*, state = 'running' AND NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND classid = 7430001 AND objid = plan.id::integer::oid AND objsubid = 2
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS lost
    FROM sr.plan
    WHERE id = %(id)s
) AS told

-- name: plans_of_date
-- Ids of the last plans asked for for a date, the newest first.
SELECT id FROM sr.plan WHERE date = %(date)s ORDER BY id DESC LIMIT 20

-- name: current_plan
-- Id of the plan that counts for a date: the accepted one, else the last one finished.
SELECT id FROM sr.plan
WHERE date = %(date)s AND state = 'done'
ORDER BY accepted_at IS NULL, id DESC
LIMIT 1

-- name: accepted
-- Id of the accepted plan of a date.
SELECT id FROM sr.plan WHERE date = %(date)s AND accepted_at IS NOT NULL

-- name: withdraw
-- Only one plan of a date is accepted.
UPDATE sr.plan SET accepted_at = NULL
WHERE date = (SELECT date FROM sr.plan WHERE id = %(id)s) AND accepted_at IS NOT NULL AND id <> %(id)s

-- name: accept
-- Accept a finished plan; accepting it again changes nothing.
UPDATE sr.plan SET accepted_at = coalesce(accepted_at, %(now)s) WHERE id = %(id)s AND state = 'done'
RETURNING id

-- name: insert_tour
-- One tour of a plan.
INSERT INTO sr.tour (plan, number, vehicle, fraction, fractions, start_at, end_at, distance_m, load_kg,
                     lifts, geometry)
VALUES (%(plan)s, %(number)s, %(vehicle)s, %(fraction)s, %(fractions)s, %(start_at)s, %(end_at)s, %(distance_m)s, %(load_kg)s,
        %(lifts)s, %(geometry)s)
RETURNING id

-- name: insert_stop
-- One line of a tour's sheet.
INSERT INTO sr.tour_stop (tour, seq, kind, place, name, lon, lat, arrive_at, depart_at, leg_m, load_kg, containers, note,
                          done_at)
VALUES (%(tour)s, %(seq)s, %(kind)s, %(place)s, %(name)s, %(lon)s, %(lat)s, %(arrive_at)s, %(depart_at)s, %(leg_m)s,
        %(load_kg)s, %(containers)s, %(note)s, %(done_at)s)

-- name: tours
-- Tours of a plan in order, with the vehicle's name.
SELECT tour.id, tour.plan, tour.number, tour.vehicle, vehicle.name AS vehicle_name, tour.fraction,
       coalesce(tour.fractions, ARRAY[tour.fraction]) AS fractions, tour.start_at, tour.end_at, tour.distance_m,
       tour.load_kg, tour.lifts, plan.accepted_at IS NOT NULL AS accepted, tour.geometry
FROM sr.tour
JOIN sr.plan ON plan.id = tour.plan
JOIN sr.vehicle ON vehicle.id = tour.vehicle
WHERE tour.plan = %(plan)s
ORDER BY tour.number

-- name: tour
-- One tour, as in `tours`, and the date of its plan.
SELECT plan.date, tour.id, tour.plan, tour.number, tour.vehicle, vehicle.name AS vehicle_name, tour.fraction,
       coalesce(tour.fractions, ARRAY[tour.fraction]) AS fractions, tour.start_at, tour.end_at, tour.distance_m,
       tour.load_kg, tour.lifts, plan.accepted_at IS NOT NULL AS accepted, tour.geometry
FROM sr.tour
JOIN sr.plan ON plan.id = tour.plan
JOIN sr.vehicle ON vehicle.id = tour.vehicle
WHERE tour.id = %(id)s

-- name: stops
-- Lines of a tour's sheet with street and place of the site.
SELECT stop.seq, stop.kind, stop.place, stop.name, coalesce(site.street, '') AS street,
       coalesce(site.place, '') AS town, stop.lon, stop.lat, stop.arrive_at, stop.depart_at, stop.leg_m, stop.load_kg,
       stop.containers, stop.note, stop.done_at
FROM sr.tour_stop AS stop
LEFT JOIN sr.site ON stop.kind = 'site' AND site.id = stop.place
WHERE stop.tour = %(id)s
ORDER BY stop.seq

-- name: one_moment
-- All that follows in this transaction sees one moment of the database.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY
