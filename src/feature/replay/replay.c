/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows are read some hundred at a time; each submission, and each thing that became of it, is a command
 * of its own with a commit of its own, as it was for people. Rights and rules are theirs as well: what
 * they refuse is counted. */
#include "feature/replay/replay.h"

#include "feature/petition/petition_refusal.h"
#include "feature/replay/replay_item.h"
#include "feature/replay/replay_people.h"
#include "view/i18n.h"

#include <string.h>

#define BATCH 256
#define PROGRESS_EVERY (SECONDS / 5)

typedef struct {
    System             *sys;
    FILE               *out;
    Csv                *csv;
    const ReplayFormat *format;
    ReplayPeople       *people;
    GHashTable         *refused; /* reason → count */
    int64_t             rows, taken, acts, started, shown;
    char               *file;
} Replay;

static void
count_refused(Replay *replay, const char *why)
{
    int64_t *count = g_hash_table_lookup(replay->refused, why);

    if (count == NULL) {
        count = g_new0(int64_t, 1);
        g_hash_table_insert(replay->refused, g_strdup(why), count);
    }
    (*count)++;
}

/* The catalogue's sentence without its arguments: a reason, not a case. */
static void
count_error(Replay *replay, const CommandOutcome *outcome, const GError *error)
{
    if (outcome->refusal.message != 0)
        count_refused(replay, i18n_text(i18n_words("en"), outcome->refusal.message));
    else
        count_refused(replay, error->message);
}

static void
show_progress(Replay *replay, bool last)
{
    int64_t now = clock_monotonic();
    int     done = last ? 20 : (int)(csv_progress(replay->csv) * 20);
    double  seconds = (double)(now - replay->started) / (double)SECONDS;

    if (!last && now - replay->shown < PROGRESS_EVERY)
        return;
    replay->shown = now;
    fprintf(replay->out,
            "\r[%.*s%.*s] %" G_GINT64_FORMAT " rows, %" G_GINT64_FORMAT " taken, %.0f rows/s", done,
            "####################", 20 - done, "....................", (gint64)replay->rows,
            (gint64)replay->taken, (double)replay->rows / MAX(seconds, 0.001));
    fflush(replay->out);
}

/* The same row of the same file is the same command, whenever it is replayed. */
static Bytes
command_of(const Replay *replay, Arena *mem, const ReplayItem *item, const char *act)
{
    Bytes    parts[] = { bytes_of_text(replay->file), bytes_of_text(item->id), bytes_of_text(act) };
    uint8_t *hash = arena_alloc(mem, 32);

    crypto_digest(parts, G_N_ELEMENTS(parts), hash);
    return (Bytes){ hash, COMMAND_ID_SIZE };
}

/* ---- what became of it ---- */

typedef struct {
    Replay           *replay;
    CommandContext    context;
    const ReplayItem *item;
    int64_t           number;
    Who               officer, person;
} Acting;

static int64_t
directorate_of(const Acting *acting)
{
    size_t                    n;
    const Directorate *const *all = reference_directorates(system_reference(acting->replay->sys),
                                                           acting->item->submit.entity_id, &n);

    return n == 0 ? 0 : all[0]->id;
}

static int64_t
period_day(const Acting *acting, AppTime at)
{
    Calendar calendar = system_calendar(acting->replay->sys);

    return zone_day(calendar.zone, calendar_after_working_days(&calendar, at, 3));
}

