/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: the steps of a block are the same in every run, each request's in order of time; a step
 * that is refused ends its request's history; nothing of a block outlives it. */
#include "feature/generate/generate_play.h"

#include "feature/generate/generate_people.h"
#include "feature/generate/generate_store.h"
#include "feature/petition/petition_refusal.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 1024, FIRST_STEP = 0 };

/* A request whose history is played. */
typedef struct {
    GenerateRequest request;
    int64_t         id, number; /* 0: not lodged yet */
    bool            refused;
    int64_t         changed;  /* the commit that has what later steps must read from the store */
    int64_t         deferred; /* the commit from which on its steps wait for the next */
} Case;

typedef struct {
    AppTime at;
    Case   *one;
    size_t  step; /* 0: it is lodged; else the act before it */
} Mark;

/* A command until it was committed. */
typedef struct {
    Mark            mark;
    GenerateKind    kind;
    Who             by;
    CommandPrepare  prepare;
    PetitionReceipt receipt;
    PetitionActed   acted;
    union {
        PetitionTarget         on; /* each of the others begins with it */
        PetitionRoute          route;
        PetitionAccept         accept;
        PetitionConsult        consult;
        PetitionConsultAnswer  reply;
        PetitionSetPeriod      period;
        PetitionReturn         returned;
        PetitionUpdate         update;
        PetitionNote           note;
        PetitionAddInformation information;
        PetitionClose          close;
        PetitionRate           rate;
        PetitionWithdraw       withdraw;
    };
} Step;

struct GeneratePlay {
    GenerateRun *run;
    Arena       *block, *commit; /* what lives until the end of each */
    int64_t      commits;        /* the one that is gathered, from 1 */
    GArray      *waiting;        /* marks that wait for the next commit, in order */
    size_t       n;
    Step         steps[BATCH];
    CommandItem  items[BATCH];
};

/* ---- an act as a command ---- */

static CommandPrepare
fill_work(const GenerateAct *act, Step *step)
{
    switch ((int)act->kind) {
    case GENERATE_CONSULT:
        step->consult = (PetitionConsult){ .directorate_id = act->directorate_id,
                                           .question = act->text,
                                           .answer_days = act->number };
        return petition_consult_prepare;
    case GENERATE_CONSULT_ANSWER:
        step->reply = (PetitionConsultAnswer){ .answer = act->text, .proposed_days = act->number };
        return petition_consult_answer_prepare;
    case GENERATE_SET_PERIOD:
        step->period = (PetitionSetPeriod){ .due_day = act->number };
        return petition_set_period_prepare;
    case GENERATE_UPDATE:
        step->update = (PetitionUpdate){ .text = act->text };
        return petition_update_prepare;
    case GENERATE_NOTE:
        step->note = (PetitionNote){ .text = act->text };
        return petition_note_prepare;
    default:
        step->accept = (PetitionAccept){ .on = { .own = false } };
        return petition_accept_prepare;
    }
}

static CommandPrepare
fill_person(const GenerateAct *act, Step *step)
{
    PetitionTarget on = { .own = true };

    switch ((int)act->kind) {
    case GENERATE_ADD_INFORMATION:
        step->information = (PetitionAddInformation){ .on = on, .text = act->text };
        return petition_add_information_prepare;
    case GENERATE_RATE:
        step->rate = (PetitionRate){
            .on = on, .solved = act->code, .stars = act->number, .words = act->text
        };
        return petition_rate_prepare;
    default:
        step->withdraw = (PetitionWithdraw){ .on = on, .why = act->code, .words = act->text };
        return petition_withdraw_prepare;
    }
}

static CommandPrepare
fill_act(const GenerateAct *act, Step *step)
{
    if (act->role == ROLE_REQUESTER)
        return fill_person(act, step);

    switch ((int)act->kind) {
    case GENERATE_ROUTE:
        step->route = (PetitionRoute){ .entity_id = act->entity_id, .service_id = act->service_id };
        return petition_route_prepare;
    case GENERATE_RETURN:
        step->returned = (PetitionReturn){ .ground = act->code, .legal_text = act->text };
        return petition_return_prepare;
    case GENERATE_CLOSE:
        step->close = (PetitionClose){ .outcome = act->code, .answer = act->text };
        return petition_close_prepare;
    default:
        return fill_work(act, step);
    }
}

