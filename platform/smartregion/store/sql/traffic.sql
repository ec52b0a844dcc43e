-- Counting stations: lanes now, rates of windows, and intervals of days. Telraam's counts are already scaled by
-- its uptime, so an interval with an uptime of at least one half counts as fully watched and others not at all.

-- name: station
-- Stations in use; `id` narrows to one, null means all.
SELECT s.id, s.name, s.road, s.place, s.lon, s.lat, s.class_scheme
FROM sr.station s
WHERE s.removed_at IS NULL AND (%(id)s::text IS NULL OR s.id = %(id)s::text)
ORDER BY s.id

-- name: lane_now
-- Each registered or seen lane with its newest interval: begin, length in s, vehicles per hour, mean speed.
WITH lane AS (
    SELECT a.station, a.lane, a.direction FROM sr.lane a
    UNION ALL
    SELECT DISTINCT h.object, substr(l.item, 6)::smallint, ''
    FROM sr.mounting h
    JOIN sr.latest l ON l.device = h.device AND l.item LIKE 'lane %%' AND l.time >= h.valid_from AND l.time < h.valid_to
    WHERE h.object_kind = 'station'
      AND NOT EXISTS (SELECT FROM sr.lane a WHERE a.station = h.object AND a.lane = substr(l.item, 6)::smallint)
)
SELECT lane.station, lane.lane, lane.direction, n.time, n.interval_s, n.value, n.speed_kmh
FROM lane
JOIN sr.station s ON s.id = lane.station AND s.removed_at IS NULL
LEFT JOIN LATERAL (
    SELECT l.time, t.interval_s, l.value, t.speed_kmh
    FROM sr.mounting h
    JOIN sr.latest l ON l.device = h.device AND l.item = 'lane ' || lane.lane
                    AND l.time >= h.valid_from AND l.time < h.valid_to
    LEFT JOIN LATERAL ( -- one look into one chunk a lane: a join would read the whole table
        SELECT t.interval_s, t.speed_kmh FROM sr.lane_interval t
        WHERE t.device = l.device AND t.lane = lane.lane AND t.time = l.time LIMIT 1
    ) t ON true
    WHERE h.object_kind = 'station' AND h.object = lane.station
    ORDER BY l.time DESC
    LIMIT 1
) n ON true
WHERE %(id)s::text IS NULL OR lane.station = %(id)s::text
ORDER BY lane.station, lane.lane

-- name: lane_windows
-- Vehicles and watched seconds of lanes in windows of one hour; an interval belongs where its middle lies.
SELECT (o.place - 1)::integer, (w.number - 1)::integer, n.vehicles::float8, n.covered_s::float8
FROM unnest(%(stations)s::text[], %(lanes)s::smallint[]) WITH ORDINALITY AS o (station, lane, place)
JOIN sr.station s ON s.id = o.station
JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = o.station
CROSS JOIN unnest(%(begins)s::timestamptz[]) WITH ORDINALITY AS w (begin_at, number)
CROSS JOIN LATERAL (
    SELECT sum(t.vehicles) AS vehicles, sum(t.interval_s * c.share) AS covered_s
    FROM sr.lane_interval_total t
    CROSS JOIN LATERAL (SELECT CASE WHEN s.class_scheme = 'telraam' THEN (t.completeness >= 0.5)::int
                                    ELSE t.completeness END AS share) c
    WHERE t.device = h.device AND t.lane = o.lane
      AND t.time >= w.begin_at - interval '1 hour' AND t.time < w.begin_at + interval '1 hour'
      AND t.time >= h.valid_from AND t.time < h.valid_to
      AND t.time + t.interval_s * interval '0.5 seconds' >= w.begin_at
      AND t.time + t.interval_s * interval '0.5 seconds' < w.begin_at + interval '1 hour'
      AND t.vehicles IS NOT NULL AND c.share > 0
) n
WHERE n.covered_s > 0

