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
-- Rows (as the server counts them), bytes and partitions of each table; partitions and chunks add to their table.
WITH RECURSIVE part AS (
    SELECT c.oid, c.oid AS root FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('sr', 'public') AND NOT c.relispartition
    UNION ALL
    SELECT i.inhrelid, p.root FROM part p JOIN pg_inherits i ON i.inhparent = p.oid
)
SELECT n.nspname || '.' || r.relname AS name, sum(pg_stat_get_live_tuples(p.oid))::bigint AS rows,
       sum(pg_total_relation_size(p.oid))::bigint AS bytes, count(*) FILTER (WHERE p.oid <> r.oid) AS partitions
FROM part p
JOIN pg_class r ON r.oid = p.root
JOIN pg_namespace n ON n.oid = r.relnamespace
GROUP BY 1 ORDER BY 3 DESC, 1

-- name: hypertables
-- Rows (as the server counts them), bytes and chunks of each hypertable with what lies in the columnstore, how many chunks
-- lie there, and whether new ones will.
SELECT 'sr.' || h.hypertable_name AS name,
       c.rows + coalesce((SELECT sum(s.numrows_pre_compression)
                          FROM _timescaledb_catalog.compression_chunk_size s
                          JOIN _timescaledb_catalog.chunk k ON k.id = s.chunk_id
                          JOIN _timescaledb_catalog.hypertable t ON t.id = k.hypertable_id
                          WHERE t.schema_name = 'sr' AND t.table_name = h.hypertable_name), 0)::bigint AS rows,
       hypertable_size(format('sr.%I', h.hypertable_name)::regclass) AS bytes,
       c.chunks AS partitions, c.packed, h.compression_enabled AS columnstore
FROM timescaledb_information.hypertables h
CROSS JOIN LATERAL (
    SELECT count(*) AS chunks, count(*) FILTER (WHERE i.is_compressed) AS packed,
           coalesce(sum(CASE WHEN i.is_compressed THEN greatest(r.reltuples, 0)::bigint
                             ELSE pg_stat_get_live_tuples(r.oid) END), 0)::bigint AS rows
    FROM timescaledb_information.chunks i
    JOIN pg_class r ON r.oid = format('%I.%I', i.chunk_schema, i.chunk_name)::regclass
    WHERE i.hypertable_schema = 'sr' AND i.hypertable_name = h.hypertable_name
) c
WHERE h.hypertable_schema = 'sr' ORDER BY 1

-- name: license
-- Which features TimescaleDB was started with.
SELECT current_setting('timescaledb.license', true)

-- name: compression
-- Bytes before and after the columnstore took them, by hypertable.
SELECT h.hypertable_name, sum(s.before_compression_total_bytes), sum(s.after_compression_total_bytes)
FROM timescaledb_information.hypertables h,
     hypertable_compression_stats(format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass) s
WHERE h.hypertable_schema = 'sr' AND s.after_compression_total_bytes > 0
GROUP BY 1

-- name: background_health
-- Background jobs of TimescaleDB that somebody made, with their last success and all failures.
SELECT 'timescaledb' AS source, concat_ws(' ', j.application_name, j.hypertable_name) AS name,
       s.last_successful_finish AS last_success, coalesce(s.total_failures, 0)::integer AS failures
FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.job_stats s USING (job_id)
WHERE j.job_id >= 1000 ORDER BY j.job_id

-- name: worker_health
-- Tasks of the worker with their last success and the failures since a moment.
SELECT 'worker' AS source, j.task_name AS name, max(e.at) FILTER (WHERE e.type = 'succeeded') AS last_success,
       (count(*) FILTER (WHERE e.type = 'failed' AND e.at >= %(since)s))::integer AS failures
FROM public.procrastinate_jobs j JOIN public.procrastinate_events e ON e.job_id = j.id
GROUP BY 2 HAVING count(*) FILTER (WHERE e.type IN ('succeeded', 'failed')) > 0 ORDER BY 2

-- name: policy_health
-- Policies that ran in the foreground, with their last success and the failures since.
SELECT 'policy' AS source, policy AS name, succeeded_at AS last_success, failures FROM sr.policy_run ORDER BY policy

-- name: note_policy
-- What a policy did just now.
INSERT INTO sr.policy_run AS p (policy, ran_at, succeeded_at, failures, said)
VALUES (%(policy)s, %(now)s, CASE WHEN NOT %(failed)s THEN %(now)s::timestamptz END, %(failed)s::integer, %(said)s)
ON CONFLICT (policy) DO UPDATE SET
    ran_at = EXCLUDED.ran_at, succeeded_at = coalesce(EXCLUDED.succeeded_at, p.succeeded_at), said = EXCLUDED.said,
    failures = CASE WHEN EXCLUDED.failures = 0 THEN 0 ELSE p.failures + 1 END

