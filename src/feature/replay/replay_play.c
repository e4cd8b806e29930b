/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: steps are committed in order of time, many to a commit, where an act may stand
 * behind its own request's submission. A step that the rules refuse ends its history where it stands. */
#include "feature/replay/replay_play.h"

#include "core/crypto.h"
#include "feature/replay/replay_act.h"
#include "feature/replay/replay_people.h"

#include <string.h>

enum { BATCH = 256 };

/* A request whose acts are still to come. */
typedef struct {
    ReplayHistory  history;
    int64_t        line;
    size_t         next, n; /* of the acts */
    ReplayAct      acts[REPLAY_MOST_ACTS];
    char          *id;
    size_t         gathered; /* its steps that are not committed yet */
    bool           refused;  /* a step was: those behind it fall away */
    bool           counted;  /* and that has been counted */
    GSequenceIter *place;    /* in the order of time; NULL: nothing waits */
} Case;

typedef struct {
    Case             *history;
    const ReplayItem *item; /* of a submission, else NULL */
    PetitionReceipt   receipt;
    ReplayActing      acting;
    CommandPrepare    prepare;
    const void       *cmd;
    void             *result;
} Step;

struct ReplayPlay {
    ReplayStage   stage;
    ReplayPeople *people;
    GSequence    *waiting; /* of Case */
    Arena        *mem;     /* until the commit */
    int64_t       done;    /* steps that were played or fell away */
    size_t        n;
    Step          steps[BATCH];
    CommandItem   items[BATCH];
};

/* ---- cases ---- */

static AppTime
next_time(const Case *one)
{
    return one->acts[one->next].at + one->history.shift;
}

static int
by_next_time(gconstpointer a, gconstpointer b, gpointer data)
{
    const Case *left = a, *right = b;

    (void)data;
    if (next_time(left) != next_time(right))
        return next_time(left) < next_time(right) ? -1 : 1;
    return left->line < right->line ? -1 : left->line > right->line;
}

/* Answers repeat: one copy of each is kept. */
static const char *
keep_text(const char *text)
{
    return text == NULL ? NULL : g_ref_string_new_intern(text);
}

static Case *
case_new(const ReplayItem *item, int64_t person_id)
{
    Case *one = g_new0(Case, 1);

    one->history = (ReplayHistory){
        .entity_id = item->submit.entity_id,
        .officer = { .role = ROLE_LIAISON, .entity_id = item->submit.entity_id },
        .person = { .role = ROLE_REQUESTER, .person_id = person_id, .lang = item->submit.lang },
    };
    one->line = item->line;
    one->n = item->n_acts;
    one->id = g_strdup(item->id);
    for (size_t i = 0; i < one->n; i++) {
        one->acts[i] = item->acts[i];
        one->acts[i].text = keep_text(item->acts[i].text);
    }
    return one;
}

static void
case_free(Case *one)
{
    if (one->place != NULL)
        g_sequence_remove(one->place);
    for (size_t i = 0; i < one->n; i++)
        if (one->acts[i].text != NULL)
            g_ref_string_release((char *)one->acts[i].text);
    g_free(one->id);
    g_free(one);
}

/* Its next act waits in the order of time, if there is one. */
static void
enqueue(ReplayPlay *play, Case *one)
{
    if (one->place != NULL)
        g_sequence_remove(one->place);
    one->place = one->next < one->n
                     ? g_sequence_insert_sorted(play->waiting, one, by_next_time, NULL)
                     : NULL;
}

