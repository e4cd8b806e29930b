/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/core_fixture_petition.h"

/* ---- statements ---- */

static const DbQuery insert_petition = {
    .sql = "INSERT INTO petition (id, version, number, submit_command, handle, person, type, state,"
           " holder, about, channel, lang, contact, identity_hidden, restricted, provisional,"
           " lodged_at, entered_at, next_climb_level, period_set, returns, brief_epoch)"
           " VALUES ($1, 1, $2, $3, $4, $5, 'complaint', 'assigned', 'entity', 'service', 'web',"
           " 'ar', 'sms', FALSE, FALSE, FALSE, $6, $7, 0, FALSE, 0, 1)",
    .table = "petition",
};

static const DbQuery move_petition = {
    .sql = "UPDATE petition SET version = $1, state = $2 WHERE id = $3 AND version = $4",
    .table = "petition",
};

static const DbColumn petition_columns[] = {
    DB_COLUMN(FixturePetition, id),
    DB_COLUMN(FixturePetition, version),
    DB_COLUMN(FixturePetition, state),
};

static const DbQuery by_id = {
    .sql = "SELECT id, version, state FROM petition WHERE id = $1",
    DB_COLUMNS(FixturePetition, petition_columns),
};

static const DbQuery by_command = {
    .sql = "SELECT id, version, state FROM petition WHERE submit_command = $1",
    DB_COLUMNS(FixturePetition, petition_columns),
};

typedef struct {
    int64_t n;
} Count;

static const DbColumn count_columns[] = { DB_COLUMN(Count, n) };

static const DbQuery  count_petitions = {
     .sql = "SELECT count(*) FROM petition",
     DB_COLUMNS(Count, count_columns),
     .scans = true,
};

static const DbQuery count_events = {
    .sql = "SELECT count(*) FROM event",
    DB_COLUMNS(Count, count_columns),
    .scans = true,
};

static const DbColumn aggregate_columns[] = {
    DB_COLUMN(FixtureAggregate, day),      DB_COLUMN(FixtureAggregate, entity_id),
    DB_COLUMN(FixtureAggregate, place_id), DB_COLUMN(FixtureAggregate, n),
    DB_COLUMN(FixtureAggregate, type),     DB_COLUMN(FixtureAggregate, kind),
};

static const DbQuery all_aggregates = {
    .sql = "SELECT day, entity_id, place_id, CAST(sum(n) AS BIGINT), type, kind FROM aggregate"
           " GROUP BY day, entity_id, service_id, type, channel, place_id, kind ORDER BY day, kind",
    DB_COLUMNS(FixtureAggregate, aggregate_columns),
    .scans = true,
};

const DbQuery *const core_fixture_petition_queries[] = {
    &insert_petition, &move_petition, &by_id,          &by_command,
    &count_petitions, &count_events,  &all_aggregates, NULL,
};

/* ---- commands ---- */

static bool
find_first(Prepare *prepare, const FixtureSubmit *cmd, FixtureSubmitted *made, bool *found,
           GError **error)
{
    FixturePetition petition;
    bool            repeated;

    if (!db_maybe(prepare->tx, &by_command, DB_PARAMS(db_bytes(prepare->command_id)), &petition,
                  found, error))
        return false;
    if (!*found)
        return true;

    made->petition_id = petition.id;
    return event_is_repeat(prepare, petition.id, bytes_of_text(cmd->subject), &repeated, error);
}

