/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A draft is one envelope under a key that needs both the vault and the browser's cookie: a stolen
 * store shows nothing of what people have not sent yet. The row is found by the cookie's hash. */
#include "base/pack.h"
#include "base/text.h"
#include "feature/attachment/attachment.h"
#include "feature/lodge/lodge.h"

#include <string.h>

#define DRAFT_LIFE (24 * HOURS)
#define DRAFT_ID_SIZE 32

typedef struct DraftRow {
    int64_t version;
    Bytes   command_id, content;
} DraftRow;

static const DbColumn columns[] = {
    DB_COLUMN(DraftRow, version),
    DB_COLUMN(DraftRow, command_id),
    DB_COLUMN(DraftRow, content),
};

static const DbQuery by_hash = {
    .sql = "SELECT version, command_id, content FROM draft WHERE id_hash = $1 AND expires_at > $2",
    DB_COLUMNS(DraftRow, columns),
};

static const DbQuery insert = {
    .sql = "INSERT INTO draft (id_hash, command_id, content, version, expires_at)"
           " VALUES ($1, $2, $3, 1, $4)",
    .table = "draft",
};

static const DbQuery update = {
    .sql = "UPDATE draft SET content = $1, version = version + 1, expires_at = $2"
           " WHERE id_hash = $3 AND version = $4",
    .table = "draft",
};

static const DbQuery expire = {
    .sql = "DELETE FROM draft WHERE expires_at <= $1",
    .table = "draft",
};

const DbQuery *const lodge_queries[] = { &by_hash, &insert, &update, &expire, NULL };

const DbTable        lodge_tables[] = {
           { "draft", DB_TABLE_MACHINERY },
           { NULL, 0 },
};

/* Half of the key is the ring's, half the cookie's. */
static bool
draft_key(System *sys, const char *cookie, uint32_t epoch, CryptoKey *out, GError **error)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    uint8_t id[DRAFT_ID_SIZE];
    Bytes   part = BYTES_OF(id);

    if (!crypto_from_base64(cookie, id, sizeof id))
        return fail(error, APP_ERROR_NOT_FOUND, "no draft has this id");
    if (epoch == 0)
        vault_key(sys->vault, VAULT_KEY_DRAFT, &ring);
    else if (!vault_key_of(sys->vault, VAULT_KEY_DRAFT, epoch, &ring, error))
        return false;
    *out = (CryptoKey){ .id = ring.id };
    crypto_mac(&ring, &part, 1, out->bytes);
    return true;
}

static CryptoPlace
place_of(Bytes hash)
{
    int64_t row;

    memcpy(&row, hash.data, sizeof row);
    return (CryptoPlace){ "draft", "content", row };
}

/* ---- the content: one place names every field for both directions ---- */

typedef enum { DRAFT_TEXT, DRAFT_NUMBER, DRAFT_FLAG } DraftKind;

typedef struct {
    DraftKind kind;
    size_t    offset;
} DraftField;

/* New ones at the end: older drafts do not have them. */
static const DraftField fields[] = {
    { DRAFT_TEXT, offsetof(LodgeDraft, type) },
    { DRAFT_TEXT, offsetof(LodgeDraft, about) },
    { DRAFT_TEXT, offsetof(LodgeDraft, subject) },
    { DRAFT_TEXT, offsetof(LodgeDraft, text) },
    { DRAFT_TEXT, offsetof(LodgeDraft, wanted) },
    { DRAFT_TEXT, offsetof(LodgeDraft, place_words) },
    { DRAFT_TEXT, offsetof(LodgeDraft, happened) },
    { DRAFT_TEXT, offsetof(LodgeDraft, contact) },
    { DRAFT_TEXT, offsetof(LodgeDraft, answers) },
    { DRAFT_NUMBER, offsetof(LodgeDraft, entity_id) },
    { DRAFT_NUMBER, offsetof(LodgeDraft, service_id) },
    { DRAFT_NUMBER, offsetof(LodgeDraft, place_id) },
    { DRAFT_FLAG, offsetof(LodgeDraft, entity_unknown) },
    { DRAFT_FLAG, offsetof(LodgeDraft, identity_asked) },
    { DRAFT_FLAG, offsetof(LodgeDraft, identity_hidden) },
    { DRAFT_FLAG, offsetof(LodgeDraft, files_asked) },
    { DRAFT_FLAG, offsetof(LodgeDraft, place_asked) },
};

enum { N_FIELDS = G_N_ELEMENTS(fields) };

