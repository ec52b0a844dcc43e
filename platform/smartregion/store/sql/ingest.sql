-- name: registered
-- Devices among these names that may send: (id, name, profile).
SELECT id, name, profile FROM sr.device WHERE removed_at IS NULL AND name = ANY(%(names)s::text[])

-- name: hold_devices
-- Devices of the rows of this transaction stay until its end: an undo that would delete one waits.
SELECT pg_advisory_xact_lock_shared(hashtext('sr.device'))

-- name: device_changes
-- How often devices were changed; with devices held, none that is remembered since then is gone.
SELECT changes FROM sr.device_change

-- name: known_quantities
-- Quantities among these keys: (id, key).
SELECT id, key FROM sr.quantity WHERE key = ANY(%(keys)s::text[])

-- name: add_quantities
-- Quantities that are not there yet; the check before the insert spares the small range of identities.
INSERT INTO sr.quantity (key, unit)
SELECT n.key, n.unit FROM unnest(%(keys)s::text[], %(units)s::text[]) AS n(key, unit)
WHERE NOT EXISTS (SELECT FROM sr.quantity q WHERE q.key = n.key)
ON CONFLICT (key) DO NOTHING

-- name: known_series
-- Series of these pairs: (id, device, quantity).
SELECT s.id, s.device, s.quantity
FROM sr.series s
JOIN unnest(%(devices)s::integer[], %(quantities)s::smallint[]) AS n(device, quantity)
  ON s.device = n.device AND s.quantity = n.quantity

-- name: other_series
-- How many series these devices have beside those of these quantities: (device, series).
SELECT s.device, count(*)
FROM sr.series s
JOIN sr.quantity q ON q.id = s.quantity
WHERE s.device = ANY(%(devices)s::integer[]) AND q.key <> ALL(%(keys)s::text[])
GROUP BY s.device

-- name: add_series
-- Series that are not there yet.
INSERT INTO sr.series (device, quantity)
SELECT n.device, n.quantity FROM unnest(%(devices)s::integer[], %(quantities)s::smallint[]) AS n(device, quantity)
ON CONFLICT (device, quantity) DO NOTHING

-- name: ensure_partitions
-- Months of event time of a batch get their partitions.
SELECT sr.ensure_partitions(%(times)s::timestamptz[])

-- name: greatest_receipt
-- The greatest receipt that the small tables know, so that a clock that went back cannot give one twice.
SELECT greatest((SELECT max(message) FROM sr.latest), (SELECT max(message) FROM sr.message_note),
                (SELECT max(message) FROM sr.quarantine), 0)

