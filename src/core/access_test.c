/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The table of rights against tests/rights/actions.csv, which was written by hand from product.md. A
 * cell of either side without its counterpart fails. */
#include "core/access.h"

#include "base/csv.h"

#include <string.h>

enum {
    OWN_ENTITY = 7,
    OTHER_ENTITY = 8,
    OWN_DIRECTORATE = 70,
    OTHER_DIRECTORATE = 71,
    PETITION = 9
};

/* How a relation of the matrix looks as a target. `who` is the acting one, to give it a proof. */
typedef struct {
    const char  *name;
    const char  *roles; /* that have it, in words */
    AccessTarget target;
    bool         proved;
} Stand;

#define TARGET(...)                                                                                \
    {                                                                                              \
        .petition_id = PETITION, .state = "in_progress", .holder = "entity", __VA_ARGS__           \
    }

static const Stand stands[] = {
    { "own", " requester agent counter ", TARGET(.entity_id = OTHER_ENTITY, .own = true), false },
    { "proved", " visitor requester ", TARGET(.entity_id = OTHER_ENTITY), true },
    { "foreign", " visitor requester agent counter panel ", TARGET(.entity_id = OWN_ENTITY),
      false },
    { "own_entity", " liaison head ", TARGET(.entity_id = OWN_ENTITY), false },
    { "own_entity_restricted", " liaison head ",
      TARGET(.entity_id = OWN_ENTITY, .restricted = true), false },
    { "other_entity", " liaison head directorate ", TARGET(.entity_id = OTHER_ENTITY), false },
    { "no_entity", " liaison head unit ", TARGET(.entity_id = 0), false },
    { "own_directorate", " directorate ",
      TARGET(.entity_id = OWN_ENTITY, .directorate_id = OWN_DIRECTORATE), false },
    { "own_directorate_restricted", " directorate ",
      TARGET(.entity_id = OWN_ENTITY, .directorate_id = OWN_DIRECTORATE, .restricted = true),
      false },
    { "other_directorate", " directorate ",
      TARGET(.entity_id = OWN_ENTITY, .directorate_id = OTHER_DIRECTORATE), false },
    { "no_directorate", " directorate ", TARGET(.entity_id = OWN_ENTITY), false },
    { "any", " unit analyst premier admin auditor system ", TARGET(.entity_id = OTHER_ENTITY),
      false },
    { "restricted", " unit ", TARGET(.entity_id = OTHER_ENTITY, .restricted = true), false },
    { "before_it",
      " panel ",
      { .petition_id = PETITION,
        .entity_id = OTHER_ENTITY,
        .state = "in_progress",
        .holder = "panel" },
      false },
};

static const char *
name_of(Role role)
{
    return role == ROLE_NONE ? "visitor" : role_name(role);
}

static Who
somebody(Role role)
{
    Who who = { .role = role, .lang = "ar" };

    if (role == ROLE_REQUESTER)
        who.person_id = 5;
    else if (role != ROLE_NONE && role != ROLE_SYSTEM)
        who.account_id = 6;
    if (role == ROLE_LIAISON || role == ROLE_HEAD || role == ROLE_DIRECTORATE)
        who.entity_id = OWN_ENTITY;
    if (role == ROLE_DIRECTORATE)
        who.directorate_id = OWN_DIRECTORATE;
    return who;
}

static const char *
answer_of(const Who *who, Action action, const AccessTarget *target)
{
    g_autoptr(GError) error = NULL;

    if (access_require(who, action, target, &error)) {
        g_assert_no_error(error);
        return "yes";
    }
    g_assert_true(error_code(error) == APP_ERROR_NOT_FOUND ||
                  error_code(error) == APP_ERROR_FORBIDDEN);
    return error_code(error) == APP_ERROR_NOT_FOUND ? "hidden" : "forbidden";
}

static bool
has_stand(const Stand *stand, Role role)
{
    g_autofree char *word = g_strdup_printf(" %s ", name_of(role));

    return strstr(stand->roles, word) != NULL;
}

/* ---- the matrix ---- */

static char *
path_of_matrix(void)
{
    return g_test_build_filename(G_TEST_DIST, "tests", "rights", "actions.csv", NULL);
}

