-- The index of keyed words: 16 hexadecimal digits each, no text, no positions; the rows themselves hold
-- what SQLite's index holds. RUM keeps the entries of a word in the order of ids, so that the newest are
-- found without reading all of them; where Debian's postgresql-15-rum is not installed, GIN finds all of a
-- rare word's entries, and a common word is met soon enough by walking the ids backwards. The function is
-- not declared stable: so it is planned anew for its words, knowing how frequent they are.
CREATE TABLE petition_search (
    id     ID PRIMARY KEY,
    tokens TSVECTOR NOT NULL
) STRICT;

DO $do$
DECLARE
    home TEXT;
BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'rum') THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS rum;
        EXCEPTION WHEN insufficient_privilege THEN
            NULL; -- an administrator may do it before
        END;
    END IF;
    SELECT nspname INTO home FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'rum';

    IF home IS NULL THEN
        CREATE INDEX petition_search_tokens ON petition_search USING gin (tokens) WITH (fastupdate = off);
        CREATE FUNCTION petition_search_newest(words TSQUERY, before BIGINT) RETURNS SETOF BIGINT
            LANGUAGE sql AS $$
            SELECT id FROM petition_search WHERE tokens @@ words AND id < before ORDER BY id DESC LIMIT 50
        $$;
    ELSE
        -- The distance is a double: ids of the same millisecond may look alike. Those as near as the
        -- last are therefore fetched as well, by their ids, and put into their exact order.
        EXECUTE format('CREATE INDEX petition_search_tokens ON petition_search
            USING rum (tokens %I.rum_tsvector_addon_ops, id) WITH (attach = ''id'', to = ''tokens'')', home);
        EXECUTE format('CREATE FUNCTION petition_search_newest(words TSQUERY, before BIGINT) RETURNS SETOF BIGINT
            LANGUAGE sql AS $$
            WITH near AS MATERIALIZED (
                SELECT id FROM petition_search WHERE tokens @@ words AND id < before
                ORDER BY id OPERATOR(%I.<=|) before LIMIT 50
            )
            SELECT id FROM near
            UNION
            SELECT id FROM petition_search WHERE (tokens @@ words) IS TRUE AND id < before
                AND id >= (SELECT min(id) FROM near) AND id < (SELECT min(id) FROM near) + 4096
            ORDER BY id DESC LIMIT 50
        $$', home);
    END IF;
END
$do$;

-- Counts are appended, not raised: two writers that raise the same row wait for each other, or meet in a
-- deadlock. Who reads them adds up.
ALTER TABLE aggregate DROP CONSTRAINT aggregate_pkey;
CREATE INDEX aggregate_by_key ON aggregate (day, entity_id, service_id, type, channel, place_id, kind);
