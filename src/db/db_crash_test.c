/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What was acknowledged is there after the process died: by kill -9, by a power failure (the VFS
 * that forgets), by a disk that fails to sync. The program starts itself again as the victim:
 *
 *     db_crash_test --victim DIRECTORY FIRST-ID VFS|- SYNC|OFF
 *
 * which writes with eight threads and prints the id of each acknowledged plan, eight bytes each.
 * SAWT_KILLS: how many times it is killed (5). */
#include "db/db_fixture.h"

#include "base/thread.h"
#include "db/owner.h"
#include "vfs_forget.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    THREADS = 8,
    MOST_PLANS = 20000, /* a victim that nobody kills stops */
    EXIT_DAMAGED = 70,
    EXIT_NOT_OPENED = 3,
};

/* ---- the victim ---- */

typedef struct {
    Db             *db;
    _Atomic int64_t next_id;
    int64_t         last_id;
} Victim;

static void *
submit_many(void *data)
{
    Victim *victim = data;

    while (true) {
        int64_t id = atomic_fetch_add(&victim->next_id, 1);

        if (id > victim->last_id)
            return NULL;

        db_fixture_submit(victim->db, id);
        if (write(STDOUT_FILENO, &id, sizeof id) != sizeof id)
            _exit(1);
    }
}

static int
be_victim(char **argv)
{
    bool      forgets = strcmp(argv[4], "-") != 0;
    pthread_t threads[THREADS];
    GError   *error = NULL;
    DbOptions options = {
        .directory = argv[2],
        .schema = &db_fixture_schema,
        .readers = 2,
        .vfs = forgets ? argv[4] : NULL,
        .unsafe_sync = strcmp(argv[5], "OFF") == 0,
    };

    vfs_forget_register();
    OwnerLock *lock = owner_lock_take(argv[2], &error);
    g_assert_no_error(error);
    g_assert_nonnull(lock);

    Victim victim = { .db = db_open(&options, &error),
                      .next_id = g_ascii_strtoll(argv[3], NULL, 10) };
    if (victim.db == NULL)
        return EXIT_NOT_OPENED;
    victim.last_id = victim.next_id + MOST_PLANS - 1;
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start("submits", 0, submit_many, &victim);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    return 0;
}

/* ---- the judge ---- */

typedef struct {
    const char *directory;
    const char *self;
    const char *vfs, *sync;
    int64_t     first_id;
    GArray     *acknowledged; /* ids */
    GPid        pid;
    int         out;
} Trial;

static void
start_victim(Trial *trial, const char *const *before)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    g_autofree char *first = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)trial->first_id);
    const char      *own[] = {
             trial->self, "--victim", trial->directory, first, trial->vfs, trial->sync
    };
    g_auto(GStrv) environment =
        g_environ_setenv(g_get_environ(), "ASAN_OPTIONS", "detect_leaks=0", TRUE);
    GError *error = NULL;

    for (; before != NULL && *before != NULL; before++)
        g_ptr_array_add(argv, (gpointer)*before);
    for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
        g_ptr_array_add(argv, (gpointer)own[i]);
    g_ptr_array_add(argv, NULL);

    g_spawn_async_with_pipes(NULL, (char **)argv->pdata, environment,
                             G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, NULL, NULL,
                             &trial->pid, NULL, &trial->out, NULL, &error);
    g_assert_no_error(error);
}

