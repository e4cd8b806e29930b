/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Signing in, sessions, and the tokens of forms and cookies. What must stay true: an unknown login, a
 * wrong password and a wrong or used code give one answer after one and the same work; a session is
 * its account, read anew each time, so that a disabled one or a changed role counts at once. */
#include "core/session_private.h"

#include "core/vault_private.h"

#include <sodium.h>
#include <string.h>

#define LIFE (12 * HOURS)
#define FOLLOW (30 * MINUTES)

enum { HASH_SIZE = 32, NONCE_SIZE = 16, AT_ONCE = 500 };

/* ---- statements ---- */

typedef struct {
    int64_t step;
} StepRow;

static const DbColumn step_columns[] = { DB_COLUMN(StepRow, step) };

static const DbQuery  step_of = {
     .sql = "SELECT step FROM account_step WHERE account_id = $1",
     DB_COLUMNS(StepRow, step_columns),
};

static const DbQuery step_first = {
    .sql = "INSERT INTO account_step (account_id, step) VALUES ($1, $2)",
    .table = "account_step",
};

static const DbQuery step_next = {
    .sql = "UPDATE account_step SET step = $1 WHERE account_id = $2 AND step = $3",
    .table = "account_step",
};

typedef struct {
    int64_t     account_id, entity_id, directorate_id, seen_at, expires_at;
    const char *role, *name;
} SessionRow;

static const DbColumn session_columns[] = {
    DB_COLUMN(SessionRow, account_id),    DB_COLUMN(SessionRow, role),
    DB_COLUMN(SessionRow, name),          DB_MAYBE(SessionRow, entity_id),
    DB_MAYBE(SessionRow, directorate_id), DB_COLUMN(SessionRow, seen_at),
    DB_COLUMN(SessionRow, expires_at),
};

static const DbQuery session_by_hash = {
    .sql = "SELECT s.account_id, a.role, a.name, a.entity_id, a.directorate_id, s.seen_at,"
           " s.expires_at FROM session s JOIN account a ON a.id = s.account_id"
           " WHERE s.token_hash = $1 AND a.disabled_at IS NULL",
    DB_COLUMNS(SessionRow, session_columns),
};

static const DbQuery session_insert = {
    .sql = "INSERT INTO session (token_hash, account_id, created_at, seen_at, expires_at)"
           " VALUES ($1, $2, $3, $4, $5)",
    .table = "session",
};

static const DbQuery session_delete = {
    .sql = "DELETE FROM session WHERE token_hash = $1",
    .table = "session",
};

static const DbQuery session_seen = {
    .sql = "UPDATE session SET seen_at = $1 WHERE token_hash = $2 AND seen_at < $1",
    .table = "session",
};

typedef struct {
    int64_t n;
} CountRow;

static const DbColumn count_columns[] = { DB_COLUMN(CountRow, n) };

static const DbQuery  expired_count = {
     .sql = "SELECT (SELECT count(*) FROM session WHERE expires_at <= $1)"
             " + (SELECT count(*) FROM setup_link WHERE expires_at <= $1) AS n",
     DB_COLUMNS(CountRow, count_columns),
     .scans = true, /* links are few */
};

static const DbQuery expired_sessions = {
    .sql = "DELETE FROM session WHERE expires_at <= $1",
    .table = "session",
};

static const DbQuery expired_links = {
    .sql = "DELETE FROM setup_link WHERE expires_at <= $1",
    .table = "setup_link",
    .scans = true,
};

const DbQuery *const session_queries[] = {
    &step_of,
    &step_first,
    &step_next,
    &session_by_hash,
    &session_insert,
    &session_delete,
    &session_seen,
    &expired_count,
    &expired_sessions,
    &expired_links,
    &session_account_login_query,
    &session_account_id_query,
    &session_account_count_query,
    &session_account_insert_query,
    &session_account_setup_query,
    &session_account_disable_query,
    &session_account_end_query,
    &session_link_query,
    &session_link_insert_query,
    &session_link_delete_query,
    NULL,
};

