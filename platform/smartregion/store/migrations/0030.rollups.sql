-- Rollups of counts, levels, energy and road segments: marked by whoever writes, recomputed by one refresh of ours.
-- The same plain tables on both engines: continuous aggregates cannot follow a registry correction or a meter swap.

CREATE TYPE sr.span AS ENUM ('quarter', 'hour', 'day', 'week', 'month');

CREATE FUNCTION sr.bucket(span sr.span, moment timestamptz, zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- Begin of the bucket of a moment: quarters and hours of UTC, days, weeks (Monday) and months of the zone.
    SELECT CASE span
        WHEN 'quarter' THEN date_bin('15 minutes', moment, timestamptz '2000-01-01 00:00+00')
        WHEN 'hour' THEN date_bin('1 hour', moment, timestamptz '2000-01-01 00:00+00')
        ELSE date_trunc(span::text, moment, zone)
    END
$$;

CREATE FUNCTION sr.bucket_end(span sr.span, bucket timestamptz, zone text) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- Begin of the next bucket; a local day has 23, 24 or 25 hours.
    SELECT CASE span
        WHEN 'quarter' THEN bucket + interval '15 minutes'
        WHEN 'hour' THEN bucket + interval '1 hour'
        ELSE (bucket AT TIME ZONE zone + ('1 ' || span)::interval) AT TIME ZONE zone
    END
$$;

-- Registry: buildings, a municipality on every object, calibration and register values of a mounting ----------

CREATE TABLE sr.building (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    street       text NOT NULL DEFAULT '',
    place        text NOT NULL DEFAULT '',
    municipality text REFERENCES sr.municipality,
    lon          double precision NOT NULL,
    lat          double precision NOT NULL,
    import       bigint REFERENCES sr.import,
    removed_at   timestamptz
);
ALTER TABLE sr.depot ADD COLUMN municipality text REFERENCES sr.municipality;
ALTER TABLE sr.disposal_site ADD COLUMN municipality text REFERENCES sr.municipality;
ALTER TABLE sr.segment ADD COLUMN municipality text REFERENCES sr.municipality;
ALTER TABLE sr.mounting
    ADD COLUMN factor      double precision CHECK (factor > 0),
    ADD COLUMN first_value double precision,
    ADD COLUMN last_value  double precision,
    ADD COLUMN digits      smallint CHECK (digits BETWEEN 1 AND 15);
COMMENT ON COLUMN sr.mounting.factor IS
    'what one unit of the register is worth while the device hangs here: transformer ratio, kWh a pulse; null is 1';
COMMENT ON COLUMN sr.mounting.first_value IS 'register at valid_from, read at the swap';
COMMENT ON COLUMN sr.mounting.last_value IS 'register at valid_to, read at the swap';
COMMENT ON COLUMN sr.mounting.digits IS 'digits before the point, for a register that rolls over; null: a fall is a gap';

CREATE VIEW sr.object AS
-- Everything with a place in the registry, and the municipality whose people may see it.
SELECT 'site' AS kind, id, name, municipality, lon, lat, removed_at FROM sr.site
UNION ALL
SELECT 'container', c.id, s.name, s.municipality, s.lon, s.lat, coalesce(c.removed_at, s.removed_at)
FROM sr.container c JOIN sr.site s ON s.id = c.site
UNION ALL SELECT 'station', id, name, municipality, lon, lat, removed_at FROM sr.station
UNION ALL
SELECT 'vehicle', v.id, v.name, coalesce(v.municipality, d.municipality), d.lon, d.lat, v.removed_at
FROM sr.vehicle v LEFT JOIN sr.depot d ON d.id = v.depot
UNION ALL SELECT 'building', id, name, municipality, lon, lat, removed_at FROM sr.building
UNION ALL SELECT 'depot', id, name, municipality, lon, lat, removed_at FROM sr.depot
UNION ALL SELECT 'disposal_site', id, name, municipality, lon, lat, removed_at FROM sr.disposal_site
UNION ALL SELECT 'segment', id, name, municipality, lon[1], lat[1], NULL FROM sr.segment;

-- Marks: what was written and not yet rolled up ---------------------------------------------------------------

CREATE TABLE sr.rollup_mark (
    kind   text NOT NULL CHECK (kind IN ('reading', 'lane')),
    idents integer[] NOT NULL,
    firsts timestamptz[] NOT NULL,
    lasts  timestamptz[] NOT NULL,
    CHECK (cardinality(idents) = cardinality(firsts) AND cardinality(firsts) = cardinality(lasts))
);
COMMENT ON TABLE sr.rollup_mark IS
    'first and last event time of rows by series (reading) or device (lane) and UTC day, one row a batch, written in '
    'the transaction of the rows: a refresh sees a mark exactly when it sees its rows';

CREATE TABLE sr.rollup_object_mark (
    kind   text NOT NULL CHECK (kind IN ('container', 'station', 'building', 'segment')),
    object text NOT NULL,
    first  timestamptz NOT NULL,
    last   timestamptz NOT NULL
);
COMMENT ON TABLE sr.rollup_object_mark IS
    'time of an object over which its rollups are to be made anew: a correction of the registry, passes over a segment';

CREATE TABLE sr.rollup_state (
    one  boolean PRIMARY KEY DEFAULT true CHECK (one),
    zone text NOT NULL
);
COMMENT ON TABLE sr.rollup_state IS 'zone of the days that are stored; another one in the settings makes all anew';

CREATE FUNCTION sr.mark_mounting() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- A device that hung elsewhere, another geometry, a meter swap: the rollups of that time at both objects.
BEGIN
    IF TG_OP = 'UPDATE' AND ROW(OLD.*) IS NOT DISTINCT FROM ROW(NEW.*) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.object_kind IN ('container', 'station', 'building') THEN
        INSERT INTO sr.rollup_object_mark VALUES (OLD.object_kind, OLD.object, OLD.valid_from, OLD.valid_to);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.object_kind IN ('container', 'station', 'building') THEN
        INSERT INTO sr.rollup_object_mark VALUES (NEW.object_kind, NEW.object, NEW.valid_from, NEW.valid_to);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER mark_rollups AFTER INSERT OR UPDATE OR DELETE ON sr.mounting
    FOR EACH ROW EXECUTE FUNCTION sr.mark_mounting();

CREATE FUNCTION sr.mark_station() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- The class scheme decides which intervals count as watched.
BEGIN
    INSERT INTO sr.rollup_object_mark VALUES ('station', NEW.id, '-infinity', 'infinity');
    RETURN NULL;
END $$;
CREATE TRIGGER mark_rollups AFTER UPDATE OF class_scheme ON sr.station
    FOR EACH ROW WHEN (OLD.class_scheme IS DISTINCT FROM NEW.class_scheme) EXECUTE FUNCTION sr.mark_station();

CREATE FUNCTION sr.mark_all() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Everything is to be made anew: a database from before rollups, another zone, a proof that failed.
    INSERT INTO sr.rollup_object_mark
    SELECT DISTINCT object_kind, object, timestamptz '-infinity', timestamptz 'infinity' FROM sr.mounting
    WHERE object_kind IN ('container', 'station', 'building')
    UNION ALL SELECT DISTINCT 'segment', segment, timestamptz '-infinity', timestamptz 'infinity' FROM sr.segment_pass
$$;

-- Rollups -----------------------------------------------------------------------------------------------------
-- `span` is first in every key and every table is split by it: a query of one span touches one part.

CREATE TABLE sr.count_rollup (
    span           sr.span NOT NULL,
    object         text NOT NULL,
    lane           smallint NOT NULL,
    bucket         timestamptz NOT NULL,
    length_s       integer NOT NULL,
    longest_s      integer NOT NULL,
    covered_ms     bigint NOT NULL,
    vehicles       integer,
    speed_vehicles integer NOT NULL,
    speed_sum      bigint NOT NULL,
    krad           integer,
    pkw            integer,
    lfw            integer,
    pkwa           integer,
    lkw            integer,
    lkwa           integer,
    sattel         integer,
    bus            integer,
    nk             integer,
    pkwgruppe      integer,
    lkwkombination integer,
    pkwaehnlich    integer,
    lkwaehnlich    integer,
    kfz            integer,
    short          integer,
    medium         integer,
    long           integer,
    rad            integer,
    fuss           integer,
    heavy          integer,
    car            integer
) PARTITION BY LIST (span);
COMMENT ON TABLE sr.count_rollup IS
    'counts of a lane by bucket in which the interval begins; whole numbers, so that any order gives the same sums';
COMMENT ON COLUMN sr.count_rollup.object IS 'id of the station';
COMMENT ON COLUMN sr.count_rollup.length_s IS 'seconds of the bucket';
COMMENT ON COLUMN sr.count_rollup.longest_s IS
    'longest interval inside; beyond length_s the bucket holds what was counted over more than itself';
COMMENT ON COLUMN sr.count_rollup.covered_ms IS 'time really watched; completeness is this by the length, 1 at most';
COMMENT ON COLUMN sr.count_rollup.vehicles IS
    'all motor vehicles; as each class null when an interval could not tell: unknown is never 0';
COMMENT ON COLUMN sr.count_rollup.speed_sum IS '0.01 km/h times vehicles, over the speed_vehicles of known speed';

CREATE TABLE sr.level_rollup (
    span     sr.span NOT NULL CHECK (span >= 'day'),
    object   text NOT NULL,
    bucket   timestamptz NOT NULL,
    first    double precision NOT NULL,
    last     double precision NOT NULL,
    low      double precision NOT NULL,
    high     double precision NOT NULL,
    readings integer NOT NULL
) PARTITION BY LIST (span);
COMMENT ON TABLE sr.level_rollup IS
    'fill levels of a container 0..1.2; quarters and hours are not stored: a sensor tells about once an hour';

CREATE TABLE sr.energy_rollup (
    span       sr.span NOT NULL,
    object     text NOT NULL,
    bucket     timestamptz NOT NULL,
    length_s   integer NOT NULL,
    longest_s  integer NOT NULL,
    covered_ms bigint NOT NULL,
    energy_kwh numeric(18, 6) NOT NULL
) PARTITION BY LIST (span);
COMMENT ON TABLE sr.energy_rollup IS
    'use of a building: differences of its registers, shared out evenly between two readings; a fall of a register '
    'that is neither a swap nor a rollover is a gap';
COMMENT ON COLUMN sr.energy_rollup.longest_s IS
    'longest time between two readings; beyond length_s the share of this bucket is an estimate';

CREATE TABLE sr.road_rollup (
    span           sr.span NOT NULL CHECK (span >= 'day'),
    object         text NOT NULL,
    bucket         timestamptz NOT NULL,
    passes         integer NOT NULL,
    ride_passes    integer NOT NULL,
    ride_sum       bigint NOT NULL,
    ride_low       real,
    ride_high      real,
    temp_low_c     real,
    slippery       integer NOT NULL
) PARTITION BY LIST (span);
COMMENT ON TABLE sr.road_rollup IS
    'passes over a segment of all vehicles together, no personal data: they stay when positions go';
COMMENT ON COLUMN sr.road_rollup.ride_sum IS '1e-6 m/s² summed over ride_passes';

DO $$
DECLARE
    kind text;
    span text;
BEGIN
    FOREACH kind IN ARRAY ARRAY['count', 'level', 'energy', 'road'] LOOP
        FOR span IN SELECT unnest(enum_range(NULL::sr.span)) LOOP
            CONTINUE WHEN kind IN ('level', 'road') AND span IN ('quarter', 'hour');
            EXECUTE format('CREATE TABLE sr.%I PARTITION OF sr.%I FOR VALUES IN (%L)',
                           kind || '_' || span, kind || '_rollup', span);
        END LOOP;
    END LOOP;
END $$;

-- A chart over a year reads counts of a station from the index alone.
ALTER TABLE sr.count_rollup
    ADD PRIMARY KEY (span, object, lane, bucket) INCLUDE (vehicles, covered_ms, longest_s);
ALTER TABLE sr.level_rollup ADD PRIMARY KEY (span, object, bucket);
ALTER TABLE sr.energy_rollup ADD PRIMARY KEY (span, object, bucket);
ALTER TABLE sr.road_rollup ADD PRIMARY KEY (span, object, bucket);
CREATE INDEX ON sr.road_rollup (bucket);

CREATE TABLE sr.rollup_proof (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    proved_at timestamptz NOT NULL,
    sampled   integer NOT NULL,
    equal     integer NOT NULL,
    by_kind   jsonb NOT NULL,
    differing jsonb NOT NULL,
    seconds   double precision NOT NULL
);
COMMENT ON TABLE sr.rollup_proof IS 'rollups recomputed from raw rows: how many were drawn, how many were equal';

-- Rights and what is there already ----------------------------------------------------------------------------

GRANT SELECT, INSERT, UPDATE, DELETE ON sr.building TO sr_web;
GRANT SELECT ON sr.object, sr.building TO sr_ingest, sr_web;
GRANT INSERT ON sr.rollup_mark TO sr_ingest;
GRANT SELECT, INSERT, DELETE ON sr.rollup_mark, sr.rollup_object_mark TO sr_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON
    sr.count_rollup, sr.level_rollup, sr.energy_rollup, sr.road_rollup, sr.rollup_state
TO sr_web;
GRANT SELECT, INSERT ON sr.rollup_proof TO sr_web;
REVOKE EXECUTE ON FUNCTION sr.mark_all() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.mark_all() TO sr_web;

DO $$ BEGIN PERFORM sr.mark_all(); END $$;
