/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The writers: each takes what waits, sends all of it without waiting for answers, looks at every
 * answer, and only then commits. What must stay true: nothing is acknowledged before the server has
 * said COMMIT, or a witness was found after the connection was lost; and a plan is never run again
 * while its first run may still be kept. */
#include "db/batch.h"
#include "db/db_pg.h"

#include "base/clock.h"

#include <string.h>

enum {
    BATCH = 128,
    RETRIES = 10, /* of a batch that met a deadlock */
};

#define LEAST_TIME (2 * SECONDS) /* wait for an answer, however impatient the configuration */
#define PAUSE (SECONDS / 4)      /* between two tries to connect */

/* What became of a batch before its commit. */
typedef struct {
    size_t failed; /* the job; n_jobs: none */
    bool   retry, gone;
} Answers;

/* A server that holds its line and does not answer is as good as gone: a plan waits no longer for the
 * one than for the other. */
static int64_t
answer_by(const PgConn *conn)
{
    return clock_monotonic() + MAX(conn->db->patience, LEAST_TIME);
}

/* ---- sending ---- */

static bool
send_named(PgConn *conn, const char *name)
{
    return conn->handle != NULL &&
           PQsendQueryPrepared(conn->handle, name, 0, NULL, NULL, NULL, 1) != 0;
}

/* `sent`: how many steps are on their way, even when one could not be. */
static bool
send_job(PgConn *conn, const Job *job, size_t *sent, GError **error)
{
    Db *db = &conn->db->base;

    for (size_t i = 0; i < job->n_plans; i++) {
        for (size_t j = 0; j < job->plans[i]->n_steps; j++) {
            const PlanStep  *step = &job->plans[i]->steps[j];
            const Statement *statement = catalog_find(&db->catalog, step->query);

            if (db_engine_fails(&db->faults))
                return fail(error, APP_ERROR_INTERNAL, "made to fail: %s", pg_sql(step->query));
            if (!pg_send(conn, statement, step->params, step->n_params, error))
                return false;
            *sent += 1;
        }
    }
    return true;
}

/* ---- the answers ---- */

static bool
check_answer(const PGresult *result, const PlanStep *step, GError **error)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        return pg_fail(result, pg_sql(step->query), error);

    const char *rows = PQcmdTuples((PGresult *)result);
    if (step->one && strcmp(rows, "1") != 0)
        return fail(error, APP_ERROR_RACE, "%s rows changed, not one: %s", rows,
                    pg_sql(step->query));
    return true;
}

/* The first error is the batch's; what follows it was not run. */
static void
read_answer(PgConn *conn, const PlanStep *step, size_t job, Answers *answers, GError **error)
{
    PGresult *result = pg_conn_take(conn, answer_by(conn));

    if (result == NULL) {
        answers->gone = true;
        return;
    }
    if (*error == NULL && !check_answer(result, step, error)) {
        answers->failed = job;
        answers->retry = pg_is_retry(result);
        answers->gone = pg_is_demoted(result) || pg_is_farewell(result);
    }
    PQclear(result);
}

/* `sent` answers at most are there to be read. */
static void
read_answers(PgConn *conn, Job *const *jobs, size_t n_jobs, size_t sent, Answers *answers,
             GError **error)
{
    for (size_t i = 0; i < n_jobs; i++)
        for (size_t j = 0; j < jobs[i]->n_plans; j++)
            for (size_t k = 0; k < jobs[i]->plans[j]->n_steps; k++) {
                if (answers->gone || sent == 0)
                    return;
                read_answer(conn, &jobs[i]->plans[j]->steps[k], i, answers, error);
                sent--;
            }
}

/* ---- ending ---- */

static bool
take_ok(PgConn *conn)
{
    PGresult *result = pg_conn_take(conn, answer_by(conn));
    bool      ok = result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK;

    PQclear(result);
    return ok;
}

/* The sync wakes the pipeline from its error, ROLLBACK ends the transaction. */
static void
roll_back(PgConn *conn)
{
    int64_t deadline = answer_by(conn);

    if (conn->handle == NULL)
        return;
    if (PQpipelineSync(conn->handle) == 0 || !send_named(conn, "rollback") ||
        PQpipelineSync(conn->handle) == 0) {
        pg_conn_close(conn);
        return;
    }
    conn->owed = 3;
    if (!pg_conn_settle(conn, deadline) || PQtransactionStatus(conn->handle) != PQTRANS_IDLE)
        pg_conn_close(conn);
}

typedef enum { COMMIT_KEPT, COMMIT_REFUSED, COMMIT_RETRY, COMMIT_UNKNOWN } CommitFate;

