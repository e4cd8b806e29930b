/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Writes and reads the record. What must stay true: the bytes under a leaf never change for a version
 * of them (their first byte); the offline verifier makes the same bytes from what is published. */
#include "core/event.h"

#include "base/buffer.h"
#include "core/shrink.h"

#include <sodium.h>
#include <string.h>

enum {
    LEAF_VERSION = 1,
    LEAF_SIZE = 32,
    SALT_SIZE = 16,
    EPOCH_MOST = 4,
    MAC_SIZE = 16, /* of CRYPTO_MAC_SIZE: it tells repeats apart and is no proof of anything */
    CHECK_AT_ONCE = 500,
};

/* ---- statements ---- */

static const DbQuery insert_event = {
    .sql = "INSERT INTO event (id, petition_id, version, kind, at, recorded_at, actor_role,"
           " actor_ref, on_behalf, command_id, content_mac, entity_from, entity_to, directorate_id,"
           " holder, state, due_at, outcome, ground, visibility, payload, salt, leaf)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,"
           " $18, $19, $20, $21, $22, $23)",
    .table = "event",
};

/* What the leaf covers and EventRow does not show. */
typedef struct {
    EventRow row;
    Bytes    command_id, content_mac;
} SealedRow;

#define ROW_COLUMNS                                                                                \
    "id, petition_id, version, kind, at, recorded_at, actor_role, actor_ref, on_behalf,"           \
    " entity_from, entity_to, directorate_id, holder, state, due_at, outcome, ground, visibility," \
    " payload, salt, leaf"

/* clang-format off */
#define ROW_FIELDS(T, in)                                                                          \
    DB_COLUMN(T, in id), DB_COLUMN(T, in petition_id), DB_COLUMN(T, in version),                   \
    DB_COLUMN(T, in kind), DB_COLUMN(T, in at), DB_COLUMN(T, in recorded_at),                      \
    DB_COLUMN(T, in actor_role), DB_MAYBE(T, in actor_ref), DB_MAYBE(T, in on_behalf),             \
    DB_MAYBE(T, in entity_from), DB_MAYBE(T, in entity_to), DB_MAYBE(T, in directorate_id),        \
    DB_MAYBE(T, in holder), DB_MAYBE(T, in state), DB_MAYBE(T, in due_at),                         \
    DB_MAYBE(T, in outcome), DB_MAYBE(T, in ground), DB_COLUMN(T, in visibility),                  \
    DB_MAYBE(T, in payload), DB_COLUMN(T, in salt), DB_COLUMN(T, in leaf)
/* clang-format on */

static const DbColumn row_columns[] = { ROW_FIELDS(EventRow, ) };

static const DbQuery  history = {
     .sql = "SELECT " ROW_COLUMNS " FROM event WHERE petition_id = $1 AND version > $2"
             " ORDER BY version LIMIT 200",
     DB_COLUMNS(EventRow, row_columns),
};

static const DbQuery by_id = {
    .sql = "SELECT " ROW_COLUMNS " FROM event WHERE id = $1",
    DB_COLUMNS(EventRow, row_columns),
};

static const DbColumn sealed_columns[] = {
    ROW_FIELDS(SealedRow, row.),
    DB_COLUMN(SealedRow, command_id),
    DB_COLUMN(SealedRow, content_mac),
};

static const DbQuery sealed_after = {
    .sql = "SELECT " ROW_COLUMNS ", command_id, content_mac FROM event WHERE id > $1"
           " ORDER BY id LIMIT $2",
    DB_COLUMNS(SealedRow, sealed_columns),
};

static const DbQuery sealed_of = {
    .sql = "SELECT " ROW_COLUMNS ", command_id, content_mac FROM event"
           " WHERE petition_id > $1 AND petition_id <= $2 ORDER BY petition_id, version",
    DB_COLUMNS(SealedRow, sealed_columns),
};

typedef struct {
    Bytes content_mac;
} DoneRow;

static const DbColumn done_columns[] = { DB_COLUMN(DoneRow, content_mac) };

static const DbQuery  done_before = {
     .sql = "SELECT content_mac FROM event WHERE petition_id = $1 AND command_id = $2",
     DB_COLUMNS(DoneRow, done_columns),
};

typedef struct {
    int64_t id;
} IdRow;

static const DbColumn id_columns[] = { DB_COLUMN(IdRow, id) };

