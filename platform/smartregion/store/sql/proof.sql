-- The proof of rollups: a sample of stored buckets, and the raw rows of which they must be made.

-- name: snapshot
-- From here on one view of the database: the marks that it sees are those of the rows that it sees.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ

-- name: hold
-- No refresh between this and the release.
SELECT pg_advisory_lock(hashtext('sr.rollup'))

-- name: release
-- Refreshes may go on.
SELECT pg_advisory_unlock(hashtext('sr.rollup'))

-- name: whole_since
-- Since when raw rows are whole: older ones were deleted by rule, their rollups are final.
SELECT greatest(sr.final_before(%(raw)s, %(now)s) + interval '15 minutes', '0001-01-01 00:00+00')

-- name: available
-- Rows of one span that can be proved, as far as they are asked for.
SELECT count(*) FROM (
    SELECT FROM {stored} WHERE span = %(span)s::sr.span AND bucket >= %(since)s LIMIT %(most)s
) n

-- name: share
-- Percentage of a part to read so that about `most` rows are drawn three times over; all while nobody counted them.
SELECT CASE WHEN reltuples > 0 THEN least(100, greatest(0.0001, 300.0 * %(most)s / reltuples)) ELSE 100 END::float8
FROM pg_class WHERE oid = %(part)s::regclass

-- name: draw
-- Some buckets of one span by chance, none that is final.
SELECT object, bucket FROM (
    SELECT DISTINCT object, bucket FROM {stored} TABLESAMPLE BERNOULLI (%(percent)s) REPEATABLE (%(seed)s)
    WHERE span = %(span)s::sr.span AND bucket >= %(since)s
) n ORDER BY hashtextextended(object || bucket::text, %(seed)s) LIMIT %(most)s

-- name: newest
-- The newest moment of every object that has devices: a rollup that was never made is missed there.
SELECT h.object, max(l.time) AS time
FROM sr.mounting h
JOIN sr.latest l ON l.device = h.device AND l.time >= h.valid_from AND l.time < h.valid_to
WHERE h.object_kind = %(object_kind)s AND l.item LIKE ANY(%(items)s)
GROUP BY h.object
ORDER BY hashtextextended(h.object, %(seed)s) LIMIT %(most)s

-- name: stored_count
-- Stored counts of buckets, with their place in the list.
SELECT n.place, r.* FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[]) WITH ORDINALITY AS n(object, bucket, place)
JOIN sr.count_rollup r ON r.span = %(span)s::sr.span AND r.object = n.object AND r.bucket = n.bucket

-- name: stored_level
-- Stored levels of buckets.
SELECT n.place, r.* FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[]) WITH ORDINALITY AS n(object, bucket, place)
JOIN sr.level_rollup r ON r.span = %(span)s::sr.span AND r.object = n.object AND r.bucket = n.bucket

-- name: stored_energy
-- Stored use of buckets.
SELECT n.place, r.* FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[]) WITH ORDINALITY AS n(object, bucket, place)
JOIN sr.energy_rollup r ON r.span = %(span)s::sr.span AND r.object = n.object AND r.bucket = n.bucket

-- name: stored_road
-- Stored passes of buckets.
SELECT n.place, r.* FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[]) WITH ORDINALITY AS n(object, bucket, place)
JOIN sr.road_rollup r ON r.span = %(span)s::sr.span AND r.object = n.object AND r.bucket = n.bucket

-- name: raw_count
-- Raw intervals that reach into buckets, through the devices that hung there: a look into the index for each, wherever
-- OFFSET 0 stands, not a join with all rows.
SELECT n.place, s.class_scheme, t.lane, t.time, t.interval_s, t.completeness::float8, t.speed_kmh::float8,
       t.krad, t.pkw, t.lfw, t.pkwa, t.lkw, t.lkwa, t.sattel, t.bus, t.nk, t.pkwgruppe,
       t.lkwkombination, t.pkwaehnlich, t.lkwaehnlich, t.kfz, t.short, t.medium, t.long, t.rad, t.fuss, t.heavy,
       t.car
FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
     WITH ORDINALITY AS n(object, begin_at, end_at, place)
JOIN sr.station s ON s.id = n.object
JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = n.object
CROSS JOIN LATERAL (
    SELECT * FROM sr.lane_interval i
    WHERE i.device = h.device AND i.time >= greatest(n.begin_at - interval '15 minutes', h.valid_from)
      AND i.time < least(n.end_at, h.valid_to)
    OFFSET 0) t

-- name: raw_level
-- Raw levels and distances of buckets with the geometry of their mounting.
SELECT n.place, r.time, q.key, e.id AS series, r.value, h.empty_distance_m::float8, h.full_distance_m::float8
FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
     WITH ORDINALITY AS n(object, begin_at, end_at, place)
JOIN sr.mounting h ON h.object_kind = 'container' AND h.object = n.object
JOIN sr.series e ON e.device = h.device
JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
CROSS JOIN LATERAL (
    SELECT * FROM sr.reading i
    WHERE i.series = e.id AND i.time >= greatest(n.begin_at, h.valid_from) AND i.time < least(n.end_at, h.valid_to)
    OFFSET 0) r

-- name: raw_energy
-- Every reading of the meters of buildings, in order, with the readings at a swap.
SELECT h.object, h.device || ' ' || h.valid_from AS register, coalesce(h.factor, 1) AS factor, h.digits, p.time, p.value
FROM sr.mounting h
JOIN sr.series e ON e.device = h.device
JOIN sr.quantity q ON q.id = e.quantity AND q.key = 'meter'
CROSS JOIN LATERAL (
    SELECT r.time, r.value FROM sr.reading r WHERE r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
    UNION ALL
    SELECT h.valid_from, h.first_value WHERE h.first_value IS NOT NULL AND isfinite(h.valid_from)
        AND NOT EXISTS (SELECT FROM sr.reading r WHERE r.series = e.id AND r.time = h.valid_from)
    UNION ALL SELECT h.valid_to, h.last_value WHERE h.last_value IS NOT NULL AND isfinite(h.valid_to)
) p
WHERE h.object_kind = 'building' AND h.object = ANY(%(objects)s::text[])
ORDER BY h.object, h.device, h.valid_from, p.time

-- name: raw_road
-- Passes of buckets.
SELECT n.place, p.ride_index, p.ride_index::float8 AS ride_exact, p.surface_temp_c, p.state
FROM unnest(%(objects)s::text[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
     WITH ORDINALITY AS n(object, begin_at, end_at, place)
CROSS JOIN LATERAL (
    SELECT * FROM sr.segment_pass i WHERE i.segment = n.object AND i.time >= n.begin_at AND i.time < n.end_at
    OFFSET 0) p

-- name: add
-- Note a proof.
INSERT INTO sr.rollup_proof (proved_at, sampled, equal, by_kind, differing, seconds)
VALUES (%(proved_at)s, %(sampled)s, %(equal)s, %(by_kind)s, %(differing)s, %(seconds)s)

-- name: last
-- The newest proof; no row before the first.
SELECT proved_at, sampled, equal, by_kind, differing, seconds FROM sr.rollup_proof ORDER BY id DESC LIMIT 1
