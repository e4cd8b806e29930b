/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One row for agent and caller; the last one who saves is right. What must stay true: a draft says
 * nothing of who the caller is, and nobody but this agent gets at it. */
#include "feature/desk/desk_draft.h"

#include "base/json.h"
#include "core/command.h"

#include <string.h>

#define LIFE (24 * HOURS)

enum { MOST_PAIRS = 40 };

static const char service_key[] = "answers_of", answers_key[] = "answers";

typedef struct {
    Bytes content;
} DraftRow;

static const DbColumn columns[] = { DB_COLUMN(DraftRow, content) };

const DbQuery         desk_draft_find = {
            .sql = "SELECT content FROM draft WHERE id_hash = $1 AND expires_at > $2",
            DB_COLUMNS(DraftRow, columns),
};

const DbQuery desk_draft_put = {
    .sql = "INSERT INTO draft (id_hash, command_id, content, version, expires_at)"
           " VALUES ($1, $2, $3, 1, $4) ON CONFLICT (id_hash) DO UPDATE SET"
           " content = excluded.content, version = draft.version + 1,"
           " expires_at = excluded.expires_at",
    .table = "draft",
};

const DbQuery desk_draft_delete = {
    .sql = "DELETE FROM draft WHERE id_hash = $1",
    .table = "draft",
};

/* By the key of indexes, which is never rotated: the row must be found again. */
Bytes
desk_draft_hash(Request *req, const DeskCaller *caller)
{
    g_auto(CryptoKey) key = { .id = 0 };
    System       *sys = req->app;
    const Who    *who = req->who;
    const int64_t ids[] = { who->account_id, caller->person_id };
    uint8_t      *hash = arena_alloc(req->mem, CRYPTO_MAC_SIZE);

    vault_key(sys->vault, VAULT_KEY_INDEX, &key);
    crypto_mac(&key, (Bytes[]){ bytes_of_text("desk-draft"), { (const uint8_t *)ids, sizeof ids } },
               2, hash);
    return (Bytes){ hash, CRYPTO_MAC_SIZE };
}

static void
draft_key(const CryptoKey *ring, Bytes hash, CryptoKey *out)
{
    crypto_mac(ring, (Bytes[]){ bytes_of_text("desk"), hash }, 2, out->bytes);
    out->id = ring->id;
}

static CryptoPlace
place_of(Bytes hash)
{
    int64_t row;

    memcpy(&row, hash.data, sizeof row);
    return (CryptoPlace){ "draft", "content", row };
}

/* ---- reading ---- */

static bool
read_row(Request *req, Bytes hash, DraftRow *row, bool *found, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);

    return tx != NULL &&
           db_maybe(tx, &desk_draft_find, DB_PARAMS(db_bytes(hash), db_int(clock_now(sys->clock))),
                    row, found, error);
}

static bool
open_row(Request *req, Bytes hash, const DraftRow *row, Bytes *plain, GError **error)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };
    System *sys = req->app;

    if (!vault_key_of(sys->vault, VAULT_KEY_DRAFT, crypto_key_id(row->content), &ring, error))
        return false;
    draft_key(&ring, hash, &key);
    return crypto_open(req->mem, &key, place_of(hash), row->content, plain, error);
}

bool
desk_draft_fill(Request *req, const DeskCaller *caller, Form *form, DeskAnswers *answers,
                bool *there, GError **error)
{
    Bytes       hash = desk_draft_hash(req, caller), plain;
    JsonPair    pairs[MOST_PAIRS];
    size_t      n = 0;
    DraftRow    row;
    const char *service;

    if (!read_row(req, hash, &row, there, error))
        return false;
    if (!*there)
        return true;
    if (!open_row(req, hash, &row, &plain, error) ||
        !json_read(req->mem, (const char *)plain.data, plain.size, pairs, MOST_PAIRS, &n, error))
        return false;

    for (size_t i = 0; i < form->spec->n_fields; i++)
        form_set(form, form->spec->fields[i].name, json_find(pairs, n, form->spec->fields[i].name));
    form_set(form, "command", json_find(pairs, n, "command"));
    service = json_find(pairs, n, service_key);
    *answers = (DeskAnswers){ service == NULL ? 0 : g_ascii_strtoll(service, NULL, 10),
                              json_find(pairs, n, answers_key) };
    return true;
}

/* ---- writing ---- */

static Bytes
write_content(Arena *mem, const Form *form, const DeskAnswers *answers)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    for (size_t i = 0; i < form->spec->n_fields; i++) {
        const char *typed = form_typed(form, form->spec->fields[i].name);

        if (typed != NULL && typed[0] != '\0')
            json_text(&json, form->spec->fields[i].name, typed);
    }
    if (form_typed(form, "command") != NULL)
        json_text(&json, "command", form_typed(form, "command"));
    json_int(&json, service_key, answers->service_id);
    if (answers->json != NULL)
        json_text(&json, answers_key, answers->json);
    json_object_end(&json);
    return arena_bytes(mem, (Bytes){ (const uint8_t *)out->str, out->len });
}

bool
desk_draft_keep(Request *req, const DeskCaller *caller, const Form *form,
                const DeskAnswers *answers, GError **error)
{
    g_auto(CryptoKey) ring = { .id = 0 };
    g_auto(CryptoKey) key = { .id = 0 };
    System    *sys = req->app;
    Bytes      hash = desk_draft_hash(req, caller);
    WritePlan *plan = plan_new(req->mem);

    vault_key(sys->vault, VAULT_KEY_DRAFT, &ring);
    draft_key(&ring, hash, &key);
    plan_one(plan, &desk_draft_put,
             DB_PARAMS(db_bytes(hash), db_bytes(command_id_read(req->mem, NULL)),
                       db_bytes(crypto_seal(req->mem, &key, place_of(hash),
                                            write_content(req->mem, form, answers))),
                       db_int(clock_now(sys->clock) + LIFE)));
    return db_apply(sys->db, plan, error);
}

bool
desk_draft_clear(Request *req, const DeskCaller *caller, GError **error)
{
    System    *sys = req->app;
    WritePlan *plan = plan_new(req->mem);

    plan_any(plan, &desk_draft_delete, DB_PARAMS(db_bytes(desk_draft_hash(req, caller))));
    return db_apply(sys->db, plan, error);
}
