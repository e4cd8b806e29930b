/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A version byte, then for each field four bytes of length (big end first; all ones: NULL) and the
 * bytes of the text. */
#include "base/pack.h"

#include <string.h>

enum { VERSION = 2, LENGTH_SIZE = 4 };

#define NO_TEXT UINT32_MAX

static uint8_t *
put_text(uint8_t *at, const char *text)
{
    size_t   length = text == NULL ? 0 : strlen(text);
    uint32_t head = GUINT32_TO_BE(text == NULL ? NO_TEXT : (uint32_t)length);

    g_assert(length < NO_TEXT);
    memcpy(at, &head, LENGTH_SIZE);
    if (length > 0)
        memcpy(at + LENGTH_SIZE, text, length);
    return at + LENGTH_SIZE + length;
}

Bytes
pack_texts(Arena *mem, const char *const *fields, size_t n)
{
    size_t   size = 1;
    uint8_t *out, *at;

    for (size_t i = 0; i < n; i++)
        size += LENGTH_SIZE + (fields[i] == NULL ? 0 : strlen(fields[i]));

    out = at = arena_alloc(mem, size);
    *at++ = VERSION;
    for (size_t i = 0; i < n; i++)
        at = put_text(at, fields[i]);
    return (Bytes){ out, size };
}

/* False when the bytes end too early. */
static bool
take_text(Arena *mem, Bytes *rest, const char **text)
{
    uint32_t length;

    *text = NULL;
    if (rest->size < LENGTH_SIZE)
        return false;
    memcpy(&length, rest->data, LENGTH_SIZE);
    length = GUINT32_FROM_BE(length);
    *rest = (Bytes){ rest->data + LENGTH_SIZE, rest->size - LENGTH_SIZE };
    if (length == NO_TEXT)
        return true;
    if (length > rest->size)
        return false;

    *text = arena_text(mem, (const char *)rest->data, length);
    *rest = (Bytes){ rest->data + length, rest->size - length };
    return true;
}

bool
pack_read(Arena *mem, Bytes packed, const char **fields, size_t n, GError **error)
{
    Bytes rest;

    if (packed.size == 0 || packed.data[0] != VERSION)
        return fail(error, APP_ERROR_INTERNAL, "packed by another version");

    rest = (Bytes){ packed.data + 1, packed.size - 1 };
    for (size_t i = 0; i < n; i++) {
        fields[i] = NULL;
        if (rest.size > 0 && !take_text(mem, &rest, &fields[i]))
            return fail(error, APP_ERROR_INTERNAL, "packed bytes end too early");
    }
    return true;
}
