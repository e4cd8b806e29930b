/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keyed words. What must stay true: an entry leaves the index with exactly the tokens with which it
 * came (others would corrupt it silently), so they are kept beside it and the guard compares them. */
#include "core/token.h"

#include "base/text.h"
#include "core/crypto.h"

#include <sodium.h>
#include <string.h>

enum {
    TEXT_STEMS = 1024, /* of a petition */
    QUERY_STEMS = 16,
    TOKEN_ROOM = VAULT_TOKEN_LENGTH + 1, /* with the space or NUL behind it */
};

/* ---- statements ---- */

static const DbQuery keep_tokens = {
    .sql = "INSERT INTO petition_token (petition_id, tokens) VALUES ($1, $2)",
    .table = "petition_token",
};

static const DbQuery change_tokens = {
    .sql = "UPDATE petition_token SET tokens = $1 WHERE petition_id = $2 AND tokens = $3",
    .table = "petition_token",
};

static const DbQuery forget_tokens = {
    .sql = "DELETE FROM petition_token WHERE petition_id = $1 AND tokens = $2",
    .table = "petition_token",
};

static const DbQuery put_entry = {
    .sql = "INSERT INTO petition_search (rowid, tokens) VALUES ($1, $2)",
    .sql_pg = "INSERT INTO petition_search (id, tokens)"
              " VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
    .table = "petition_search",
    .deferrable = true,
};

static const DbQuery take_entry = {
    .sql = "INSERT INTO petition_search (petition_search, rowid, tokens)"
           " VALUES ('delete', $1, $2)",
    .sql_pg = "DELETE FROM petition_search"
              " WHERE id = $1 AND tokens = array_to_tsvector(string_to_array($2, ' '))",
    .table = "petition_search",
    .deferrable = true,
};

typedef struct {
    int64_t id;
} IdRow;

static const DbColumn id_columns[] = { DB_COLUMN(IdRow, id) };

static const DbQuery  find_newest = {
     .sql = "SELECT rowid AS id FROM petition_search WHERE petition_search MATCH $1 AND rowid < $2"
             " ORDER BY rowid DESC LIMIT 50",
     .sql_pg = "SELECT id FROM petition_search_newest"
                "(CAST(replace($1, ' ', ' & ') AS TSQUERY), $2) AS newest (id)",
     DB_COLUMNS(IdRow, id_columns),
};

typedef struct {
    Bytes tokens;
} TokensRow;

static const DbColumn tokens_columns[] = { DB_COLUMN(TokensRow, tokens) };

static const DbQuery  tokens_of = {
     .sql = "SELECT tokens FROM petition_token WHERE petition_id = $1",
     DB_COLUMNS(TokensRow, tokens_columns),
};

typedef struct {
    int64_t petition_id;
    Bytes   tokens;
} KeptRow;

static const DbColumn kept_columns[] = { DB_COLUMN(KeptRow, petition_id),
                                         DB_COLUMN(KeptRow, tokens) };

static const DbQuery  kept = {
     .sql = "SELECT petition_id, tokens FROM petition_token"
             " WHERE petition_id > $1 AND petition_id <= $2 ORDER BY petition_id LIMIT $3",
     DB_COLUMNS(KeptRow, kept_columns),
};

const DbQuery *const token_queries[] = { &keep_tokens, &change_tokens, &forget_tokens,
                                         &put_entry,   &take_entry,    &find_newest,
                                         &tokens_of,   &kept,          NULL };

const DbTable        token_tables[] = {
           { "petition_token", DB_TABLE_CASE },
           { "petition_search", DB_TABLE_CASE },
           { NULL, 0 },
};

const DbDerived token_derived[] = {
    { .table = "petition_search",
      .key = "id",
      .source = "petition_token",
      .select = "SELECT petition_id, array_to_tsvector(ARRAY("
                "SELECT encode(substr(tokens, at, 8), 'hex')"
                " FROM generate_series(1, length(tokens), 8) at)) FROM petition_token" },
    { .table = NULL },
};

