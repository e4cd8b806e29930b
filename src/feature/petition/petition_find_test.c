/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists by key, search, a person's own. */
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

/* ---- lists ---- */

static size_t
read_list(PetitionTrial *trial, const Who *who, PetitionList list, PetitionAfter after,
          PetitionRow **rows)
{
    g_autoptr(GError) error = NULL;
    size_t n = 0;
    bool read = petition_inbox(trial->fixture->sys, trial->tx, who, list, after, rows, &n, &error);

    g_assert_no_error(error);
    g_assert_true(read);
    return n;
}

/* Walk a list by key and count; the order must be by time left (or the other way round). */
static size_t
walk(PetitionTrial *trial, const Who *who, PetitionList list)
{
    PetitionAfter after = { 0, 0 };
    size_t        total = 0, n;
    PetitionRow  *rows;

    do {
        n = read_list(trial, who, list, after, &rows);
        for (size_t i = 0; i < n; i++) {
            bool later = rows[i].due_at > after.due_at ||
                         (rows[i].due_at == after.due_at && rows[i].id > after.id);

            g_assert_true(total + i == 0 || later == (list != PETITION_LIST_CLOSED));
            g_assert_cmpstr(rows[i].subject, ==, "ماسورة مكسورة في الشارع");
            after = (PetitionAfter){ rows[i].due_at, rows[i].id };
        }
        total += n;
    } while (n == 50);
    return total;
}

static void
complain_many(PetitionTrial *trial, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        complain(trial);
        petition_fixture_wait(trial->fixture, i % 3 == 0 ? 0 : MINUTES);
    }
}

static void
test_inbox(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;

    (void)data;
    complain_many(trial, 130);
    complain_about(trial, "officer");
    petition_fixture_execute(f, "UPDATE petition SET state = 'in_progress' WHERE number % 2 = 0;"
                                "UPDATE petition SET state = 'closed' WHERE number % 5 = 0");
    petition_trial_look(trial);

    size_t closed = walk(trial, &f->head, PETITION_LIST_CLOSED);
    size_t assigned = walk(trial, &f->head, PETITION_LIST_ASSIGNED);
    size_t progress = walk(trial, &f->head, PETITION_LIST_PROGRESS);
    g_assert_cmpuint(closed + assigned + progress, ==, 131);
    g_assert_cmpuint(walk(trial, &f->head, PETITION_LIST_OPEN), ==, assigned + progress);

    size_t seen = walk(trial, &f->liaison, PETITION_LIST_OPEN) +
                  walk(trial, &f->liaison, PETITION_LIST_CLOSED);
    g_assert_cmpuint(seen, ==, 130);
    g_assert_cmpuint(walk(trial, &f->liaison, PETITION_LIST_ASSIGNED) +
                         walk(trial, &f->liaison, PETITION_LIST_PROGRESS) +
                         walk(trial, &f->liaison, PETITION_LIST_CLOSED),
                     ==, 130);
    g_assert_cmpuint(walk(trial, &f->roads_head, PETITION_LIST_OPEN), ==, 0);
}

static void
test_closed_newest_first(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  first = complain(trial), second = complain(trial);
    PetitionRow     *rows;

    (void)data;
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_fixture_on(&first) }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_accept(trial, &f->liaison, (PetitionAccept){ petition_fixture_on(&second) }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_close(trial, &f->liaison,
                             (PetitionClose){ petition_fixture_on(&second), "resolved", "أُصلحت" }),
        ==, DONE);
    petition_fixture_wait(f, MINUTES);
    g_assert_cmpint(
        petition_trial_close(trial, &f->liaison,
                             (PetitionClose){ petition_fixture_on(&first), "resolved", "أُصلحت" }),
        ==, DONE);

    petition_trial_look(trial);
    g_assert_cmpuint(
        read_list(trial, &f->liaison, PETITION_LIST_CLOSED, (PetitionAfter){ 0, 0 }, &rows), ==, 2);
    g_assert_cmpint(rows[0].number, ==, first.number);
    g_assert_cmpint(rows[1].number, ==, second.number);
    g_assert_cmpstr(rows[0].outcome, ==, "resolved");
}

