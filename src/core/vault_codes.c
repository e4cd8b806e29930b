/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One-time codes. What must stay true: every try is counted before it is answered (the row's `tries`
 * guards both the count and the use, so that a thousand guesses at once are five), and a send is
 * counted with the code that it is for. */
#include "core/vault_private.h"

#include "base/text.h"

#include <sodium.h>
#include <string.h>

enum { DIGITS = 6, CODES = 1000000, TRIES_MOST = 5, SENDS_SHORT = 3, SENDS_LONG = 10 };

#define LIFE (5 * MINUTES)
#define WINDOW_SHORT (15 * MINUTES)
#define WINDOW_LONG (24 * HOURS)

/* ---- statements ---- */

typedef struct {
    int64_t tries, expires_at;
    Bytes   code_mac, address;
} CodeRow;

static const DbColumn code_columns[] = {
    DB_COLUMN(CodeRow, code_mac),
    DB_COLUMN(CodeRow, address),
    DB_COLUMN(CodeRow, tries),
    DB_COLUMN(CodeRow, expires_at),
};

static const DbQuery code_by_visitor = {
    .sql = "SELECT code_mac, address, tries, expires_at FROM code"
           " WHERE visitor_hash = $1 AND purpose = $2",
    DB_COLUMNS(CodeRow, code_columns),
};

static const DbQuery code_put = {
    .sql = "INSERT INTO code (visitor_hash, purpose, code_mac, address, tries, expires_at)"
           " VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (visitor_hash, purpose) DO UPDATE"
           " SET code_mac = excluded.code_mac, address = excluded.address, tries = 0,"
           " expires_at = excluded.expires_at",
    .table = "code",
};

static const DbQuery code_try = {
    .sql = "UPDATE code SET tries = tries + 1 WHERE visitor_hash = $1 AND purpose = $2"
           " AND code_mac = $3 AND tries = $4",
    .table = "code",
};

static const DbQuery code_use = {
    .sql = "DELETE FROM code WHERE visitor_hash = $1 AND purpose = $2 AND code_mac = $3"
           " AND tries = $4",
    .table = "code",
};

typedef struct {
    int64_t version;
    Bytes   sends;
} SendRow;

static const DbColumn send_columns[] = { DB_COLUMN(SendRow, version), DB_COLUMN(SendRow, sends) };

static const DbQuery  sends_of = {
     .sql = "SELECT version, sends FROM code_send WHERE address_mac = $1",
     DB_COLUMNS(SendRow, send_columns),
};

static const DbQuery send_first = {
    .sql = "INSERT INTO code_send (address_mac, version, sends, expires_at) VALUES ($1, 1, $2, $3)",
    .table = "code_send",
};

static const DbQuery send_next = {
    .sql = "UPDATE code_send SET version = version + 1, sends = $1, expires_at = $2"
           " WHERE address_mac = $3 AND version = $4",
    .table = "code_send",
};

const DbQuery *const vault_codes_queries[] = {
    &code_by_visitor, &code_put, &code_try, &code_use, &sends_of, &send_first, &send_next, NULL,
};

/* ---- MACs ---- */

typedef struct {
    const char *purpose, *address, *digits;
    uint8_t     visitor[CRYPTO_MAC_SIZE]; /* hashed */
    CryptoKey   key;                      /* of codes */
} Code;

/* Codes outlive a rotation of the cookie key by five minutes at most: the older one is not tried. */
static void
prepare_code(const Vault *vault, Bytes visitor, const char *purpose, Code *out)
{
    g_auto(CryptoKey) cookie;

    vault_key(vault, VAULT_KEY_COOKIE, &cookie);
    crypto_key_derive(&cookie, "code", 0, &out->key);
    out->purpose = purpose;
    crypto_mac(&out->key, (Bytes[]){ bytes_of_text("visitor"), visitor }, 2, out->visitor);
}

static void
code_mac(const Code *code, const char *digits, uint8_t out[CRYPTO_MAC_SIZE])
{
    crypto_mac(&code->key,
               (Bytes[]){ bytes_of_text("digits"), BYTES_OF(code->visitor),
                          bytes_of_text(code->purpose), bytes_of_text(digits) },
               4, out);
}