/* False at the end. */
static bool
read_acknowledgement(Trial *trial)
{
    int64_t id;
    size_t  got = 0;

    while (got < sizeof id) {
        ssize_t n = read(trial->out, (char *)&id + got, sizeof id - got);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    g_array_append_val(trial->acknowledged, id);
    return true;
}

/* Kill it after so many acknowledgements, and take those that were on their way. */
static void
kill_after(Trial *trial, int acknowledgements)
{
    int status;

    for (int i = 0; i < acknowledgements; i++)
        g_assert_true(read_acknowledgement(trial));
    g_assert_cmpint(kill(trial->pid, SIGKILL), ==, 0);
    while (read_acknowledgement(trial))
        continue;
    close(trial->out);

    g_assert_cmpint(waitpid(trial->pid, &status, 0), ==, trial->pid);
    g_assert_true(WIFSIGNALED(status));
}

static int64_t
scalar(const char *directory, const char *sql)
{
    g_autofree char *path = db_fixture_file(directory);
    sqlite3         *handle = NULL;
    sqlite3_stmt    *row = NULL;

    g_assert_cmpint(sqlite3_open(path, &handle), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_prepare_v2(handle, sql, -1, &row, NULL), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_step(row), ==, SQLITE_ROW);
    int64_t value = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(handle);
    return value;
}

static bool
note_id(const void *row, void *data, GError **error)
{
    const Count *id = row;

    (void)error;
    g_hash_table_add(data, GSIZE_TO_POINTER(id->n));
    return true;
}

/* Open it as the next start would. How many acknowledged plans are missing? */
static int
count_missing(Trial *trial)
{
    g_autoptr(GHashTable) stored = g_hash_table_new(NULL, NULL);
    g_autoptr(Arena) mem = arena_new();
    GError *error = NULL;
    int     missing = 0;
    Db     *db = db_fixture_open(trial->directory);
    DbTx   *tx = db_begin(db, mem, &error);

    g_assert_true(db_each(tx, &db_fixture_event_ids, DB_NO_PARAMS, note_id, stored, &error));
    db_end(tx);
    db_close(db);

    for (guint i = 0; i < trial->acknowledged->len; i++)
        if (!g_hash_table_contains(
                stored, GSIZE_TO_POINTER(g_array_index(trial->acknowledged, int64_t, i))))
            missing++;

    /* Whole plans only. */
    g_assert_cmpint(scalar(trial->directory, "SELECT count(*) FROM pragma_integrity_check"
                                             " WHERE integrity_check = 'ok'"),
                    ==, 1);
    g_assert_cmpint(scalar(trial->directory,
                           "SELECT (SELECT count(*) FROM event) - (SELECT count(*) FROM petition)"),
                    ==, 0);
    return missing;
}

static char *
self_path(void)
{
    char *path = g_file_read_link("/proc/self/exe", NULL);

    g_assert_nonnull(path);
    return path;
}

static int
kills(void)
{
    const char *text = g_getenv("SAWT_KILLS");

    return text == NULL ? 5 : (int)g_ascii_strtoll(text, NULL, 10);
}

/* Killed again and again on the same store. Returns what was lost in all. */
static int
run_kills(const char *vfs, const char *sync, int times)
{
    char            *directory = db_fixture_directory(NULL);
    g_autofree char *path = self_path();
    Trial            trial = { .directory = directory, .self = path, .vfs = vfs, .sync = sync };
    int              lost = 0;

    db_close(db_fixture_open(directory));
    for (int i = 0; i < times; i++) {
        trial.first_id = 1 + i * INT64_C(1000000);
        trial.acknowledged = g_array_new(FALSE, FALSE, sizeof(int64_t));
        start_victim(&trial, NULL);
        kill_after(&trial, g_test_rand_int_range(1, 2000));
        lost += count_missing(&trial);
        g_test_message("%u acknowledged, %d lost", trial.acknowledged->len, lost);
        g_array_unref(trial.acknowledged);
    }
    db_fixture_remove(directory);
    return lost;
}

static void
test_kill(void)
{
    g_assert_cmpint(run_kills("-", "SYNC", kills()), ==, 0);
}

static void
test_power_failure(void)
{
    g_assert_cmpint(run_kills(VFS_FORGET_NAME, "SYNC", kills()), ==, 0);
}

/* The test of the test: without syncing, this VFS must lose what was acknowledged. */
static void
test_power_failure_unsynced(void)
{
    g_assert_cmpint(run_kills(VFS_FORGET_NAME, "OFF", 2), >, 0);
}

/* ---- a disk that fails ---- */

/* Make the nth call of this kind (on this file of the store, unless NULL) fail. How many were
 * acknowledged? */
static guint
run_failing_sync(const char *call, int nth, const char *file, int expected_exit)
{
    char            *directory = db_fixture_directory(NULL);
    char            *logs = db_fixture_directory(NULL);
    g_autofree char *path = self_path();
    g_autofree char *log = g_build_filename(logs, "strace", NULL);
    g_autofree char *inject = g_strdup_printf("inject=%s:error=EIO:when=%d", call, nth);
    g_autofree char *only = g_build_filename(directory, file, NULL);
    const char      *strace[] = { "strace",
                                  "-f",
                                  "-q",
                                  "-o",
                                  log,
                                  "-e",
                                  "trace=fdatasync,fsync",
                                  "-e",
                                  inject,
                             file == NULL ? NULL : "-P",
                                  only,
                                  NULL };
    g_autofree char *calls = NULL;
    Trial            trial = { .directory = directory,
                               .self = path,
                               .vfs = "-",
                               .sync = "SYNC",
                               .first_id = 1,
                               .acknowledged = g_array_new(FALSE, FALSE, sizeof(int64_t)) };
    int              status;

    db_close(db_fixture_open(directory));
    start_victim(&trial, strace);
    while (read_acknowledgement(&trial))
        continue;
    close(trial.out);
    g_assert_cmpint(waitpid(trial.pid, &status, 0), ==, trial.pid);

    /* The injection did fire, and then the process ended by itself. */
    g_assert_true(g_file_get_contents(log, &calls, NULL, NULL));
    g_assert_nonnull(strstr(calls, "(INJECTED)"));
    g_assert_true(WIFEXITED(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, expected_exit);

    guint acknowledged = trial.acknowledged->len;
    g_test_message("%s %d of %s failed: %u acknowledged", call, nth,
                   file == NULL ? "any file" : file, acknowledged);
    g_assert_cmpint(count_missing(&trial), ==, 0);
    g_array_unref(trial.acknowledged);
    db_fixture_remove(directory);
    db_fixture_remove(logs);
    return acknowledged;
}

static void
test_failing_sync(void)
{
    /* The second is that of the directory, which the engine does not look at. */
    static const int calls[] = { 1, 3, 4, 20, 90 };
    g_autofree char *found = g_find_program_in_path("strace");

    if (found == NULL) {
        g_test_skip("strace is not installed: no sync was made to fail");
        return;
    }

    g_assert_cmpuint(run_failing_sync("fsync", 1, NULL, EXIT_NOT_OPENED), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(calls); i++)
        run_failing_sync("fdatasync", calls[i], NULL, EXIT_DAMAGED);

    /* The file itself is synced only when the log is moved into it. */
    g_assert_cmpuint(run_failing_sync("fdatasync", 1, "case.db", EXIT_DAMAGED), >, 0);
}

int
main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "--victim") == 0)
        return be_victim(argv);

    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/crash/kill", test_kill);
    g_test_add_func("/db/crash/power-failure", test_power_failure);
    g_test_add_func("/db/crash/power-failure-unsynced", test_power_failure_unsynced);
    g_test_add_func("/db/crash/failing-sync", test_failing_sync);
    return g_test_run();
}
