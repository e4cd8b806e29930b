/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Between desks: returning, routing, questions, who is skipped; and the rating behind the end. */
#include "feature/petition/petition_trial.h"

#include "messages.h"

/* ---- between desks ---- */

static void
test_return_and_route(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReturn   give_back = { .ground = "other_entity", .proposed_entity_id = ROADS };

    (void)data;
    petition_trial_complain(trial);
    give_back.on = petition_trial_on(trial);
    trial->command_id = command_id_read(f->mem, NULL);
    g_assert_cmpint(petition_trial_return(trial, &f->liaison, give_back), ==, DONE);
    petition_trial_stands(trial, "received", "unit", 2);
    g_assert_cmpint(petition_trial_read(trial).entity_id, ==, 0);
    g_assert_cmpint(petition_trial_read(trial).returns, ==, 1);
    g_assert_cmpint(petition_fixture_count(f, "SELECT entity_from FROM event WHERE version = 2"),
                    ==, WATER);

    /* A double tap: the officer no longer sees it, and yet gets the first result. */
    PetitionActed first = trial->acted;
    g_assert_cmpint(petition_trial_return(trial, &f->liaison, give_back), ==, DONE);
    g_assert_true(trial->outcome.repeated);
    g_assert_cmpint(trial->acted.event_id, ==, first.event_id);
    g_assert_cmpint(trial->acted.version, ==, 2);
    /* Somebody else with the same command id is no repeat. */
    petition_trial_refused(trial, petition_trial_return(trial, &f->roads_liaison, give_back),
                           MSG_REFUSAL_REPEAT_DIFFERS);
    trial->command_id = (Bytes){ NULL, 0 };

    petition_fixture_wait(f, DAYS);
    g_assert_cmpint(petition_trial_route(
                        trial, &f->unit,
                        (PetitionRoute){ petition_trial_on(trial), ROADS, ROADS_LIGHTS, "لكم" }),
                    ==, DONE);
    petition_trial_stands(trial, "assigned", "entity", 3);
    g_assert_cmpint(petition_trial_read(trial).assigned_at, ==, CORE_FIXTURE_NOW + DAYS);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==,
                    petition_trial_time(trial, "2026-04-20 10:00"));
    g_assert_cmpint(petition_trial_read(trial).service_id, ==, ROADS_LIGHTS);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        APP_ERROR_NOT_FOUND);

    give_back.proposed_entity_id = WATER;
    g_assert_cmpint(petition_trial_return(trial, &f->roads_liaison, give_back), ==, DONE);
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_trial_on(trial), WATER, 0, NULL }),
        ==, DONE);
    give_back.proposed_entity_id = ROADS;
    petition_trial_refused(trial, petition_trial_return(trial, &f->liaison, give_back),
                           MSG_REFUSAL_RETURN_TWICE);
    give_back.ground = "conflict";
    petition_trial_refused(trial, petition_trial_return(trial, &f->liaison, give_back),
                           MSG_REFUSAL_RETURN_TWICE);
}

static void
test_conflict_of_interest_is_not_counted(PetitionTrial *trial, const void *data)
{
    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(
        petition_trial_return(trial, &trial->fixture->liaison,
                              (PetitionReturn){ petition_trial_on(trial), "conflict", 0, NULL }),
        ==, DONE);
    g_assert_cmpint(petition_trial_read(trial).returns, ==, 0);
}

static void
test_about_the_head(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain_about(trial, "head");
    petition_trial_stands(trial, "received", "unit", 1);
    g_assert_true(petition_trial_read(trial).restricted);
    g_assert_cmpint(petition_trial_read(trial).entity_id, ==, 0);
    g_assert_cmpint(
        petition_trial_note(trial, &f->head, (PetitionNote){ petition_trial_on(trial), "؟" }), ==,
        APP_ERROR_NOT_FOUND);

    petition_trial_refused(
        trial,
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_trial_on(trial), WATER, 0, NULL }),
        MSG_REFUSAL_ROUTE_CONCERNED);
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_trial_on(trial), ROADS, 0, NULL }),
        ==, DONE);
    g_assert_cmpint(petition_trial_accept(trial, &f->roads_liaison,
                                          (PetitionAccept){ petition_trial_on(trial) }),
                    ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->roads_head, (PetitionAccept){ petition_trial_on(trial) }),
        ==, DONE);
}

static void
test_about_the_officer(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain_about(trial, "officer");
    petition_trial_stands(trial, "assigned", "entity", 1);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        APP_ERROR_NOT_FOUND);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->head, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
}

static void
test_unit_closes_what_waits_there(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);

    (void)data;
    cmd.entity_id = cmd.service_id = 0;
    g_assert_cmpint(petition_trial_submit(trial, &f->requester, &cmd), ==, DONE);
    petition_trial_refused(
        trial,
        petition_trial_close(trial, &f->unit,
                             (PetitionClose){ petition_trial_on(trial), "resolved", "تم" }),
        MSG_REFUSAL_CLOSE_RECEIVED);
    g_assert_cmpint(petition_trial_close(trial, &f->unit,
                                         (PetitionClose){ petition_trial_on(trial),
                                                          "outside_government", "راجعوا" }),
                    ==, DONE);
    petition_trial_stands(trial, "closed", "requester", 2);
}