static CryptoPlace
address_place(const Code *code)
{
    int64_t row;

    memcpy(&row, code->visitor, sizeof row);
    return (CryptoPlace){ "code", "address", GINT64_FROM_BE(row) };
}

/* ---- sending ---- */

static AppTime
send_time(Bytes sends, size_t n)
{
    int64_t time;

    memcpy(&time, sends.data + n * sizeof time, sizeof time);
    return GINT64_FROM_BE(time);
}

/* Newest first: the third and the tenth one back tell whether one more is too many. */
static bool
check_sends(Bytes sends, AppTime now, GError **error)
{
    size_t n = sends.size / sizeof(AppTime);

    if (n >= SENDS_SHORT && now - send_time(sends, SENDS_SHORT - 1) < WINDOW_SHORT)
        return fail(error, APP_ERROR_LIMITED, "%d codes in 15 minutes", SENDS_SHORT);
    if (n >= SENDS_LONG && now - send_time(sends, SENDS_LONG - 1) < WINDOW_LONG)
        return fail(error, APP_ERROR_LIMITED, "%d codes in a day", SENDS_LONG);
    return true;
}

static bool
count_send(VaultWrite *write, const Code *code, GError **error)
{
    uint8_t mac[CRYPTO_MAC_SIZE], times[SENDS_LONG * sizeof(AppTime)];
    SendRow row = { .sends = { (const uint8_t *)"", 0 } };
    int64_t now = GINT64_TO_BE(write->now);
    bool    found;

    crypto_mac(&code->key, (Bytes[]){ bytes_of_text("address"), bytes_of_text(code->address) }, 2,
               mac);
    if (!db_maybe(write->tx, &sends_of, DB_PARAMS(db_bytes(BYTES_OF(mac))), &row, &found, error) ||
        !check_sends(row.sends, write->now, error))
        return false;

    size_t kept = MIN(row.sends.size, sizeof times - sizeof now);
    memcpy(times, &now, sizeof now);
    memcpy(times + sizeof now, row.sends.data, kept);
    Bytes   sends = { times, sizeof now + kept };
    AppTime until = write->now + WINDOW_LONG;
    if (found)
        plan_one(write->plan, &send_next,
                 DB_PARAMS(db_bytes(sends), db_int(until), db_bytes(BYTES_OF(mac)),
                           db_int(row.version)));
    else
        plan_one(write->plan, &send_first,
                 DB_PARAMS(db_bytes(BYTES_OF(mac)), db_bytes(sends), db_int(until)));
    return true;
}

static bool
prepare_send(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Code *code = cmd;
    uint8_t     mac[CRYPTO_MAC_SIZE];

    (void)result;
    if (!count_send(write, code, error))
        return false;

    code_mac(code, code->digits, mac);
    Bytes address =
        crypto_seal(write->mem, &code->key, address_place(code), bytes_of_text(code->address));
    plan_one(write->plan, &code_put,
             DB_PARAMS(db_bytes(BYTES_OF(code->visitor)), db_text(code->purpose),
                       db_bytes(BYTES_OF(mac)), db_bytes(address), db_int(write->now + LIFE)));
    return true;
}

bool
vault_code_new(Vault *vault, Arena *mem, Bytes visitor, const char *purpose, const char *address,
               char digits[7], GError **error)
{
    Code code = { .address = address };
    char made[DIGITS + 1];
    bool done;

    if (visitor.size == 0)
        return fail(error, APP_ERROR_INVALID, "a code for no browser");

    prepare_code(vault, visitor, purpose, &code);
    g_snprintf(made, sizeof made, "%06u", randombytes_uniform(CODES));
    code.digits = made;
    done = vault_write(vault, mem, prepare_send, &code, NULL, error);
    if (done)
        memcpy(digits, made, sizeof made);
    sodium_memzero(made, sizeof made);
    crypto_key_clear(&code.key);
    return done;
}

/* ---- checking ---- */

typedef struct {
    bool        right;
    const char *address;
} Answer;

