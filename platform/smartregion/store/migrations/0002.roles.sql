-- Group roles with least privileges; login users are members of one of them.

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY['sr_ingest', 'sr_web', 'sr_report'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster was migrated at the same moment
            END;
        END IF;
    END LOOP;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA sr TO sr_ingest, sr_web;
GRANT USAGE ON SCHEMA report TO sr_report;
GRANT USAGE ON SCHEMA report TO sr_web;
REVOKE EXECUTE ON FUNCTION sr.ensure_partitions(timestamptz[]) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION sr.ensure_partitions(timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.ensure_partitions(timestamptz[]) TO sr_ingest, sr_web;
GRANT EXECUTE ON FUNCTION sr.ensure_partitions(timestamptz, timestamptz) TO sr_ingest, sr_web;

-- Ingest writes data and books, reads the registry, and may not see persons, sessions or keys.
GRANT SELECT ON
    sr.municipality, sr.fraction, sr.site, sr.container, sr.station, sr.lane, sr.vehicle, sr.device, sr.mounting
TO sr_ingest;
GRANT SELECT, INSERT ON sr.quantity, sr.series TO sr_ingest;
GRANT SELECT, INSERT, UPDATE ON
    sr.reading, sr.lane_interval, sr.track, sr.conflict, sr.latest, sr.book, sr.message_note, sr.quarantine,
    sr.replay_request
TO sr_ingest;
GRANT DELETE ON sr.message_note, sr.conflict TO sr_ingest;

-- Web and work read everything, write plans, registry, roads and access, and never change what was measured.
GRANT SELECT ON ALL TABLES IN SCHEMA sr TO sr_web;
GRANT INSERT, UPDATE, DELETE ON
    sr.import, sr.import_change, sr.municipality, sr.fraction, sr.site, sr.container, sr.station, sr.lane, sr.depot, sr.disposal_site,
    sr.vehicle, sr.device, sr.mounting, sr.road_network, sr.road_network_part, sr.segment, sr.segment_pass,
    sr.progress_mark, sr.plan, sr.tour, sr.tour_stop, sr.person, sr.session, sr.api_key
TO sr_web;
GRANT INSERT ON sr.replay_request TO sr_web;
