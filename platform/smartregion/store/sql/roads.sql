-- The road network, its segments, and what vehicles measured on them.

-- name: add_network
-- A new network; its parts and segments follow in the same transaction.
INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off, base, truck)
VALUES (%(name)s, %(source)s, %(imported_at)s, %(nodes)s, %(edges)s, %(length_km)s, %(cut_off)s, %(base)s, %(truck)s)
RETURNING id

-- name: add_part
-- Parts keep single values small.
INSERT INTO sr.road_network_part (network, part, bytes) VALUES (%(network)s, %(part)s, %(bytes)s)

-- name: drop_older
-- The same name is replaced, with what belongs to it; segments that are gone take their passes with them.
DELETE FROM sr.road_network WHERE name = %(name)s AND id <> %(network)s AND base IS NULL

-- name: newest_network
-- The network in use is the one imported last.
SELECT id, name FROM sr.road_network WHERE base IS NULL ORDER BY id DESC LIMIT 1

-- name: network_of_truck
-- What another truck may use of the network in use.
SELECT id, name FROM sr.road_network
WHERE truck = %(truck)s AND base = (SELECT max(id) FROM sr.road_network WHERE base IS NULL)

-- name: trucks
-- Trucks of the network in use, its own first.
SELECT truck FROM sr.road_network
WHERE coalesce(base, id) = (SELECT max(id) FROM sr.road_network WHERE base IS NULL)
ORDER BY id

-- name: parts
-- Parts of one network in order.
SELECT bytes FROM sr.road_network_part WHERE network = %(network)s ORDER BY part

-- name: newest_report
-- What the import of the network in use did and cut off.
SELECT name, cut_off FROM sr.road_network WHERE base IS NULL ORDER BY id DESC LIMIT 1

-- name: sites_with_containers
-- Sites where containers stand now and how many.
SELECT s.id, s.lon, s.lat, count(*) AS containers
FROM sr.site s
JOIN sr.container c ON c.site = s.id AND c.removed_at IS NULL
WHERE s.removed_at IS NULL
GROUP BY s.id
ORDER BY s.id

-- name: places
-- What vehicles drive to: depots, disposal sites and sites, those in use.
SELECT kind, id, name, lon, lat
FROM (SELECT 'depot' AS kind, id, name, lon, lat FROM sr.depot WHERE removed_at IS NULL
      UNION ALL
      SELECT 'disposal', id, name, lon, lat FROM sr.disposal_site WHERE removed_at IS NULL
      UNION ALL
      SELECT 'site', id, name, lon, lat FROM sr.site WHERE removed_at IS NULL) p
ORDER BY kind, id

-- name: segment_speeds
-- Free speed on segments that vehicles drove often enough: three quarters of the drives were no faster.
SELECT segment, percentile_cont(0.75) WITHIN GROUP (ORDER BY speed_mps) AS speed_mps
FROM sr.segment_pass
WHERE time > %(since)s AND time <= %(now)s
GROUP BY segment
HAVING count(*) >= %(least)s

-- name: stage_segments
-- Where segments wait before they join those that are there.
CREATE TEMP TABLE segment_stage (LIKE sr.segment) ON COMMIT DROP

-- name: copy_segments
-- Into the stage.
COPY segment_stage (id, network, name, class, surface, length_m, lon, lat) FROM STDIN

-- name: merge_segments
-- A segment keeps its passes when the road is still there.
INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)
SELECT id, network, name, class, surface, length_m, lon, lat FROM segment_stage
ON CONFLICT (id) DO UPDATE SET
    network = excluded.network, name = excluded.name, class = excluded.class, surface = excluded.surface,
    length_m = excluded.length_m, lon = excluded.lon, lat = excluded.lat

-- name: mark_tracks
-- Positions of a batch by device and UTC day, in the transaction that writes them.
INSERT INTO sr.track_mark (devices, firsts, lasts) VALUES (%(devices)s, %(firsts)s, %(lasts)s)

-- name: mark_staged_tracks
-- The same from staging.
INSERT INTO sr.track_mark (devices, firsts, lasts)
SELECT array_agg(device), array_agg(first), array_agg(last)
FROM (SELECT device, min(time) AS first, max(time) AS last FROM stage_track
      GROUP BY device, date_bin('1 day', time, timestamptz '2000-01-01 00:00+00')) n
HAVING count(*) > 0

