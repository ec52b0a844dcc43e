-- Rollups: marks of what was written, and the one refresh that makes exactly the marked buckets anew.
-- A refresh works on temporary tables: what was taken, which days of which objects that touches, the buckets of one
-- span, and their fresh rows. Only rows that differ are written.

-- name: mark
-- First and last time of what a batch wrote by series (reading) or device (lane) and UTC day, in its transaction.
INSERT INTO sr.rollup_mark (kind, idents, firsts, lasts) VALUES (%(kind)s, %(idents)b, %(firsts)b, %(lasts)b)

-- name: mark_reading
-- The same for staged rows by series.
INSERT INTO sr.rollup_mark (kind, idents, firsts, lasts)
SELECT 'reading', array_agg(series), array_agg(first), array_agg(last)
FROM (SELECT series, min(time) AS first, max(time) AS last FROM stage_reading
      GROUP BY series, date_bin('1 day', time, timestamptz '2000-01-01 00:00+00')) n
HAVING count(*) > 0

-- name: mark_lane
-- The same for staged intervals by device.
INSERT INTO sr.rollup_mark (kind, idents, firsts, lasts)
SELECT 'lane', array_agg(device), array_agg(first), array_agg(last)
FROM (SELECT device, min(time) AS first, max(time) AS last FROM stage_lane
      GROUP BY device, date_bin('1 day', time, timestamptz '2000-01-01 00:00+00')) n
HAVING count(*) > 0

-- name: mark_segments
-- Segments of passes over hours of vehicles, before the passes of these hours are forgotten and after they are made.
INSERT INTO sr.rollup_object_mark (kind, object, first, last)
SELECT 'segment', p.segment, min(p.time), max(p.time)
FROM unnest(%(devices)s::integer[], %(hours)s::timestamptz[]) AS h(device, hour)
JOIN sr.segment_pass p ON p.device = h.device AND p.time >= h.hour AND p.time < h.hour + interval '1 hour'
GROUP BY p.segment, date_bin('1 day', p.time, timestamptz '2000-01-01 00:00+00')

-- name: mark_all
-- Everything is to be made anew.
SELECT sr.mark_all()

-- name: lock
-- One refresh at a time: of two, the one that read earlier could write later.
SELECT pg_advisory_xact_lock(hashtext('sr.rollup'))

-- name: zone
-- Zone of the stored days; null before the first refresh.
SELECT zone FROM sr.rollup_state

-- name: set_zone
-- Remember the zone.
INSERT INTO sr.rollup_state (zone) VALUES (%(zone)s) ON CONFLICT (one) DO UPDATE SET zone = excluded.zone

-- name: forget_all
-- Days of another zone.
DELETE FROM {stored}

-- name: temporary
-- What a refresh works on.
CREATE TEMP TABLE IF NOT EXISTS rollup_taken (kind text, ident integer, object text, first timestamptz, last timestamptz)
    ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS rollup_dirty (object text, day timestamptz, since timestamptz, until timestamptz)
    ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS rollup_scope (object text, since timestamptz, until timestamptz) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS fresh_count (LIKE sr.count_rollup) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS fresh_level (LIKE sr.level_rollup) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS fresh_energy (LIKE sr.energy_rollup) ON COMMIT DROP;
CREATE TEMP TABLE IF NOT EXISTS fresh_road (LIKE sr.road_rollup) ON COMMIT DROP;
TRUNCATE rollup_taken

-- name: take
-- Marks of whole batches up to `most` ranges; what commits later is seen by the next refresh.
WITH batch AS (
    DELETE FROM sr.rollup_mark WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM (
            SELECT ctid, sum(cardinality(idents)) OVER (ORDER BY ctid) - cardinality(idents) AS before
            FROM (SELECT ctid, idents FROM sr.rollup_mark LIMIT 2000) oldest
        ) counted WHERE before < %(most)s))
    RETURNING kind, idents, firsts, lasts
), touched AS (
    DELETE FROM sr.rollup_object_mark WHERE ctid = ANY(ARRAY(SELECT ctid FROM sr.rollup_object_mark LIMIT %(most)s))
    RETURNING kind, object, first, last
)
INSERT INTO rollup_taken (kind, ident, object, first, last)
SELECT batch.kind, n.ident, NULL, min(n.first), max(n.last)
FROM batch, unnest(batch.idents, batch.firsts, batch.lasts) AS n(ident, first, last)
GROUP BY batch.kind, n.ident, date_bin('1 day', n.first, timestamptz '2000-01-01 00:00+00')
UNION ALL SELECT kind, NULL, object, first, last FROM touched

