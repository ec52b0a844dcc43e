-- name: register
-- Devices of the benchmark of ingest.
INSERT INTO sr.device (name)
SELECT 'bench-' || to_char(n, 'FM000') FROM generate_series(0, %(count)s::integer - 1) AS n
ON CONFLICT DO NOTHING

-- name: peer_table
-- Where the peer writes: the same key and columns for all that the message holds.
CREATE TABLE IF NOT EXISTS public.bench_peer (
    device text, t timestamptz, level double precision, seq bigint, note text, PRIMARY KEY (device, t)
)

-- name: empty
-- Nothing of an earlier round.
TRUNCATE sr.reading, sr.latest, sr.book, sr.message_note, sr.conflict, sr.quarantine, sr.counter_seen, sr.rollup_mark,
         public.bench_peer

-- name: stored
-- Packets that the books call stored, of the devices that are not timed.
SELECT coalesce(sum(stored), 0)::bigint FROM sr.book WHERE device < 'bench-200'

-- name: rows
-- Readings in their table.
SELECT count(*) FROM sr.reading

-- name: peer_rows
-- Rows of the peer.
SELECT count(*) FROM public.bench_peer
