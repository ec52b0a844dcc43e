-- Plans that change another plan of their date: what the dispatcher wishes, and from which moment on.

ALTER TABLE sr.plan ADD COLUMN base bigint REFERENCES sr.plan ON DELETE SET NULL;
ALTER TABLE sr.plan ADD COLUMN edits jsonb;
ALTER TABLE sr.plan ADD COLUMN from_time timestamptz;
COMMENT ON COLUMN sr.plan.base IS 'the plan that this one changes as little as it can; null for one made from levels';
COMMENT ON COLUMN sr.plan.edits IS 'what the dispatcher wishes: exclude, add, move, lock, out, swap';
COMMENT ON COLUMN sr.plan.from_time IS 'what has begun by then stays as it is; null: nothing has';
