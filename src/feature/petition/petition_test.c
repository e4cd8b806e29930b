/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The whole life on a real store, and every way in. */
#include "feature/petition/petition_trial.h"

#include "base/number.h"
#include "db/migrate.h"
#include "db/verify.h"
#include "messages.h"

#include <string.h>

/* ---- the life ---- */

static void
assert_submitted(PetitionTrial *trial)
{
    Petition petition = petition_trial_read(trial);
    char     text[NUMBER_TEXT_SIZE];
    int64_t  number;

    number_format(trial->receipt.number, text);
    g_assert_true(g_str_has_prefix(text, "26-"));
    g_assert_true(number_parse(text, &number));
    g_assert_cmpuint(strlen(trial->receipt.code), ==, VAULT_CODE_LENGTH);
    g_assert_cmpint(petition.id, ==, trial->receipt.id);
    g_assert_cmpint(petition.due_at, ==, petition_trial_time(trial, "2026-04-19 10:00"));
    g_assert_cmpint(petition.next_climb_at, ==, CORE_FIXTURE_NOW + 2 * DAYS);
    g_assert_cmpint(petition.next_climb_level, ==, 1);
    g_assert_cmpint(petition.assigned_at, ==, CORE_FIXTURE_NOW);
    g_assert_cmpint(petition.lodged_at, ==, CORE_FIXTURE_NOW);
    g_assert_false(petition.restricted);
    g_assert_false(petition.provisional);
    g_assert_true(petition.identity_hidden);
    petition_trial_stands(trial, "assigned", "entity", 1);
}

static void
test_life(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    petition_trial_complain(trial);
    assert_submitted(trial);

    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_trial_on(trial) }), ==,
        DONE);
    petition_trial_stands(trial, "in_progress", "entity", 2);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==,
                    petition_trial_time(trial, "2026-05-07 15:30"));
    g_assert_cmpint(petition_trial_read(trial).accepted_at, ==, CORE_FIXTURE_NOW);

    int64_t day = zone_day(f->sys->zone, petition_trial_time(trial, "2026-05-03 12:00"));
    g_assert_cmpint(petition_trial_set_period(trial, &f->liaison,
                                              (PetitionSetPeriod){ petition_trial_on(trial), day }),
                    ==, DONE);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==,
                    petition_trial_time(trial, "2026-05-03 15:30"));
    g_assert_true(petition_trial_read(trial).period_set);

    g_assert_cmpint(petition_trial_consult(
                        trial, &f->liaison,
                        (PetitionConsult){ petition_trial_on(trial), WATER_PIPES, "متى؟", 2 }),
                    ==, DONE);
    petition_trial_stands(trial, "in_progress", "directorate", 4);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==,
                    petition_trial_time(trial, "2026-05-03 15:30"));
    g_assert_cmpint(petition_trial_consult_answer(
                        trial, &f->pipes,
                        (PetitionConsultAnswer){ petition_trial_on(trial),
                                                 petition_trial_question(trial), "الأحد", 3 }),
                    ==, DONE);
    petition_trial_stands(trial, "in_progress", "entity", 5);

    g_assert_cmpint(
        petition_trial_update(trial, &f->liaison,
                              (PetitionUpdate){ petition_trial_on(trial), "بدأ العمل" }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_note(trial, &f->unit, (PetitionNote){ petition_trial_on(trial), "تابعنا" }),
        ==, DONE);
    g_assert_cmpint(petition_trial_add_information(
                        trial, &f->requester,
                        (PetitionAddInformation){ petition_trial_own(trial), "وأمام المدرسة" }),
                    ==, DONE);
    g_assert_cmpint(petition_trial_close(
                        trial, &f->liaison,
                        (PetitionClose){ petition_trial_on(trial), "resolved", "أُصلحت الماسورة" }),
                    ==, DONE);
    petition_trial_stands(trial, "closed", "requester", 9);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==, CORE_FIXTURE_NOW + 14 * DAYS);
    g_assert_cmpint(petition_trial_read(trial).next_climb_at, ==, 0);

    g_assert_cmpint(
        petition_trial_rate(trial, &f->requester,
                            (PetitionRate){ petition_trial_own(trial), "yes", 5, "شكرًا" }),
        ==, DONE);
    petition_trial_stands(trial, "closed", "requester", 10);
    g_assert_cmpstr(petition_trial_read(trial).solved, ==, "yes");
    g_assert_cmpint(petition_trial_read(trial).stars, ==, 5);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM event"), ==, 10);
}

static void
test_record_is_whole(PetitionTrial *trial, const void *data)
{
    g_autoptr(GError) error = NULL;
    int64_t checked, wrong;

    test_life(trial, data);
    g_assert_true(event_check_leaves(trial->fixture->sys->db, &checked, &wrong, &error));
    g_assert_no_error(error);
    g_assert_cmpint(checked, ==, 10);
    g_assert_cmpint(wrong, ==, 0);
}

/* This feature's statements alone, in a store of their own. */
static void
test_statements_use_indexes(PetitionTrial *trial, const void *data)
{
    const DbQuery *const *const queries[] = { petition_queries, NULL };
    DbSchema                    schema = trial->fixture->core->schema;
    g_autofree char            *directory = g_dir_make_tmp("sawt-petition-XXXXXX", NULL);
    char                       *url = engine_fixture_is_pg() ? engine_fixture_schema() : NULL;
    DbOptions                   options = { .directory = directory, .url = url, .schema = &schema };
    g_autoptr(GError) error = NULL;
    int applied;

    (void)data;
    schema.queries = queries;
    g_assert_true(db_migrate(&options, &applied, &error));
    Db *db = db_open(&options, &error);
    g_assert_no_error(error);

    bool verified = db_verify_plans(db, &error);
    g_assert_no_error(error);
    g_assert_true(verified);
    db_close(db);
    if (url != NULL)
        engine_fixture_drop(url);
    core_fixture_remove(directory);
}

