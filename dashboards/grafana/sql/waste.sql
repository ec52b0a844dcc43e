-- Panels of the waste dashboard; only views of the schema report.

-- name: due
-- Containers at 80 % or more.
SELECT count(*) AS "zu leeren" FROM report.container_now WHERE level >= 0.8

-- name: silent
-- Containers without a level in the last 24 hours.
SELECT count(*) AS "ohne Meldung" FROM report.container_now WHERE time IS NULL OR time < now() - interval '24 hours'

-- name: mean_level
-- Mean level of all containers now.
SELECT avg(level) AS "mittlerer Füllstand" FROM report.container_now

-- name: tours_today
-- Tours of today's plan.
SELECT count(*) AS "Touren" FROM report.tour WHERE date = (now() AT TIME ZONE 'Europe/Berlin')::date

-- name: places
-- Every container on the map.
SELECT container, site, place, fraction, lon, lat, level, time FROM report.container_now WHERE level IS NOT NULL

-- name: level_by_fraction
-- Mean level by fraction and hour.
SELECT date_bin('1 hour', time, timestamptz '2000-01-01 00:00+00') AS time, fraction AS metric, avg(level) AS level
FROM report.container_level
WHERE $__timeFilter(time) AND level IS NOT NULL
GROUP BY 1, 2
ORDER BY 1

-- name: fullest
-- The fullest containers.
SELECT container AS "Behälter", place AS "Ort", fraction AS "Fraktion", volume_l AS "Volumen", level AS "Füllstand",
       time AS "Stand"
FROM report.container_now
WHERE level IS NOT NULL
ORDER BY level DESC
LIMIT 50

-- name: distribution
-- Containers by level class.
SELECT CASE WHEN level < 0.5 THEN '1 unter 50 %' WHEN level < 0.8 THEN '2 50 bis 80 %' ELSE '3 über 80 %' END AS "Klasse",
       count(*) AS "Behälter"
FROM report.container_now
WHERE level IS NOT NULL
GROUP BY 1
ORDER BY 1

-- name: tours
-- Tours of the last days.
SELECT date AS "Tag", number AS "Tour", vehicle AS "Fahrzeug", fraction AS "Fraktion", start_at AS "Beginn",
       end_at AS "Ende", lifts AS "Leerungen", km, load_kg AS "Ladung"
FROM report.tour
WHERE date >= (now() AT TIME ZONE 'Europe/Berlin')::date - 7
ORDER BY date DESC, number
