-- Outlines of municipalities: what no file tells of an object follows from where it lies.

CREATE TABLE sr.outline (
    municipality text PRIMARY KEY REFERENCES sr.municipality ON DELETE CASCADE,
    geometry     jsonb NOT NULL
);
COMMENT ON TABLE sr.outline IS 'Polygon or MultiPolygon as GeoJSON (RFC 7946), positions (lon, lat) WGS 84';

GRANT SELECT, INSERT, UPDATE, DELETE ON sr.outline TO sr_web;
