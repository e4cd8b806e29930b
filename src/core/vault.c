/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ring of keys, and what every part of the vault writes with. What must stay true: keys of the
 * ring are unwrapped once, into locked memory that is then read-only; a newer ring is added in front
 * of the older one and none is freed before the vault is closed, so that a thread may hold one as long
 * as it likes. A new key of a store that others have open seals nothing before they can have seen it. No
 * change and no look by staff without a vault_event in the same commit. */
#include "core/vault_check.h"
#include "core/vault_private.h"

#include "migrations_vault.h"

#include <sodium.h>
#include <string.h>

enum {
    RACES_MOST = 32,
};

/* A node looks for new keys every few seconds; clocks of nodes may differ by some. */
#define SETTLES_IN (6 * SECONDS)

struct VaultRing {
    VaultRing *older;
    size_t     n;
    AppTime    settles_at;              /* a key is not used before; 0: all are */
    uint32_t   newest[VAULT_KEY_COUNT]; /* place among `keys` */
    struct {
        VaultKey  purpose;
        CryptoKey key;
    } keys[];
};

static const char *const purposes[VAULT_KEY_COUNT] = {
    [VAULT_KEY_PERSON] = "person",
    [VAULT_KEY_PETITION] = "petition",
    [VAULT_KEY_ATTACHMENT] = "attachment",
    [VAULT_KEY_BRIEF] = "brief",
    [VAULT_KEY_LINK] = "link",
    [VAULT_KEY_INDEX] = "index",
    [VAULT_KEY_TOKEN] = "token",
    [VAULT_KEY_TRACKING] = "tracking",
    [VAULT_KEY_CONTENT] = "content",
    [VAULT_KEY_COOKIE] = "cookie",
    [VAULT_KEY_DRAFT] = "draft",
    [VAULT_KEY_ACCOUNT] = "account",
};

/* ---- statements ---- */

typedef struct {
    int64_t     epoch, created_at;
    const char *purpose;
    Bytes       wrapped;
} RingRow;

static const DbColumn ring_columns[] = {
    DB_COLUMN(RingRow, purpose),
    DB_COLUMN(RingRow, epoch),
    DB_COLUMN(RingRow, wrapped),
    DB_COLUMN(RingRow, created_at),
};

static const DbQuery ring_all = {
    .sql = "SELECT purpose, epoch, wrapped, created_at FROM ring ORDER BY purpose, epoch",
    DB_COLUMNS(RingRow, ring_columns),
    .scans = true,
};

typedef struct {
    int64_t n;
} RingCount;

static const DbColumn count_columns[] = { DB_COLUMN(RingCount, n) };

static const DbQuery  ring_count = {
     .sql = "SELECT count(*) AS n FROM ring",
     DB_COLUMNS(RingCount, count_columns),
     .scans = true, /* a dozen */
};

static const DbQuery ring_insert = {
    .sql = "INSERT INTO ring (purpose, epoch, wrapped, created_at) VALUES ($1, $2, $3, $4)",
    .table = "ring",
};

static const DbQuery event_insert = {
    .sql = "INSERT INTO vault_event"
           " (id, person_id, kind, at, actor_role, actor_ref, command_id, fields, payload)"
           " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    .table = "vault_event",
};

typedef struct {
    int64_t id;
} IdRow;

static const DbColumn id_columns[] = { DB_COLUMN(IdRow, id) };

static const DbQuery  event_last = {
     .sql = "SELECT id FROM vault_event ORDER BY id DESC LIMIT 1",
     DB_COLUMNS(IdRow, id_columns),
     .scans = true, /* one row */
};

static const DbQuery event_is_there = {
    .sql = "SELECT id FROM vault_event WHERE id = $1",
    DB_COLUMNS(IdRow, id_columns),
};

const DbQuery *const vault_ring_queries[] = { &ring_all,   &ring_insert,    &event_insert,
                                              &event_last, &event_is_there, &ring_count,
                                              NULL };

