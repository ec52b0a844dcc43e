-- Passes over road segments have a rule of their own, and positions wait until their passes are made.

UPDATE sr.retention SET place = place + 1 WHERE place > 1;
INSERT INTO sr.retention (place, kind, days, reason_de, reason_en, deleted_before)
SELECT 2, 'segment_pass', days,
 'Eine Überfahrt zeigt wie eine Position, wo ein Fahrzeug und damit wer es fuhr war (Art. 5 Abs. 1 lit. e DSGVO, § 26 '
 'BDSG, Beschäftigtendatenschutz des Landes): sie geht mit den Positionen. Die Summen je Abschnitt nennen kein Fahrzeug '
 'und bleiben.',
 'A pass shows as a position does where a vehicle was, and so who drove it (Art. 5 (1) (e) GDPR, § 26 BDSG and the '
 'state''s act for employees): it goes when positions go. The sums of each segment name no vehicle and stay.',
 deleted_before
FROM sr.retention WHERE kind = 'track';

CREATE FUNCTION sr.final_before(kind text, now timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
-- Raw rows before were deleted by rule, or may be at any moment: what was made of them stays as it is.
    SELECT greatest(r.deleted_before, now - make_interval(days => r.days))
    FROM sr.retention r WHERE r.kind = final_before.kind
$$;

CREATE OR REPLACE FUNCTION sr.marks_before(kind text, before timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
-- What still needs raw rows older than a moment: marks that no refresh has read yet, and positions that no pass is made
-- of yet. Without a road network none will be.
    SELECT (SELECT count(*) FROM sr.rollup_mark m
            WHERE m.kind = CASE marks_before.kind WHEN 'lane_interval' THEN 'lane' ELSE marks_before.kind END
              AND EXISTS (SELECT FROM unnest(m.firsts) AS f(first) WHERE f.first < before))
         + (SELECT count(*) FROM sr.rollup_object_mark o
            WHERE o.kind = ANY(CASE marks_before.kind WHEN 'reading' THEN ARRAY['container', 'building']
                               WHEN 'lane_interval' THEN ARRAY['station'] WHEN 'segment_pass' THEN ARRAY['segment'] END)
              AND greatest(o.first, sr.raw_from(marks_before.kind)) < before
              AND o.last >= sr.raw_from(marks_before.kind))
         + (SELECT count(*) FROM sr.track_mark t
            WHERE marks_before.kind = 'track' AND EXISTS (SELECT FROM sr.road_network)
              AND EXISTS (SELECT FROM unnest(t.firsts) AS f(first) WHERE f.first < before))
$$;

CREATE FUNCTION sr.forget_passes(before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
-- Row by row, since the law counts days. Raises object_in_use while a rollup that no refresh has made yet needs them.
DECLARE
    waiting bigint := sr.marks_before('segment_pass', before);
    gone bigint;
BEGIN
    IF waiting > 0 THEN
        RAISE object_in_use USING MESSAGE = format('%s rollups still need segment_pass: refresh them first', waiting);
    END IF;
    DELETE FROM sr.segment_pass WHERE time < before;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE sr.retention r SET deleted_before = greatest(r.deleted_before, before)
    WHERE r.kind = 'segment_pass' AND gone > 0;
    RETURN gone;
END $$;
REVOKE EXECUTE ON FUNCTION sr.forget_passes(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.forget_passes(timestamptz) TO sr_web;