/* "role,right,relation" → expected; a cell that is there twice fails. */
static GHashTable *
read_matrix(Arena *mem)
{
    g_autofree char *path = path_of_matrix();
    GError          *error = NULL;
    g_autoptr(Csv) csv = csv_open(path, &error);
    GHashTable        *cells = g_hash_table_new(g_str_hash, g_str_equal);
    const char *const *fields;

    g_assert_no_error(error);
    while (csv_next(csv, mem, &fields, &error)) {
        char *cell = arena_printf(mem, "%s,%s,%s", fields[0], fields[1], fields[2]);

        if (!g_hash_table_insert(cells, cell, (gpointer)fields[3]))
            g_error("the matrix has %s twice", cell);
    }
    g_assert_no_error(error);
    return cells;
}

static void
compare(GHashTable *cells, Role role, const char *right, const char *relation, const char *answer)
{
    g_autofree char *cell = g_strdup_printf("%s,%s,%s", name_of(role), right, relation);
    const char      *expected = g_hash_table_lookup(cells, cell);

    if (expected == NULL) {
        g_test_message("the matrix has no cell %s", cell);
        g_test_fail();
        return;
    }
    if (strcmp(expected, answer) != 0) {
        g_test_message("%s: the matrix says %s, the program %s", cell, expected, answer);
        g_test_fail();
    }
    g_hash_table_remove(cells, cell);
}

static void
compare_perms(GHashTable *cells, Role role)
{
    for (Perm perm = PERM_UNSET; perm < PERM_COUNT; perm++) {
        g_autofree char *right = g_strdup_printf("perm:%s", access_perm_name(perm));
        Who              who = somebody(role);

        compare(cells, role, right, "-", access_may_enter(&who, perm, false) ? "yes" : "no");
        if (perm == PERM_TRIAL)
            compare(cells, role, right, "trial", access_may_enter(&who, perm, true) ? "yes" : "no");
        if (perm == PERM_FOLLOW && role == ROLE_NONE) {
            who.petition_id = PETITION;
            compare(cells, role, right, "proved",
                    access_may_enter(&who, perm, false) ? "yes" : "no");
        }
    }
}

static void
compare_actions(GHashTable *cells, Role role)
{
    Who who = somebody(role);

    compare(cells, role, "submit", "-", answer_of(&who, ACTION_SUBMIT, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(stands); i++) {
        if (!has_stand(&stands[i], role))
            continue;
        who.petition_id = stands[i].proved ? PETITION : 0;
        for (Action action = 0; action < ACTION_COUNT; action++)
            if (action != ACTION_SUBMIT)
                compare(cells, role, access_action_name(action), stands[i].name,
                        answer_of(&who, action, &stands[i].target));
    }
}

static void
is_as_the_matrix_says(void)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GHashTable) cells = read_matrix(mem);
    GHashTableIter iter;
    gpointer       cell;

    g_assert_cmpuint(g_hash_table_size(cells), >, 600);
    for (Role role = ROLE_NONE; role < ROLE_COUNT; role++) {
        compare_perms(cells, role);
        compare_actions(cells, role);
    }

    g_hash_table_iter_init(&iter, cells);
    while (g_hash_table_iter_next(&iter, &cell, NULL)) {
        g_test_message("a cell without counterpart: %s", (const char *)cell);
        g_test_fail();
    }
}

/* ---- what the matrix has no cell for ---- */

