/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/token.h"

#include "core/core_fixture_petition.h"

#include <string.h>

static const CoreFixtureOptions options = { .queries = core_fixture_petition_queries };

static void
done(bool succeeded, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(succeeded);
}

/* ---- a petition of the test is its event and its tokens ---- */

typedef struct {
    int64_t     id;
    const char *old_tokens, *tokens;
} Write;

static bool
write_tokens(Prepare *prepare, const void *given, void *result, GError **error)
{
    const Write *cmd = given;
    Event        event = { .petition_id = id_next(prepare->sys->ids),
                           .version = 1,
                           .kind = "submit",
                           .visibility = "office" };

    (void)result;
    if (!event_append(prepare, &event, error))
        return false;
    if (cmd->old_tokens == NULL && cmd->tokens != NULL)
        token_add(prepare, cmd->id, cmd->tokens);
    else
        token_replace(prepare, cmd->id, cmd->old_tokens, cmd->tokens);
    return true;
}

static bool
try_write(CoreFixture *fixture, const Write *cmd, GError **error)
{
    CommandContext context = core_fixture_context(fixture, fixture->mem);

    return command_run(&context, write_tokens, cmd, NULL, NULL, error);
}

static void
put(CoreFixture *fixture, int64_t id, const char *old_tokens, const char *tokens)
{
    GError *error = NULL;

    done(try_write(fixture, &(Write){ id, old_tokens, tokens }, &error), error);
}

static const char *
tokens_of(CoreFixture *fixture, const char *text, int64_t entity_id)
{
    return token_text(&fixture->sys, fixture->mem, text, entity_id);
}

static size_t
find(CoreFixture *fixture, const char *words, int64_t entity_id, int64_t before, int64_t **ids)
{
    const char *query = token_query(&fixture->sys, fixture->mem, words, entity_id);
    GError     *error = NULL;
    size_t      n = 0;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    g_assert_nonnull(query);
    done(token_find(tx, query, before, ids, &n, &error), error);
    return n;
}

/* ---- words ---- */

static void
tokens_hide_the_words(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    const char *tokens = tokens_of(fixture, "انقطاع المياه في ماركا", 5);
    char      **list = g_strsplit(tokens, " ", -1);

    g_assert_cmpint(g_strv_length(list), ==, 4); /* three words and the entity */
    for (char **token = list; *token != NULL; token++) {
        g_assert_cmpint(strlen(*token), ==, VAULT_TOKEN_LENGTH);
        g_assert_cmpint(strspn(*token, "0123456789abcdef"), ==, VAULT_TOKEN_LENGTH);
    }
    g_strfreev(list);

    g_assert_cmpstr(tokens_of(fixture, "", 0), ==, "");
    g_assert_cmpstr(tokens_of(fixture, "المياه", 0), ==, tokens_of(fixture, "مياه", 0));
    g_assert_cmpstr(tokens_of(fixture, "", 5), !=, tokens_of(fixture, "", 6));
    g_assert_cmpstr(tokens_of(fixture, "", 5), !=, tokens_of(fixture, "entity", 0));
}

static void
other_keys_give_other_tokens(void)
{
    static const uint8_t root[32] = { 9 };
    CoreFixtureOptions   other_options = { .root = BYTES_OF(root) };
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    g_autoptr(CoreFixture) other = core_fixture_new(&other_options);

    g_assert_cmpstr(tokens_of(fixture, "مياه", 0), !=, tokens_of(other, "مياه", 0));
}

static void
no_query_without_words(void)
{
    static const char *const nothing[] = { "", "   ", "في", "—", "!?" };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);

    for (size_t i = 0; i < G_N_ELEMENTS(nothing); i++)
        g_assert_null(token_query(&fixture->sys, fixture->mem, nothing[i], 5));
}

/* ---- the index ---- */

static void
finds_all_words_newest_first(void)
{
    static const struct {
        const char *name, *words;
        int64_t     entity_id, before;
        int64_t     expect[4];
    } cases[] = {
        { "one word, newest first", "مياه", 0, 0, { 4, 2, 1 } },
        { "both words", "انقطاع مياه", 0, 0, { 4, 1 } },
        { "with the article and other forms", "المياهُ وانقطاعٌ", 0, 0, { 4, 1 } },
        { "only of an entity", "مياه", 7, 0, { 2 } },
        { "before an id", "مياه", 0, 4, { 2, 1 } },
        { "a word that no one wrote", "زرافة", 0, 0, { 0 } },
        { "English is stemmed too", "Street lights", 0, 0, { 3 } },
    };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);

    put(fixture, 1, NULL, tokens_of(fixture, "انقطاع المياه منذ أسبوع", 5));
    put(fixture, 2, NULL, tokens_of(fixture, "فاتورة مياه مرتفعة", 7));
    put(fixture, 3, NULL, tokens_of(fixture, "The light of the street is out", 5));
    put(fixture, 4, NULL, tokens_of(fixture, "مياه مقطوعة: انقطاع", 5));

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t *ids;
        size_t   n = find(fixture, cases[i].words, cases[i].entity_id, cases[i].before, &ids);

        g_test_message("%s", cases[i].name);
        for (size_t j = 0; j < n; j++)
            g_assert_cmpint(ids[j], ==, cases[i].expect[j]);
        g_assert_cmpint(cases[i].expect[n], ==, 0);
    }
}

