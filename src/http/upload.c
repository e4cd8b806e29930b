/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fields go into the form, files to the route's Upload. No file begins before the gate has checked
 * the form's token, and every file that began gets exactly one `end` or `abandon`. */
#include "http/upload.h"

#include "http/form_parts.h"
#include "http/multipart.h"

#include <sodium.h>

#define MOST_FIELDS ((size_t)64 * 1024)

typedef enum { PART_FIELD, PART_FILE, PART_EMPTY } PartKind;

struct Uploading {
    Request      *req;
    const Gate   *gate;
    Multipart    *parser;
    PartKind      part;
    MultipartPart head;
    void         *file;
    bool          open, checked;
    size_t        n_files, fields_size;
    Buffer        value;
};

static bool
check_once(Uploading *uploading, GError **error)
{
    const Route *route = uploading->req->route;

    if (uploading->checked)
        return true;
    uploading->checked = true;
    return route->no_csrf || uploading->gate->check(uploading->req, error);
}

static bool
begin_file(Uploading *uploading, GError **error)
{
    const Upload    *upload = uploading->req->route->upload;
    const FormField *field = form_field(uploading->req->form->spec, uploading->head.field);

    if (field == NULL || field->kind != FORM_FILE)
        return fail(error, APP_ERROR_INVALID, "a file in a field that takes none");
    if (++uploading->n_files > upload->max_files)
        return fail(error, APP_ERROR_TOO_LARGE, "more than %zu files", upload->max_files);
    if (!check_once(uploading, error))
        return false;

    uploading->open = upload->begin(uploading->req, uploading->head.field, uploading->head.file,
                                    &uploading->file, error);
    return uploading->open;
}

static bool
begin_part(void *data, const MultipartPart *part, GError **error)
{
    Uploading *uploading = data;

    uploading->head = *part;
    uploading->value.size = 0;
    if (part->file == NULL)
        uploading->part = PART_FIELD;
    else if (part->file[0] == '\0')
        uploading->part = PART_EMPTY;
    else
        uploading->part = PART_FILE;
    return uploading->part != PART_FILE || begin_file(uploading, error);
}

static bool
add_bytes(void *data, const uint8_t *bytes, size_t size, GError **error)
{
    Uploading *uploading = data;

    if (uploading->part == PART_FILE)
        return uploading->req->route->upload->write(uploading->file, bytes, size, error);
    if (uploading->part == PART_EMPTY)
        return fail(error, APP_ERROR_INVALID, "a file without a name");

    uploading->fields_size += size;
    if (uploading->fields_size > MOST_FIELDS)
        return fail(error, APP_ERROR_TOO_LARGE, "fields of over %zu bytes", MOST_FIELDS);
    buffer_add(&uploading->value, bytes, size);
    return true;
}

static bool
end_part(void *data, GError **error)
{
    Uploading *uploading = data;

    if (uploading->part == PART_FILE) {
        uploading->open = false;
        return uploading->req->route->upload->end(uploading->file, error);
    }
    if (uploading->part == PART_FIELD)
        form_add(uploading->req->form, uploading->head.field,
                 uploading->value.data == NULL ? "" : uploading->value.data, uploading->value.size);
    return true;
}

static const MultipartCalls calls = { .begin = begin_part, .bytes = add_bytes, .end = end_part };

Uploading *
upload_new(Request *req, const Gate *gate, GError **error)
{
    Uploading *uploading = g_new0(Uploading, 1);

    uploading->req = req;
    uploading->gate = gate;
    buffer_init(&uploading->value);
    req->form = form_blank(req->mem, req->route->form);
    uploading->parser =
        multipart_new(req->mem, request_header(req, "Content-Type"), &calls, uploading, error);
    if (uploading->parser == NULL) {
        upload_free(uploading);
        return NULL;
    }
    return uploading;
}

bool
upload_feed(Uploading *uploading, const uint8_t *bytes, size_t size, GError **error)
{
    return multipart_feed(uploading->parser, bytes, size, error);
}

/* What was wrong with a file was said while it arrived; the fields are checked only now. */
static void
check_fields(Form *form)
{
    FormMistake *of_files = form->mistakes, **end = &form->mistakes;

    form_check(form);
    while (*end != NULL)
        end = &(*end)->next;
    *end = of_files;
}

bool
upload_finish(Uploading *uploading, GError **error)
{
    if (!multipart_is_complete(uploading->parser))
        return fail(error, APP_ERROR_INVALID, "multipart: the last boundary is missing");
    if (!check_once(uploading, error))
        return false;

    check_fields(uploading->req->form);
    return true;
}

void
upload_free(Uploading *uploading)
{
    if (uploading == NULL)
        return;
    if (uploading->open)
        uploading->req->route->upload->abandon(uploading->file);
    if (uploading->value.data != NULL)
        sodium_memzero(uploading->value.data, uploading->value.room);
    buffer_clear(&uploading->value);
    g_free(uploading);
}
