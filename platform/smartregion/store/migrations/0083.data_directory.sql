-- Pages and worker may know where the server's files lie, and so, on the same machine, how much room is left.

CREATE FUNCTION sr.data_directory() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog AS $$
-- With the rights of whoever made it; an owner without them raises insufficient_privilege.
    SELECT current_setting('data_directory', true)
$$;
REVOKE EXECUTE ON FUNCTION sr.data_directory() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sr.data_directory() TO sr_web;
