/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How requesters come back: passwords and sessions. What must stay true: the file holds a token's hash
 * only; `seen_at` is not written by the request that uses a session but collected here (for staff
 * sessions too, whose rows lie in the case) and written by a job, so that looking at a page costs no
 * commit. */
#include "core/vault_private.h"

#include "base/text.h"

#include <sodium.h>
#include <string.h>

#define IDLE (30 * MINUTES)
#define LIFE (24 * HOURS)
#define SEEN_EACH (5 * MINUTES)

enum { TOKEN_BYTES = 32, HASH_SIZE = 32, AT_ONCE = 500, PASSWORD_LEAST = 8 };

/* ---- statements ---- */

typedef struct {
    int64_t     version;
    const char *password;
} PasswordRow;

static const DbColumn password_columns[] = {
    DB_COLUMN(PasswordRow, version),
    DB_MAYBE(PasswordRow, password),
};

static const DbQuery password_of = {
    .sql = "SELECT version, password FROM person WHERE id = $1 AND wrapped IS NOT NULL",
    DB_COLUMNS(PasswordRow, password_columns),
};

static const DbQuery set_password = {
    .sql = "UPDATE person SET version = version + 1, password = $1 WHERE id = $2 AND version = $3",
    .table = "person",
};

static const DbQuery end_other_sessions = {
    .sql = "DELETE FROM requester_session WHERE person_id = $1 AND token_hash <> $2",
    .table = "requester_session",
    .counted = true,
};

static const DbColumn session_columns[] = {
    DB_COLUMN(VaultSessionRow, person_id),
    DB_COLUMN(VaultSessionRow, seen_at),
    DB_COLUMN(VaultSessionRow, expires_at),
};

static const DbQuery session_by_hash = {
    .sql = "SELECT person_id, seen_at, expires_at FROM requester_session WHERE token_hash = $1",
    DB_COLUMNS(VaultSessionRow, session_columns),
};

static const DbQuery session_insert = {
    .sql = "INSERT INTO requester_session (token_hash, person_id, created_at, seen_at, expires_at)"
           " VALUES ($1, $2, $3, $4, $5)",
    .table = "requester_session",
};

static const DbQuery session_delete = {
    .sql = "DELETE FROM requester_session WHERE token_hash = $1",
    .table = "requester_session",
    .counted = true,
};

static const DbQuery session_seen = {
    .sql = "UPDATE requester_session SET seen_at = $1 WHERE token_hash = $2 AND seen_at < $1",
    .table = "requester_session",
    .counted = true,
};

typedef struct {
    int64_t n;
} CountRow;

static const DbColumn count_columns[] = { DB_COLUMN(CountRow, n) };

static const DbQuery  expired_count = {
     .sql = "SELECT (SELECT count(*) FROM requester_session WHERE expires_at <= $1)"
             " + (SELECT count(*) FROM code WHERE expires_at <= $1)"
             " + (SELECT count(*) FROM code_send WHERE expires_at <= $1) AS n",
     DB_COLUMNS(CountRow, count_columns),
};

static const DbQuery expired_sessions = {
    .sql = "DELETE FROM requester_session WHERE expires_at <= $1",
    .table = "requester_session",
    .counted = true,
};

static const DbQuery expired_codes = {
    .sql = "DELETE FROM code WHERE expires_at <= $1",
    .table = "code",
};

static const DbQuery expired_sends = {
    .sql = "DELETE FROM code_send WHERE expires_at <= $1",
    .table = "code_send",
};

const DbQuery *const vault_sessions_queries[] = {
    &password_of,      &set_password,   &end_other_sessions, &session_by_hash,
    &session_insert,   &session_delete, &session_seen,       &expired_count,
    &expired_sessions, &expired_codes,  &expired_sends,      NULL,
};

/* ---- tokens ---- */

bool
vault_token_hash(const char *token, uint8_t hash[32])
{
    uint8_t bytes[TOKEN_BYTES];

    if (token == NULL || !crypto_from_base64(token, bytes, sizeof bytes))
        return false;
    crypto_digest((Bytes[]){ bytes_of_text("session"), BYTES_OF(bytes) }, 2, hash);
    sodium_memzero(bytes, sizeof bytes);
    return true;
}

void
vault_token_new(char token[VAULT_TOKEN_SIZE], uint8_t hash[32])
{
    uint8_t bytes[TOKEN_BYTES];

    crypto_random(bytes, sizeof bytes);
    sodium_bin2base64(token, VAULT_TOKEN_SIZE, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
    if (!vault_token_hash(token, hash))
        g_error("vault: a token of its own is none");
}

/* ---- what was used lately ---- */

/* A hash is random: its first bytes hash it. */
static guint
hash_of(gconstpointer hash)
{
    guint value;

    memcpy(&value, hash, sizeof value);
    return value;
}

static gboolean
same_hash(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, HASH_SIZE) == 0;
}

