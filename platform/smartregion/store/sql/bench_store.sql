-- Queries of `bench store`: a seeded district, the ways to write it, and what it takes beside a naive table.

-- name: registry
-- 400 sites with 1,600 containers, 200 stations with a lane, 30 vehicles, 10,000 segments, 10,000 devices in all.
INSERT INTO sr.site (id, name, place, lon, lat)
SELECT 'S' || n, 'Standplatz ' || n, 'Ort ' || n % 60, 13.5 + n % 20 * 0.04, 51.4 + n / 20 * 0.03
FROM generate_series(1, 400) n;
INSERT INTO sr.container (id, site, fraction, volume_l, rhythm_days)
SELECT 'C' || n, 'S' || (n - 1) % 400 + 1, (ARRAY['paper', 'glass_white', 'glass_coloured', 'textiles'])[n % 4 + 1],
       3000, 14
FROM generate_series(1, 1600) n;
INSERT INTO sr.station (id, name, lon, lat, class_scheme)
SELECT 'Z' || n, 'Zählstelle ' || n, 13.5 + n % 10 * 0.08, 51.4 + n / 10 * 0.06, '8+1' FROM generate_series(1, 200) n;
INSERT INTO sr.lane SELECT 'Z' || n, 1, 'Richtung 1' FROM generate_series(1, 200) n;
INSERT INTO sr.vehicle (id, name, purpose) SELECT 'V' || n, 'Fahrzeug ' || n, 'waste' FROM generate_series(1, 30) n;
INSERT INTO sr.device (name) SELECT 'device-' || n FROM generate_series(1, 10000) n;
INSERT INTO sr.mounting (device, object_kind, object, empty_distance_m, full_distance_m)
SELECT n, 'container', 'C' || n, 2, 0.2 FROM generate_series(1, 1600) n
UNION ALL SELECT 1600 + n, 'station', 'Z' || n, NULL, NULL FROM generate_series(1, 200) n
UNION ALL SELECT 1800 + n, 'vehicle', 'V' || n, NULL, NULL FROM generate_series(1, 30) n;
INSERT INTO sr.series (device, quantity)
SELECT n, q.id FROM generate_series(1, 1600) n
JOIN sr.quantity q ON q.key = CASE n % 2 WHEN 0 THEN 'level' ELSE 'distance' END
ORDER BY n;
INSERT INTO sr.latest (device, item, time, value, message)
SELECT n, CASE WHEN n <= 1600 THEN (ARRAY['level', 'distance'])[n % 2 + 1] WHEN n <= 1800 THEN 'lane 1'
               WHEN n <= 1830 THEN 'track' ELSE 'battery' END, timestamptz '2000-01-01 00:00+00', 3.6, n
FROM generate_series(1, 10000) n;
INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)
VALUES ('bench', 'bench', timestamptz '2000-01-01 00:00+00', 0, 0, 0, '{}');
INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)
SELECT n || 'f0', (SELECT max(id) FROM sr.road_network WHERE base IS NULL), 'Straße ' || n / 20, 'secondary', 'asphalt', 100,
       ARRAY[13.5 + n % 100 * 0.008], ARRAY[51.4 + n / 100 * 0.006]
FROM generate_series(0, 9999) n;
CREATE TABLE public.bench_day (number integer PRIMARY KEY, seconds double precision NOT NULL)

-- name: started
-- Whether the district is there from an earlier run.
SELECT to_regclass('public.bench_day') IS NOT NULL

-- name: days
-- Days that are written, and the seconds that took.
SELECT count(*), coalesce(sum(seconds), 0) FROM public.bench_day

-- name: done
-- A day is written, in the transaction of its rows.
INSERT INTO public.bench_day (number, seconds) VALUES (%(number)s, %(seconds)s)

-- name: copy_reading
-- Binary rows straight into the table, as ingest writes what is new.
COPY sr.reading (time, message, value, series) FROM STDIN (FORMAT BINARY)

-- name: copy_lane
-- Binary rows of a TLS 8+1 lane.
COPY sr.lane_interval (time, message, device, lane, interval_s, completeness, speed_kmh, krad, pkw, lfw, pkwa, lkw,
                       lkwa, sattel, bus, nk) FROM STDIN (FORMAT BINARY)

-- name: copy_track
-- Binary rows of vehicles.
COPY sr.track (time, message, device, lon, lat, speed_mps, az_rms_mps2) FROM STDIN (FORMAT BINARY)

-- name: stage_passed
-- Where passes wait for the names of their segments.
CREATE TEMP TABLE IF NOT EXISTS stage_passed (
    segment integer, device integer, time timestamptz, speed_mps real, ride_index real) ON COMMIT DELETE ROWS

-- name: copy_passed
-- Binary rows of passes.
COPY stage_passed FROM STDIN (FORMAT BINARY)