bool
core_fixture_petition_submit(Prepare *prepare, const void *given, void *result, GError **error)
{
    const FixtureSubmit *cmd = given;
    FixtureSubmitted    *made = result;
    g_auto(CryptoKey) key = { .id = 0 };
    bool found;

    made->prepared++;
    if (!find_first(prepare, cmd, made, &found, error))
        return false;
    if (found)
        return true;

    made->petition_id = id_next(prepare->sys->ids);
    crypto_key_derive(&key, "fixture", made->petition_id, &key);
    Event event = {
        .petition_id = made->petition_id,
        .version = 1,
        .kind = "submit",
        .actor_role = ROLE_REQUESTER,
        .holder = "entity",
        .state = "assigned",
        .visibility = "requester",
        .payload = bytes_of_text(cmd->payload),
        .content = bytes_of_text(cmd->subject),
        .key = &key,
        .type = "complaint",
        .channel = "web",
        .contact = "sms",
        .lang = "ar",
        .at = cmd->at,
    };
    if (!event_append(prepare, &event, error))
        return false;
    made->event_id = event.id;

    uint8_t handle[16];
    crypto_random(handle, sizeof handle);
    plan_one(prepare->plan, &insert_petition,
             DB_PARAMS(db_int(made->petition_id), db_int(made->petition_id),
                       db_bytes(prepare->command_id), db_bytes(BYTES_OF(handle)),
                       db_bytes(BYTES_OF(handle)), db_int(event.at), db_int(event.recorded_at)));
    return true;
}

bool
core_fixture_petition_move(Prepare *prepare, const void *given, void *result, GError **error)
{
    const FixtureMove *cmd = given;
    int               *prepared = result;
    FixturePetition    petition;
    bool               repeated;

    ++*prepared;
    if (!event_is_repeat(prepare, cmd->petition_id, bytes_of_text(cmd->to), &repeated, error))
        return false;
    if (repeated)
        return true;
    if (!db_one(prepare->tx, &by_id, DB_PARAMS(db_int(cmd->petition_id)), &petition, error))
        return false;
    if (cmd->pause != NULL)
        cmd->pause(cmd->data);

    if (g_strcmp0(petition.state, cmd->from) != 0)
        return fail(error, APP_ERROR_CONFLICT, "it is %s, not %s", petition.state, cmd->from);

    Event event = {
        .petition_id = petition.id,
        .version = petition.version + 1,
        .kind = "accept",
        .actor_role = ROLE_LIAISON,
        .actor_ref = 7,
        .entity_from = 5,
        .state = cmd->to,
        .visibility = "requester",
        .content = bytes_of_text(cmd->to),
        .type = "complaint",
        .channel = "web",
    };
    if (!event_append(prepare, &event, error))
        return false;
    plan_one(prepare->plan, &move_petition,
             DB_PARAMS(db_int(event.version), db_text(cmd->to), db_int(petition.id),
                       db_int(petition.version)));
    return true;
}

/* ---- looking ---- */

static DbTx *
begin(CoreFixture *fixture, Arena *mem)
{
    GError *error = NULL;
    DbTx   *tx = db_begin(fixture->sys.db, mem, &error);

    g_assert_no_error(error);
    return tx;
}

FixturePetition
core_fixture_petition_read(CoreFixture *fixture, Arena *mem, int64_t id)
{
    g_autoptr(DbTx) tx = begin(fixture, mem);
    FixturePetition petition = { .id = 0 };
    GError         *error = NULL;
    bool            read = db_one(tx, &by_id, DB_PARAMS(db_int(id)), &petition, &error);

    g_assert_no_error(error);
    g_assert_true(read);
    return petition;
}

static int64_t
count(CoreFixture *fixture, const DbQuery *query)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(DbTx) tx = begin(fixture, mem);
    GError *error = NULL;
    Count   counted = { .n = -1 };
    bool    read = db_one(tx, query, DB_NO_PARAMS, &counted, &error);

    g_assert_no_error(error);
    g_assert_true(read);
    return counted.n;
}

int64_t
core_fixture_petition_count(CoreFixture *fixture)
{
    return count(fixture, &count_petitions);
}

int64_t
core_fixture_petition_events(CoreFixture *fixture)
{
    return count(fixture, &count_events);
}

size_t
core_fixture_petition_aggregates(CoreFixture *fixture, Arena *mem, FixtureAggregate **rows)
{
    g_autoptr(DbTx) tx = begin(fixture, mem);
    GError *error = NULL;
    size_t  n = 0;
    bool    read = db_all(tx, &all_aggregates, DB_NO_PARAMS, rows, &n, &error);

    g_assert_no_error(error);
    g_assert_true(read);
    return n;
}
