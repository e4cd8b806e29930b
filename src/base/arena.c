/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A list of blocks, filled one after the other. `blocks` is the one being filled and always of the
 * standard size; what needs more gets a block of its own behind it, so that one big text does not
 * waste the rest of a block. What is not given out is poisoned for AddressSanitizer, with a gap
 * behind each piece, so that a write past its end is caught like one past malloc's. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POISONED 1
#endif

#ifdef POISONED
#include <sanitizer/asan_interface.h>
#define GAP alignof(max_align_t)
#else
#define ASAN_POISON_MEMORY_REGION(from, size) ((void)(from), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(from, size) ((void)(from), (void)(size))
#define GAP ((size_t)0)
#endif

#ifdef SAWT_SANITIZED
#define KEEPS_BLOCK false
#else
#define KEEPS_BLOCK true
#endif

#define BLOCK_SIZE ((size_t)16 * 1024 - 64)
#define OWN_BLOCK (BLOCK_SIZE / 4)
#define KEPT_BLOCKS 4 /* over a reset */

typedef struct Block Block;
struct Block {
    Block *next;
    size_t size, used;
    alignas(max_align_t) char room[];
};

struct Arena {
    Block *blocks;
    Block *spare; /* of the standard size, empty */
};

Arena *
arena_new(void)
{
    return g_new0(Arena, 1);
}

static Block *
new_block(size_t size, Block *next)
{
    Block *block = g_malloc(sizeof *block + size);

    *block = (Block){ .next = next, .size = size };
    ASAN_POISON_MEMORY_REGION(block->room, size);
    return block;
}

static void
free_block(Block *block)
{
    ASAN_UNPOISON_MEMORY_REGION(block->room, block->size);
    g_free(block);
}

static void
free_blocks(Block *block)
{
    while (block != NULL) {
        Block *next = block->next;

        free_block(block);
        block = next;
    }
}

void
arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    free_blocks(arena->blocks);
    free_blocks(arena->spare);
    g_free(arena);
}

/* A page more for a large request is a lock and a system call for all threads. */
static size_t
count_spare(const Arena *arena)
{
    size_t n = 0;

    for (const Block *block = arena->spare; block != NULL; block = block->next)
        n++;
    return n;
}

static void
put_back(Arena *arena, Block *block, size_t *n_spare)
{
    if (block->size != BLOCK_SIZE || *n_spare == KEPT_BLOCKS) {
        free_block(block);
        return;
    }
    block->used = 0;
    ASAN_POISON_MEMORY_REGION(block->room, block->size);
    block->next = arena->spare;
    arena->spare = block;
    (*n_spare)++;
}

void
arena_reset(Arena *arena)
{
    Block *block = arena->blocks;
    size_t n_spare = count_spare(arena);

    arena->blocks = NULL;
    if (!KEEPS_BLOCK) {
        free_blocks(block);
        return;
    }
    while (block != NULL) {
        Block *next = block->next;

        put_back(arena, block, &n_spare);
        block = next;
    }
}

static Block *
standard_block(Arena *arena, Block *next)
{
    Block *block = arena->spare;

    if (block == NULL)
        return new_block(BLOCK_SIZE, next);
    arena->spare = block->next;
    block->next = next;
    return block;
}

/* The block that takes `size` bytes, which may be one made for them alone. */
static Block *
block_for(Arena *arena, size_t size)
{
    Block *block = arena->blocks;

    if (block != NULL && block->size - block->used >= size)
        return block;

    if (block != NULL && size > OWN_BLOCK) {
        block->next = new_block(size, block->next);
        return block->next;
    }
    if (size > BLOCK_SIZE) {
        arena->blocks = standard_block(arena, NULL);
        arena->blocks->next = new_block(size, NULL);
        return arena->blocks->next;
    }
    arena->blocks = standard_block(arena, block);
    return arena->blocks;
}

/* Like arena_alloc, without the zeroes: for what is overwritten at once. */
static void *
take(Arena *arena, size_t size)
{
    size_t align = alignof(max_align_t);
    size_t room;
    Block *block;
    char  *piece;

    g_assert(size <= PTRDIFF_MAX - 2 * align);
    room = (MAX(size, 1) + align - 1) / align * align + GAP;
    block = block_for(arena, room);
    piece = block->room + block->used;
    block->used += room;
    ASAN_UNPOISON_MEMORY_REGION(piece, size);
    return piece;
}

void *
arena_alloc(Arena *arena, size_t size)
{
    return memset(take(arena, size), 0, size);
}

void *
arena_array(Arena *arena, size_t size, size_t n)
{
    size_t total;

    g_assert(!__builtin_mul_overflow(size, n, &total));
    return arena_alloc(arena, total);
}

char *
arena_text(Arena *arena, const char *text, size_t length)
{
    char *copy = take(arena, length + 1);

    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *
arena_copy(Arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_text(arena, text, strlen(text));
}

char *
arena_printf(Arena *arena, const char *format, ...)
{
    char    small[256];
    char   *text;
    va_list args, again;
    int     length;

    va_start(args, format);
    va_copy(again, args);
    length = vsnprintf(small, sizeof small, format, args);
    g_assert(length >= 0);
    if ((size_t)length < sizeof small) {
        text = arena_text(arena, small, (size_t)length);
    } else {
        text = take(arena, (size_t)length + 1);
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(args);
    return text;
}

Bytes
arena_bytes(Arena *arena, Bytes bytes)
{
    if (bytes.data == NULL)
        return (Bytes){ NULL, 0 };
    return (Bytes){ (const uint8_t *)arena_text(arena, (const char *)bytes.data, bytes.size),
                    bytes.size };
}
