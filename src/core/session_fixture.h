/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of accounts and sessions only: a System with two entities and a directorate, and staff. */
#pragma once

#include "core/core_fixture.h"
#include "core/session.h"

#include <string.h>

static const uint8_t totp_bytes[20] = "ABCDEFGHIJKLMNOPQRST";
static const Bytes   totp = { totp_bytes, 20 };
static const char    password[] = "حصان بطارية دبوس صحيح";

typedef struct {
    int64_t n;
} CountRow;

static const DbColumn count_columns[] = { DB_COLUMN(CountRow, n) };

static const DbQuery  count_sessions = {
     .sql = "SELECT count(*) AS n FROM session",
     DB_COLUMNS(CountRow, count_columns),
     .scans = true,
};

static const DbQuery count_events = {
    .sql = "SELECT count(*) AS n FROM event WHERE petition_id = $1",
    DB_COLUMNS(CountRow, count_columns),
};

static const DbQuery insert_entity = {
    .sql = "INSERT INTO entity (id, code, kind, version) VALUES ($1, $2, 'ministry', 1)",
    .table = "entity",
};

static const DbQuery insert_directorate = {
    .sql = "INSERT INTO directorate (id, entity_id, code, version) VALUES ($1, $2, $3, 1)",
    .table = "directorate",
};

static const DbQuery change_role = {
    .sql = "UPDATE account SET version = version + 1, role = $1 WHERE id = $2",
    .table = "account",
};

static const DbQuery disable_only = {
    .sql = "UPDATE account SET version = version + 1, disabled_at = 1 WHERE id = $1",
    .table = "account",
};

static const DbQuery *const test_queries[] = {
    &count_sessions, &count_events, &insert_entity, &insert_directorate,
    &change_role,    &disable_only, NULL,
};

static const CoreFixtureOptions options = { .queries = test_queries };

/* The first two arguments of nearly every function. */
#define IN(fixture) &(fixture)->sys, (fixture)->mem

static inline void
done(bool succeeded, GError **error)
{
    g_assert_no_error(*error);
    g_assert_true(succeeded);
}

static inline void
refused(bool succeeded, GError **error, AppError code)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    g_clear_error(error);
}

static inline int64_t
count(CoreFixture *fixture, const DbQuery *query, int64_t id)
{
    GError *error = NULL;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);
    DbValue  value = db_int(id);
    CountRow row = { 0 };

    done(db_one(tx, query, &value, query == &count_events, &row, &error), &error);
    return row.n;
}

enum { WATER = 11, HEALTH = 12, WATER_NETWORKS = 111 };

static inline bool
prepare_reference(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Event event = { .petition_id = WATER,
                    .version = 1,
                    .kind = "import",
                    .visibility = "unit",
                    .actor_role = ROLE_SYSTEM };

    (void)cmd, (void)result;
    if (!event_append(prepare, &event, error))
        return false;
    plan_one(prepare->plan, &insert_entity, DB_PARAMS(db_int(WATER), db_text("water")));
    plan_one(prepare->plan, &insert_entity, DB_PARAMS(db_int(HEALTH), db_text("health")));
    plan_one(prepare->plan, &insert_directorate,
             DB_PARAMS(db_int(WATER_NETWORKS), db_int(WATER), db_text("water.networks")));
    return true;
}

static inline CoreFixture *
new_fixture(void)
{
    CoreFixture   *fixture = core_fixture_new(&options);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    GError        *error = NULL;

    done(command_run(&context, prepare_reference, NULL, NULL, NULL, &error), &error);
    done(system_reload_reference(&fixture->sys, &error), &error);
    return fixture;
}

static inline AccountMade
make(CoreFixture *fixture, const char *login, Role role, int64_t entity_id)
{
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    AccountNew     cmd = { .login = login,
                           .name = "سامي الخطيب",
                           .role = role,
                           .entity_id = entity_id,
                           .password = password,
                           .totp = totp };
    AccountMade    made = { .id = 0 };
    GError        *error = NULL;

    done(session_account_new(&context, &cmd, &made, &error), &error);
    return made;
}

static const char *
code_now(CoreFixture *fixture, int64_t off)
{
    char *digits = arena_alloc(fixture->mem, 7);

    crypto_totp(totp, clock_now(fixture->clock) / SECONDS / 30 + off, digits);
    return digits;
}

static inline bool
sign_in(CoreFixture *fixture, const char *login, const char *word, const char *digits,
        char token[44], GError **error)
{
    return session_sign_in(IN(fixture), login, word, digits, token, error);
}

static inline bool
who_is(CoreFixture *fixture, const char *token, Who *who, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, error);

    return session_staff(&fixture->sys, tx, token, who, error);
}
