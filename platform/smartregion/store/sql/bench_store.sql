-- Queries of `bench store`: a seeded district, the ways to write it, and what pages ask most.

-- name: registry
-- 400 sites with 1,600 containers, 100 stations with two lanes, 30 vehicles, 10,000 devices in all.
INSERT INTO sr.site (id, name, place, lon, lat)
SELECT 'S' || n, 'Standplatz ' || n, 'Ort ' || n % 60, 13.5 + n % 20 * 0.04, 51.4 + n / 20 * 0.03
FROM generate_series(1, 400) n;
INSERT INTO sr.container (id, site, fraction, volume_l, rhythm_days)
SELECT 'C' || n, 'S' || (n - 1) % 400 + 1, (ARRAY['paper', 'glass_white', 'glass_coloured', 'textiles'])[n % 4 + 1],
       3000, 14
FROM generate_series(1, 1600) n;
INSERT INTO sr.station (id, name, lon, lat, class_scheme)
SELECT 'Z' || n, 'Zählstelle ' || n, 13.5 + n % 10 * 0.08, 51.4 + n / 10 * 0.06, '8+1' FROM generate_series(1, 100) n;
INSERT INTO sr.lane
SELECT 'Z' || n, lane, 'Richtung ' || lane FROM generate_series(1, 100) n, generate_series(1, 2) lane;
INSERT INTO sr.vehicle (id, name, purpose) SELECT 'V' || n, 'Fahrzeug ' || n, 'waste' FROM generate_series(1, 30) n;
INSERT INTO sr.device (name) SELECT 'device-' || n FROM generate_series(1, 10000) n;
INSERT INTO sr.mounting (device, object_kind, object, empty_distance_m, full_distance_m)
SELECT n, 'container', 'C' || n, 2, 0.2 FROM generate_series(1, 1600) n
UNION ALL SELECT 1600 + n, 'station', 'Z' || n, NULL, NULL FROM generate_series(1, 100) n
UNION ALL SELECT 1700 + n, 'vehicle', 'V' || n, NULL, NULL FROM generate_series(1, 30) n;
INSERT INTO sr.series (device, quantity)
SELECT n, q.id FROM generate_series(1, 1600) n
JOIN sr.quantity q ON q.key = CASE n % 2 WHEN 0 THEN 'level' ELSE 'distance' END
ORDER BY n;
INSERT INTO sr.latest (device, item, time, value, message)
SELECT n, 'battery', timestamptz '2026-01-01 00:00+00', 3.6, n FROM generate_series(1601, 10000) n

-- name: plain_table
-- The limit: a table like ours without key or index.
CREATE TABLE public.bench_plain (time timestamptz, message bigint, value double precision, series integer)

-- name: plain_copy
-- Binary rows into the plain table.
COPY public.bench_plain (time, message, value, series) FROM STDIN (FORMAT BINARY)

-- name: copy_lane
-- Binary rows of a TLS 8+1 lane into staging.
COPY stage_lane (time, message, device, lane, interval_s, completeness, speed_kmh, krad, pkw, lfw, pkwa, lkw, lkwa, sattel,
                 bus, nk) FROM STDIN (FORMAT BINARY)

-- name: copy_track
-- Binary rows of a vehicle into staging.
COPY stage_track (time, message, device, lon, lat, speed_mps, az_rms_mps2) FROM STDIN (FORMAT BINARY)

-- name: naive_table
-- What people build first: one text row a value.
CREATE TABLE public.bench_naive AS
SELECT d.name AS device, q.key AS quantity, r.time, r.value
FROM sr.reading r JOIN sr.series e ON e.id = r.series JOIN sr.device d ON d.id = e.device
JOIN sr.quantity q ON q.id = e.quantity;
CREATE INDEX ON public.bench_naive (device, quantity, time)

-- name: bytes
-- Bytes of a table with its partitions and indexes.
SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relkind = 'r' AND coalesce(i.inhparent, c.oid) = %(table)s::regclass

-- name: analyze
-- Statistics, as autovacuum would make them.
ANALYZE

-- name: containers_now
-- All containers with their newest level.
SELECT * FROM report.container_now

-- name: latest_all
-- The newest value of everything.
SELECT device, item, time, value FROM sr.latest

-- name: container_series
-- Levels of one container over the whole time.
SELECT time, level FROM report.container_level
WHERE container = %(container)s AND time >= %(since)s AND time < %(until)s ORDER BY time

-- name: station_quarters
-- One station by quarter hour over the whole time, all lanes.
SELECT time, sum(vehicles) FROM report.lane_interval
WHERE station = %(station)s AND time >= %(since)s AND time < %(until)s GROUP BY time ORDER BY time

-- name: station_band
-- The last day of a station beside low, median and high of the same quarter hours of the whole time.
WITH quarter AS (
    SELECT time, sum(vehicles)::float8 AS vehicles FROM report.lane_interval
    WHERE station = %(station)s AND time >= %(since)s AND time < %(until)s GROUP BY time
)
SELECT time::time, percentile_cont(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY vehicles),
       max(vehicles) FILTER (WHERE time >= %(until)s - interval '1 day')
FROM quarter GROUP BY 1 ORDER BY 1

-- name: dtv
-- Average daily traffic of all stations over the whole time.
SELECT station, sum(vehicles) / greatest(1, count(DISTINCT time::date)) FROM report.lane_interval
WHERE time >= %(since)s AND time < %(until)s GROUP BY station

-- name: vehicle_day
-- Positions of one vehicle on one day.
SELECT time, lon, lat, speed_mps FROM sr.track
WHERE device = %(device)s AND time >= %(day)s AND time < %(day)s + interval '1 day' ORDER BY time

-- name: fleet_days
-- Points and mean vibration of the whole fleet by vehicle and day over the whole time.
SELECT device, time::date, count(*), avg(az_rms_mps2) FROM sr.track
WHERE time >= %(since)s AND time < %(until)s GROUP BY 1, 2