-- name: analyze_taken
-- The planner must know what was taken.
ANALYZE rollup_taken

-- name: clear_dirty
-- Room for the next kind.
TRUNCATE rollup_dirty

-- name: dirty_count
-- Days of stations that marks of their devices or of themselves touch, with the touched hours of each; an interval may
-- reach a quarter hour beyond the last begin.
WITH touched AS (
    SELECT h.object, greatest(t.first, h.valid_from) AS first,
           least(t.last, h.valid_to) + interval '15 minutes' - interval '1 microsecond' AS last
    FROM rollup_taken t
    JOIN sr.mounting h ON h.device = t.ident AND h.object_kind = 'station'
                      AND h.valid_from <= t.last AND h.valid_to > t.first
    WHERE t.kind = 'lane'
), ranged AS (
    SELECT t.object, g.day, greatest(t.first, g.day) AS first,
           least(t.last, sr.bucket_end('day', g.day, %(zone)s) - interval '1 microsecond') AS last
    FROM touched t
    CROSS JOIN LATERAL (SELECT DISTINCT sr.bucket('day', m, %(zone)s) AS day
                        FROM unnest(ARRAY[t.first, t.last]) AS m
                        UNION SELECT sr.bucket('day', m, %(zone)s)
                        FROM generate_series(t.first, t.last, interval '12 hours') AS m) g
    UNION ALL
    SELECT w.object, n.day, n.day, sr.bucket_end('day', n.day, %(zone)s) - interval '1 microsecond'
    FROM rollup_taken w
    CROSS JOIN LATERAL (
        SELECT sr.bucket('day', e.time, %(zone)s) AS day
        FROM sr.mounting h
        JOIN sr.lane_interval i ON i.device = h.device AND i.time >= greatest(w.first, h.valid_from)
                               AND i.time < least(w.last, h.valid_to)
        CROSS JOIN unnest(ARRAY[i.time, i.time + least(i.interval_s, 900) * interval '1 s' - interval '1 us']) AS e(time)
        WHERE h.object_kind = 'station' AND h.object = w.object
        UNION
        SELECT bucket FROM sr.count_rollup
        WHERE span = 'day' AND object = w.object AND bucket > w.first - interval '26 hours' AND bucket <= w.last
    ) n
    WHERE w.kind = 'station'
)
INSERT INTO rollup_dirty (object, day, since, until)
SELECT object, day, sr.bucket('hour', min(first), %(zone)s), sr.bucket('hour', max(last), %(zone)s) + interval '1 hour'
FROM ranged GROUP BY object, day

-- name: dirty_level
-- Days of containers that marks of their sensors or of themselves touch.
WITH touched AS (
    SELECT h.object, greatest(t.first, h.valid_from) AS first, least(t.last, h.valid_to) AS last
    FROM rollup_taken t
    JOIN sr.series e ON e.id = t.ident
    JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
    JOIN sr.mounting h ON h.device = e.device AND h.object_kind = 'container'
                      AND h.valid_from <= t.last AND h.valid_to > t.first
    WHERE t.kind = 'reading'
), ranged AS (
    SELECT t.object, sr.bucket('day', m, %(zone)s) AS day FROM touched t, unnest(ARRAY[t.first, t.last]) AS m
    UNION
    SELECT t.object, sr.bucket('day', m, %(zone)s)
    FROM touched t, generate_series(t.first, t.last, interval '12 hours') AS m
    UNION
    SELECT w.object, sr.bucket('day', r.time, %(zone)s)
    FROM rollup_taken w
    JOIN sr.mounting h ON h.object_kind = 'container' AND h.object = w.object
    JOIN sr.series e ON e.device = h.device
    JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
    JOIN sr.reading r ON r.series = e.id AND r.time >= greatest(w.first, h.valid_from)
                     AND r.time < least(w.last, h.valid_to)
    WHERE w.kind = 'container'
    UNION
    SELECT w.object, l.bucket FROM rollup_taken w
    JOIN sr.level_rollup l ON l.span = 'day' AND l.object = w.object
                          AND l.bucket > w.first - interval '26 hours' AND l.bucket <= w.last
    WHERE w.kind = 'container'
)
INSERT INTO rollup_dirty (object, day, since, until)
SELECT object, day, day, sr.bucket_end('day', day, %(zone)s) FROM ranged