-- name: use_columnstore
-- Turns the columnstore on where it is off; why it cannot be had, null where it is on or there is none.
SELECT sr.use_columnstore()

-- name: note_size
-- Rows and bytes of a kind on a day; the last look of a day stays.
INSERT INTO sr.size (day, kind, rows, bytes) VALUES (%(day)s, %(kind)s, %(rows)s, %(bytes)s)
ON CONFLICT (day, kind) DO UPDATE SET rows = EXCLUDED.rows, bytes = EXCLUDED.bytes

-- name: growth
-- Bytes a day from the first noted day since then to the last; null with a single day.
SELECT (sum(bytes) FILTER (WHERE day = last) - sum(bytes) FILTER (WHERE day = first)) / nullif(max(last) - min(first), 0)
FROM (SELECT day, bytes, min(day) OVER () AS first, max(day) OVER () AS last FROM sr.size WHERE day >= %(since)s) s

-- name: least_memory
-- What this transaction sorts goes to the disk.
SET LOCAL work_mem = '64kB'

-- name: disk_probe
-- Sorts a megabyte on the disk, and so fails where there is no room; writes no log, which would stop the server then.
SELECT count(*) FROM (SELECT n, repeat('x', 64) FROM generate_series(1, 12000) n ORDER BY -n OFFSET 1) s

-- name: last_backup
-- When the last backup was taken, null without any.
SELECT max(taken_at) FROM sr.backup

-- name: last_backup_bytes
-- How large the last backup is.
SELECT bytes FROM sr.backup ORDER BY id DESC LIMIT 1

-- name: add_backup
-- Notes a backup.
INSERT INTO sr.backup (taken_at, file, bytes, seconds, rows)
VALUES (%(taken_at)s, %(file)s, %(bytes)s, %(seconds)s, %(rows)s)

-- name: base_tables
-- Tables whose content is compared after a restore, with the column of their time (null: none); partitions count with
-- their parent.
SELECT n.nspname, c.relname,
       (SELECT a.attname FROM pg_attribute a
        WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.atttypid = 'timestamptz'::regtype
          AND a.attname IN ('time', 'quarter', 'bucket', 'imported_at', 'requested_at', 'arrive_at', 'start_at')
        ORDER BY a.attnum LIMIT 1)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('sr', 'public') AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, 2

-- name: checksum
-- Rows of a table and the sum of a 64-bit hash of each, free of their order, by day (UTC).
SELECT coalesce(({moment} AT TIME ZONE 'UTC')::date::text, ''), count(*),
       coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text
FROM {table} t GROUP BY 1

-- name: export_snapshot
-- A name by which other sessions see what this transaction sees.
SELECT pg_export_snapshot()

-- name: snapshot
-- From now on this transaction sees one moment and changes nothing.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: data_sizes
-- Bytes of each table that holds rows, by schema and name, as pg_dump names them; 0 for one that is gone by now.
SELECT n.nspname || '.' || c.relname, coalesce(pg_table_size(c.oid), 0)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_toast%%'

-- name: data_directory
-- Where the server keeps its files, for the owner.
SELECT current_setting('data_directory', true)

-- name: data_directory_told
-- The same for pages and worker, by way of the owner's function.
SELECT sr.data_directory()

-- name: create_scratch
-- A database beside ours, as empty as can be.
CREATE DATABASE {name} TEMPLATE template0

-- name: drop_scratch
-- Away with it, whoever is in it.
DROP DATABASE IF EXISTS {name} WITH (FORCE)

-- name: leave_database
-- Ends all sessions in a database, so that it can be renamed.
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %(name)s AND pid <> pg_backend_pid()

-- name: rename_database
-- Gives a database another name.
ALTER DATABASE {old} RENAME TO {new}

-- name: add_drill
-- Notes what a drill found.
INSERT INTO sr.drill (drilled_at, file, taken_at, tables, days, rows, different, error, seconds)
VALUES (%(drilled_at)s, %(file)s, %(taken_at)s, %(tables)s, %(days)s, %(rows)s, %(different)s, %(error)s, %(seconds)s)

-- name: last_drill
-- The newest drill.
SELECT drilled_at, file, taken_at, tables, days, rows, different, error, seconds
FROM sr.drill ORDER BY id DESC LIMIT 1

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
    FOREACH role IN ARRAY {roles}::text[] LOOP
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
-- Jobs of TimescaleDB that somebody made and this user may run: the columnstore and others.
SELECT job_id, application_name FROM timescaledb_information.jobs
WHERE job_id >= 1000 AND pg_has_role(owner, 'USAGE') ORDER BY job_id

-- name: run_job
-- Runs one of them now, in the foreground.
CALL run_job(%(job)s)

-- name: clock
-- The server's clock at this moment.
SELECT clock_timestamp()
