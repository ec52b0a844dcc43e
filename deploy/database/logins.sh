#!/bin/sh
# Runs once, when the database is made: login roles with the passwords of the secrets.
set -eu
secrets="${SECRETS:-/run/secrets}"
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set ingest_password="$(cat "$secrets/ingest_password")" \
    --set web_password="$(cat "$secrets/web_password")" \
    --set report_password="$(cat "$secrets/report_password")" \
    --file "${LOGINS:-/logins.sql}"
