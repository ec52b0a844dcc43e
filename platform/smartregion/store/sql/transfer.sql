-- Queries of export and import. A selection: from/to by event time (null = open), names of devices (null = all).

-- name: export_readings
-- Readings with unit, what the device hung at and where that is; flags: conflict (another value was told for this
-- moment), partial (another field of the message was faulty).
SELECT d.name AS device, coalesce(h.object_kind, '') AS object_kind, coalesce(h.object, '') AS object,
       q.key AS quantity, q.unit, r.time, r.value,
       concat_ws(' ', CASE WHEN EXISTS (SELECT FROM sr.conflict c WHERE c.device = d.id AND c.field = q.key
                                        AND c.time = r.time) THEN 'conflict' END,
                 CASE WHEN EXISTS (SELECT FROM sr.message_flag f WHERE f.device = d.name AND f.message = r.message)
                      THEN 'partial' END) AS flags,
       r.message, coalesce(s.lon, z.lon) AS lon, coalesce(s.lat, z.lat) AS lat
FROM sr.series e
JOIN sr.quantity q ON q.id = e.quantity
JOIN sr.device d ON d.id = e.device
JOIN sr.reading r ON r.series = e.id
LEFT JOIN sr.mounting h ON h.device = d.id AND r.time >= h.valid_from AND r.time < h.valid_to
LEFT JOIN sr.container c ON h.object_kind = 'container' AND c.id = h.object
LEFT JOIN sr.site s ON s.id = c.site
LEFT JOIN sr.station z ON h.object_kind = 'station' AND z.id = h.object
WHERE r.time >= %(since)s AND r.time < %(until)s
  AND (%(devices)s::text[] IS NULL OR d.name = ANY(%(devices)s::text[]))
  AND (%(quantities)s::text[] IS NULL OR q.key = ANY(%(quantities)s::text[]))
  AND (%(objects)s::text[] IS NULL OR h.object = ANY(%(objects)s::text[]))
ORDER BY d.name, q.key, r.time

-- name: export_lane_intervals
-- Counts by lane and class with the share of the interval that was seen; an empty class cannot be told by the device.
SELECT d.name AS device, coalesce(h.object, '') AS station, t.lane, t.time, t.interval_s, t.completeness, t.speed_kmh,
       t.krad, t.pkw, t.lfw, t.pkwa, t.lkw, t.lkwa, t.sattel, t.bus, t.nk, t.pkwgruppe, t.lkwkombination,
       t.pkwaehnlich, t.lkwaehnlich, t.kfz, t.short, t.medium, t.long, t.rad, t.fuss, t.heavy, t.car,
       concat_ws(' ', CASE WHEN EXISTS (SELECT FROM sr.conflict c WHERE c.device = d.id AND c.time = t.time)
                           THEN 'conflict' END,
                 CASE WHEN EXISTS (SELECT FROM sr.message_flag f WHERE f.device = d.name AND f.message = t.message)
                      THEN 'partial' END,
                 CASE WHEN t.completeness < 1 THEN 'incomplete' END) AS flags,
       t.message, z.lon, z.lat
FROM sr.device d
JOIN sr.lane_interval t ON t.device = d.id
LEFT JOIN sr.mounting h ON h.device = d.id AND h.object_kind = 'station' AND t.time >= h.valid_from AND t.time < h.valid_to
LEFT JOIN sr.station z ON z.id = h.object
WHERE t.time >= %(since)s AND t.time < %(until)s
  AND (%(devices)s::text[] IS NULL OR d.name = ANY(%(devices)s::text[]))
  AND %(quantities)s::text[] IS NULL
  AND (%(objects)s::text[] IS NULL OR h.object = ANY(%(objects)s::text[]))
ORDER BY d.name, t.lane, t.time

-- name: export_tracks
-- Positions of vehicles with what was measured there.
SELECT d.name AS device, coalesce(h.object, '') AS vehicle, t.time, t.lon, t.lat, t.speed_mps, t.az_rms_mps2,
       t.surface_temp_c, t.air_temp_c, t.dew_point_c, t.friction, t.water_um,
       concat_ws(' ', CASE WHEN EXISTS (SELECT FROM sr.conflict c WHERE c.device = d.id AND c.time = t.time)
                           THEN 'conflict' END,
                 CASE WHEN EXISTS (SELECT FROM sr.message_flag f WHERE f.device = d.name AND f.message = t.message)
                      THEN 'partial' END) AS flags,
       t.message