-- name: dirty_energy
-- Days of buildings from the reading before a marked one to the reading after it: its value moves both differences.
WITH touched AS (
    SELECT h.object, e.id AS series, h.valid_from, h.valid_to,
           CASE WHEN h.first_value IS NOT NULL AND isfinite(h.valid_from) THEN h.valid_from END AS read_from,
           CASE WHEN h.last_value IS NOT NULL AND isfinite(h.valid_to) THEN h.valid_to END AS read_to,
           greatest(t.first, h.valid_from) AS first, least(t.last, h.valid_to) AS last
    FROM rollup_taken t
    JOIN sr.series e ON e.id = t.ident
    JOIN sr.quantity q ON q.id = e.quantity AND q.key = 'meter'
    JOIN sr.mounting h ON h.device = e.device AND h.object_kind = 'building'
                      AND h.valid_from <= t.last AND h.valid_to > t.first
    WHERE t.kind = 'reading'
), ranged AS (
    SELECT t.object,
           coalesce((SELECT max(r.time) FROM sr.reading r
                     WHERE r.series = t.series AND r.time < t.first AND r.time >= t.valid_from),
                    t.read_from, t.first) AS first,
           coalesce((SELECT min(r.time) FROM sr.reading r
                     WHERE r.series = t.series AND r.time > t.last AND r.time < t.valid_to),
                    t.read_to, t.last) AS last
    FROM touched t
    UNION ALL
    SELECT w.object, min(p.time), max(p.time)
    FROM rollup_taken w
    CROSS JOIN LATERAL (
        SELECT r.time
        FROM sr.mounting h
        JOIN sr.series e ON e.device = h.device
        JOIN sr.quantity q ON q.id = e.quantity AND q.key = 'meter'
        JOIN sr.reading r ON r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
        WHERE h.object_kind = 'building' AND h.object = w.object
        UNION ALL
        SELECT h.valid_from FROM sr.mounting h
        WHERE h.object_kind = 'building' AND h.object = w.object AND h.first_value IS NOT NULL AND isfinite(h.valid_from)
        UNION ALL
        SELECT h.valid_to FROM sr.mounting h
        WHERE h.object_kind = 'building' AND h.object = w.object AND h.last_value IS NOT NULL AND isfinite(h.valid_to)
        UNION ALL SELECT bucket FROM sr.energy_rollup WHERE span = 'day' AND object = w.object
    ) p
    WHERE w.kind = 'building'
    GROUP BY w.object
)
INSERT INTO rollup_dirty (object, day, since, until)
SELECT DISTINCT r.object, g.day, g.day, sr.bucket_end('day', g.day, %(zone)s)
FROM ranged r
CROSS JOIN LATERAL (
    SELECT sr.bucket('day', r.last, %(zone)s) AS day
    UNION SELECT sr.bucket('day', m, %(zone)s) FROM generate_series(r.first, r.last, interval '12 hours') AS m) g
WHERE r.first IS NOT NULL

-- name: dirty_road
-- Days of segments with passes that came or went.
WITH ranged AS (
    SELECT w.object, sr.bucket('day', m, %(zone)s) AS day
    FROM rollup_taken w
    CROSS JOIN LATERAL (SELECT unnest(ARRAY[w.first, w.last]) AS m
                        UNION ALL SELECT generate_series(w.first, w.last, interval '12 hours')) n
    WHERE w.kind = 'segment' AND isfinite(w.first) AND isfinite(w.last)
    UNION
    SELECT w.object, sr.bucket('day', p.time, %(zone)s)
    FROM rollup_taken w JOIN sr.segment_pass p ON p.segment = w.object
    WHERE w.kind = 'segment' AND NOT (isfinite(w.first) AND isfinite(w.last))
    UNION
    SELECT w.object, r.bucket
    FROM rollup_taken w JOIN sr.road_rollup r ON r.span = 'day' AND r.object = w.object
    WHERE w.kind = 'segment' AND NOT (isfinite(w.first) AND isfinite(w.last))
)
INSERT INTO rollup_dirty (object, day, since, until)
SELECT object, day, day, sr.bucket_end('day', day, %(zone)s) FROM ranged

