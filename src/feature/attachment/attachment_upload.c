/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* One file on its way in. What is wrong with it becomes a mistake of the form, and its bytes go on
 * into nothing, so that the rest of the form arrives and nothing typed is lost. */
#include "base/json.h"
#include "base/text.h"
#include "core/cookie.h"
#include "feature/attachment/attachment.h"
#include "feature/attachment/attachment_file.h"
#include "feature/attachment/attachment_kind.h"
#include "feature/attachment/attachment_open.h"
#include "messages.h"

#include <string.h>

#define HEAD_SIZE 4096

typedef struct {
    Request              *req;
    const char           *field, *name;
    const AttachmentKind *kind;
    AttachmentWriter     *writer; /* NULL: the file was refused, the rest is thrown away */
    CryptoKey             key;
    char                  file[33];
    size_t                head_used;
    int64_t               size;
    uint8_t               head[HEAD_SIZE];
} Incoming;

static void
refuse(Incoming *incoming, int message, const char *more)
{
    form_mistake(incoming->req->form, incoming->field, message, incoming->name, more);
    attachment_writer_abandon(incoming->writer);
    incoming->writer = NULL;
}

/* What the person's device calls it, without folders. */
static const char *
base_name(Arena *mem, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *back = strrchr(name, '\\');
    const char *from = slash > back ? slash : back;

    return arena_copy(mem, from == NULL ? name : from + 1);
}

static bool
count_draft(System *sys, Arena *mem, Bytes draft, size_t *n, int64_t *size, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    AttachmentRow *rows;

    if (tx == NULL || !attachment_store_of_draft(tx, draft, &rows, n, error))
        return false;
    *size = 0;
    for (size_t i = 0; i < *n; i++)
        *size += rows[i].size;
    return true;
}

static bool
open_writer(Incoming *incoming, GError **error)
{
    Request *req = incoming->req;
    System  *sys = req->app;
    size_t   n = 0;
    int64_t  size = 0;
    Bytes    draft = attachment_draft_hash(req->mem, request_cookie(req, COOKIE_DRAFT));

    if (draft.data == NULL)
        return fail(error, APP_ERROR_NOT_FOUND, "a file without a draft");
    if (!count_draft(sys, req->mem, draft, &n, &size, error))
        return false;
    incoming->kind = attachment_kind_of(incoming->name);
    if (incoming->kind == NULL)
        refuse(incoming, MSG_ATTACHMENT_NOT_TAKEN, NULL);
    else if (n >= ATTACHMENT_MOST)
        refuse(incoming, MSG_ATTACHMENT_TOO_MANY, NULL);
    else if (size >= ATTACHMENT_MOST_BYTES)
        refuse(incoming, MSG_ATTACHMENT_TOO_MUCH, NULL);
    else {
        crypto_key_random(&incoming->key);
        incoming->writer = attachment_writer_new(sys, &incoming->key, incoming->file, error);
        return incoming->writer != NULL;
    }
    return true;
}

static bool
begin(Request *req, const char *field, const char *name, void **file, GError **error)
{
    Incoming *incoming = g_new0(Incoming, 1);

    incoming->req = req;
    incoming->field = arena_copy(req->mem, field);
    incoming->name = base_name(req->mem, name);
    if (!open_writer(incoming, error)) {
        g_free(incoming);
        return false;
    }
    *file = incoming;
    return true;
}

static bool
add(void *file, const uint8_t *data, size_t size, GError **error)
{
    Incoming *incoming = file;
    size_t    head = MIN(size, HEAD_SIZE - incoming->head_used);

    memcpy(incoming->head + incoming->head_used, data, head);
    incoming->head_used += head;
    incoming->size += (int64_t)size;
    if (incoming->writer == NULL)
        return true;
    if (incoming->size > attachment_kind_most(incoming->kind)) {
        refuse(incoming, MSG_ATTACHMENT_TOO_LARGE,
               arena_printf(incoming->req->mem, "%d",
                            (int)(attachment_kind_most(incoming->kind) >> 20)));
        return true;
    }
    return attachment_writer_add(incoming->writer, data, size, error);
}