FROM sr.device d
JOIN sr.track t ON t.device = d.id
LEFT JOIN sr.mounting h ON h.device = d.id AND h.object_kind = 'vehicle' AND t.time >= h.valid_from AND t.time < h.valid_to
WHERE t.time >= %(since)s AND t.time < %(until)s
  AND (%(devices)s::text[] IS NULL OR d.name = ANY(%(devices)s::text[]))
  AND %(quantities)s::text[] IS NULL
  AND (%(objects)s::text[] IS NULL OR h.object = ANY(%(objects)s::text[]))
ORDER BY d.name, t.time

-- name: export_registry
-- The registry in the columns that `devices import` takes: what is in use and what was removed, each object with its
-- newest device, and every other mounting as a row of its own.
WITH held AS (
    SELECT h.object_kind, h.object, d.name AS device, d.profile, d.removed_at,
           nullif(h.valid_from, '-infinity') AS mounted_from, nullif(h.valid_to, 'infinity') AS mounted_to,
           h.empty_distance_m, h.full_distance_m, h.factor, h.first_value, h.last_value, h.digits,
           row_number() OVER (PARTITION BY h.object_kind, h.object
                              ORDER BY h.valid_to = 'infinity' AND d.removed_at IS NULL DESC, h.valid_from DESC, d.name)
           AS at_object,
           row_number() OVER (PARTITION BY h.device ORDER BY h.valid_from DESC) AS of_device
    FROM sr.mounting h JOIN sr.device d ON d.id = h.device
), hung AS (
    SELECT * FROM held WHERE at_object = 1 AND of_device = 1 AND mounted_to IS NULL AND removed_at IS NULL
), part AS (
    SELECT 1 AS rank, 'municipality' AS kind, id, to_jsonb(m) AS row FROM sr.municipality m
    UNION ALL SELECT 2, 'depot', id, to_jsonb(d) FROM sr.depot d
    UNION ALL SELECT 3, 'disposal_site', id, to_jsonb(e) || jsonb_build_object('fraction', array_to_string(fractions, '|'))
    FROM sr.disposal_site e
    UNION ALL SELECT 4, 'site', id, to_jsonb(s) FROM sr.site s
    UNION ALL SELECT 5, 'container', id, to_jsonb(c) FROM sr.container c
    UNION ALL
    SELECT 6, 'station', id, to_jsonb(z) || jsonb_build_object('lanes', (
        SELECT string_agg(a.lane || ':' || a.direction, '|' ORDER BY a.lane) FROM sr.lane a WHERE a.station = z.id))
    FROM sr.station z
    UNION ALL SELECT 7, 'vehicle', id, to_jsonb(v) || jsonb_build_object('fraction', array_to_string(fractions, '|'))
    FROM sr.vehicle v
    UNION ALL SELECT 8, 'building', id, to_jsonb(b) FROM sr.building b
    UNION ALL SELECT 9, 'device', name, to_jsonb(d) - 'name' FROM sr.device d
    WHERE NOT EXISTS (SELECT FROM hung WHERE hung.device = d.name)
    UNION ALL SELECT 10, 'mounting', device, to_jsonb(h) - 'device' - 'profile' - 'removed_at' FROM held h
    WHERE NOT EXISTS (SELECT FROM hung WHERE hung.device = h.device AND hung.mounted_from IS NOT DISTINCT FROM h.mounted_from)
)
SELECT p.kind, p.id, r.name, r.street, r.place, r.municipality, r.lon, r.lat, r.fraction, r.volume_l, r.rhythm_days, r.site,
       r.device, r.object_kind, r.object, r.mounted_from, r.mounted_to, r.empty_distance_m, r.full_distance_m, r.factor,
       r.first_value, r.last_value, r.digits, r.class_scheme, r.lanes, r.road, r.purpose, r.depot, r.capacity_kg,
       r.capacity_l, to_char(r.shift_from, 'HH24:MI') AS shift_from, to_char(r.shift_to, 'HH24:MI') AS shift_to,
       r.truck, r.side, to_char(r.open_from, 'HH24:MI') AS open_from, to_char(r.open_to, 'HH24:MI') AS open_to, r.service_s, r.access_note,
       to_char(r.window_from, 'HH24:MI') AS window_from, to_char(r.window_to, 'HH24:MI') AS window_to, r.profile,
       r.population, r.removed_at
