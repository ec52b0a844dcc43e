-- Marks of positions written, in place of a mark by receipt that had to wait until open transactions were surely
-- done: the road page has passes at once, and a batch that commits late is never passed over.

CREATE TABLE sr.track_mark (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    devices integer[] NOT NULL,
    firsts  timestamptz[] NOT NULL,
    lasts   timestamptz[] NOT NULL,
    CHECK (cardinality(devices) = cardinality(firsts) AND cardinality(firsts) = cardinality(lasts))
);
COMMENT ON TABLE sr.track_mark IS
    'first and last event time of positions by device and UTC day, one row a batch, written in the transaction of the '
    'positions, gone when their passes over road segments are made';

INSERT INTO sr.track_mark (devices, firsts, lasts)
SELECT array_agg(device), array_agg(first), array_agg(last)
FROM (SELECT device, min(time) AS first, max(time) AS last FROM sr.track
      GROUP BY device, date_bin('1 day', time, timestamptz '2000-01-01 00:00+00')) n
HAVING count(*) > 0;

DROP TABLE sr.progress_mark;

GRANT INSERT ON sr.track_mark TO sr_ingest;
GRANT SELECT, INSERT, DELETE ON sr.track_mark TO sr_web;