-- name: stage
-- Staging of one session, emptied by each commit.
CREATE TEMP TABLE IF NOT EXISTS stage_reading (
    time timestamptz, message bigint, value double precision, series integer
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS stage_lane (
    time timestamptz, message bigint, device integer, lane smallint, interval_s integer, completeness real,
    speed_kmh real, krad integer, pkw integer, lfw integer, pkwa integer, lkw integer, lkwa integer, sattel integer,
    bus integer, nk integer, pkwgruppe integer, lkwkombination integer, pkwaehnlich integer, lkwaehnlich integer,
    kfz integer, short integer, medium integer, long integer, rad integer, fuss integer, heavy integer, car integer
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS stage_track (
    time timestamptz, message bigint, device integer, lon double precision, lat double precision, speed_mps real,
    az_rms_mps2 real, surface_temp_c real, air_temp_c real, dew_point_c real, friction real, water_um real
) ON COMMIT DELETE ROWS

-- name: copy_reading
-- Rows of one batch into staging.
COPY stage_reading (time, message, value, series) FROM STDIN (FORMAT BINARY)

-- name: copy_lane
-- Rows of one batch into staging.
COPY stage_lane FROM STDIN (FORMAT BINARY)

-- name: copy_track
-- Rows of one batch into staging.
COPY stage_track FROM STDIN (FORMAT BINARY)

-- name: copy_new_reading
-- Rows of one batch straight into the table, in key order; fails when one of them is not new.
COPY sr.reading (time, message, value, series) FROM STDIN (FORMAT BINARY)

-- name: copy_new_lane
-- Rows of one batch straight into the table, in key order; fails when one of them is not new.
COPY sr.lane_interval (
    time, message, device, lane, interval_s, completeness, speed_kmh, krad, pkw, lfw, pkwa, lkw, lkwa, sattel, bus, nk,
    pkwgruppe, lkwkombination, pkwaehnlich, lkwaehnlich, kfz, short, medium, long, rad, fuss, heavy, car)
FROM STDIN (FORMAT BINARY)

-- name: copy_new_track
-- Rows of one batch straight into the table, in key order; fails when one of them is not new.
COPY sr.track (
    time, message, device, lon, lat, speed_mps, az_rms_mps2, surface_temp_c, air_temp_c, dew_point_c, friction, water_um)
FROM STDIN (FORMAT BINARY)

-- name: insert_reading
-- What is new; in key order, so that two workers never wait for each other in a circle. A row whose place is taken changes
-- nothing, but locks what is there, and on TimescaleDB takes it out of the columnstore, where no row can be locked.
INSERT INTO sr.reading (time, message, value, series)
SELECT time, message, value, series FROM stage_reading ORDER BY series, time
ON CONFLICT (series, time) DO UPDATE SET message = EXCLUDED.message WHERE false

-- name: insert_lane
-- What is new; taken places are locked.
INSERT INTO sr.lane_interval (
    time, message, device, lane, interval_s, completeness, speed_kmh, krad, pkw, lfw, pkwa, lkw, lkwa, sattel, bus, nk,
    pkwgruppe, lkwkombination, pkwaehnlich, lkwaehnlich, kfz, short, medium, long, rad, fuss, heavy, car)
SELECT * FROM stage_lane ORDER BY device, lane, time
ON CONFLICT (device, lane, time) DO UPDATE SET message = EXCLUDED.message WHERE false

-- name: insert_track
-- What is new; taken places are locked.
INSERT INTO sr.track (
    time, message, device, lon, lat, speed_mps, az_rms_mps2, surface_temp_c, air_temp_c, dew_point_c, friction, water_um)
SELECT * FROM stage_track ORDER BY device, time
ON CONFLICT (device, time) DO UPDATE SET message = EXCLUDED.message WHERE false

-- name: clash_reading
-- Staged rows whose place is taken by another message: (series, time, value, message) as stored, locked by the insert. With
-- LIMIT 1 each row looks into one partition or chunk; as a join the planner may read a whole table.
SELECT r.series, r.time, r.value, r.message
FROM stage_reading s
CROSS JOIN LATERAL (SELECT * FROM sr.reading r WHERE r.series = s.series AND r.time = s.time LIMIT 1) r
WHERE r.message <> s.message
ORDER BY r.series, r.time

-- name: clash_lane
-- Staged intervals whose place is taken: key, message and fields as stored, locked by the insert.
SELECT r.device, r.lane, r.time, r.message, r.interval_s, r.completeness::float8, r.speed_kmh::float8, r.krad, r.pkw,
       r.lfw, r.pkwa, r.lkw, r.lkwa, r.sattel, r.bus, r.nk, r.pkwgruppe, r.lkwkombination, r.pkwaehnlich,
       r.lkwaehnlich, r.kfz, r.short, r.medium, r.long, r.rad, r.fuss, r.heavy, r.car
FROM stage_lane s
CROSS JOIN LATERAL (
    SELECT * FROM sr.lane_interval r WHERE r.device = s.device AND r.lane = s.lane AND r.time = s.time LIMIT 1) r
WHERE r.message <> s.message
ORDER BY r.device, r.lane, r.time

-- name: clash_track
-- Staged points whose place is taken: key, message and fields as stored, locked by the insert.
SELECT r.device, r.time, r.message, r.lon, r.lat, r.speed_mps::float8, r.az_rms_mps2::float8, r.surface_temp_c::float8,
       r.air_temp_c::float8, r.dew_point_c::float8, r.friction::float8, r.water_um::float8
FROM stage_track s
CROSS JOIN LATERAL (SELECT * FROM sr.track r WHERE r.device = s.device AND r.time = s.time LIMIT 1) r
WHERE r.message <> s.message
ORDER BY r.device, r.time

-- name: update_reading
-- The greater value takes the place. An update would open every batch of the columnstore, an insert only that of its row.
INSERT INTO sr.reading (time, message, value, series) VALUES (%(time)s, %(message)s, %(value)s, %(series)s)
ON CONFLICT (series, time) DO UPDATE SET value = EXCLUDED.value, message = EXCLUDED.message

-- name: update_lane
-- Fields merged, the greater value of each; the row stays with the message that came first.
INSERT INTO sr.lane_interval (
    time, message, device, lane, interval_s, completeness, speed_kmh, krad, pkw, lfw, pkwa, lkw, lkwa, sattel, bus, nk,
    pkwgruppe, lkwkombination, pkwaehnlich, lkwaehnlich, kfz, short, medium, long, rad, fuss, heavy, car)
VALUES (
    %(time)s, %(message)s, %(device)s, %(lane)s, %(interval_s)s, %(completeness)s, %(speed_kmh)s, %(krad)s, %(pkw)s,
    %(lfw)s, %(pkwa)s, %(lkw)s, %(lkwa)s, %(sattel)s, %(bus)s, %(nk)s, %(pkwgruppe)s, %(lkwkombination)s,
    %(pkwaehnlich)s, %(lkwaehnlich)s, %(kfz)s, %(short)s, %(medium)s, %(long)s, %(rad)s, %(fuss)s, %(heavy)s, %(car)s)
ON CONFLICT (device, lane, time) DO UPDATE SET
    interval_s = EXCLUDED.interval_s, completeness = EXCLUDED.completeness, speed_kmh = EXCLUDED.speed_kmh,
    krad = EXCLUDED.krad, pkw = EXCLUDED.pkw, lfw = EXCLUDED.lfw, pkwa = EXCLUDED.pkwa, lkw = EXCLUDED.lkw,
    lkwa = EXCLUDED.lkwa, sattel = EXCLUDED.sattel, bus = EXCLUDED.bus, nk = EXCLUDED.nk,
    pkwgruppe = EXCLUDED.pkwgruppe, lkwkombination = EXCLUDED.lkwkombination, pkwaehnlich = EXCLUDED.pkwaehnlich,
    lkwaehnlich = EXCLUDED.lkwaehnlich, kfz = EXCLUDED.kfz, short = EXCLUDED.short, medium = EXCLUDED.medium,
    long = EXCLUDED.long, rad = EXCLUDED.rad, fuss = EXCLUDED.fuss, heavy = EXCLUDED.heavy, car = EXCLUDED.car

-- name: update_track
-- Fields merged, the greater value of each; the row stays with the message that came first.
INSERT INTO sr.track (
    time, message, device, lon, lat, speed_mps, az_rms_mps2, surface_temp_c, air_temp_c, dew_point_c, friction, water_um)
VALUES (
    %(time)s, %(message)s, %(device)s, %(lon)s, %(lat)s, %(speed_mps)s, %(az_rms_mps2)s, %(surface_temp_c)s,
    %(air_temp_c)s, %(dew_point_c)s, %(friction)s, %(water_um)s)
ON CONFLICT (device, time) DO UPDATE SET
    lon = EXCLUDED.lon, lat = EXCLUDED.lat, speed_mps = EXCLUDED.speed_mps, az_rms_mps2 = EXCLUDED.az_rms_mps2,
    surface_temp_c = EXCLUDED.surface_temp_c, air_temp_c = EXCLUDED.air_temp_c, dew_point_c = EXCLUDED.dew_point_c,
    friction = EXCLUDED.friction, water_um = EXCLUDED.water_um

-- name: insert_conflicts
-- Values that lost, in the given order; one that lost before stays with its first message. Gives the messages of new ones.
INSERT INTO sr.conflict (device, field, time, value, message)
SELECT n.device, n.field, n.time, n.value, n.message
FROM unnest(%(devices)s::integer[], %(fields)s::text[], %(times)s::timestamptz[], %(values)s::float8[],
            %(messages)s::bigint[]) WITH ORDINALITY AS n(device, field, time, value, message, position)
ORDER BY n.position
ON CONFLICT (device, field, time, value) DO NOTHING
RETURNING message

-- name: latest_reading
-- The newest value of each series of a batch, as the table has it now.
INSERT INTO sr.latest AS l (device, item, time, value, message)
SELECT e.device, q.key, r.time, r.value, r.message
FROM unnest(%(series)b::integer[], %(times)b::timestamptz[]) AS s(series, time)
JOIN sr.series e ON e.id = s.series
JOIN sr.quantity q ON q.id = e.quantity
CROSS JOIN LATERAL (SELECT * FROM sr.reading r WHERE r.series = s.series AND r.time = s.time LIMIT 1) r
ORDER BY e.device, q.key
ON CONFLICT (device, item) DO UPDATE SET time = EXCLUDED.time, value = EXCLUDED.value, message = EXCLUDED.message
WHERE EXCLUDED.time > l.time OR EXCLUDED.time = l.time AND EXCLUDED.value IS DISTINCT FROM l.value

-- name: latest_lane
-- Motor vehicles per hour of the newest interval of each lane of a batch; where no scheme adds up, all that it sees.
INSERT INTO sr.latest AS l (device, item, time, value, message)
SELECT r.device, 'lane ' || r.lane, r.time,
       coalesce(kfz, pkwaehnlich + lkwaehnlich, pkwgruppe + pkwa + lkw + lkwkombination + bus + nk,
                krad + pkw + lfw + pkwa + lkw + lkwa + sattel + bus + nk, short + medium + long, car + heavy,
                coalesce(krad, 0) + coalesce(pkw, 0) + coalesce(lfw, 0) + coalesce(pkwa, 0) + coalesce(lkw, 0)
                + coalesce(lkwa, 0) + coalesce(sattel, 0) + coalesce(bus, 0) + coalesce(nk, 0) + coalesce(pkwgruppe, 0)
                + coalesce(lkwkombination, 0) + coalesce(pkwaehnlich, 0) + coalesce(lkwaehnlich, 0)
                + coalesce(short, 0) + coalesce(medium, 0) + coalesce(long, 0) + coalesce(heavy, 0) + coalesce(car, 0)
                + coalesce(rad, 0) + coalesce(fuss, 0))::float8 * 3600 / r.interval_s,
       greatest(r.message, s.message)
FROM unnest(%(devices)b::integer[], %(lanes)b::smallint[], %(times)b::timestamptz[], %(messages)b::bigint[])
     AS s(device, lane, time, message)
CROSS JOIN LATERAL (
    SELECT * FROM sr.lane_interval r WHERE r.device = s.device AND r.lane = s.lane AND r.time = s.time LIMIT 1) r
ORDER BY r.device, r.lane
ON CONFLICT (device, item) DO UPDATE SET time = EXCLUDED.time, value = EXCLUDED.value, message = EXCLUDED.message
WHERE EXCLUDED.time > l.time OR EXCLUDED.time = l.time AND EXCLUDED.value IS DISTINCT FROM l.value

-- name: latest_track
-- The newest position of each vehicle of a batch; 0 m/s where the message told no speed.
INSERT INTO sr.latest AS l (device, item, time, value, lon, lat, message)
SELECT r.device, 'track', r.time, coalesce(r.speed_mps, 0), r.lon, r.lat, greatest(r.message, s.message)
FROM unnest(%(devices)b::integer[], %(times)b::timestamptz[], %(messages)b::bigint[]) AS s(device, time, message)
CROSS JOIN LATERAL (SELECT * FROM sr.track r WHERE r.device = s.device AND r.time = s.time LIMIT 1) r
ORDER BY r.device
ON CONFLICT (device, item) DO UPDATE SET
    time = EXCLUDED.time, value = EXCLUDED.value, lon = EXCLUDED.lon, lat = EXCLUDED.lat, message = EXCLUDED.message
WHERE EXCLUDED.time > l.time
   OR EXCLUDED.time = l.time
      AND (EXCLUDED.value, EXCLUDED.lon, EXCLUDED.lat) IS DISTINCT FROM (l.value, l.lon, l.lat)

-- name: insert_notes
-- Messages that own no row.
INSERT INTO sr.message_note (message, device, kind)
SELECT * FROM unnest(%(messages)s::bigint[], %(devices)s::text[], %(kinds)s::text[])

-- name: insert_quarantine
-- A message that gives no rows, with its bytes and the reason.
INSERT INTO sr.quarantine (message, device, topic, payload, field, value, expected)
VALUES (%(message)s, %(device)s, %(topic)s, %(payload)s, %(field)s, %(value)s, %(expected)s)

-- name: keep_books
-- Add to the counters of device and received quarter; gives the transaction, to ask for its fate after a lost commit.
WITH added AS (
    INSERT INTO sr.book AS b (device, quarter, received, stored, duplicate, quarantined)
    SELECT n.device, n.quarter, n.received, n.stored, n.duplicate, n.quarantined
    FROM unnest(%(devices)s::text[], %(quarters)s::timestamptz[], %(received)s::bigint[], %(stored)s::bigint[],
                %(duplicate)s::bigint[], %(quarantined)s::bigint[])
         AS n(device, quarter, received, stored, duplicate, quarantined)
    ORDER BY n.device, n.quarter
    ON CONFLICT (device, quarter) DO UPDATE SET
        received = b.received + EXCLUDED.received, stored = b.stored + EXCLUDED.stored,
        duplicate = b.duplicate + EXCLUDED.duplicate, quarantined = b.quarantined + EXCLUDED.quarantined)
SELECT pg_current_xact_id()::text

-- name: fate
-- What became of a transaction: committed, aborted, in progress; null when too old to know.
SELECT pg_xact_status(%(transaction)s::text::xid8)

-- name: quarantine_list
-- Open messages by reason and device, the busiest first.
SELECT field, expected, device, count(*), sr.received_at(min(message)), sr.received_at(max(message)), max(message)
FROM sr.quarantine
WHERE resolved_at IS NULL
GROUP BY field, expected, device
ORDER BY count(*) DESC, device
LIMIT %(limit)s

-- name: quarantine_show
-- One message with its bytes.
SELECT message, device, topic, payload, field, value, expected, sr.received_at(message), resolved_at
FROM sr.quarantine WHERE message = %(message)s

-- name: quarantine_open
-- The next open messages of a reason and device (null: all), oldest first, after a receipt.
SELECT message, device, topic, payload, field, value, expected
FROM sr.quarantine
WHERE resolved_at IS NULL AND message > %(after)s
  AND (%(device)s::text IS NULL OR device = %(device)s)
  AND (%(reason)s::text IS NULL OR %(reason)s IN (field, expected, field || ': expected ' || expected))
ORDER BY message
LIMIT %(limit)s

-- name: quarantine_resolve
-- Messages that became rows.
UPDATE sr.quarantine SET resolved_at = %(now)s WHERE message = ANY(%(messages)s::bigint[])

-- name: quarantine_restate
-- A message that still cannot be read, perhaps for another reason or of a device now known.
UPDATE sr.quarantine SET device = %(device)s, field = %(field)s, value = %(value)s, expected = %(expected)s
WHERE message = %(message)s

-- name: replay_request
-- The next request of a page.
SELECT id, reason, device FROM sr.replay_request WHERE done_at IS NULL ORDER BY id LIMIT 1

-- name: replay_lock
-- One replay at a time; waits for its turn.
SELECT pg_advisory_lock(hashtext('sr.quarantine'))

-- name: replay_try_lock
-- One replay at a time; whether it is our turn.
SELECT pg_try_advisory_lock(hashtext('sr.quarantine'))

-- name: replay_unlock
-- The turn of the next.
SELECT pg_advisory_unlock(hashtext('sr.quarantine'))

-- name: replay_done
-- A request answered.
UPDATE sr.replay_request SET done_at = %(now)s, replayed = %(replayed)s, remaining = %(remaining)s WHERE id = %(id)s
