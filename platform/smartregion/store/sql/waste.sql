-- Levels of containers, always computed from raw values with the geometry of the mounting at event time.

-- name: container_now
-- Each container in use with its newest value; `id` narrows to one container, null means all.
SELECT c.id, c.site, s.name AS site_name, s.street, s.place, coalesce(m.name, '') AS municipality, c.fraction,
       c.volume_l, s.lon, s.lat, coalesce(n.device, h.device) AS device, n.level, n.time AS level_time, c.rhythm_days
FROM sr.container c
JOIN sr.site s ON s.id = c.site
LEFT JOIN sr.municipality m ON m.id = s.municipality
LEFT JOIN (
    SELECT DISTINCT ON (g.object) g.object, d.name AS device
    FROM sr.mounting g JOIN sr.device d ON d.id = g.device
    WHERE g.object_kind = 'container' AND g.valid_from <= %(now)s AND g.valid_to > %(now)s
    ORDER BY g.object, g.valid_from DESC, d.name
) h ON h.object = c.id
LEFT JOIN (
    SELECT DISTINCT ON (g.object) g.object, d.name AS device, l.time,
           sr.level(l.item, l.value, g.empty_distance_m, g.full_distance_m) AS level
    FROM sr.latest l
    JOIN sr.mounting g ON g.device = l.device AND g.object_kind = 'container'
                      AND l.time >= g.valid_from AND l.time < g.valid_to
    JOIN sr.device d ON d.id = l.device
    WHERE l.item IN ('level', 'distance')
      AND sr.level(l.item, l.value, g.empty_distance_m, g.full_distance_m) IS NOT NULL
    ORDER BY g.object, l.time DESC, l.item DESC, d.name
) n ON n.object = c.id
WHERE c.removed_at IS NULL AND s.removed_at IS NULL AND (%(id)s::text IS NULL OR c.id = %(id)s::text)
ORDER BY c.id

-- name: container_ids
-- Ids of the containers in use.
SELECT c.id FROM sr.container c JOIN sr.site s ON s.id = c.site AND s.removed_at IS NULL
WHERE c.removed_at IS NULL ORDER BY c.id

-- name: level_history
-- All levels since a moment as two arrays: (place in `ids`, second since then, 1 for a distance) packed, and the level.
SELECT array_agg((o.place::bigint << 32) | (floor(extract(epoch FROM r.time - %(since)s::timestamptz))::bigint << 1)
                 | (q.key = 'distance')::int::bigint),
       array_agg(sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m)::real)
FROM unnest(%(ids)s::text[]) WITH ORDINALITY AS o (id, place)
JOIN sr.mounting h ON h.object_kind = 'container' AND h.object = o.id
JOIN sr.series e ON e.device = h.device
JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
JOIN sr.reading r ON r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
WHERE r.time > %(since)s AND r.time <= %(until)s
  AND sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m) IS NOT NULL

-- name: level_series
-- Levels of one container by event time, through every device that hung there.
SELECT DISTINCT ON (r.time) r.time, sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m) AS level
FROM sr.mounting h
JOIN sr.series e ON e.device = h.device
JOIN sr.quantity q ON q.id = e.quantity AND q.key IN ('level', 'distance')
JOIN sr.reading r ON r.series = e.id AND r.time >= h.valid_from AND r.time < h.valid_to
WHERE h.object_kind = 'container' AND h.object = %(id)s AND r.time >= %(since)s AND r.time < %(until)s
  AND sr.level(q.key, r.value, h.empty_distance_m, h.full_distance_m) IS NOT NULL
ORDER BY r.time, q.key DESC

-- name: site
-- Sites in use with what a driver must know; `id` narrows to one, null means all.
SELECT s.id, s.name, s.street, s.place, coalesce(m.name, '') AS municipality, s.lon, s.lat, s.access_note,
       s.window_from, s.window_to
FROM sr.site s
LEFT JOIN sr.municipality m ON m.id = s.municipality
WHERE s.removed_at IS NULL AND (%(id)s::text IS NULL OR s.id = %(id)s::text)
ORDER BY s.id

-- name: fraction
-- All fractions with their names.
SELECT key, name_de, name_en, avv FROM sr.fraction ORDER BY key
