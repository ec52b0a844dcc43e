-- Panels of the traffic dashboard; only views of the schema report.

-- name: total
-- Motor vehicles counted in the period by all stations.
SELECT sum(vehicles) AS "Kfz" FROM report.lane_hour WHERE $__timeFilter(time)

-- name: stations
-- Stations that counted in the last hour.
SELECT count(DISTINCT station) AS "meldende Zählstellen" FROM report.lane_interval WHERE time > now() - interval '75 minutes'

-- name: speed
-- Mean speed of all counted vehicles.
SELECT sum(speed_kmh * vehicles) / nullif(sum(vehicles) FILTER (WHERE speed_kmh IS NOT NULL), 0) AS "Geschwindigkeit"
FROM report.lane_hour
WHERE $__timeFilter(time)

-- name: completeness
-- Mean completeness of the hours.
SELECT avg(completeness) AS "Vollständigkeit" FROM report.lane_hour WHERE $__timeFilter(time)

-- name: per_hour
-- Motor vehicles per hour of the ten busiest stations.
WITH busiest AS (
    SELECT station FROM report.lane_hour WHERE $__timeFilter(time) GROUP BY station ORDER BY sum(vehicles) DESC LIMIT 10
)
SELECT time, station || ' ' || place AS metric,
       sum(vehicles)::double precision AS vehicles
FROM report.lane_hour
WHERE $__timeFilter(time) AND station IN (SELECT station FROM busiest)
GROUP BY 1, 2
ORDER BY 1

-- name: by_scheme
-- Motor vehicles per hour by class scheme.
SELECT time, class_scheme AS metric,
       sum(vehicles)::double precision AS vehicles
FROM report.lane_hour
WHERE $__timeFilter(time)
GROUP BY 1, 2
ORDER BY 1

-- name: station_totals
-- Totals by station and direction.
SELECT station AS "Zählstelle", place AS "Ort", direction AS "Richtung", class_scheme AS "Klassenschema",
       sum(vehicles) AS "Kfz", avg(completeness) AS "Vollständigkeit", max(time) AS "letzte Stunde"
FROM report.lane_hour
WHERE $__timeFilter(time)
GROUP BY station, place, direction, class_scheme
ORDER BY sum(vehicles) DESC NULLS LAST