static Who
who_acts(const GenerateRun *run, const GenerateRequest *request, Role role, const GenerateAct *act)
{
    switch ((int)role) {
    case ROLE_AGENT:
        return run->agent;
    case ROLE_COUNTER:
        return run->counter;
    case ROLE_UNIT:
        return run->unit;
    case ROLE_REQUESTER:
        return (Who){ .role = role,
                      .person_id = request->submit.person_id,
                      .lang = request->submit.lang };
    default:
        return (Who){ .role = role,
                      .entity_id = act->entity_id,
                      .directorate_id = role == ROLE_DIRECTORATE ? act->directorate_id : 0 };
    }
}

/* ---- preparing ---- */

/* Its id is drawn when it is asked; the answer waits until it is committed. */
static bool
find_question(Prepare *prepare, const Case *one, int64_t *id, GError **error)
{
    g_autoptr(GError) absent = NULL;

    if (generate_store_question(prepare->tx, one->id, id, &absent))
        return true;
    if (error_code(absent) == APP_ERROR_NOT_FOUND && prepare->attempt == 0)
        return fail(error, APP_ERROR_RACE, "its question is not committed yet");
    g_propagate_error(error, g_steal_pointer(&absent));
    return false;
}

static bool
may_end(const GError *error)
{
    int code = error_code(error);

    return code != APP_ERROR_RACE && code != APP_ERROR_BUSY && code != APP_ERROR_INTERNAL;
}

static bool
prepare_now(Prepare *prepare, Step *step, GError **error)
{
    Case *one = step->mark.one;

    if (step->kind == GENERATE_SUBMIT) {
        if (!step->prepare(prepare, &one->request.submit, &step->receipt, error))
            return false;
        one->id = step->receipt.id;
        one->number = step->receipt.number;
        return true;
    }
    step->on.number = one->number;
    if (step->kind == GENERATE_CONSULT_ANSWER &&
        !find_question(prepare, one, &step->reply.consultation_id, error))
        return false;
    return step->prepare(prepare, &step->on, &step->acted, error);
}