/* ---- words to tokens ---- */

G_STATIC_ASSERT(crypto_shorthash_BYTES == TOKEN_BYTES);
G_STATIC_ASSERT(VAULT_TOKEN_LENGTH == 2 * TOKEN_BYTES);
G_STATIC_ASSERT(crypto_shorthash_KEYBYTES <= sizeof(((CryptoKey *)0)->bytes));

/* The token and a space behind what is there. SipHash is made for this: a keyed function of short
 * words with 64 bits, for a thirtieth of what a general MAC costs. */
static char *
add_token(char *at, const CryptoKey *key, Bytes word)
{
    uint8_t mac[TOKEN_BYTES];

    crypto_shorthash(mac, word.data, word.size, key->bytes);
    sodium_bin2hex(at, TOKEN_ROOM, mac, TOKEN_BYTES);
    at[VAULT_TOKEN_LENGTH] = ' ';
    return at + TOKEN_ROOM;
}

/* No word has a NUL in it, so no word gives an entity's token. */
static char *
add_entity(char *at, const CryptoKey *key, int64_t entity_id)
{
    uint8_t word[sizeof "entity" + 8] = "entity";

    for (size_t i = 0; i < 8; i++)
        word[sizeof "entity" + i] = (uint8_t)((uint64_t)entity_id >> (8 * i));
    return add_token(at, key, BYTES_OF(word));
}

static char *
make_tokens(System *sys, Arena *mem, const char *const *stems, size_t n, int64_t entity_id)
{
    g_auto(CryptoKey) key = { .id = 0 };
    char *tokens = arena_alloc(mem, (n + 1) * TOKEN_ROOM + 1);
    char *end = tokens;

    vault_key(sys->vault, VAULT_KEY_TOKEN, &key);
    for (size_t i = 0; i < n; i++)
        end = add_token(end, &key, bytes_of_text(stems[i]));
    if (entity_id != 0)
        end = add_entity(end, &key, entity_id);

    if (end > tokens)
        end[-1] = '\0';
    return tokens;
}

char *
token_text(System *sys, Arena *mem, const char *text, int64_t entity_id)
{
    const char **stems = ARENA_ARRAY(mem, const char *, TEXT_STEMS);
    size_t       n = text_stems(mem, text, stems, TEXT_STEMS);

    return make_tokens(sys, mem, stems, n, entity_id);
}

char *
token_query(System *sys, Arena *mem, const char *words, int64_t entity_id)
{
    const char *stems[QUERY_STEMS];
    size_t      n = text_stems(mem, words, stems, QUERY_STEMS);

    return n == 0 ? NULL : make_tokens(sys, mem, stems, n, entity_id);
}

/* As they are kept: each one's bytes, nothing between. */
static Bytes
pack(Arena *mem, const char *tokens)
{
    size_t   n = (strlen(tokens) + 1) / TOKEN_ROOM;
    uint8_t *bytes = arena_alloc(mem, n * TOKEN_BYTES + 1);

    for (size_t i = 0; i < n; i++)
        if (sodium_hex2bin(bytes + i * TOKEN_BYTES, TOKEN_BYTES, tokens + i * TOKEN_ROOM,
                           VAULT_TOKEN_LENGTH, NULL, NULL, NULL) != 0)
            g_error("token: what is to be kept is no token");
    return (Bytes){ bytes, n * TOKEN_BYTES };
}

static char *
unpack(Arena *mem, Bytes packed)
{
    size_t n = packed.size / TOKEN_BYTES;
    char  *tokens = arena_alloc(mem, n * TOKEN_ROOM + 1);

    for (size_t i = 0; i < n; i++) {
        sodium_bin2hex(tokens + i * TOKEN_ROOM, TOKEN_ROOM, packed.data + i * TOKEN_BYTES,
                       TOKEN_BYTES);
        tokens[i * TOKEN_ROOM + VAULT_TOKEN_LENGTH] = ' ';
    }
    tokens[n == 0 ? 0 : n * TOKEN_ROOM - 1] = '\0';
    return tokens;
}

