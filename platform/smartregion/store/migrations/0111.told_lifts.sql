-- Lifts outside tours: why, and that nobody may have looked at the level.

ALTER TABLE sr.container_lift ALTER COLUMN level DROP NOT NULL;
ALTER TABLE sr.container_lift ADD COLUMN reason text NOT NULL DEFAULT ''
    CHECK (reason IN ('', 'complaint', 'overfull', 'event', 'on_the_way', 'other'));
COMMENT ON COLUMN sr.container_lift.level IS 'just before, share of the usable volume; null when nobody looked';
COMMENT ON COLUMN sr.container_lift.reason IS 'why it was emptied outside the tours of a plan; empty when nobody said';