static CommitFate
commit(PgConn *conn, GError **error)
{
    Db     *db = &conn->db->base;
    int64_t begun = clock_monotonic();

    if (db_engine_fails(&db->faults)) {
        (void)fail(error, APP_ERROR_BUSY, "made to fail: COMMIT");
        roll_back(conn);
        return COMMIT_REFUSED;
    }
    if (!send_named(conn, "commit") || PQpipelineSync(conn->handle) == 0) {
        pg_conn_close(conn);
        return COMMIT_UNKNOWN;
    }

    PGresult *result = pg_conn_take(conn, answer_by(conn));
    if (result == NULL)
        return COMMIT_UNKNOWN;

    /* Whoever is ended while it waits for a standby has committed all the same. */
    if (pg_is_farewell(result)) {
        PQclear(result);
        pg_conn_close(conn);
        return COMMIT_UNKNOWN;
    }
    CommitFate fate = COMMIT_KEPT;
    if (PQresultStatus(result) != PGRES_COMMAND_OK || strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        fate = pg_is_retry(result) ? COMMIT_RETRY : COMMIT_REFUSED;
        (void)pg_fail(result, "COMMIT", error);
    }
    PQclear(result);
    conn->owed = 1;
    if (!pg_conn_settle(conn, answer_by(conn)))
        pg_conn_close(conn);
    atomic_fetch_add(&db->tally.commit_microseconds, clock_monotonic() - begun);
    return fate;
}

/* ---- an unknown commit ---- */

static bool
leave_pipeline(PgConn *conn, GError **error)
{
    if (pg_conn_settle(conn, answer_by(conn)) && PQexitPipelineMode(conn->handle) != 0)
        return true;
    pg_conn_close(conn);
    return fail(error, APP_ERROR_BUSY, "the connection to the database is lost");
}

/* Only with the server process gone is what can be seen what was kept. On another server, after a
 * failover, it never was. */
static bool
old_backend_ended(PgConn *conn, const char *backend, bool *ended, GError **error)
{
    const char *const params[] = { backend };
    PGresult         *row;

    if (!pg_conn_ensure(conn, error) || !leave_pipeline(conn, error))
        return false;
    row = pg_conn_exec_params(conn,
                              "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE pid || ' ' || extract(epoch FROM backend_start) = $1",
                              params, 1, error);
    if (row == NULL)
        return false;
    *ended = PQntuples(row) == 0;
    PQclear(row);
    return PQenterPipelineMode(conn->handle) != 0;
}

/* What is seen may not be on the standby: the old process was ended, perhaps while it waited for that. A
 * commit of our own behind it waits for both. */
static bool
wait_for_standby(PgConn *conn, GError **error)
{
    const char *const params[] = { conn->db->holder };

    if (!leave_pipeline(conn, error))
        return false;
    PGresult *done = pg_conn_exec_params(
        conn, "UPDATE " CATALOG_NODE_TABLE " SET lease_until = lease_until WHERE holder = $1",
        params, 1, error);
    bool waited = done != NULL && strcmp(PQcmdTuples(done), "1") == 0;
    PQclear(done);
    return (waited && PQenterPipelineMode(conn->handle) != 0) ||
           (done != NULL && fail(error, APP_ERROR_BUSY, "the node's lease is gone"));
}

static const PlanStep *
find_witness(Job *const *jobs, size_t n_jobs)
{
    for (size_t i = 0; i < n_jobs; i++)
        for (size_t j = 0; j < jobs[i]->n_plans; j++)
            if (jobs[i]->plans[j]->witness.query != NULL)
                return &jobs[i]->plans[j]->witness;
    return NULL;
}

static bool
pause_for_server(PgDb *db)
{
    lock_take(&db->lock);
    if (!db->closing)
        signal_wait_for(&db->signal, &db->lock, PAUSE);
    bool closing = db->closing;
    lock_leave(&db->lock);
    return !closing;
}

static bool
ask_witness(PgConn *conn, const char *backend, const PlanStep *witness, bool *kept, GError **error)
{
    const Statement *statement = catalog_find(&conn->db->base.catalog, witness->query);
    bool             ended = false;

    if (!old_backend_ended(conn, backend, &ended, error))
        return false;
    if (!ended)
        return fail(error, APP_ERROR_BUSY, "the old server process still runs");
    return pg_run_once(conn, statement, witness->params, witness->n_params, kept, error) &&
           (!*kept || wait_for_standby(conn, error));
}

static BatchOutcome
settle_commit(PgConn *conn, Job *const *jobs, size_t n_jobs, GError **error)
{
    const PlanStep *witness = find_witness(jobs, n_jobs);
    int64_t         deadline = jobs[0]->queued_at + conn->db->patience;
    char            backend[sizeof conn->backend];
    bool            kept = false;

    g_strlcpy(backend, conn->backend, sizeof backend);
    while (witness != NULL) {
        g_autoptr(GError) failure = NULL;

        if (ask_witness(conn, backend, witness, &kept, &failure)) {
            if (kept)
                return BATCH_DONE;
            (void)fail(error, APP_ERROR_BUSY, "the connection was lost before the commit");
            return BATCH_AGAIN;
        }
        if (clock_monotonic() > deadline || !pause_for_server(conn->db))
            break;
    }
    (void)fail(error, APP_ERROR_BUSY,
               "the connection to the database was lost while it committed: it is not known"
               " whether the change was kept");
    return BATCH_ALL;
}

