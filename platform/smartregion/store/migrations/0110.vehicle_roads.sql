-- A vehicle may have roads of its own: the truck it drives as, and the side on which it collects.

ALTER TABLE sr.vehicle ADD COLUMN truck text;
ALTER TABLE sr.vehicle ADD COLUMN side text NOT NULL DEFAULT 'both' CHECK (side IN ('both', 'right'));
COMMENT ON COLUMN sr.vehicle.truck IS 'name of the truck in the road import whose roads it may use; null is the network''s own';
COMMENT ON COLUMN sr.vehicle.side IS 'right: a side loader, which stops only where the container lies to its right';

ALTER TABLE sr.road_network ADD COLUMN base bigint REFERENCES sr.road_network ON DELETE CASCADE;
ALTER TABLE sr.road_network ADD COLUMN truck text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX ON sr.road_network (base, truck) WHERE base IS NOT NULL;
COMMENT ON COLUMN sr.road_network.base IS 'the network of the same import for all vehicles, where this one is that of another truck';
COMMENT ON COLUMN sr.road_network.truck IS 'name of the truck it was made for';
