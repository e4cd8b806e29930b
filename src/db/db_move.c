/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The order of a move: both files copied, built and compared; then the source marked; then the targets let
 * go. What must stay true: at no moment do both stores take requests, and a kill between any two steps is
 * followed by the rest of them in the next run. */
#include "db/db_move_parts.h"

#include "base/clock.h"
#include "db/migrate.h"
#include "db/moved.h"
#include "db/owner.h"
#include "db/unsynced.h"

#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 20000 };

#define PATIENCE (20 * SECONDS)

/* ---- one file ---- */

static void
free_table(gpointer data)
{
    MoveTable *table = data;

    g_array_free(table->columns, TRUE);
    g_array_free(table->keys, TRUE);
    g_free(table->name);
    g_free(table);
}

static void
free_range(gpointer data)
{
    MoveRange *range = data;

    g_free(range->from);
    g_free(range->to);
    g_free(range);
}

static void
free_object(gpointer data)
{
    MoveObject *object = data;

    g_free(object->relation);
    g_free(object->sql);
    g_free(object);
}

static void
free_difference(gpointer data)
{
    g_free(((MoveDifference *)data)->key);
    g_free(data);
}

static void
move_init(Move *move, const DbMoveOptions *options, size_t place)
{
    *move = (Move){ .options = options,
                    .schema = options->schemas[place],
                    .url = options->urls[place],
                    .path = g_strdup_printf("%s/%s.db", options->directory,
                                            options->schemas[place]->name),
                    .tables = g_ptr_array_new_with_free_func(free_table),
                    .ranges = g_ptr_array_new_with_free_func(free_range),
                    .objects = g_ptr_array_new_with_free_func(free_object),
                    .differences = g_ptr_array_new_with_free_func(free_difference) };
    lock_init(&move->lock);
    signal_init(&move->signal);
}

static void
move_clear(Move *move)
{
    g_ptr_array_free(move->tables, TRUE);
    g_ptr_array_free(move->ranges, TRUE);
    g_ptr_array_free(move->objects, TRUE);
    g_ptr_array_free(move->differences, TRUE);
    signal_clear(&move->signal);
    lock_clear(&move->lock);
    g_free(move->path);
    g_free(move->store);
    g_free(move->state);
}

static void
say_stage(Move *move, DbMoveStage stage, int64_t steps)
{
    const DbMoveWatch *watch = &move->options->watch;

    atomic_store(&move->done, 0);
    if (watch->stage != NULL)
        watch->stage(stage, move->schema->name, steps, watch->data);
}

/* ---- copying ---- */

static bool
copy(Move *move, GError **error)
{
    g_autoptr(GPtrArray) tasks = g_ptr_array_new();
    int64_t rows = 0;

    for (guint i = 0; i < move->ranges->len; i++) {
        MoveRange *range = move->ranges->pdata[i];

        if (range->done)
            continue;
        g_ptr_array_add(tasks, range);
        rows += range->rows;
    }
    say_stage(move, DB_MOVE_COPY, rows);
    return db_move_work(move, tasks, db_move_copy, error);
}

/* ---- building ---- */

/* One task for each table, so that no two wait for the lock of one. */
static GPtrArray *
find_relations(const Move *move, int phase)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *tasks = g_ptr_array_new();

    for (guint i = 0; i < move->objects->len; i++) {
        MoveObject *object = move->objects->pdata[i];

        if (!object->done && object->phase == phase && g_hash_table_add(seen, object->relation))
            g_ptr_array_add(tasks, object);
    }
    return tasks;
}

static bool
build(Move *move, GError **error)
{
    int64_t left = 0;

    for (guint i = 0; i < move->objects->len; i++)
        left += !((MoveObject *)move->objects->pdata[i])->done;
    say_stage(move, DB_MOVE_BUILD, left);

    for (int phase = MOVE_INDEX; phase <= MOVE_STATISTICS; phase++) {
        g_autoptr(GPtrArray) tasks = find_relations(move, phase);

        if (!db_move_work(move, tasks, db_move_build, error))
            return false;
    }
    return true;
}

/* ---- comparing ---- */