/* ---- the index ---- */

void
token_add(Prepare *prepare, int64_t petition_id, const char *tokens)
{
    plan_one(prepare->plan, &keep_tokens,
             DB_PARAMS(db_int(petition_id), db_bytes(pack(prepare->mem, tokens))));
    plan_any(prepare->plan, &put_entry, DB_PARAMS(db_int(petition_id), db_text(tokens)));
}

static void
token_remove(Prepare *prepare, int64_t petition_id, const char *tokens)
{
    plan_one(prepare->plan, &forget_tokens,
             DB_PARAMS(db_int(petition_id), db_bytes(pack(prepare->mem, tokens))));
    plan_any(prepare->plan, &take_entry, DB_PARAMS(db_int(petition_id), db_text(tokens)));
}

void
token_replace(Prepare *prepare, int64_t petition_id, const char *old_tokens, const char *tokens)
{
    if (old_tokens == NULL && tokens == NULL)
        return;
    if (old_tokens == NULL) {
        token_add(prepare, petition_id, tokens);
        return;
    }
    if (tokens == NULL) {
        token_remove(prepare, petition_id, old_tokens);
        return;
    }

    plan_one(prepare->plan, &change_tokens,
             DB_PARAMS(db_bytes(pack(prepare->mem, tokens)), db_int(petition_id),
                       db_bytes(pack(prepare->mem, old_tokens))));
    plan_any(prepare->plan, &take_entry, DB_PARAMS(db_int(petition_id), db_text(old_tokens)));
    plan_any(prepare->plan, &put_entry, DB_PARAMS(db_int(petition_id), db_text(tokens)));
}

bool
token_find(DbTx *tx, const char *query, int64_t before_id, int64_t **ids, size_t *n, GError **error)
{
    IdRow *rows;

    if (!db_all(tx, &find_newest,
                DB_PARAMS(db_text(query), db_int(before_id == 0 ? INT64_MAX : before_id)), &rows, n,
                error))
        return false;

    G_STATIC_ASSERT(sizeof *rows == sizeof **ids);
    *ids = *n == 0 ? NULL : &rows->id;
    return true;
}

bool
token_of_petition(DbTx *tx, int64_t petition_id, const char **tokens, GError **error)
{
    TokensRow row;
    bool      found;

    if (!db_maybe(tx, &tokens_of, DB_PARAMS(db_int(petition_id)), &row, &found, error))
        return false;

    *tokens = found ? unpack(db_arena(tx), row.tokens) : NULL;
    return true;
}

/* ---- checking ---- */

typedef struct {
    TokenFunc row;
    void     *data;
} Each;

static bool
pass_tokens(const void *data, void *closure, GError **error)
{
    const KeptRow *row = data;
    const Each    *each = closure;

    return each->row(row->petition_id, row->tokens, each->data, error);
}

bool
token_each(DbTx *tx, const TokenRange *range, TokenFunc row, void *data, GError **error)
{
    Each each = { row, data };

    return db_each(tx, &kept,
                   DB_PARAMS(db_int(range->after), db_int(range->upto), db_int(range->most)),
                   pass_tokens, &each, error);
}

bool
token_number(const char *token, uint64_t *number)
{
    *number = 0;
    for (int i = 0; i < VAULT_TOKEN_LENGTH; i++) {
        int digit = g_ascii_xdigit_value(token[i]);

        if (digit < 0)
            return false;
        *number = *number << 4 | (uint64_t)digit;
    }
    return token[VAULT_TOKEN_LENGTH] == '\0' || token[VAULT_TOKEN_LENGTH] == ' ';
}
