/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A complaint whose requester is not verified when it comes: the way of each answer of the registry. */
#include "feature/petition/petition_identity.h"

#include "feature/feature.h"
#include "feature/petition/petition_setting.h"
#include "feature/petition/petition_trial.h"

/* ---- the decision ---- */

static const struct {
    const char          *name, *state;
    bool                 provisional, frozen, due;
    VaultVerification    verification;
    PetitionIdentityStep step;
} decisions[] = {
    { "a verified requester's is nobody's matter", "assigned", false, false, true, VAULT_MISMATCH,
      PETITION_IDENTITY_NOTHING },
    { "it waits while the registry is silent", "received", true, false, false, VAULT_PROVISIONAL,
      PETITION_IDENTITY_NOTHING },
    { "after its time it goes on as it is", "received", true, false, true, VAULT_PROVISIONAL,
      PETITION_IDENTITY_RELEASE },
    { "verified before its time", "received", true, false, false, VAULT_VERIFIED,
      PETITION_IDENTITY_VERIFY },
    { "verified while an entity has it", "in_progress", true, false, false, VAULT_VERIFIED,
      PETITION_IDENTITY_VERIFY },
    { "a mismatch freezes what waits", "received", true, false, true, VAULT_MISMATCH,
      PETITION_IDENTITY_FREEZE },
    { "a mismatch freezes what is in work", "in_progress", true, false, false, VAULT_MISMATCH,
      PETITION_IDENTITY_FREEZE },
    { "what is frozen stays so", "received", true, true, false, VAULT_MISMATCH,
      PETITION_IDENTITY_NOTHING },
    { "what was not proved lapses", "received", true, true, true, VAULT_MISMATCH,
      PETITION_IDENTITY_LAPSE },
    { "who proved again is not late by a silent registry", "received", true, true, true,
      VAULT_PROVISIONAL, PETITION_IDENTITY_NOTHING },
    { "who proved is free again", "received", true, true, true, VAULT_VERIFIED,
      PETITION_IDENTITY_VERIFY },
    { "what is closed stays closed", "closed", true, false, true, VAULT_MISMATCH,
      PETITION_IDENTITY_NOTHING },
    { "what was withdrawn stays withdrawn", "withdrawn", true, true, true, VAULT_MISMATCH,
      PETITION_IDENTITY_NOTHING },
};

static void
decides(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(decisions); i++) {
        Petition petition = petition_setting_petition(decisions[i].state);

        g_test_message("%s", decisions[i].name);
        petition.provisional = decisions[i].provisional;
        petition.frozen = decisions[i].frozen;
        petition.identity_at = CORE_FIXTURE_NOW + (decisions[i].due ? 0 : 1);
        g_assert_cmpint(
            petition_rule_identity(&setting->rules, &petition, decisions[i].verification), ==,
            decisions[i].step);
    }
    g_assert_true(petition_rule_is_provisional("complaint", VAULT_PROVISIONAL));
    g_assert_false(petition_rule_is_provisional("complaint", VAULT_VERIFIED));
    g_assert_false(petition_rule_is_provisional("inquiry", VAULT_PROVISIONAL));
}

/* ---- the way ---- */

/* The entry of the person that the fixture registered as provisional. */
static void
put_into_registry(PetitionFixture *f, const char *birth_date)
{
    const Identity entry = {
        .document_type = "national_number",
        .document_issuer = "JO",
        .document_number = "9871012347",
        .name = { "سلمى", "أحمد", "خالد", "العلي" },
        .birth_date = birth_date,
    };
    g_autoptr(GError) error = NULL;
    int64_t added;
    bool    put = vault_registry_import(f->sys->vault, f->mem, &entry, 1, &added, &error);

    g_assert_no_error(error);
    g_assert_true(put);
}

static void
complain(PetitionTrial *trial)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);
    const Who        who = { .role = ROLE_REQUESTER, .person_id = f->provisional, .lang = "ar" };

    cmd.person_id = f->provisional;
    g_assert_cmpint(petition_trial_submit(trial, &who, &cmd), ==, DONE);
}

static void
run_jobs(PetitionTrial *trial)
{
    const JobSpec *const jobs[] = { petition_feature.jobs, NULL };
    g_autoptr(GError) error = NULL;
    bool ran = job_run_until_idle(trial->fixture->sys, jobs, &error);

    g_assert_no_error(error);
    g_assert_true(ran);
}

static int64_t
count_kind(PetitionTrial *trial, const char *kind)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*) FROM event WHERE kind = '%s' AND actor_role = 'system'", kind);

    return petition_fixture_count(trial->fixture, sql);
}

