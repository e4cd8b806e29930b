/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lanes: threads that prepare, each a block at a time with persons of its own; the store's one writer
 * commits what they bring. While one lane's commit is written the others prepare. */
#include "feature/generate/generate.h"

#include "core/crypto.h"
#include "core/session.h"
#include "feature/generate/generate_play.h"
#include "feature/generate/generate_progress.h"
#include "feature/generate/generate_store.h"

#include <string.h>

enum {
    ID_TIME = 6,
    MOST_REQUESTS = 100000000, /* a year has so many numbers */
};

#define LOOK_EVERY (SECONDS / 5)

typedef struct {
    GenerateRun *run;
    int64_t      next;
    pthread_t    thread;
    GError      *error;
    Lock        *lock;
    Signal      *ended;
    int         *left;
} Lane;

Bytes
generate_command_id(const GenerateRun *run, Arena *mem, AppTime at, int64_t index, size_t step)
{
    int64_t  numbers[] = { (int64_t)run->seed, run->requests, index, (int64_t)step };
    Bytes    parts[] = { bytes_of_text("generate"), { (const uint8_t *)numbers, sizeof numbers } };
    uint64_t milliseconds = GUINT64_TO_BE((uint64_t)(at / 1000) << 16);
    uint8_t  hash[32];
    uint8_t *id = arena_alloc(mem, COMMAND_ID_SIZE);

    crypto_digest(parts, G_N_ELEMENTS(parts), hash);
    if (index == 0 && step == 0)
        milliseconds = 0; /* it is asked for before its time is known */
    memcpy(id, &milliseconds, ID_TIME);
    memcpy(id + ID_TIME, hash, COMMAND_ID_SIZE - ID_TIME);
    return (Bytes){ id, COMMAND_ID_SIZE };
}

/* ---- staff ---- */

static bool
find_account(GenerateRun *run, const char *login, int64_t *id, bool *found, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(DbTx) tx = db_begin(run->sys->db, mem, error);

    return tx != NULL && generate_store_account(tx, login, id, found, error);
}

/* The trial's own account, else one that nobody signs in with. */
static bool
meet_account(GenerateRun *run, const char *login, Role role, Who *who, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    g_autofree char *own = g_strdup_printf("generate.%s", login);
    Who              system_who = { .role = ROLE_SYSTEM };
    CommandContext   context = { .sys = run->sys, .mem = mem, .by = &system_who };
    AccountNew       cmd = { .login = own, .name = own, .role = role };
    AccountMade      made;
    bool             found;

    *who = (Who){ .role = role, .lang = "ar" };
    if (!find_account(run, login, &who->account_id, &found, error))
        return false;
    if (!found && !find_account(run, own, &who->account_id, &found, error))
        return false;
    if (found)
        return true;
    if (!session_account_new(&context, &cmd, &made, error))
        return false;
    who->account_id = made.id;
    return true;
}

static bool
meet_staff(GenerateRun *run, GError **error)
{
    return meet_account(run, "agent", ROLE_AGENT, &run->agent, error) &&
           meet_account(run, "counter", ROLE_COUNTER, &run->counter, error) &&
           meet_account(run, "unit", ROLE_UNIT, &run->unit, error);
}

/* ---- lanes ---- */

/* The last block of the lane that is begun, by halves; the first when none is. */
static bool
find_block(GenerateRun *run, int64_t lane, int64_t *block, GError **error)
{
    int64_t n = (run->blocks - lane + GENERATE_LANES - 1) / GENERATE_LANES;
    int64_t low = 0, high = MAX(n - 1, 0);

    while (low < high) {
        int64_t middle = (low + high + 1) / 2;
        bool    begun;

        if (!generate_play_is_begun(run, lane + middle * GENERATE_LANES, &begun, error))
            return false;
        if (begun)
            low = middle;
        else
            high = middle - 1;
    }
    *block = lane + low * GENERATE_LANES;
    run->skipped += low * GENERATE_BLOCK;
    return true;
}

static bool
play_lane(Lane *lane, GError **error)
{
    GenerateRun *run = lane->run;
    g_autoptr(GeneratePlay) play = generate_play_new(run);

    for (; lane->next < run->blocks && !atomic_load(&run->stopped); lane->next += GENERATE_LANES)
        if (!generate_play_block(play, lane->next, error))
            return false;
    return true;
}

static void *
run_lane(void *data)
{
    Lane *lane = data;

    if (!play_lane(lane, &lane->error))
        atomic_store(&lane->run->stopped, true);
    lock_take(lane->lock);
    --*lane->left;
    signal_all(lane->ended);
    lock_leave(lane->lock);
    return NULL;
}