FROM part p
LEFT JOIN hung ON hung.object_kind = p.kind AND hung.object = p.id
CROSS JOIN LATERAL jsonb_to_record(p.row || coalesce(to_jsonb(hung) - 'removed_at' - 'object_kind' - 'object', '{}')) AS r(
    name text, street text, place text, municipality text, lon float8, lat float8, fraction text, volume_l integer,
    rhythm_days integer, site text, device text, object_kind text, object text, mounted_from timestamptz,
    mounted_to timestamptz, empty_distance_m real, full_distance_m real, factor float8, first_value float8,
    last_value float8, digits smallint, class_scheme text, lanes text, road text, purpose text, depot text,
    capacity_kg integer, capacity_l integer, shift_from time, shift_to time, truck text, side text, open_from time,
    open_to time, service_s integer, access_note text, window_from time, window_to time, profile text, population integer,
    removed_at timestamptz)
ORDER BY p.rank, p.id, r.mounted_from

-- name: no_rows
-- The columns of a query that is put in, without its rows.
SELECT * FROM ({query}) q LIMIT 0

-- name: copy_csv
-- Streams a query as CSV; the query is put in.
COPY ({query}) TO STDOUT (FORMAT csv, HEADER)

-- name: incoming_readings
-- Where a file of readings is read to.
CREATE TEMP TABLE incoming (
    line bigint GENERATED ALWAYS AS IDENTITY, device text, object_kind text, object text, quantity text, unit text,
    time timestamptz, value double precision, flags text, message bigint, lon double precision, lat double precision
) ON COMMIT DROP

-- name: incoming_lane_intervals
-- Where a file of counts is read to.
CREATE TEMP TABLE incoming (
    line bigint GENERATED ALWAYS AS IDENTITY, device text, station text, lane smallint, time timestamptz,
    interval_s integer, completeness real, speed_kmh real, krad integer, pkw integer, lfw integer, pkwa integer,
    lkw integer, lkwa integer, sattel integer, bus integer, nk integer, pkwgruppe integer, lkwkombination integer,
    pkwaehnlich integer, lkwaehnlich integer, kfz integer, short integer, medium integer, long integer, rad integer,
    fuss integer, heavy integer, car integer, flags text, message bigint, lon double precision, lat double precision
) ON COMMIT DROP

-- name: incoming_tracks
-- Where a file of positions is read to.
CREATE TEMP TABLE incoming (
    line bigint GENERATED ALWAYS AS IDENTITY, device text, vehicle text, time timestamptz, lon double precision,
    lat double precision, speed_mps real, az_rms_mps2 real, surface_temp_c real, air_temp_c real, dew_point_c real,
    friction real, water_um real, flags text, message bigint
) ON COMMIT DROP

-- name: clear_incoming
-- Leaves nothing behind for a second import within the same transaction.
DROP TABLE incoming, incoming_packet, owner;
TRUNCATE stage_reading, stage_lane, stage_track

-- name: incoming_columns
-- What a file may hold.
SELECT attname FROM pg_attribute
WHERE attrelid = 'pg_temp.incoming'::regclass AND attnum > 0 AND NOT attisdropped AND attname <> 'line' ORDER BY attnum

-- name: copy_incoming
-- Reads the file; its columns are put in.
COPY incoming ({columns}) FROM STDIN (FORMAT csv)

-- name: incoming_unknown
-- Devices of the file that are not registered.
SELECT device, min(line) FROM incoming n
WHERE NOT EXISTS (SELECT FROM sr.device d WHERE d.name = n.device AND d.removed_at IS NULL)
GROUP BY device ORDER BY 2 LIMIT 10

-- name: incoming_receipts
-- Rows without a receipt get one a device, made of the time of this import and the number no worker of ingest has.
UPDATE incoming SET message = sr.first_message(%(now)s) + numbered.n * 1024 + 1023
FROM (SELECT device, row_number() OVER (ORDER BY device) AS n FROM (SELECT DISTINCT device FROM incoming) i) numbered
WHERE incoming.message IS NULL AND numbered.device = incoming.device