static void
test_triage(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionSubmit   nowhere = petition_fixture_complaint(f);
    PetitionReceipt  receipt = complain(trial);
    PetitionRow     *rows;
    size_t           n;
    g_autoptr(GError) error = NULL;

    (void)data;
    nowhere.entity_id = nowhere.service_id = 0;
    petition_fixture_submit(f, &nowhere);
    complain_about(trial, "head");
    petition_fixture_wait(f, DAYS);
    g_assert_cmpint(
        petition_trial_return(trial, &f->liaison,
                              (PetitionReturn){ petition_fixture_on(&receipt), "area", 0, NULL }),
        ==, DONE);

    petition_trial_look(trial);
    g_assert_true(
        petition_triage(f->sys, trial->tx, &f->unit, (PetitionAfter){ 0, 0 }, &rows, &n, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 3);
    g_assert_cmpint(rows[2].number, ==, receipt.number);
    g_assert_cmpint(rows[2].returns, ==, 1);
    g_assert_cmpstr(rows[2].subject, ==, "ماسورة مكسورة في الشارع");
    g_assert_cmpstr(rows[2].place_words, ==, "حي نزال قرب المسجد");
}

static void
test_questions(PetitionTrial *trial, const void *data)
{
    PetitionFixture  *f = trial->fixture;
    PetitionReceipt   receipt = complain(trial);
    PetitionTarget    on = petition_fixture_on(&receipt);
    PetitionQuestion *rows;
    size_t            n;
    g_autoptr(GError) error = NULL;

    (void)data;
    g_assert_cmpint(
        petition_trial_consult(trial, &f->liaison, (PetitionConsult){ on, WATER_PIPES, "متى؟", 3 }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_consult(trial, &f->liaison, (PetitionConsult){ on, WATER_PIPES, "كم؟", 1 }),
        ==, DONE);
    g_assert_cmpint(
        petition_trial_consult(trial, &f->liaison, (PetitionConsult){ on, WATER_METERS, "كم؟", 1 }),
        ==, DONE);

    petition_trial_look(trial);
    g_assert_true(petition_questions(f->sys, trial->tx, &f->pipes, (PetitionAfter){ 0, 0 }, &rows,
                                     &n, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpint(rows[0].due_at, <, rows[1].due_at);
    g_assert_cmpint(rows[0].number, ==, receipt.number);
    g_assert_cmpstr(rows[0].subject, ==, "ماسورة مكسورة في الشارع");
    PetitionAfter after = { rows[0].due_at, rows[0].id };
    g_assert_true(petition_questions(f->sys, trial->tx, &f->pipes, after, &rows, &n, &error));
    g_assert_cmpuint(n, ==, 1);
}

/* By its id, as the list would show it. */
static int
number_of(PetitionTrial *trial, const Who *who, int64_t id, int64_t *number)
{
    g_autoptr(GError) error = NULL;

    return petition_question_number(petition_trial_look(trial), who, id, number, &error)
               ? DONE
               : (int)error_code(error);
}

static void
test_one_question(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    int64_t          question, number = 0;

    (void)data;
    trial->receipt = complain(trial);
    g_assert_cmpint(petition_trial_consult(
                        trial, &f->liaison,
                        (PetitionConsult){ petition_trial_on(trial), WATER_PIPES, "متى؟", 3 }),
                    ==, DONE);
    question = petition_trial_question(trial);

    g_assert_cmpint(number_of(trial, &f->pipes, question, &number), ==, DONE);
    g_assert_cmpint(number, ==, trial->receipt.number);
    g_assert_cmpint(number_of(trial, &f->meters, question, &number), ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(number_of(trial, &f->pipes, question + 1, &number), ==, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(number_of(trial, &f->liaison, question, &number), ==, APP_ERROR_FORBIDDEN);

    petition_fixture_execute(f, "UPDATE petition SET restricted = TRUE");
    g_assert_cmpint(number_of(trial, &f->pipes, question, &number), ==, APP_ERROR_NOT_FOUND);
    petition_fixture_execute(f, "UPDATE petition SET restricted = FALSE");
    g_assert_cmpint(petition_trial_consult_answer(
                        trial, &f->pipes,
                        (PetitionConsultAnswer){ petition_trial_on(trial), question, "غدًا", 0 }),
                    ==, DONE);
    g_assert_cmpint(number_of(trial, &f->pipes, question, &number), ==, APP_ERROR_NOT_FOUND);
}

static void
test_lists_are_for_their_roles(PetitionTrial *trial, const void *data)
{
    PetitionFixture  *f = trial->fixture;
    PetitionAfter     start = { 0, 0 };
    PetitionRow      *rows;
    PetitionQuestion *questions;
    size_t            n;
    g_autoptr(GError) a = NULL, b = NULL, c = NULL, d = NULL;

    (void)data;
    petition_trial_look(trial);
    g_assert_false(
        petition_inbox(f->sys, trial->tx, &f->unit, PETITION_LIST_OPEN, start, &rows, &n, &a));
    g_assert_error(a, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_assert_false(petition_triage(f->sys, trial->tx, &f->liaison, start, &rows, &n, &b));
    g_assert_error(b, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_assert_false(petition_questions(f->sys, trial->tx, &f->liaison, start, &questions, &n, &c));
    g_assert_error(c, APP_ERROR, APP_ERROR_FORBIDDEN);
    g_assert_false(petition_search(f->sys, trial->tx, &f->pipes, "ماء", 0, &rows, &n, &d));
    g_assert_error(d, APP_ERROR, APP_ERROR_FORBIDDEN);
}

/* ---- search ---- */

static size_t
search(PetitionTrial *trial, const Who *who, const char *words, int64_t before_id,
       PetitionRow **rows)
{
    g_autoptr(GError) error = NULL;
    size_t n = 0;

    petition_trial_look(trial);
    bool searched =
        petition_search(trial->fixture->sys, trial->tx, who, words, before_id, rows, &n, &error);
    g_assert_no_error(error);
    g_assert_true(searched);
    return n;
}

/* ٢٦-٤٨٣٩-… as an officer's keyboard gives it. */
static char *
arabic_digits(Arena *mem, int64_t number)
{
    static const char *const digits[] = { "٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩" };
    char                     text[NUMBER_TEXT_SIZE];
    char                    *out = arena_alloc(mem, sizeof text * 2);

    number_format(number, text);
    for (const char *at = text; *at != '\0'; at++)
        if (g_ascii_isdigit(*at))
            g_strlcat(out, digits[*at - '0'], sizeof text * 2);
    return out;
}

static void
test_search(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = complain(trial);
    char            *number = arabic_digits(f->mem, receipt.number);
    PetitionRow     *rows;

    (void)data;
    complain_about(trial, "officer");
    g_assert_cmpuint(search(trial, &f->liaison, number, 0, &rows), ==, 1);
    g_assert_cmpint(rows[0].number, ==, receipt.number);
    g_assert_cmpuint(search(trial, &f->roads_liaison, number, 0, &rows), ==, 0);

    g_assert_cmpuint(search(trial, &f->liaison, "الماسوره المكسورة", 0, &rows), ==, 1);
    g_assert_cmpstr(rows[0].subject, ==, "ماسورة مكسورة في الشارع");
    g_assert_cmpuint(search(trial, &f->head, "ماسورة", 0, &rows), ==, 2);
    g_assert_cmpuint(search(trial, &f->unit, "ماسورة", 0, &rows), ==, 2);
    g_assert_cmpuint(search(trial, &f->roads_liaison, "ماسورة", 0, &rows), ==, 0);
    g_assert_cmpuint(search(trial, &f->unit, "طائرة", 0, &rows), ==, 0);
    g_assert_cmpuint(search(trial, &f->unit, "،؛", 0, &rows), ==, 0);
    g_assert_cmpuint(search(trial, &f->unit, "26-0000-0001-1", 0, &rows), ==, 0);
}

/* Words and brief go with the petition to its next entity. */
static void
test_search_follows_routing(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = complain(trial);
    PetitionRow     *rows;

    (void)data;
    g_assert_cmpint(
        petition_trial_route(trial, &f->unit,
                             (PetitionRoute){ petition_fixture_on(&receipt), ROADS, 0, NULL }),
        ==, DONE);
    g_assert_cmpuint(search(trial, &f->liaison, "ماسورة", 0, &rows), ==, 0);
    g_assert_cmpuint(search(trial, &f->roads_liaison, "ماسورة", 0, &rows), ==, 1);
    g_assert_cmpstr(rows[0].subject, ==, "ماسورة مكسورة في الشارع");
    g_assert_cmpint(rows[0].entity_id, ==, ROADS);
}

/* A page of restricted ones before the one that may be seen. */
static void
test_search_looks_behind_restricted(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    PetitionReceipt  receipt = complain(trial);
    PetitionRow     *rows;

    (void)data;
    for (int i = 0; i < 60; i++)
        complain_about(trial, "officer");
    g_assert_cmpuint(search(trial, &f->liaison, "ماسورة", 0, &rows), ==, 1);
    g_assert_cmpint(rows[0].number, ==, receipt.number);

    g_assert_cmpuint(search(trial, &f->unit, "ماسورة", 0, &rows), ==, 50);
    g_assert_cmpint(rows[0].id, >, rows[49].id);
    g_assert_cmpuint(search(trial, &f->unit, "ماسورة", rows[49].id, &rows), ==, 11);
}

/* ---- a person's own ---- */

static size_t
read_own(PetitionTrial *trial, int64_t person_id, size_t most, Petition **rows)
{
    g_autoptr(GError) error = NULL;
    size_t n = 0;

    petition_trial_look(trial);
    bool read =
        petition_of_person(trial->fixture->sys, trial->tx, person_id, rows, &n, most, &error);
    g_assert_no_error(error);
    g_assert_true(read);
    return n;
}

static void
test_of_person(PetitionTrial *trial, const void *data)
{
    PetitionFixture *f = trial->fixture;
    int64_t          person = f->requester.person_id;
    Petition        *rows;

    (void)data;
    g_assert_cmpuint(read_own(trial, person, 50, &rows), ==, 0);
    for (size_t n = 1; n <= 20; n++) {
        PetitionReceipt receipt = complain(trial);

        g_assert_cmpuint(read_own(trial, person, 50, &rows), ==, n);
        g_assert_cmpint(rows[0].number, ==, receipt.number);
        g_assert_cmpint(receipt.handle_n, ==, (int64_t)n - 1);
    }
    for (size_t i = 1; i < 20; i++)
        g_assert_cmpint(rows[i - 1].id, >, rows[i].id);
    g_assert_cmpuint(read_own(trial, person, 3, &rows), ==, 3);
    g_assert_cmpuint(read_own(trial, f->stranger.person_id, 50, &rows), ==, 0);
}

#define ADD(name, test)                                                                            \
    ENGINE_FIXTURE_ADD(name, PetitionTrial, NULL, petition_trial_up, test, petition_trial_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_find/inbox", test_inbox);
    ADD("/petition_find/closed_newest_first", test_closed_newest_first);
    ADD("/petition_find/triage", test_triage);
    ADD("/petition_find/questions", test_questions);
    ADD("/petition_find/one_question", test_one_question);
    ADD("/petition_find/lists_are_for_their_roles", test_lists_are_for_their_roles);
    ADD("/petition_find/search", test_search);
    ADD("/petition_find/search_follows_routing", test_search_follows_routing);
    ADD("/petition_find/search_behind_restricted", test_search_looks_behind_restricted);
    ADD("/petition_find/of_person", test_of_person);
    return g_test_run();
}