const DbTable session_tables[] = {
    { "account", DB_TABLE_REFERENCE },
    { "account_step", DB_TABLE_MACHINERY },
    { "setup_link", DB_TABLE_MACHINERY },
    { "session", DB_TABLE_MACHINERY },
    { NULL, 0 },
};

static const Who by_system = { .role = ROLE_SYSTEM };

/* ---- signing in ---- */

bool
session_step(DbTx *tx, int64_t account_id, int64_t *step, GError **error)
{
    StepRow row;
    bool    found;

    if (!db_maybe(tx, &step_of, DB_PARAMS(db_int(account_id)), &row, &found, error))
        return false;

    *step = found ? row.step : 0;
    return true;
}

void
session_use_step(WritePlan *plan, int64_t account_id, int64_t before, int64_t step)
{
    if (before == 0)
        plan_one(plan, &step_first, DB_PARAMS(db_int(account_id), db_int(step)));
    else
        plan_one(plan, &step_next, DB_PARAMS(db_int(step), db_int(account_id), db_int(before)));
}

/* A zeroed account, without password, when there is none. */
static bool
find_account(System *sys, Arena *mem, const char *login, Account *out, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    bool found;

    *out = (Account){ .id = 0 };
    return tx != NULL &&
           session_account_by_login(tx, session_login(mem, login), out, &found, error);
}

/* Computed for nobody's secret too. An account without second factor has no right step. */
static bool
right_step(System *sys, const Account *account, const char *digits, int64_t *step, GError **error)
{
    uint8_t secret[SESSION_TOTP_SIZE] = { 0 };
    bool    has = account->totp.data != NULL;

    if (has && !session_totp_open(sys, account, secret, error))
        return false;
    *step = crypto_totp_step(BYTES_OF(secret), digits, clock_now(sys->clock) / SECONDS);
    if (!has)
        *step = 0;
    sodium_memzero(secret, sizeof secret);
    return true;
}

typedef struct {
    int64_t account_id, version, step;
    Bytes   hash;
} SignIn;

static bool
deny(GError **error)
{
    return fail(error, APP_ERROR_UNAUTHENTICATED, "wrong login, password or code");
}

static bool
prepare_sign_in(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    const SignIn *given = cmd;
    Account       account;
    int64_t       before;
    bool          found;

    (void)result;
    if (!session_account_by_id(prepare->tx, given->account_id, &account, &found, error) ||
        !session_step(prepare->tx, given->account_id, &before, error))
        return false;
    /* Disabled or given a new password while the old one was being hashed; or the code was used. */
    if (!found || account.version != given->version || before >= given->step)
        return deny(error);

    AppTime now = prepare->recorded_at;
    session_use_step(prepare->plan, given->account_id, before, given->step);
    plan_one(prepare->plan, &session_insert,
             DB_PARAMS(db_bytes(given->hash), db_int(given->account_id), db_int(now), db_int(now),
                       db_int(now + LIFE)));
    return true;
}

static bool
start_session(System *sys, Arena *mem, const Account *account, int64_t step, char token[44],
              GError **error)
{
    CommandContext context = { .sys = sys, .mem = mem, .by = &by_system };
    char           made[VAULT_TOKEN_SIZE];
    uint8_t        hash[HASH_SIZE];
    bool           done;

    vault_token_new(made, hash);
    done = command_run(&context, prepare_sign_in,
                       &(SignIn){ account->id, account->version, step, BYTES_OF(hash) }, NULL, NULL,
                       error);
    if (done)
        memcpy(token, made, sizeof made);
    sodium_memzero(made, sizeof made);
    return done;
}

