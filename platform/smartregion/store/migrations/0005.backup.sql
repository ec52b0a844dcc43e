-- What was saved when, so that its age is seen.

CREATE TABLE sr.backup (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    file     text NOT NULL,
    bytes    bigint NOT NULL,
    seconds  double precision NOT NULL
);
GRANT SELECT ON sr.backup TO sr_web, sr_ingest;