static bool
act(Acting *acting, const ReplayAct *a, CommandOutcome *outcome, GError **error)
{
    const CommandContext *context = &acting->context;
    PetitionTarget on = { .number = acting->number, .own = acting->context.by == &acting->person };
    PetitionActed  acted;

    switch (a->kind) {
    case REPLAY_ACCEPT:
        return petition_accept(context, &(PetitionAccept){ .on = on }, &acted, outcome, error);
    case REPLAY_CONSULT:
        return petition_consult(context,
                                &(PetitionConsult){ .on = on,
                                                    .directorate_id = directorate_of(acting),
                                                    .question = a->text,
                                                    .answer_days = 1 },
                                &acted, outcome, error);
    case REPLAY_PERIOD:
        return petition_set_period(
            context, &(PetitionSetPeriod){ .on = on, .due_day = period_day(acting, a->at) }, &acted,
            outcome, error);
    case REPLAY_RETURN:
        return petition_return(
            context, &(PetitionReturn){ .on = on, .ground = a->code, .legal_text = a->text },
            &acted, outcome, error);
    case REPLAY_UPDATE:
        return petition_update(context, &(PetitionUpdate){ .on = on, .text = a->text }, &acted,
                               outcome, error);
    case REPLAY_CLOSE:
        return petition_close(context,
                              &(PetitionClose){ .on = on, .outcome = a->code, .answer = a->text },
                              &acted, outcome, error);
    case REPLAY_RATE:
        return petition_rate(context, &(PetitionRate){ .on = on, .solved = a->code, .stars = 4 },
                             &acted, outcome, error);
    case REPLAY_WITHDRAW:
        return petition_withdraw(context, &(PetitionWithdraw){ .on = on, .why = a->code }, &acted,
                                 outcome, error);
    default:
        g_assert_not_reached();
    }
}

/* An act that the rules refuse ends this history where it stands. */
static bool
play_acts(Replay *replay, Arena *mem, const ReplayItem *item, int64_t number, GError **error)
{
    Acting acting = { .replay = replay,
                      .item = item,
                      .number = number,
                      .officer = { .role = ROLE_LIAISON, .entity_id = item->submit.entity_id },
                      .person = { .role = ROLE_REQUESTER, .person_id = item->submit.person_id } };

    for (size_t i = 0; i < item->n_acts; i++) {
        const ReplayAct *a = &item->acts[i];
        bool             by_person = a->kind == REPLAY_RATE || a->kind == REPLAY_WITHDRAW;
        CommandOutcome   outcome = { .repeated = false };
        g_autoptr(GError) cause = NULL;

        acting.context =
            (CommandContext){ .sys = replay->sys,
                              .mem = mem,
                              .at = a->at,
                              .by = by_person ? &acting.person : &acting.officer,
                              .command_id =
                                  command_of(replay, mem, item, arena_printf(mem, "act %zu", i)) };
        if (act(&acting, a, &outcome, &cause)) {
            replay->acts++;
            continue;
        }
        if (error_code(cause) == APP_ERROR_INTERNAL || error_code(cause) == APP_ERROR_BUSY) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        count_error(replay, &outcome, cause);
        return true;
    }
    return true;
}

/* ---- batches ---- */

typedef struct {
    ReplayItem      items[BATCH];
    PetitionReceipt receipts[BATCH];
    Who             who[BATCH];
    size_t          n;
} Batch;

static bool
submit_one(Replay *replay, Arena *mem, Batch *batch, size_t i, bool *taken, GError **error)
{
    CommandContext context = { .sys = replay->sys,
                               .mem = mem,
                               .by = &batch->who[i],
                               .at = batch->items[i].at,
                               .command_id = command_of(replay, mem, &batch->items[i], "submit") };
    CommandOutcome outcome = { .repeated = false };
    g_autoptr(GError) cause = NULL;

    *taken =
        petition_submit(&context, &batch->items[i].submit, &batch->receipts[i], &outcome, &cause);
    if (*taken && outcome.repeated) {
        *taken = false;
        count_refused(replay, "was replayed before");
        return true;
    }
    if (*taken)
        return true;
    if (error_code(cause) == APP_ERROR_INTERNAL || error_code(cause) == APP_ERROR_BUSY) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    count_error(replay, &outcome, cause);
    return true;
}

static bool
play_batch(Replay *replay, Arena *mem, Batch *batch, GError **error)
{
    for (size_t i = 0; i < batch->n; i++) {
        bool taken = false;

        if (!submit_one(replay, mem, batch, i, &taken, error))
            return false;
        if (taken) {
            replay->taken++;
            if (!play_acts(replay, mem, &batch->items[i], batch->receipts[i].number, error))
                return false;
        }
        show_progress(replay, false);
    }
    return true;
}

