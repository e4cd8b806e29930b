/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Commands of one petition in one commit, as replay and import give them. */
#include "feature/petition/petition_trial.h"

#include "messages.h"

#include <string.h>

/* An act on what a submission of the same commit made. */
typedef struct {
    const PetitionReceipt *receipt;
    CommandPrepare         prepare;
    union {
        PetitionTarget on; /* each begins with it */
        PetitionAccept accept;
        PetitionClose  close;
        PetitionReturn returned;
        PetitionNote   note;
    };
    PetitionActed acted;
} Following;

static bool
prepare_following(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Following *following = result;

    (void)cmd;
    following->on.number = following->receipt->number;
    return following->prepare(prepare, &following->on, &following->acted, error);
}

static CommandItem
submission(PetitionFixture *f, const PetitionSubmit *submit, PetitionReceipt *receipt)
{
    return (CommandItem){ .context = petition_fixture_by(f, &f->requester),
                          .prepare = petition_submit_prepare,
                          .cmd = submit,
                          .result = receipt };
}

static CommandItem
following(PetitionFixture *f, Following *act)
{
    return (CommandItem){ .context = petition_fixture_by(f, &f->liaison),
                          .prepare = prepare_following,
                          .result = act };
}

static void
run(CommandItem *items, size_t n)
{
    g_autoptr(GError) error = NULL;
    bool ran = command_run_each(items, n, &error);

    g_assert_no_error(error);
    g_assert_true(ran);
}

static void
assert_state(PetitionFixture *f, int64_t number, const char *state, int64_t version)
{
    Petition petition = petition_fixture_read(f, number);

    g_assert_cmpstr(petition.state, ==, state);
    g_assert_cmpint(petition.version, ==, version);
}

static void
test_life_in_one_commit(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f);
    PetitionReceipt  receipt;
    Following        accept = { .receipt = &receipt, .prepare = petition_accept_prepare };
    Following        close = { .receipt = &receipt,
                               .prepare = petition_close_prepare,
                               .close = { .outcome = "resolved", .answer = "Mended on Tuesday." } };
    CommandItem      items[] = { submission(f, &submit, &receipt), following(f, &accept),
                                 following(f, &close) };
    int64_t          commits = db_stats(f->sys->db).batches;
    PetitionFile     file;
    g_autoptr(GError) error = NULL;

    (void)data;
    run(items, G_N_ELEMENTS(items));
    g_assert_cmpint(db_stats(f->sys->db).batches - commits, ==, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
        g_assert_no_error(items[i].failure);
    assert_state(f, receipt.number, "closed", 3);

    /* what was sealed under a key that was not stored yet opens */
    g_autoptr(DbTx) tx = db_begin(f->sys->db, f->mem, &error);
    g_assert_true(petition_file(f->sys, tx, &f->liaison, receipt.number, false, &file, &error));
    g_assert_cmpint((int64_t)file.n_events, ==, 3);
    g_assert_cmpstr(file.events[2].text, ==, "Mended on Tuesday.");
    g_clear_pointer(&tx, db_end);

    run(items, G_N_ELEMENTS(items)); /* again: nothing new */
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
        g_assert_true(items[i].outcome.repeated);
    assert_state(f, receipt.number, "closed", 3);
}

/* Sending back reads the submission: it waits for its commit, and what stands behind it for its own. */
static void
test_return_waits(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f);
    PetitionReceipt  receipt, other;
    Following        back = { .receipt = &receipt,
                              .prepare = petition_return_prepare,
                              .returned = { .ground = "area" } };
    CommandItem      items[] = { submission(f, &submit, &receipt), following(f, &back),
                                 submission(f, &submit, &other) };
    int64_t          commits = db_stats(f->sys->db).batches;

    (void)data;
    run(items, G_N_ELEMENTS(items));
    g_assert_no_error(items[1].failure);
    g_assert_cmpint(db_stats(f->sys->db).batches - commits, ==, 2);
    assert_state(f, receipt.number, "received", 2);
    assert_state(f, other.number, "assigned", 1);
}

/* A refusal is the one item's, with its reason; what stands behind it sees the petition without it. */
static void
test_refusal_is_alone(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f), empty = submit;
    PetitionReceipt  receipt, none = { .number = 0 };
    Following        early = { .receipt = &receipt,
                               .prepare = petition_close_prepare,
                               .close = { .outcome = "resolved", .answer = "Too early." } };
    Following        accept = { .receipt = &receipt, .prepare = petition_accept_prepare };
    Following        absent = { .receipt = &none, .prepare = petition_accept_prepare };

    (void)data;
    empty.text = "";
    CommandItem items[] = { submission(f, &submit, &receipt), submission(f, &empty, &none),
                            following(f, &early), following(f, &absent), following(f, &accept) };

    run(items, G_N_ELEMENTS(items));
    g_assert_no_error(items[0].failure);
    g_assert_error(items[1].failure, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpint(items[1].outcome.refusal.message, ==, MSG_REFUSAL_TEXT_MISSING);
    g_assert_error(items[2].failure, APP_ERROR, APP_ERROR_INVALID);
    g_assert_cmpint(items[2].outcome.refusal.message, ==, MSG_REFUSAL_CLOSE_ASSIGNED);
    g_assert_error(items[3].failure, APP_ERROR, APP_ERROR_NOT_FOUND);
    g_assert_no_error(items[4].failure);
    assert_state(f, receipt.number, "in_progress", 2);
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
        g_clear_error(&items[i].failure);
}

