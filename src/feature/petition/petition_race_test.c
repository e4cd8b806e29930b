/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What is written together, and by several at once. */
#include "feature/petition/petition_trial.h"

#include "base/number.h"
#include "base/thread.h"
#include "core/aggregate.h"

#include <sodium.h>
#include <string.h>

/* ---- listeners ---- */

static bool
tell(Prepare *prepare, const Event *event, GError **error)
{
    (void)error;
    outbox_add(prepare, &(OutboxMessage){
                            .petition_id = event->petition_id,
                            .event_id = event->id,
                            .recipient = "requester",
                            .channel = "sms",
                            .message = event->kind,
                            .lang = event->lang,
                            .dedupe = arena_printf(prepare->mem, "%" G_GINT64_FORMAT, event->id),
                            .at = event->at,
                        });
    return true;
}

static const EventListener telling[] = { aggregate_on_event, tell, NULL };

static void
test_listeners_write_with_the_event(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(petition_trial_return(
                        trial, &f->liaison,
                        (PetitionReturn){ petition_trial_on(trial), "other_entity", ROADS, NULL }),
                    ==, DONE);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM outbox"), ==, 2);
    g_assert_cmpint(petition_fixture_count(f, "SELECT sum(n) FROM aggregate WHERE entity_id = 1"
                                              " AND kind IN ('submit', 'return')"),
                    ==, 2);
}

/* ---- races ---- */

enum { RACERS = 8 };

typedef struct {
    PetitionFixture *fixture;
    const Who       *by;
    PetitionTarget   target;
    PetitionSubmit   submit;
    Bytes            command_id;
    PetitionReceipt  receipt;
    CommandOutcome   outcome;
    int              code;
} Racer;

static CommandContext
racing(Racer *racer, Arena *mem)
{
    return (CommandContext){
        .sys = racer->fixture->sys,
        .mem = mem,
        .by = racer->by,
        .command_id = racer->command_id,
    };
}

static void *
race_to_accept(void *data)
{
    Racer *racer = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    CommandContext context = racing(racer, mem);
    PetitionActed  acted;

    racer->code = petition_accept(&context, &(PetitionAccept){ racer->target }, &acted,
                                  &racer->outcome, &error)
                      ? DONE
                      : (int)error_code(error);
    return NULL;
}

static void *
race_to_submit(void *data)
{
    Racer *racer = data;
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    CommandContext context = racing(racer, mem);

    racer->code =
        petition_submit(&context, &racer->submit, &racer->receipt, &racer->outcome, &error)
            ? DONE
            : (int)error_code(error);
    return NULL;
}

static void
race(Racer racers[RACERS], void *(*run)(void *))
{
    pthread_t threads[RACERS];

    for (int i = 0; i < RACERS; i++)
        threads[i] = thread_start("racer", 0, run, &racers[i]);
    for (int i = 0; i < RACERS; i++)
        thread_join(threads[i]);
}

static void
test_race_to_accept(PetitionTrial *trial, const void *data)
{
    Racer racers[RACERS];
    int   won = 0;

    (void)data;
    petition_trial_complain(trial);
    for (int i = 0; i < RACERS; i++)
        racers[i] = (Racer){
            .fixture = trial->fixture,
            .by = &trial->fixture->liaison,
            .target = petition_trial_on(trial),
        };
    race(racers, race_to_accept);

    for (int i = 0; i < RACERS; i++) {
        won += racers[i].code == DONE;
        if (racers[i].code != DONE)
            g_assert_cmpint(racers[i].code, ==, APP_ERROR_INVALID);
    }
    g_assert_cmpint(won, ==, 1);
    petition_trial_stands(trial, "in_progress", "entity", 2);
}

/* The same form, sent eight times at once: one petition. */
static void
test_race_of_one_form(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    Bytes            command_id = command_id_read(f->mem, NULL);
    Racer            racers[RACERS];
    int              made = 0;

    (void)data;
    for (int i = 0; i < RACERS; i++)
        racers[i] = (Racer){
            .fixture = f,
            .by = &f->requester,
            .submit = petition_fixture_complaint(f),
            .command_id = command_id,
        };
    race(racers, race_to_submit);

    for (int i = 0; i < RACERS; i++) {
        g_assert_cmpint(racers[i].code, ==, DONE);
        g_assert_cmpint(racers[i].receipt.number, ==, racers[0].receipt.number);
        made += !racers[i].outcome.repeated;
    }
    g_assert_cmpint(made, ==, 1);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM petition"), ==, 1);
}

