/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A growing run of bytes: what pages and answers are written into. Appending is inline: it is the
 * hottest loop of a page. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

typedef struct {
    char  *data; /* owned; may hold NULs */
    size_t size, room;
} Buffer;

void buffer_init(Buffer *buffer);
void buffer_clear(Buffer *buffer);
/* Make place for `more` bytes behind the end. Never fails (aborts without memory). */
void buffer_reserve(Buffer *buffer, size_t more);
void buffer_printf(Buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* In decimal, without locale. */
void buffer_int(Buffer *buffer, int64_t value);

static inline void
buffer_add(Buffer *buffer, const void *data, size_t size)
{
    if (buffer->room - buffer->size < size)
        buffer_reserve(buffer, size);
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

static inline void
buffer_text(Buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}