-- name: incoming_months
-- Months for which partitions are needed.
SELECT sr.ensure_partitions(ARRAY(SELECT DISTINCT date_trunc('month', time, 'UTC') FROM incoming))

-- name: incoming_quantities
-- Quantities of the file that are new.
INSERT INTO sr.quantity (key, unit)
SELECT quantity, coalesce(min(unit), '') FROM incoming n
WHERE NOT EXISTS (SELECT FROM sr.quantity q WHERE q.key = n.quantity) GROUP BY quantity
ON CONFLICT (key) DO NOTHING

-- name: incoming_series
-- Series of the file that are new.
INSERT INTO sr.series (device, quantity)
SELECT DISTINCT d.id, q.id FROM incoming n JOIN sr.device d ON d.name = n.device JOIN sr.quantity q ON q.key = n.quantity
ON CONFLICT (device, quantity) DO NOTHING

-- name: stage_readings
-- From names to numbers.
INSERT INTO stage_reading (time, message, value, series)
SELECT n.time, n.message, n.value, e.id
FROM incoming n JOIN sr.device d ON d.name = n.device JOIN sr.quantity q ON q.key = n.quantity
JOIN sr.series e ON e.device = d.id AND e.quantity = q.id

-- name: stage_lane_intervals
-- From names to numbers.
INSERT INTO stage_lane (
    time, message, device, lane, interval_s, completeness, speed_kmh, krad, pkw, lfw, pkwa, lkw, lkwa, sattel, bus, nk,
    pkwgruppe, lkwkombination, pkwaehnlich, lkwaehnlich, kfz, short, medium, long, rad, fuss, heavy, car)
SELECT n.time, n.message, d.id, n.lane, n.interval_s, coalesce(n.completeness, 1), n.speed_kmh, n.krad, n.pkw, n.lfw,
       n.pkwa, n.lkw, n.lkwa, n.sattel, n.bus, n.nk, n.pkwgruppe, n.lkwkombination, n.pkwaehnlich, n.lkwaehnlich, n.kfz,
       n.short, n.medium, n.long, n.rad, n.fuss, n.heavy, n.car
FROM incoming n JOIN sr.device d ON d.name = n.device

-- name: stage_tracks
-- From names to numbers.
INSERT INTO stage_track (
    time, message, device, lon, lat, speed_mps, az_rms_mps2, surface_temp_c, air_temp_c, dew_point_c, friction, water_um)
SELECT n.time, n.message, d.id, n.lon, n.lat, n.speed_mps, n.az_rms_mps2, n.surface_temp_c, n.air_temp_c, n.dew_point_c,
       n.friction, n.water_um
FROM incoming n JOIN sr.device d ON d.name = n.device

-- name: differing_readings
-- The first staged value that differs from the stored one or that the file gives twice.
SELECT d.name, s.time,
       CASE WHEN s.n > 1 THEN 'the file gives it ' || s.n || ' times' ELSE s.value || ' is stored as ' || r.value END
FROM (SELECT series, time, count(*) AS n, max(value) AS value FROM stage_reading GROUP BY series, time) s
JOIN sr.series e ON e.id = s.series JOIN sr.device d ON d.id = e.device
LEFT JOIN sr.reading r ON r.series = s.series AND r.time = s.time
WHERE s.n > 1 OR r.value <> s.value
LIMIT 1

-- name: differing_lane_intervals
-- The first staged interval that differs from the stored one or that the file gives twice.
SELECT d.name, s.time, CASE WHEN s.n > 1 THEN 'the file gives lane ' || s.lane || ' ' || s.n || ' times'
                            ELSE 'lane ' || s.lane || ' differs from what is stored' END
FROM (SELECT *, count(*) OVER (PARTITION BY device, lane, time) AS n FROM stage_lane) s
JOIN sr.device d ON d.id = s.device
LEFT JOIN sr.lane_interval r ON r.device = s.device AND r.lane = s.lane AND r.time = s.time
WHERE s.n > 1 OR to_jsonb(s) - 'message' - 'n' <> to_jsonb(r) - 'message'
LIMIT 1

