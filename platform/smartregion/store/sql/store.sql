-- Queries about the database itself: size, checksums, backup, policies.

-- name: has_schema
-- Whether our schema is there at all.
SELECT to_regclass('sr.device') IS NOT NULL

-- name: server
-- Engine, server version, version of TimescaleDB (null without it), name and bytes of the database.
SELECT CASE WHEN x.extversion IS NULL THEN 'plain' ELSE 'timescaledb' END AS engine,
       current_setting('server_version') AS version, x.extversion AS timescaledb,
       current_database()::text AS name, pg_database_size(current_database()) AS bytes
FROM (SELECT 1) one LEFT JOIN pg_extension x ON x.extname = 'timescaledb'

-- name: tables
-- Rows (as the server counts them), bytes and partitions of each table; chunks and partitions add to their parent.
SELECT n.nspname || '.' || r.relname AS name, sum(pg_stat_get_live_tuples(c.oid))::bigint AS rows,
       sum(pg_total_relation_size(c.oid))::bigint AS bytes, count(*) FILTER (WHERE c.oid <> r.oid) AS partitions
FROM pg_class c
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
JOIN pg_class r ON r.oid = coalesce(i.inhparent, c.oid)
JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE c.relkind = 'r' AND n.nspname IN ('sr', 'public')
GROUP BY 1 ORDER BY 3 DESC, 1

-- name: last_backup
-- When the last backup was taken, null without any.
SELECT max(taken_at) FROM sr.backup

-- name: add_backup
-- Notes a backup.
INSERT INTO sr.backup (taken_at, file, bytes, seconds) VALUES (%(taken_at)s, %(file)s, %(bytes)s, %(seconds)s)

-- name: base_tables
-- Tables whose content is compared after a restore; partitions count with their parent.
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('sr', 'public') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2

-- name: checksum
-- Rows of a table and the sum of a 64-bit hash of each, free of their order.
SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text FROM {table} t

-- name: foreign_tables
-- How many tables there are beside the system's and those of extensions.
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT LIKE 'pg\_%%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')

-- name: ensure_roles
-- Group roles are not part of a backup of one database, but its grants name them.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['sr_ingest', 'sr_web', 'sr_report'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
END $$

-- name: timescaledb_there
-- Whether the server can load TimescaleDB.
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')

-- name: before_restore
-- TimescaleDB wants to know that its catalogue is about to be filled.
CREATE EXTENSION IF NOT EXISTS timescaledb; SELECT timescaledb_pre_restore()

-- name: after_restore
-- TimescaleDB works again as usual.
SELECT timescaledb_post_restore()

-- name: analyze
-- Statistics for the planner.
ANALYZE

-- name: make_partitions
-- Partitions for the month before, this one and the two to come.
SELECT sr.ensure_partitions(%(now)s - interval '1 month', %(now)s + interval '2 months')

-- name: background_jobs
-- Jobs of TimescaleDB that somebody made: compression, retention and others.
SELECT job_id, application_name FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY job_id

-- name: run_job
-- Runs one of them now, in the foreground.
CALL run_job(%(job)s)

-- name: clock
-- The server's clock at this moment.
SELECT clock_timestamp()
