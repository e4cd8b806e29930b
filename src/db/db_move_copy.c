/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The tasks that write: a range of rows, and what is built over a table. Each notes that it is done in its
 * own transaction, so that whatever is killed, it was done wholly or not at all; two that do the same task
 * wait for each other at that note, and the second finds it done. */
#include "db/db_move_parts.h"

#include "base/buffer.h"

#include <string.h>

enum {
    SEND_AT = 128 * 1024, /* bytes */
};

/* ---- transactions ---- */

/* `done` when it was before: the transaction is then over. */
static bool
begin_task(PgConn *target, const char *table, int id, bool *done, GError **error)
{
    g_autofree char *sql =
        g_strdup_printf("UPDATE %s SET done = true WHERE id = %d AND NOT done", table, id);

    *done = false;
    if (!db_move_target_do(target, "BEGIN", error))
        return false;
    PGresult *noted = db_move_target_run(target, sql, error);
    if (noted == NULL)
        return false;
    *done = strcmp(PQcmdTuples(noted), "0") == 0;
    PQclear(noted);
    return !*done || db_move_target_do(target, "ROLLBACK", error);
}

/* Nothing is kept; the connection is of use again, or closed by the server. */
static void
abandon(PgConn *target)
{
    PGresult *result = PQexec(target->handle, "ROLLBACK");

    PQclear(result);
}

/* ---- rows ---- */

typedef struct {
    MoveWorker      *worker;
    const MoveRange *range;
    Buffer           buffer;
    int64_t          rows, counted;
} Copying;

static void
add_16(Buffer *buffer, int value)
{
    uint16_t fixed = GUINT16_TO_BE((uint16_t)value);

    buffer_add(buffer, &fixed, sizeof fixed);
}

static void
add_32(Buffer *buffer, int64_t value)
{
    uint32_t fixed = GUINT32_TO_BE((uint32_t)value);

    buffer_add(buffer, &fixed, sizeof fixed);
}

static void
add_64(Buffer *buffer, int64_t value)
{
    uint64_t fixed = GUINT64_TO_BE((uint64_t)value);

    buffer_add(buffer, &fixed, sizeof fixed);
}

/* PostgreSQL's binary form of a column: its length, then the value. */
static void
add_value(Buffer *buffer, const MoveValue *value, size_t integer_size)
{
    uint8_t flag = value->integer != 0;
    int64_t bits;

    switch (value->type) {
    case DB_TYPE_INT:
        add_32(buffer, (int64_t)integer_size);
        if (integer_size == 4)
            add_32(buffer, value->integer);
        else
            add_64(buffer, value->integer);
        break;
    case DB_TYPE_BOOL:
        add_32(buffer, 1);
        buffer_add(buffer, &flag, 1);
        break;
    case DB_TYPE_DOUBLE:
        memcpy(&bits, &value->real, sizeof bits);
        add_32(buffer, 8);
        add_64(buffer, bits);
        break;
    case DB_TYPE_TEXT:
    case DB_TYPE_BYTES:
        add_32(buffer, (int64_t)value->bytes.size);
        if (value->bytes.size > 0)
            buffer_add(buffer, value->bytes.data, value->bytes.size);
        break;
    case DB_TYPE_NULL:
    default:
        add_32(buffer, -1);
        break;
    }
}

static bool
send_buffer(Copying *copying, GError **error)
{
    PgConn *target = &copying->worker->target;
    Move   *move = copying->worker->move;

    atomic_fetch_add(&move->done, copying->rows - copying->counted);
    copying->counted = copying->rows;
    if (atomic_load(&move->stopped))
        return fail(error, APP_ERROR_BUSY, "stopped");
    if (PQputCopyData(target->handle, copying->buffer.data, (int)copying->buffer.size) != 1)
        return db_move_target_fail(target, NULL, "COPY", error);
    copying->buffer.size = 0;
    return true;
}

static bool
copy_row(const MoveValue *row, void *data, GError **error)
{
    enum { INT4 = 23 };
    Copying         *copying = data;
    const MoveTable *table = copying->range->table;

    add_16(&copying->buffer, (int)table->columns->len);
    for (guint i = 0; i < table->columns->len; i++)
        add_value(&copying->buffer, &row[i],
                  g_array_index(table->columns, MoveColumn, i).type == INT4 ? 4 : 8);
    copying->rows++;
    return copying->buffer.size < SEND_AT || send_buffer(copying, error);
}