-- name: drop_final
-- A day of which raw rows were deleted by rule, or may be at any moment, stays as it was; an interval that began before it
-- may reach into it.
DELETE FROM rollup_dirty WHERE day < sr.final_before(%(raw)s, %(now)s) + interval '15 minutes'

-- name: scope
-- Buckets of one span that the dirty days touch: hours as marked, longer spans whole.
WITH wanted AS (
    SELECT DISTINCT object,
           CASE WHEN %(span)s::sr.span <= 'hour' THEN since ELSE sr.bucket(%(span)s::sr.span, day, %(zone)s) END AS since,
           CASE WHEN %(span)s::sr.span <= 'hour' THEN until
                ELSE sr.bucket_end(%(span)s::sr.span, sr.bucket(%(span)s::sr.span, day, %(zone)s), %(zone)s) END AS until
    FROM rollup_dirty
)
INSERT INTO rollup_scope (object, since, until) SELECT object, since, until FROM wanted

-- name: clear_scope
-- Room for the next span.
TRUNCATE rollup_scope, fresh_count, fresh_level, fresh_energy, fresh_road

-- name: analyze_scope
-- The planner must know how many there are.
ANALYZE rollup_scope

-- name: fresh_count_quarter
-- Counts from raw intervals through the devices that hung there. An interval of up to a quarter hour that crosses a border
-- is shared out between its two quarters by time, each count in whole vehicles that add up to it; a longer one belongs
-- where it begins (OFFSET 0: a part is computed once, not for each of its uses). Telraam's are already scaled by its
-- uptime: an interval with an uptime of at least one half counts as fully watched, others not at all.
INSERT INTO fresh_count
SELECT 'quarter', d.object, t.lane, p.bucket,
       900, max(t.interval_s), sum(round((p.hi_ms - p.lo_ms) * c.share))::bigint,
       CASE WHEN count(v.vehicles) = count(*) THEN sum(v.vehicles) END,
       coalesce(sum(v.vehicles) FILTER (WHERE t.speed_kmh IS NOT NULL), 0),
       coalesce(sum(round(t.speed_kmh * 100)::bigint * v.vehicles), 0),
       CASE WHEN count(k.krad) = count(*) THEN sum(k.krad) END,
       CASE WHEN count(k.pkw) = count(*) THEN sum(k.pkw) END,
       CASE WHEN count(k.lfw) = count(*) THEN sum(k.lfw) END,
       CASE WHEN count(k.pkwa) = count(*) THEN sum(k.pkwa) END,
       CASE WHEN count(k.lkw) = count(*) THEN sum(k.lkw) END,
       CASE WHEN count(k.lkwa) = count(*) THEN sum(k.lkwa) END,
       CASE WHEN count(k.sattel) = count(*) THEN sum(k.sattel) END,
       CASE WHEN count(k.bus) = count(*) THEN sum(k.bus) END,
       CASE WHEN count(k.nk) = count(*) THEN sum(k.nk) END,
       CASE WHEN count(k.pkwgruppe) = count(*) THEN sum(k.pkwgruppe) END,
       CASE WHEN count(k.lkwkombination) = count(*) THEN sum(k.lkwkombination) END,
       CASE WHEN count(k.pkwaehnlich) = count(*) THEN sum(k.pkwaehnlich) END,
       CASE WHEN count(k.lkwaehnlich) = count(*) THEN sum(k.lkwaehnlich) END,
       CASE WHEN count(k.kfz) = count(*) THEN sum(k.kfz) END,
       CASE WHEN count(k.short) = count(*) THEN sum(k.short) END,
       CASE WHEN count(k.medium) = count(*) THEN sum(k.medium) END,
       CASE WHEN count(k.long) = count(*) THEN sum(k.long) END,
       CASE WHEN count(k.rad) = count(*) THEN sum(k.rad) END,
       CASE WHEN count(k.fuss) = count(*) THEN sum(k.fuss) END,
       CASE WHEN count(k.heavy) = count(*) THEN sum(k.heavy) END,
       CASE WHEN count(k.car) = count(*) THEN sum(k.car) END