static const DbTable tables[] = {
    { "person", DB_TABLE_CASE },
    { "ring", DB_TABLE_REFERENCE },
    { "registry_entry", DB_TABLE_REFERENCE },
    { "vault_event", DB_TABLE_CASE },
    { "person_hint", DB_TABLE_MACHINERY },
    { "requester_session", DB_TABLE_MACHINERY },
    { "code", DB_TABLE_MACHINERY },
    { "code_send", DB_TABLE_MACHINERY },
    { NULL, 0 },
};

static const DbTable *const        table_lists[] = { tables, NULL };

static const DbQuery *const *const query_lists[] = {
    vault_ring_queries,     vault_person_queries,
    vault_register_queries, vault_hint_queries,
    vault_registry_queries, vault_rewrap_queries,
    vault_codes_queries,    vault_sessions_queries,
    vault_check_queries,    NULL,
};

const DbSchema vault_schema = {
    .name = "vault",
    .event_table = "vault_event",
    .tables = table_lists,
    .queries = query_lists,
    .migrations = migrations_vault,
    .n_migrations = MIGRATIONS_VAULT_N,
};

/* ---- writing ---- */

static bool
prepare_once(VaultWrite *write, VaultPrepare prepare, const void *cmd, void *result, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(write->vault->db, write->mem, error);

    if (tx == NULL)
        return false;

    write->tx = tx;
    write->plan = plan_new(write->mem);
    write->now = clock_now(write->vault->clock);
    return prepare(write, cmd, result, error);
}

bool
vault_write(Vault *vault, Arena *mem, VaultPrepare prepare, const void *cmd, void *result,
            GError **error)
{
    VaultWrite write = { .vault = vault, .mem = mem };

    for (int i = 0; i < RACES_MOST; i++) {
        g_autoptr(GError) lost = NULL;

        if (!prepare_once(&write, prepare, cmd, result, error))
            return false;
        if (plan_length(write.plan) == 0 || db_apply(vault->db, write.plan, &lost))
            return true;
        if (error_code(lost) != APP_ERROR_RACE) {
            g_propagate_error(error, g_steal_pointer(&lost));
            return false;
        }
    }
    return fail(error, APP_ERROR_BUSY, "vault: lost %d races", RACES_MOST);
}

void
vault_event_add(VaultWrite *write, const VaultEvent *event)
{
    static const Who system = { .role = ROLE_SYSTEM };
    const Who       *by = event->by != NULL ? event->by : &system;
    int64_t          id = id_next(write->vault->ids);
    Bytes            command_id = event->command_id, payload = { NULL, 0 };
    uint8_t          fresh[16];

    if (command_id.data == NULL) {
        crypto_random(fresh, sizeof fresh);
        command_id = BYTES_OF(fresh);
    }
    if (event->reason != NULL)
        payload = crypto_seal(write->mem, event->key, (CryptoPlace){ "vault_event", "payload", id },
                              bytes_of_text(event->reason));
    plan_one(write->plan, &event_insert,
             DB_PARAMS(db_int(id), db_int_or_null(event->person_id), db_text(event->kind),
                       db_int(write->now), db_text(role_name(by->role)),
                       db_int_or_null(by->account_id), db_bytes(command_id), db_text(event->fields),
                       db_bytes(payload)));
    plan_witness(write->plan, &event_is_there, DB_PARAMS(db_int(id)));
}

/* ---- the ring ---- */

static CryptoPlace
ring_place(VaultKey purpose, uint32_t epoch)
{
    return (CryptoPlace){ "ring", purposes[purpose], epoch };
}

static void
root_key(const Vault *vault, CryptoKey *out)
{
    *out = (CryptoKey){ .id = 0 };
    memcpy(out->bytes, secret_data(vault->root), sizeof out->bytes);
}

bool
vault_key_named(const char *name, VaultKey *out)
{
    for (VaultKey i = 0; i < VAULT_KEY_COUNT; i++)
        if (strcmp(purposes[i], name) == 0) {
            *out = i;
            return true;
        }
    return false;
}

