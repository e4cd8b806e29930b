/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One node of several on a PostgreSQL store, for pg_kill_test.py, which kills it or the server:
 *
 *     pg_victim URL
 *
 * writes with eight threads until it gets SIGTERM and prints the id of each acknowledged plan, a line
 * each, then how many were refused. */
#include "db/db_fixture.h"

#include "base/id.h"
#include "base/thread.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 8 };

typedef struct {
    Db             *db;
    IdSource       *ids;
    _Atomic int64_t refused;
    _Atomic bool    stop;
} Victim;

static WritePlan *
submission(Arena *mem, int64_t id)
{
    WritePlan *plan = db_fixture_submission(mem, id);

    plan_witness(plan, &db_fixture_event_by_id, DB_PARAMS(db_int(id)));
    return plan;
}

static void *
submit_many(void *data)
{
    Victim *victim = data;

    while (!atomic_load(&victim->stop)) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;
        int64_t id = id_next(victim->ids);
        char    line[32];

        if (!db_apply(victim->db, submission(mem, id), &error)) {
            /* Two nodes that made the same id would race for it. */
            if (error_code(error) != APP_ERROR_BUSY)
                g_error("%s", error->message);
            atomic_fetch_add(&victim->refused, 1);
            continue;
        }
        int length = g_snprintf(line, sizeof line, "%" G_GINT64_FORMAT "\n", (gint64)id);
        if (write(STDOUT_FILENO, line, (size_t)length) != length)
            _exit(1);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    sigset_t  wanted;
    int       got;
    pthread_t threads[THREADS];

    g_assert_cmpint(argc, ==, 2);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &wanted, NULL);

    Clock *clock = clock_new_system();
    Victim victim = { .db = db_fixture_open(argv[1]) };
    victim.ids = id_source_new(clock, db_node(victim.db));
    printf("node %d\n", db_node(victim.db));
    fflush(stdout);
    for (int i = 0; i < THREADS; i++)
        threads[i] = thread_start("submits", 0, submit_many, &victim);
    sigwait(&wanted, &got);
    atomic_store(&victim.stop, true);
    for (int i = 0; i < THREADS; i++)
        thread_join(threads[i]);
    printf("refused %d\n", (int)atomic_load(&victim.refused));
    db_close(victim.db);
    id_source_free(victim.ids);
    clock_free(clock);
    return 0;
}