FROM rollup_scope d
JOIN sr.station s ON s.id = d.object
JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = d.object
                  AND h.valid_from < d.until AND h.valid_to > d.since - interval '15 minutes'
JOIN sr.lane_interval t ON t.device = h.device AND t.time >= greatest(d.since - interval '15 minutes', h.valid_from)
                       AND t.time < least(d.until, h.valid_to)
                       AND t.time >= %(since)s::timestamptz - interval '15 minutes' AND t.time < %(until)s
CROSS JOIN LATERAL (SELECT CASE WHEN s.class_scheme = 'telraam' THEN (t.completeness >= 0.5)::int
                                ELSE t.completeness END AS share) c
CROSS JOIN LATERAL (
    SELECT t.interval_s * 1000 AS ms, date_bin('15 minutes', t.time, timestamptz '2000-01-01 00:00+00') AS first) w
CROSS JOIN LATERAL (
    SELECT least(w.ms, CASE WHEN t.interval_s > 900 THEN w.ms
                            ELSE floor(extract(epoch FROM w.first + interval '15 minutes' - t.time) * 1000)::integer END)
           AS ms OFFSET 0) e
CROSS JOIN LATERAL (
    SELECT w.first AS bucket, 0 AS lo_ms, e.ms AS hi_ms
    UNION ALL SELECT w.first + interval '15 minutes', e.ms, w.ms WHERE e.ms < w.ms) p
CROSS JOIN LATERAL (
    SELECT sr.part(t.krad, p.lo_ms, p.hi_ms, w.ms) AS krad, sr.part(t.pkw, p.lo_ms, p.hi_ms, w.ms) AS pkw,
           sr.part(t.lfw, p.lo_ms, p.hi_ms, w.ms) AS lfw, sr.part(t.pkwa, p.lo_ms, p.hi_ms, w.ms) AS pkwa,
           sr.part(t.lkw, p.lo_ms, p.hi_ms, w.ms) AS lkw, sr.part(t.lkwa, p.lo_ms, p.hi_ms, w.ms) AS lkwa,
           sr.part(t.sattel, p.lo_ms, p.hi_ms, w.ms) AS sattel, sr.part(t.bus, p.lo_ms, p.hi_ms, w.ms) AS bus,
           sr.part(t.nk, p.lo_ms, p.hi_ms, w.ms) AS nk, sr.part(t.pkwgruppe, p.lo_ms, p.hi_ms, w.ms) AS pkwgruppe,
           sr.part(t.lkwkombination, p.lo_ms, p.hi_ms, w.ms) AS lkwkombination,
           sr.part(t.pkwaehnlich, p.lo_ms, p.hi_ms, w.ms) AS pkwaehnlich,
           sr.part(t.lkwaehnlich, p.lo_ms, p.hi_ms, w.ms) AS lkwaehnlich,
           sr.part(t.kfz, p.lo_ms, p.hi_ms, w.ms) AS kfz, sr.part(t.short, p.lo_ms, p.hi_ms, w.ms) AS short,
           sr.part(t.medium, p.lo_ms, p.hi_ms, w.ms) AS medium, sr.part(t.long, p.lo_ms, p.hi_ms, w.ms) AS long,
           sr.part(t.rad, p.lo_ms, p.hi_ms, w.ms) AS rad, sr.part(t.fuss, p.lo_ms, p.hi_ms, w.ms) AS fuss,
           sr.part(t.heavy, p.lo_ms, p.hi_ms, w.ms) AS heavy, sr.part(t.car, p.lo_ms, p.hi_ms, w.ms) AS car
    OFFSET 0) k