/* sodium_malloc puts the end at the end of a page: a multiple of 16 keeps it aligned. */
static VaultRing *
ring_alloc(size_t n)
{
    size_t     size = sizeof(VaultRing) + n * sizeof(((VaultRing *)0)->keys[0]);
    VaultRing *ring = sodium_malloc((size + 15) & ~(size_t)15);

    if (ring == NULL)
        g_error("vault: no locked memory for %zu keys", n);
    memset(ring, 0, size);
    return ring;
}

/* Into the place behind those that are there. */
static bool
open_key(const CryptoKey *root, VaultRing *ring, const RingRow *row, GError **error)
{
    CryptoKey *key = &ring->keys[ring->n].key;
    VaultKey  *purpose = &ring->keys[ring->n].purpose;
    uint32_t   epoch = (uint32_t)row->epoch;

    if (!vault_key_named(row->purpose, purpose))
        return fail(error, APP_ERROR_INTERNAL, "vault: key for %s: a newer program's",
                    row->purpose);
    if (!crypto_open_into(root, ring_place(*purpose, epoch), row->wrapped, key->bytes,
                          CRYPTO_KEY_SIZE, NULL))
        return fail(error, APP_ERROR_INTERNAL,
                    "vault: key %s %u does not open: the root key is another one's, or the row was "
                    "changed",
                    row->purpose, epoch);
    key->id = epoch;
    crypto_key_commit(key);
    return true;
}

static bool
fill_ring(const Vault *vault, VaultRing *ring, const RingRow *rows, size_t n, GError **error)
{
    g_auto(CryptoKey) root;
    AppTime now = clock_now(vault->clock);
    bool    has[VAULT_KEY_COUNT] = { false };

    root_key(vault, &root);
    for (size_t i = 0; i < n; i++) { /* rows come by epoch */
        AppTime settles_at = rows[i].created_at + SETTLES_IN;

        if (!open_key(&root, ring, &rows[i], error))
            return false;
        VaultKey purpose = ring->keys[i].purpose;
        if (has[purpose] && vault->shared && settles_at > now)
            ring->settles_at = MAX(ring->settles_at, settles_at);
        else
            ring->newest[purpose] = (uint32_t)i;
        has[purpose] = true;
        ring->n++;
    }
    return true;
}

static bool
read_rows(Vault *vault, Arena *mem, RingRow **rows, size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    IdRow last;
    bool  found;

    if (tx == NULL)
        return false;

    if (!db_maybe(tx, &event_last, DB_NO_PARAMS, &last, &found, error))
        return false;
    if (found)
        id_source_resume(vault->ids, last.id);
    return db_all(tx, &ring_all, DB_NO_PARAMS, rows, n, error);
}

static bool
load_ring(Vault *vault, Arena *mem, GError **error)
{
    RingRow   *rows;
    size_t     n;
    VaultRing *ring;

    if (!read_rows(vault, mem, &rows, &n, error))
        return false;

    ring = ring_alloc(n);
    if (!fill_ring(vault, ring, rows, n, error)) {
        sodium_free(ring);
        return false;
    }
    ring->older = atomic_load(&vault->ring);
    while (!atomic_compare_exchange_weak(&vault->ring, &ring->older, ring))
        ;
    sodium_mprotect_readonly(ring);
    return true;
}

static void
add_epoch(VaultWrite *write, VaultKey purpose, uint32_t epoch)
{
    g_auto(CryptoKey) root;
    g_auto(CryptoKey) key;

    root_key(write->vault, &root);
    crypto_key_random(&key);
    Bytes wrapped = crypto_seal(write->mem, &root, ring_place(purpose, epoch), BYTES_OF(key.bytes));
    plan_one(write->plan, &ring_insert,
             DB_PARAMS(db_text(purposes[purpose]), db_int(epoch), db_bytes(wrapped),
                       db_int(write->now)));
}