void
vault_seen_init(VaultSeen *seen)
{
    lock_init(&seen->lock);
    seen->times = g_hash_table_new_full(hash_of, same_hash, g_free, NULL);
}

void
vault_seen_clear(VaultSeen *seen)
{
    g_hash_table_destroy(seen->times);
    lock_clear(&seen->lock);
}

/* The last use is what is stored or, where that is old, what was noted since. An entry is the hash
 * and, behind it, the time: key and value in one. */
bool
vault_seen_is_alive(VaultSeen *seen, Bytes hash, AppTime now, AppTime seen_at, AppTime expires_at)
{
    VaultSeenItem *item;

    g_assert(hash.size == HASH_SIZE);
    if (now >= expires_at)
        return false;
    if (now - seen_at < SEEN_EACH)
        return true;

    lock_take(&seen->lock);
    item = g_hash_table_lookup(seen->times, hash.data);
    bool alive = now - MAX(seen_at, item == NULL ? 0 : item->at) < IDLE;
    if (alive && item == NULL) {
        item = g_new(VaultSeenItem, 1);
        memcpy(item->hash, hash.data, HASH_SIZE);
        g_hash_table_insert(seen->times, item, item);
    }
    if (alive)
        item->at = now;
    lock_leave(&seen->lock);
    return alive;
}

size_t
vault_seen_list(VaultSeen *seen, Arena *mem, VaultSeenItem **items)
{
    GHashTableIter iter;
    gpointer       item;
    size_t         n = 0;

    lock_take(&seen->lock);
    *items = ARENA_ARRAY(mem, VaultSeenItem, g_hash_table_size(seen->times));
    g_hash_table_iter_init(&iter, seen->times);
    while (g_hash_table_iter_next(&iter, &item, NULL))
        (*items)[n++] = *(VaultSeenItem *)item;
    lock_leave(&seen->lock);
    return n;
}

/* What was used again meanwhile stays for the next time. */
void
vault_seen_written(VaultSeen *seen, const VaultSeenItem *items, size_t n)
{
    lock_take(&seen->lock);
    for (size_t i = 0; i < n; i++) {
        const VaultSeenItem *item = g_hash_table_lookup(seen->times, items[i].hash);

        if (item != NULL && item->at == items[i].at)
            g_hash_table_remove(seen->times, items[i].hash);
    }
    lock_leave(&seen->lock);
}

/* ---- passwords ---- */

typedef struct {
    const Who  *by;
    int64_t     id;
    const char *hash;
} Password;

static bool
prepare_password(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Password *given = cmd;
    Bytes           kept = given->by->session;
    PasswordRow     row;

    (void)result;
    if (!db_one(write->tx, &password_of, DB_PARAMS(db_int(given->id)), &row, error))
        return false;

    plan_one(write->plan, &set_password,
             DB_PARAMS(db_text(given->hash), db_int(given->id), db_int(row.version)));
    plan_any(write->plan, &end_other_sessions,
             DB_PARAMS(db_int(given->id), db_bytes(kept.data != NULL ? kept : bytes_of_text(""))));
    vault_event_add(write,
                    &(VaultEvent){ .person_id = given->id, .kind = "password", .by = given->by });
    return true;
}

bool
vault_set_password(Vault *vault, Arena *mem, const Who *by, int64_t id, const char *password,
                   GError **error)
{
    Password given = { .by = by, .id = id };

    if (by->role != ROLE_SYSTEM && (by->role != ROLE_REQUESTER || by->person_id != id))
        return fail(error, APP_ERROR_FORBIDDEN, "a password is chosen by its owner");
    if (text_length(password) < PASSWORD_LEAST)
        return fail(error, APP_ERROR_INVALID, "a password of fewer than %d characters",
                    PASSWORD_LEAST);
    return crypto_password_hash(mem, password, &given.hash, error) &&
           vault_write(vault, mem, prepare_password, &given, NULL, error);
}

/* NULL when there is no such person or no password: the check takes as long. */
static bool
read_password(Vault *vault, Arena *mem, int64_t id, const char **hash, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    PasswordRow row;
    bool        found;

    if (tx == NULL || !db_maybe(tx, &password_of, DB_PARAMS(db_int(id)), &row, &found, error))
        return false;

    *hash = found ? row.password : NULL;
    return true;
}

bool
vault_check_password(Vault *vault, Arena *mem, int64_t id, const char *password, GError **error)
{
    const char *hash;
    bool        right;

    if (!read_password(vault, mem, id, &hash, error) ||
        !crypto_password_check(hash, password, &right, error))
        return false;
    return right || fail(error, APP_ERROR_UNAUTHENTICATED, "wrong person or password");
}

/* ---- sessions ---- */

typedef struct {
    int64_t person_id;
    Bytes   hash;
} NewSession;