static bool
watch(GenerateRun *run, Lock *lock, Signal *ended, const int *left, GenerateProgress *progress)
{
    bool is_read = true;

    lock_take(lock);
    while (*left > 0) {
        signal_wait_for(ended, lock, LOOK_EVERY);
        is_read = is_read && generate_progress_show(progress, run);
        if (!is_read)
            atomic_store(&run->stopped, true);
    }
    lock_leave(lock);
    return is_read;
}

static bool
gather_errors(Lane *lanes, GError **error)
{
    GError *first = NULL;

    for (int i = 0; i < GENERATE_LANES; i++)
        if (first == NULL)
            first = lanes[i].error;
        else
            g_clear_error(&lanes[i].error);
    if (first != NULL)
        g_propagate_error(error, first);
    return first == NULL;
}

static bool
play_lanes(GenerateRun *run, GenerateProgress *progress, GError **error)
{
    Lane   lanes[GENERATE_LANES];
    Lock   lock;
    Signal ended;
    int    left = GENERATE_LANES;
    bool   is_read;

    for (int i = 0; i < GENERATE_LANES; i++) {
        lanes[i] = (Lane){ .run = run, .lock = &lock, .ended = &ended, .left = &left };
        if (!find_block(run, i, &lanes[i].next, error))
            return false;
    }
    lock_init(&lock);
    signal_init(&ended);
    for (int i = 0; i < GENERATE_LANES; i++)
        lanes[i].thread = thread_start("generate", 0, run_lane, &lanes[i]);
    is_read = watch(run, &lock, &ended, &left, progress);
    for (int i = 0; i < GENERATE_LANES; i++)
        thread_join(lanes[i].thread);
    signal_clear(&ended);
    lock_clear(&lock);
    if (!gather_errors(lanes, error))
        return false;
    return is_read || fail(error, APP_ERROR_BUSY, "stopped: nobody reads its output any more");
}

/* ---- the run ---- */

/* Five years that end yesterday, or those of the run that is continued. */
static bool
find_period(GenerateRun *run, int64_t *first_day, bool *continued, GError **error)
{
    AppTime lodged_at;

    if (!generate_play_find_first(run, &lodged_at, continued, error))
        return false;
    *first_day = *continued
                     ? zone_day(run->sys->zone, lodged_at)
                     : zone_day(run->sys->zone, clock_now(run->sys->clock)) - GENERATE_TIMES_DAYS;
    return true;
}

static bool
run_all(GenerateRun *run, const GenerateOptions *options, GError **error)
{
    GenerateProgress progress = generate_progress_begin(options);
    g_autoptr(GenerateTexts) texts = generate_texts_new(options->data, error);
    g_autoptr(GeneratePlan) plan = NULL;
    Calendar            calendar = system_calendar(run->sys);
    GeneratePlanOptions drawn = {
        .seed = run->seed, .requests = run->requests, .calendar = &calendar, .texts = texts
    };
    bool continued, played;

    if (texts == NULL || !find_period(run, &drawn.first_day, &continued, error))
        return false;
    plan = generate_plan_new(&drawn, error);
    if (plan == NULL || !meet_staff(run, error))
        return false;
    run->texts = texts;
    run->plan = plan;
    if (!continued && !generate_play_first(run, error))
        return false;
    played = play_lanes(run, &progress, error);
    generate_progress_report(&progress, run);
    return played;
}

bool
generate_run(System *sys, const GenerateOptions *options, GError **error)
{
    GenerateRun run = {
        .sys = sys, .seed = options->seed, .requests = options->requests, .lang = options->lang
    };
    bool done;

    if (!sys->trial)
        return fail(error, APP_ERROR_INVALID,
                    "requests are made up in the name of invented people: in a trial's store only "
                    "(--trial)");
    if (run.requests < 1 || run.requests > MOST_REQUESTS)
        return fail(error, APP_ERROR_INVALID, "--requests takes a number from 1 to %d",
                    MOST_REQUESTS);

    run.blocks = (run.requests + GENERATE_BLOCK - 1) / GENERATE_BLOCK;
    run.persons = g_new0(int64_t, (size_t)run.blocks * GENERATE_NEWCOMERS);
    lock_init(&run.lock);
    done = run_all(&run, options, error);
    lock_clear(&run.lock);
    g_free(run.persons);
    g_free(run.reason);
    return done;
}