static void
tell_differences(const Move *move)
{
    const DbMoveWatch *watch = &move->options->watch;

    for (guint i = 0; i < move->differences->len; i++) {
        const MoveDifference *found = move->differences->pdata[i];
        DbMoveDifference      told = { .schema = move->schema->name,
                                       .table = found->fault == DB_MOVE_DERIVED
                                                    ? found->table->derived->table
                                                    : found->table->name,
                                       .key = found->key,
                                       .fault = found->fault };

        if (watch->differs != NULL)
            watch->differs(&told, watch->data);
    }
}

static void
tell_table(const Move *move, const MoveTable *table, const char *name, DbMoveFate fate)
{
    const DbMoveWatch *watch = &move->options->watch;
    DbMoveTable        told = {
               .schema = move->schema->name, .table = name, .fate = fate, .rows = table->rows
    };

    if (fate == DB_MOVE_MOVED)
        g_snprintf(told.hash, sizeof told.hash,
                   "%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", (guint64)table->sum[0],
                   (guint64)table->sum[1]);
    if (watch->table != NULL)
        watch->table(&told, watch->data);
}

static void
tell_tables(const Move *move)
{
    for (guint i = 0; i < move->tables->len; i++) {
        const MoveTable *table = move->tables->pdata[i];

        tell_table(move, table, table->name, table->left ? DB_MOVE_LEFT : DB_MOVE_MOVED);
        if (table->derived != NULL)
            tell_table(move, table, table->derived->table, DB_MOVE_MADE);
    }
}

static bool
compare(Move *move, GError **error)
{
    int64_t rows = 0;

    for (guint i = 0; i < move->ranges->len; i++)
        rows += 2 * ((MoveRange *)move->ranges->pdata[i])->rows;
    say_stage(move, DB_MOVE_COMPARE, rows);
    if (!db_move_work(move, move->ranges, db_move_compare, error))
        return false;
    if (move->differences->len > 0) {
        tell_differences(move);
        return fail(error, APP_ERROR_INVALID,
                    "the %s at the target is not the source's (%u differences): it is not served; "
                    "find out who wrote to it, and begin again with an empty one",
                    move->schema->name, move->differences->len);
    }
    tell_tables(move);
    return true;
}

/* ---- the way of one file ---- */

static bool
begin(Move *move, Conn *source, PgConn *target, GError **error)
{
    DbOptions options = { .url = move->url, .schema = move->schema };
    int       applied;
    bool      begun;

    say_stage(move, DB_MOVE_PLAN, 0);
    if (!db_move_source_open(move, source, error) || !db_move_source_check(move, source, error) ||
        !pg_check_url(move->url, error) || !db_move_target_open(move, target, error) ||
        !db_move_target_has(target, &begun, error))
        return false;
    return (begun || db_migrate(&options, &applied, error)) &&
           db_move_begin(move, source, target, error);
}

/* The first connection may have been lost while the workers' came back. */
static bool
refresh(const Move *move, PgConn *target, GError **error)
{
    PGresult *answer = PQexec(target->handle, "SELECT 1");
    bool      there = PQresultStatus(answer) == PGRES_TUPLES_OK;

    PQclear(answer);
    if (there)
        return true;
    pg_conn_close(target);
    return db_move_target_open(move, target, error);
}

static bool
finish(Move *move, PgConn *target, GError **error)
{
    return copy(move, error) && build(move, error) && refresh(move, target, error) &&
           db_move_check_schema(target, error) && compare(move, error) &&
           refresh(move, target, error) &&
           db_move_target_do(target, "UPDATE " MOVE_TABLE " SET verified = true", error);
}

static bool
move_file(const DbMoveOptions *options, size_t place, GError **error)
{
    Conn   source = { .handle = NULL };
    PgConn target = { .handle = NULL };
    Move   move;

    move_init(&move, options, place);
    bool moved = begin(&move, &source, &target, error);
    if (source.handle != NULL)
        conn_close(&source);
    moved = moved && (move.verified || finish(&move, &target, error));
    pg_conn_close(&target);
    move_clear(&move);
    return moved;
}

/* ---- the end ---- */

