-- name: known
-- Sessions of ingest under one name, the oldest first.
SELECT client_id, worker, shared, topics, left_at IS NOT NULL
FROM sr.broker_session WHERE session = %(session)s
ORDER BY since, client_id

-- name: remember
-- A session that will exist at the broker, or that hears more topics from now on.
INSERT INTO sr.broker_session (client_id, session, worker, shared, topics)
VALUES (%(client_id)s, %(session)s, %(worker)s, %(shared)s, %(topics)s)
ON CONFLICT (client_id) DO UPDATE SET topics = EXCLUDED.topics

-- name: leave
-- A session that is unsubscribed from now on.
UPDATE sr.broker_session SET left_at = coalesce(left_at, clock_timestamp()) WHERE client_id = %(client_id)s

-- name: forget
-- A session that has ended at the broker.
DELETE FROM sr.broker_session WHERE client_id = %(client_id)s