/* ---- questions ---- */

static void
test_two_questions(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(petition_trial_consult(
                        trial, &f->liaison,
                        (PetitionConsult){ petition_trial_on(trial), WATER_PIPES, "متى؟", 2 }),
                    ==, DONE);
    int64_t first = petition_trial_question(trial);
    g_assert_cmpint(petition_trial_consult(
                        trial, &f->liaison,
                        (PetitionConsult){ petition_trial_on(trial), WATER_METERS, "كم؟", 1 }),
                    ==, DONE);
    int64_t second = petition_trial_question(trial);

    /* Another directorate's question is not there. */
    g_assert_cmpint(petition_trial_consult_answer(
                        trial, &f->meters,
                        (PetitionConsultAnswer){ petition_trial_on(trial), first, "غدًا", 0 }),
                    ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(
        petition_trial_consult_answer(
            trial, &f->pipes, (PetitionConsultAnswer){ petition_trial_on(trial), first, "غدًا", 0 }),
        ==, DONE);
    petition_trial_stands(trial, "assigned", "directorate", 4);
    petition_trial_refused(
        trial,
        petition_trial_consult_answer(
            trial, &f->pipes,
            (PetitionConsultAnswer){ petition_trial_on(trial), first, "بعد غد", 0 }),
        MSG_REFUSAL_CONSULT_ANSWERED);

    /* Accepting does not take it from the directorate. */
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    petition_trial_stands(trial, "in_progress", "directorate", 5);
    g_assert_cmpint(petition_trial_consult_answer(
                        trial, &f->meters,
                        (PetitionConsultAnswer){ petition_trial_on(trial), second, "12", 4 }),
                    ==, DONE);
    petition_trial_stands(trial, "in_progress", "entity", 6);

    /* Nor is another petition's question answered by this one's number. */
    petition_trial_complain(trial);
    g_assert_cmpint(petition_trial_consult_answer(
                        trial, &f->meters,
                        (PetitionConsultAnswer){ petition_trial_on(trial), second, "12", 4 }),
                    ==, APP_ERROR_NOT_FOUND);
}

static void
test_question_ends_with_the_petition(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(petition_trial_consult(
                        trial, &f->liaison,
                        (PetitionConsult){ petition_trial_on(trial), WATER_PIPES, "متى؟", 2 }),
                    ==, DONE);
    g_assert_cmpint(
        petition_trial_withdraw(trial, &f->requester,
                                (PetitionWithdraw){ petition_trial_own(trial), "fear", "هُدِّدت" }),
        ==, DONE);
    petition_trial_stands(trial, "withdrawn", "none", 3);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==, 0);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM consultation"
                                              " WHERE answered_event IS NULL"),
                    ==, 0);
    petition_trial_refused(trial,
                           petition_trial_consult_answer(
                               trial, &f->pipes,
                               (PetitionConsultAnswer){ petition_trial_on(trial),
                                                        petition_trial_question(trial), "غدًا", 0 }),
                           MSG_REFUSAL_WITHDRAWN);
}

/* ---- rating ---- */

static void
test_rate_once_and_in_time(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    g_assert_cmpint(
        petition_trial_close(trial, &f->liaison,
                             (PetitionClose){ petition_trial_on(trial), "resolved", "تم" }),
        ==, DONE);
    petition_trial_refused(
        trial,
        petition_trial_rate(trial, &f->requester,
                            (PetitionRate){ petition_trial_own(trial), "yes", 9, NULL }),
        MSG_REFUSAL_CHOICE);

    trial->command_id = command_id_read(f->mem, NULL);
    g_assert_cmpint(petition_trial_rate(trial, &f->requester,
                                        (PetitionRate){ petition_trial_own(trial), "no", 1, NULL }),
                    ==, DONE);
    g_assert_cmpint(petition_trial_rate(trial, &f->requester,
                                        (PetitionRate){ petition_trial_own(trial), "no", 1, NULL }),
                    ==, DONE);
    g_assert_true(trial->outcome.repeated);
    trial->command_id = (Bytes){ NULL, 0 };
    petition_trial_refused(
        trial,
        petition_trial_rate(trial, &f->requester,
                            (PetitionRate){ petition_trial_own(trial), "yes", 5, NULL }),
        MSG_REFUSAL_RATE_ONCE);

    petition_fixture_wait(f, 15 * DAYS);
    petition_trial_refused(
        trial,
        petition_trial_rate(trial, &f->requester,
                            (PetitionRate){ petition_trial_own(trial), "yes", 5, NULL }),
        MSG_REFUSAL_RATE_LATE);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_office/return_and_route", test_return_and_route);
    ADD("/petition_office/conflict_of_interest", test_conflict_of_interest_is_not_counted);
    ADD("/petition_office/about_the_head", test_about_the_head);
    ADD("/petition_office/about_the_officer", test_about_the_officer);
    ADD("/petition_office/unit_closes", test_unit_closes_what_waits_there);
    ADD("/petition_office/two_questions", test_two_questions);
    ADD("/petition_office/question_ends", test_question_ends_with_the_petition);
    ADD("/petition_office/rate", test_rate_once_and_in_time);
    return g_test_run();
}