-- name: station_intervals
-- Counts of one station's lanes; intervals inside one quarter hour are added up, longer ones stay as they are.
SELECT i.lane, i.start_s, i.length_s, sum(i.vehicles)::float8, sum(i.covered_s)::float8
FROM (
    SELECT t.lane, t.vehicles, t.interval_s * c.share AS covered_s,
           extract(epoch FROM CASE WHEN b.inside THEN b.quarter ELSE t.time END)::float8 AS start_s,
           CASE WHEN b.inside THEN 900 ELSE t.interval_s END::float8 AS length_s
    FROM sr.station s
    JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = s.id
    JOIN sr.lane_interval_total t ON t.device = h.device AND t.time >= h.valid_from AND t.time < h.valid_to
    CROSS JOIN LATERAL (
        SELECT date_bin('15 minutes', t.time, timestamptz '2000-01-01 00:00+00') AS quarter,
               date_bin('15 minutes', t.time, timestamptz '2000-01-01 00:00+00') + interval '15 minutes'
               >= t.time + t.interval_s * interval '1 second' AS inside
    ) b
    CROSS JOIN LATERAL (SELECT CASE WHEN s.class_scheme = 'telraam' THEN (t.completeness >= 0.5)::int
                                    ELSE t.completeness END AS share) c
    WHERE s.id = %(id)s AND t.time >= %(since)s::timestamptz - interval '1 day' AND t.time < %(until)s
      AND t.time + t.interval_s * interval '1 second' > %(since)s AND t.vehicles IS NOT NULL AND c.share > 0
) i
GROUP BY i.lane, i.start_s, i.length_s
ORDER BY i.lane, i.start_s, i.length_s

-- name: station_quarters
-- Counts of one station's lanes from the rollup: lane, begin, length, vehicles, watched time of each quarter hour; an
-- interval longer than a quarter keeps its length.
SELECT lane, extract(epoch FROM bucket)::float8, greatest(length_s, longest_s)::float8, vehicles::float8,
       (covered_ms / 1000.0)::float8
FROM sr.count_rollup
WHERE span = 'quarter' AND object = %(id)s AND lane = ANY(%(lanes)s::smallint[])
  AND bucket >= %(since)s::timestamptz - interval '1 day' AND bucket < %(until)s AND vehicles IS NOT NULL

-- name: station_chart
-- One station over a long time in `points` steps for a chart: least, mean and greatest vehicles an hour of the quarter
-- hours inside each, of all lanes together.
WITH quarter AS (
    SELECT bucket, sum(vehicles) * 4 AS per_h FROM sr.count_rollup
    WHERE span = 'quarter' AND object = %(id)s AND lane = ANY(%(lanes)s::smallint[])
      AND bucket >= %(since)s AND bucket < %(until)s AND longest_s <= 900 AND vehicles IS NOT NULL
    GROUP BY bucket HAVING count(*) = cardinality(%(lanes)s::smallint[])
)
SELECT min(bucket), min(per_h)::integer, avg(per_h)::float8, max(per_h)::integer
FROM quarter
GROUP BY date_bin((%(until)s::timestamptz - %(since)s::timestamptz) / %(points)s::float8, bucket, %(since)s)
ORDER BY 1

-- name: dtv
-- Valid days of stations by day group: how many, their vehicles scaled to the whole day, how many were scaled. A day
-- counts when all lanes were watched long enough; a station without any gives one row of nulls.
WITH registered AS (
    SELECT station, count(*) AS lanes FROM sr.lane GROUP BY station
), day AS (
    SELECT r.object, r.bucket, sum(r.vehicles / c.share) AS vehicles, min(c.share) AS share, count(*) AS lanes
    FROM sr.count_rollup r
    CROSS JOIN LATERAL (SELECT least(1, r.covered_ms / 1000.0::float8 / r.length_s) AS share) c
    WHERE r.span = 'day' AND r.bucket >= %(since)s AND r.bucket < %(until)s AND r.vehicles IS NOT NULL
      AND (%(id)s::text IS NULL OR r.object = %(id)s) AND r.covered_ms > 0
    GROUP BY r.object, r.bucket
), valid AS (
    SELECT day.object, n.day_group, n.weekday, count(*) AS days, sum(day.vehicles) AS vehicles,
           count(*) FILTER (WHERE day.share < 1) AS estimated
    FROM day
    LEFT JOIN registered g ON g.station = day.object
    JOIN unnest(%(begins)s::timestamptz[], %(groups)s::text[], %(weekdays)s::boolean[])
         AS n(bucket, day_group, weekday) ON n.bucket = day.bucket
    WHERE day.share >= %(min_coverage)s AND day.lanes >= coalesce(g.lanes, 0)
    GROUP BY 1, 2, 3
)
SELECT s.id, v.day_group, v.weekday, v.days, v.vehicles::float8, v.estimated
FROM sr.station s
LEFT JOIN valid v ON v.object = s.id
WHERE s.removed_at IS NULL AND (%(id)s::text IS NULL OR s.id = %(id)s)
ORDER BY s.id, v.day_group, v.weekday
