-- name: tour
-- Whether a tour exists.
SELECT id FROM sr.tour WHERE id = %(tour)s

-- name: tick
-- Of the stops shown, those done get the time unless they have one; the others lose theirs.
UPDATE sr.tour_stop
SET done_at = CASE WHEN seq = ANY(%(done)s::integer[]) THEN coalesce(done_at, %(at)s) END
WHERE tour = %(tour)s AND seq = ANY(%(shown)s::integer[]) AND kind IN ('site', 'disposal')