static uint32_t
newest_epoch(const RingRow *rows, size_t n, VaultKey purpose)
{
    uint32_t epoch = 0;

    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].purpose, purposes[purpose]) == 0)
            epoch = MAX(epoch, (uint32_t)rows[i].epoch);
    return epoch;
}

/* The first epoch of each purpose that has none: all in a new file, one that a newer program brings. */
static bool
prepare_first(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    RingRow *rows;
    size_t   n;

    (void)cmd, (void)result;
    if (!db_all(write->tx, &ring_all, DB_NO_PARAMS, &rows, &n, error))
        return false;

    for (VaultKey i = 0; i < VAULT_KEY_COUNT; i++)
        if (newest_epoch(rows, n, i) == 0)
            add_epoch(write, i, 1);
    if (plan_length(write->plan) > 0)
        vault_event_add(write, &(VaultEvent){ .kind = "ring" });
    return true;
}

static bool
prepare_next(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    VaultKey purpose = *(const VaultKey *)cmd;
    RingRow *rows;
    size_t   n;

    (void)result;
    if (!db_all(write->tx, &ring_all, DB_NO_PARAMS, &rows, &n, error))
        return false;

    add_epoch(write, purpose, newest_epoch(rows, n, purpose) + 1);
    vault_event_add(write, &(VaultEvent){ .kind = "rotate", .fields = purposes[purpose] });
    return true;
}

/* Values under these are compared, not opened: they would all have to be computed anew first. */
static bool
is_compared(VaultKey purpose)
{
    return purpose == VAULT_KEY_INDEX || purpose == VAULT_KEY_TOKEN ||
           purpose == VAULT_KEY_TRACKING;
}

bool
vault_watch(Vault *vault, Arena *mem, GError **error)
{
    const VaultRing *ring = atomic_load_explicit(&vault->ring, memory_order_acquire);
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    RingCount count;

    if (tx == NULL || !db_one(tx, &ring_count, DB_NO_PARAMS, &count, error))
        return false;
    db_end(g_steal_pointer(&tx));

    bool settled = ring->settles_at != 0 && ring->settles_at <= clock_now(vault->clock);
    return ((size_t)count.n == ring->n && !settled) || load_ring(vault, mem, error);
}

/* Until every node can have seen it. */
static bool
wait_for_use(Vault *vault, Arena *mem, GError **error)
{
    Lock   lock;
    Signal nobody;
    bool   watched = true;

    lock_init(&lock);
    signal_init(&nobody);
    lock_take(&lock);
    while (watched && atomic_load(&vault->ring)->settles_at != 0) {
        signal_wait_for(&nobody, &lock, SECONDS / 5);
        arena_reset(mem);
        watched = vault_watch(vault, mem, error);
    }
    lock_leave(&lock);
    signal_clear(&nobody);
    lock_clear(&lock);
    return watched;
}

bool
vault_rotate(Vault *vault, VaultKey purpose, GError **error)
{
    g_autoptr(Arena) mem = arena_new();

    if (is_compared(purpose))
        return fail(error, APP_ERROR_INVALID,
                    "vault: what is found by the %s key cannot be rotated", purposes[purpose]);
    return vault_write(vault, mem, prepare_next, &purpose, NULL, error) &&
           load_ring(vault, mem, error) && wait_for_use(vault, mem, error);
}

void
vault_key(const Vault *vault, VaultKey purpose, CryptoKey *out)
{
    const VaultRing *ring = atomic_load_explicit(&vault->ring, memory_order_acquire);

    *out = ring->keys[ring->newest[purpose]].key;
}

bool
vault_key_of(const Vault *vault, VaultKey purpose, uint32_t epoch, CryptoKey *out, GError **error)
{
    const VaultRing *ring = atomic_load_explicit(&vault->ring, memory_order_acquire);

    for (size_t i = 0; i < ring->n; i++)
        if (ring->keys[i].purpose == purpose && ring->keys[i].key.id == epoch) {
            *out = ring->keys[i].key;
            return true;
        }
    return fail(error, APP_ERROR_INTERNAL, "vault: no epoch %u of the %s key", epoch,
                purposes[purpose]);
}

