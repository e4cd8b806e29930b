/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "db/verify.h"

#include "db/db_fixture.h"

#include <string.h>

static const DbColumn count_columns[] = { DB_COLUMN(Count, n) };

#define READS DB_COLUMNS(Count, count_columns)
#define WRITES(name) .table = (name)

static const struct {
    const char *name;
    DbQuery     query;
    const char *words; /* NULL: it is right */
} text_cases[] = {
    { "a read", { .sql = "SELECT id FROM a WHERE b = $1 AND c = $2 AND d = $1", READS }, NULL },
    { "no parameters", { .sql = "SELECT 1", READS }, NULL },
    { "ten of them", { .sql = "VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)", READS }, NULL },
    { "not in text", { .sql = "SELECT '$9 ? ;' -- $7 ?\n, \"$5\" /* $8 */ FROM a", READS }, NULL },
    { "in the wrong order",
      { .sql = "SELECT id FROM a WHERE b = $2 AND c = $1", READS },
      "$1 must appear" },
    { "a gap", { .sql = "SELECT id FROM a WHERE b = $1 AND c = $3", READS }, "$2 must appear" },
    { "from zero", { .sql = "SELECT id FROM a WHERE b = $0", READS }, "$1 must appear" },
    { "a question mark", { .sql = "SELECT id FROM a WHERE b = ?", READS }, "parameters are" },
    { "an at sign", { .sql = "SELECT id FROM a WHERE b = @b", READS }, "parameters are" },
    { "two statements", { .sql = "SELECT 1; DELETE FROM a", READS }, "one statement" },
    { "an insert", { .sql = "INSERT INTO a (b) VALUES ($1)", WRITES("a") }, NULL },
    { "an upsert",
      { .sql = "INSERT INTO a (b) VALUES ($1) ON CONFLICT (b) DO UPDATE SET c = c + 1",
        WRITES("a") },
      NULL },
    { "an update", { .sql = "update a SET b = replace(b, $1, $2)", WRITES("a") }, NULL },
    { "a delete", { .sql = "DELETE\n FROM a WHERE b IN (SELECT b FROM c)", WRITES("a") }, NULL },
    { "after WITH",
      { .sql = "WITH x AS (SELECT b FROM c) INSERT INTO a SELECT b FROM x", WRITES("a") },
      NULL },
    { "after a comment", { .sql = "/* INSERT INTO b */ DELETE FROM a", WRITES("a") }, NULL },
    { "another table",
      { .sql = "INSERT INTO a (b) VALUES ($1)", WRITES("b") },
      "does not write b" },
    { "a name that begins so",
      { .sql = "INSERT INTO ab (b) VALUES ($1)", WRITES("a") },
      "does not write a" },
    { "it writes and does not say so", { .sql = "DELETE FROM a", READS }, "gives no table" },
    { "it reads and says that it writes",
      { .sql = "SELECT b FROM a", WRITES("a") },
      "does not write a" },
    { "neither columns nor table", { .sql = "SELECT 1" }, "not both" },
    { "both", { .sql = "DELETE FROM a", READS, WRITES("a") }, "not both" },
    { "OR IGNORE", { .sql = "INSERT OR IGNORE INTO a (b) VALUES ($1)", WRITES("a") }, "OR is" },
    { "REPLACE", { .sql = "REPLACE INTO a (b) VALUES ($1)", WRITES("a") }, "REPLACE" },
    { "no SQL", { READS }, "no SQL" },
    { "a second dialect",
      { .sql = "DELETE FROM a WHERE b = $1",
        .sql_pg = "DELETE FROM a WHERE b = $1 + 0",
        WRITES("a") },
      NULL },
    { "the second has fewer parameters",
      { .sql = "DELETE FROM a WHERE b = $1", .sql_pg = "DELETE FROM a", WRITES("a") },
      "1 and 0" },
    { "the second writes elsewhere",
      { .sql = "DELETE FROM a", .sql_pg = "DELETE FROM b", WRITES("a") },
      "does not write a" },
};

static void
test_text(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(text_cases); i++) {
        GError *error = NULL;
        bool    right;

        g_test_message("%s", text_cases[i].name);
        right = verify_text(&text_cases[i].query, &error);
        if (text_cases[i].words == NULL) {
            g_assert_no_error(error);
            g_assert_true(right);
            continue;
        }
        g_assert_false(right);
        g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
        if (strstr(error->message, text_cases[i].words) == NULL)
            g_error("'%s' does not say '%s'", error->message, text_cases[i].words);
        g_clear_error(&error);
    }
}