-- name: mark_all_tracks
-- Another network makes all passes anew.
INSERT INTO sr.track_mark (devices, firsts, lasts)
SELECT array_agg(device), array_agg(first), array_agg(last)
FROM (SELECT device, min(time) AS first, max(time) AS last FROM sr.track
      GROUP BY device, date_bin('1 day', time, timestamptz '2000-01-01 00:00+00')) n
HAVING count(*) > 0

-- name: track_marks
-- Marks whose passes are not made yet.
SELECT id FROM sr.track_mark ORDER BY id

-- name: dirty_hours
-- Whole hours of vehicles that marks touch and how many positions they hold, in order; not those of which positions or
-- passes go by rule.
SELECT h.device, h.hour, (
    SELECT count(*) FROM sr.track t
    WHERE t.device = h.device AND t.time >= h.hour AND t.time < h.hour + interval '1 hour') AS points
FROM (
    SELECT DISTINCT d.device, hour
    FROM sr.track_mark m,
         unnest(m.devices, m.firsts, m.lasts) AS d(device, first, last),
         generate_series(date_trunc('hour', d.first), d.last, interval '1 hour') AS hour
    WHERE m.id = ANY(%(marks)s)
      AND hour >= greatest(sr.final_before('track', %(now)s), sr.final_before('segment_pass', %(now)s))) h
ORDER BY h.device, h.hour

-- name: drop_old_track_marks
-- Without a road network marks wait, but not longer than positions are kept.
DELETE FROM sr.track_mark WHERE sr.final_before('track', %(now)s) > ALL (lasts)

-- name: drop_track_marks
-- Their passes are made.
DELETE FROM sr.track_mark WHERE id = ANY(%(marks)s)

-- name: tracks
-- All positions of whole hours of vehicles, in order of time.
SELECT t.device, h.place, t.time, t.lon, t.lat, t.speed_mps, t.az_rms_mps2, t.surface_temp_c, t.dew_point_c,
       t.water_um, t.friction
FROM unnest(%(devices)s::integer[], %(hours)s::timestamptz[]) WITH ORDINALITY AS h(device, hour, place)
CROSS JOIN LATERAL ( -- OFFSET 0: an hour looks into one chunk; as a join it would read them all
    SELECT * FROM sr.track t
    WHERE t.device = h.device AND t.time >= h.hour AND t.time < h.hour + interval '1 hour' OFFSET 0
) t
ORDER BY h.place, t.time

-- name: forget_passes_of_hours
-- Passes of these hours are made anew from all positions, so that order of arrival leaves no trace.
DELETE FROM sr.segment_pass p
USING unnest(%(devices)s::integer[], %(hours)s::timestamptz[]) AS h(device, hour)
WHERE p.device = h.device AND p.time >= h.hour AND p.time < h.hour + interval '1 hour'

-- name: add_passes
-- One row a pass.
INSERT INTO sr.segment_pass (segment, device, time, speed_mps, ride_index, surface_temp_c, water_um, state)
SELECT * FROM unnest(
    %(segments)s::text[], %(devices)s::integer[], %(times)s::timestamptz[], %(speeds)s::real[],
    %(ride_indices)s::real[], %(surface_temps)s::real[], %(waters)s::real[], %(states)s::text[])

-- name: segment_states
-- Segments with passes: the slippery first, then the roughest.
WITH condition AS (
    SELECT segment, percentile_cont(0.5) WITHIN GROUP (ORDER BY ride_index) AS ride_index,
           count(*) AS passes, max(time) AS last_time
    FROM sr.segment_pass
    WHERE time > %(since)s AND time <= %(now)s
    GROUP BY segment
), surface AS (
    SELECT DISTINCT ON (segment) segment, surface_temp_c, state
    FROM sr.segment_pass
    WHERE time > %(state_since)s AND time <= %(now)s AND (state IS NOT NULL OR surface_temp_c IS NOT NULL)
    ORDER BY segment, time DESC
)
SELECT s.id, s.name, s.class AS class_, s.surface, s.length_m, c.ride_index, c.passes, c.last_time,
       w.surface_temp_c, w.state, s.lon, s.lat
FROM condition c
JOIN sr.segment s ON s.id = c.segment
LEFT JOIN surface w ON w.segment = c.segment
ORDER BY coalesce(w.state = ANY(%(slippery)s), false) DESC, c.ride_index DESC NULLS LAST, s.id
LIMIT %(limit)s