bool
vault_session_add(VaultWrite *write, int64_t person_id, Bytes hash, GError **error)
{
    PasswordRow row;

    if (!db_one(write->tx, &password_of, DB_PARAMS(db_int(person_id)), &row, error))
        return false;

    plan_one(write->plan, &session_insert,
             DB_PARAMS(db_bytes(hash), db_int(person_id), db_int(write->now), db_int(write->now),
                       db_int(write->now + LIFE)));
    return true;
}

static bool
prepare_session(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const NewSession *given = cmd;

    (void)result;
    return vault_session_add(write, given->person_id, given->hash, error);
}

bool
vault_session_new(Vault *vault, Arena *mem, int64_t person_id, char token[44], GError **error)
{
    char    made[VAULT_TOKEN_SIZE];
    uint8_t hash[HASH_SIZE];
    bool    done;

    vault_token_new(made, hash);
    done = vault_write(vault, mem, prepare_session, &(NewSession){ person_id, BYTES_OF(hash) },
                       NULL, error);
    if (done)
        memcpy(token, made, sizeof made);
    sodium_memzero(made, sizeof made);
    return done;
}

static bool
read_session(Vault *vault, Arena *mem, Bytes hash, VaultSessionRow *row, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);

    return tx != NULL && db_one(tx, &session_by_hash, DB_PARAMS(db_bytes(hash)), row, error);
}

/* What is known of it may be older than its last use, which is written without asking: who seems to have
 * been idle for too long is looked up. */
static bool
find_session(Vault *vault, Arena *mem, Bytes hash, int64_t *person_id, GError **error)
{
    AppTime         now = clock_now(vault->clock);
    int64_t         changes = db_changes(vault->db);
    VaultSessionRow row;
    bool            known = vault_known_find(vault->known, hash.data, changes, &row);

    if (!known ||
        !vault_seen_is_alive(&vault->requesters, hash, now, row.seen_at, row.expires_at)) {
        if (!read_session(vault, mem, hash, &row, error))
            return false;
        if (!vault_seen_is_alive(&vault->requesters, hash, now, row.seen_at, row.expires_at))
            return fail(error, APP_ERROR_NOT_FOUND, "the session has expired");
        vault_known_keep(vault->known, hash.data, changes, &row);
    }
    *person_id = row.person_id;
    return true;
}

bool
vault_session(Vault *vault, Arena *mem, const char *token, int64_t *person_id, Bytes *hash,
              GError **error)
{
    uint8_t made[HASH_SIZE];

    if (!vault_token_hash(token, made))
        return fail(error, APP_ERROR_NOT_FOUND, "no token");
    if (!find_session(vault, mem, BYTES_OF(made), person_id, error))
        return false;

    *hash = arena_bytes(mem, BYTES_OF(made));
    return true;
}

static bool
prepare_end(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    (void)result, (void)error;
    plan_any(write->plan, &session_delete, DB_PARAMS(db_bytes(*(const Bytes *)cmd)));
    return true;
}

bool
vault_session_end(Vault *vault, Arena *mem, Bytes hash, GError **error)
{
    return hash.data == NULL || vault_write(vault, mem, prepare_end, &hash, NULL, error);
}

/* ---- jobs ---- */

typedef struct {
    const VaultSeenItem *items;
    size_t               n;
} Flush;

static bool
prepare_flush(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Flush *flush = cmd;

    (void)result, (void)error;
    for (size_t i = 0; i < flush->n; i++)
        plan_any(write->plan, &session_seen,
                 DB_PARAMS(db_int(flush->items[i].at), db_bytes(BYTES_OF(flush->items[i].hash))));
    return true;
}

bool
vault_flush_seen(Vault *vault, Arena *mem, GError **error)
{
    VaultSeenItem *items;
    size_t         n = vault_seen_list(&vault->requesters, mem, &items);

    for (size_t i = 0; i < n; i += AT_ONCE) {
        Flush flush = { items + i, MIN(n - i, AT_ONCE) };

        if (!vault_write(vault, mem, prepare_flush, &flush, NULL, error))
            return false;
        vault_seen_written(&vault->requesters, flush.items, flush.n);
    }
    return true;
}

static bool
prepare_sweep(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    DbValue  now = db_int(write->now);
    CountRow count;

    (void)cmd;
    if (!db_one(write->tx, &expired_count, &now, 1, &count, error))
        return false;

    *(int64_t *)result = count.n;
    if (count.n == 0)
        return true;
    plan_any(write->plan, &expired_sessions, &now, 1);
    plan_any(write->plan, &expired_codes, &now, 1);
    plan_any(write->plan, &expired_sends, &now, 1);
    return true;
}

bool
vault_sweep(Vault *vault, Arena *mem, int64_t *n, GError **error)
{
    return vault_write(vault, mem, prepare_sweep, NULL, n, error);
}