static Bytes
seal_meta(Incoming *incoming, int64_t id, const uint8_t hash[32])
{
    Arena   *mem = incoming->req->mem;
    GString *text = g_string_new(NULL);
    Json     json;
    Bytes    sealed;

    json_init(&json, text);
    json_object_begin(&json, NULL);
    json_text(&json, "name", incoming->name);
    json_text(&json, "type", incoming->kind->type);
    json_text(&json, "sha256", text_hex(mem, (Bytes){ hash, 32 }));
    json_object_end(&json);
    sealed = crypto_seal(mem, &incoming->key, (CryptoPlace){ "attachment", "meta", id },
                         (Bytes){ (const uint8_t *)text->str, text->len });
    g_string_free(text, TRUE);
    return sealed;
}

static bool
write_row(Incoming *incoming, int64_t size, const uint8_t hash[32], GError **error)
{
    Request      *req = incoming->req;
    System       *sys = req->app;
    WritePlan    *plan = plan_new(req->mem);
    int64_t       id = id_next(sys->ids);
    AttachmentRow row = {
        .id = id,
        .size = size,
        .created_at = clock_now(sys->clock),
        .file = incoming->file,
        .draft_hash = attachment_draft_hash(req->mem, request_cookie(req, COOKIE_DRAFT)),
        .wrapped = vault_wrap(sys->vault, req->mem, VAULT_KEY_ATTACHMENT,
                              (CryptoPlace){ "attachment", "wrapped", id }, &incoming->key),
        .meta = seal_meta(incoming, id, hash)
    };

    row.epoch = crypto_key_id(row.wrapped);
    attachment_store_add(plan, &row);
    return db_apply(sys->db, plan, error);
}

static bool
is_there(const Incoming *incoming, const uint8_t hash[32], bool *there, GError **error)
{
    Request    *req = incoming->req;
    System     *sys = req->app;
    Bytes       draft = attachment_draft_hash(req->mem, request_cookie(req, COOKIE_DRAFT));
    const char *sha256 = text_hex(req->mem, (Bytes){ hash, 32 });
    Attachment *rows;
    size_t      n;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);

    if (tx == NULL || !attachment_of_draft(sys, tx, draft, &rows, &n, error))
        return false;
    *there = false;
    for (size_t i = 0; i < n; i++)
        *there = *there || (g_strcmp0(rows[i].name, incoming->name) == 0 &&
                            g_strcmp0(rows[i].sha256, sha256) == 0);
    return true;
}

/* A refused row was rolled back, or never written: its file is only space, and so is that of one that is
 * there already. On PostgreSQL what became of a row may also not be known: then the sweep will see. */
static bool
keep(Incoming *incoming, int64_t size, const uint8_t hash[32], GError **error)
{
    System *sys = incoming->req->app;
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) ignored = NULL;
    bool there = false;
    bool done = is_there(incoming, hash, &there, &failure) &&
                (there || write_row(incoming, size, hash, &failure));

    bool unknown = sys->shared && error_code(failure) == APP_ERROR_BUSY;
    if (there || (!done && !unknown))
        (void)!attachment_drop_content(sys, incoming->req->mem, incoming->file, &ignored);
    if (!done)
        g_propagate_error(error, g_steal_pointer(&failure));
    return done;
}

static void
free_incoming(Incoming *incoming)
{
    attachment_writer_abandon(incoming->writer);
    crypto_key_clear(&incoming->key);
    g_free(incoming);
}

static bool
finish(Incoming *incoming, GError **error)
{
    bool    agrees = true, ended;
    uint8_t hash[32];
    int64_t size = 0;

    if (incoming->writer != NULL && incoming->size == 0)
        refuse(incoming, MSG_ATTACHMENT_EMPTY, NULL);
    if (incoming->writer == NULL)
        return true;
    if (!attachment_kind_agrees(incoming->kind, incoming->head, incoming->head_used, &agrees,
                                error))
        return false;
    if (!agrees) {
        refuse(incoming, MSG_ATTACHMENT_NOT_WHAT_IT_SAYS, NULL);
        return true;
    }
    ended = attachment_writer_end(incoming->writer, &size, hash, error);
    incoming->writer = NULL;
    return ended && keep(incoming, size, hash, error);
}

static bool
end(void *file, GError **error)
{
    bool done = finish(file, error);

    free_incoming(file);
    return done;
}

static void
abandon(void *file)
{
    free_incoming(file);
}

const Upload attachment_upload = {
    .max_body = ATTACHMENT_MOST_BYTES + 1024 * 1024,
    .max_files = ATTACHMENT_MOST,
    .begin = begin,
    .write = add,
    .end = end,
    .abandon = abandon,
};
