-- Sessions of ingest at the broker: written before one exists there, deleted after it has ended, so that none is forgotten.

CREATE TABLE sr.broker_session (
    client_id text PRIMARY KEY,
    session   text NOT NULL,
    worker    integer NOT NULL,
    shared    boolean NOT NULL,
    topics    text[] NOT NULL,
    since     timestamptz NOT NULL DEFAULT clock_timestamp(),
    left_at   timestamptz
);
COMMENT ON TABLE sr.broker_session IS
    'MQTT sessions that the broker may hold for ingest; left_at: unsubscribed, and emptied by and by';
COMMENT ON COLUMN sr.broker_session.shared IS 'whether several workers share the messages';

GRANT SELECT, INSERT, UPDATE, DELETE ON sr.broker_session TO sr_ingest;
GRANT SELECT ON sr.broker_session TO sr_web;
