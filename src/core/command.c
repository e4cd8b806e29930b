/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Runs commands. What must stay true: the read transaction ends before the plan is given to the
 * writer, the command id stays the same when prepare runs again, what happens `now` does too, and jobs
 * are woken only when what they wait for is there. */
#include "core/command.h"

#include "base/text.h"

#include "core/crypto.h"
#include "core/job.h"

#include <string.h>

enum { TRIES = 5, BATCH = 256 };

#define PREPARE_MOST (2 * SECONDS) /* a reader is lent for five */

typedef struct CommandStep {
    struct CommandStep *next;
    const DbQuery      *query;
    const DbValue      *params;
    size_t              n_params;
} CommandStep;

/* ---- what prepare may call ---- */

bool
command_refuse(Prepare *prepare, const Refusal *refusal, GError **error)
{
    *prepare->refusal = *refusal;
    prepare->refusal->field = arena_copy(prepare->mem, refusal->field);
    for (size_t i = 0; i < G_N_ELEMENTS(refusal->arguments); i++)
        prepare->refusal->arguments[i] = arena_copy(prepare->mem, refusal->arguments[i]);

    return fail(error, APP_ERROR_INVALID, "refused with message %d", refusal->message);
}

static DbValue
copy_value(Arena *mem, DbValue value)
{
    if (value.type == DB_TYPE_TEXT)
        value.text = arena_copy(mem, value.text);
    else if (value.type == DB_TYPE_BYTES)
        value.bytes = arena_bytes(mem, value.bytes);
    return value;
}

void
command_last(Prepare *prepare, const DbQuery *query, const DbValue *params, size_t n_params)
{
    CommandStep  *step = ARENA_NEW(prepare->mem, CommandStep);
    DbValue      *copies = ARENA_ARRAY(prepare->mem, DbValue, n_params);
    CommandStep **end = &prepare->last;

    for (size_t i = 0; i < n_params; i++)
        copies[i] = copy_value(prepare->mem, params[i]);
    *step = (CommandStep){ .query = query, .params = copies, .n_params = n_params };
    while (*end != NULL)
        end = &(*end)->next;
    *end = step;
}

static void
add_last_steps(const Prepare *prepare)
{
    for (const CommandStep *step = prepare->last; step != NULL; step = step->next)
        plan_any(prepare->plan, step->query, step->params, step->n_params);
}

const void *
command_pending(const Prepare *prepare, int64_t key)
{
    return prepare->pending == NULL ? NULL : g_hash_table_lookup(prepare->pending, &key);
}

void
command_pending_put(Prepare *prepare, int64_t key, const void *row)
{
    int64_t *own;

    if (prepare->pending == NULL)
        return;
    own = ARENA_NEW(prepare->mem, int64_t);
    *own = key;
    g_hash_table_replace(prepare->pending, own, (void *)(uintptr_t)row);
}

/* ---- one command ---- */

/* The milliseconds first, then chance: what follows one another lies side by side in an index, and a
 * submission does not touch a page of its own for it. */
Bytes
command_id_new(Arena *mem, AppTime now)
{
    enum { TIME_SIZE = 6 };
    uint8_t *id = arena_alloc(mem, COMMAND_ID_SIZE);
    uint64_t milliseconds = GUINT64_TO_BE((uint64_t)(now / 1000) << 16);

    memcpy(id, &milliseconds, TIME_SIZE);
    crypto_random(id + TIME_SIZE, COMMAND_ID_SIZE - TIME_SIZE);
    return (Bytes){ id, COMMAND_ID_SIZE };
}

Bytes
command_id_read(Arena *mem, const char *text)
{
    uint8_t *id = arena_alloc(mem, COMMAND_ID_SIZE);

    if (text == NULL || !text_from_hex(text, id, COMMAND_ID_SIZE))
        crypto_random(id, COMMAND_ID_SIZE);
    return (Bytes){ id, COMMAND_ID_SIZE };
}

/* What stays the same however often prepare runs. */
typedef struct {
    CommandContext context;
    CommandPrepare prepare;
    const void    *cmd;
    void          *result;
} Run;

static CommandContext
settle_context(const CommandContext *given)
{
    CommandContext context = *given;

    if (context.command_id.data == NULL)
        context.command_id = command_id_read(context.mem, NULL);
    if (context.at == 0)
        context.at = clock_now(context.sys->clock);
    return context;
}