/* Two persons and a few forms each: who loses the race for a handle takes the next one. */
static void
test_race_for_handles(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    Racer            racers[RACERS];

    (void)data;
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (Racer){
            .fixture = f,
            .by = &f->agent,
            .submit = petition_fixture_complaint(f),
        };
        racers[i].submit.person_id = i % 2 == 0 ? f->requester.person_id : f->stranger.person_id;
    }
    race(racers, race_to_submit);

    for (int i = 0; i < RACERS; i++)
        g_assert_cmpint(racers[i].code, ==, DONE);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(DISTINCT handle) FROM petition"), ==,
                    RACERS);
}

/* Submissions that this process's memory does not know of, as another node's: N of them, and the next
 * one takes the handle behind them. */
static void
submit_unseen(PetitionFixture *f, int n)
{
    for (int i = 0; i < n; i++) {
        CommandContext  context = petition_fixture_by(f, &f->requester);
        PetitionSubmit  submit = petition_fixture_complaint(f);
        PetitionReceipt receipt;
        g_autoptr(GError) error = NULL;

        g_assert_true(
            command_run(&context, petition_submit_prepare, &submit, &receipt, NULL, &error));
        g_assert_no_error(error);
    }
}

static void
test_memory_of_handles_is_behind(PetitionTrial *trial, const void *data)
{
    static const int unseen[] = { 0, 1, 2, 3, 6, 7, 8, 41, 1 };
    PetitionFixture *f = trial->fixture;
    int              used = 0;

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(unseen); i++) {
        CommandContext  context = petition_fixture_by(f, &f->requester);
        PetitionSubmit  submit = petition_fixture_complaint(f);
        PetitionReceipt receipt;
        g_autoptr(GError) error = NULL;

        submit_unseen(f, unseen[i]);
        used += unseen[i];
        g_assert_true(petition_submit(&context, &submit, &receipt, NULL, &error));
        g_assert_no_error(error);
        g_assert_cmpint(receipt.handle_n, ==, used++);
    }
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(DISTINCT handle) FROM petition"), ==,
                    used);
}

/* ---- batches ---- */

static void
test_batch(PetitionTrial *trial, const void *data)
{
    enum { N = 20 };
    PetitionFixture *f = trial->fixture;
    CommandContext   contexts[N];
    PetitionSubmit   submits[N];
    PetitionReceipt  receipts[N];
    const void      *cmds[N];
    void            *results[N];
    g_autoptr(GError) error = NULL;

    (void)data;
    for (int i = 0; i < N; i++) {
        contexts[i] = petition_fixture_by(f, &f->agent);
        submits[i] = petition_fixture_complaint(f);
        cmds[i] = &submits[i];
        results[i] = &receipts[i];
    }
    g_assert_true(command_run_batch(contexts, petition_submit_prepare, cmds, results, N, &error));
    g_assert_no_error(error);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(DISTINCT handle) FROM petition"), ==,
                    N);
}

/* ---- numbers that were drawn before ---- */

/* libsodium's way to another generator: here one whose uniform draws repeat themselves. */
static uint32_t draws[4], n_drawn;

static uint32_t
draw(const uint32_t most)
{
    (void)most;
    return draws[MIN(n_drawn++, G_N_ELEMENTS(draws) - 1)];
}

static void
draw_bytes(void *out, const size_t size)
{
    randombytes_sysrandom_implementation.buf(out, size);
}

static const char *
name_of_draws(void)
{
    return "repeating";
}

static randombytes_implementation repeating = {
    .implementation_name = name_of_draws,
    .random = NULL,
    .uniform = draw,
    .buf = draw_bytes,
};

static void
test_number_drawn_before(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    int64_t          first;

    (void)data;
    memcpy(draws, (const uint32_t[]){ 48392017, 48392017, 48392017, 5 }, sizeof draws);
    n_drawn = 0;
    repeating.random = randombytes_sysrandom_implementation.random;
    randombytes_set_implementation(&repeating);
    petition_trial_complain(trial);
    first = trial->receipt.number;
    petition_trial_complain(trial);
    randombytes_set_implementation(&randombytes_sysrandom_implementation);

    g_assert_cmpint(n_drawn, ==, 4); /* twice what was there, then another */
    g_assert_cmpint(first, ==, number_make(26, 48392017));
    g_assert_cmpint(trial->receipt.number, ==, number_make(26, 5));
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM petition"), ==, 2);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM event"), ==, 2);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM petition_key"), ==, 2);
}

