-- Queries of the migrations.

-- name: lock
-- One migration at a time; the lock goes with the session, so a killed migration leaves nothing behind.
SELECT pg_advisory_lock(hashtext('smartregion.migrate'))

-- name: unlock
-- Lets the next migration begin.
SELECT pg_advisory_unlock(hashtext('smartregion.migrate'))

-- name: has_jobs
-- Whether the job queue has its tables.
SELECT to_regclass('public.procrastinate_jobs') IS NOT NULL

-- name: has_yoyo
-- Whether any migration was ever applied.
SELECT to_regclass('public._yoyo_migration') IS NOT NULL

-- name: applied
-- Applied migrations with their times (UTC).
SELECT migration_id, applied_at_utc FROM public._yoyo_migration ORDER BY migration_id

-- name: job_schema
-- The last migration of the job queue that is applied, as a comment of its table tells; null when nobody noted it.
SELECT obj_description(to_regclass('public.procrastinate_jobs'), 'pg_class')

-- name: note_job_schema
-- Notes the last migration of the job queue.
COMMENT ON TABLE public.procrastinate_jobs IS {version}

-- name: grant_jobs
-- The web application and the work process use the job queue; everybody of ours may look at the migrations.
GRANT SELECT ON public._yoyo_migration TO sr_web, sr_ingest;
DO $$
DECLARE
    item record;
BEGIN
    FOR item IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = 'public' AND c.relname LIKE 'procrastinate\_%' AND c.relkind IN ('r', 'S') LOOP
        IF item.relkind = 'S' THEN
            EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO sr_web', item.name);
        ELSE
            EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO sr_web', item.name);
        END IF;
    END LOOP;
END $$
