-- Queries of the registry: reading its objects, importing and undoing, devices.

-- name: sites
-- Places with containers.
SELECT id, name, street, place, municipality, lon, lat, access_note, window_from, window_to
FROM sr.site WHERE removed_at IS NULL ORDER BY id

-- name: containers
-- Containers at sites that are in use.
SELECT c.id, c.site, c.fraction, c.volume_l, c.rhythm_days
FROM sr.container c JOIN sr.site s ON s.id = c.site AND s.removed_at IS NULL
WHERE c.removed_at IS NULL ORDER BY c.id

-- name: stations
-- Counting stations with their lanes and directions, ordered by lane.
SELECT s.id, s.name, s.road, s.place, s.municipality, s.lon, s.lat, s.class_scheme,
       coalesce(array_agg(a.lane ORDER BY a.lane) FILTER (WHERE a.lane IS NOT NULL), '{}') AS lane_numbers,
       coalesce(array_agg(a.direction ORDER BY a.lane) FILTER (WHERE a.lane IS NOT NULL), '{}') AS directions
FROM sr.station s LEFT JOIN sr.lane a ON a.station = s.id
WHERE s.removed_at IS NULL GROUP BY s.id ORDER BY s.id

-- name: vehicles
-- Vehicles with capacities and shift.
SELECT id, name, purpose, municipality, depot, fractions, capacity_kg, capacity_l, shift_from, shift_to, truck, side
FROM sr.vehicle WHERE removed_at IS NULL ORDER BY id

-- name: depots
-- Where vehicles start and end.
SELECT id, name, lon, lat FROM sr.depot WHERE removed_at IS NULL ORDER BY id

-- name: disposal_sites
-- Where loads are tipped, with opening hours (local time).
SELECT id, name, lon, lat, fractions, open_from, open_to, service_s
FROM sr.disposal_site WHERE removed_at IS NULL ORDER BY id

-- name: fractions
-- Kinds of waste with the figures that planning uses.
SELECT key, name_de, name_en, avv, density_kg_per_l, press_factor, lift_s FROM sr.fraction ORDER BY key

-- name: municipalities
-- Municipalities with population.
SELECT id, name, population FROM sr.municipality WHERE removed_at IS NULL ORDER BY id

-- name: set_outline
-- The outline of a registered municipality.
INSERT INTO sr.outline (municipality, geometry) VALUES (%(municipality)s, %(geometry)s)
ON CONFLICT (municipality) DO UPDATE SET geometry = excluded.geometry

-- name: outlines
-- Outlines of municipalities in use.
SELECT o.municipality, o.geometry FROM sr.outline o JOIN sr.municipality m ON m.id = o.municipality AND m.removed_at IS NULL

-- name: unplaced_site
-- Without a municipality, with their positions.
SELECT id, lon, lat FROM sr.site WHERE municipality IS NULL

-- name: unplaced_station
-- Without a municipality, with their positions.
SELECT id, lon, lat FROM sr.station WHERE municipality IS NULL

-- name: unplaced_building
-- Without a municipality, with their positions.
SELECT id, lon, lat FROM sr.building WHERE municipality IS NULL

-- name: unplaced_depot
-- Without a municipality, with their positions.
SELECT id, lon, lat FROM sr.depot WHERE municipality IS NULL

-- name: unplaced_disposal_site
-- Without a municipality, with their positions.
SELECT id, lon, lat FROM sr.disposal_site WHERE municipality IS NULL

-- name: unplaced_segment
-- Segments without a municipality, with their middle.
SELECT id, lon[(cardinality(lon) + 1) / 2], lat[(cardinality(lat) + 1) / 2] FROM sr.segment WHERE municipality IS NULL

-- name: place
-- Objects of one kind that have no municipality get theirs; the table is put in.
UPDATE {table} t SET municipality = n.municipality
FROM unnest(%(ids)s::text[], %(municipalities)s::text[]) AS n(id, municipality)
WHERE t.id = n.id AND t.municipality IS NULL

-- name: known_ids
-- Ids that rows of a file may refer to, and positions beside which those of a file are judged.
SELECT 'site' AS kind, id, lon, lat FROM sr.site WHERE removed_at IS NULL
UNION ALL SELECT 'depot', id, lon, lat FROM sr.depot WHERE removed_at IS NULL
UNION ALL SELECT 'station', id, lon, lat FROM sr.station WHERE removed_at IS NULL
UNION ALL SELECT 'building', id, lon, lat FROM sr.building WHERE removed_at IS NULL

-- name: extent
-- Box around the road network that was imported last: west, south, east, north; nulls without one.
SELECT min(p.lon), min(p.lat), max(p.lon), max(p.lat)
FROM sr.segment s, unnest(s.lon, s.lat) AS p(lon, lat)
WHERE s.network = (SELECT max(id) FROM sr.road_network WHERE base IS NULL)

-- name: known_profiles
-- Profiles that ingest has read, by name.
SELECT name, title FROM sr.known_profile ORDER BY name

