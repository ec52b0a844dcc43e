-- Reports over long spans read rollups; levels by any span through one function.

DROP VIEW report.station_hour;
DROP VIEW report.lane_quarter;

CREATE VIEW report.lane_count AS
-- Motor vehicles of a lane by span (quarter, hour, day, week, month) from the rollup; a bucket shorter than an interval
-- inside it is left out. A filter on span and station reaches one part and its index.
SELECT r.span, r.bucket AS time, s.id AS station, s.place, r.lane, coalesce(a.direction, '') AS direction,
       s.class_scheme, r.vehicles::bigint AS vehicles,
       coalesce(r.lkw + r.lkwa + r.sattel + r.bus, r.lkw + r.lkwkombination + r.bus)::bigint AS heavy,
       r.speed_sum / 100.0::float8 / nullif(r.speed_vehicles, 0) AS speed_kmh, r.speed_vehicles,
       least(1, r.covered_ms / 1000.0 / r.length_s)::float8 AS completeness
FROM sr.count_rollup r
JOIN sr.station s ON s.id = r.object
LEFT JOIN sr.lane a ON a.station = r.object AND a.lane = r.lane
WHERE r.longest_s <= r.length_s;

CREATE VIEW report.lane_quarter AS
-- The same in each quarter hour (UTC).
SELECT time, station, place, lane, direction, class_scheme, vehicles, speed_kmh, completeness
FROM report.lane_count WHERE span = 'quarter';

CREATE VIEW report.lane_hour AS
-- The same in each hour (UTC).
SELECT time, station, place, lane, direction, class_scheme, vehicles, speed_kmh, completeness
FROM report.lane_count WHERE span = 'hour';

CREATE VIEW report.station_hour AS
-- Motor vehicles of all lanes of a station in each hour (UTC); completeness is the mean over its lanes.
SELECT r.bucket AS time, s.id AS station, s.place, s.class_scheme, sum(r.vehicles)::bigint AS vehicles,
       sum(r.speed_sum) / 100.0::float8 / nullif(sum(r.speed_vehicles), 0) AS speed_kmh,
       least(1, sum(r.covered_ms) / 3600000.0
                / greatest(1, (SELECT count(*) FROM sr.lane a WHERE a.station = s.id)))::float8 AS completeness
FROM sr.count_rollup r
JOIN sr.station s ON s.id = r.object
WHERE r.span = 'hour' AND r.longest_s <= r.length_s
GROUP BY r.bucket, s.id;

CREATE VIEW report.container_day AS
-- First, last, lowest and highest level of each container on each local day.
SELECT r.bucket AS time, c.id AS container, c.site, s.place, coalesce(m.name, '') AS municipality, c.fraction, r.first,
       r.last, r.low, r.high, r.readings
FROM sr.level_rollup r
JOIN sr.container c ON c.id = r.object
JOIN sr.site s ON s.id = c.site
LEFT JOIN sr.municipality m ON m.id = s.municipality
WHERE r.span = 'day';

CREATE VIEW report.building_use AS
-- Use of each building by span; an estimate is shared out between readings farther apart than the span.
SELECT r.span, r.bucket AS time, b.id AS building, b.name, r.energy_kwh::float8 AS energy_kwh,
       least(1, r.covered_ms / 1000.0 / r.length_s)::float8 AS completeness, r.longest_s > r.length_s AS estimated
FROM sr.energy_rollup r
JOIN sr.building b ON b.id = r.object;

CREATE VIEW report.segment_month AS
-- Passes over each road segment and month with the mean ride index (relative) and the share of slippery passes.
SELECT r.bucket AS time, g.id AS segment, g.name, g.class, r.passes,
       r.ride_sum / 1e6::float8 / nullif(r.ride_passes, 0) AS ride_index, r.temp_low_c,
       r.slippery::float8 / r.passes AS slippery
FROM sr.road_rollup r
JOIN sr.segment g ON g.id = r.object
WHERE r.span = 'month';

CREATE VIEW report.rollup_proof AS
-- Nightly proofs: rollups computed once more from raw rows, and how many were as they must be.
SELECT proved_at AS time, sampled, equal, equal::float8 / nullif(sampled, 0) AS share, seconds FROM sr.rollup_proof;

CREATE FUNCTION sr.levels(object text, span sr.span, since timestamptz, until timestamptz)
RETURNS TABLE (bucket timestamptz, first double precision, last double precision, low double precision,
               high double precision, readings bigint)
LANGUAGE sql STABLE AS $$
-- Levels of a container by any span: days and longer as stored, quarters and hours from raw values.
    SELECT r.bucket, r.first, r.last, r.low, r.high, r.readings::bigint
    FROM sr.level_rollup r
    WHERE r.span = levels.span AND r.object = levels.object AND r.bucket >= since AND r.bucket < until
    UNION ALL
    SELECT n.bucket, (array_agg(v.level ORDER BY r.time, q.key DESC, e.id))[1],
           (array_agg(v.level ORDER BY r.time DESC, q.key DESC, e.id))[1], min(v.level), max(v.level), count(*)
    FROM sr.mounting h
    JOIN sr.series e ON e.device = h.device
    JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
    JOIN sr.reading r ON r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
    CROSS JOIN LATERAL (SELECT sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m) AS level) v
    CROSS JOIN LATERAL (
        SELECT date_bin(CASE levels.span WHEN 'quarter' THEN interval '15 minutes' ELSE interval '1 hour' END,
                        r.time, timestamptz '2000-01-01 00:00+00') AS bucket) n
    WHERE levels.span <= 'hour' AND h.object_kind = 'container' AND h.object = levels.object
      AND r.time >= since AND r.time < until AND v.level IS NOT NULL
    GROUP BY n.bucket
    ORDER BY 1
$$;

GRANT SELECT ON ALL TABLES IN SCHEMA report TO sr_report, sr_web;