CROSS JOIN LATERAL (
    SELECT coalesce(k.kfz, k.pkwaehnlich + k.lkwaehnlich,
                    k.pkwgruppe + k.pkwa + k.lkw + k.lkwkombination + k.bus + k.nk,
                    k.krad + k.pkw + k.lfw + k.pkwa + k.lkw + k.lkwa + k.sattel + k.bus + k.nk,
                    k.short + k.medium + k.long, k.car + k.heavy) AS vehicles
    OFFSET 0) v
WHERE c.share > 0 AND p.bucket >= d.since AND p.bucket < d.until
  AND coalesce(v.vehicles, k.krad, k.pkw, k.lfw, k.pkwa, k.lkw, k.lkwa, k.sattel, k.bus, k.nk, k.pkwgruppe,
               k.lkwkombination, k.pkwaehnlich, k.lkwaehnlich, k.short, k.medium, k.long, k.rad, k.fuss, k.heavy,
               k.car) IS NOT NULL
GROUP BY d.object, t.lane, p.bucket

-- name: fresh_count
-- Counts of a longer span from those of the next finer one.
INSERT INTO fresh_count
SELECT %(span)s::sr.span, d.object, r.lane, n.bucket,
       extract(epoch FROM sr.bucket_end(%(span)s::sr.span, n.bucket, %(zone)s) - n.bucket)::integer,
       max(r.longest_s), sum(r.covered_ms)::bigint,
       CASE WHEN count(r.vehicles) = count(*) THEN sum(r.vehicles) END, sum(r.speed_vehicles), sum(r.speed_sum)::bigint,
       CASE WHEN count(r.krad) = count(*) THEN sum(r.krad) END,
       CASE WHEN count(r.pkw) = count(*) THEN sum(r.pkw) END,
       CASE WHEN count(r.lfw) = count(*) THEN sum(r.lfw) END,
       CASE WHEN count(r.pkwa) = count(*) THEN sum(r.pkwa) END,
       CASE WHEN count(r.lkw) = count(*) THEN sum(r.lkw) END,
       CASE WHEN count(r.lkwa) = count(*) THEN sum(r.lkwa) END,
       CASE WHEN count(r.sattel) = count(*) THEN sum(r.sattel) END,
       CASE WHEN count(r.bus) = count(*) THEN sum(r.bus) END,
       CASE WHEN count(r.nk) = count(*) THEN sum(r.nk) END,
       CASE WHEN count(r.pkwgruppe) = count(*) THEN sum(r.pkwgruppe) END,
       CASE WHEN count(r.lkwkombination) = count(*) THEN sum(r.lkwkombination) END,
       CASE WHEN count(r.pkwaehnlich) = count(*) THEN sum(r.pkwaehnlich) END,
       CASE WHEN count(r.lkwaehnlich) = count(*) THEN sum(r.lkwaehnlich) END,
       CASE WHEN count(r.kfz) = count(*) THEN sum(r.kfz) END,
       CASE WHEN count(r.short) = count(*) THEN sum(r.short) END,
       CASE WHEN count(r.medium) = count(*) THEN sum(r.medium) END,
       CASE WHEN count(r.long) = count(*) THEN sum(r.long) END,
       CASE WHEN count(r.rad) = count(*) THEN sum(r.rad) END,
       CASE WHEN count(r.fuss) = count(*) THEN sum(r.fuss) END,
       CASE WHEN count(r.heavy) = count(*) THEN sum(r.heavy) END,
       CASE WHEN count(r.car) = count(*) THEN sum(r.car) END
FROM rollup_scope d
JOIN sr.count_rollup r ON r.span = %(finer)s::sr.span AND r.object = d.object AND r.bucket >= d.since AND r.bucket < d.until
CROSS JOIN LATERAL (SELECT CASE WHEN %(span)s::sr.span = 'hour' THEN sr.bucket('hour', r.bucket, %(zone)s)
                                ELSE d.since END AS bucket) n
GROUP BY d.object, r.lane, n.bucket

-- name: fresh_level_day
-- Levels of containers through the sensors that hung there, with their geometry; of two values of one moment the
-- level counts before the distance.
INSERT INTO fresh_level
SELECT 'day', d.object, d.since,
       (array_agg(v.level ORDER BY r.time, q.key DESC, e.id))[1],
       (array_agg(v.level ORDER BY r.time DESC, q.key DESC, e.id))[1],
       min(v.level), max(v.level), count(*)
