-- What a driver said at one moment keeps the order in which it came.

ALTER TABLE sr.driver_note ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
COMMENT ON COLUMN sr.driver_note.number IS 'order of arrival; of two notes of one moment the later counts';