/* Whatever takes ids and is written on its own: the ends of four keys. */
static const DbQuery highest_id = {
    .sql = "SELECT max(id) FROM (SELECT 0 AS id UNION ALL SELECT max(id) FROM event"
           " UNION ALL SELECT max(id) FROM petition UNION ALL SELECT max(id) FROM outbox"
           " UNION ALL SELECT max(id) FROM attachment) AS ends",
    DB_COLUMNS(IdRow, id_columns),
    .scans = true, /* five rows */
};

/* Not by the command id: another try of the same command may have been kept, with other results. */
static const DbQuery event_is_there = {
    .sql = "SELECT id FROM event WHERE id = $1",
    DB_COLUMNS(IdRow, id_columns),
};

const DbQuery *const event_queries[] = { &insert_event, &history,        &by_id,
                                         &sealed_after, &sealed_of,      &done_before,
                                         &highest_id,   &event_is_there, NULL };

const DbTable        event_tables[] = { { "event", DB_TABLE_CASE }, { NULL, 0 } };

/* ---- ids ---- */

bool
event_resume_ids(System *sys, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    IdRow highest;

    if (tx == NULL || !db_one(tx, &highest_id, DB_NO_PARAMS, &highest, error))
        return false;

    id_source_resume(sys->ids, highest.id);
    return true;
}

/* ---- the leaf ---- */

static void
add_number(Buffer *bytes, uint64_t number, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        uint8_t byte = (uint8_t)(number >> (8 * i));

        buffer_add(bytes, &byte, 1);
    }
}

/* 1 and eight bytes, the highest first; 0 alone for what is not there. */
static void
add_int(Buffer *bytes, int64_t value, bool present)
{
    add_number(bytes, present, 1);
    if (present)
        add_number(bytes, (uint64_t)value, 8);
}

/* 1, the length in four bytes, and the bytes; 0 alone for what is not there. */
static void
add_bytes(Buffer *bytes, Bytes value)
{
    add_number(bytes, value.data != NULL, 1);
    if (value.data == NULL)
        return;

    add_number(bytes, value.size, 4);
    buffer_add(bytes, value.data, value.size);
}

static void
add_text(Buffer *bytes, const char *text)
{
    add_bytes(bytes, bytes_of_text(text));
}

/* Its hash only, so that a leaf can be shown without the envelope. */
static void
add_payload(Buffer *bytes, Bytes payload)
{
    uint8_t hash[crypto_hash_sha256_BYTES];

    if (payload.data != NULL)
        crypto_hash_sha256(hash, payload.data, payload.size);
    add_bytes(bytes, payload.data == NULL ? payload : BYTES_OF(hash));
}

/* Every column of the table but the leaf, in the table's order. */
static void
add_row(Buffer *bytes, const EventRow *row, Bytes command_id, Bytes content_mac)
{
    add_number(bytes, LEAF_VERSION, 1);
    add_int(bytes, row->id, true);
    add_int(bytes, row->petition_id, true);
    add_int(bytes, row->version, true);
    add_text(bytes, row->kind);
    add_int(bytes, row->at, true);
    add_int(bytes, row->recorded_at, true);
    add_text(bytes, row->actor_role);
    add_int(bytes, row->actor_ref, row->actor_ref != 0);
    add_text(bytes, row->on_behalf);
    add_bytes(bytes, command_id);
    add_bytes(bytes, content_mac);
    add_int(bytes, row->entity_from, row->entity_from != 0);
    add_int(bytes, row->entity_to, row->entity_to != 0);
    add_int(bytes, row->directorate_id, row->directorate_id != 0);
    add_text(bytes, row->holder);
    add_text(bytes, row->state);
    add_int(bytes, row->due_at, row->due_at != 0);
    add_text(bytes, row->outcome);
    add_text(bytes, row->ground);
    add_text(bytes, row->visibility);
    add_payload(bytes, row->payload);
    add_bytes(bytes, row->salt);
}

static void
make_leaf(const EventRow *row, Bytes command_id, Bytes content_mac, uint8_t leaf[LEAF_SIZE])
{
    Buffer bytes;

    buffer_init(&bytes);
    add_row(&bytes, row, command_id, content_mac);
    crypto_hash_sha256(leaf, (const uint8_t *)bytes.data, bytes.size);
    buffer_clear(&bytes);
}

bool
event_leaf_is_right(const EventRow *row, Bytes command_id, Bytes content_mac)
{
    uint8_t leaf[LEAF_SIZE];

    make_leaf(row, command_id, content_mac, leaf);
    return bytes_equal(row->leaf, BYTES_OF(leaf));
}