FROM rollup_scope d
JOIN sr.mounting h ON h.object_kind = 'container' AND h.object = d.object
                  AND h.valid_from < d.until AND h.valid_to > d.since
JOIN sr.series e ON e.device = h.device
JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
JOIN sr.reading r ON r.series = e.id AND r.time >= greatest(d.since, h.valid_from)
                 AND r.time < least(d.until, h.valid_to) AND r.time >= %(since)s AND r.time < %(until)s
CROSS JOIN LATERAL (SELECT sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m) AS level) v
WHERE v.level IS NOT NULL
GROUP BY d.object, d.since

-- name: fresh_level
-- Levels of weeks and months from those of days.
INSERT INTO fresh_level
SELECT %(span)s::sr.span, d.object, d.since, (array_agg(r.first ORDER BY r.bucket))[1],
       (array_agg(r.last ORDER BY r.bucket DESC))[1], min(r.low), max(r.high), sum(r.readings)
FROM rollup_scope d
JOIN sr.level_rollup r ON r.span = %(finer)s::sr.span AND r.object = d.object AND r.bucket >= d.since AND r.bucket < d.until
GROUP BY d.object, d.since

-- name: fresh_energy_quarter
-- Differences of registers, each shared out evenly over the quarters between its two readings; edges are rounded to
-- 1e-6 kWh, so that any sum of quarters is exactly the difference of its edges. A fall is a rollover where the
-- register has `digits` and less than half of its range passed, else a gap.
WITH point AS (
    SELECT d.object, d.since, d.until, h.device, h.valid_from, h.digits, coalesce(h.factor, 1) AS factor, p.time, p.value
    FROM rollup_scope d
    JOIN sr.mounting h ON h.object_kind = 'building' AND h.object = d.object
                      AND h.valid_from < d.until AND h.valid_to > d.since
    JOIN sr.series e ON e.device = h.device
    JOIN sr.quantity q ON q.id = e.quantity AND q.key = 'meter'
    CROSS JOIN LATERAL (
        SELECT r.time, r.value FROM sr.reading r
        WHERE r.series = e.id AND r.time >= greatest(d.since, h.valid_from) AND r.time < least(d.until, h.valid_to)
        UNION ALL
        (SELECT r.time, r.value FROM sr.reading r
         WHERE r.series = e.id AND r.time < d.since AND r.time >= h.valid_from ORDER BY r.time DESC LIMIT 1)
        UNION ALL
        (SELECT r.time, r.value FROM sr.reading r
         WHERE r.series = e.id AND r.time >= d.until AND r.time < h.valid_to ORDER BY r.time LIMIT 1)
        UNION ALL
        SELECT h.valid_from, h.first_value WHERE h.first_value IS NOT NULL AND isfinite(h.valid_from)
            AND NOT EXISTS (SELECT FROM sr.reading r WHERE r.series = e.id AND r.time = h.valid_from)
        UNION ALL SELECT h.valid_to, h.last_value WHERE h.last_value IS NOT NULL AND isfinite(h.valid_to)
    ) p
), difference AS (
    SELECT object, since, until, factor, time AS from_time, value AS from_value, digits,
           lead(time) OVER run AS to_time, lead(value) OVER run AS to_value
    FROM point WINDOW run AS (PARTITION BY object, since, device, valid_from ORDER BY time)
), used AS (
    SELECT object, since, until, factor, from_time, to_time, from_value,
           CASE WHEN to_value >= from_value THEN to_value
                WHEN to_value + 10 ^ digits - from_value < 10 ^ digits / 2 THEN to_value + 10 ^ digits END AS to_value
    FROM difference WHERE to_time > since AND from_time < until AND to_time > from_time
), part AS (
    SELECT u.object, b.bucket, u.from_time, u.to_time, n.lo, n.hi,
           round(((u.from_value + (u.to_value - u.from_value) * s.hi_share) * u.factor)::numeric, 6)
           - round(((u.from_value + (u.to_value - u.from_value) * s.lo_share) * u.factor)::numeric, 6) AS energy_kwh
    FROM used u
    CROSS JOIN LATERAL generate_series(
        date_bin('15 minutes', greatest(u.from_time, u.since), timestamptz '2000-01-01 00:00+00'),
        least(u.to_time, u.until) - interval '1 microsecond', interval '15 minutes') AS b(bucket)
    CROSS JOIN LATERAL (SELECT greatest(u.from_time, b.bucket) AS lo,
                               least(u.to_time, b.bucket + interval '15 minutes') AS hi) n
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM n.lo - u.from_time)::float8 / extract(epoch FROM u.to_time - u.from_time)::float8
                   AS lo_share,
               extract(epoch FROM n.hi - u.from_time)::float8 / extract(epoch FROM u.to_time - u.from_time)::float8
                   AS hi_share) s
    WHERE u.to_value IS NOT NULL
)
INSERT INTO fresh_energy
SELECT 'quarter', object, bucket, 900, max(ceil(extract(epoch FROM to_time - from_time)))::integer,
       sum(extract(epoch FROM hi - lo) * 1000)::bigint, sum(energy_kwh)