static char *
mark_of(const DbMoveOptions *options)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; options->schemas[i] != NULL; i++)
        g_string_append_printf(text, "%s = %s\n", options->schemas[i]->name, options->urls[i]);
    return g_string_free(text, FALSE);
}

/* What the program itself looks at before it serves. */
static bool
check_opens(const DbMoveOptions *options, size_t place, GError **error)
{
    DbOptions opening = { .url = options->urls[place], .schema = options->schemas[place] };
    g_autoptr(Db) db = db_open(&opening, error);

    return db != NULL;
}

static bool
let_go(const DbMoveOptions *options, size_t place, GError **error)
{
    PgConn target;
    Move   move;
    bool   has = false;

    move_init(&move, options, place);
    bool done =
        db_move_target_open(&move, &target, error) && db_move_target_has(&target, &has, error) &&
        (!has || db_move_target_do(
                     &target, "DROP TABLE " MOVE_RANGE_TABLE ", " MOVE_OBJECT_TABLE ", " MOVE_TABLE,
                     error));
    pg_conn_close(&target);
    move_clear(&move);
    return done && check_opens(options, place, error);
}

static bool
let_all_go(const DbMoveOptions *options, GError **error)
{
    for (size_t i = 0; options->schemas[i] != NULL; i++)
        if (!let_go(options, i, error))
            return false;
    return true;
}

/* A run before this one marked the source: what it may not have come to is letting the targets go. */
static bool
end_marked(const DbMoveOptions *options, const char *mark, GError **error)
{
    g_autofree char *expected = mark_of(options);

    if (g_strcmp0(mark, expected) != 0)
        return fail(error, APP_ERROR_INVALID,
                    "the store in %s was moved to other databases already (" MOVED_FILE
                    " there says where)",
                    options->directory);
    return let_all_go(options, error);
}

/* ---- leaving the directory as it was ---- */

static bool
log_is_empty(const char *path)
{
    struct stat found;

    return stat(path, &found) != 0 || found.st_size == 0;
}

/* The engine makes an empty log beside a file that it reads; the owner lock says that it is ours. */
static void
remove_empty_logs(const DbMoveOptions *options)
{
    for (size_t i = 0; options->schemas[i] != NULL; i++) {
        g_autofree char *log =
            g_strdup_printf("%s/%s.db-wal", options->directory, options->schemas[i]->name);
        g_autofree char *memory =
            g_strdup_printf("%s/%s.db-shm", options->directory, options->schemas[i]->name);

        if (!log_is_empty(log))
            continue;
        (void)unlink(memory);
        (void)unlink(log);
    }
}

static bool
check_there(const DbMoveOptions *options, GError **error)
{
    for (size_t i = 0; options->schemas[i] != NULL; i++) {
        g_autofree char *path =
            g_strdup_printf("%s/%s.db", options->directory, options->schemas[i]->name);

        if (!g_file_test(path, G_FILE_TEST_EXISTS))
            return fail(error, APP_ERROR_INVALID, "there is no %s: --dir names the store to move",
                        path);
    }
    return true;
}

static bool
move_all(const DbMoveOptions *options, GError **error)
{
    g_autofree char *mark = mark_of(options);

    for (size_t i = 0; options->schemas[i] != NULL; i++)
        if (!move_file(options, i, error))
            return false;
    return moved_write(options->directory, mark, error) && let_all_go(options, error);
}

bool
db_move(const DbMoveOptions *given, bool *again, GError **error)
{
    DbMoveOptions    options = *given;
    OwnerLock       *lock;
    g_autofree char *mark = NULL;

    options.workers = given->workers > 0 ? given->workers : 2 * (int)g_get_num_processors();
    options.step = given->step > 0 ? given->step : STEP;
    options.patience = given->patience > 0 ? given->patience : PATIENCE;
    if (!check_there(&options, error))
        return false;
    lock = owner_lock_take(options.directory, error);
    if (lock == NULL)
        return false;

    mark = moved_read(options.directory);
    *again = mark != NULL;
    bool moved = unsynced_settle(options.directory, error) &&
                 (mark != NULL ? end_marked(&options, mark, error) : move_all(&options, error));
    remove_empty_logs(&options);
    owner_lock_free(lock);
    return moved;
}