bool
session_sign_in(System *sys, Arena *mem, const char *login, const char *password,
                const char *digits, char token[44], GError **error)
{
    Account account;
    bool    right;
    int64_t step;

    if (!find_account(sys, mem, login, &account, error) ||
        !crypto_password_check(account.password, password, &right, error) ||
        !right_step(sys, &account, digits, &step, error))
        return false;
    if (!right || step == 0)
        return deny(error);
    return start_session(sys, mem, &account, step, token, error);
}

/* ---- sessions ---- */

bool
session_staff(System *sys, DbTx *tx, const char *token, Who *who, GError **error)
{
    uint8_t    hash[HASH_SIZE];
    SessionRow row;
    Role       role;

    if (!vault_token_hash(token, hash))
        return fail(error, APP_ERROR_NOT_FOUND, "no token");
    if (!db_one(tx, &session_by_hash, DB_PARAMS(db_bytes(BYTES_OF(hash))), &row, error))
        return false;
    if (!role_parse(row.role, &role))
        return fail(error, APP_ERROR_INTERNAL, "account %" G_GINT64_FORMAT " has no known role",
                    row.account_id);
    if (!vault_seen_is_alive(&sys->vault->staff, BYTES_OF(hash), clock_now(sys->clock), row.seen_at,
                             row.expires_at))
        return fail(error, APP_ERROR_NOT_FOUND, "the session has expired");

    who->role = role;
    who->account_id = row.account_id;
    who->entity_id = row.entity_id;
    who->directorate_id = row.directorate_id;
    who->name = row.name;
    who->session = arena_bytes(db_arena(tx), BYTES_OF(hash));
    return true;
}

static bool
prepare_end(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    (void)result, (void)error;
    plan_any(prepare->plan, &session_delete, DB_PARAMS(db_bytes(*(const Bytes *)cmd)));
    return true;
}

bool
session_end(System *sys, Arena *mem, Bytes hash, GError **error)
{
    CommandContext context = { .sys = sys, .mem = mem, .by = &by_system };

    return hash.data == NULL || command_run(&context, prepare_end, &hash, NULL, NULL, error);
}

/* ---- jobs ---- */

typedef struct {
    const VaultSeenItem *items;
    size_t               n;
} Flush;

static bool
prepare_flush(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    const Flush *flush = cmd;

    (void)result, (void)error;
    for (size_t i = 0; i < flush->n; i++)
        plan_any(prepare->plan, &session_seen,
                 DB_PARAMS(db_int(flush->items[i].at), db_bytes(BYTES_OF(flush->items[i].hash))));
    return true;
}

bool
session_flush_seen(System *sys, Arena *mem, GError **error)
{
    CommandContext context = { .sys = sys, .mem = mem, .by = &by_system };
    VaultSeenItem *items;
    size_t         n = vault_seen_list(&sys->vault->staff, mem, &items);

    for (size_t i = 0; i < n; i += AT_ONCE) {
        Flush flush = { items + i, MIN(n - i, AT_ONCE) };

        if (!command_run(&context, prepare_flush, &flush, NULL, NULL, error))
            return false;
        vault_seen_written(&sys->vault->staff, flush.items, flush.n);
    }
    return vault_flush_seen(sys->vault, mem, error);
}

static bool
prepare_sweep(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    DbValue  now = db_int(prepare->recorded_at);
    CountRow count;

    (void)cmd;
    if (!db_one(prepare->tx, &expired_count, &now, 1, &count, error))
        return false;

    *(int64_t *)result = count.n;
    if (count.n == 0)
        return true;
    plan_any(prepare->plan, &expired_sessions, &now, 1);
    plan_any(prepare->plan, &expired_links, &now, 1);
    return true;
}

bool
session_sweep(System *sys, Arena *mem, int64_t *n, GError **error)
{
    CommandContext context = { .sys = sys, .mem = mem, .by = &by_system };

    return command_run(&context, prepare_sweep, NULL, n, NULL, error);
}

/* ---- CSRF ---- */

