-- What ingest tells pages about profiles and unknown devices.

-- name: forget_profiles
-- Profiles that are gone.
DELETE FROM sr.known_profile WHERE NOT name = ANY(%(names)s::text[])

-- name: tell_profiles
-- Profiles that are there.
INSERT INTO sr.known_profile (name, title) SELECT * FROM unnest(%(names)s::text[], %(titles)s::text[])
ON CONFLICT (name) DO UPDATE SET title = EXCLUDED.title WHERE known_profile.title <> EXCLUDED.title

-- name: unknown_messages
-- Waiting messages of unknown devices above a receipt, the oldest first.
SELECT message, device, topic, payload FROM sr.quarantine q
WHERE resolved_at IS NULL AND device <> '?' AND message > %(after)s
  AND NOT EXISTS (SELECT FROM sr.device d WHERE d.name = q.device AND d.removed_at IS NULL)
ORDER BY message LIMIT %(limit)s

-- name: tell_guess
-- What a message tells about its device; a newer message wins.
INSERT INTO sr.guess (device, message, source, model, profile, readings, problem)
VALUES (%(device)s, %(message)s, %(source)s, %(model)s, %(profile)s, %(readings)s, %(problem)s)
ON CONFLICT (device) DO UPDATE SET message = EXCLUDED.message, source = EXCLUDED.source, model = EXCLUDED.model,
    profile = EXCLUDED.profile, readings = EXCLUDED.readings, problem = EXCLUDED.problem
WHERE guess.message <= EXCLUDED.message