static bool
start_copy(Copying *copying, GError **error)
{
    static const char head[] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
    g_autoptr(GString) sql = g_string_new(NULL);

    g_string_printf(sql, "COPY \"%s\" (", copying->range->table->name);
    db_move_names(sql, copying->range->table, false);
    g_string_append(sql, ") FROM STDIN (FORMAT binary)");
    PGresult *result = db_move_target_run(&copying->worker->target, sql->str, error);
    PQclear(result);
    buffer_add(&copying->buffer, head, sizeof head);
    return result != NULL;
}

/* The server's last word on the copy. */
static bool
end_copy(Copying *copying, GError **error)
{
    PGconn   *handle = copying->worker->target.handle;
    PGresult *result = NULL, *next;
    bool      right = true;

    if (PQputCopyEnd(handle, NULL) != 1)
        return db_move_target_fail(&copying->worker->target, NULL, "COPY", error);
    while ((next = PQgetResult(handle)) != NULL) {
        PQclear(result);
        result = next;
    }
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        right = db_move_target_fail(&copying->worker->target, result, "COPY", error);
    PQclear(result);
    return right;
}

static bool
copy_rows(Copying *copying, GError **error)
{
    MoveWorker *worker = copying->worker;

    if (!start_copy(copying, error))
        return false;
    if (!db_move_source_each(worker->move, &worker->source, copying->range, copy_row, copying,
                             error)) {
        PQputCopyEnd(worker->target.handle, "stopped");
        for (PGresult *result; (result = PQgetResult(worker->target.handle)) != NULL;)
            PQclear(result);
        return false;
    }
    add_16(&copying->buffer, -1);
    return send_buffer(copying, error) && end_copy(copying, error);
}

static bool
make_derived(PgConn *target, const MoveRange *range, GError **error)
{
    const DbDerived *derived = range->table->derived;
    g_autoptr(GString) sql = g_string_new(NULL);

    if (derived == NULL)
        return true;
    g_string_printf(sql, "INSERT INTO \"%s\" %s", derived->table, derived->select);
    db_move_where(sql, range->table, range, NULL, true);
    return db_move_target_do(target, sql->str, error);
}

bool
db_move_copy(MoveWorker *worker, void *task, GError **error)
{
    MoveRange *range = task;
    Copying    copying = { .worker = worker, .range = range };
    bool       done;

    if (!begin_task(&worker->target, MOVE_RANGE_TABLE, range->id, &done, error))
        return false;
    if (done) {
        atomic_fetch_add(&worker->move->done, range->rows);
        return true;
    }

    buffer_init(&copying.buffer);
    bool copied = copy_rows(&copying, error) && make_derived(&worker->target, range, error) &&
                  db_move_target_do(&worker->target, "COMMIT", error);
    buffer_clear(&copying.buffer);
    /* The rows of files were not counted before. */
    atomic_fetch_add(&worker->move->done, (copied ? range->rows : 0) - copying.counted);
    if (!copied)
        abandon(&worker->target);
    return copied;
}

/* ---- what is built ---- */

static bool
build_one(MoveWorker *worker, const MoveObject *object, GError **error)
{
    PgConn *target = &worker->target;
    bool    done;

    if (!begin_task(target, MOVE_OBJECT_TABLE, object->id, &done, error))
        return false;
    if (done || (db_move_target_do(target, object->sql, error) &&
                 db_move_target_do(target, "COMMIT", error)))
        return true;
    abandon(target);
    return false;
}

bool
db_move_build(MoveWorker *worker, void *task, GError **error)
{
    const MoveObject *first = task;
    Move             *move = worker->move;

    for (guint i = 0; i < move->objects->len; i++) {
        MoveObject *object = move->objects->pdata[i];

        /* Those of other relations are other workers'. */
        if (object->phase != first->phase || strcmp(object->relation, first->relation) != 0 ||
            object->done)
            continue;
        if (atomic_load(&move->stopped))
            return fail(error, APP_ERROR_BUSY, "stopped");
        if (!build_one(worker, object, error))
            return false;
        object->done = true;
        atomic_fetch_add(&move->done, 1);
    }
    return true;
}