/* Each takes the handle behind the one before, also behind those that were there. */
static void
test_one_person(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f);
    PetitionReceipt  receipts[3], before = petition_fixture_submit(f, &submit);
    CommandItem      items[] = { submission(f, &submit, &receipts[0]),
                                 submission(f, &submit, &receipts[1]),
                                 submission(f, &submit, &receipts[2]) };
    int64_t          commits = db_stats(f->sys->db).batches;

    (void)data;
    run(items, G_N_ELEMENTS(items));
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++) {
        g_assert_no_error(items[i].failure);
        g_assert_cmpint(receipts[i].handle_n, ==, before.handle_n + 1 + (int64_t)i);
    }
    g_assert_cmpint(db_stats(f->sys->db).batches - commits, ==, 1);
}

/* The same form twice in one commit: the commit is lost and done one by one, in this order. */
static void
test_lost_race(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f);
    PetitionReceipt  receipts[2];
    Following        accept = { .receipt = &receipts[1], .prepare = petition_accept_prepare };
    CommandItem      items[] = { submission(f, &submit, &receipts[0]),
                                 submission(f, &submit, &receipts[1]), following(f, &accept) };

    (void)data;
    items[0].context.command_id = items[1].context.command_id = command_id_read(f->mem, NULL);
    run(items, G_N_ELEMENTS(items));
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
        g_assert_no_error(items[i].failure);
    g_assert_false(items[0].outcome.repeated);
    g_assert_true(items[1].outcome.repeated);
    g_assert_cmpint(receipts[0].number, ==, receipts[1].number);
    assert_state(f, receipts[0].number, "in_progress", 2);
}

/* One act that comes twice, before either is committed, is done once. */
static void
test_twice_at_once(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f);
    PetitionReceipt  receipt;
    Following        once = { .receipt = &receipt,
                              .prepare = petition_note_prepare,
                              .note = { .text = "The pipe was dug up." } };
    Following        again = once;
    CommandItem      items[] = { submission(f, &submit, &receipt), following(f, &once),
                                 following(f, &again) };

    (void)data;
    items[1].context.command_id = command_id_new(f->mem, 0);
    items[2].context.command_id = arena_bytes(f->mem, items[1].context.command_id);
    run(items, G_N_ELEMENTS(items));
    g_assert_no_error(items[1].failure);
    g_assert_no_error(items[2].failure);
    g_assert_false(items[1].outcome.repeated);
    g_assert_true(items[2].outcome.repeated);
    assert_state(f, receipt.number, "assigned", 2);
}

/* As many in a commit as was asked for; an act may stand in the commit behind its submission's. */
static void
test_commits_of(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   submit = petition_fixture_complaint(f);
    PetitionReceipt  receipts[4];
    Following        accept = { .receipt = &receipts[0], .prepare = petition_accept_prepare };
    CommandItem      items[] = { submission(f, &submit, &receipts[0]),
                                 submission(f, &submit, &receipts[1]),
                                 submission(f, &submit, &receipts[2]),
                                 submission(f, &submit, &receipts[3]), following(f, &accept) };
    int64_t          commits = db_stats(f->sys->db).batches;
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(command_run_each_of(items, G_N_ELEMENTS(items), 2, &error));
    g_assert_cmpint(db_stats(f->sys->db).batches - commits, ==, 3);
    for (size_t i = 0; i < G_N_ELEMENTS(items); i++)
        g_assert_no_error(items[i].failure);
    assert_state(f, receipts[0].number, "in_progress", 2);
    for (size_t i = 1; i < G_N_ELEMENTS(receipts); i++)
        g_assert_cmpint(receipts[i].number, !=, receipts[i - 1].number);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD("/petition_together/" name, PetitionTrial, NULL, petition_trial_up, test,   \
                       petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("life_in_one_commit", test_life_in_one_commit);
    ADD("return_waits", test_return_waits);
    ADD("refusal_is_alone", test_refusal_is_alone);
    ADD("one_person", test_one_person);
    ADD("lost_race", test_lost_race);
    ADD("twice_at_once", test_twice_at_once);
    ADD("commits_of", test_commits_of);
    return g_test_run();
}
