/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* An authorizer is asked while a statement is prepared, never while it runs, so it costs nothing.
 * Full text prepares statements on its own tables later: those are let through. */
#include "db/guard.h"

#include <string.h>

static int
judge_write(Guard *guard, int action, const char *table)
{
    /* Asked, and never run, while full text declares its columns; DEFENSIVE protects the schema. */
    if (action == SQLITE_UPDATE && g_str_equal(table, "sqlite_master"))
        return SQLITE_OK;
    if (guard->reads_only || g_str_has_prefix(table, "sqlite_"))
        return SQLITE_DENY;
    if (action != SQLITE_INSERT && g_strcmp0(table, guard->event_table) == 0)
        return SQLITE_DENY;

    if (guard->written != NULL)
        g_hash_table_add(guard->written, g_strdup(table));
    return SQLITE_OK;
}

static int
judge(void *data, int action, const char *first, const char *second, const char *file,
      const char *trigger)
{
    (void)second, (void)file, (void)trigger;

    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_FUNCTION:
    case SQLITE_RECURSIVE:
    case SQLITE_TRANSACTION:
        return SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        return judge_write(data, action, first);
    case SQLITE_PRAGMA: /* full text asks whether its index has changed */
        return g_strcmp0(first, "data_version") == 0 ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

void
guard_set(Guard *guard, Conn *conn, const char *event_table, bool reads_only)
{
    *guard = (Guard){ .event_table = event_table, .reads_only = reads_only };
    sqlite3_set_authorizer(conn->handle, judge, guard);
}

static bool
check_written(GHashTable *written, const Statement *statement, GError **error)
{
    const char    *table = statement->query->table;
    GHashTableIter iter;
    gpointer       name;

    if (!g_hash_table_contains(written, table))
        return fail(error, APP_ERROR_INTERNAL, "the statement does not write %s: %s", table,
                    statement->query->sql);

    g_hash_table_iter_init(&iter, written);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (strcmp(name, table) != 0)
            return fail(error, APP_ERROR_INTERNAL, "the statement writes %s beside %s: %s",
                        (const char *)name, table, statement->query->sql);
    return true;
}

bool
guard_prepare_write(Guard *guard, Conn *conn, const Statement *statement, GError **error)
{
    g_autoptr(GHashTable) written = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    sqlite3_stmt *prepared;

    guard->written = written;
    bool succeeded = conn_statement(conn, statement, &prepared, error);
    guard->written = NULL;

    return succeeded && check_written(written, statement, error);
}
