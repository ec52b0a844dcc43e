-- The first schema: registry, data, books, plans. Plain PostgreSQL partitions by month; TimescaleDB gets hypertables.

CREATE SCHEMA sr;
CREATE SCHEMA report;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    END IF;
END $$;

CREATE FUNCTION sr.engine() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb')
                THEN 'timescaledb' ELSE 'plain' END
$$;

-- Registry --------------------------------------------------------------------------------------------------

CREATE TABLE sr.import (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file        text NOT NULL,
    imported_at timestamptz NOT NULL,
    rows        integer NOT NULL,
    undone_at   timestamptz
);

CREATE TABLE sr.import_change (
    import bigint NOT NULL REFERENCES sr.import ON DELETE CASCADE,
    kind   text NOT NULL,
    key    jsonb NOT NULL,
    before jsonb,
    PRIMARY KEY (import, kind, key)
);
COMMENT ON TABLE sr.import_change IS
    'each registry row that an import made (before is null) or changed (before is the row as it was), for its undo';

CREATE TABLE sr.municipality (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    population integer,
    import     bigint REFERENCES sr.import,
    removed_at timestamptz
);

CREATE TABLE sr.fraction (
    key              text PRIMARY KEY,
    name_de          text NOT NULL,
    name_en          text NOT NULL,
    avv              text NOT NULL,
    density_kg_per_l real NOT NULL,
    press_factor     real NOT NULL,
    lift_s           integer NOT NULL
);

CREATE TABLE sr.site (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    street       text NOT NULL DEFAULT '',
    place        text NOT NULL DEFAULT '',
    municipality text REFERENCES sr.municipality,
    lon          double precision NOT NULL,
    lat          double precision NOT NULL,
    access_note  text NOT NULL DEFAULT '',
    window_from  time,
    window_to    time,
    import       bigint REFERENCES sr.import,
    removed_at   timestamptz
);

CREATE TABLE sr.container (
    id           text PRIMARY KEY,
    site         text NOT NULL REFERENCES sr.site,
    fraction     text NOT NULL REFERENCES sr.fraction,
    volume_l     integer NOT NULL CHECK (volume_l > 0),
    rhythm_days  integer CHECK (rhythm_days > 0),
    import       bigint REFERENCES sr.import,
    removed_at   timestamptz
);
COMMENT ON COLUMN sr.container.rhythm_days IS 'days between lifts of the fixed schedule, the baseline';

CREATE TABLE sr.station (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    road         text NOT NULL DEFAULT '',
    place        text NOT NULL DEFAULT '',
    municipality text REFERENCES sr.municipality,
    lon          double precision NOT NULL,
    lat          double precision NOT NULL,
    class_scheme text NOT NULL,
    import       bigint REFERENCES sr.import,
    removed_at   timestamptz
);

CREATE TABLE sr.lane (
    station   text NOT NULL REFERENCES sr.station,
    lane      smallint NOT NULL,
    direction text NOT NULL,
    PRIMARY KEY (station, lane)
);

CREATE TABLE sr.depot (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    lon        double precision NOT NULL,
    lat        double precision NOT NULL,
    import     bigint REFERENCES sr.import,
    removed_at timestamptz
);

CREATE TABLE sr.disposal_site (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    lon        double precision NOT NULL,
    lat        double precision NOT NULL,
    fractions  text[] NOT NULL,
    open_from  time NOT NULL,
    open_to    time NOT NULL,
    service_s  integer NOT NULL,
    import     bigint REFERENCES sr.import,
    removed_at timestamptz
);

CREATE TABLE sr.vehicle (
    id           text PRIMARY KEY,
    name         text NOT NULL,
    purpose      text NOT NULL CHECK (purpose IN ('waste', 'road')),
    municipality text REFERENCES sr.municipality,
    depot        text REFERENCES sr.depot,
    fractions    text[] NOT NULL DEFAULT '{}',
    capacity_kg  integer,
    capacity_l   integer,
    shift_from   time,
    shift_to     time,
    import       bigint REFERENCES sr.import,
    removed_at   timestamptz
);
COMMENT ON COLUMN sr.vehicle.capacity_l IS 'body volume in litres of pressed waste';

CREATE TABLE sr.device (
    id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    profile    text,
    created_at timestamptz NOT NULL DEFAULT now(),
    import     bigint REFERENCES sr.import,
    removed_at timestamptz
);
COMMENT ON COLUMN sr.device.name IS 'identifier in messages: native name, device_id of The Things Stack, DevEUI of ChirpStack';

