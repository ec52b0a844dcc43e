-- What an operator knows beside the registry; a file takes the place of all rows of its kind.

-- name: shifts
-- Days of the calendar that are collected on another day.
SELECT planned, collected FROM sr.collection_shift ORDER BY planned

-- name: forget_shifts
-- The table of the years that a file speaks of.
DELETE FROM sr.collection_shift WHERE extract(year FROM planned) = ANY(%(years)s::integer[])

-- name: keep_shifts
-- One day that is collected on another.
INSERT INTO sr.collection_shift (planned, collected) VALUES (%(planned)s, %(collected)s)

-- name: contracts
-- Who is responsible for a fraction, and how its tours are driven.
SELECT fraction, municipality, body, mode, tour_kind, regime, plans, vehicles, disposal_sites
FROM sr.contract ORDER BY fraction, municipality NULLS LAST

-- name: forget_contracts
-- All contracts.
DELETE FROM sr.contract

-- name: keep_contracts
-- One contract.
INSERT INTO sr.contract (fraction, municipality, body, mode, tour_kind, regime, plans, vehicles, disposal_sites)
VALUES (%(fraction)s, %(municipality)s, %(body)s, %(mode)s, %(tour_kind)s, %(regime)s, %(plans)s, %(vehicles)s,
        %(disposal_sites)s)

-- name: chambers
-- Parts of the bodies of vehicles.
SELECT vehicle, number, fractions, capacity_kg, capacity_l FROM sr.chamber ORDER BY vehicle, number

-- name: forget_chambers
-- All chambers.
DELETE FROM sr.chamber

-- name: keep_chambers
-- One chamber.
INSERT INTO sr.chamber (vehicle, number, fractions, capacity_kg, capacity_l)
VALUES (%(vehicle)s, %(number)s, %(fractions)s, %(capacity_kg)s, %(capacity_l)s)

-- name: closures
-- When nobody may collect.
SELECT site, municipality, weekdays, closed_from, closed_to, first, last, school_days, reason
FROM sr.closure ORDER BY id

-- name: forget_closures
-- All closures.
DELETE FROM sr.closure

-- name: keep_closures
-- One closure.
INSERT INTO sr.closure (site, municipality, weekdays, closed_from, closed_to, first, last, school_days, reason)
VALUES (%(site)s, %(municipality)s, %(weekdays)s, %(closed_from)s, %(closed_to)s, %(first)s, %(last)s,
        %(school_days)s, %(reason)s)

-- name: events
-- Fairs and festivals.
SELECT name, first, last, site, municipality, lon, lat, radius_m FROM sr.event ORDER BY first, id

-- name: forget_events
-- All events.
DELETE FROM sr.event

-- name: keep_events
-- One event.
INSERT INTO sr.event (name, first, last, site, municipality, lon, lat, radius_m)
VALUES (%(name)s, %(first)s, %(last)s, %(site)s, %(municipality)s, %(lon)s, %(lat)s, %(radius_m)s)

-- name: known
-- Ids that rows of a file may name, each with the words that stand for it.
SELECT 'site' AS kind, id, name FROM sr.site WHERE removed_at IS NULL
UNION ALL SELECT 'municipality', id, name FROM sr.municipality WHERE removed_at IS NULL
UNION ALL SELECT 'vehicle', id, name FROM sr.vehicle WHERE removed_at IS NULL
UNION ALL SELECT 'disposal_site', id, name FROM sr.disposal_site WHERE removed_at IS NULL
UNION ALL SELECT 'fraction', key, name_de FROM sr.fraction