static bool
prepare_step(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Step *step = result;
    g_autoptr(GError) failure = NULL;

    (void)cmd;
    if (step->mark.one->refused)
        return fail(error, APP_ERROR_NOT_FOUND, "its history has ended");
    if (prepare_now(prepare, step, &failure))
        return true;
    step->mark.one->refused = may_end(failure);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

/* ---- committing ---- */

static void
count_refused(GenerateRun *run, const Step *step, const CommandItem *item)
{
    g_autoptr(Arena) mem = NULL;

    atomic_fetch_add(&run->refused, 1);
    lock_take(&run->lock);
    if (run->reason == NULL) {
        mem = arena_new();
        run->reason = g_strdup_printf(
            "%s: %s", generate_kind_names[step->kind],
            item->outcome.refusal.message != 0
                ? petition_refusal_text(run->sys, mem, run->lang, &item->outcome.refusal)
                : item->failure->message);
    }
    lock_leave(&run->lock);
}

static void
settle(GeneratePlay *play, Step *step, CommandItem *item)
{
    GenerateRun *run = play->run;

    if (item->failure != NULL) {
        count_refused(run, step, item);
        step->mark.one->refused = true;
        g_clear_error(&item->failure);
        return;
    }
    atomic_fetch_add(item->outcome.repeated ? &run->known : &run->kinds[step->kind], 1);
    if (step->kind == GENERATE_SUBMIT && !item->outcome.repeated)
        vault_raise_hint(run->sys->vault, step->mark.one->request.submit.person_id,
                         step->receipt.handle_n + 1);
}

static bool
commit(GeneratePlay *play, GError **error)
{
    bool done = command_run_each_of(play->items, play->n, BATCH, error);

    for (size_t i = 0; i < play->n; i++)
        if (done)
            settle(play, &play->steps[i], &play->items[i]);
        else
            g_clear_error(&play->items[i].failure);
    play->n = 0;
    play->commits++;
    arena_reset(play->commit);
    return done;
}

static void
gather(GeneratePlay *play, const Mark *mark)
{
    GenerateRun           *run = play->run;
    Step                  *step = &play->steps[play->n];
    const GenerateRequest *request = &mark->one->request;
    const GenerateAct     *act = mark->step == FIRST_STEP ? NULL : &request->acts[mark->step - 1];

    *step = (Step){ .mark = *mark, .kind = GENERATE_SUBMIT, .prepare = petition_submit_prepare };
    step->by = who_acts(run, request, act == NULL ? request->role : act->role, act);
    if (act != NULL) {
        step->kind = act->kind;
        step->prepare = fill_act(act, step);
    }
    play->items[play->n] = (CommandItem){
        .context = { .sys = run->sys,
                     .mem = play->commit,
                     .by = &step->by,
                     .at = mark->at,
                     .command_id = generate_command_id(run, play->commit, mark->at, request->index,
                                                       mark->step),
                     .quiet = true },
        .prepare = prepare_step,
        .result = step,
    };
    play->n++;
}

/* ---- a block ---- */

static int
by_time(const void *a, const void *b)
{
    const Mark *left = a, *right = b;

    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    if (left->one != right->one)
        return left->one->request.index < right->one->request.index ? -1 : 1;
    return left->step < right->step ? -1 : left->step > right->step;
}

static size_t
block_size(const GenerateRun *run, int64_t block)
{
    return (size_t)MIN(run->requests - block * GENERATE_BLOCK, GENERATE_BLOCK);
}

static Case *
draw_cases(GeneratePlay *play, int64_t block, size_t n, GError **error)
{
    GenerateRun     *run = play->run;
    GenerateRequest *requests = ARENA_ARRAY(play->block, GenerateRequest, n);
    Case            *cases = ARENA_ARRAY(play->block, Case, n);

    for (size_t i = 0; i < n; i++)
        generate_plan_request(run->plan, play->block, block * GENERATE_BLOCK + (int64_t)i,
                              &requests[i]);
    if (!generate_people_meet(run, play->block, requests, n, error))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        cases[i].request = requests[i];
        cases[i].request.submit.person_id = run->persons[requests[i].person];
    }
    return cases;
}

static Mark *
order_steps(GeneratePlay *play, Case *cases, size_t n, size_t *n_marks)
{
    Mark  *marks;
    size_t most = 0, at = 0;

    for (size_t i = 0; i < n; i++)
        most += 1 + cases[i].request.n_acts;
    marks = ARENA_ARRAY(play->block, Mark, most);
    for (size_t i = 0; i < n; i++) {
        GenerateRequest *request = &cases[i].request;

        marks[at++] = (Mark){ request->at, &cases[i], FIRST_STEP };
        for (size_t j = 0; j < request->n_acts; j++)
            marks[at++] = (Mark){ request->acts[j].at, &cases[i], j + 1 };
    }
    qsort(marks, at, sizeof *marks, by_time);
    *n_marks = at;
    return marks;
}

/* What moves a request between offices reads its submission and its words from the store, an answer its
 * question: these wait until what they read is committed, and so do the steps behind them. */
static bool
must_wait(const GeneratePlay *play, const Mark *mark, GenerateKind kind)
{
    bool reads =
        kind == GENERATE_ROUTE || kind == GENERATE_RETURN || kind == GENERATE_CONSULT_ANSWER;

    return mark->one->deferred == play->commits || (reads && mark->one->changed == play->commits);
}

