/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Growth is geometric from 16 KiB, the size of a common page, so that most pages allocate twice. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

#define FIRST_ROOM ((size_t)16 * 1024)

void
buffer_init(Buffer *buffer)
{
    *buffer = (Buffer){ .data = NULL };
}

void
buffer_clear(Buffer *buffer)
{
    g_free(buffer->data);
    buffer_init(buffer);
}

void
buffer_reserve(Buffer *buffer, size_t more)
{
    size_t room = buffer->room == 0 ? FIRST_ROOM : buffer->room;

    while (room - buffer->size < more)
        room *= 2;
    if (room != buffer->room)
        buffer->data = g_realloc(buffer->data, room);
    buffer->room = room;
}

void
buffer_printf(Buffer *buffer, const char *format, ...)
{
    va_list again, arguments;
    size_t  room;
    int     length;

    va_start(arguments, format);
    va_copy(again, arguments);
    buffer_reserve(buffer, 128); /* mostly enough, and then it is printed once */
    room = buffer->room - buffer->size;
    length = vsnprintf(buffer->data + buffer->size, room, format, arguments);
    g_assert(length >= 0);
    if ((size_t)length >= room) {
        buffer_reserve(buffer, (size_t)length + 1);
        vsnprintf(buffer->data + buffer->size, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    buffer->size += (size_t)length;
}

void
buffer_int(Buffer *buffer, int64_t value)
{
    char     digits[24];
    size_t   at = sizeof digits;
    uint64_t rest = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        digits[--at] = '-';
    buffer_add(buffer, digits + at, sizeof digits - at);
}