static void
set_registry(PetitionTrial *trial, RegistryState state)
{
    trial->fixture->sys->registry.patience = 1000;
    registry_set_state(trial->fixture->sys, state);
}

static void
waits_at_the_unit(PetitionTrial *trial, const void *data)
{
    (void)data;
    set_registry(trial, REGISTRY_DOWN);
    complain(trial);
    run_jobs(trial);
    petition_trial_stands(trial, "received", "unit", 1);

    Petition petition = petition_trial_read(trial);
    g_assert_true(petition.provisional);
    g_assert_cmpint(petition.entity_id, ==, 0);
    g_assert_cmpint(petition.due_at, ==, petition_trial_time(trial, "2026-04-16 15:30"));
    g_assert_cmpint(petition.identity_at, ==, petition.due_at);
    g_assert_cmpstr(petition_public_status(&petition, CORE_FIXTURE_NOW), ==, "received");
}

static void
needs_no_identity_without_complaint(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);

    (void)data;
    cmd.person_id = f->provisional;
    cmd.type = "inquiry";
    g_assert_cmpint(petition_trial_submit(trial, &f->agent, &cmd), ==, DONE);
    petition_trial_stands(trial, "assigned", "entity", 1);
    g_assert_false(petition_trial_read(trial).provisional);
}

static void
waits_for_no_registry_that_is_not_there(PetitionTrial *trial, const void *data)
{
    (void)data;
    trial->fixture->sys->registry.kind = REGISTRY_NONE;
    complain(trial);
    petition_trial_stands(trial, "assigned", "entity", 1);
    g_assert_true(petition_trial_read(trial).provisional);
    g_assert_cmpint(petition_trial_read(trial).identity_at, ==, 0);
}

/* Also when the jobs run late, and twice. */
static void
goes_on_after_one_working_day(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    set_registry(trial, REGISTRY_DOWN);
    complain(trial);
    AppTime until = petition_trial_read(trial).identity_at;

    petition_fixture_wait(f, until - CORE_FIXTURE_NOW - 1);
    run_jobs(trial);
    petition_trial_stands(trial, "received", "unit", 1);
    petition_fixture_wait(f, HOURS);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 2);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 2);
    g_assert_cmpint(count_kind(trial, "release"), ==, 1);

    Petition petition = petition_trial_read(trial);
    g_assert_true(petition.provisional);
    g_assert_cmpint(petition.identity_at, ==, 0);
    g_assert_cmpint(petition.entity_id, ==, WATER);
    g_assert_cmpint(petition.service_id, ==, WATER_LEAKS);
    g_assert_cmpint(petition.assigned_at, ==, until - 1 + HOURS);

    /* Verified at last: the entity keeps it, with its clock. */
    put_into_registry(f, "1987-03-14");
    set_registry(trial, REGISTRY_UP);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 3);
    g_assert_false(petition_trial_read(trial).provisional);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==, petition.due_at);
}

static void
goes_on_when_verified(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    put_into_registry(f, "1987-03-14");
    set_registry(trial, REGISTRY_SLOW);
    complain(trial);
    run_jobs(trial);
    petition_trial_stands(trial, "received", "unit", 1);

    /* The registry is back, but the pause is not over. */
    atomic_store(&f->sys->registry.state, REGISTRY_UP);
    run_jobs(trial);
    petition_trial_stands(trial, "received", "unit", 1);
    petition_fixture_wait(f, 5 * MINUTES);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 2);
    g_assert_false(petition_trial_read(trial).provisional);
    g_assert_cmpint(count_kind(trial, "verify"), ==, 1);

    /* The entity's list opens under the entity's key, and words find it there. */
    PetitionRow *rows;
    size_t       n;
    g_autoptr(GError) error = NULL;
    g_assert_true(petition_inbox(f->sys, petition_trial_look(trial), &f->liaison,
                                 PETITION_LIST_ASSIGNED, (PetitionAfter){ 0, 0 }, &rows, &n,
                                 &error));
    g_assert_cmpint(n, ==, 1);
    g_assert_cmpstr(rows[0].subject, ==, "ماسورة مكسورة في الشارع");
    g_assert_true(petition_search(f->sys, petition_trial_look(trial), &f->liaison, "ماسورة", 0,
                                  &rows, &n, &error));
    g_assert_cmpint(n, ==, 1);
}