CREATE TABLE sr.mounting (
    device           integer NOT NULL REFERENCES sr.device,
    object_kind      text NOT NULL CHECK (object_kind IN ('container', 'station', 'vehicle', 'building')),
    object           text NOT NULL,
    valid_from       timestamptz NOT NULL DEFAULT '-infinity',
    valid_to         timestamptz NOT NULL DEFAULT 'infinity',
    empty_distance_m real,
    full_distance_m  real,
    import           bigint REFERENCES sr.import,
    PRIMARY KEY (device, valid_from),
    CHECK (valid_from < valid_to)
);
CREATE INDEX ON sr.mounting (object_kind, object, valid_from);
COMMENT ON TABLE sr.mounting IS 'which device hung where from when to when, with the geometry of a distance sensor';

CREATE TABLE sr.quantity (
    id   smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key  text NOT NULL UNIQUE,
    unit text NOT NULL
);

CREATE TABLE sr.series (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device   integer NOT NULL REFERENCES sr.device,
    quantity smallint NOT NULL REFERENCES sr.quantity,
    UNIQUE (device, quantity)
);

-- Data ------------------------------------------------------------------------------------------------------
-- `message` is the receipt of the PUBLISH packet: (microseconds since 2020-01-01 UTC) * 1024 + worker, unique.

CREATE FUNCTION sr.received_at(message bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp(1577836800 + (message >> 10) / 1e6::double precision)
$$;

CREATE FUNCTION sr.received_quarter(message bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_timestamp(1577836800 + ((message >> 10) / 900000000 * 900)::double precision)
$$;

CREATE FUNCTION sr.first_message(received timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS $$
-- The smallest receipt of a moment, so that a span of received times becomes a span of receipts.
    SELECT ((extract(epoch FROM received) - 1577836800) * 1000000)::bigint << 10
$$;

DO $$
DECLARE
    split text := CASE sr.engine() WHEN 'plain' THEN ' PARTITION BY RANGE (time)' ELSE '' END;
BEGIN
    EXECUTE 'CREATE TABLE sr.reading (
        time    timestamptz NOT NULL,
        message bigint NOT NULL,
        value   double precision NOT NULL,
        series  integer NOT NULL,
        PRIMARY KEY (series, time)
    )' || split;
    EXECUTE 'CREATE TABLE sr.lane_interval (
        time           timestamptz NOT NULL,
        message        bigint NOT NULL,
        device         integer NOT NULL,
        interval_s     integer NOT NULL,
        lane           smallint NOT NULL,
        completeness   real NOT NULL,
        speed_kmh      real,
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
        car            integer,
        PRIMARY KEY (device, lane, time)
    )' || split;
    EXECUTE 'CREATE TABLE sr.track (
        time           timestamptz NOT NULL,
        message        bigint NOT NULL,
        lon            double precision NOT NULL,
        lat            double precision NOT NULL,
        device         integer NOT NULL,
        speed_mps      real,
        az_rms_mps2    real,
        surface_temp_c real,
        air_temp_c     real,
        dew_point_c    real,
        friction       real,
        water_um       real,
        PRIMARY KEY (device, time)
    )' || split;
    IF sr.engine() = 'timescaledb' THEN
        PERFORM create_hypertable('sr.reading', 'time', chunk_time_interval => interval '7 days',
                                  create_default_indexes => false);
        PERFORM create_hypertable('sr.lane_interval', 'time', chunk_time_interval => interval '7 days',
                                  create_default_indexes => false);
        PERFORM create_hypertable('sr.track', 'time', chunk_time_interval => interval '1 day',
                                  create_default_indexes => false);
    ELSE
        -- Years of stray clocks and old archives share one partition.
        CREATE TABLE sr.reading_old PARTITION OF sr.reading FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00+00');
        CREATE TABLE sr.lane_interval_old PARTITION OF sr.lane_interval
            FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00+00');
        CREATE TABLE sr.track_old PARTITION OF sr.track FOR VALUES FROM (MINVALUE) TO ('2010-01-01 00:00+00');
    END IF;
END $$;

