-- What drivers say of containers: the level that they saw, and why one was not emptied.

CREATE TABLE sr.driver_note (
    key       text PRIMARY KEY,
    tour      bigint NOT NULL REFERENCES sr.tour ON DELETE CASCADE,
    seq       integer NOT NULL,
    container text NOT NULL,
    at        timestamptz NOT NULL,
    level     double precision CHECK (level BETWEEN 0 AND 1.2),
    reason    text CHECK (reason IN ('', 'blocked', 'not_out', 'contaminated', 'damaged')),
    CHECK ((level IS NULL) <> (reason IS NULL))
);
CREATE INDEX ON sr.driver_note (container, at);
COMMENT ON TABLE sr.driver_note IS 'one thing said of one container; key is made where it was said, so that saying it twice changes nothing';
COMMENT ON COLUMN sr.driver_note.reason IS 'blocked, not_out, contaminated: not emptied; damaged: emptied; empty takes a reason back';

GRANT SELECT, INSERT ON sr.driver_note TO sr_web;