FROM part GROUP BY object, bucket

-- name: fresh_energy
-- Use in a longer span from that of the next finer one.
INSERT INTO fresh_energy
SELECT %(span)s::sr.span, d.object, n.bucket,
       extract(epoch FROM sr.bucket_end(%(span)s::sr.span, n.bucket, %(zone)s) - n.bucket)::integer,
       max(r.longest_s), sum(r.covered_ms)::bigint, sum(r.energy_kwh)
FROM rollup_scope d
JOIN sr.energy_rollup r ON r.span = %(finer)s::sr.span AND r.object = d.object AND r.bucket >= d.since AND r.bucket < d.until
CROSS JOIN LATERAL (SELECT CASE WHEN %(span)s::sr.span = 'hour' THEN sr.bucket('hour', r.bucket, %(zone)s)
                                ELSE d.since END AS bucket) n
GROUP BY d.object, n.bucket

-- name: fresh_road_day
-- Passes over segments of all vehicles together.
INSERT INTO fresh_road
SELECT 'day', d.object, d.since, count(*), count(p.ride_index),
       coalesce(sum(round(p.ride_index::numeric * 1000000)), 0)::bigint, min(p.ride_index), max(p.ride_index),
       min(p.surface_temp_c), count(*) FILTER (WHERE p.state = ANY(%(slippery)s))
FROM rollup_scope d
JOIN sr.segment_pass p ON p.segment = d.object AND p.time >= d.since AND p.time < d.until
GROUP BY d.object, d.since

-- name: fresh_road
-- Passes of weeks and months from those of days.
INSERT INTO fresh_road
SELECT %(span)s::sr.span, d.object, d.since, sum(r.passes), sum(r.ride_passes), sum(r.ride_sum)::bigint,
       min(r.ride_low), max(r.ride_high), min(r.temp_low_c), sum(r.slippery)
FROM rollup_scope d
JOIN sr.road_rollup r ON r.span = %(finer)s::sr.span AND r.object = d.object AND r.bucket >= d.since AND r.bucket < d.until
GROUP BY d.object, d.since

-- name: drop_stale
-- Stored rows of the touched buckets that are not as they are now; the others keep their place.
DELETE FROM {stored} r USING rollup_scope d
WHERE r.span = %(span)s::sr.span AND r.object = d.object AND r.bucket >= d.since AND r.bucket < d.until
  AND NOT EXISTS (SELECT FROM {fresh} f WHERE f.object = r.object AND f.bucket = r.bucket AND f.* IS NOT DISTINCT FROM r.*)

-- name: add_fresh
-- Rows that are new or changed.
INSERT INTO {stored} SELECT * FROM {fresh} ON CONFLICT DO NOTHING

-- name: extent
-- Least and greatest time of the touched buckets, so that only their partitions are read; null when there are none.
SELECT min(since), max(until) FROM rollup_scope

-- name: waiting
-- Marks that wait for the next refresh: batches and corrections.
SELECT (SELECT count(*) FROM sr.rollup_mark), (SELECT count(*) FROM sr.rollup_object_mark)