/* ---- one transaction ---- */

static BatchOutcome
finish(PgConn *conn, Job *const *jobs, size_t n_jobs, bool *retry, GError **error)
{
    switch (commit(conn, error)) {
    case COMMIT_KEPT:
        return BATCH_DONE;
    case COMMIT_RETRY:
        *retry = true;
        return BATCH_ALL;
    case COMMIT_UNKNOWN:
        return settle_commit(conn, jobs, n_jobs, error);
    case COMMIT_REFUSED:
    default:
        return BATCH_ALL;
    }
}

static BatchOutcome
send_all(PgConn *conn, Job *const *jobs, size_t n_jobs, size_t *sent, size_t *failed,
         GError **error)
{
    if (!send_named(conn, "begin"))
        return BATCH_AGAIN;
    for (size_t i = 0; i < n_jobs; i++) {
        if (send_job(conn, jobs[i], sent, error))
            continue;
        *failed = i;
        return error_code(*error) == APP_ERROR_BUSY ? BATCH_AGAIN : BATCH_ONE;
    }
    return PQsendFlushRequest(conn->handle) != 0 ? BATCH_DONE : BATCH_AGAIN;
}

static BatchOutcome
lose(PgConn *conn, GError **error)
{
    g_clear_error(error);
    pg_conn_close(conn);
    (void)fail(error, APP_ERROR_BUSY, "%s: the connection to the database is lost",
               conn->db->base.schema->name);
    return BATCH_AGAIN;
}

static BatchOutcome
run_once(PgConn *conn, Job *const *jobs, size_t n_jobs, size_t *failed, bool *retry, GError **error)
{
    Answers answers = { .failed = n_jobs };
    size_t  sent = 0;

    *retry = false;
    BatchOutcome outcome = send_all(conn, jobs, n_jobs, &sent, failed, error);
    if (outcome == BATCH_AGAIN)
        return lose(conn, error);
    if (outcome != BATCH_DONE) { /* one cannot be sent: none is looked at */
        conn->owed = (int)sent + 1;
        if (PQsendFlushRequest(conn->handle) == 0 || !pg_conn_settle(conn, answer_by(conn)))
            pg_conn_close(conn);
        roll_back(conn);
        return outcome;
    }

    answers.gone = !take_ok(conn);
    read_answers(conn, jobs, n_jobs, sent, &answers, error);
    if (answers.gone)
        return lose(conn, error);
    if (*error == NULL)
        return finish(conn, jobs, n_jobs, retry, error);

    roll_back(conn);
    *failed = answers.failed;
    *retry = answers.retry;
    return BATCH_ONE;
}

/* Of a deadlock one is the victim, and the other goes on: the victim's turn is next. */
static BatchOutcome
run_transaction(void *writer, Job *const *jobs, size_t n_jobs, size_t *failed, GError **error)
{
    PgConn      *conn = writer;
    BatchOutcome outcome;
    bool         retry;

    if (!db_pg_node_check(conn->db, error))
        return pause_for_server(conn->db) ? BATCH_AGAIN : BATCH_ALL;
    if (db_engine_fails(&conn->db->base.faults)) {
        (void)fail(error, APP_ERROR_BUSY, "made to fail: BEGIN");
        return BATCH_ALL;
    }
    if (!pg_conn_ensure(conn, error)) {
        if (error_code(*error) != APP_ERROR_BUSY)
            return BATCH_ALL;
        return pause_for_server(conn->db) ? BATCH_AGAIN : BATCH_ALL;
    }

    for (int i = 0;; i++) {
        outcome = run_once(conn, jobs, n_jobs, failed, &retry, error);
        if (!retry || i == RETRIES)
            return outcome;
        g_clear_error(error);
    }
}

/* ---- the threads ---- */

static void *
write_until_closed(void *data)
{
    PgWriter *writer = data;
    PgDb     *db = writer->conn.db;
    void     *taken[BATCH];
    size_t    n_jobs;

    while ((n_jobs = queue_pop_all(db->base.queue, taken, BATCH)) > 0) {
        Job **jobs = (Job **)taken;

        while (n_jobs > 0) {
            size_t length = batch_shared(jobs, n_jobs);

            batch_run(&db->base, &writer->conn, run_transaction, jobs, length, db->patience);
            jobs += length;
            n_jobs -= length;
        }
    }
    return NULL;
}

void
db_pg_writers_start(PgDb *db)
{
    for (size_t i = 0; i < db->n_writers; i++) {
        db->writers[i].thread = thread_start("db-writer", 0, write_until_closed, &db->writers[i]);
        db->n_started++;
    }
}

void
db_pg_writers_stop(PgDb *db)
{
    lock_take(&db->lock);
    db->closing = true;
    signal_all(&db->signal);
    lock_leave(&db->lock);

    queue_close(db->base.queue);
    for (size_t i = 0; i < db->n_started; i++)
        thread_join(db->writers[i].thread);
}
