/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Staff accounts. What must stay true: no account signs in without password and second factor; both
 * are set by the owner through a link that works once, and every change of an account is an event. */
#include "core/session_private.h"

#include "base/text.h"
#include "core/event.h"
#include "core/vault_private.h"

#include <sodium.h>
#include <string.h>

#define LINK_LIFE (24 * HOURS)

enum { HASH_SIZE = 32, LOGIN_MOST = 64, NAME_MOST = 200 };

/* ---- statements ---- */

static const DbColumn account_columns[] = {
    DB_COLUMN(Account, id),         DB_COLUMN(Account, version),  DB_COLUMN(Account, login),
    DB_COLUMN(Account, role),       DB_MAYBE(Account, entity_id), DB_MAYBE(Account, directorate_id),
    DB_COLUMN(Account, name),       DB_MAYBE(Account, password),  DB_MAYBE(Account, totp),
    DB_MAYBE(Account, disabled_at),
};

#define ACCOUNT_COLUMNS                                                                            \
    "id, version, login, role, entity_id, directorate_id, name, password, totp, disabled_at"

const DbQuery session_account_login_query = {
    .sql = "SELECT " ACCOUNT_COLUMNS " FROM account WHERE login = $1",
    DB_COLUMNS(Account, account_columns),
};

const DbQuery session_account_id_query = {
    .sql = "SELECT " ACCOUNT_COLUMNS " FROM account WHERE id = $1",
    DB_COLUMNS(Account, account_columns),
};

typedef struct {
    int64_t n;
} CountRow;

static const DbColumn count_columns[] = { DB_COLUMN(CountRow, n) };

const DbQuery         session_account_count_query = {
            .sql = "SELECT count(*) AS n FROM account",
            DB_COLUMNS(CountRow, count_columns),
            .scans = true,
};

const DbQuery session_account_insert_query = {
    .sql = "INSERT INTO account (id, login, role, entity_id, directorate_id, name, password, totp,"
           " version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)",
    .table = "account",
};

const DbQuery session_account_setup_query = {
    .sql = "UPDATE account SET version = version + 1, password = $1, totp = $2"
           " WHERE id = $3 AND version = $4 AND disabled_at IS NULL",
    .table = "account",
};

const DbQuery session_account_disable_query = {
    .sql = "UPDATE account SET version = version + 1, disabled_at = $1"
           " WHERE id = $2 AND version = $3 AND disabled_at IS NULL",
    .table = "account",
};

const DbQuery session_account_end_query = {
    .sql = "DELETE FROM session WHERE account_id = $1",
    .table = "session",
};

typedef struct {
    int64_t account_id, expires_at;
} LinkRow;

static const DbColumn link_columns[] = {
    DB_COLUMN(LinkRow, account_id),
    DB_COLUMN(LinkRow, expires_at),
};

const DbQuery session_link_query = {
    .sql = "SELECT account_id, expires_at FROM setup_link WHERE token_hash = $1",
    DB_COLUMNS(LinkRow, link_columns),
};

const DbQuery session_link_insert_query = {
    .sql = "INSERT INTO setup_link (token_hash, account_id, expires_at) VALUES ($1, $2, $3)",
    .table = "setup_link",
};

const DbQuery session_link_delete_query = {
    .sql = "DELETE FROM setup_link WHERE token_hash = $1",
    .table = "setup_link",
};

/* ---- reading ---- */

char *
session_login(Arena *mem, const char *login)
{
    char *trimmed = text_trim(mem, login != NULL ? login : "");

    for (char *at = trimmed; *at != '\0'; at++)
        *at = g_ascii_tolower(*at);
    return trimmed;
}

static bool
if_enabled(Account *account, bool *found)
{
    *found = *found && account->disabled_at == 0;
    if (!*found)
        *account = (Account){ .id = 0 };
    return true;
}

bool
session_account_by_login(DbTx *tx, const char *login, Account *out, bool *found, GError **error)
{
    return db_maybe(tx, &session_account_login_query, DB_PARAMS(db_text(login)), out, found,
                    error) &&
           if_enabled(out, found);
}

bool
session_account_by_id(DbTx *tx, int64_t id, Account *out, bool *found, GError **error)
{
    return db_maybe(tx, &session_account_id_query, DB_PARAMS(db_int(id)), out, found, error) &&
           if_enabled(out, found);
}

