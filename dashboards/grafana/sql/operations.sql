-- Panels of the operations dashboard; only views of the schema report.

-- name: rate
-- Messages per second of the last full quarter hours.
SELECT coalesce(sum(received), 0) / greatest(900, extract(epoch FROM now() - min(quarter))) AS "Meldungen/s"
FROM report.book_quarter
WHERE quarter >= now() - interval '1 hour'

-- name: balance
-- What the counters do not explain; must be 0.
SELECT coalesce(sum(received - stored - duplicate - quarantined), 0) AS "Abweichung" FROM report.book_quarter

-- name: quarantined
-- Messages that wait in quarantine.
SELECT coalesce(sum(messages), 0) AS "Quarantäne" FROM report.quarantine_open

-- name: silent
-- Devices without a message in 24 hours.
SELECT count(*) AS "stumme Geräte" FROM report.device_silent

-- name: books
-- The books by received quarter hour.
SELECT quarter AS time, stored AS gespeichert, duplicate AS doppelt, quarantined AS "Quarantäne"
FROM report.book_quarter
WHERE $__timeFilter(quarter)
ORDER BY quarter

-- name: reasons
-- Why messages wait in quarantine.
SELECT reason AS "Grund", messages AS "Meldungen", last_received AS "zuletzt"
FROM report.quarantine_open
ORDER BY messages DESC

-- name: silent_devices
-- Which devices are silent.
SELECT device AS "Gerät", object_kind AS "Art", object AS "Objekt", last_time AS "letzter Wert"
FROM report.device_silent
ORDER BY last_time NULLS FIRST
LIMIT 200
