-- Words of SQLite that the tests' own statements use, for PostgreSQL. Only the tests' connections see them.
CREATE SCHEMA words;
GRANT USAGE ON SCHEMA words TO PUBLIC;
SET search_path = words;
CREATE FUNCTION hex(BYTEA) RETURNS TEXT IMMUTABLE LANGUAGE sql AS $$ SELECT upper(encode($1, 'hex')) $$;
CREATE FUNCTION zeroblob(INTEGER) RETURNS BYTEA IMMUTABLE LANGUAGE sql AS $$ SELECT decode(repeat('00', $1), 'hex') $$;
CREATE FUNCTION randomblob(INTEGER) RETURNS BYTEA LANGUAGE sql AS $$
    SELECT substr(sha256(CAST(random() || ' ' || clock_timestamp() AS BYTEA)), 1, $1) $$;
-- The words of a petition's row of bytes, as they stand in full text.
CREATE FUNCTION words(BYTEA) RETURNS TEXT IMMUTABLE LANGUAGE sql AS $$
    SELECT regexp_replace(encode($1, 'hex'), '(.{16})(?=.)', '\1 ', 'g') $$;
CREATE AGGREGATE group_concat(TEXT, TEXT) (SFUNC = string_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn);