static bool
read_code(VaultWrite *write, const Code *code, CodeRow *row, GError **error)
{
    bool found;

    if (!db_maybe(write->tx, &code_by_visitor,
                  DB_PARAMS(db_bytes(BYTES_OF(code->visitor)), db_text(code->purpose)), row, &found,
                  error))
        return false;
    if (!found || row->expires_at <= write->now)
        return fail(error, APP_ERROR_INVALID, "no code was sent, or it has expired");
    if (row->tries >= TRIES_MOST)
        return fail(error, APP_ERROR_LIMITED, "%d wrong codes", TRIES_MOST);
    return true;
}

static bool
prepare_check(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Code *code = cmd;
    Answer     *answer = result;
    CodeRow     row;
    uint8_t     mac[CRYPTO_MAC_SIZE];
    Bytes       address;

    if (!read_code(write, code, &row, error))
        return false;

    code_mac(code, code->digits, mac);
    answer->right =
        row.code_mac.size == sizeof mac && sodium_memcmp(mac, row.code_mac.data, sizeof mac) == 0;
    plan_one(write->plan, answer->right ? &code_use : &code_try,
             DB_PARAMS(db_bytes(BYTES_OF(code->visitor)), db_text(code->purpose),
                       db_bytes(row.code_mac), db_int(row.tries)));
    if (!answer->right)
        return true;

    if (!crypto_open(write->mem, &code->key, address_place(code), row.address, &address, error))
        return false;
    answer->address = (const char *)address.data;
    return true;
}

bool
vault_code_check(Vault *vault, Arena *mem, Bytes visitor, const char *purpose, const char *digits,
                 const char **address, GError **error)
{
    Code   code = { .digits = text_ascii_digits(mem, text_trim(mem, digits)) };
    Answer answer = { .right = false };
    bool   done;

    prepare_code(vault, visitor, purpose, &code);
    done = vault_write(vault, mem, prepare_check, &code, &answer, error);
    crypto_key_clear(&code.key);
    if (!done)
        return false;
    if (!answer.right)
        return fail(error, APP_ERROR_INVALID, "a wrong code");

    *address = answer.address;
    return true;
}

/* ---- what it is for ---- */

/* As a check whose plan is thrown away. */
static bool
look(Vault *vault, Arena *mem, const Code *code, Answer *answer, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    VaultWrite write = { vault, mem, tx, plan_new(mem), clock_now(vault->clock) };
    g_autoptr(GError) cause = NULL;

    if (tx == NULL)
        return false;
    if (prepare_check(&write, code, answer, &cause) || error_code(cause) == APP_ERROR_INVALID)
        return true;
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
vault_code_peek(Vault *vault, Arena *mem, const VaultProof *proof, const char **address,
                GError **error)
{
    Code   code = { .digits = text_ascii_digits(mem, text_trim(mem, proof->digits)) };
    Answer answer = { .right = false };
    bool   done;

    prepare_code(vault, proof->visitor, proof->purpose, &code);
    done = look(vault, mem, &code, &answer, error);
    crypto_key_clear(&code.key);
    if (done)
        *address = answer.right ? answer.address : NULL;
    return done;
}

typedef struct {
    Code    code;
    int64_t person_id;
    Bytes   hash; /* of the session's token */
} SignIn;

static bool
prepare_sign_in(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const SignIn *given = cmd;
    Answer       *answer = result;

    return prepare_check(write, &given->code, answer, error) &&
           (!answer->right || vault_session_add(write, given->person_id, given->hash, error));
}

bool
vault_code_session(Vault *vault, Arena *mem, const VaultProof *proof, int64_t person_id,
                   char token[44], GError **error)
{
    char    made[VAULT_TOKEN_SIZE];
    uint8_t hash[crypto_hash_sha256_BYTES];
    SignIn  given = { .code = { .digits = text_ascii_digits(mem, text_trim(mem, proof->digits)) },
                      .person_id = person_id,
                      .hash = BYTES_OF(hash) };
    Answer  answer = { .right = false };
    bool    done;

    vault_token_new(made, hash);
    prepare_code(vault, proof->visitor, proof->purpose, &given.code);
    done = vault_write(vault, mem, prepare_sign_in, &given, &answer, error);
    crypto_key_clear(&given.code.key);
    if (done && !answer.right)
        done = fail(error, APP_ERROR_INVALID, "a wrong code");
    if (done)
        memcpy(token, made, sizeof made);
    sodium_memzero(made, sizeof made);
    return done;
}
