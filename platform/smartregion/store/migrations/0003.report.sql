-- Known fractions and quantities, levels and totals computed from raw values, and the views that reports may read.

INSERT INTO sr.fraction (key, name_de, name_en, avv, density_kg_per_l, press_factor, lift_s) VALUES
    ('residual',        'Restabfall',        'Residual waste',  '20 03 01', 0.125,  4.5,  60),
    ('paper',           'Papier',            'Paper',           '20 01 01', 0.075,  4.0, 180),
    ('glass_white',     'Weißglas',          'White glass',     '15 01 07', 0.300,  1.0, 240),
    ('glass_coloured',  'Buntglas',          'Coloured glass',  '15 01 07', 0.300,  1.0, 240),
    ('bio',             'Bioabfall',         'Organic waste',   '20 03 01', 0.250,  2.0,  20),
    ('light_packaging', 'Leichtverpackungen', 'Light packaging', '15 01 06', 0.0325, 4.0,  60),
    ('textiles',        'Alttextilien',      'Textiles',        '20 01 10', 0.125,  1.0, 180),
    ('bulky',           'Sperrmüll',         'Bulky waste',     '20 03 07', 0.115,  3.0, 180),
    ('litter',          'Papierkörbe',       'Litter bins',     '20 03 01', 0.100,  4.5,  30);

INSERT INTO sr.quantity (key, unit) VALUES
    ('level', '1'), ('distance', 'm'), ('temperature', '°C'), ('surface_temperature', '°C'), ('dew_point', '°C'),
    ('humidity', '%'), ('battery', 'V'), ('battery_level', '1'), ('meter', 'kWh'), ('volume', 'm³'), ('power', 'W'),
    ('pressure', 'Pa'), ('count', '1');

CREATE FUNCTION sr.level(quantity_key text, value double precision, empty_distance_m real, full_distance_m real)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
-- Fill level 0..1.2 of what a sensor measured; a distance needs the geometry of its mounting, otherwise null.
    SELECT CASE
        WHEN quantity_key = 'level' THEN greatest(0::double precision, least(1.2::double precision, value))
        WHEN quantity_key = 'distance' AND empty_distance_m > full_distance_m
            THEN greatest(0::double precision, least(1.2::double precision,
                 (empty_distance_m - value) / (empty_distance_m - full_distance_m)))
    END
$$;

CREATE VIEW sr.lane_interval_total AS
-- All motor vehicles of an interval by what its scheme can see, and heavy traffic (SV) where the scheme can tell.
SELECT time, message, device, interval_s, lane, completeness, speed_kmh,
       coalesce(kfz,
                pkwaehnlich + lkwaehnlich,
                pkwgruppe + pkwa + lkw + lkwkombination + bus + nk,
                krad + pkw + lfw + pkwa + lkw + lkwa + sattel + bus + nk,
                short + medium + long,
                car + heavy) AS vehicles,
       coalesce(lkw + lkwa + sattel + bus, lkw + lkwkombination + bus) AS heavy_known
FROM sr.lane_interval;
COMMENT ON COLUMN sr.lane_interval_total.heavy_known IS
    'Lkw, LkwA, Sattel-Kfz and Bus; null where the scheme cannot tell (Lkw-ähnlich holds cars with trailers)';
GRANT SELECT ON sr.lane_interval_total TO sr_web;

CREATE VIEW report.container_level AS
-- Fill level of each container by event time, through the device that hung there then.
SELECT r.time, c.id AS container, c.site, s.place, coalesce(m.name, '') AS municipality, c.fraction,
       sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m) AS level
FROM sr.quantity q
JOIN sr.series e ON e.quantity = q.id
JOIN sr.mounting h ON h.device = e.device AND h.object_kind = 'container'
JOIN sr.container c ON c.id = h.object
JOIN sr.site s ON s.id = c.site
LEFT JOIN sr.municipality m ON m.id = s.municipality
JOIN sr.reading r ON r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
WHERE q.key IN ('level', 'distance');

CREATE VIEW report.container_now AS
-- Each container with its newest level; level and time are null until a sensor spoke.
SELECT c.id AS container, c.site, s.place, c.fraction, c.volume_l, s.lon, s.lat, n.level, n.time
FROM sr.container c
JOIN sr.site s ON s.id = c.site
LEFT JOIN LATERAL (
    SELECT l.time, sr.level(l.item, l.value, h.empty_distance_m, h.full_distance_m) AS level
    FROM sr.mounting h
    JOIN sr.latest l ON l.device = h.device AND l.item IN ('level', 'distance')
                    AND l.time >= h.valid_from AND l.time < h.valid_to
    WHERE h.object_kind = 'container' AND h.object = c.id
    ORDER BY l.time DESC, l.item DESC
    LIMIT 1
) n ON true
WHERE c.removed_at IS NULL;