-- Rows arrive in the order of receipts, so a small block range index finds what came since.
CREATE INDEX reading_message ON sr.reading USING brin (message) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX lane_interval_message ON sr.lane_interval USING brin (message) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX track_message ON sr.track USING brin (message) WITH (pages_per_range = 16, autosummarize = on);

CREATE FUNCTION sr.ensure_partitions(times timestamptz[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- The months (UTC) of these event times get their partitions; hypertables make chunks themselves.
-- A table is attached, not created in place: that does not wait for readers such as a running backup.
DECLARE
    month timestamptz;
    name  text;
    base  text;
BEGIN
    IF sr.engine() <> 'plain' THEN
        RETURN;
    END IF;
    FOR month IN SELECT DISTINCT date_trunc('month', t, 'UTC') FROM unnest(times) AS t
                 WHERE t >= '2010-01-01 00:00+00' ORDER BY 1 LOOP
        FOREACH base IN ARRAY ARRAY['reading', 'lane_interval', 'track'] LOOP
            name := base || to_char(month AT TIME ZONE 'UTC', '_YYYY_MM');
            IF to_regclass('sr.' || name) IS NULL THEN
                PERFORM pg_advisory_xact_lock(hashtext('sr.ensure_partitions'));
                IF to_regclass('sr.' || name) IS NULL THEN
                    EXECUTE format('CREATE TABLE sr.%I (LIKE sr.%I INCLUDING ALL)', name, base);
                    EXECUTE format('ALTER TABLE sr.%I ATTACH PARTITION sr.%I FOR VALUES FROM (%L) TO (%L)',
                                   base, name, month, date_trunc('month', month + interval '32 days', 'UTC'));
                END IF;
            END IF;
        END LOOP;
    END LOOP;
END $$;

CREATE FUNCTION sr.ensure_partitions(from_time timestamptz, to_time timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- All months of a span; for a batch that mixes years give the single times instead.
    SELECT sr.ensure_partitions(ARRAY(
        SELECT generate_series(date_trunc('month', greatest(from_time, '2010-01-01 00:00+00'), 'UTC'), to_time,
                               interval '28 days')
        UNION ALL SELECT to_time))
$$;

CREATE TABLE sr.conflict (
    device  integer NOT NULL,
    field   text NOT NULL,
    time    timestamptz NOT NULL,
    value   double precision NOT NULL,
    message bigint NOT NULL,
    PRIMARY KEY (device, field, time, value)
);
COMMENT ON TABLE sr.conflict IS
    'values that lost: of two values for one device, field and time the greater is kept, whatever came first';

CREATE TABLE sr.latest (
    device  integer NOT NULL,
    item    text NOT NULL,
    time    timestamptz NOT NULL,
    value   double precision NOT NULL,
    lon     double precision,
    lat     double precision,
    message bigint NOT NULL,
    PRIMARY KEY (device, item)
) WITH (fillfactor = 50);
COMMENT ON COLUMN sr.latest.item IS
    'a quantity; lane N with vehicles of the last interval; or track with speed in m/s and the position';

-- Books -----------------------------------------------------------------------------------------------------

CREATE TABLE sr.book (
    device      text NOT NULL,
    quarter     timestamptz NOT NULL,
    received    bigint NOT NULL,
    stored      bigint NOT NULL,
    duplicate   bigint NOT NULL,
    quarantined bigint NOT NULL,
    PRIMARY KEY (device, quarter)
);
CREATE INDEX ON sr.book (quarter);
COMMENT ON TABLE sr.book IS 'counters of PUBLISH packets by device name (? if unreadable) and received quarter hour (UTC)';

CREATE TABLE sr.message_note (
    message bigint PRIMARY KEY,
    device  text NOT NULL,
    kind    text NOT NULL CHECK (kind IN ('empty', 'merged', 'duplicate'))
);
COMMENT ON TABLE sr.message_note IS
    'messages that own no row: empty (valid without readings), merged (its fields joined the row of another), duplicate';

CREATE TABLE sr.quarantine (
    message     bigint PRIMARY KEY,
    device      text NOT NULL,
    topic       text NOT NULL,
    payload     bytea NOT NULL,
    field       text NOT NULL,
    value       text NOT NULL,
    expected    text NOT NULL,
    resolved_at timestamptz
);
CREATE INDEX ON sr.quarantine (device) WHERE resolved_at IS NULL;

CREATE TABLE sr.replay_request (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT now(),
    reason       text,
    device       text,
    done_at      timestamptz,
    replayed     bigint,
    remaining    bigint
);

-- Roads -----------------------------------------------------------------------------------------------------

CREATE TABLE sr.road_network (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    source      text NOT NULL,
    imported_at timestamptz NOT NULL,
    nodes       integer NOT NULL,
    edges       integer NOT NULL,
    length_km   double precision NOT NULL,
    cut_off     jsonb NOT NULL
);

CREATE TABLE sr.road_network_part (
    network bigint NOT NULL REFERENCES sr.road_network ON DELETE CASCADE,
    part    integer NOT NULL,
    bytes   bytea NOT NULL,
    PRIMARY KEY (network, part)
);

CREATE TABLE sr.segment (
    id        text PRIMARY KEY,
    network   bigint NOT NULL REFERENCES sr.road_network ON DELETE CASCADE,
    name      text NOT NULL,
    class     text NOT NULL,
    surface   text NOT NULL,
    length_m  real NOT NULL,
    lon       double precision[] NOT NULL,
    lat       double precision[] NOT NULL
);

CREATE TABLE sr.segment_pass (
    segment        text NOT NULL REFERENCES sr.segment ON DELETE CASCADE,
    device         integer NOT NULL,
    time           timestamptz NOT NULL,
    speed_mps      real NOT NULL,
    ride_index     real,
    surface_temp_c real,
    water_um       real,
    state          text,
    PRIMARY KEY (segment, device, time)
);
CREATE INDEX ON sr.segment_pass (time);

CREATE TABLE sr.progress_mark (
    name text PRIMARY KEY,
    mark bigint NOT NULL
);
COMMENT ON TABLE sr.progress_mark IS 'how far a job has read, by message receipt';

-- Plans -----------------------------------------------------------------------------------------------------

CREATE TABLE sr.plan (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    date         date NOT NULL,
    state        text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
    requested_at timestamptz NOT NULL,
    finished_at  timestamptz,
    seconds      double precision NOT NULL,
    accepted_at  timestamptz,
    progress     jsonb NOT NULL DEFAULT '{}',
    summary      jsonb NOT NULL DEFAULT '{}',
    error        text
);
CREATE INDEX ON sr.plan (date, id DESC);

CREATE TABLE sr.tour (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan       bigint NOT NULL REFERENCES sr.plan ON DELETE CASCADE,
    number     integer NOT NULL,
    vehicle    text NOT NULL REFERENCES sr.vehicle,
    fraction   text NOT NULL REFERENCES sr.fraction,
    start_at   timestamptz NOT NULL,
    end_at     timestamptz NOT NULL,
    distance_m double precision NOT NULL,
    load_kg    double precision NOT NULL,
    lifts      integer NOT NULL,
    geometry   jsonb NOT NULL
);
COMMENT ON COLUMN sr.tour.geometry IS 'list of [lon, lat] along the roads';

CREATE TABLE sr.tour_stop (
    tour       bigint NOT NULL REFERENCES sr.tour ON DELETE CASCADE,
    seq        integer NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('start', 'site', 'disposal', 'break', 'end')),
    place      text NOT NULL,
    name       text NOT NULL,
    lon        double precision,
    lat        double precision,
    arrive_at  timestamptz NOT NULL,
    depart_at  timestamptz NOT NULL,
    leg_m      double precision NOT NULL,
    load_kg    double precision NOT NULL,
    containers jsonb NOT NULL DEFAULT '[]',
    note       text NOT NULL DEFAULT '',
    done_at    timestamptz,
    PRIMARY KEY (tour, seq)
);
COMMENT ON COLUMN sr.tour_stop.place IS 'id of the site, depot or disposal site; empty for a break';
COMMENT ON COLUMN sr.tour_stop.containers IS 'list of {id, level, volume_l} to lift here';

-- Access ----------------------------------------------------------------------------------------------------

CREATE TABLE sr.person (
    name          text PRIMARY KEY,
    password_hash text NOT NULL,
    role          text NOT NULL CHECK (role IN ('viewer', 'dispatcher', 'admin')),
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sr.session (
    token_hash bytea PRIMARY KEY,
    person     text NOT NULL REFERENCES sr.person ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

CREATE TABLE sr.api_key (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL,
    key_hash   bytea NOT NULL UNIQUE,
    role       text NOT NULL CHECK (role IN ('viewer', 'dispatcher', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