-- name: device_profiles
-- Profiles of registered devices by name.
SELECT name, profile FROM sr.device WHERE name = ANY(%(names)s) AND profile IS NOT NULL AND removed_at IS NULL

-- name: mountings
-- Mountings of the given devices and at the given objects, oldest first; open ends are null.
SELECT d.name, h.object_kind, h.object, nullif(h.valid_from, '-infinity') AS valid_from,
       nullif(h.valid_to, 'infinity') AS valid_to, h.empty_distance_m, h.full_distance_m, h.factor, h.first_value,
       h.last_value, h.digits
FROM sr.mounting h JOIN sr.device d ON d.id = h.device
WHERE d.name = ANY(%(devices)s)
   OR (h.object_kind, h.object) IN (SELECT * FROM unnest(%(kinds)s::text[], %(objects)s::text[]))
ORDER BY d.name, h.valid_from

-- name: lock_imports
-- One import or undo at a time.
SELECT pg_advisory_xact_lock(hashtext('sr.import'))

-- name: patience
-- How long this transaction waits for a lock of another, ms.
SELECT set_config('lock_timeout', %(wait_ms)s::text, true)

-- name: lock_devices
-- Waits for rows of devices that are being written; the next ones wait for us.
SELECT pg_advisory_xact_lock(hashtext('sr.device'))

-- name: change_devices
-- Who remembers devices asks for them again.
UPDATE sr.device_change SET changes = changes + 1

-- name: new_import
-- Opens an import.
INSERT INTO sr.import (file, imported_at, rows) VALUES (%(file)s, %(now)s, %(rows)s) RETURNING id

-- name: new_municipality
-- Staging table of an import, as the following ones.
CREATE TEMP TABLE new_municipality ON COMMIT DROP AS
SELECT id, name, population, removed_at FROM sr.municipality WITH NO DATA

-- name: new_site
-- Staging table.
CREATE TEMP TABLE new_site ON COMMIT DROP AS
SELECT id, name, street, place, municipality, lon, lat, access_note, window_from, window_to, removed_at
FROM sr.site WITH NO DATA

-- name: new_depot
-- Staging table.
CREATE TEMP TABLE new_depot ON COMMIT DROP AS
SELECT id, name, municipality, lon, lat, removed_at FROM sr.depot WITH NO DATA

-- name: new_disposal_site
-- Staging table.
CREATE TEMP TABLE new_disposal_site ON COMMIT DROP AS
SELECT id, name, municipality, lon, lat, fractions, open_from, open_to, service_s, removed_at
FROM sr.disposal_site WITH NO DATA

-- name: new_container
-- Staging table.
CREATE TEMP TABLE new_container ON COMMIT DROP AS
SELECT id, site, fraction, volume_l, rhythm_days, removed_at FROM sr.container WITH NO DATA

-- name: new_station
-- Staging table.
CREATE TEMP TABLE new_station ON COMMIT DROP AS
SELECT id, name, road, place, municipality, lon, lat, class_scheme, removed_at FROM sr.station WITH NO DATA

-- name: new_lane
-- Staging table.
CREATE TEMP TABLE new_lane ON COMMIT DROP AS SELECT station, lane, direction FROM sr.lane WITH NO DATA

-- name: new_vehicle
-- Staging table.
CREATE TEMP TABLE new_vehicle ON COMMIT DROP AS
SELECT id, name, purpose, municipality, depot, fractions, capacity_kg, capacity_l, shift_from, shift_to, truck, side,
       removed_at
FROM sr.vehicle WITH NO DATA

-- name: new_building
-- Staging table.
CREATE TEMP TABLE new_building ON COMMIT DROP AS
SELECT id, name, street, place, municipality, lon, lat, removed_at FROM sr.building WITH NO DATA

-- name: new_device
-- Staging table.
CREATE TEMP TABLE new_device ON COMMIT DROP AS SELECT name, profile, removed_at FROM sr.device WITH NO DATA

-- name: new_mounting
-- Staging table; the device by its number.
CREATE TEMP TABLE new_mounting ON COMMIT DROP AS
SELECT device, object_kind, object, valid_from, valid_to, empty_distance_m, full_distance_m, factor, first_value,
       last_value, digits
FROM sr.mounting WITH NO DATA

-- name: copy_stage
-- Fills a staging table; its name is put in.
COPY {stage} FROM STDIN

-- name: drop_stages
-- Leaves nothing behind for a second import within the same transaction.
DROP TABLE new_municipality, new_site, new_depot, new_disposal_site, new_container, new_station, new_lane,
           new_vehicle, new_building, new_device, new_mounting

-- name: import_rows
-- Takes a staging table over; counts rows made, changed and unchanged.
SELECT made, changed, same FROM sr.import_rows(%(import)s, %(kind)s, %(keys)s)

-- name: device_numbers
-- Numbers of devices by name.
SELECT name, id FROM sr.device WHERE name = ANY(%(names)s)

