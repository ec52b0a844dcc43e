-- TimescaleDB keeps measurements of more than a week by column, where the server's build offers that.

CREATE FUNCTION sr.use_columnstore() RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Turns the columnstore on where it is off; returns why it cannot be had, null where it is on or the engine is plain.
-- Rows of one series lie together by time; `message` rises with it, so its bounds are kept, too, and books and
-- retention, which ask by receipt, read few batches. A policy that somebody removed or changed stays as it is.
DECLARE
    base record;
BEGIN
    IF sr.engine() = 'plain' THEN
        RETURN NULL;
    END IF;
    FOR base IN
        SELECT n.name, n.segment FROM (VALUES ('reading', 'series'), ('lane_interval', 'device, lane'),
                                              ('track', 'device')) AS n(name, segment)
        JOIN timescaledb_information.hypertables h ON h.hypertable_schema = 'sr' AND h.hypertable_name = n.name
        WHERE NOT h.compression_enabled
    LOOP
        EXECUTE format('ALTER TABLE sr.%I SET (timescaledb.enable_columnstore, timescaledb.segmentby = %L,'
                       ' timescaledb.orderby = %L)', base.name, base.segment, 'time, message');
        CALL public.add_columnstore_policy(format('sr.%I', base.name)::regclass, after => interval '7 days',
                                           if_not_exists => true);
    END LOOP;
    RETURN NULL;
EXCEPTION WHEN feature_not_supported OR undefined_function OR invalid_parameter_value THEN
    RETURN format('license %s: %s', current_setting('timescaledb.license', true), SQLERRM);
END $$;
REVOKE EXECUTE ON FUNCTION sr.use_columnstore() FROM PUBLIC;
COMMENT ON FUNCTION sr.use_columnstore() IS 'called by every run of the policies, so that a build that learns it has it';

DO $$ BEGIN PERFORM sr.use_columnstore(); END $$;