bool
session_count_accounts(System *sys, Arena *mem, int64_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    CountRow row;

    if (tx == NULL || !db_one(tx, &session_account_count_query, DB_NO_PARAMS, &row, error))
        return false;

    *n = row.n;
    return true;
}

/* ---- the second factor ---- */

static CryptoPlace
totp_place(int64_t account_id)
{
    return (CryptoPlace){ "account", "totp", account_id };
}

static Bytes
seal_totp(System *sys, Arena *mem, int64_t account_id, Bytes secret)
{
    g_auto(CryptoKey) key;

    if (secret.data == NULL)
        return secret;
    vault_key(sys->vault, VAULT_KEY_ACCOUNT, &key);
    return crypto_seal(mem, &key, totp_place(account_id), secret);
}

bool
session_totp_open(System *sys, const Account *account, uint8_t out[SESSION_TOTP_SIZE],
                  GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };

    return vault_key_of(sys->vault, VAULT_KEY_ACCOUNT, crypto_key_id(account->totp), &key, error) &&
           crypto_open_into(&key, totp_place(account->id), account->totp, out, SESSION_TOTP_SIZE,
                            error);
}

/* ---- a new account ---- */

typedef struct {
    const AccountNew *given;
    const char       *login, *hash; /* of the password; NULL: by a link */
    Bytes             content;
} NewAccount;

static bool
needs_entity(Role role)
{
    return role == ROLE_LIAISON || role == ROLE_HEAD || role == ROLE_DIRECTORATE;
}

static bool
check_place(System *sys, const AccountNew *cmd, GError **error)
{
    const Reference   *reference = system_reference(sys);
    const Directorate *directorate;

    if (cmd->entity_id != 0 && reference_entity(reference, cmd->entity_id) == NULL)
        return fail(error, APP_ERROR_INVALID, "no such entity");
    if (needs_entity(cmd->role) != (cmd->entity_id != 0) && cmd->role != ROLE_COUNTER)
        return fail(error, APP_ERROR_INVALID, "a %s with%s entity", role_name(cmd->role),
                    cmd->entity_id == 0 ? "out" : "");
    if ((cmd->role == ROLE_DIRECTORATE) != (cmd->directorate_id != 0))
        return fail(error, APP_ERROR_INVALID, "a %s with%s directorate", role_name(cmd->role),
                    cmd->directorate_id == 0 ? "out" : "");
    if (cmd->directorate_id == 0)
        return true;

    directorate = reference_directorate(reference, cmd->directorate_id);
    if (directorate == NULL || directorate->entity_id != cmd->entity_id)
        return fail(error, APP_ERROR_INVALID, "the directorate is not the entity's");
    return true;
}

static bool
check_login(const char *login, GError **error)
{
    size_t length = strlen(login);

    if (length == 0 || length > LOGIN_MOST)
        return fail(error, APP_ERROR_INVALID, "a login of %zu characters", length);
    for (const char *at = login; *at != '\0'; at++)
        if (!g_ascii_isgraph(*at))
            return fail(error, APP_ERROR_INVALID, "a login is ASCII letters, digits and signs");
    return true;
}

static bool
check_password(const char *password, GError **error)
{
    if (text_length(password) < SESSION_PASSWORD_LEAST)
        return fail(error, APP_ERROR_INVALID, "a password of fewer than %d characters",
                    SESSION_PASSWORD_LEAST);
    return true;
}

static bool
check_new(System *sys, const AccountNew *cmd, const char *login, GError **error)
{
    if (cmd->role <= ROLE_REQUESTER || cmd->role >= ROLE_SYSTEM)
        return fail(error, APP_ERROR_INVALID, "not a role of staff");
    if (cmd->name == NULL || text_is_blank(cmd->name) || text_length(cmd->name) > NAME_MOST)
        return fail(error, APP_ERROR_INVALID, "an account without a name");
    if (cmd->totp.data != NULL && cmd->totp.size != SESSION_TOTP_SIZE)
        return fail(error, APP_ERROR_INVALID, "a second factor of %zu bytes", cmd->totp.size);
    if ((cmd->password != NULL) != (cmd->totp.data != NULL))
        return fail(error, APP_ERROR_INVALID, "password and second factor go together");
    if (!check_login(login, error) ||
        (cmd->password != NULL && !check_password(cmd->password, error)))
        return false;
    return check_place(sys, cmd, error);
}

