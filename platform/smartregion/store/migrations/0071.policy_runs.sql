-- What each policy did when it last ran in the foreground: TimescaleDB notes only runs of its own background workers.

CREATE TABLE sr.policy_run (
    policy       text PRIMARY KEY,
    ran_at       timestamptz NOT NULL,
    succeeded_at timestamptz,
    failures     integer NOT NULL,
    said         text NOT NULL
);
COMMENT ON COLUMN sr.policy_run.failures IS 'runs since the last success';
COMMENT ON COLUMN sr.policy_run.said IS 'what the last run did, or why it failed';

GRANT SELECT, INSERT, UPDATE ON sr.policy_run TO sr_web;
GRANT SELECT ON sr.policy_run TO sr_ingest;
GRANT EXECUTE ON FUNCTION sr.use_columnstore() TO sr_web;