static void
fifty_at_most(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    const char *tokens = tokens_of(fixture, "مياه", 0);
    int64_t    *ids;

    for (int64_t id = 1; id <= 60; id++)
        put(fixture, id, NULL, tokens);
    g_assert_cmpint(find(fixture, "مياه", 0, 0, &ids), ==, 50);
    g_assert_cmpint(ids[49], ==, 11);
    g_assert_cmpint(find(fixture, "مياه", 0, ids[49], &ids), ==, 10);
}

/* Real ids: so large that a distance between two of them is not exact as a double. */
static void
pages_within_a_millisecond(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    const char *tokens = tokens_of(fixture, "مياه", 0);
    int64_t     base = id_next(fixture->sys.ids), *ids;
    int64_t     expected = base + 120, before = 0;

    for (int64_t i = 1; i <= 120; i++)
        put(fixture, base + i, NULL, tokens);
    for (size_t page = 0; page < 3; page++) {
        size_t n = find(fixture, "مياه", 0, before, &ids);

        g_assert_cmpuint(n, ==, page < 2 ? 50 : 20);
        for (size_t i = 0; i < n; i++)
            g_assert_cmpint(ids[i], ==, expected--);
        before = ids[n - 1];
    }
}

static void
entries_leave_exactly(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    const char *old_tokens = tokens_of(fixture, "انقطاع المياه", 5);
    const char *tokens = tokens_of(fixture, "انقطاع الكهرباء", 6);
    const char *kept;
    int64_t    *ids;
    GError     *error = NULL;

    put(fixture, 1, NULL, old_tokens);
    put(fixture, 2, NULL, old_tokens);
    put(fixture, 1, old_tokens, tokens);
    g_assert_cmpint(find(fixture, "مياه", 0, 0, &ids), ==, 1);
    g_assert_cmpint(ids[0], ==, 2);
    g_assert_cmpint(find(fixture, "كهرباء", 6, 0, &ids), ==, 1);
    g_assert_cmpint(find(fixture, "انقطاع", 0, 0, &ids), ==, 2);

    /* Other tokens than those it came with would damage the index: never done. */
    g_assert_false(try_write(fixture, &(Write){ 1, old_tokens, tokens }, &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_CONFLICT);
    g_clear_error(&error);

    put(fixture, 1, tokens, NULL); /* erased */
    g_assert_cmpint(find(fixture, "كهرباء", 0, 0, &ids), ==, 0);

    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);
    done(token_of_petition(tx, 1, &kept, &error), error);
    g_assert_null(kept);
    done(token_of_petition(tx, 2, &kept, &error), error);
    g_assert_cmpstr(kept, ==, old_tokens);
}

/* A role that may not install RUM: GIN finds the same. */
static void
without_rum(void)
{
    static const char kind[] = "SELECT amname FROM pg_class c JOIN pg_am a ON a.oid = c.relam"
                               " WHERE relname = 'petition_search_tokens'"
                               " AND relnamespace = current_schema()::regnamespace";

    for (int i = 0; i < 2; i++) {
        engine_fixture_as_plain(i == 0);
        g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
        g_autofree char *found = engine_fixture_sql(fixture->case_url, kind);

        g_assert_cmpstr(found, ==, i == 0 ? "gin" : "rum");
        if (i == 0) {
            finds_all_words_newest_first();
            pages_within_a_millisecond();
            entries_leave_exactly();
        }
    }
}

/* ---- how long ---- */

static void
speed_of_tokens(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    g_autoptr(GString) text = g_string_new(NULL);
    int64_t begun;

    for (int i = 0; i < 200; i++)
        g_string_append_printf(text, "كلمة%d ", i);
    begun = clock_monotonic();
    for (int i = 0; i < 20; i++) {
        g_autoptr(Arena) mem = arena_new();

        token_text(&fixture->sys, mem, text->str, 5);
    }
    g_test_message("a text of 200 words: %.1f µs", (double)(clock_monotonic() - begun) / 20);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/token/tokens hide the words", tokens_hide_the_words);
    engine_fixture_add("/token/other keys give other tokens", other_keys_give_other_tokens);
    engine_fixture_add("/token/no query without words", no_query_without_words);
    engine_fixture_add("/token/finds all words newest first", finds_all_words_newest_first);
    engine_fixture_add("/token/fifty at most", fifty_at_most);
    engine_fixture_add("/token/pages within a millisecond", pages_within_a_millisecond);
    engine_fixture_add("/token/entries leave exactly", entries_leave_exactly);
    engine_fixture_add_pg("/token/without RUM", without_rum);
    engine_fixture_add("/token/speed of tokens", speed_of_tokens);
    return g_test_run();
}