static void
take(GeneratePlay *play, const Mark *mark)
{
    const GenerateRequest *request = &mark->one->request;
    GenerateKind           kind =
        mark->step == FIRST_STEP ? GENERATE_SUBMIT : request->acts[mark->step - 1].kind;

    if (must_wait(play, mark, kind)) {
        mark->one->deferred = play->commits;
        g_array_append_vals(play->waiting, mark, 1);
        return;
    }
    if (kind == GENERATE_SUBMIT || kind == GENERATE_ROUTE || kind == GENERATE_RETURN ||
        kind == GENERATE_CONSULT)
        mark->one->changed = play->commits;
    gather(play, mark);
}

/* What has waited first, then what is next, up to a full commit. */
static void
fill_commit(GeneratePlay *play, const Mark *marks, size_t n, size_t *at)
{
    g_autoptr(GArray) waited = play->waiting;
    guint i = 0;

    play->waiting = g_array_new(FALSE, FALSE, sizeof(Mark));
    for (; i < waited->len && play->n < BATCH; i++)
        take(play, &g_array_index(waited, Mark, i));
    g_array_append_vals(play->waiting, &g_array_index(waited, Mark, i), waited->len - i);
    if (i < waited->len)
        return;
    while (*at < n && play->n < BATCH)
        take(play, &marks[(*at)++]);
}

bool
generate_play_block(GeneratePlay *play, int64_t block, GError **error)
{
    size_t n = block_size(play->run, block), n_marks, at = 0;
    Case  *cases;
    Mark  *marks;

    arena_reset(play->block);
    cases = draw_cases(play, block, n, error);
    if (cases == NULL)
        return false;
    marks = order_steps(play, cases, n, &n_marks);
    g_array_set_size(play->waiting, 0);
    while (at < n_marks || play->waiting->len > 0) {
        fill_commit(play, marks, n_marks, &at);
        if (!commit(play, error))
            return false;
        if (atomic_load(&play->run->stopped))
            return true;
    }
    return vault_flush_hints(play->run->sys->vault, play->block, error);
}

/* ---- where a run stands ---- */

static bool
find(GenerateRun *run, Arena *mem, Bytes command_id, Petition *out, bool *found, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(run->sys->db, mem, error);

    return tx != NULL && petition_by_command(tx, command_id, out, found, error);
}

bool
generate_play_is_begun(GenerateRun *run, int64_t block, bool *begun, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    GenerateRequest request;
    Petition        petition;

    /* Requests come in order of time, and their acts behind them: the first of a block is its first. */
    generate_plan_request(run->plan, mem, block * GENERATE_BLOCK, &request);
    return find(run, mem, generate_command_id(run, mem, request.at, request.index, FIRST_STEP),
                &petition, begun, error);
}

bool
generate_play_find_first(GenerateRun *run, AppTime *lodged_at, bool *found, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    Petition petition;

    if (!find(run, mem, generate_command_id(run, mem, 0, 0, FIRST_STEP), &petition, found, error))
        return false;
    *lodged_at = *found ? petition.lodged_at : 0;
    return true;
}

bool
generate_play_first(GenerateRun *run, GError **error)
{
    g_autoptr(GeneratePlay) play = generate_play_new(run);
    Case *cases = draw_cases(play, 0, 1, error);

    if (cases == NULL)
        return false;
    gather(play, &(Mark){ cases[0].request.at, &cases[0], FIRST_STEP });
    atomic_fetch_sub(&run->known, 1); /* its block meets it once more */
    return commit(play, error);
}

/* ---- life ---- */

GeneratePlay *
generate_play_new(GenerateRun *run)
{
    GeneratePlay *play = g_new0(GeneratePlay, 1);

    play->run = run;
    play->block = arena_new();
    play->commit = arena_new();
    play->commits = 1;
    play->waiting = g_array_new(FALSE, FALSE, sizeof(Mark));
    return play;
}

void
generate_play_free(GeneratePlay *play)
{
    if (play == NULL)
        return;
    arena_free(play->block);
    arena_free(play->commit);
    g_array_free(play->waiting, TRUE);
    g_free(play);
}