static bool
prepare_in(DbTx *tx, const Run *run, int attempt, Prepare *state, Refusal *refusal, GError **error)
{
    const CommandContext *context = &run->context;

    *refusal = (Refusal){ .message = 0 };
    *state = (Prepare){
        .pending = state->pending,
        .sys = context->sys,
        .mem = context->mem,
        .tx = tx,
        .plan = plan_new(context->mem),
        .by = context->by,
        .now = context->at,
        .recorded_at = clock_now(context->sys->clock),
        .quiet = context->quiet,
        .command_id = context->command_id,
        .attempt = attempt,
        .refusal = refusal,
    };
    if (!run->prepare(state, run->cmd, run->result, error))
        return false;

    add_last_steps(state);
    return true;
}

/* The snapshot ends here, whatever prepare says. */
static bool
prepare_plan(const Run *run, int attempt, Prepare *state, Refusal *refusal, GError **error)
{
    const CommandContext *context = &run->context;
    g_autoptr(DbTx) tx = db_begin(context->sys->db, context->mem, error);

    return tx != NULL && prepare_in(tx, run, attempt, state, refusal, error);
}

static bool
run_once(const Run *run, int attempt, CommandOutcome *outcome, GError **error)
{
    Prepare state = { .pending = NULL };

    if (!prepare_plan(run, attempt, &state, &outcome->refusal, error))
        return false;

    outcome->repeated = state.repeated;
    if (state.repeated)
        return true;
    if (!db_apply(run->context.sys->db, state.plan, error))
        return false;

    if (state.wakes)
        job_wake_for(run->context.sys);
    return true;
}

static bool
run_until_decided(const Run *run, int attempt, CommandOutcome *outcome, GError **error)
{
    for (; attempt < TRIES; attempt++) {
        g_autoptr(GError) failure = NULL;

        *outcome = (CommandOutcome){ .repeated = false };
        if (run_once(run, attempt, outcome, &failure))
            return true;
        if (error_code(failure) != APP_ERROR_RACE) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return false;
        }
    }
    return fail(error, APP_ERROR_CONFLICT, "others were faster %d times in a row", TRIES);
}

bool
command_run(const CommandContext *context, CommandPrepare prepare, const void *cmd, void *result,
            CommandOutcome *outcome, GError **error)
{
    Run            run = { settle_context(context), prepare, cmd, result };
    CommandOutcome ignored;

    return run_until_decided(&run, 0, outcome == NULL ? &ignored : outcome, error);
}

/* ---- many ---- */

static bool
run_together(const Run *runs, size_t n, GError **error)
{
    const WritePlan *plans[BATCH];
    size_t           n_plans = 0;
    bool             wakes = false;

    for (size_t i = 0; i < n; i++) {
        Prepare state = { .pending = NULL };
        Refusal refusal;

        if (!prepare_plan(&runs[i], 0, &state, &refusal, error))
            return false;
        if (state.repeated)
            continue;
        plans[n_plans++] = state.plan;
        wakes = wakes || state.wakes;
    }
    if (!db_apply_all(runs[0].context.sys->db, plans, n_plans, error))
        return false;

    if (wakes)
        job_wake_for(runs[0].context.sys);
    return true;
}

/* A race inside the commit does not tell which item lost it. */
static bool
run_chunk(const Run *runs, size_t n, GError **error)
{
    g_autoptr(GError) failure = NULL;
    CommandOutcome ignored;

    if (run_together(runs, n, &failure))
        return true;
    if (error_code(failure) != APP_ERROR_RACE) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }

    for (size_t i = 0; i < n; i++)
        if (!run_until_decided(&runs[i], 1, &ignored, error))
            return false;
    return true;
}

bool
command_run_batch(const CommandContext *contexts, CommandPrepare prepare, const void *const *cmds,
                  void *const *results, size_t n, GError **error)
{
    if (n == 0)
        return true;

    Run *runs = ARENA_ARRAY(contexts[0].mem, Run, n);
    for (size_t i = 0; i < n; i++)
        runs[i] = (Run){ settle_context(&contexts[i]), prepare, cmds[i], results[i] };

    for (size_t at = 0; at < n; at += BATCH)
        if (!run_chunk(runs + at, MIN(n - at, BATCH), error))
            return false;
    return true;
}

/* ---- many, each refused alone ---- */

static bool
is_fatal(const GError *error)
{
    int code = error_code(error);

    return code == APP_ERROR_INTERNAL || code == APP_ERROR_BUSY;
}

/* One item's: kept with it, unless nothing can go on. */
static bool
keep_failure(CommandItem *item, GError *failure, GError **error)
{
    if (is_fatal(failure)) {
        g_propagate_error(error, failure);
        return false;
    }
    item->failure = failure;
    return true;
}