/* The same for a repeat of the command, so that its answer is the same. */
static void
make_link(System *sys, Bytes command_id, int64_t account_id, char token[VAULT_TOKEN_SIZE])
{
    g_auto(CryptoKey) key;
    uint8_t mac[CRYPTO_MAC_SIZE];

    vault_key(sys->vault, VAULT_KEY_ACCOUNT, &key);
    crypto_mac(&key,
               (Bytes[]){ bytes_of_text("setup"),
                          command_id,
                          { (const uint8_t *)&account_id, sizeof account_id } },
               3, mac);
    sodium_bin2base64(token, VAULT_TOKEN_SIZE, mac, sizeof mac,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(mac, sizeof mac);
}

static void
add_link(Prepare *prepare, int64_t account_id, AccountMade *made)
{
    char    token[VAULT_TOKEN_SIZE];
    uint8_t hash[HASH_SIZE];

    make_link(prepare->sys, prepare->command_id, account_id, token);
    if (!vault_token_hash(token, hash))
        g_error("session: a token of its own is none");
    if (!prepare->repeated)
        plan_one(prepare->plan, &session_link_insert_query,
                 DB_PARAMS(db_bytes(BYTES_OF(hash)), db_int(account_id),
                           db_int(prepare->recorded_at + LINK_LIFE)));
    made->link_token = arena_copy(prepare->mem, token);
}

static bool
append_event(Prepare *prepare, const char *kind, int64_t account_id, int64_t version,
             int64_t entity_id, Bytes content, GError **error)
{
    Event event = { .petition_id = account_id,
                    .version = version,
                    .kind = kind,
                    .at = prepare->now,
                    .actor_role = prepare->by->role,
                    .actor_ref = prepare->by->account_id,
                    .entity_to = entity_id,
                    .visibility = "unit",
                    .content = content };

    return event_append(prepare, &event, error);
}

/* The login is taken: by this very command, or by another account. */
static bool
repeat(Prepare *prepare, const NewAccount *new, const Account *account, AccountMade *made,
       GError **error)
{
    bool repeated;

    if (!event_is_repeat(prepare, account->id, new->content, &repeated, error))
        return false;
    if (!repeated)
        return fail(error, APP_ERROR_INVALID, "the login is taken");

    *made = (AccountMade){ .id = account->id };
    if (new->hash == NULL)
        add_link(prepare, account->id, made);
    return true;
}

static bool
prepare_new(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    const NewAccount *new = cmd;
    const AccountNew *given = new->given;
    AccountMade      *made = result;
    Account           taken;
    bool              found;

    if (!db_maybe(prepare->tx, &session_account_login_query, DB_PARAMS(db_text(new->login)), &taken,
                  &found, error))
        return false;
    if (found)
        return repeat(prepare, new, &taken, made, error);

    *made = (AccountMade){ .id = id_next(prepare->sys->ids) };
    if (!append_event(prepare, "account_new", made->id, 1, given->entity_id, new->content, error))
        return false;
    Bytes totp = seal_totp(prepare->sys, prepare->mem, made->id, given->totp);
    plan_one(prepare->plan, &session_account_insert_query,
             DB_PARAMS(db_int(made->id), db_text(new->login), db_text(role_name(given->role)),
                       db_int_or_null(given->entity_id), db_int_or_null(given->directorate_id),
                       db_text(given->name), db_text(new->hash), db_bytes(totp)));
    if (new->hash == NULL)
        add_link(prepare, made->id, made);
    return true;
}

static bool
may_manage(const Who *by, GError **error)
{
    return by->role == ROLE_ADMIN || by->role == ROLE_SYSTEM ||
           fail(error, APP_ERROR_FORBIDDEN, "accounts are the administrator's");
}

bool
session_account_new(const CommandContext *context, const AccountNew *cmd, AccountMade *made,
                    GError **error)
{
    NewAccount new = { .given = cmd, .login = session_login(context->mem, cmd->login) };

    if (!may_manage(context->by, error) || !check_new(context->sys, cmd, new.login, error))
        return false;
    if (cmd->password != NULL &&
        !crypto_password_hash(context->mem, cmd->password, &new.hash, error))
        return false;

    new.content = bytes_of_text(
        arena_printf(context->mem, "%s\n%s\n%s\n%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT, new.login,
                     role_name(cmd->role), cmd->name, cmd->entity_id, cmd->directorate_id));
    return command_run(context, prepare_new, &new, made, NULL, error);
}

/* ---- setting up by the link ---- */

static bool
find_linked(DbTx *tx, AppTime now, const char *link_token, uint8_t hash[HASH_SIZE], Account *out,
            GError **error)
{
    LinkRow link;
    bool    found;

    if (!vault_token_hash(link_token, hash))
        return fail(error, APP_ERROR_NOT_FOUND, "no link");
    if (!db_maybe(tx, &session_link_query, DB_PARAMS(db_bytes((Bytes){ hash, HASH_SIZE })), &link,
                  &found, error))
        return false;
    if (!found || link.expires_at <= now)
        return fail(error, APP_ERROR_NOT_FOUND, "the link was used, or has expired");
    if (!session_account_by_id(tx, link.account_id, out, &found, error))
        return false;
    return found || fail(error, APP_ERROR_NOT_FOUND, "the account is disabled");
}

bool
session_setup_account(System *sys, Arena *mem, const char *link_token, Account *out, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    uint8_t hash[HASH_SIZE];

    return tx != NULL && find_linked(tx, clock_now(sys->clock), link_token, hash, out, error);
}

typedef struct {
    const char *link_token, *hash;
    Bytes       totp;
    int64_t     step;
} Setup;

static bool
prepare_setup(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    const Setup *setup = cmd;
    uint8_t      link[HASH_SIZE];
    Account      account;
    int64_t      before;

    (void)result;
    if (!find_linked(prepare->tx, prepare->recorded_at, setup->link_token, link, &account, error) ||
        !session_step(prepare->tx, account.id, &before, error) ||
        !append_event(prepare, "account_setup", account.id, account.version + 1, account.entity_id,
                      (Bytes){ NULL, 0 }, error))
        return false;

    Bytes totp = seal_totp(prepare->sys, prepare->mem, account.id, setup->totp);
    plan_one(prepare->plan, &session_account_setup_query,
             DB_PARAMS(db_text(setup->hash), db_bytes(totp), db_int(account.id),
                       db_int(account.version)));
    plan_one(prepare->plan, &session_link_delete_query, DB_PARAMS(db_bytes(BYTES_OF(link))));
    plan_any(prepare->plan, &session_account_end_query, DB_PARAMS(db_int(account.id)));
    if (before < setup->step)
        session_use_step(prepare->plan, account.id, before, setup->step);
    return true;
}

bool
session_setup(System *sys, Arena *mem, const char *link_token, const char *password, Bytes totp,
              const char *digits, GError **error)
{
    Setup   setup = { .link_token = link_token, .totp = totp };
    Account account;

    if (!session_setup_account(sys, mem, link_token, &account, error) ||
        !check_password(password, error))
        return false;
    if (totp.size != SESSION_TOTP_SIZE)
        return fail(error, APP_ERROR_INVALID, "a second factor of %zu bytes", totp.size);
    setup.step = crypto_totp_step(totp, digits, clock_now(sys->clock) / SECONDS);
    if (setup.step == 0)
        return fail(error, APP_ERROR_INVALID, "the code is not of this second factor");
    if (!crypto_password_hash(mem, password, &setup.hash, error))
        return false;

    Role role = ROLE_NONE;
    if (!role_parse(account.role, &role))
        return fail(error, APP_ERROR_INTERNAL, "account %" G_GINT64_FORMAT " has no known role",
                    account.id);
    Who            by = { .role = role, .account_id = account.id };
    CommandContext context = { .sys = sys, .mem = mem, .by = &by };
    return command_run(&context, prepare_setup, &setup, NULL, NULL, error);
}

/* ---- disabling ---- */

static bool
prepare_disable(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    int64_t id = *(const int64_t *)cmd;
    Account account;

    (void)result;
    if (!db_one(prepare->tx, &session_account_id_query, DB_PARAMS(db_int(id)), &account, error))
        return false;
    if (account.disabled_at != 0)
        return true;

    if (!append_event(prepare, "account_disable", id, account.version + 1, account.entity_id,
                      (Bytes){ NULL, 0 }, error))
        return false;
    plan_one(prepare->plan, &session_account_disable_query,
             DB_PARAMS(db_int(prepare->recorded_at), db_int(id), db_int(account.version)));
    plan_any(prepare->plan, &session_account_end_query, DB_PARAMS(db_int(id)));
    return true;
}

bool
session_account_disable(const CommandContext *context, int64_t account_id, GError **error)
{
    return may_manage(context->by, error) &&
           command_run(context, prepare_disable, &account_id, NULL, NULL, error);
}
