-- A little of everything that the schema after 0060 could hold, made for this test.
INSERT INTO sr.municipality (id, name, population) VALUES ('12066052', 'Calau', 7700);
INSERT INTO sr.site (id, name, municipality, lon, lat) VALUES ('S1', 'Markt', '12066052', 13.95, 51.745);
INSERT INTO sr.container (id, site, fraction, volume_l) VALUES ('C1', 'S1', 'paper', 1100);
INSERT INTO sr.station (id, name, lon, lat, class_scheme) VALUES ('Z1', 'B 169', 13.9, 51.7, '2');
INSERT INTO sr.lane VALUES ('Z1', 1, 'Calau');
INSERT INTO sr.depot (id, name, lon, lat) VALUES ('D1', 'Hof', 13.9, 51.7);
INSERT INTO sr.disposal_site VALUES ('E1', 'Deponie', 13.9, 51.7, '{paper}', '06:30', '16:00', 1200);
INSERT INTO sr.vehicle (id, name, purpose, depot, fractions) VALUES ('V1', 'Kran', 'waste', 'D1', '{paper}');
INSERT INTO sr.device (name) VALUES ('bin-1'), ('count-1'), ('car-1');
INSERT INTO sr.mounting (device, object_kind, object, empty_distance_m, full_distance_m) VALUES
    (1, 'container', 'C1', 1.8, 0.2), (2, 'station', 'Z1', NULL, NULL), (3, 'vehicle', 'V1', NULL, NULL);
INSERT INTO sr.series (device, quantity) SELECT 1, id FROM sr.quantity WHERE key = 'distance';
SELECT sr.ensure_partitions(ARRAY[timestamptz '2026-10-25 00:30Z', timestamptz '2019-01-01']);
INSERT INTO sr.reading VALUES ('2026-10-25 00:30Z', 7000000000000001, 1.0, 1), ('2019-01-01', 7000000000000001, 0.4, 1);
INSERT INTO sr.lane_interval (time, message, device, interval_s, lane, completeness, pkwaehnlich, lkwaehnlich) VALUES
    ('2026-10-25 00:30Z', 7000000000000002, 2, 900, 1, 1, 10, 3), ('2026-10-25 01:30Z', 7000000000000002, 2, 900, 1, 0.5, 4, 0);
INSERT INTO sr.track (time, message, lon, lat, device, speed_mps) VALUES
    ('2026-10-25 00:30Z', 7000000000000003, 13.9, 51.7, 3, 11.5);
INSERT INTO sr.latest (device, item, time, value, message) VALUES (1, 'distance', '2026-10-25 00:30Z', 1.0, 7000000000000001);
INSERT INTO sr.book VALUES ('bin-1', sr.received_quarter(7000000000000001), 2, 1, 1, 0);
INSERT INTO sr.message_note VALUES (7000000000000004, 'bin-1', 'duplicate');
INSERT INTO sr.conflict VALUES (1, 'distance', '2026-10-25 00:30Z', 0.9, 7000000000000005);
INSERT INTO sr.quarantine VALUES (7000000000000006, '?', 't', 'x', 'json', 'x', 'an object');
INSERT INTO sr.message_flag VALUES (7000000000000001, 'bin-1', 'battery_v', '?', 'a number');
INSERT INTO sr.counter_seen VALUES (7000000000000001, '{bin-1}', '{2026-10-25 00:30Z}', '{17}');
INSERT INTO sr.plan (date, state, requested_at, seconds) VALUES ('2026-10-26', 'done', '2026-10-25 12:00Z', 10);
INSERT INTO sr.person (name, password_hash, role) VALUES ('anna', 'x', 'admin');
INSERT INTO sr.backup (taken_at, file, bytes, seconds) VALUES ('2026-10-25 02:00Z', 'a.dump', 1, 1);
INSERT INTO sr.building (id, name, municipality, lon, lat) VALUES ('B1', 'Schule', '12066052', 13.9, 51.7);
INSERT INTO sr.device (name) VALUES ('meter-1');
INSERT INTO sr.mounting (device, object_kind, object, factor) VALUES (4, 'building', 'B1', 40);
INSERT INTO sr.road_network (name, source, imported_at, nodes, edges, length_km, cut_off)
    VALUES ('n', 'n', '2026-10-25 12:00Z', 2, 1, 0.1, '{}');
INSERT INTO sr.segment (id, network, name, class, surface, length_m, lon, lat)
    VALUES ('1f0', 1, 'B 169', 'primary', 'asphalt', 100, '{13.9,13.901}', '{51.7,51.7}');
INSERT INTO sr.segment_pass (segment, device, time, speed_mps, ride_index)
    VALUES ('1f0', 3, '2026-10-25 00:30Z', 11.5, 1.2);
INSERT INTO sr.track_mark (devices, firsts, lasts) VALUES ('{3}', '{2026-10-25 00:30Z}', '{2026-10-25 00:30Z}');
INSERT INTO sr.rollup_state (zone) VALUES ('Europe/Berlin');
INSERT INTO sr.count_rollup
    (span, object, lane, bucket, length_s, longest_s, covered_ms, vehicles, speed_vehicles, speed_sum)
    VALUES ('quarter', 'Z1', 1, '2026-10-25 00:30Z', 900, 900, 900000, 13, 0, 0);
INSERT INTO sr.level_rollup VALUES ('day', 'C1', '2026-10-24 22:00Z', 0.5, 0.5, 0.5, 0.5, 1);
INSERT INTO sr.energy_rollup VALUES ('hour', 'B1', '2026-10-25 00:00Z', 3600, 3600, 3600000, 1.25);
INSERT INTO sr.road_rollup VALUES ('day', '1f0', '2026-10-24 22:00Z', 1, 1, 11.5, 1, 1.2, NULL, 0);
INSERT INTO sr.recount (since, counted_at, lines, received, wrong)
    VALUES ('2026-10-25 00:00Z', '2026-10-25 03:00Z', 1, 2, 0);
INSERT INTO sr.gap VALUES ('bin-1', '2026-10-25 00:30Z', 1, 2, '[18, 19]');
INSERT INTO sr.known_profile VALUES ('native', 'Native');
INSERT INTO sr.container_forecast SELECT 'C1', '2026-10-25 03:00Z', 0.5, 0.02, '', 0.05, 0.01, '2026-10-26',
    '{0.5}', '{0.4}', '{0.6}', '{0}';
INSERT INTO sr.container_lift (container, time, level, source) VALUES ('C1', '2026-10-20 06:00Z', 0.9, 'driver');
INSERT INTO sr.drill (drilled_at, file, taken_at, tables, days, rows, different, seconds)
    VALUES ('2026-10-25 04:00Z', 'a.dump', '2026-10-25 02:00Z', 70, 10, 100, '{}', 2);
INSERT INTO sr.size VALUES ('2026-10-25', 'reading', 2, 16384);
UPDATE sr.retention SET days = 30 WHERE kind = 'track';