static const char *
field_text(Arena *mem, const LodgeDraft *draft, const DraftField *field)
{
    const char *place = (const char *)draft + field->offset;

    switch (field->kind) {
    case DRAFT_NUMBER:
        return arena_printf(mem, "%" G_GINT64_FORMAT, (gint64) * (const int64_t *)place);
    case DRAFT_FLAG:
        return *(const bool *)place ? "1" : NULL;
    case DRAFT_TEXT:
    default:
        return *(const char *const *)place;
    }
}

static Bytes
write_content(Arena *mem, const LodgeDraft *draft)
{
    const char *texts[N_FIELDS];

    for (size_t i = 0; i < N_FIELDS; i++)
        texts[i] = field_text(mem, draft, &fields[i]);
    return pack_texts(mem, texts, N_FIELDS);
}

static void
set_field(LodgeDraft *draft, const DraftField *field, const char *text)
{
    char *place = (char *)draft + field->offset;

    switch (field->kind) {
    case DRAFT_NUMBER:
        *(int64_t *)place = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
        return;
    case DRAFT_FLAG:
        *(bool *)place = text != NULL;
        return;
    case DRAFT_TEXT:
    default:
        *(const char **)place = text;
        return;
    }
}

static bool
read_content(Arena *mem, Bytes content, LodgeDraft *draft, GError **error)
{
    const char *texts[N_FIELDS];

    if (!pack_read(mem, content, texts, N_FIELDS, error))
        return false;
    for (size_t i = 0; i < N_FIELDS; i++)
        set_field(draft, &fields[i], texts[i]);
    return true;
}

bool
lodge_draft_open(System *sys, DbTx *tx, const char *cookie, LodgeDraft *draft, GError **error)
{
    Arena *mem = db_arena(tx);
    Bytes  hash = attachment_draft_hash(mem, cookie), content;
    g_auto(CryptoKey) key = { .id = 0 };
    DraftRow row;

    if (hash.data == NULL)
        return fail(error, APP_ERROR_NOT_FOUND, "no draft cookie");
    if (!db_one(tx, &by_hash, DB_PARAMS(db_bytes(hash), db_int(clock_now(sys->clock))), &row,
                error) ||
        !draft_key(sys, cookie, crypto_key_id(row.content), &key, error) ||
        !crypto_open(mem, &key, place_of(hash), row.content, &content, error))
        return false;
    *draft = (LodgeDraft){ .hash = hash, .command_id = row.command_id, .version = row.version };
    return read_content(mem, content, draft, error);
}

bool
lodge_draft_new(System *sys, Arena *mem, LodgeDraft *draft, char cookie[44], GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    WritePlan *plan = plan_new(mem);
    uint8_t    id[DRAFT_ID_SIZE];

    crypto_random(id, sizeof id);
    memcpy(cookie, crypto_base64(mem, BYTES_OF(id)), 44);
    draft->hash = attachment_draft_hash(mem, cookie);
    draft->command_id = command_id_new(mem, clock_now(sys->clock));
    draft->version = 1;
    if (!draft_key(sys, cookie, 0, &key, error))
        return false;
    plan_one(plan, &insert,
             DB_PARAMS(
                 db_bytes(draft->hash), db_bytes(draft->command_id),
                 db_bytes(crypto_seal(mem, &key, place_of(draft->hash), write_content(mem, draft))),
                 db_int(clock_now(sys->clock) + DRAFT_LIFE)));
    return db_apply(sys->db, plan, error);
}

bool
lodge_draft_save(System *sys, Arena *mem, const char *cookie, LodgeDraft *draft, GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    WritePlan *plan = plan_new(mem);
    g_autoptr(GError) cause = NULL;

    if (!draft_key(sys, cookie, 0, &key, error))
        return false;
    plan_one(plan, &update,
             DB_PARAMS(
                 db_bytes(crypto_seal(mem, &key, place_of(draft->hash), write_content(mem, draft))),
                 db_int(clock_now(sys->clock) + DRAFT_LIFE), db_bytes(draft->hash),
                 db_int(draft->version)));
    if (db_apply(sys->db, plan, &cause)) {
        draft->version++;
        return true;
    }
    if (error_code(cause) == APP_ERROR_RACE)
        return fail(error, APP_ERROR_CONFLICT, "the draft was saved by another tab meanwhile");
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
lodge_draft_sweep(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    WritePlan *plan = plan_new(mem);

    (void)again;
    plan_any(plan, &expire, DB_PARAMS(db_int(now)));
    return db_apply(sys->db, plan, error);
}