/* The clock was set back a day while the program was down. */
static void
test_ids_never_go_back(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    g_autoptr(GError) error = NULL;
    IdSource *before = f->sys->ids, *after;

    (void)data;
    petition_trial_complain(trial);
    int64_t highest =
        petition_fixture_count(f, "SELECT max(id) FROM (SELECT id FROM event UNION ALL"
                                  " SELECT id FROM petition) AS ids");

    petition_fixture_wait(f, -DAYS);
    after = id_source_new(f->core->clock, 0);
    f->sys->ids = after;
    g_assert_cmpint(id_next(after), <, highest);
    g_assert_true(event_resume_ids(f->sys, &error));
    g_assert_no_error(error);
    g_assert_cmpint(id_next(after), >, highest);
    petition_trial_complain(trial);
    g_assert_cmpint(trial->receipt.id, >, highest);
    f->sys->ids = before;
    id_source_free(after);
}

/* ---- keys wrapped again ---- */

static void
test_keys_are_wrapped_again(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    int64_t          after = 0, n = 0;
    PetitionFile     file;
    g_autoptr(GError) error = NULL;

    (void)data;
    for (int i = 0; i < 3; i++)
        petition_trial_complain(trial);
    g_assert_true(petition_rewrap_keys(f->sys, f->mem, &after, &n, &error));
    g_assert_cmpint(n, ==, 0); /* all are the newest epoch's */

    g_assert_true(vault_rotate(f->sys->vault, VAULT_KEY_PETITION, &error));
    g_assert_true(vault_rotate(f->sys->vault, VAULT_KEY_PERSON, &error));
    petition_trial_complain(trial);
    g_assert_true(petition_rewrap_keys(f->sys, f->mem, &after, &n, &error));
    g_assert_cmpint(n, ==, 3);
    g_assert_true(petition_rewrap_keys(f->sys, f->mem, &after, &n, &error));
    g_assert_cmpint(n, ==, 0);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM petition_key WHERE epoch = 2"),
                    ==, 4);

    after = 0;
    g_assert_true(vault_rewrap_persons(f->sys->vault, f->mem, &after, &n, &error));
    g_assert_cmpint(n, ==, 4); /* the fixture's people */
    g_assert_true(vault_rewrap_persons(f->sys->vault, f->mem, &after, &n, &error));
    g_assert_cmpint(n, ==, 0);
    g_assert_no_error(error);

    /* What lies under the keys opens as before, and whose it is is known. */
    Petition first = petition_fixture_read(
        f, petition_fixture_count(f, "SELECT number FROM petition ORDER BY id LIMIT 1"));
    g_assert_true(petition_file(f->sys, petition_trial_look(trial), &f->requester, first.number,
                                true, &file, &error));
    g_assert_cmpstr(file.content.subject, ==, "ماسورة مكسورة في الشارع");
    Petition *mine;
    size_t    n_mine;
    g_assert_true(petition_of_person(f->sys, petition_trial_look(trial), f->requester.person_id,
                                     &mine, &n_mine, 50, &error));
    g_assert_cmpint(n_mine, ==, 4);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/petition_race/listeners", PetitionTrial, telling, petition_trial_up,
               test_listeners_write_with_the_event, petition_trial_down);
    ADD("/petition_race/race_to_accept", test_race_to_accept);
    ADD("/petition_race/race_of_one_form", test_race_of_one_form);
    ADD("/petition_race/race_for_handles", test_race_for_handles);
    ADD("/petition_race/memory_of_handles_is_behind", test_memory_of_handles_is_behind);
    ADD("/petition_race/number_drawn_before", test_number_drawn_before);
    ADD("/petition_race/ids_never_go_back", test_ids_never_go_back);
    ADD("/petition_race/keys_are_wrapped_again", test_keys_are_wrapped_again);
    ADD("/petition_race/batch", test_batch);
    return g_test_run();
}