static void
is_the_units_to_route_meanwhile(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    set_registry(trial, REGISTRY_DOWN);
    complain(trial);
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ .on = petition_trial_on(trial), .entity_id = ROADS }),
        ==, DONE);
    petition_fixture_wait(f, 3 * DAYS);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 2);
    g_assert_cmpint(petition_trial_read(trial).entity_id, ==, ROADS);
}

/* Frozen out of the entity's hands, with the question to the directorate; nobody but the requester
 * frees it. */
static void
freezes_on_a_mismatch(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    AppTime          frozen_at;

    (void)data;
    set_registry(trial, REGISTRY_DOWN);
    complain(trial);
    petition_fixture_wait(f, 2 * DAYS);
    run_jobs(trial);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    g_assert_cmpint(petition_trial_consult(trial, &f->liaison,
                                           (PetitionConsult){ .on = petition_trial_on(trial),
                                                              .directorate_id = WATER_PIPES,
                                                              .question = "ما وضع الماسورة؟",
                                                              .answer_days = 1 }),
                    ==, DONE);

    put_into_registry(f, "1990-01-01");
    set_registry(trial, REGISTRY_UP);
    run_jobs(trial);
    run_jobs(trial);
    frozen_at = clock_now(f->core->clock);
    petition_trial_stands(trial, "received", "unit", 5);
    Petition petition = petition_trial_read(trial);
    g_assert_true(petition.frozen);
    g_assert_cmpint(petition.entity_id, ==, 0);
    g_assert_cmpint(petition.accepted_at, ==, 0);
    g_assert_cmpint(petition.identity_at, ==, frozen_at + 14 * DAYS);
    g_assert_cmpstr(petition_public_status(&petition, frozen_at), ==, "needs_you");
    g_assert_cmpint(
        petition_fixture_count(f, "SELECT count(*) FROM consultation WHERE answered_event IS NULL"),
        ==, 0);

    petition_trial_refused(
        trial,
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ .on = petition_trial_on(trial), .entity_id = ROADS }),
        MSG_REFUSAL_FROZEN);
    petition_trial_refused(trial,
                           petition_trial_close(trial, &f->unit,
                                                (PetitionClose){ .on = petition_trial_on(trial),
                                                                 .outcome = "outside_government",
                                                                 .answer = "لا" }),
                           MSG_REFUSAL_FROZEN);

    /* Proved within the time: back to the entity that had it. */
    g_autoptr(GError) error = NULL;
    put_into_registry(f, "1987-03-14");
    g_assert_true(
        vault_set_verification(f->sys->vault, f->mem, f->provisional, 0, VAULT_VERIFIED, &error));
    petition_fixture_wait(f, 13 * DAYS);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 6);
    g_assert_cmpint(petition_trial_read(trial).entity_id, ==, WATER);
    g_assert_false(petition_trial_read(trial).frozen);
}

/* What an entity returned is the unit's to decide; who proves an identity decides it for nobody. */
static void
stays_with_the_unit_after_a_return(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    g_autoptr(GError) error = NULL;

    (void)data;
    set_registry(trial, REGISTRY_DOWN);
    complain(trial);
    petition_fixture_wait(f, 2 * DAYS);
    run_jobs(trial);
    g_assert_cmpint(
        petition_trial_return(trial, &f->liaison,
                              (PetitionReturn){ petition_trial_on(trial), "area", ROADS, NULL }),
        ==, DONE);
    put_into_registry(f, "1990-01-01");
    set_registry(trial, REGISTRY_UP);
    run_jobs(trial);
    g_assert_true(petition_trial_read(trial).frozen);

    g_assert_true(
        vault_set_verification(f->sys->vault, f->mem, f->provisional, 0, VAULT_VERIFIED, &error));
    run_jobs(trial);
    petition_trial_stands(trial, "received", "unit", 5);

    Petition petition = petition_trial_read(trial);
    g_assert_false(petition.frozen);
    g_assert_cmpint(petition.entity_id, ==, 0);
    g_assert_cmpint(petition.identity_at, ==, 0);
    g_assert_cmpint(petition.due_at, >, clock_now(f->core->clock));
}