static const struct {
    const char *name;
    DbQuery     query;
    const char *words; /* NULL: its plan is good */
} plan_cases[] = {
    { "by id", { .sql = "SELECT id FROM petition WHERE id = $1", READS }, NULL },
    { "by an index", { .sql = "SELECT id FROM petition p WHERE p.number = $1", READS }, NULL },
    { "a page in the index's order",
      { .sql = "SELECT id FROM petition WHERE entity_id = $1 AND id > $2 ORDER BY id LIMIT 50",
        READS },
      NULL },
    { "a join by ids",
      { .sql = "SELECT e.id FROM petition p JOIN event e ON e.petition_id = p.id WHERE p.id = $1",
        READS },
      NULL },
    { "full text",
      { .sql = "SELECT rowid FROM petition_search WHERE petition_search MATCH $1",
        .sql_pg = "SELECT id FROM petition_search"
                  " WHERE tokens @@ CAST(CAST($1 AS TEXT) AS TSQUERY)",
        READS },
      NULL },
    { "a list of values",
      { .sql = "SELECT p.id FROM json_each($1) j JOIN petition p ON p.id = j.value",
        .sql_pg =
            "SELECT p.id FROM json_array_elements_text(CAST(CAST($1 AS TEXT) AS JSON)) j (value)"
            " JOIN petition p ON p.id = CAST(j.value AS BIGINT)",
        READS },
      NULL },
    { "a part of its own",
      { .sql = "WITH x AS MATERIALIZED (SELECT id FROM petition WHERE entity_id = $1)"
               " SELECT x.id FROM x",
        READS },
      NULL },
    { "counting by recursion",
      { .sql = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n "
               "WHERE i < $1)"
               " SELECT max(i) FROM n",
        READS },
      NULL },
    { "an update by id",
      { .sql = "UPDATE entity SET name = $1 WHERE id = $2", WRITES("entity") },
      NULL },
    { "a whole table", { .sql = "SELECT id FROM petition WHERE state = $1", READS }, "walked" },
    { "which is allowed to",
      { .sql = "SELECT id FROM petition WHERE state = $1", READS, .scans = true },
      NULL },
    { "a whole table by another name",
      { .sql = "SELECT p.id FROM petition p WHERE p.title = $1", READS },
      "walked" },
    { "a whole index", { .sql = "SELECT count(*) FROM petition", READS }, "walked" },
    { "the beginning of an index",
      { .sql = "SELECT number FROM petition ORDER BY number LIMIT 5", READS },
      NULL },
    { "a filter that may be absent",
      { .sql = "SELECT id FROM petition"
               " WHERE (CAST($1 AS BIGINT) IS NULL OR entity_id = CAST($1 AS BIGINT))",
        READS },
      "walked" },
    { "sorting",
      { .sql = "SELECT id FROM petition WHERE entity_id = $1 ORDER BY title", READS },
      "sorted" },
    { "grouping",
      { .sql = "SELECT max(id) FROM petition WHERE entity_id = $1 GROUP BY state", READS },
      "sorted" },
    { "full text without words",
      { .sql = "SELECT rowid FROM petition_search",
        .sql_pg = "SELECT id FROM petition_search",
        READS },
      "walked" },
    { "inside of another",
      { .sql = "SELECT id FROM petition WHERE id = (SELECT id FROM event WHERE kind = $1)", READS },
      "walked" },
    { "a join without an index",
      { .sql =
            "SELECT e.id FROM petition p JOIN event e ON e.at = p.version WHERE p.entity_id = $1",
        READS },
      "walked" },
    { "an update of all", { .sql = "UPDATE entity SET name = $1", WRITES("entity") }, "walked" },
    { "a deletion by what no index has",
      { .sql = "DELETE FROM session WHERE seen_at < $1", WRITES("session") },
      "walked" },
};

static void
test_plans(void)
{
    char *directory = db_fixture_directory(NULL);

    db_close(db_fixture_open(directory));
    for (size_t i = 0; i < G_N_ELEMENTS(plan_cases); i++) {
        const DbQuery *const        list[] = { &plan_cases[i].query, NULL };
        const DbQuery *const *const lists[] = { list, NULL };
        DbSchema                    schema = db_fixture_schema;
        GError                     *error = NULL;

        g_test_message("%s", plan_cases[i].name);
        schema.queries = lists;
        DbOptions options = db_fixture_options(directory);
        options.schema = &schema;
        Db *db = db_open(&options, &error);
        g_assert_no_error(error);
        bool good = db_verify_plans(db, &error);
        db_close(db);
        if (plan_cases[i].words == NULL) {
            g_assert_no_error(error);
            g_assert_true(good);
            continue;
        }
        g_assert_false(good);
        g_assert_error(error, APP_ERROR, APP_ERROR_INTERNAL);
        if (strstr(error->message, plan_cases[i].words) == NULL)
            g_error("'%s' does not say '%s'", error->message, plan_cases[i].words);
        g_clear_error(&error);
    }
    db_fixture_remove(directory);
}

/* Printed by a child, read here. */
static void
test_print(void)
{
    if (g_test_subprocess()) {
        char *directory = db_fixture_directory(NULL);
        Db   *db = db_fixture_open(directory);

        db_print_queries(db, stdout, true, false);
        db_close(db);
        db_fixture_remove(directory);
        return;
    }
    g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
    g_test_trap_assert_passed();
    g_test_trap_assert_stdout("*writes event*SEARCH petition USING INDEX*");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/db/verify/text", test_text);
    engine_fixture_add("/db/verify/plans", test_plans);
    g_test_add_func("/db/verify/print", test_print);
    return g_test_run();
}
