-- A little of everything that the schema of version 0.1.0 could hold, made for this test.
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
