/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Every error that petition.h promises, and one refusal of each command. */
#include "feature/petition/petition_trial.h"

#include "base/number.h"
#include "messages.h"

#include <sqlite3.h>

static void
test_not_found(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionAccept   nothing = { .on = { .number = number_make(26, 1) } };

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(petition_trial_accept(trial, &f->liaison, nothing), ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(petition_trial_accept(trial, &f->roads_liaison,
                                          (PetitionAccept){ petition_trial_on(trial) }),
                    ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(
        petition_trial_withdraw(trial, &f->stranger,
                                (PetitionWithdraw){ petition_trial_own(trial), "other", NULL }),
        ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(
        petition_trial_withdraw(trial, &f->requester,
                                (PetitionWithdraw){ petition_trial_on(trial), "other", NULL }),
        ==, APP_ERROR_NOT_FOUND);
}

static void
test_forbidden(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->unit, (PetitionAccept){ petition_trial_on(trial) }), ==,
        APP_ERROR_FORBIDDEN);
    g_assert_cmpint(
        petition_trial_route(trial, &f->liaison,
                             (PetitionRoute){ petition_trial_on(trial), ROADS, 0, NULL }),
        ==, APP_ERROR_FORBIDDEN);
    g_assert_cmpint(
        petition_trial_rate(trial, &f->agent,
                            (PetitionRate){ petition_trial_own(trial), "yes", 5, NULL }),
        ==, APP_ERROR_FORBIDDEN);
    g_assert_cmpint(petition_trial_close(
                        trial, &f->unit,
                        (PetitionClose){ petition_trial_on(trial), "outside_government", "لا" }),
                    ==, APP_ERROR_FORBIDDEN);
    /* Number and code let one read, also somebody who is signed in as another person. */
    Who proved = f->stranger;
    proved.petition_id = trial->receipt.id;
    g_assert_cmpint(
        petition_trial_withdraw(trial, &proved,
                                (PetitionWithdraw){ petition_trial_own(trial), "other", NULL }),
        ==, APP_ERROR_FORBIDDEN);
    petition_trial_stands(trial, "assigned", "entity", 1);
}

static void
test_conflict(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionTarget   seen_first;

    (void)data;
    petition_trial_complain(trial);
    seen_first = petition_trial_on(trial);
    seen_first.seen_version = 1;
    g_assert_cmpint(
        petition_trial_note(trial, &f->unit, (PetitionNote){ petition_trial_on(trial), "ملاحظة" }),
        ==, DONE);
    g_assert_cmpint(petition_trial_accept(trial, &f->liaison, (PetitionAccept){ seen_first }), ==,
                    APP_ERROR_CONFLICT);
    g_assert_cmpint(petition_trial_note(trial, &f->unit, (PetitionNote){ seen_first, "أخرى" }), ==,
                    DONE);
    seen_first.seen_version = 3;
    g_assert_cmpint(petition_trial_accept(trial, &f->liaison, (PetitionAccept){ seen_first }), ==,
                    DONE);
}

/* The same form twice has seen the same version: the first result, never a conflict with oneself. */
static void
test_double_tap(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionAccept   cmd;

    (void)data;
    petition_trial_complain(trial);
    cmd.on = petition_trial_on(trial);
    cmd.on.seen_version = 1;
    trial->command_id = command_id_read(f->mem, "AAECAwQFBgcICQoLDA0ODw");
    g_assert_cmpint(petition_trial_accept(trial, &f->liaison, cmd), ==, DONE);
    PetitionActed first = trial->acted;

    g_assert_cmpint(petition_trial_accept(trial, &f->liaison, cmd), ==, DONE);
    g_assert_true(trial->outcome.repeated);
    g_assert_cmpint(trial->acted.version, ==, first.version);
    g_assert_cmpint(trial->acted.event_id, ==, first.event_id);
    petition_trial_refused(
        trial, petition_trial_note(trial, &f->liaison, (PetitionNote){ cmd.on, "بالرقم نفسه" }),
        MSG_REFUSAL_REPEAT_DIFFERS);
}

static void
test_erased_key_is_internal(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    petition_fixture_execute(f, "DELETE FROM petition_key");
    g_assert_cmpint(
        petition_trial_note(trial, &f->unit, (PetitionNote){ petition_trial_on(trial), "ملاحظة" }),
        ==, APP_ERROR_INTERNAL);
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_trial_on(trial), ROADS, 0, NULL }),
        ==, APP_ERROR_INTERNAL);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
}

