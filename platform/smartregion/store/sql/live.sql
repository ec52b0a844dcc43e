-- What listeners of the live stream need.

-- name: newest
-- Newest values by receipt after a mark, with the level of containers and what the device hangs on.
SELECT l.message, h.object_kind, h.object, d.name AS device, l.item, l.time, l.value,
       CASE WHEN h.object_kind = 'container'
            THEN sr.level(l.item, l.value, h.empty_distance_m, h.full_distance_m) END AS level,
       l.lon, l.lat
FROM sr.latest l
JOIN sr.device d ON d.id = l.device
LEFT JOIN sr.mounting h ON h.device = l.device AND l.time >= h.valid_from AND l.time < h.valid_to
WHERE l.message > %(after)s
ORDER BY l.message, d.name, l.item

-- name: mark
-- The newest receipt; 0 when nothing was ever received.
SELECT coalesce(max(message), 0) FROM sr.latest
