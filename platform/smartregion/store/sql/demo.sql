-- What the demo asks the database; identifiers and passwords are composed by psycopg, never by hand.

-- name: database_exists
-- Whether a database of this name is there.
SELECT EXISTS (SELECT FROM pg_database WHERE datname = %(name)s)

-- name: create_database
-- {name} is composed as an identifier.
CREATE DATABASE {name}

-- name: role_exists
-- Whether a role of this name is there.
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(name)s)

-- name: create_login
-- {name} and {group} are composed as identifiers, {password} as a literal.
CREATE ROLE {name} LOGIN PASSWORD {password} IN ROLE {group}

-- name: messages_received
-- PUBLISH packets that ingest has committed.
SELECT coalesce(sum(received), 0)::bigint FROM sr.book

-- name: newest_receipt
-- When the last message was received; null when there was none.
SELECT sr.received_at(max(message)) FROM sr.latest

-- name: registered
-- Sites, containers, stations and vehicles in the registry.
SELECT (SELECT count(*) FROM sr.site WHERE removed_at IS NULL),
       (SELECT count(*) FROM sr.container WHERE removed_at IS NULL),
       (SELECT count(*) FROM sr.station WHERE removed_at IS NULL),
       (SELECT count(*) FROM sr.vehicle WHERE removed_at IS NULL)

-- name: networks
-- How many road networks are imported.
SELECT count(*) FROM sr.road_network

-- name: summary
-- Totals for the closing lines of a demo.
SELECT (SELECT coalesce(sum(received), 0) FROM sr.book),
       (SELECT coalesce(sum(stored), 0) FROM sr.book),
       (SELECT coalesce(sum(duplicate), 0) FROM sr.book),
       (SELECT coalesce(sum(quarantined), 0) FROM sr.book),
       (SELECT count(*) FROM sr.reading) + (SELECT count(*) FROM sr.lane_interval) + (SELECT count(*) FROM sr.track),
       (SELECT count(*) FROM sr.tour),
       (SELECT coalesce(sum(distance_m), 0) / 1000 FROM sr.tour)