/* Every rule is asked: one refusal of each command. */
static void
test_refusals(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   no_text = petition_fixture_complaint(f);

    (void)data;
    no_text.text = "";
    petition_trial_refused(trial, petition_trial_submit(trial, &f->requester, &no_text),
                           MSG_REFUSAL_TEXT_MISSING);
    petition_trial_complain(trial);

    petition_trial_refused(
        trial,
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_trial_on(trial), WATER, 0, NULL }),
        MSG_REFUSAL_ROUTE_SAME_ENTITY);
    petition_trial_refused(
        trial,
        petition_trial_set_period(trial, &f->liaison,
                                  (PetitionSetPeriod){ petition_trial_on(trial), 1 }),
        MSG_REFUSAL_PERIOD_STATE);
    petition_trial_refused(
        trial,
        petition_trial_return(trial, &f->liaison,
                              (PetitionReturn){ petition_trial_on(trial), "area", WATER, "" }),
        MSG_REFUSAL_RETURN_SAME_ENTITY);
    petition_trial_refused(
        trial,
        petition_trial_update(trial, &f->liaison,
                              (PetitionUpdate){ petition_trial_on(trial), "بدأ" }),
        MSG_REFUSAL_UPDATE_STATE);
    petition_trial_refused(
        trial,
        petition_trial_note(trial, &f->liaison, (PetitionNote){ petition_trial_on(trial), "" }),
        MSG_REFUSAL_TEXT_MISSING);
    petition_trial_refused(trial,
                           petition_trial_consult(trial, &f->liaison,
                                                  (PetitionConsult){ petition_trial_on(trial),
                                                                     ROADS_LAMPS, "متى؟", 1 }),
                           MSG_REFUSAL_CONSULT_DIRECTORATE);
    petition_trial_refused(
        trial,
        petition_trial_close(trial, &f->liaison,
                             (PetitionClose){ petition_trial_on(trial), "resolved", "تم" }),
        MSG_REFUSAL_CLOSE_ASSIGNED);
    petition_trial_refused(
        trial,
        petition_trial_rate(trial, &f->requester,
                            (PetitionRate){ petition_trial_own(trial), "yes", 1, NULL }),
        MSG_REFUSAL_RATE_STATE);
    petition_trial_refused(
        trial,
        petition_trial_withdraw(trial, &f->requester,
                                (PetitionWithdraw){ petition_trial_own(trial), "no", NULL }),
        MSG_REFUSAL_CHOICE);
    petition_trial_refused(
        trial,
        petition_trial_add_information(trial, &f->requester,
                                       (PetitionAddInformation){ petition_trial_own(trial), NULL }),
        MSG_REFUSAL_TEXT_MISSING);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    petition_trial_refused(
        trial,
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }),
        MSG_REFUSAL_ACCEPT_STATE);
    petition_trial_stands(trial, "in_progress", "entity", 2);
}

/* The rule and the date are told: the latest day of the service. */
static void
test_refusal_says_the_date(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    int64_t latest = zone_day(f->sys->zone, petition_trial_time(trial, "2026-05-07 12:00"));

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    petition_trial_refused(
        trial,
        petition_trial_set_period(trial, &f->liaison,
                                  (PetitionSetPeriod){ petition_trial_on(trial), latest + 3 }),
        MSG_REFUSAL_PERIOD_TOO_FAR);
    g_assert_cmpint(zone_day(f->sys->zone, trial->outcome.refusal.times[0]), ==, latest);
    g_assert_cmpstr(trial->outcome.refusal.field, ==, "due_day");
}

/* A stranger's lock on the file: nothing is written, and the same form goes through later. */
static void
test_busy(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);
    g_autofree char *path = g_build_filename(f->core->directory, "case.db", NULL);
    sqlite3         *stranger;

    (void)data;
    trial->command_id = command_id_read(f->mem, NULL);
    g_assert_cmpint(sqlite3_open(path, &stranger), ==, SQLITE_OK);
    g_assert_cmpint(sqlite3_exec(stranger, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
    g_assert_cmpint(petition_trial_submit(trial, &f->requester, &cmd), ==, APP_ERROR_BUSY);
    g_assert_cmpint(sqlite3_exec(stranger, "ROLLBACK", NULL, NULL, NULL), ==, SQLITE_OK);
    sqlite3_close(stranger);

    g_assert_cmpint(petition_trial_submit(trial, &f->requester, &cmd), ==, DONE);
    g_assert_false(trial->outcome.repeated);
    petition_trial_stands(trial, "assigned", "entity", 1);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_error/not_found", test_not_found);
    ADD("/petition_error/forbidden", test_forbidden);
    ADD("/petition_error/conflict", test_conflict);
    ADD("/petition_error/erased_key_is_internal", test_erased_key_is_internal);
    ADD("/petition_error/refusals", test_refusals);
    ADD("/petition_error/refusal_says_the_date", test_refusal_says_the_date);
    ADD("/petition_error/double_tap", test_double_tap);
    g_test_add("/petition_error/busy", PetitionTrial, NULL, petition_trial_up, test_busy,
               petition_trial_down);
    return g_test_run();
}