/* ---- submitting ---- */

static void
test_submit_paths(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);

    (void)data;
    cmd.entity_id = cmd.service_id = 0;
    g_assert_cmpint(petition_trial_submit(trial, &f->agent, &cmd), ==, DONE);
    petition_trial_stands(trial, "received", "unit", 1);
    g_assert_cmpint(petition_trial_read(trial).due_at, ==,
                    petition_trial_time(trial, "2026-04-16 15:30"));
    g_assert_cmpint(petition_trial_read(trial).next_climb_at, ==, 0);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM event WHERE actor_ref = 509"
                                              " AND on_behalf = 'requester'"),
                    ==, 1);

    cmd = petition_fixture_complaint(f);
    cmd.person_id = f->provisional;
    g_assert_cmpint(petition_trial_submit(trial, &f->agent, &cmd), ==, DONE);
    g_assert_true(petition_trial_read(trial).provisional);

    cmd.person_id = f->unproved;
    petition_trial_refused(trial, petition_trial_submit(trial, &f->agent, &cmd),
                           MSG_REFUSAL_IDENTITY_NEEDED);
    cmd.type = "praise";
    g_assert_cmpint(petition_trial_submit(trial, &f->counter, &cmd), ==, DONE);
    g_assert_false(petition_trial_read(trial).provisional);
}

static void
test_submit_errors(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);

    (void)data;
    g_assert_cmpint(petition_trial_submit(trial, &f->stranger, &cmd), ==, APP_ERROR_FORBIDDEN);
    g_assert_cmpint(petition_trial_submit(trial, &f->liaison, &cmd), ==, APP_ERROR_FORBIDDEN);
    cmd.person_id = 12345;
    g_assert_cmpint(petition_trial_submit(trial, &f->agent, &cmd), ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM event"), ==, 0);
}

/* A paper that was lodged on Sunday is entered on Wednesday. */
static void
test_submit_on_an_earlier_day(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    CommandContext   context = petition_fixture_by(f, &f->counter);
    PetitionSubmit   cmd = petition_fixture_complaint(f);
    g_autoptr(GError) error = NULL;

    (void)data;
    context.at = petition_trial_time(trial, "2025-12-31 23:30");
    g_assert_true(petition_submit(&context, &cmd, &trial->receipt, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(trial->receipt.number / 1000000000, ==, 25);
    g_assert_cmpint(petition_trial_read(trial).lodged_at, ==, context.at);
    g_assert_cmpint(petition_trial_read(trial).entered_at, ==, CORE_FIXTURE_NOW);
}

static void
test_submit_repeated(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   cmd = petition_fixture_complaint(f);

    (void)data;
    trial->command_id = command_id_read(f->mem, NULL);
    g_assert_cmpint(petition_trial_submit(trial, &f->requester, &cmd), ==, DONE);
    g_assert_false(trial->outcome.repeated);
    PetitionReceipt first = trial->receipt;

    petition_fixture_wait(f, HOURS);
    g_assert_cmpint(petition_trial_submit(trial, &f->requester, &cmd), ==, DONE);
    g_assert_true(trial->outcome.repeated);
    g_assert_cmpint(trial->receipt.number, ==, first.number);
    g_assert_cmpstr(trial->receipt.code, ==, first.code);

    cmd.text = "نص آخر";
    petition_trial_refused(trial, petition_trial_submit(trial, &f->requester, &cmd),
                           MSG_REFUSAL_REPEAT_DIFFERS);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM petition"), ==, 1);
}

static void
test_submit_takes_draft(PetitionTrial *trial, const void *data)
{
    static const uint8_t hash[] = { 0xAB, 0xCD };
    PetitionFixture     *f = trial->fixture;
    PetitionSubmit       cmd = petition_fixture_complaint(f);

    (void)data;
    petition_fixture_execute(
        f, "INSERT INTO draft VALUES (x'ABCD', x'01', x'02', 1, 9), (x'EF', x'01', x'02', 1, 9);"
           "INSERT INTO attachment (id, draft_hash, wrapped, epoch, meta, file, size, created_at)"
           " VALUES (1, x'ABCD', x'', 1, x'', 'a', 1, 1), (2, x'ABCD', x'', 1, x'', 'b', 1, 1),"
           " (3, x'EF', x'', 1, x'', 'c', 1, 1);");
    cmd.draft_hash = BYTES_OF(hash);
    g_assert_cmpint(petition_trial_submit(trial, &f->requester, &cmd), ==, DONE);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM attachment JOIN event"
                                              " ON event.id = event_id WHERE draft_hash IS NULL"
                                              " AND event.petition_id = attachment.petition_id"),
                    ==, 2);
    g_assert_cmpint(petition_fixture_count(f, "SELECT count(*) FROM draft"), ==, 1);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition/life", test_life);
    ADD("/petition/record_is_whole", test_record_is_whole);
    ADD("/petition/statements_use_indexes", test_statements_use_indexes);
    ADD("/petition/submit_paths", test_submit_paths);
    ADD("/petition/submit_errors", test_submit_errors);
    ADD("/petition/submit_on_an_earlier_day", test_submit_on_an_earlier_day);
    ADD("/petition/submit_repeated", test_submit_repeated);
    ADD("/petition/submit_takes_draft", test_submit_takes_draft);
    return g_test_run();
}
