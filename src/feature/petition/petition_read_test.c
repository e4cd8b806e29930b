/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Who reads what of a file. */
#include "feature/petition/petition_trial.h"

#include "base/number.h"

#include <string.h>

static PetitionReceipt
complain(PetitionTrial *trial)
{
    petition_trial_complain(trial);
    return trial->receipt;
}

static PetitionReceipt
complain_about(PetitionTrial *trial, const char *about)
{
    petition_trial_complain_about(trial, about);
    return trial->receipt;
}

/* -1, or the error's code. */
static int
read_file(PetitionTrial *trial, const Who *who, int64_t number, bool own, PetitionFile *file)
{
    g_autoptr(GError) error = NULL;

    petition_trial_look(trial);
    if (petition_file(trial->fixture->sys, trial->tx, who, number, own, file, &error))
        return -1;
    g_test_message("%s", error->message);
    return (int)error_code(error);
}

static const PetitionEvent *
event_of(const PetitionFile *file, const char *kind)
{
    for (size_t i = 0; i < file->n_events; i++)
        if (strcmp(file->events[i].kind, kind) == 0)
            return &file->events[i];
    return NULL;
}

/* A petition with one of nearly everything, withdrawn at the end. */
static PetitionReceipt
make_history(PetitionTrial *trial)
{
    PetitionFixture *f = trial->fixture;
    PetitionAnswer   answers[] = { { "meter", 1, "79" }, { "size", 1, "runs" } };
    PetitionSubmit   cmd = petition_fixture_complaint(f);

    cmd.answers = answers;
    cmd.n_answers = G_N_ELEMENTS(answers);
    PetitionReceipt receipt = petition_fixture_submit(f, &cmd);
    PetitionTarget  on = petition_fixture_on(&receipt), own = petition_fixture_own(&receipt);

    g_assert_cmpint(
        petition_trial_return(trial, &f->liaison,
                              (PetitionReturn){ on, "other_entity", ROADS, "المادة 7" }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit, (PetitionRoute){ on, WATER, WATER_LEAKS, "هي لكم" }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_consult(trial, &f->liaison,
                               (PetitionConsult){ on, WATER_PIPES, "متى تصلحونها؟", 2 }),
        ==, DONE);
    g_assert_cmpint(petition_trial_consult(trial, &f->liaison,
                                           (PetitionConsult){ on, WATER_METERS, "كم العدّاد؟", 2 }),
                    ==, DONE);
    g_assert_cmpint(
        petition_trial_consult_answer(
            trial, &f->pipes,
            (PetitionConsultAnswer){
                on, petition_fixture_count(f, "SELECT min(id) FROM consultation"), "الأحد", 3 }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_note(trial, &f->liaison, (PetitionNote){ on, "اتصلت بالمديرية 0799999999" }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_add_information(trial, &f->requester,
                                       (PetitionAddInformation){ own, "هاتف جاري 0781234567" }),
        ==, DONE);
    g_assert_cmpint(petition_trial_withdraw(trial, &f->requester,
                                            (PetitionWithdraw){ own, "fear", "هدّدني جاري" }),
                    ==, DONE);
    return receipt;
}

/* ---- the file ---- */

static void
test_file_of_requester(PetitionTrial *trial, const void *data)
{
    PetitionReceipt receipt = make_history(trial);
    PetitionFile    file;

    (void)data;
    g_assert_cmpint(read_file(trial, &trial->fixture->requester, receipt.number, true, &file), ==,
                    -1);
    g_assert_cmpuint(file.n_events, ==, 8); /* all but the note */
    g_assert_null(event_of(&file, "note"));
    g_assert_cmpuint(file.n_consultations, ==, 0);
    g_assert_null(event_of(&file, "consult")->text);
    g_assert_null(event_of(&file, "consult_answer")->text);
    g_assert_null(event_of(&file, "route")->text);
    g_assert_cmpint(event_of(&file, "consult")->directorate_id, ==, WATER_PIPES);
    g_assert_cmpstr(event_of(&file, "return")->legal_text, ==, "المادة 7");
    g_assert_cmpint(event_of(&file, "return")->entity_to, ==, ROADS);
    g_assert_cmpstr(event_of(&file, "withdraw")->why, ==, "fear");
    g_assert_null(event_of(&file, "route")->actor_name);
    g_assert_cmpint(event_of(&file, "route")->actor_ref, ==, 0);

    g_assert_nonnull(strstr(file.content.text, "0791234567"));
    g_assert_cmpstr(file.content.wanted, ==, "إصلاح الماسورة");
    g_assert_cmpint(file.content.entity_id, ==, WATER);
    g_assert_cmpint(file.content.service_id, ==, WATER_LEAKS);
    g_assert_cmpuint(file.content.n_answers, ==, 2);
    g_assert_cmpstr(file.content.answers[0].code, ==, "meter");
    g_assert_cmpint(file.content.answers[0].version, ==, 1);
    g_assert_cmpstr(file.content.answers[1].value, ==, "runs");
}

static void
test_file_of_office(PetitionTrial *trial, const void *data)
{
    PetitionReceipt receipt = make_history(trial);
    PetitionFile    file;

    (void)data;
    g_assert_cmpint(read_file(trial, &trial->fixture->liaison, receipt.number, false, &file), ==,
                    -1);
    g_assert_cmpuint(file.n_events, ==, 9);
    g_assert_cmpstr(event_of(&file, "route")->text, ==, "هي لكم");
    g_assert_cmpstr(event_of(&file, "route")->actor_name, ==, "عمر");
    g_assert_cmpstr(event_of(&file, "consult_answer")->text, ==, "الأحد");
    g_assert_cmpint(event_of(&file, "consult_answer")->days, ==, 3);

    /* That it was withdrawn, not why. */
    g_assert_null(event_of(&file, "withdraw")->text);
    g_assert_null(event_of(&file, "withdraw")->why);

    /* The requester's telephone numbers are hidden, an officer's are not. */
    g_assert_null(strstr(file.content.text, "0791234567"));
    g_assert_null(strstr(event_of(&file, "add_information")->text, "0781234567"));
    g_assert_nonnull(strstr(event_of(&file, "note")->text, "0799999999"));

    g_assert_cmpuint(file.n_consultations, ==, 2);
    g_assert_cmpstr(file.consultations[0].question, ==, "متى تصلحونها؟");
    g_assert_cmpstr(file.consultations[0].answer, ==, "الأحد");
    g_assert_cmpint(file.consultations[0].proposed_days, ==, 3);
    g_assert_cmpstr(file.consultations[1].question, ==, "كم العدّاد؟");
    g_assert_null(file.consultations[1].answer); /* it lapsed */
    g_assert_cmpint(file.consultations[1].answered_event, !=, 0);
}

static void
test_file_of_unit_and_directorate(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = make_history(trial);
    PetitionFile     file;

    (void)data;
    g_assert_cmpint(read_file(trial, &f->unit, receipt.number, false, &file), ==, -1);
    g_assert_cmpstr(event_of(&file, "withdraw")->why, ==, "fear");
    g_assert_cmpstr(event_of(&file, "withdraw")->text, ==, "هدّدني جاري");

    g_assert_cmpint(read_file(trial, &f->meters, receipt.number, false, &file), ==, -1);
    g_assert_cmpuint(file.n_events, ==, 1);
    g_assert_cmpstr(file.events[0].text, ==, "كم العدّاد؟");
    g_assert_cmpuint(file.n_consultations, ==, 1);
    g_assert_null(strstr(file.content.text, "0791234567"));
}

static void
test_file_is_hidden(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = make_history(trial), restricted = complain_about(trial, "officer");
    Who              follower = { .role = ROLE_NONE, .petition_id = receipt.id };
    Who              helper = f->stranger;
    const struct {
        const char *name;
        const Who  *who;
        int64_t     number;
        bool        own;
        int         expected;
    } cases[] = {
        { "another entity's officer", &f->roads_liaison, receipt.number, false,
          APP_ERROR_NOT_FOUND },
        { "a directorate that was not asked", &f->lamps, receipt.number, false,
          APP_ERROR_NOT_FOUND },
        { "another requester", &f->stranger, receipt.number, true, APP_ERROR_NOT_FOUND },
        { "the requester, as nobody special", &f->requester, receipt.number, false,
          APP_ERROR_NOT_FOUND },
        { "an officer who says it is their own", &f->roads_liaison, receipt.number, true,
          APP_ERROR_NOT_FOUND },
        { "a restricted one from its officer", &f->liaison, restricted.number, false,
          APP_ERROR_NOT_FOUND },
        { "a restricted one for the head", &f->head, restricted.number, false, -1 },
        { "by number and code", &follower, receipt.number, true, -1 },
        { "by number and code, signed in as another", &helper, receipt.number, true, -1 },
        { "another one by that code", &follower, restricted.number, true, APP_ERROR_NOT_FOUND },
        { "for the caller at the desk", &f->agent, receipt.number, true, -1 },
        { "the agent without a call", &f->agent, receipt.number, false, APP_ERROR_NOT_FOUND },
        { "no such number", &f->unit, number_make(26, 5), false, APP_ERROR_NOT_FOUND },
    };

    (void)data;
    helper.petition_id = receipt.id;
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        PetitionFile file;

        g_test_message("%s", cases[i].name);
        g_assert_cmpint(read_file(trial, cases[i].who, cases[i].number, cases[i].own, &file), ==,
                        cases[i].expected);
    }
}

static void
test_file_shown_in_clear_by_choice(PetitionTrial *trial, const void *data)
{
    PetitionSubmit cmd = petition_fixture_complaint(trial->fixture);
    PetitionFile   file;

    (void)data;
    cmd.identity_hidden = false;
    PetitionReceipt receipt = petition_fixture_submit(trial->fixture, &cmd);
    g_assert_cmpint(read_file(trial, &trial->fixture->liaison, receipt.number, false, &file), ==,
                    -1);
    g_assert_nonnull(strstr(file.content.text, "0791234567"));
}

static void
test_file_with_a_long_history(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = complain(trial);
    PetitionFile     file;

    (void)data;
    for (int i = 0; i < 420; i++)
        g_assert_cmpint(
            petition_trial_note(trial, &f->unit,
                                (PetitionNote){ petition_fixture_on(&receipt), "ملاحظة" }),
            ==, DONE);
    g_assert_cmpint(read_file(trial, &f->unit, receipt.number, false, &file), ==, -1);
    g_assert_cmpuint(file.n_events, ==, 421);
    g_assert_cmpint(file.events[420].version, ==, 421);
}

static void
test_file_after_erasure(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = complain(trial);
    PetitionFile     file;
    PetitionRow     *rows;
    size_t           n;
    g_autoptr(GError) error = NULL;

    (void)data;
    petition_fixture_execute(f, "DELETE FROM petition_key; UPDATE petition SET brief = NULL");
    g_assert_cmpint(read_file(trial, &f->unit, receipt.number, false, &file), ==,
                    APP_ERROR_INTERNAL);
    g_assert_true(petition_inbox(f->sys, trial->tx, &f->liaison, PETITION_LIST_ASSIGNED,
                                 (PetitionAfter){ 0, 0 }, &rows, &n, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(rows[0].subject, ==, "");
}

/* ---- whose, and what it is called ---- */

static void
test_whose(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = complain(trial);
    Petition         petition = petition_fixture_read(f, receipt.number), by_id;
    bool             found = true;
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_true(petition_is_of_person(f->sys, f->mem, &petition, f->requester.person_id));
    g_assert_false(petition_is_of_person(f->sys, f->mem, &petition, f->stranger.person_id));

    petition_trial_look(trial);
    g_assert_true(petition_by_id(trial->tx, receipt.id, &by_id, &error));
    g_assert_cmpint(by_id.number, ==, receipt.number);
    g_assert_true(
        petition_by_command(trial->tx, bytes_of_text("no command"), &by_id, &found, &error));
    g_assert_false(found);
    g_assert_false(petition_by_id(trial->tx, 1, &by_id, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_NOT_FOUND);
}

static void
test_public_status(void)
{
    static const struct {
        const char *state, *holder;
        AppTime     now;
        const char *status;
    } cases[] = {
        { "received", "unit", 0, "received" },
        { "assigned", "entity", 0, "with_entity" },
        { "in_progress", "entity", 0, "in_progress" },
        { "in_progress", "directorate", 0, "in_progress" },
        { "in_progress", "unit", 0, "under_review" },
        { "in_progress", "panel", 0, "under_review" },
        { "scheduled", "entity", 0, "in_progress" },
        { "joined", "entity", 0, "in_progress" },
        { "awaiting_requester", "requester", 0, "needs_you" },
        { "closed", "requester", 14 * DAYS, "answered" },
        { "closed", "requester", 14 * DAYS + 1, "finished" },
        { "withdrawn", "none", 0, "finished" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Petition petition = { .state = cases[i].state, .holder = cases[i].holder, .closed_at = 1 };

        g_assert_cmpstr(petition_public_status(&petition, cases[i].now + 1), ==, cases[i].status);
    }
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_read/file_of_requester", test_file_of_requester);
    ADD("/petition_read/file_of_office", test_file_of_office);
    ADD("/petition_read/file_of_unit_and_directorate", test_file_of_unit_and_directorate);
    ADD("/petition_read/file_is_hidden", test_file_is_hidden);
    ADD("/petition_read/file_in_clear", test_file_shown_in_clear_by_choice);
    ADD("/petition_read/file_with_a_long_history", test_file_with_a_long_history);
    ADD("/petition_read/file_after_erasure", test_file_after_erasure);
    ADD("/petition_read/whose", test_whose);
    g_test_add_func("/petition_read/public_status", test_public_status);
    return g_test_run();
}