/* The next rows into the batch; false only for what is no broken row. */
static bool
fill_batch(Replay *replay, Arena *mem, Batch *batch, bool *more, GError **error)
{
    ReplayContext context = { .sys = replay->sys,
                              .csv = replay->csv,
                              .zone = replay->sys->zone,
                              .now = clock_now(replay->sys->clock) };

    batch->n = 0;
    while (batch->n < BATCH) {
        const char *const *fields;
        ReplayItem        *item = &batch->items[batch->n];
        const char        *why = NULL;
        g_autoptr(GError) cause = NULL;

        *more = csv_next(replay->csv, mem, &fields, &cause);
        if (!*more && cause == NULL)
            return true;
        replay->rows++;
        if (!*more && error_code(cause) != APP_ERROR_INVALID) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return false;
        }
        if (cause != NULL) {
            count_refused(replay, "a broken row");
            continue;
        }
        *item = (ReplayItem){ .id = NULL };
        replay->format->read(&context, mem, fields, item, &why);
        if (why != NULL) {
            count_refused(replay, why);
            continue;
        }
        item->submit.person_id = replay_people_next(replay->people);
        batch->who[batch->n] = (Who){ .role = ROLE_REQUESTER,
                                      .person_id = item->submit.person_id,
                                      .lang = item->submit.lang };
        batch->n++;
    }
    return true;
}

static void
report(Replay *replay)
{
    double         seconds = (double)(clock_monotonic() - replay->started) / (double)SECONDS;
    GHashTableIter at;
    gpointer       why, count;

    show_progress(replay, true);
    fprintf(replay->out,
            "\n%" G_GINT64_FORMAT " rows in %.1f s: %" G_GINT64_FORMAT
            " requests and %" G_GINT64_FORMAT " acts taken (%.0f commands/s)\n",
            (gint64)replay->rows, seconds, (gint64)replay->taken, (gint64)replay->acts,
            (double)(replay->taken + replay->acts) / MAX(seconds, 0.001));
    g_hash_table_iter_init(&at, replay->refused);
    while (g_hash_table_iter_next(&at, &why, &count))
        fprintf(replay->out, "  refused %6" G_GINT64_FORMAT ": %s\n", *(gint64 *)count,
                (const char *)why);
}

static const ReplayFormat *
find_format(const Csv *csv, const char *name)
{
    for (size_t i = 0; replay_formats[i] != NULL; i++) {
        bool fits = name == NULL || strcmp(name, replay_formats[i]->name) == 0;

        for (size_t c = 0; fits && replay_formats[i]->columns[c] != NULL; c++)
            fits = csv_column(csv, replay_formats[i]->columns[c]) >= 0;
        if (fits)
            return replay_formats[i];
    }
    return NULL;
}

static bool
play(Replay *replay, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    g_autofree Batch *batch = g_new0(Batch, 1);
    bool              more = true;

    while (more) {
        arena_reset(mem);
        if (!fill_batch(replay, mem, batch, &more, error) || !play_batch(replay, mem, batch, error))
            return false;
    }
    return true;
}

bool
replay_run(System *sys, const char *path, const char *format, FILE *out, GError **error)
{
    g_autoptr(Csv) csv = csv_open(path, error);
    g_autofree char *file = g_path_get_basename(path);
    Replay           replay = {
                  .sys = sys, .out = out, .csv = csv, .file = file, .started = clock_monotonic()
    };
    bool played;

    if (csv == NULL)
        return false;
    replay.format = find_format(csv, format);
    if (replay.format == NULL)
        return fail(error, APP_ERROR_INVALID,
                    "%s has no header of a known format (nyc, reviews, demo)", path);
    replay.people = replay_people_new(sys, error);
    if (replay.people == NULL)
        return false;
    replay.refused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    played = play(&replay, error);
    report(&replay);
    g_hash_table_destroy(replay.refused);
    replay_people_free(replay.people);
    return played;
}