/* False when there is nothing that a token could be bound to. */
static bool
csrf_mac(const CryptoKey *cookie, const Who *who, const uint8_t nonce[NONCE_SIZE],
         uint8_t out[CRYPTO_MAC_SIZE])
{
    g_auto(CryptoKey) key;
    bool  in_session = who->session.size > 0;
    Bytes bound = in_session ? who->session : who->visitor;

    crypto_key_derive(cookie, "csrf", 0, &key);
    crypto_mac(&key,
               (Bytes[]){ bytes_of_text(in_session ? "session" : "visitor"),
                          bound,
                          { nonce, NONCE_SIZE } },
               3, out);
    return bound.size > 0;
}

char *
session_csrf(System *sys, Arena *mem, const Who *who)
{
    g_auto(CryptoKey) cookie;
    uint8_t token[NONCE_SIZE + CRYPTO_MAC_SIZE];

    vault_key(sys->vault, VAULT_KEY_COOKIE, &cookie);
    crypto_random(token, NONCE_SIZE);
    if (!csrf_mac(&cookie, who, token, token + NONCE_SIZE))
        return arena_text(mem, "", 0);
    return crypto_base64(mem, BYTES_OF(token));
}

/* Pages that were open when the cookie key was rotated still send: the epoch before is right too. */
bool
session_csrf_is_right(System *sys, const Who *who, const char *token)
{
    uint8_t given[NONCE_SIZE + CRYPTO_MAC_SIZE], mac[CRYPTO_MAC_SIZE];
    g_auto(CryptoKey) cookie;
    g_autoptr(GError) none = NULL;

    if (token == NULL || !crypto_from_base64(token, given, sizeof given))
        return false;

    vault_key(sys->vault, VAULT_KEY_COOKIE, &cookie);
    for (uint32_t epoch = cookie.id, tried = 0; epoch > 0 && tried < 2; epoch--, tried++) {
        if (!vault_key_of(sys->vault, VAULT_KEY_COOKIE, epoch, &cookie, &none) ||
            !csrf_mac(&cookie, who, given, mac))
            return false;
        if (sodium_memcmp(mac, given + NONCE_SIZE, sizeof mac) == 0)
            return true;
    }
    return false;
}

/* ---- the follow cookie ---- */

static const CryptoPlace follow_place = { "cookie", "follow", 0 };

char *
session_follow_cookie(System *sys, Arena *mem, int64_t petition_id)
{
    g_auto(CryptoKey) cookie;
    g_auto(CryptoKey) key;
    int64_t content[] = { GINT64_TO_BE(petition_id), GINT64_TO_BE(clock_now(sys->clock) + FOLLOW) };

    vault_key(sys->vault, VAULT_KEY_COOKIE, &cookie);
    crypto_key_derive(&cookie, "follow", 0, &key);
    return crypto_base64(mem, crypto_seal(mem, &key, follow_place,
                                          (Bytes){ (const uint8_t *)content, sizeof content }));
}

bool
session_follow_read(System *sys, Arena *mem, const char *cookie, int64_t *petition_id)
{
    uint8_t sealed[CRYPTO_OVERHEAD + 2 * sizeof(int64_t)];
    int64_t content[2];
    g_auto(CryptoKey) ring = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };
    g_autoptr(GError) none = NULL;

    (void)mem;
    if (cookie == NULL || !crypto_from_base64(cookie, sealed, sizeof sealed) ||
        !vault_key_of(sys->vault, VAULT_KEY_COOKIE, crypto_key_id(BYTES_OF(sealed)), &ring, &none))
        return false;

    crypto_key_derive(&ring, "follow", 0, &key);
    if (!crypto_open_into(&key, follow_place, BYTES_OF(sealed), (uint8_t *)content, sizeof content,
                          &none))
        return false;
    if (clock_now(sys->clock) >= GINT64_FROM_BE(content[1]))
        return false;

    *petition_id = GINT64_FROM_BE(content[0]);
    return true;
}
