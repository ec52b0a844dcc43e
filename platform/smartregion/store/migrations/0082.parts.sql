-- Intervals that cross the border of a quarter hour count in both quarters.

CREATE FUNCTION sr.part(count integer, lo_ms integer, hi_ms integer, whole_ms integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
-- What of a count falls between two moments of its interval, by time and in whole numbers; parts that meet add up.
    SELECT CASE WHEN hi_ms - lo_ms = whole_ms THEN count
                ELSE (count::bigint * hi_ms / whole_ms - count::bigint * lo_ms / whole_ms)::integer END
$$;

COMMENT ON TABLE sr.count_rollup IS
    'counts of a lane; an interval of up to a quarter hour is shared out by time between the quarters it touches, a longer '
    'one belongs where it begins; whole numbers, so that any order gives the same sums';

INSERT INTO sr.rollup_object_mark (kind, object, first, last)
SELECT DISTINCT 'station', h.object, timestamptz '-infinity', timestamptz 'infinity'
FROM sr.lane_interval t
JOIN sr.mounting h ON h.device = t.device AND h.object_kind = 'station' AND t.time >= h.valid_from AND t.time < h.valid_to
WHERE t.interval_s <= 900 AND t.time + t.interval_s * interval '1 s'
      > date_bin('15 minutes', t.time, timestamptz '2000-01-01 00:00+00') + interval '15 minutes';
