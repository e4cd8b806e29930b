/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Many tasks on a few workers, each with connections of its own to both sides. What must stay true: a task
 * that failed because the server was gone is done again from its beginning on a new connection, and the
 * caller's thread alone talks to whoever watches. */
#include "db/db_move_parts.h"

#include "base/clock.h"

#define LOOK_EVERY (SECONDS / 10)
#define AGAIN_AFTER (SECONDS / 4)

typedef struct {
    Move        *move;
    GPtrArray   *tasks;
    MoveTaskFunc run;
    guint        next;    /* under the lock of Move */
    int          working; /* likewise */
} Work;

typedef struct {
    MoveWorker worker;
    Work      *work;
} Hand;

static bool
ensure(MoveWorker *worker, GError **error)
{
    if (worker->source.handle == NULL && !db_move_source_open(worker->move, &worker->source, error))
        return false;
    if (worker->target.handle != NULL && PQstatus(worker->target.handle) == CONNECTION_OK)
        return true;
    pg_conn_close(&worker->target);
    return db_move_target_open(worker->move, &worker->target, error);
}

static void
rest(Move *move)
{
    lock_take(&move->lock);
    if (!atomic_load(&move->stopped))
        signal_wait_for(&move->signal, &move->lock, AGAIN_AFTER);
    lock_leave(&move->lock);
}

static bool
run_task(Hand *hand, void *task, GError **error)
{
    Move   *move = hand->work->move;
    int64_t last = 0;

    while (true) {
        g_autoptr(GError) failure = NULL;
        int64_t now = clock_monotonic();

        if (ensure(&hand->worker, &failure) && hand->work->run(&hand->worker, task, &failure))
            return true;
        last = last == 0 ? clock_monotonic() + move->options->patience : last;
        if (error_code(failure) != APP_ERROR_BUSY || now > last || atomic_load(&move->stopped)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
        pg_conn_close(&hand->worker.target);
        rest(move);
    }
}

static void *
take_task(Work *work)
{
    void *task = NULL;

    lock_take(&work->move->lock);
    if (!atomic_load(&work->move->stopped) && work->next < work->tasks->len)
        task = work->tasks->pdata[work->next++];
    lock_leave(&work->move->lock);
    return task;
}

static void *
work_on(void *data)
{
    Hand *hand = data;
    Move *move = hand->work->move;
    void *task;

    while ((task = take_task(hand->work)) != NULL)
        if (!run_task(hand, task, &hand->worker.error))
            atomic_store(&move->stopped, true);
    pg_conn_close(&hand->worker.target);
    if (hand->worker.source.handle != NULL)
        conn_close(&hand->worker.source);

    lock_take(&move->lock);
    hand->work->working--;
    signal_all(&move->signal);
    lock_leave(&move->lock);
    return NULL;
}

/* False when nobody waits any more. */
static bool
watch(Work *work)
{
    const DbMoveWatch *watching = &work->move->options->watch;
    Move              *move = work->move;
    bool               goes_on = true;

    lock_take(&move->lock);
    while (work->working > 0) {
        signal_wait_for(&move->signal, &move->lock, LOOK_EVERY);
        lock_leave(&move->lock);
        goes_on = goes_on && (watching->tick == NULL ||
                              watching->tick(atomic_load(&move->done), watching->data));
        if (!goes_on)
            atomic_store(&move->stopped, true);
        lock_take(&move->lock);
    }
    lock_leave(&move->lock);
    return goes_on;
}

/* The first failure that is none of being stopped, or any. */
static bool
gather(Hand *hands, int n, GError **error)
{
    GError *first = NULL;

    for (int i = 0; i < n; i++) {
        GError *one = hands[i].worker.error;

        if (one != NULL && (first == NULL || error_code(first) == APP_ERROR_BUSY)) {
            g_clear_error(&first);
            first = one;
        } else {
            g_clear_error(&one);
        }
    }
    if (first != NULL)
        g_propagate_error(error, first);
    return first == NULL;
}

bool
db_move_work(Move *move, GPtrArray *tasks, MoveTaskFunc run, GError **error)
{
    int              n = MIN(move->options->workers, (int)tasks->len);
    Work             work = { .move = move, .tasks = tasks, .run = run, .working = n };
    g_autofree Hand *hands = g_new0(Hand, MAX(n, 1));

    for (int i = 0; i < n; i++) {
        hands[i] = (Hand){ .worker = { .move = move }, .work = &work };
        hands[i].worker.thread = thread_start("db-move", 0, work_on, &hands[i]);
    }
    bool waited_for = watch(&work);
    for (int i = 0; i < n; i++)
        thread_join(hands[i].worker.thread);
    return gather(hands, n, error) &&
           (waited_for || fail(error, APP_ERROR_BUSY, "nobody waits for the move any more"));
}
