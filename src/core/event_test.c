/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/event.h"

#include "base/text.h"
#include "core/aggregate.h"
#include "core/core_fixture_petition.h"

#include <string.h>

/* ---- statements of the test ---- */

typedef struct {
    Bytes command_id, content_mac;
} Seal;

static const DbColumn seal_columns[] = { DB_COLUMN(Seal, command_id),
                                         DB_COLUMN(Seal, content_mac) };

static const DbQuery  seal_of = {
     .sql = "SELECT command_id, content_mac FROM event WHERE id = $1",
     DB_COLUMNS(Seal, seal_columns),
};

/* What nobody in the program does: an event whose leaf is another's. */
static const DbQuery forge = {
    .sql = "INSERT INTO event (id, petition_id, version, kind, at, recorded_at, actor_role,"
           " command_id, content_mac, visibility, salt, leaf)"
           " VALUES ($1, 1, 1, 'close', 1, 1, 'liaison', $2, $3, 'office', $4, $5)",
    .table = "event",
};

static const DbQuery *const forge_queries[] = { &seal_of, &forge, NULL };

/* Both lists in one. */
static const DbQuery *const *
all_queries(Arena *mem)
{
    const DbQuery **all = ARENA_ARRAY(mem, const DbQuery *, 32);
    size_t          n = 0;

    for (size_t i = 0; core_fixture_petition_queries[i] != NULL; i++)
        all[n++] = core_fixture_petition_queries[i];
    for (size_t i = 0; forge_queries[i] != NULL; i++)
        all[n++] = forge_queries[i];
    return all;
}

static void
done(bool succeeded, GError *error)
{
    g_assert_no_error(error);
    g_assert_true(succeeded);
}

static void
refused(bool succeeded, GError **error, AppError code)
{
    g_assert_false(succeeded);
    g_assert_error(*error, APP_ERROR, (int)code);
    g_clear_error(error);
}

static FixtureSubmitted
submit_with(CoreFixture *fixture, const FixtureSubmit *cmd)
{
    CommandContext   context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmitted made = { .petition_id = 0 };
    GError          *error = NULL;

    done(command_run(&context, core_fixture_petition_submit, cmd, &made, NULL, &error), error);
    return made;
}

static EventRow
read_event(CoreFixture *fixture, int64_t petition_id, Seal *seal)
{
    GError   *error = NULL;
    EventRow *rows;
    size_t    n;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    done(event_history(tx, petition_id, 0, &rows, &n, &error), error);
    g_assert_cmpint(n, >=, 1);
    done(db_one(tx, &seal_of, DB_PARAMS(db_int(rows[0].id)), seal, &error), error);
    return rows[0];
}

/* ---- the leaf ---- */

/* The bytes are for ever: an offline verifier of another language makes the same ones. */
static void
the_leaf_of_version_one(void)
{
    static const uint8_t command_id[16] = { 1, 2, 3 }, mac[36] = { 9 }, salt[16] = { 7, 7 };
    static const uint8_t payload[] = "an envelope";
    uint8_t              leaf[32];
    EventRow             row = {
                    .id = 4711,
                    .petition_id = 42,
                    .version = 3,
                    .kind = "close",
                    .at = 1776236400000000,
                    .recorded_at = 1776236400000001,
                    .actor_role = "liaison",
                    .actor_ref = 7,
                    .entity_from = 5,
                    .state = "closed",
                    .outcome = "resolved",
                    .visibility = "requester",
                    .payload = { payload, sizeof payload - 1 },
                    .salt = BYTES_OF(salt),
                    .leaf = BYTES_OF(leaf),
    };

    g_assert_true(text_from_hex("c7bfc1352665afab627c03e59ecfe3b6017076332b851f46121a9e36f9b6194b",
                                leaf, sizeof leaf));
    g_assert_true(event_leaf_is_right(&row, BYTES_OF(command_id), BYTES_OF(mac)));
}

