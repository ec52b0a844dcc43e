-- Forecasts of containers, and the lifts they learn from.

-- name: told_lifts
-- Lifts of these containers since a moment: ticked on tours with the level that the driver saw, or told apart.
SELECT o.place, lift.time, lift.level
FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS o (id, place)
JOIN (
    SELECT container, time, level FROM sr.container_lift WHERE source = 'driver' AND time > %(since)s AND time <= %(until)s
    UNION
    SELECT entry->>'id', stop.done_at, said.level
    FROM sr.tour_stop AS stop
    CROSS JOIN LATERAL jsonb_array_elements(stop.containers) AS entry
    CROSS JOIN LATERAL (
        SELECT (array_agg(note.level ORDER BY note.at DESC, note.number DESC) FILTER (WHERE note.level IS NOT NULL))[1] AS level,
               (array_agg(note.reason ORDER BY note.at DESC, note.number DESC) FILTER (WHERE note.reason IS NOT NULL))[1] AS reason
        FROM sr.driver_note AS note
        WHERE note.container = entry->>'id'
          AND note.at BETWEEN stop.done_at - interval '12 hours' AND stop.done_at + interval '12 hours') AS said
    WHERE stop.kind = 'site' AND stop.done_at > %(since)s AND stop.done_at <= %(until)s
      AND coalesce(said.reason, '') NOT IN ('blocked', 'not_out', 'contaminated')
) AS lift ON lift.container = o.id
ORDER BY lift.time, lift.level IS NULL

-- name: outside_range
-- Readings that their device took at a temperature at which it may not work: container and second since then.
SELECT o.place, floor(extract(epoch FROM r.time - %(since)s::timestamptz))::bigint
FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS o (id, place)
JOIN sr.mounting h ON h.object_kind = 'container' AND h.object = o.id
JOIN sr.series e ON e.device = h.device
JOIN sr.quantity q ON q.id = e.quantity AND q.key = 'temperature'
JOIN sr.reading r ON r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
WHERE r.time > %(since)s AND r.time <= %(until)s AND (r.value < %(coldest)s OR r.value > %(hottest)s)

-- name: battery
-- Newest battery voltage of the device on each of these containers.
SELECT o.place, min(latest.value)
FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS o (id, place)
JOIN sr.mounting ON mounting.object_kind = 'container' AND mounting.object = o.id
                AND mounting.valid_from <= %(until)s AND mounting.valid_to > %(until)s
JOIN sr.latest ON latest.device = mounting.device AND latest.item = 'battery' AND latest.time > %(since)s
GROUP BY o.place

-- name: forget
-- Forecasts of containers that are no more.
DELETE FROM sr.container_forecast WHERE container <> ALL(%(ids)s::text[])

-- name: keep
-- The forecast of one container in place of an older one.
INSERT INTO sr.container_forecast (container, made_at, level, level_sd, reason, rate_per_day, rate_sd, first_date,
                                   expected, low, high, p_full)
VALUES (%(container)s, %(made_at)s, %(level)s, %(level_sd)s, %(reason)s, %(rate_per_day)s, %(rate_sd)s, %(first_date)s,
        %(expected)s, %(low)s, %(high)s, %(p_full)s)
ON CONFLICT (container) DO UPDATE SET
    made_at = excluded.made_at, level = excluded.level, level_sd = excluded.level_sd, reason = excluded.reason,
    rate_per_day = excluded.rate_per_day, rate_sd = excluded.rate_sd, first_date = excluded.first_date,
    expected = excluded.expected, low = excluded.low, high = excluded.high, p_full = excluded.p_full
WHERE container_forecast.made_at <= excluded.made_at

-- name: forget_found
-- Lifts that an earlier forecast found in the levels since a moment: they are found anew.
DELETE FROM sr.container_lift WHERE source = 'sensor' AND time > %(since)s

-- name: keep_found
-- A lift found in the levels; what a driver told of that moment stands.
INSERT INTO sr.container_lift (container, time, level, source) VALUES (%(container)s, %(time)s, %(level)s, 'sensor')
ON CONFLICT (container, time) DO NOTHING

-- name: forecast
-- The forecast of one container.
SELECT container AS id, made_at, level, level_sd, reason, rate_per_day, rate_sd, first_date, expected, low, high, p_full
FROM sr.container_forecast WHERE container = %(id)s

-- name: planned_lifts
-- Containers that accepted plans of days before a date lift, from a date on, with that date.
SELECT entry->>'id', max(plan.date)
FROM sr.plan
JOIN sr.tour ON tour.plan = plan.id
JOIN sr.tour_stop AS stop ON stop.tour = tour.id AND stop.kind = 'site'
CROSS JOIN LATERAL jsonb_array_elements(stop.containers) AS entry
WHERE plan.accepted_at IS NOT NULL AND plan.date >= %(since)s AND plan.date < %(until)s
GROUP BY 1
