-- What is expected of each container, lifts that were found or told, and the operator's table of shifts.

CREATE TABLE sr.container_forecast (
    container    text PRIMARY KEY,
    made_at      timestamptz NOT NULL,
    level        double precision,
    level_sd     double precision,
    reason       text NOT NULL,
    rate_per_day double precision NOT NULL,
    rate_sd      double precision NOT NULL,
    first_date   date NOT NULL,
    expected     double precision[] NOT NULL,
    low          double precision[] NOT NULL,
    high         double precision[] NOT NULL,
    p_full       double precision[] NOT NULL,
    CHECK (cardinality(expected) = cardinality(low) AND cardinality(low) = cardinality(high)
           AND cardinality(high) = cardinality(p_full))
);
COMMENT ON TABLE sr.container_forecast IS
    'levels at the end of each local day from first_date on: mean, 90 % interval, probability of being full';
COMMENT ON COLUMN sr.container_forecast.reason IS
    'why the level is as sure as it is: measured, carried, echoes, stuck, jumped, battery, lifts, unknown';

CREATE TABLE sr.container_lift (
    container text NOT NULL,
    time      timestamptz NOT NULL,
    level     double precision NOT NULL,
    source    text NOT NULL CHECK (source IN ('sensor', 'driver')),
    PRIMARY KEY (container, time)
);
CREATE INDEX ON sr.container_lift (time);
COMMENT ON TABLE sr.container_lift IS
    'lifts found in levels (made anew with each forecast) or told by drivers, with the level just before';

CREATE TABLE sr.collection_shift (
    planned   date PRIMARY KEY,
    collected date NOT NULL,
    CHECK (planned <> collected)
);
COMMENT ON TABLE sr.collection_shift IS
    'yearly table of the operator: what the calendar plans for a day is collected on another, earlier or later';

GRANT SELECT, INSERT, UPDATE, DELETE ON sr.container_forecast, sr.container_lift, sr.collection_shift TO sr_web;