static Case *
first_waiting(const ReplayPlay *play)
{
    GSequenceIter *first = g_sequence_get_begin_iter(play->waiting);

    return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

/* ---- after the commit ---- */

/* A history that is played again goes by the times at which it was played first. */
static bool
find_first_times(ReplayPlay *play, Step *step, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(play->stage.sys->db, play->mem, error);
    Petition petition;

    if (tx == NULL || !petition_by_number(tx, step->receipt.number, &petition, error))
        return false;
    step->history->history.shift = petition.lodged_at - step->item->at;
    enqueue(play, step->history);
    return true;
}

/* When nothing of it is gathered and nothing waits. */
static void
release(Case *one)
{
    if (one->gathered == 0 && one->place == NULL)
        case_free(one);
}

static void
end_history(ReplayPlay *play, Case *one)
{
    play->done += (int64_t)(one->n - one->next);
    one->refused = one->counted = true;
    if (one->place != NULL)
        g_sequence_remove(one->place);
    one->place = NULL;
}

static bool
settle_submission(ReplayPlay *play, Step *step, bool repeated, GError **error)
{
    ReplayHistory *history = &step->history->history;

    history->number = step->receipt.number;
    if (repeated)
        return !play->stage.format->invented || find_first_times(play, step, error);
    vault_raise_hint(play->stage.sys->vault, history->person.person_id, step->receipt.handle_n + 1);
    return true;
}

static void
settle_failure(ReplayPlay *play, Case *one, CommandItem *item)
{
    if (!one->counted) {
        replay_count_failure(play->stage.count, &item->outcome, item->failure, one->line);
        end_history(play, one);
    }
    g_clear_error(&item->failure);
}

static bool
settle_step(ReplayPlay *play, Step *step, CommandItem *item, GError **error)
{
    ReplayTotals *totals = replay_count_totals(play->stage.count);
    Case         *one = step->history;
    bool          failed = item->failure != NULL, settled = true;

    play->done++;
    one->gathered--;
    if (failed)
        settle_failure(play, one, item);
    else if (item->outcome.repeated)
        totals->known++;
    else if (step->item != NULL)
        totals->requests++;
    else
        totals->acts++;

    if (step->item != NULL && !failed)
        settled = settle_submission(play, step, item->outcome.repeated, error);
    release(one);
    return settled;
}

static void
forget_failures(ReplayPlay *play)
{
    for (size_t i = 0; i < play->n; i++)
        g_clear_error(&play->items[i].failure);
}

static bool
settle(ReplayPlay *play, size_t *settled, GError **error)
{
    while (*settled < play->n) {
        size_t i = (*settled)++;

        if (!settle_step(play, &play->steps[i], &play->items[i], error))
            return false;
    }
    return true;
}

/* The run ends: what waits is freed with the player, what does not is freed here. */
static void
abandon(ReplayPlay *play, size_t from)
{
    for (size_t i = from; i < play->n; i++) {
        play->steps[i].history->gathered--;
        release(play->steps[i].history);
    }
}

static bool
commit(ReplayPlay *play, GError **error)
{
    size_t settled = 0;
    bool   done = command_run_each(play->items, play->n, error) && settle(play, &settled, error);

    if (!done)
        abandon(play, settled);
    forget_failures(play);
    play->n = 0;
    arena_reset(play->mem);
    if (done && !replay_progress_show(play->stage.progress, play->done))
        return fail(error, APP_ERROR_BUSY, "stopped: nobody reads its output any more");
    return done;
}

/* ---- gathering ---- */

/* The same step of the same row is the same command, whenever and from whatever file it is played. */
static Bytes
command_of(const ReplayPlay *play, const char *id, size_t step)
{
    const char *name = play->stage.format->name;
    uint64_t    number = GUINT64_TO_BE((uint64_t)step);
    Bytes       parts[] = { bytes_of_text(name),
                            bytes_of_text(id),
                            { (const uint8_t *)&number, sizeof number } };
    uint8_t     hash[32];

    crypto_digest(parts, G_N_ELEMENTS(parts), hash);
    return arena_bytes(play->mem, (Bytes){ hash, COMMAND_ID_SIZE });
}

/* The people of a trial's invented requests are told, where no gateway would tell real telephones. */
static bool
is_quiet(const ReplayPlay *play)
{
    const Gateways *gateways = &play->stage.sys->gateways;

    return !play->stage.format->invented || gateways->sms_url != NULL || gateways->mail_url != NULL;
}

static bool
may_end(const GError *error)
{
    int code = error_code(error);

    return code != APP_ERROR_RACE && code != APP_ERROR_BUSY && code != APP_ERROR_INTERNAL;
}

/* The number of its request is known when the submission, maybe of the same commit, is prepared. */
static bool
prepare_step(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Step *step = result;
    Case *one = step->history;
    g_autoptr(GError) failure = NULL;

    (void)cmd;
    if (one->refused)
        return fail(error, APP_ERROR_NOT_FOUND, "its history has ended");
    step->acting.on.number = one->history.number;
    if (!step->prepare(prepare, step->cmd, step->result, &failure)) {
        one->refused = may_end(failure);
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (step->item != NULL)
        one->history.number = step->receipt.number;
    return true;
}

static void
add_step(ReplayPlay *play, Case *one, AppTime at, size_t step, const Who *by)
{
    CommandItem *item = &play->items[play->n];

    one->gathered++;
    *item = (CommandItem){ .context = { .sys = play->stage.sys,
                                        .mem = play->mem,
                                        .by = by,
                                        .at = at,
                                        .command_id = command_of(play, one->id, step),
                                        .quiet = is_quiet(play) },
                           .prepare = prepare_step,
                           .result = &play->steps[play->n] };
    play->n++;
}

static void
add_act(ReplayPlay *play, Case *one)
{
    Step      *step = &play->steps[play->n];
    const Who *by;

    *step = (Step){ .history = one, .cmd = &step->acting, .result = &step->acting.acted };
    step->prepare =
        replay_act_fill(play->stage.sys, &one->history, &one->acts[one->next], &step->acting, &by);
    add_step(play, one, next_time(one), one->next + 1, by);
    one->next++;
    enqueue(play, one);
}

static bool
add_submission(ReplayPlay *play, const ReplayItem *item, GError **error)
{
    PetitionSubmit *submit;
    int64_t         person_id;
    Step           *step;
    Case           *one;

    if (!replay_people_of(play->people, item->id, &person_id, error))
        return false;

    submit = arena_alloc(play->mem, sizeof *submit);
    *submit = item->submit;
    submit->person_id = person_id;
    one = case_new(item, person_id);
    step = &play->steps[play->n];
    *step = (Step){ .history = one,
                    .item = item,
                    .prepare = petition_submit_prepare,
                    .cmd = submit,
                    .result = &step->receipt };
    add_step(play, one, item->at, 0, &one->history.person);
    enqueue(play, one);
    return true;
}

/* Whichever is earlier: the next request or the next act. */
static bool
play_next(ReplayPlay *play, const ReplayItem **item, const ReplayItem *end, Case *one,
          GError **error)
{
    bool acts = one != NULL && (*item == end || next_time(one) < (*item)->at);

    /* Invented times move: whether it was played before must be known first. */
    if (play->n == BATCH || (acts && one->gathered > 0 && play->stage.format->invented))
        return commit(play, error); /* and choose again: a refusal may have taken it away */
    if (!acts)
        return add_submission(play, (*item)++, error);
    add_act(play, one);
    return true;
}

bool
replay_play_until(ReplayPlay *play, const ReplayItem *items, size_t n, AppTime until,
                  GError **error)
{
    const ReplayItem *item = items, *end = items + n;

    for (;;) {
        Case *one = first_waiting(play);

        if (item == end && (one == NULL || next_time(one) >= until))
            break;
        if (!play_next(play, &item, end, one, error))
            return false;
    }
    /* What is gathered borrows the items' words. */
    return play->n == 0 || commit(play, error);
}

/* ---- life ---- */

ReplayPlay *
replay_play_new(const ReplayStage *stage)
{
    ReplayPlay *play = g_new0(ReplayPlay, 1);

    play->stage = *stage;
    play->mem = arena_new();
    play->waiting = g_sequence_new(NULL);
    play->people = replay_people_new(stage->sys);
    return play;
}

void
replay_play_free(ReplayPlay *play)
{
    Case *one;

    if (play == NULL)
        return;
    while ((one = first_waiting(play)) != NULL)
        case_free(one);
    g_sequence_free(play->waiting);
    replay_people_free(play->people);
    arena_free(play->mem);
    g_free(play);
}
