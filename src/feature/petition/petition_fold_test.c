/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each row is an act and what it makes of the petition; then the same against what the commands wrote. */
#include "feature/petition/petition_fold.h"

#include "feature/petition/petition_identity.h"
#include "feature/petition/petition_record.h"
#include "feature/petition/petition_trial.h"

#include <string.h>

#define T(day) ((AppTime)1000 * DAYS + (day)*DAYS)

typedef struct {
    EventRow        row;
    PetitionPayload said;
    bool            sealed; /* its payload does not open */
} Act;

#define ACT(kind_, version_, day, entity, state_, holder_, due, ...)                               \
    {                                                                                              \
        .row = { .petition_id = 7,                                                                 \
                 .kind = (kind_),                                                                  \
                 .version = (version_),                                                            \
                 .at = T(day),                                                                     \
                 .recorded_at = T(day) + 5,                                                        \
                 .entity_to = (entity),                                                            \
                 .state = (state_),                                                                \
                 .holder = (holder_),                                                              \
                 .due_at = (due) },                                                                \
        __VA_ARGS__                                                                                \
    }

static const Act submitted = ACT("submit", 1, 0, 3, "assigned", "entity", T(2));
static const Act received = ACT("submit", 1, 0, 0, "received", "unit", T(1));
static const Act routed = ACT("route", 2, 1, 4, "assigned", "entity", T(3));
static const Act accepted = ACT("accept", 2, 1, 3, "in_progress", "entity", T(11));
static const Act set_period = ACT("set_period", 3, 2, 3, "in_progress", "entity", T(20));
static const Act asked = ACT("consult", 3, 2, 3, "in_progress", "directorate", T(11));
static const Act closed =
    ACT("close", 3, 5, 3, "closed", "requester", T(19), .row.outcome = "resolved");
static const Act rated =
    ACT("rate", 4, 6, 3, "closed", "requester", T(19), .said = { .solved = "yes", .stars = 4 });
static const Act rated_sealed = ACT("rate", 4, 6, 3, "closed", "requester", T(19), .sealed = true);
static const Act withdrawn = ACT("withdraw", 2, 1, 3, "withdrawn", "none", 0);
static const Act returned =
    ACT("return", 2, 1, 0, "received", "unit", T(2), .row.ground = "not_competent");
static const Act conflict =
    ACT("return", 2, 1, 0, "received", "unit", T(2), .row.ground = "conflict");
static const Act noted = ACT("note", 4, 9, 3, "closed", "requester", T(19));
static const Act updated = ACT("update", 4, 9, 3, "in_progress", "entity", T(19));
static const Act frozen = ACT("freeze", 3, 3, 0, "received", "unit", T(17));
static const Act verified = ACT("verify", 4, 4, 3, "assigned", "entity", T(6));
static const Act verified_at_work = ACT("verify", 3, 4, 3, "in_progress", "entity", T(11));
static const Act lapsed = ACT("lapse", 4, 17, 0, "closed", "none", 0, .row.outcome = "unverified");
static const Act released = ACT("release", 2, 1, 3, "assigned", "entity", T(3));
static const Act whim = ACT("whim", 2, 1, 3, "assigned", "entity", T(2));

/* What every life below begins with. */
#define BEGUN .id = 7, .lodged_at = T(0), .entered_at = T(0) + 5