/* The plans of those that are allowed and were not done before, and whose they are. */
typedef struct {
    const WritePlan **plans;
    CommandItem     **items;
    Run              *runs;
    size_t            n;
    GHashTable       *pending; /* what they make of things, for those behind them */
    GHashTable       *ids;     /* their commands: the same once more waits until it is found */
    bool              wakes;   /* a job, after the commit */
} Together;

static bool
prepare_item(DbTx *tx, CommandItem *item, Together *together, GError **error)
{
    Run    *run = &together->runs[together->n];
    Prepare state = { .pending = together->pending };

    *run = (Run){ settle_context(&item->context), item->prepare, item->cmd, item->result };
    item->outcome = (CommandOutcome){ .repeated = false };
    item->failure = NULL;
    if (g_hash_table_contains(together->ids, &run->context.command_id))
        return fail(error, APP_ERROR_RACE, "the same command is not committed yet");
    if (!prepare_in(tx, run, 0, &state, &item->outcome.refusal, error))
        return false;

    item->outcome.repeated = state.repeated;
    if (!state.repeated) {
        together->plans[together->n] = state.plan;
        together->items[together->n++] = item;
        g_hash_table_add(together->ids, &run->context.command_id);
        together->wakes = together->wakes || state.wakes;
    }
    return true;
}

/* In one snapshot, up to the first that needs what is not committed yet, and no longer than a reader may be
 * held: `*taken` of them. */
static bool
prepare_items(CommandItem *items, size_t n, Together *together, size_t *taken, GError **error)
{
    const CommandContext *first = &items[0].context;
    int64_t               until = clock_monotonic() + PREPARE_MOST;
    g_autoptr(DbTx) tx = db_begin(first->sys->db, first->mem, error);

    if (tx == NULL)
        return false;
    for (*taken = 0; *taken < n && (*taken == 0 || clock_monotonic() < until); (*taken)++) {
        CommandItem *item = &items[*taken];
        GError      *failure = NULL;

        if (prepare_item(tx, item, together, &failure))
            continue;
        if (*taken > 0 && error_code(failure) == APP_ERROR_RACE) {
            g_error_free(failure);
            return true;
        }
        if (!keep_failure(item, failure, error))
            return false;
    }
    return true;
}

static bool
run_one_by_one(Together *together, GError **error)
{
    for (size_t i = 0; i < together->n; i++) {
        GError *failure = NULL;

        if (!run_until_decided(&together->runs[i], 1, &together->items[i]->outcome, &failure) &&
            !keep_failure(together->items[i], failure, error))
            return false;
    }
    return true;
}

static bool
run_items(CommandItem *items, size_t n, Together *together, size_t *taken, GError **error)
{
    g_autoptr(GError) failure = NULL;

    together->n = 0;
    together->wakes = false;
    g_hash_table_remove_all(together->pending);
    g_hash_table_remove_all(together->ids);
    if (!prepare_items(items, n, together, taken, error))
        return false;
    if (db_apply_all(items[0].context.sys->db, together->plans, together->n, &failure)) {
        if (together->wakes)
            job_wake_for(items[0].context.sys);
        return true;
    }
    if (error_code(failure) == APP_ERROR_RACE)
        return run_one_by_one(together, error);

    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* Of a command id's chance, which is behind its time. */
static guint
hash_id(const void *id)
{
    const Bytes *bytes = id;
    guint        hash;

    memcpy(&hash, bytes->data + COMMAND_ID_SIZE - sizeof hash, sizeof hash);
    return hash;
}

static gboolean
same_id(const void *one, const void *other)
{
    return bytes_equal(*(const Bytes *)one, *(const Bytes *)other);
}

bool
command_run_each_of(CommandItem *items, size_t n, size_t most, GError **error)
{
    g_autofree const WritePlan **plans = g_new(const WritePlan *, most);
    g_autofree CommandItem     **planned = g_new(CommandItem *, most);
    g_autofree Run              *runs = g_new(Run, most);
    g_autoptr(GHashTable) pending = g_hash_table_new(g_int64_hash, g_int64_equal);
    g_autoptr(GHashTable) ids = g_hash_table_new(hash_id, same_id);
    Together together = {
        .plans = plans, .items = planned, .runs = runs, .pending = pending, .ids = ids
    };
    size_t taken;

    for (size_t at = 0; at < n; at += taken)
        if (!run_items(items + at, MIN(n - at, most), &together, &taken, error))
            return false;
    return true;
}

bool
command_run_each(CommandItem *items, size_t n, GError **error)
{
    return command_run_each_of(items, n, BATCH, error);
}
