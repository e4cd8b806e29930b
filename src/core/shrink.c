/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: what was packed by any version of this program opens. The prepared dictionary and a
 * few work spaces live as long as the process: to prepare them costs a hundred times what a text does. */
#include "core/shrink.h"

#include "base/thread.h"
#include "core/shrink_dictionary.h"

#include <string.h>
#include <zstd.h>

enum {
    FORM_PLAIN = 0,
    FORM_FIRST = 1,
    FORM_SIZE = 1,
    MAGIC_SIZE = 4,
    LEVEL = 3,
    PLAIN_MOST = 4 * 1024 * 1024,
    SPACES = 8, /* kept; more are made and freed when more threads work at once */
};

static const uint8_t magic[MAGIC_SIZE] = { 0x28, 0xB5, 0x2F, 0xFD };

typedef struct {
    ZSTD_CCtx *writing;
    ZSTD_DCtx *reading;
} Space;

static struct {
    pthread_once_t once;
    ZSTD_CDict    *for_writing;
    ZSTD_DDict    *for_reading;
    Lock           lock;
    Space          spaces[SPACES];
    size_t         n;
} shared = { .once = PTHREAD_ONCE_INIT };

static void
prepare_shared(void)
{
    lock_init(&shared.lock);
    shared.for_writing = ZSTD_createCDict(shrink_dictionary_1, shrink_dictionary_1_size, LEVEL);
    shared.for_reading = ZSTD_createDDict(shrink_dictionary_1, shrink_dictionary_1_size);
    if (shared.for_writing == NULL || shared.for_reading == NULL)
        g_error("shrink: the dictionary cannot be prepared");
}

/* ---- work spaces ---- */

static Space
new_space(void)
{
    Space space = { ZSTD_createCCtx(), ZSTD_createDCtx() };

    if (space.writing == NULL || space.reading == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(space.writing, ZSTD_c_dictIDFlag, 0)) ||
        ZSTD_isError(ZSTD_CCtx_refCDict(space.writing, shared.for_writing)) ||
        ZSTD_isError(ZSTD_DCtx_refDDict(space.reading, shared.for_reading)))
        g_error("shrink: no memory");
    return space;
}

static Space
take_space(void)
{
    Space space = { NULL, NULL };

    pthread_once(&shared.once, prepare_shared);
    lock_take(&shared.lock);
    if (shared.n > 0)
        space = shared.spaces[--shared.n];
    lock_leave(&shared.lock);
    return space.writing != NULL ? space : new_space();
}

static void
leave_space(Space space)
{
    lock_take(&shared.lock);
    bool kept = shared.n < SPACES;
    if (kept)
        shared.spaces[shared.n++] = space;
    lock_leave(&shared.lock);

    if (!kept) {
        ZSTD_freeCCtx(space.writing);
        ZSTD_freeDCtx(space.reading);
    }
}

/* ---- packing ---- */

static Bytes
pack_plain(uint8_t *out, Bytes plain)
{
    out[0] = FORM_PLAIN;
    if (plain.size > 0)
        memcpy(out + FORM_SIZE, plain.data, plain.size);
    return (Bytes){ out, FORM_SIZE + plain.size };
}

/* The form's byte is put over the last one of the magic. */
Bytes
shrink_pack(Arena *mem, Bytes plain)
{
    size_t   room = ZSTD_compressBound(plain.size);
    uint8_t *out = arena_alloc(mem, room + FORM_SIZE);
    Space    space = take_space();
    size_t   size = ZSTD_compress2(space.writing, out, room, plain.data, plain.size);

    leave_space(space);
    if (ZSTD_isError(size) || size - MAGIC_SIZE >= plain.size)
        return pack_plain(out, plain);

    g_assert(memcmp(out, magic, MAGIC_SIZE) == 0);
    out[MAGIC_SIZE - FORM_SIZE] = FORM_FIRST;
    return (Bytes){ out + MAGIC_SIZE - FORM_SIZE, size - MAGIC_SIZE + FORM_SIZE };
}

/* ---- opening ---- */

static bool
open_frame(Arena *mem, Bytes frame, Bytes *plain, GError **error)
{
    unsigned long long size = ZSTD_getFrameContentSize(frame.data, frame.size);

    if (size > PLAIN_MOST) /* also what it says when it does not know */
        return fail(error, APP_ERROR_INTERNAL, "a packed text of no or too great a length");

    uint8_t *out = arena_alloc(mem, (size_t)size + 1);
    Space    space = take_space();
    size_t   got = ZSTD_decompressDCtx(space.reading, out, (size_t)size, frame.data, frame.size);

    leave_space(space);
    if (ZSTD_isError(got) || got != size)
        return fail(error, APP_ERROR_INTERNAL, "a packed text is broken");

    out[size] = '\0';
    *plain = (Bytes){ out, (size_t)size };
    return true;
}

bool
shrink_open(Arena *mem, Bytes packed, Bytes *plain, GError **error)
{
    Bytes rest;

    if (packed.size < FORM_SIZE || packed.data[0] > FORM_FIRST)
        return fail(error, APP_ERROR_INTERNAL, "packed by another version");

    rest = (Bytes){ packed.data + FORM_SIZE, packed.size - FORM_SIZE };
    if (packed.data[0] == FORM_PLAIN) {
        *plain = (Bytes){ (const uint8_t *)arena_text(mem, (const char *)rest.data, rest.size),
                          rest.size };
        return true;
    }

    uint8_t *frame = arena_alloc(mem, MAGIC_SIZE + rest.size);
    memcpy(frame, magic, MAGIC_SIZE);
    memcpy(frame + MAGIC_SIZE, rest.data, rest.size);
    return open_frame(mem, (Bytes){ frame, MAGIC_SIZE + rest.size }, plain, error);
}