-- name: passes
-- Passes of a day, their marks, and an end to those of more than a fortnight ago, as their rule makes it.
WITH gone AS (
    DELETE FROM sr.segment_pass WHERE time < %(day)s - interval '14 days'
), final AS (
    UPDATE sr.retention SET deleted_before = greatest(deleted_before, %(day)s - interval '14 days')
    WHERE kind = 'segment_pass'
), new AS (
    INSERT INTO sr.segment_pass (segment, device, time, speed_mps, ride_index)
    SELECT segment || 'f0', device, time, speed_mps, ride_index FROM stage_passed
    ON CONFLICT DO NOTHING RETURNING segment, time
)
INSERT INTO sr.rollup_object_mark (kind, object, first, last)
SELECT 'segment', segment, min(time), max(time) FROM new GROUP BY segment

-- name: mark
-- What a day wrote.
INSERT INTO sr.rollup_mark (kind, idents, firsts, lasts)
SELECT n.kind, array_agg(n.ident), array_agg(%(day)s::timestamptz),
       array_agg(%(day)s::timestamptz + interval '1 day' - interval '1 microsecond')
FROM (SELECT 'reading' AS kind, generate_series(1, 1600) AS ident
      UNION ALL SELECT 'lane', generate_series(1601, 1800)) n
GROUP BY n.kind

-- name: newest
-- The newest values as ingest would have left them.
UPDATE sr.latest l SET time = n.time, value = n.value, message = n.message
FROM (SELECT DISTINCT ON (e.device) e.device, r.time, r.value, r.message
      FROM sr.reading r JOIN sr.series e ON e.id = r.series
      WHERE r.time >= %(until)s::timestamptz - interval '1 day' ORDER BY e.device, r.time DESC) n
WHERE l.device = n.device

-- name: analyze
-- Statistics and visible pages, as autovacuum would make them.
VACUUM ANALYZE

-- name: bytes
-- Bytes of a table with its partitions and indexes.
WITH RECURSIVE part AS (
    SELECT %(table)s::regclass::oid AS oid
    UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN part ON i.inhparent = part.oid
)
SELECT sum(pg_total_relation_size(oid))::bigint FROM part

-- name: hypertable_bytes
-- Bytes of a hypertable with its indexes and what lies in the columnstore; null for a table that is none.
SELECT hypertable_size(%(table)s::regclass)

-- name: pack
-- Moves the chunks that ended before a moment into the columnstore, those that lie there already excepted.
SELECT compress_chunk(c, if_not_compressed => true)
FROM show_chunks(%(table)s::regclass, older_than => %(before)s::timestamptz) c

-- name: rows
-- Rows of a table.
SELECT count(*) FROM {table}

-- name: naive_table
-- What people build first, one row a value with names as text and a plain index: the same rows of three days.
CREATE TABLE public.bench_naive (kind text, device text, quantity text, time timestamptz, value double precision);
CREATE INDEX ON public.bench_naive (device, quantity, time)

-- name: naive_reading
-- Readings of the days as naive rows.
INSERT INTO public.bench_naive
SELECT 'reading', d.name, q.key, r.time, r.value
FROM sr.reading r JOIN sr.series e ON e.id = r.series JOIN sr.device d ON d.id = e.device
JOIN sr.quantity q ON q.id = e.quantity WHERE r.time >= %(since)s AND r.time < %(until)s

-- name: naive_lane
-- Intervals of the days, a row each class and the speed.
INSERT INTO public.bench_naive
SELECT 'lane', d.name, 'lane ' || t.lane || ' ' || v.key, t.time, v.value
FROM sr.lane_interval t JOIN sr.device d ON d.id = t.device
CROSS JOIN LATERAL (VALUES ('Krad', t.krad), ('Pkw', t.pkw), ('Lfw', t.lfw), ('PkwA', t.pkwa), ('Lkw', t.lkw),
                           ('LkwA', t.lkwa), ('Sattel', t.sattel), ('Bus', t.bus), ('nk', t.nk),
                           ('speed', t.speed_kmh)) AS v(key, value)
WHERE t.time >= %(since)s AND t.time < %(until)s

-- name: naive_track
-- Positions of the days, a row each field.
INSERT INTO public.bench_naive
SELECT 'track', d.name, v.key, t.time, v.value
FROM sr.track t JOIN sr.device d ON d.id = t.device
CROSS JOIN LATERAL (VALUES ('lon', t.lon), ('lat', t.lat), ('speed', t.speed_mps), ('az_rms', t.az_rms_mps2))
    AS v(key, value)
WHERE t.time >= %(since)s AND t.time < %(until)s

-- name: empty_naive
-- Room for the next kind.
TRUNCATE public.bench_naive

-- name: latest_all
-- The newest value of everything.
SELECT device, item, time, value FROM sr.latest

-- name: fleet_month
-- Passes and mean ride index of each segment in the month of a moment.
SELECT object, passes, ride_sum / 1e6::float8 / nullif(ride_passes, 0) FROM sr.road_rollup
WHERE span = 'month' AND bucket = sr.bucket('month', %(moment)s, %(zone)s)

-- name: vehicle_day
-- Positions of one vehicle on one day.
SELECT time, lon, lat, speed_mps FROM sr.track
WHERE device = %(device)s AND time >= %(day)s AND time < %(day)s + interval '1 day' ORDER BY time
