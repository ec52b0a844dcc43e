-- How long data stays, and what a rule would delete.

-- name: rules
-- Every rule with its reason, in the order in which they are shown and applied.
SELECT kind, days, most, reason_de, reason_en, deleted_before::text FROM sr.retention ORDER BY place

-- name: set_rule
-- Another age or bound for a kind; gives the kind when there is such a rule.
UPDATE sr.retention SET days = %(days)s, most = %(most)s WHERE kind = %(kind)s RETURNING kind

-- name: due_track
-- Positions older than a moment.
SELECT count(*) FROM sr.track WHERE time < %(before)s

-- name: due_segment_pass
-- Passes older than a moment.
SELECT count(*) FROM sr.segment_pass WHERE time < %(before)s

-- name: due_reading
-- Readings of whole partitions older than a moment.
SELECT count(*) FROM sr.reading WHERE tableoid IN (SELECT sr.raw_parts('reading', %(before)s)) AND time < %(before)s

-- name: due_lane_interval
-- Intervals of whole partitions older than a moment.
SELECT count(*) FROM sr.lane_interval
WHERE tableoid IN (SELECT sr.raw_parts('lane_interval', %(before)s)) AND time < %(before)s

-- name: due_quarantine
-- Messages received before a moment, and the oldest beyond the bound.
SELECT count(*) FROM sr.quarantine
WHERE message < sr.first_message(%(before)s)
   OR message <= (SELECT message FROM sr.quarantine ORDER BY message DESC OFFSET %(most)s LIMIT 1)

-- name: due_message_flag
-- Flags of messages received before a moment.
SELECT count(*) FROM sr.message_flag WHERE message < sr.first_message(%(before)s)

-- name: due_counter_seen
-- Counters of messages received before a moment, without the newest of each device.
SELECT count(*) - count(DISTINCT n.device)
FROM sr.counter_seen s, unnest(s.devices) AS n(device) WHERE s.message < sr.first_message(%(before)s)

-- name: due_conflict
-- Values that lost, received before a moment.
SELECT count(*) FROM sr.conflict WHERE message < sr.first_message(%(before)s)

-- name: due_message_note
-- Notes on messages received before a moment.
SELECT count(*) FROM sr.message_note WHERE message < sr.first_message(%(before)s)

-- name: due_job
-- Jobs that ended before a moment.
SELECT count(*) FROM public.procrastinate_jobs j
WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
  AND (SELECT max(e.at) FROM public.procrastinate_events e WHERE e.job_id = j.id) < %(before)s

-- name: forget_track
-- Deletes positions; counts their packets for the books.
SELECT sr.forget_tracks(%(before)s)

-- name: forget_segment_pass
-- Deletes passes; the sums of segments stay.
SELECT sr.forget_passes(%(before)s)

-- name: forget_reading
-- Empties whole partitions; counts their packets for the books.
SELECT sr.forget_parts('reading', %(before)s)

-- name: forget_lane_interval
-- Empties whole partitions; counts their packets for the books.
SELECT sr.forget_parts('lane_interval', %(before)s)

-- name: forget_quarantine
-- Deletes quarantined messages, resolved or open; open ones are counted for the books.
SELECT sr.forget_quarantine(%(before)s, %(most)s)

-- name: forget_message_flag
-- Deletes flags.
SELECT sr.forget_flags(%(before)s)

-- name: forget_counter_seen
-- Deletes counters; of each device the newest stays.
SELECT sr.forget_counters(%(before)s)

-- name: forget_conflict
-- Deletes values that lost; counts their packets for the books.
SELECT sr.forget_conflicts(%(before)s)

-- name: forget_message_note
-- Deletes notes; counts their messages for the books.
SELECT sr.forget_notes(%(before)s)

-- name: forget_job
-- Deletes jobs that ended; their events go with them.
WITH gone AS (
    DELETE FROM public.procrastinate_jobs j
    WHERE j.status IN ('succeeded', 'failed', 'cancelled', 'aborted')
      AND (SELECT max(e.at) FROM public.procrastinate_events e WHERE e.job_id = j.id) < %(before)s
    RETURNING 1
)
SELECT count(*) FROM gone