/* ---- the content of a command ---- */

/* The MAC, and behind it the epoch of its key, the lowest byte first and without the zeros that follow. */
typedef struct {
    uint8_t bytes[MAC_SIZE + EPOCH_MOST];
    size_t  size;
} ContentMac;

/* Bound to the petition and the command, so that equal words in two places do not show. */
static void
make_content_mac(const CryptoKey *key, int64_t petition_id, Bytes command_id, Bytes content,
                 ContentMac *out)
{
    Bytes parts[] = { { (const uint8_t *)&petition_id, sizeof petition_id }, command_id, content };
    uint8_t mac[CRYPTO_MAC_SIZE];

    crypto_mac(key, parts, G_N_ELEMENTS(parts), mac);
    memcpy(out->bytes, mac, MAC_SIZE);
    out->size = MAC_SIZE;
    for (uint32_t rest = key->id; rest != 0; rest >>= 8)
        out->bytes[out->size++] = (uint8_t)rest;
}

static uint32_t
epoch_of(Bytes content_mac)
{
    uint32_t epoch = 0;

    for (size_t i = MAC_SIZE; i < content_mac.size; i++)
        epoch |= (uint32_t)content_mac.data[i] << (8 * (i - MAC_SIZE));
    return epoch;
}

bool
event_is_repeat(Prepare *prepare, int64_t petition_id, Bytes content, bool *repeated,
                GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    ContentMac mac;
    DoneRow    done;
    bool       found;

    if (!db_maybe(prepare->tx, &done_before,
                  DB_PARAMS(db_int(petition_id), db_bytes(prepare->command_id)), &done, &found,
                  error))
        return false;
    if (!found) {
        *repeated = false;
        return true;
    }

    if (done.content_mac.size < MAC_SIZE || done.content_mac.size > sizeof mac.bytes)
        return fail(error, APP_ERROR_INTERNAL, "the MAC of an event's content has %zu bytes",
                    done.content_mac.size);
    if (!vault_key_of(prepare->sys->vault, VAULT_KEY_CONTENT, epoch_of(done.content_mac), &key,
                      error))
        return false;
    make_content_mac(&key, petition_id, prepare->command_id, content, &mac);
    if (mac.size != done.content_mac.size ||
        sodium_memcmp(mac.bytes, done.content_mac.data, mac.size) != 0)
        return fail(error, APP_ERROR_INVALID, "this command was done before with other content");

    *repeated = prepare->repeated = true;
    return true;
}

/* ---- writing ---- */

static void
complete(const Prepare *prepare, Event *event)
{
    event->id = id_next(prepare->sys->ids);
    event->recorded_at = prepare->recorded_at;
    if (event->at == 0)
        event->at = prepare->now;
    if (event->on_behalf == NULL)
        event->on_behalf = prepare->on_behalf;
}

static EventRow
row_of(const Event *event)
{
    return (EventRow){
        .id = event->id,
        .petition_id = event->petition_id,
        .version = event->version,
        .at = event->at,
        .recorded_at = event->recorded_at,
        .actor_ref = event->actor_ref,
        .entity_from = event->entity_from,
        .entity_to = event->entity_to,
        .directorate_id = event->directorate_id,
        .due_at = event->due_at,
        .kind = event->kind,
        .actor_role = role_name(event->actor_role),
        .on_behalf = event->on_behalf,
        .holder = event->holder,
        .state = event->state,
        .outcome = event->outcome,
        .ground = event->ground,
        .visibility = event->visibility,
    };
}

static void
add_insert(WritePlan *plan, const EventRow *row, Bytes command_id, Bytes content_mac)
{
    plan_one(plan, &insert_event,
             DB_PARAMS(db_int(row->id), db_int(row->petition_id), db_int(row->version),
                       db_text(row->kind), db_int(row->at), db_int(row->recorded_at),
                       db_text(row->actor_role), db_int_or_null(row->actor_ref),
                       db_text(row->on_behalf), db_bytes(command_id), db_bytes(content_mac),
                       db_int_or_null(row->entity_from), db_int_or_null(row->entity_to),
                       db_int_or_null(row->directorate_id), db_text(row->holder),
                       db_text(row->state), db_int_or_null(row->due_at), db_text(row->outcome),
                       db_text(row->ground), db_text(row->visibility), db_bytes(row->payload),
                       db_bytes(row->salt), db_bytes(row->leaf)));
    plan_witness(plan, &event_is_there, DB_PARAMS(db_int(row->id)));
}

