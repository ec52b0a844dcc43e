-- Queries of people, sessions and API keys; secrets are stored as hashes only.

-- name: add_person
-- Registers a person; nothing happens when the name is taken.
INSERT INTO sr.person (name, password_hash, role) VALUES (%(name)s, %(password_hash)s, %(role)s)
ON CONFLICT (name) DO NOTHING RETURNING name

-- name: people
-- Registered people.
SELECT name, role, created_at FROM sr.person ORDER BY name

-- name: has_people
-- Whether anybody is registered.
SELECT EXISTS (SELECT FROM sr.person)

-- name: password_hash
-- What is needed to check a password.
SELECT password_hash, role FROM sr.person WHERE name = %(name)s

-- name: remove_person
-- Removes a person with all sessions.
DELETE FROM sr.person WHERE name = %(name)s RETURNING name

-- name: set_password
-- A new password ends all sessions of the person.
WITH ended AS (DELETE FROM sr.session WHERE person = %(name)s)
UPDATE sr.person SET password_hash = %(password_hash)s WHERE name = %(name)s RETURNING name

-- name: open_session
-- A session of a person who signed in.
INSERT INTO sr.session (token_hash, person, expires_at) VALUES (%(token_hash)s, %(name)s, %(expires_at)s)

-- name: session
-- Who a valid session belongs to.
SELECT p.name, p.role FROM sr.session s JOIN sr.person p ON p.name = s.person
WHERE s.token_hash = %(token_hash)s AND s.expires_at > %(now)s

-- name: close_session
-- Signs out.
DELETE FROM sr.session WHERE token_hash = %(token_hash)s

-- name: forget_sessions
-- Expired sessions are of no use to anybody.
DELETE FROM sr.session WHERE expires_at <= %(now)s

-- name: add_key
-- A new API key.
INSERT INTO sr.api_key (name, key_hash, role) VALUES (%(name)s, %(key_hash)s, %(role)s) RETURNING id

-- name: keys
-- All API keys without their secrets.
SELECT id, name, role, created_at, revoked_at FROM sr.api_key ORDER BY id

-- name: key
-- Which key a secret is, as long as it is not revoked.
SELECT name, role FROM sr.api_key WHERE key_hash = %(key_hash)s AND revoked_at IS NULL

-- name: revoke_key
-- Makes a key useless from now on.
UPDATE sr.api_key SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL RETURNING id

-- name: ensure_key
-- A key whose text is known beforehand; nothing happens when it is there.
INSERT INTO sr.api_key (name, key_hash, role) VALUES (%(name)s, %(key_hash)s, %(role)s)
ON CONFLICT (key_hash) DO NOTHING

-- name: revoke_others
-- Other keys of the same name are useless from now on.
UPDATE sr.api_key SET revoked_at = now()
WHERE name = %(name)s AND key_hash <> %(key_hash)s AND revoked_at IS NULL