/* One that cannot be read is told of, and keeps nobody behind it. */
static void
goes_on_behind_what_cannot_be_read(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    g_autoptr(GError) error = NULL;
    AppTime again = 0;

    (void)data;
    set_registry(trial, REGISTRY_DOWN);
    complain(trial);
    petition_fixture_execute(f, "UPDATE petition SET person = x'00'");
    complain(trial);
    petition_fixture_wait(f, 2 * DAYS);
    g_assert_false(
        petition_identity_release(f->sys, f->mem, clock_now(f->core->clock), &again, &error));
    g_assert_cmpint(error_code(error), ==, APP_ERROR_INTERNAL);
    g_clear_error(&error);
    petition_trial_stands(trial, "assigned", "entity", 2);

    put_into_registry(f, "1987-03-14");
    set_registry(trial, REGISTRY_UP);
    g_assert_false(
        petition_identity_verify(f->sys, f->mem, clock_now(f->core->clock), &again, &error));
    g_assert_cmpint(error_code(error), ==, APP_ERROR_INTERNAL);
    petition_trial_stands(trial, "assigned", "entity", 3);
    g_assert_false(petition_trial_read(trial).provisional);
}

/* The card as it is, by the same telephone and without a session, frees what a slip had frozen. */
static void
is_freed_by_registering_again(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    static const Who visitor = { .role = ROLE_NONE, .lang = "ar" };
    const Who        self = { .role = ROLE_REQUESTER, .person_id = f->provisional };
    Identity         card = { .document_type = NULL };
    Contact          contact = { .phone = NULL };
    VaultPerson      person = { .id = 0 };
    g_autoptr(GError) error = NULL;

    (void)data;
    put_into_registry(f, "1990-01-01");
    complain(trial);
    run_jobs(trial);
    g_assert_true(petition_trial_read(trial).frozen);

    g_assert_true(
        vault_reveal(f->sys->vault, f->mem, &self, f->provisional, NULL, &card, &contact, &error));
    card.birth_date = "1990-01-01";
    const VaultRegister cmd = { .identity = &card,
                                .contact = &contact,
                                .verification = VAULT_VERIFIED,
                                .lang = "ar",
                                .by = &visitor,
                                .command_id = command_id_read(f->mem, NULL) };
    g_assert_true(vault_register(f->sys->vault, f->mem, &cmd, &person, &error));
    g_assert_cmpint(person.id, ==, f->provisional);
    run_jobs(trial);
    petition_trial_stands(trial, "assigned", "entity", 3);
    g_assert_false(petition_trial_read(trial).frozen);
}

static void
lapses_when_not_proved(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    complain(trial); /* the registry does not know the document at all */
    run_jobs(trial);
    g_assert_true(petition_trial_read(trial).frozen);
    petition_fixture_wait(f, 14 * DAYS - 1);
    run_jobs(trial);
    petition_trial_stands(trial, "received", "unit", 2);
    petition_fixture_wait(f, 1);
    run_jobs(trial);
    run_jobs(trial);
    petition_trial_stands(trial, "closed", "none", 3);

    Petition petition = petition_trial_read(trial);
    g_assert_cmpstr(petition.outcome, ==, "unverified");
    g_assert_cmpstr(petition_public_status(&petition, clock_now(f->core->clock)), ==, "finished");
    /* No entity's figures know of it. */
    g_assert_cmpint(
        petition_fixture_count(f, "SELECT count(*) FROM event WHERE entity_to IS NOT NULL"), ==, 0);
    petition_trial_refused(
        trial,
        petition_trial_rate(
            trial, &(Who){ .role = ROLE_REQUESTER, .person_id = f->provisional, .lang = "ar" },
            (PetitionRate){ .on = petition_trial_own(trial), .solved = "no" }),
        MSG_REFUSAL_RATE_STATE);
}

#define ADD(name, test)                                                                            \
    g_test_add("/petition_identity/" name, PetitionTrial, NULL, petition_trial_up, test,           \
               petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/petition_identity/decides", PetitionSetting, NULL, petition_setting_up, decides,
               petition_setting_down);
    ADD("waits_at_the_unit", waits_at_the_unit);
    ADD("waits_for_no_registry_that_is_not_there", waits_for_no_registry_that_is_not_there);
    ADD("needs_no_identity_without_complaint", needs_no_identity_without_complaint);
    ADD("goes_on_after_one_working_day", goes_on_after_one_working_day);
    ADD("goes_on_when_verified", goes_on_when_verified);
    ADD("is_the_units_to_route_meanwhile", is_the_units_to_route_meanwhile);
    ADD("freezes_on_a_mismatch", freezes_on_a_mismatch);
    ADD("is_freed_by_registering_again", is_freed_by_registering_again);
    ADD("stays_with_the_unit_after_a_return", stays_with_the_unit_after_a_return);
    ADD("goes_on_behind_what_cannot_be_read", goes_on_behind_what_cannot_be_read);
    ADD("lapses_when_not_proved", lapses_when_not_proved);
    return g_test_run();
}