static const struct {
    const char *name;
    const Act  *acts[5];
    bool        lawful; /* the last one */
    Petition    expected;
} cases[] = {
    { "to an entity: half of its time until the reminder",
      { &submitted },
      true,
      { BEGUN, .version = 1, .state = "assigned", .holder = "entity", .entity_id = 3,
        .assigned_at = T(0), .due_at = T(2), .next_climb_at = T(1), .next_climb_level = 1 } },
    { "to the unit: nobody is reminded",
      { &received },
      true,
      { BEGUN, .version = 1, .state = "received", .holder = "unit", .due_at = T(1) } },
    { "sent on",
      { &received, &routed },
      true,
      { BEGUN, .version = 2, .state = "assigned", .holder = "entity", .entity_id = 4,
        .assigned_at = T(1), .due_at = T(3), .next_climb_at = T(2), .next_climb_level = 1 } },
    { "accepted, with a period",
      { &submitted, &accepted, &set_period },
      true,
      { BEGUN, .version = 3, .state = "in_progress", .holder = "entity", .entity_id = 3,
        .assigned_at = T(0), .accepted_at = T(1), .period_set = true, .due_at = T(20),
        .next_climb_at = T(11), .next_climb_level = 1 } },
    { "a directorate holds it and the clock runs on",
      { &submitted, &accepted, &asked },
      true,
      { BEGUN, .version = 3, .state = "in_progress", .holder = "directorate", .entity_id = 3,
        .assigned_at = T(0), .accepted_at = T(1), .due_at = T(11), .next_climb_at = T(6),
        .next_climb_level = 1 } },
    { "closed and rated",
      { &submitted, &accepted, &closed, &rated },
      true,
      { BEGUN, .version = 4, .state = "closed", .holder = "requester", .entity_id = 3,
        .assigned_at = T(0), .accepted_at = T(1), .due_at = T(19), .outcome = "resolved",
        .closed_at = T(5), .solved = "yes", .stars = 4 } },
    { "a rating that does not open says nothing about the row",
      { &submitted, &accepted, &closed, &rated_sealed },
      true,
      { BEGUN, .version = 4, .state = "closed", .holder = "requester", .entity_id = 3,
        .assigned_at = T(0), .accepted_at = T(1), .due_at = T(19), .outcome = "resolved",
        .closed_at = T(5), .solved = "no", .stars = 1 } },
    { "withdrawn",
      { &submitted, &withdrawn },
      true,
      { BEGUN, .version = 2, .state = "withdrawn", .holder = "none", .entity_id = 3,
        .assigned_at = T(0), .closed_at = T(1) } },
    { "returned: it is counted",
      { &submitted, &returned },
      true,
      { BEGUN, .version = 2, .state = "received", .holder = "unit", .returns = 1,
        .due_at = T(2) } },
    { "a conflict of interest is not",
      { &submitted, &conflict },
      true,
      { BEGUN, .version = 2, .state = "received", .holder = "unit", .due_at = T(2) } },
    { "a note after the end",
      { &submitted, &accepted, &closed, &noted },
      true,
      { BEGUN, .version = 4, .state = "closed", .holder = "requester", .entity_id = 3,
        .assigned_at = T(0), .accepted_at = T(1), .due_at = T(19), .outcome = "resolved",
        .closed_at = T(5) } },
    { "what waited for the registry goes to its entity",
      { &received, &released },
      true,
      { BEGUN, .version = 2, .state = "assigned", .holder = "entity", .entity_id = 3,
        .assigned_at = T(1), .due_at = T(3), .next_climb_at = T(2), .next_climb_level = 1,
        .provisional = true } },
    { "it may wait or not: both are so far right",
      { &received },
      true,
      { BEGUN, .version = 1, .state = "received", .holder = "unit", .due_at = T(1),
        .identity_at = T(1), .provisional = true } },
    { "frozen in work: the entity has it no more",
      { &submitted, &accepted, &frozen },
      true,
      { BEGUN, .version = 3, .state = "received", .holder = "unit", .frozen = true, .due_at = T(17),
        .identity_at = T(17), .provisional = true } },
    { "proved: back to the entity, whose time begins anew",
      { &submitted, &accepted, &frozen, &verified },
      true,
      { BEGUN, .version = 4, .state = "assigned", .holder = "entity", .entity_id = 3,
        .assigned_at = T(4), .due_at = T(6), .next_climb_at = T(5), .next_climb_level = 1 } },
    { "verified at work: nothing else changes",
      { &submitted, &accepted, &verified_at_work },
      true,
      { BEGUN, .version = 3, .state = "in_progress", .holder = "entity", .entity_id = 3,
        .assigned_at = T(0), .accepted_at = T(1), .due_at = T(11), .next_climb_at = T(6),
        .next_climb_level = 1 } },
    { "never proved",
      { &submitted, &accepted, &frozen, &lapsed },
      true,
      { BEGUN, .version = 4, .state = "closed", .holder = "none", .frozen = true,
        .outcome = "unverified", .closed_at = T(17), .provisional = true } },
    { "an update after the end", { &submitted, &accepted, &closed, &updated }, false, { .id = 0 } },
    { "an act before the submission", { &accepted }, false, { .id = 0 } },
    { "a second submission", { &submitted, &submitted }, false, { .id = 0 } },
    { "an act that nobody knows", { &submitted, &whim }, false, { .id = 0 } },
};

static void
test_acts(void)
{
    g_autoptr(Arena) mem = arena_new();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Petition state = { .id = 0 };

        g_test_message("%s", cases[i].name);
        for (const Act *const *act = cases[i].acts; *act != NULL; act++) {
            PetitionFoldEvent event = { &(*act)->row, (*act)->sealed ? NULL : &(*act)->said };
            bool              last = act[1] == NULL;

            g_assert_cmpint(petition_fold(&state, &event, mem), ==, !last || cases[i].lawful);
        }
        if (cases[i].lawful)
            g_assert_cmpstr(petition_fold_difference(&state, &cases[i].expected), ==, NULL);
    }
}

/* ---- against the commands ---- */

typedef struct {
    PetitionTrial *trial;
    CryptoKey      key;
    Petition       state;
    Arena         *mem;
} Folding;