static const struct {
    const char  *name;
    Who          who;
    Action       action;
    AccessTarget target;
    const char  *answer;
} odd_cases[] = {
    { "an officer without an entity sees no request without one",
      { .role = ROLE_LIAISON, .account_id = 1 },
      ACTION_READ,
      TARGET(.entity_id = 0),
      "hidden" },
    { "a head without an entity sees no restricted request without one",
      { .role = ROLE_HEAD, .account_id = 1 },
      ACTION_READ,
      TARGET(.entity_id = 0, .restricted = true),
      "hidden" },
    { "a member without a directorate answers no question to none",
      { .role = ROLE_DIRECTORATE, .account_id = 1, .entity_id = OWN_ENTITY },
      ACTION_CONSULT_ANSWER,
      TARGET(.entity_id = OWN_ENTITY),
      "hidden" },
    { "an office acts as such in a replay",
      { .role = ROLE_LIAISON, .entity_id = OWN_ENTITY },
      ACTION_ACCEPT,
      TARGET(.entity_id = OWN_ENTITY),
      "yes" },
    { "the unit without an account is nobody",
      { .role = ROLE_UNIT },
      ACTION_READ,
      TARGET(.entity_id = OWN_ENTITY),
      "hidden" },
    { "a requester that is no person is nobody",
      { .role = ROLE_REQUESTER },
      ACTION_READ_STATUS,
      TARGET(.own = true),
      "hidden" },
    { "a requester that is no person submits nothing",
      { .role = ROLE_REQUESTER },
      ACTION_SUBMIT,
      TARGET(.own = true),
      "forbidden" },
    { "a proof is for one petition only",
      { .role = ROLE_NONE, .petition_id = PETITION + 1 },
      ACTION_READ_STATUS,
      TARGET(.entity_id = OWN_ENTITY),
      "hidden" },
    { "no proof is no proof of petition 0",
      { .role = ROLE_NONE },
      ACTION_READ_STATUS,
      { .petition_id = 0, .holder = "entity" },
      "hidden" },
    { "`own` helps no visitor",
      { .role = ROLE_NONE },
      ACTION_READ_STATUS,
      TARGET(.own = true),
      "hidden" },
    { "`own` helps no officer of another entity",
      { .role = ROLE_LIAISON, .account_id = 1, .entity_id = OTHER_ENTITY },
      ACTION_READ,
      TARGET(.entity_id = OWN_ENTITY, .own = true),
      "hidden" },
    { "an officer's own request is no officer's file",
      { .role = ROLE_LIAISON, .account_id = 1, .entity_id = OWN_ENTITY, .person_id = 5 },
      ACTION_WITHDRAW,
      TARGET(.entity_id = OWN_ENTITY, .own = true),
      "forbidden" },
    { "a target without holder is not the panel's",
      { .role = ROLE_PANEL, .account_id = 1 },
      ACTION_READ,
      { .petition_id = PETITION },
      "hidden" },
    { "an agent's own follows no restriction: it is the caller's",
      { .role = ROLE_AGENT, .account_id = 1 },
      ACTION_READ_STATUS,
      TARGET(.own = true, .restricted = true),
      "yes" },
};

static void
answers_odd_cases(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(odd_cases); i++) {
        const char *answer =
            answer_of(&odd_cases[i].who, odd_cases[i].action, &odd_cases[i].target);

        if (strcmp(answer, odd_cases[i].answer) != 0) {
            g_test_message("%s: %s", odd_cases[i].name, answer);
            g_test_fail();
        }
    }
}

static void
lets_nobody_in_by_half(void)
{
    Who ghost = { .role = ROLE_ADMIN }, half = { .role = ROLE_REQUESTER, .petition_id = PETITION };
    Who broken = { .role = (Role)99, .account_id = 1 };

    g_assert_false(access_may_enter(&ghost, PERM_ADMIN, true));
    g_assert_false(access_may_enter(&ghost, PERM_STAFF, true));
    g_assert_false(access_may_enter(&half, PERM_REQUESTER, true));
    g_assert_false(access_may_enter(&half, PERM_FOLLOW, true));
    g_assert_false(access_may_enter(&broken, PERM_PUBLIC, true));
    g_assert_false(access_may_enter(&ghost, (Perm)99, true));
}

static void
names_are_read_back(void)
{
    Role role = ROLE_SYSTEM;

    for (Role i = ROLE_REQUESTER; i < ROLE_COUNT; i++) {
        g_assert_true(role_parse(role_name(i), &role));
        g_assert_cmpint(role, ==, i);
    }
    g_assert_cmpstr(role_name(ROLE_NONE), ==, "");
    role = ROLE_UNIT;
    g_assert_false(role_parse("", &role));
    g_assert_false(role_parse(NULL, &role));
    g_assert_false(role_parse("Admin", &role));
    g_assert_false(role_parse("portal", &role));
    g_assert_cmpint(role, ==, ROLE_UNIT);
    for (Perm i = 0; i < PERM_COUNT; i++)
        g_assert_nonnull(access_perm_name(i));
    for (Action i = 0; i < ACTION_COUNT; i++)
        g_assert_nonnull(access_action_name(i));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/access/is as the matrix says", is_as_the_matrix_says);
    g_test_add_func("/access/answers odd cases", answers_odd_cases);
    g_test_add_func("/access/lets nobody in by half", lets_nobody_in_by_half);
    g_test_add_func("/access/names are read back", names_are_read_back);
    return g_test_run();
}