Bytes
vault_wrap(const Vault *vault, Arena *mem, VaultKey purpose, CryptoPlace place,
           const CryptoKey *key)
{
    g_auto(CryptoKey) wrapping;

    vault_key(vault, purpose, &wrapping);
    return crypto_seal(mem, &wrapping, place, BYTES_OF(key->bytes));
}

bool
vault_unwrap(const Vault *vault, VaultKey purpose, CryptoPlace place, Bytes wrapped, CryptoKey *out,
             GError **error)
{
    g_auto(CryptoKey) wrapping = { .id = 0 };

    *out = (CryptoKey){ .id = 0 };
    return vault_key_of(vault, purpose, crypto_key_id(wrapped), &wrapping, error) &&
           crypto_open_into(&wrapping, place, wrapped, out->bytes, sizeof out->bytes, error);
}

/* ---- opening and closing ---- */

static bool
open_ring(Vault *vault, GError **error)
{
    g_autoptr(Arena) mem = arena_new();

    if (secret_size(vault->root) != CRYPTO_KEY_SIZE)
        return fail(error, APP_ERROR_INTERNAL, "vault: the root key has %zu bytes, not %d",
                    secret_size(vault->root), CRYPTO_KEY_SIZE);
    /* First what is there: under a wrong root key nothing may be added. */
    return load_ring(vault, mem, error) &&
           vault_write(vault, mem, prepare_first, NULL, NULL, error) &&
           load_ring(vault, mem, error);
}

Vault *
vault_open(const VaultOptions *options, GError **error)
{
    Vault *vault = g_new0(Vault, 1);

    if (sodium_init() < 0)
        g_error("vault: libsodium does not start");
    *vault = (Vault){ .db = options->db,
                      .root = options->root,
                      .clock = options->clock,
                      .ids = options->ids,
                      .shared = options->shared };
    atomic_init(&vault->ring, NULL);
    for (size_t i = 0; i < VAULT_STRIPES; i++)
        lock_init(&vault->stripes[i]);
    vault_seen_init(&vault->requesters);
    vault_seen_init(&vault->staff);
    vault->hints = vault_hints_new();
    vault->known = vault_known_new();

    if (open_ring(vault, error))
        return vault;
    vault_close(vault);
    return NULL;
}

void
vault_close(Vault *vault)
{
    if (vault == NULL)
        return;

    for (VaultRing *ring = atomic_load(&vault->ring), *older; ring != NULL; ring = older) {
        older = ring->older;
        sodium_free(ring);
    }
    for (size_t i = 0; i < VAULT_STRIPES; i++)
        lock_clear(&vault->stripes[i]);
    vault_seen_clear(&vault->requesters);
    vault_seen_clear(&vault->staff);
    vault_hints_free(vault->hints);
    vault_known_free(vault->known);
    db_close(vault->db);
    g_free(vault);
}

Db *
vault_db(Vault *vault)
{
    return vault->db;
}

void
vault_derive(const Vault *vault, const char *label, uint8_t *out, size_t size)
{
    g_assert(size >= crypto_generichash_BYTES_MIN && size <= crypto_generichash_BYTES_MAX);
    crypto_generichash(out, size, (const uint8_t *)label, strlen(label), secret_data(vault->root),
                       secret_size(vault->root));
}

/* By a key that is never rotated. */
void
vault_mark(const Vault *vault, uint8_t mark[VAULT_MARK_SIZE])
{
    g_auto(CryptoKey) key;
    Bytes   what = bytes_of_text("instance");
    uint8_t mac[CRYPTO_MAC_SIZE];

    vault_key(vault, VAULT_KEY_INDEX, &key);
    crypto_mac(&key, &what, 1, mac);
    memcpy(mark, mac, VAULT_MARK_SIZE);
}