-- name: differing_tracks
-- The first staged position that differs from the stored one or that the file gives twice.
SELECT d.name, s.time, CASE WHEN s.n > 1 THEN 'the file gives it ' || s.n || ' times'
                            ELSE 'differs from what is stored' END
FROM (SELECT *, count(*) OVER (PARTITION BY device, time) AS n FROM stage_track) s
JOIN sr.device d ON d.id = s.device
LEFT JOIN sr.track r ON r.device = s.device AND r.time = s.time
WHERE s.n > 1 OR to_jsonb(s) - 'message' - 'n' <> to_jsonb(r) - 'message'
LIMIT 1

-- name: incoming_packets
-- Messages of the file that the database does not know yet.
CREATE TEMP TABLE incoming_packet ON COMMIT DROP AS
SELECT d.id AS device, d.name, n.message FROM incoming n JOIN sr.device d ON d.name = n.device
EXCEPT
SELECT d.id, d.name, k.message
FROM (SELECT min(message) AS low, max(message) AS high FROM incoming) span
CROSS JOIN LATERAL (
    SELECT e.device, r.message FROM sr.reading r JOIN sr.series e ON e.id = r.series
    WHERE r.message BETWEEN span.low AND span.high
    UNION SELECT device, message FROM sr.lane_interval WHERE message BETWEEN span.low AND span.high
    UNION SELECT device, message FROM sr.track WHERE message BETWEEN span.low AND span.high
    UNION SELECT device, message FROM sr.conflict WHERE message BETWEEN span.low AND span.high) k
JOIN sr.device d ON d.id = k.device
EXCEPT
SELECT d.id, d.name, m.message FROM sr.message_note m JOIN sr.device d ON d.name = m.device
EXCEPT
SELECT d.id, d.name, q.message FROM sr.quarantine q JOIN sr.device d ON d.name = q.device WHERE q.resolved_at IS NULL

-- name: owners_readings
-- Devices and messages that own rows of the file now.
CREATE TEMP TABLE owner ON COMMIT DROP AS
SELECT DISTINCT e.device, r.message
FROM stage_reading s JOIN sr.reading r USING (series, time) JOIN sr.series e ON e.id = r.series

-- name: owners_lane_intervals
-- Devices and messages that own rows of the file now.
CREATE TEMP TABLE owner ON COMMIT DROP AS
SELECT DISTINCT r.device, r.message FROM stage_lane s JOIN sr.lane_interval r USING (device, lane, time)

-- name: owners_tracks
-- Devices and messages that own rows of the file now.
CREATE TEMP TABLE owner ON COMMIT DROP AS
SELECT DISTINCT r.device, r.message FROM stage_track s JOIN sr.track r USING (device, time)

-- name: book
-- New messages that own a row enter the books as received and stored.
INSERT INTO sr.book AS b (device, quarter, received, stored, duplicate, quarantined)
SELECT p.name, sr.received_quarter(p.message), count(*), count(*), 0, 0
FROM incoming_packet p JOIN owner o USING (device, message)
GROUP BY 1, 2
ON CONFLICT (device, quarter) DO UPDATE SET received = b.received + EXCLUDED.received, stored = b.stored + EXCLUDED.stored

-- name: newest_readings
-- Series of the file with their newest times, as `latest_reading` of ingest takes them.
SELECT array_agg(series) AS series, array_agg(time) AS times
FROM (SELECT series, max(time) AS time FROM stage_reading GROUP BY series) n

-- name: newest_lane_intervals
-- Lanes of the file with their newest times, as `latest_lane` of ingest takes them.
SELECT array_agg(device) AS devices, array_agg(lane) AS lanes, array_agg(time) AS times, array_agg(message) AS messages
FROM (SELECT DISTINCT ON (device, lane) device, lane, time, message FROM stage_lane
      ORDER BY device, lane, time DESC) n

-- name: newest_tracks
-- Vehicles of the file with their newest times, as `latest_track` of ingest takes them.
SELECT array_agg(device) AS devices, array_agg(time) AS times, array_agg(message) AS messages
FROM (SELECT DISTINCT ON (device) device, time, message FROM stage_track ORDER BY device, time DESC) n
