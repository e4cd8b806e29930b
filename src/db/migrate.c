/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true on both engines: a migration happens whole or not at all, and a store that
 * another program or another text has made is never touched. */
#include "db/migrate_parts.h"

#include "db/sqltext.h"

#include <string.h>

typedef struct {
    const char *word, *text;
} Word;

static const Word words_sqlite[] = {
    { "ID", "INTEGER" }, { "TIME", "INTEGER" }, { "FLAG", "INTEGER" },
    { "BYTES", "BLOB" }, { "DOUBLE", "REAL" },  { "KEYED", "STRICT, WITHOUT ROWID" },
    { NULL, NULL },
};

/* PostgreSQL's tables are always strict. */
static const Word words_pg[] = {
    { "ID", "BIGINT" },
    { "TIME", "BIGINT" },
    { "FLAG", "BOOLEAN" },
    { "BYTES", "BYTEA" },
    { "DOUBLE", "DOUBLE PRECISION" },
    { "STRICT", "" },
    { "KEYED", "" },
    { NULL, NULL },
};

static char *
replace_words(Arena *mem, const char *sql, const Word *words)
{
    g_autoptr(GString) text = g_string_sized_new(strlen(sql) + 64);

    for (SqlText piece = sqltext_next(sql); piece.kind != SQLTEXT_END;
         piece = sqltext_next(piece.text + piece.length)) {
        const char *replacement = NULL;

        for (const Word *word = words; piece.kind == SQLTEXT_WORD && word->word != NULL; word++)
            if (strlen(word->word) == piece.length &&
                strncmp(word->word, piece.text, piece.length) == 0)
                replacement = word->text;

        if (replacement != NULL)
            g_string_append(text, replacement);
        else
            g_string_append_len(text, piece.text, (gssize)piece.length);
    }
    return arena_text(mem, text->str, text->len);
}

char *
migrate_text_sqlite(Arena *mem, const char *sql)
{
    return replace_words(mem, sql, words_sqlite);
}

char *
migrate_text_pg(Arena *mem, const char *sql)
{
    return replace_words(mem, sql, words_pg);
}

const char *
migrate_pg_source(const DbMigration *migration)
{
    return migration->sql_pg != NULL ? migration->sql_pg : migration->sql;
}

char *
migrate_checksum(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

bool
migrate_check_numbers(const DbSchema *schema, GError **error)
{
    for (size_t i = 0; i < schema->n_migrations; i++)
        if (schema->migrations[i].version != (int)i + 1)
            return fail(error, APP_ERROR_INTERNAL, "migration %d of %s stands at place %zu",
                        schema->migrations[i].version, schema->name, i + 1);
    return true;
}

bool
migrate_check_row(const DbSchema *schema, size_t place, const MigrationRow *row, const char *store,
                  GError **error)
{
    if (place >= schema->n_migrations)
        return fail(error, APP_ERROR_INVALID,
                    "%s has version %d (%s), this program knows %zu: start the newer program, or "
                    "restore the backup that was made before it",
                    store, row->version, row->name, schema->n_migrations);

    const DbMigration *migration = &schema->migrations[place];
    g_autofree char   *sqlite = migrate_checksum(migration->sql);
    g_autofree char   *pg = migrate_checksum(migrate_pg_source(migration));
    if (row->version != (int)place + 1 ||
        (strcmp(row->checksum, sqlite) != 0 && strcmp(row->checksum, pg) != 0))
        return fail(error, APP_ERROR_INVALID,
                    "%s was brought to version %d (%s) by other text than this program's: start "
                    "the program that did it; a migration that ran anywhere is never edited",
                    store, row->version, row->name);
    return true;
}

bool
migrate_check_newest(const DbSchema *schema, size_t applied, const char *store, GError **error)
{
    return applied >= schema->n_migrations ||
           fail(error, APP_ERROR_INVALID,
                "%s has version %zu, this program needs %zu: run `sawt migrate`", store, applied,
                schema->n_migrations);
}

bool
db_migrate(const DbOptions *options, int *applied, GError **error)
{
    return options->url == NULL ? migrate_sqlite(options, applied, error)
                                : migrate_pg(options, applied, error);
}