static void
add_event(Prepare *prepare, const Event *event)
{
    g_auto(CryptoKey) key = { .id = 0 };
    EventRow   row = row_of(event);
    uint8_t    salt[SALT_SIZE], leaf[LEAF_SIZE];
    ContentMac made;

    vault_key(prepare->sys->vault, VAULT_KEY_CONTENT, &key);
    make_content_mac(&key, event->petition_id, prepare->command_id, event->content, &made);
    if (event->payload.data != NULL)
        row.payload =
            crypto_seal(prepare->mem, event->key, (CryptoPlace){ "event", "payload", event->id },
                        shrink_pack(prepare->mem, event->payload));
    crypto_random(salt, sizeof salt);
    row.salt = BYTES_OF(salt);
    Bytes mac = { made.bytes, made.size };
    make_leaf(&row, prepare->command_id, mac, leaf);
    row.leaf = BYTES_OF(leaf);

    add_insert(prepare->plan, &row, prepare->command_id, mac);
}

bool
event_append(Prepare *prepare, Event *event, GError **error)
{
    if (event->payload.data != NULL && event->key == NULL)
        return fail(error, APP_ERROR_INTERNAL, "a payload of %s without a key", event->kind);

    complete(prepare, event);
    add_event(prepare, event);

    const EventListener *listener = prepare->sys->listeners;
    for (; listener != NULL && *listener != NULL; listener++)
        if (!(*listener)(prepare, event, error))
            return false;
    return true;
}

/* ---- reading ---- */

bool
event_history(DbTx *tx, int64_t petition_id, int64_t after_version, EventRow **rows, size_t *n,
              GError **error)
{
    return db_all(tx, &history, DB_PARAMS(db_int(petition_id), db_int(after_version)), rows, n,
                  error);
}

bool
event_by_id(DbTx *tx, int64_t petition_id, int64_t id, EventRow *out, bool *found, GError **error)
{
    if (!db_maybe(tx, &by_id, DB_PARAMS(db_int(id)), out, found, error))
        return false;

    *found = *found && out->petition_id == petition_id;
    return true;
}

bool
event_payload(Arena *mem, const CryptoKey *key, const EventRow *row, const char **json,
              GError **error)
{
    Bytes packed, plain = { (const uint8_t *)"", 0 };

    if (row->payload.data != NULL &&
        (!crypto_open(mem, key, (CryptoPlace){ "event", "payload", row->id }, row->payload, &packed,
                      error) ||
         !shrink_open(mem, packed, &plain, error)))
        return false;

    *json = (const char *)plain.data;
    return true;
}

typedef struct {
    int64_t checked, wrong, last;
} LeafCheck;

static bool
check_row(const void *data, void *closure, GError **error)
{
    const SealedRow *sealed = data;
    LeafCheck       *check = closure;

    (void)error;
    check->checked++;
    check->last = sealed->row.id;
    if (check->wrong == 0 &&
        !event_leaf_is_right(&sealed->row, sealed->command_id, sealed->content_mac))
        check->wrong = sealed->row.id;
    return true;
}

bool
event_check_leaves(Db *db, int64_t *checked, int64_t *wrong, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    LeafCheck check = { .last = 0 };
    int64_t   before;

    do {
        g_autoptr(DbTx) tx = db_begin(db, mem, error);

        before = check.checked;
        if (tx == NULL ||
            !db_each(tx, &sealed_after, DB_PARAMS(db_int(check.last), db_int(CHECK_AT_ONCE)),
                     check_row, &check, error))
            return false;
    } while (check.checked > before);

    *checked = check.checked;
    *wrong = check.wrong;
    return true;
}

typedef struct {
    EventEachFunc row;
    void         *data;
} Each;

static bool
pass_row(const void *data, void *closure, GError **error)
{
    const SealedRow *sealed = data;
    const Each      *each = closure;

    return each->row(&sealed->row,
                     event_leaf_is_right(&sealed->row, sealed->command_id, sealed->content_mac),
                     each->data, error);
}

bool
event_each(DbTx *tx, int64_t after, int64_t upto, EventEachFunc row, void *data, GError **error)
{
    Each each = { row, data };

    return db_each(tx, &sealed_of, DB_PARAMS(db_int(after), db_int(upto)), pass_row, &each, error);
}
