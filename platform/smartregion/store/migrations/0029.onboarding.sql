-- What pages show of the work of ingest: profiles it knows, guesses about unknown devices, recounts of the books.

CREATE TABLE sr.known_profile (
    name  text PRIMARY KEY,
    title text NOT NULL
);
COMMENT ON TABLE sr.known_profile IS 'device profiles that ingest has read, shipped ones and those of the data folder';

CREATE TABLE sr.guess (
    device   text PRIMARY KEY,
    message  bigint NOT NULL,
    source   text NOT NULL,
    model    text,
    profile  text,
    readings jsonb NOT NULL,
    problem  text
);
COMMENT ON TABLE sr.guess IS
    'what ingest makes of the newest message of a device that nobody registered: its source, the profile that fits '
    'best (null: none is needed or none fits), the readings that would come out, or why none would';

CREATE TABLE sr.recount (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    since      timestamptz NOT NULL,
    counted_at timestamptz NOT NULL,
    lines      integer NOT NULL,
    received   bigint NOT NULL,
    wrong      integer NOT NULL
);
COMMENT ON TABLE sr.recount IS 'independent recounts of the books from the quarter hour of since on, newest last';

CREATE TABLE sr.recount_difference (
    recount     bigint NOT NULL REFERENCES sr.recount ON DELETE CASCADE,
    device      text NOT NULL,
    quarter     timestamptz NOT NULL,
    stored      bigint NOT NULL,
    duplicate   bigint NOT NULL,
    quarantined bigint NOT NULL,
    PRIMARY KEY (recount, device, quarter)
);
COMMENT ON TABLE sr.recount_difference IS 'lines of the books where the tables show other numbers than the counters';

CREATE TABLE sr.gap (
    device   text NOT NULL,
    quarter  timestamptz NOT NULL,
    gaps     integer NOT NULL,
    lost     bigint NOT NULL,
    counters jsonb NOT NULL,
    PRIMARY KEY (device, quarter)
);
CREATE INDEX ON sr.gap (quarter);
COMMENT ON TABLE sr.gap IS
    'frame counters that never arrived, by quarter hour (UTC) of the event time of the message after them, as of the '
    'newest recount';

GRANT SELECT, INSERT, UPDATE, DELETE ON sr.known_profile, sr.guess TO sr_ingest;
GRANT SELECT ON sr.known_profile, sr.guess TO sr_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON sr.recount, sr.recount_difference, sr.gap TO sr_web;