static bool
fold_row(const EventRow *row, bool leaf_is_right, void *data, GError **error)
{
    Folding        *folding = data;
    PetitionPayload said;

    (void)error;
    if (row->petition_id != folding->trial->receipt.id)
        return true;
    g_assert_true(leaf_is_right);
    g_assert_true(petition_record_said(folding->mem, &folding->key, row, &said));
    g_assert_true(petition_fold(&folding->state, &(PetitionFoldEvent){ row, &said }, folding->mem));
    return true;
}

/* The events of the petition, opened and folded, say what its row says. */
static void
assert_same(PetitionTrial *trial)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GError) error = NULL;
    Petition row = petition_trial_read(trial);
    Folding  folding = { .trial = trial, .mem = mem };
    DbTx    *tx = petition_trial_look(trial);

    g_assert_true(petition_key(trial->fixture->sys, tx, row.id, &folding.key, &error));
    g_assert_no_error(error);
    g_assert_true(event_each(tx, 0, INT64_MAX, fold_row, &folding, &error));
    g_assert_no_error(error);
    crypto_key_clear(&folding.key);
    g_assert_cmpint(folding.state.version, ==, row.version);
    g_assert_cmpstr(petition_fold_difference(&folding.state, &row), ==, NULL);
}

static void
test_commands(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    assert_same(trial);
    g_assert_cmpint(petition_trial_return(trial, &f->liaison,
                                          (PetitionReturn){ petition_trial_on(trial),
                                                            "not_competent", 0, "المادة 3" }),
                    ==, DONE);
    assert_same(trial);
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_trial_on(trial), WATER, 0, NULL }),
        ==, DONE);
    assert_same(trial);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    assert_same(trial);
    g_assert_cmpint(petition_trial_consult(
                        trial, &f->liaison,
                        (PetitionConsult){ petition_trial_on(trial), WATER_PIPES, "متى؟", 1 }),
                    ==, DONE);
    assert_same(trial);
    g_assert_cmpint(
        petition_trial_close(trial, &f->liaison,
                             (PetitionClose){ petition_trial_on(trial), "resolved", "أُصلح الخط." }),
        ==, DONE);
    assert_same(trial);
    g_assert_cmpint(
        petition_trial_rate(trial, &f->requester,
                            (PetitionRate){ petition_trial_own(trial), "partly", 3, NULL }),
        ==, DONE);
    assert_same(trial);
}

/* By the system, as the jobs do it. */
static void
identify(PetitionTrial *trial, VaultVerification verification)
{
    static const Who       system = { .role = ROLE_SYSTEM };
    CommandContext         context = petition_fixture_by(trial->fixture, &system);
    const PetitionIdentity cmd = { .on = petition_trial_on(trial), .verification = verification };
    g_autoptr(GError) error = NULL;
    PetitionActed acted;

    g_clear_pointer(&trial->tx, db_end);
    bool done = petition_identity(&context, &cmd, &acted, NULL, &error);

    g_assert_no_error(error);
    g_assert_true(done);
}

/* Waiting for the registry, released, in work, frozen, proved. */
static void
test_identity(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);
    const Who        who = { .role = ROLE_REQUESTER, .person_id = f->provisional, .lang = "ar" };

    (void)data;
    cmd.person_id = f->provisional;
    g_assert_cmpint(petition_trial_submit(trial, &who, &cmd), ==, DONE);
    g_assert_cmpint(petition_trial_read(trial).identity_at, >, 0);
    assert_same(trial);
    petition_fixture_wait(f, 7 * DAYS);
    identify(trial, VAULT_PROVISIONAL);
    petition_trial_stands(trial, "assigned", "entity", 2);
    assert_same(trial);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    identify(trial, VAULT_MISMATCH);
    g_assert_true(petition_trial_read(trial).frozen);
    assert_same(trial);
    identify(trial, VAULT_VERIFIED);
    petition_trial_stands(trial, "assigned", "entity", 5);
    assert_same(trial);
}

/* Never proved. */
static void
test_lapse(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);
    const Who        who = { .role = ROLE_REQUESTER, .person_id = f->provisional, .lang = "ar" };

    (void)data;
    cmd.person_id = f->provisional;
    g_assert_cmpint(petition_trial_submit(trial, &who, &cmd), ==, DONE);
    identify(trial, VAULT_MISMATCH);
    assert_same(trial);
    petition_fixture_wait(f, 15 * DAYS);
    identify(trial, VAULT_MISMATCH);
    petition_trial_stands(trial, "closed", "none", 3);
    assert_same(trial);
}

#define ADD(name, test)                                                                            \
    g_test_add(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/petition_fold/acts", test_acts);
    ADD("/petition_fold/commands", test_commands);
    ADD("/petition_fold/identity", test_identity);
    ADD("/petition_fold/lapse", test_lapse);
    return g_test_run();
}