-- name: imports
-- Imports and adoptions with how many rows they made and changed, newest first.
SELECT i.id AS number, i.file, i.imported_at, i.rows, i.undone_at,
       (SELECT count(*) FROM sr.import_change c WHERE c.import = i.id AND c.before IS NULL) AS made,
       (SELECT count(*) FROM sr.import_change c WHERE c.import = i.id AND c.before IS NOT NULL) AS changed
FROM sr.import i ORDER BY i.id DESC LIMIT %(limit)s

-- name: objects
-- Containers, stations, vehicles and buildings in use at which a device may hang: kind, id and where it stands.
SELECT 'container' AS kind, c.id, concat_ws(', ', f.name_de, s.name, nullif(s.place, '')) AS told
FROM sr.container c JOIN sr.site s ON s.id = c.site JOIN sr.fraction f ON f.key = c.fraction WHERE c.removed_at IS NULL
UNION ALL SELECT 'station', id, name FROM sr.station WHERE removed_at IS NULL
UNION ALL SELECT 'vehicle', id, name FROM sr.vehicle WHERE removed_at IS NULL
UNION ALL SELECT 'building', id, concat_ws(', ', name, nullif(place, '')) FROM sr.building WHERE removed_at IS NULL
ORDER BY 1, 2

-- name: import
-- One import.
SELECT id, file, imported_at, rows, undone_at FROM sr.import WHERE id = %(import)s

-- name: later_change
-- The first later import, not undone, that touched a row of this one.
SELECT min(b.import) FROM sr.import_change a
JOIN sr.import_change b ON b.kind = a.kind AND b.key = a.key AND b.import > a.import
JOIN sr.import i ON i.id = b.import AND i.undone_at IS NULL
WHERE a.import = %(import)s

-- name: import_users
-- A row in use that needs one which this import made, and that it did not touch itself.
SELECT kind, key, on_kind, on_key FROM sr.import_users(%(import)s) LIMIT 1

-- name: undo_rows
-- Takes back what an import did to one kind of rows.
SELECT removed, restored FROM sr.undo_rows(%(import)s, %(kind)s, %(keys)s)

-- name: close_import
-- Marks an import as undone.
UPDATE sr.import SET undone_at = %(now)s WHERE id = %(import)s

-- name: devices
-- Registered devices with where they hang now and when they last spoke.
SELECT d.name, coalesce(d.profile, '') AS profile, coalesce(h.object_kind, '') AS object_kind,
       coalesce(h.object, '') AS object, max(l.time) AS last_time
FROM sr.device d
LEFT JOIN sr.mounting h ON h.device = d.id AND h.valid_from <= %(now)s AND h.valid_to > %(now)s
LEFT JOIN sr.latest l ON l.device = d.id
WHERE d.removed_at IS NULL
GROUP BY d.id, h.object_kind, h.object ORDER BY d.name

-- name: unknown_devices
-- Devices that send but are not registered, with their newest message and what ingest makes of it, newest first.
SELECT n.device, n.messages, n.last_received, q.topic, q.payload, g.source, g.model, g.profile, g.problem,
       coalesce(g.readings, '[]') AS readings
FROM (
    SELECT device, count(*) AS messages, max(message) AS message, sr.received_at(max(message)) AS last_received
    FROM sr.quarantine
    WHERE resolved_at IS NULL AND device <> '?' AND (%(device)s::text IS NULL OR device = %(device)s::text)
    GROUP BY device
) n
JOIN sr.quarantine q ON q.message = n.message
LEFT JOIN sr.guess g ON g.device = n.device
WHERE NOT EXISTS (SELECT FROM sr.device d WHERE d.name = n.device AND d.removed_at IS NULL)
ORDER BY n.message DESC
LIMIT %(limit)s

-- name: count_unknown
-- Number of devices that send but are not registered.
SELECT count(DISTINCT q.device) FROM sr.quarantine q
WHERE q.resolved_at IS NULL AND q.device <> '?'
  AND NOT EXISTS (SELECT FROM sr.device d WHERE d.name = q.device AND d.removed_at IS NULL)

-- name: is_registered
-- Whether a device is registered.
SELECT EXISTS (SELECT FROM sr.device WHERE name = %(device)s AND removed_at IS NULL)

-- name: waiting
-- How many messages of an unknown device wait.
SELECT count(*) FROM sr.quarantine WHERE resolved_at IS NULL AND device = %(device)s

-- name: object_exists
-- Whether a container, station, vehicle or building is there to carry a device.
SELECT CASE %(kind)s
    WHEN 'container' THEN EXISTS (SELECT FROM sr.container WHERE id = %(object)s AND removed_at IS NULL)
    WHEN 'station' THEN EXISTS (SELECT FROM sr.station WHERE id = %(object)s AND removed_at IS NULL)
    WHEN 'building' THEN EXISTS (SELECT FROM sr.building WHERE id = %(object)s AND removed_at IS NULL)
    ELSE EXISTS (SELECT FROM sr.vehicle WHERE id = %(object)s AND removed_at IS NULL)
END

-- name: request_replay
-- Asks ingest to try the device's quarantined messages again.
INSERT INTO sr.replay_request (device) VALUES (%(device)s) RETURNING id
