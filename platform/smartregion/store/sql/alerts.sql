-- What alerts need beyond the states of things.

-- name: slippery_since
-- For segments: the first pass of the unbroken run of slippery passes up to now.
SELECT p.segment, min(p.time)
FROM sr.segment_pass p
WHERE p.segment = ANY(%(segments)s) AND p.state = ANY(%(slippery)s) AND p.time <= %(now)s
  AND p.time > coalesce((SELECT max(q.time) FROM sr.segment_pass q
                         WHERE q.segment = p.segment AND q.time <= %(now)s AND q.state IS NOT NULL
                           AND q.state <> ALL(%(slippery)s)), '-infinity')
GROUP BY p.segment
