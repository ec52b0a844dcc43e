-- What an operator knows beside the registry: contracts, chambers of vehicles, closed hours of sites, events.

CREATE TABLE sr.contract (
    fraction       text NOT NULL REFERENCES sr.fraction,
    municipality   text REFERENCES sr.municipality,
    body           text NOT NULL,
    mode           text NOT NULL CHECK (mode IN ('dynamic', 'fixed')),
    tour_kind      text NOT NULL CHECK (tour_kind IN ('depot', 'door')),
    regime         text NOT NULL CHECK (regime IN ('arbzg', 'eu561+arbzg')),
    plans          boolean NOT NULL,
    vehicles       text[] NOT NULL DEFAULT '{}',
    disposal_sites text[] NOT NULL DEFAULT '{}',
    UNIQUE NULLS NOT DISTINCT (fraction, municipality)
);
COMMENT ON TABLE sr.contract IS
    'who is responsible for a fraction, in one municipality or (null) in all others, and how its tours are driven';
COMMENT ON COLUMN sr.contract.mode IS 'dynamic: lifted when it pays; fixed: lifted by the calendar, as door to door';
COMMENT ON COLUMN sr.contract.regime IS
    'rules for breaks: arbzg, or eu561+arbzg where Regulation (EC) 561/2006 applies beside it';
COMMENT ON COLUMN sr.contract.plans IS 'false: levels are only seen, somebody else plans';
COMMENT ON COLUMN sr.contract.vehicles IS 'the only ones that may serve it; empty means all of the fraction';

CREATE TABLE sr.chamber (
    vehicle     text NOT NULL REFERENCES sr.vehicle,
    number      smallint NOT NULL CHECK (number > 0),
    fractions   text[] NOT NULL CHECK (cardinality(fractions) > 0),
    capacity_kg integer NOT NULL CHECK (capacity_kg > 0),
    capacity_l  integer NOT NULL CHECK (capacity_l > 0),
    PRIMARY KEY (vehicle, number)
);
COMMENT ON TABLE sr.chamber IS 'parts of a vehicle''s body, each a capacity of its own, as for colours of glass';

CREATE TABLE sr.closure (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site         text REFERENCES sr.site,
    municipality text REFERENCES sr.municipality,
    weekdays     smallint[] NOT NULL DEFAULT '{}',
    closed_from  time,
    closed_to    time,
    first        date,
    last         date,
    school_days  boolean NOT NULL DEFAULT false,
    reason       text NOT NULL,
    CHECK ((closed_from IS NULL) = (closed_to IS NULL)),
    CHECK (closed_from < closed_to),
    CHECK (first <= last)
);
COMMENT ON TABLE sr.closure IS
    'when nobody may collect at a site, or at all sites of a municipality, or (both null) anywhere; local time';
COMMENT ON COLUMN sr.closure.weekdays IS '0 Monday to 6 Sunday; empty means every day';

CREATE TABLE sr.event (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL,
    first        date NOT NULL,
    last         date NOT NULL,
    site         text REFERENCES sr.site,
    municipality text REFERENCES sr.municipality,
    lon          double precision,
    lat          double precision,
    radius_m     double precision,
    CHECK (first <= last),
    CHECK (site IS NOT NULL OR municipality IS NOT NULL OR (lon IS NOT NULL AND lat IS NOT NULL AND radius_m > 0))
);
COMMENT ON TABLE sr.event IS 'fairs and festivals that fill containers: at a site, in a municipality, or around a place';

ALTER TABLE sr.tour ADD COLUMN fractions text[];
COMMENT ON COLUMN sr.tour.fractions IS 'all of them where chambers collect several; null means only `fraction`';

GRANT SELECT, INSERT, UPDATE, DELETE ON sr.contract, sr.chamber, sr.closure, sr.event TO sr_web;