CREATE VIEW report.lane_interval AS
-- Each interval as it was counted; a filter on time reaches the partitions, so long charts group this themselves.
SELECT t.time, s.id AS station, s.place, t.lane, coalesce(a.direction, '') AS direction, s.class_scheme, t.interval_s,
       t.vehicles, t.speed_kmh, t.completeness
FROM sr.station s
JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = s.id
JOIN sr.lane_interval_total t ON t.device = h.device AND t.time >= h.valid_from AND t.time < h.valid_to
LEFT JOIN sr.lane a ON a.station = s.id AND a.lane = t.lane;

CREATE VIEW report.lane_quarter AS
-- Motor vehicles of a lane in each quarter hour (UTC), speed weighted by vehicles, share of the quarter covered.
SELECT date_bin('15 minutes', t.time, timestamptz '2000-01-01 00:00+00') AS time, s.id AS station, s.place,
       t.lane, coalesce(a.direction, '') AS direction, s.class_scheme, sum(t.vehicles)::bigint AS vehicles,
       sum(t.speed_kmh * t.vehicles) / nullif(sum(t.vehicles) FILTER (WHERE t.speed_kmh IS NOT NULL), 0) AS speed_kmh,
       least(1, sum(t.completeness * t.interval_s) / 900) AS completeness
FROM sr.station s
JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = s.id
JOIN sr.lane_interval_total t ON t.device = h.device AND t.time >= h.valid_from AND t.time < h.valid_to
LEFT JOIN sr.lane a ON a.station = s.id AND a.lane = t.lane
WHERE t.interval_s <= 900
GROUP BY 1, s.id, t.lane, a.direction;

CREATE VIEW report.station_hour AS
-- Motor vehicles of all lanes of a station in each hour (UTC); completeness is the mean over its lanes.
SELECT date_bin('1 hour', t.time, timestamptz '2000-01-01 00:00+00') AS time, s.id AS station, s.place, s.class_scheme,
       sum(t.vehicles)::bigint AS vehicles,
       sum(t.speed_kmh * t.vehicles) / nullif(sum(t.vehicles) FILTER (WHERE t.speed_kmh IS NOT NULL), 0) AS speed_kmh,
       least(1, sum(t.completeness * t.interval_s) / 3600
                / greatest(1, (SELECT count(*) FROM sr.lane a WHERE a.station = s.id))) AS completeness
FROM sr.station s
JOIN sr.mounting h ON h.object_kind = 'station' AND h.object = s.id
JOIN sr.lane_interval_total t ON t.device = h.device AND t.time >= h.valid_from AND t.time < h.valid_to
WHERE t.interval_s <= 3600
GROUP BY 1, s.id;

CREATE VIEW report.book_quarter AS
-- PUBLISH packets of all devices by received quarter hour (UTC); received = stored + duplicate + quarantined.
SELECT quarter, sum(received)::bigint AS received, sum(stored)::bigint AS stored,
       sum(duplicate)::bigint AS duplicate, sum(quarantined)::bigint AS quarantined
FROM sr.book
GROUP BY quarter;

CREATE VIEW report.quarantine_open AS
-- Messages that wait in quarantine, by reason; payloads stay inside.
SELECT field || ': expected ' || expected AS reason, count(*) AS messages,
       sr.received_at(max(message)) AS last_received
FROM sr.quarantine
WHERE resolved_at IS NULL
GROUP BY field, expected;

CREATE VIEW report.device_silent AS
-- Registered devices without a value for 24 hours; last_time is null when none ever came.
SELECT d.name AS device, h.object_kind, h.object, max(l.time) AS last_time
FROM sr.device d
LEFT JOIN sr.mounting h ON h.device = d.id AND now() >= h.valid_from AND now() < h.valid_to
LEFT JOIN sr.latest l ON l.device = d.id
WHERE d.removed_at IS NULL
GROUP BY d.id, h.object_kind, h.object
HAVING max(l.time) IS NULL OR max(l.time) < now() - interval '24 hours';

CREATE VIEW report.tour AS
-- Tours of the plan in force of each day: the accepted one, else the newest that is done.
SELECT p.date, t.number, t.vehicle, t.fraction, t.start_at, t.end_at, t.distance_m / 1000 AS km, t.load_kg, t.lifts
FROM (SELECT DISTINCT ON (date) id, date FROM sr.plan WHERE state = 'done'
      ORDER BY date, accepted_at DESC NULLS LAST, id DESC) p
JOIN sr.tour t ON t.plan = p.id;

GRANT SELECT ON ALL TABLES IN SCHEMA report TO sr_report, sr_web;