static void
every_column_is_under_the_leaf(void)
{
    g_autoptr(Arena) mem = arena_new();
    CoreFixtureOptions options = { .queries = all_queries(mem) };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    FixtureSubmit        cmd = { .subject = "a", .payload = "{}" };
    int64_t              id = submit_with(fixture, &cmd).petition_id;
    static const uint8_t other[36] = { 1 };
    Bytes                changed = BYTES_OF(other);
    Seal                 seal;
    EventRow             row = read_event(fixture, id, &seal);

    g_assert_true(event_leaf_is_right(&row, seal.command_id, seal.content_mac));
    g_assert_false(event_leaf_is_right(&row, changed, seal.content_mac));
    g_assert_false(event_leaf_is_right(&row, seal.command_id, changed));

#define CHANGED(field, value)                                                                      \
    do {                                                                                           \
        EventRow wrong = row;                                                                      \
        wrong.field = value;                                                                       \
        g_test_message("%s", #field);                                                              \
        g_assert_false(event_leaf_is_right(&wrong, seal.command_id, seal.content_mac));            \
    } while (false)
    CHANGED(id, row.id + 1);
    CHANGED(petition_id, row.petition_id + 1);
    CHANGED(version, 2);
    CHANGED(kind, "submitt");
    CHANGED(at, row.at - 1);
    CHANGED(recorded_at, row.recorded_at + 1);
    CHANGED(actor_role, "liaison");
    CHANGED(actor_ref, 1);
    CHANGED(on_behalf, "requester");
    CHANGED(entity_from, 1);
    CHANGED(entity_to, 1);
    CHANGED(directorate_id, 1);
    CHANGED(holder, NULL);
    CHANGED(holder, "");
    CHANGED(state, "closed");
    CHANGED(due_at, 1);
    CHANGED(outcome, "");
    CHANGED(ground, "area");
    CHANGED(visibility, "office");
    CHANGED(payload, changed);
    CHANGED(payload, ((Bytes){ NULL, 0 }));
    CHANGED(salt, changed);
    CHANGED(leaf, changed);
#undef CHANGED
}

static void
a_forged_leaf_is_found(void)
{
    g_autoptr(Arena) mem = arena_new();
    CoreFixtureOptions options = { .queries = all_queries(mem) };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    static const uint8_t some[36] = { 1 };
    WritePlan           *plan = plan_new(mem);
    int64_t              checked, wrong, forged;
    GError              *error = NULL;

    for (int i = 0; i < 3; i++)
        submit_with(fixture, &(FixtureSubmit){ .subject = "a", .payload = "{}" });
    done(event_check_leaves(fixture->sys.db, &checked, &wrong, &error), error);
    g_assert_cmpint(checked, ==, 3);
    g_assert_cmpint(wrong, ==, 0);

    forged = id_next(fixture->sys.ids);
    plan_one(plan, &forge,
             DB_PARAMS(db_int(forged), db_bytes(BYTES_OF(some)), db_bytes(BYTES_OF(some)),
                       db_bytes(BYTES_OF(some)), db_bytes(BYTES_OF(some))));
    done(db_apply(fixture->sys.db, plan, &error), error);
    done(event_check_leaves(fixture->sys.db, &checked, &wrong, &error), error);
    g_assert_cmpint(checked, ==, 4);
    g_assert_cmpint(wrong, ==, forged);
}

/* ---- content and payload ---- */

static void
a_repeat_is_known_across_epochs(void)
{
    CoreFixtureOptions options = { .queries = core_fixture_petition_queries };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext   context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmit    cmd = { .subject = "a" };
    FixtureSubmitted made = { .petition_id = 0 };
    CommandOutcome   outcome;
    GError          *error = NULL;

    context.command_id = command_id_read(fixture->mem, NULL);
    done(command_run(&context, core_fixture_petition_submit, &cmd, &made, &outcome, &error), error);
    done(vault_rotate(fixture->sys.vault, VAULT_KEY_CONTENT, &error), error);
    done(command_run(&context, core_fixture_petition_submit, &cmd, &made, &outcome, &error), error);
    g_assert_true(outcome.repeated);
}

static void
equal_contents_do_not_show(void)
{
    g_autoptr(Arena) mem = arena_new();
    CoreFixtureOptions options = { .queries = all_queries(mem) };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    FixtureSubmit cmd = { .subject = "the same words" };
    Seal          one, other;

    read_event(fixture, submit_with(fixture, &cmd).petition_id, &one);
    read_event(fixture, submit_with(fixture, &cmd).petition_id, &other);
    g_assert_false(bytes_equal(one.content_mac, other.content_mac));
}

static void
payloads_open_in_their_place_only(void)
{
    g_autoptr(Arena) mem = arena_new();
    CoreFixtureOptions options = { .queries = all_queries(mem) };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    FixtureSubmit cmd = { .subject = "a", .payload = "{\"text\":\"مقطوعة منذ يومين\"}" };
    int64_t       id = submit_with(fixture, &cmd).petition_id;
    Seal          seal;
    EventRow      row = read_event(fixture, id, &seal);
    CryptoKey     key = { .id = 0 };
    const char *json;
    GError     *error = NULL;

    crypto_key_derive(&key, "fixture", id, &key);
    done(event_payload(mem, &key, &row, &json, &error), error);
    g_assert_cmpstr(json, ==, cmd.payload);

    row.id++;
    refused(event_payload(mem, &key, &row, &json, &error), &error, APP_ERROR_INTERNAL);
    row.id--;
    crypto_key_derive(&key, "another", id, &key);
    refused(event_payload(mem, &key, &row, &json, &error), &error, APP_ERROR_INTERNAL);

    row.payload = (Bytes){ NULL, 0 };
    done(event_payload(mem, &key, &row, &json, &error), error);
    g_assert_cmpstr(json, ==, "");
}

static bool
append_without_key(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Event event = { .petition_id = 1,
                    .version = 1,
                    .kind = "note",
                    .visibility = "office",
                    .payload = bytes_of_text("{}") };

    (void)cmd, (void)result;
    return event_append(prepare, &event, error);
}

static void
no_payload_without_a_key(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    GError        *error = NULL;

    refused(command_run(&context, append_without_key, NULL, NULL, NULL, &error), &error,
            APP_ERROR_INTERNAL);
}

/* ---- history ---- */

static void
history_goes_on_after_a_version(void)
{
    CoreFixtureOptions options = { .queries = core_fixture_petition_queries };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    int64_t        id = submit_with(fixture, &(FixtureSubmit){ .subject = "a" }).petition_id;
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    FixtureMove    cmd = { .petition_id = id, .from = "assigned", .to = "in_progress" };
    int            prepared = 0;
    EventRow      *rows, event;
    size_t         n;
    bool           found;
    GError        *error = NULL;

    done(command_run(&context, core_fixture_petition_move, &cmd, &prepared, NULL, &error), error);
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);
    done(event_history(tx, id, 0, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpstr(rows[0].kind, ==, "submit");
    g_assert_cmpstr(rows[1].actor_role, ==, "liaison");
    done(event_by_id(tx, id, rows[1].id, &event, &found, &error), error);
    g_assert_true(found);
    g_assert_cmpint(event.version, ==, rows[1].version);
    g_assert_cmpstr(event.actor_role, ==, "liaison");
    done(event_by_id(tx, id + 1, rows[1].id, &event, &found, &error), error);
    g_assert_false(found); /* another petition's */
    done(event_history(tx, id, 1, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 1);
    g_assert_cmpstr(rows[0].state, ==, "in_progress");
    done(event_history(tx, id, 2, &rows, &n, &error), error);
    g_assert_cmpint(n, ==, 0);
}

/* ---- listeners ---- */

static bool
tell_the_requester(Prepare *prepare, const Event *event, GError **error)
{
    (void)error;
    outbox_add(prepare,
               &(OutboxMessage){
                   .petition_id = event->petition_id,
                   .event_id = event->id,
                   .recipient = "requester",
                   .channel = event->contact == NULL ? "sms" : event->contact,
                   .message = event->kind,
                   .lang = "ar",
                   .dedupe = arena_printf(prepare->mem, "told.%" G_GINT64_FORMAT, event->id),
               });
    return true;
}

static bool
say_no(Prepare *prepare, const Event *event, GError **error)
{
    (void)prepare, (void)event;
    return fail(error, APP_ERROR_CONFLICT, "a listener says no");
}

/* A message names the petition, whose row is added behind the event that listeners hear of. */
static void
listeners_are_in_the_same_transaction(void)
{
    static const EventListener listeners[] = { aggregate_on_event, tell_the_requester, NULL };
    CoreFixtureOptions         options = { .queries = core_fixture_petition_queries,
                                           .listeners = listeners };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    FixtureSubmitted made = submit_with(fixture, &(FixtureSubmit){ .subject = "a" });
    OutboxRow       *messages;
    size_t           n;
    GError          *error = NULL;
    g_autoptr(DbTx) tx = db_begin(fixture->sys.db, fixture->mem, &error);

    done(outbox_of_petition(tx, made.petition_id, &messages, &n, &error), error);
    g_assert_cmpint(n, ==, 1);
    g_assert_cmpint(messages[0].event_id, ==, made.event_id);
    g_assert_cmpstr(messages[0].message, ==, "submit");
    g_assert_cmpint(db_stats(fixture->sys.db).batches, ==, 1);
}

static void
a_listener_that_fails_leaves_nothing(void)
{
    static const EventListener listeners[] = { aggregate_on_event, say_no, NULL };
    CoreFixtureOptions         options = { .queries = core_fixture_petition_queries,
                                           .listeners = listeners };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    CommandContext    context = core_fixture_context(fixture, fixture->mem);
    FixtureSubmit     cmd = { .subject = "a" };
    FixtureSubmitted  made = { .petition_id = 0 };
    FixtureAggregate *rows;
    GError           *error = NULL;

    refused(command_run(&context, core_fixture_petition_submit, &cmd, &made, NULL, &error), &error,
            APP_ERROR_CONFLICT);
    g_assert_cmpint(core_fixture_petition_events(fixture), ==, 0);
    g_assert_cmpint(core_fixture_petition_aggregates(fixture, fixture->mem, &rows), ==, 0);
}

/* 21:30 UTC is the next day in Amman. */
static void
days_are_counted_in_the_zone(void)
{
    static const EventListener listeners[] = { aggregate_on_event, NULL };
    CoreFixtureOptions         options = { .queries = core_fixture_petition_queries,
                                           .listeners = listeners };
    g_autoptr(CoreFixture) fixture = core_fixture_new(&options);
    int64_t           day = CORE_FIXTURE_NOW / DAYS;
    FixtureAggregate *rows;

    submit_with(fixture, &(FixtureSubmit){ .subject = "a", .at = day * DAYS + 20 * HOURS });
    submit_with(fixture, &(FixtureSubmit){ .subject = "b", .at = day * DAYS + 20 * HOURS });
    submit_with(fixture,
                &(FixtureSubmit){ .subject = "c", .at = day * DAYS + 21 * HOURS + 30 * MINUTES });

    g_assert_cmpint(core_fixture_petition_aggregates(fixture, fixture->mem, &rows), ==, 2);
    g_assert_cmpint(rows[0].day, ==, day);
    g_assert_cmpint(rows[0].n, ==, 2);
    g_assert_cmpint(rows[1].day, ==, day + 1);
    g_assert_cmpint(rows[1].n, ==, 1);
    g_assert_cmpstr(rows[1].type, ==, "complaint");
    g_assert_cmpstr(rows[1].kind, ==, "submit");
    g_assert_cmpint(rows[1].place_id, ==, 0);
}

/* ---- how long ---- */

static bool
append_many(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    enum { ROUNDS = 2000 };
    CryptoKey key = { .id = 0 };
    int64_t   begun = clock_monotonic();

    (void)cmd, (void)result;
    for (int i = 0; i < ROUNDS; i++) {
        Event event = {
            .petition_id = i + 1,
            .version = 1,
            .kind = "submit",
            .visibility = "requester",
            .payload = bytes_of_text("{\"text\":\"انقطعت المياه عن حي النزهة منذ أسبوع كامل\"}"),
            .content = bytes_of_text("انقطعت المياه عن حي النزهة منذ أسبوع كامل"),
            .key = &key,
        };

        if (!event_append(prepare, &event, error))
            return false;
    }
    g_test_message("an event with payload, MAC and leaf: %.2f µs",
                   (double)(clock_monotonic() - begun) / ROUNDS);
    return fail(error, APP_ERROR_CONFLICT, "measured only");
}

static void
speed_of_events(void)
{
    g_autoptr(CoreFixture) fixture = core_fixture_new(NULL);
    CommandContext context = core_fixture_context(fixture, fixture->mem);
    GError        *error = NULL;

    refused(command_run(&context, append_many, NULL, NULL, NULL, &error), &error,
            APP_ERROR_CONFLICT);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event/the leaf of version one", the_leaf_of_version_one);
    engine_fixture_add("/event/every column is under the leaf", every_column_is_under_the_leaf);
    engine_fixture_add("/event/a forged leaf is found", a_forged_leaf_is_found);
    engine_fixture_add("/event/a repeat is known across epochs", a_repeat_is_known_across_epochs);
    engine_fixture_add("/event/equal contents do not show", equal_contents_do_not_show);
    engine_fixture_add("/event/payloads open in their place only",
                       payloads_open_in_their_place_only);
    engine_fixture_add("/event/no payload without a key", no_payload_without_a_key);
    engine_fixture_add("/event/history goes on after a version", history_goes_on_after_a_version);
    engine_fixture_add("/event/listeners are in the same transaction",
                       listeners_are_in_the_same_transaction);
    engine_fixture_add("/event/a listener that fails leaves nothing",
                       a_listener_that_fails_leaves_nothing);
    engine_fixture_add("/event/days are counted in the zone", days_are_counted_in_the_zone);
    engine_fixture_add("/event/speed of events", speed_of_events);
    return g_test_run();
}
