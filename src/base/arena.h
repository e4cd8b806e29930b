/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Memory of one request or job: everything in it lives until arena_reset or arena_free, nothing is
 * freed alone. Not thread-safe. Never for passwords and tokens: those are `Secret`. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>

typedef struct Arena Arena;

/* Takes no memory before it is asked for some. */
Arena *arena_new(void);
void   arena_free(Arena *arena);
/* Forget everything. Keeps four blocks (64 KiB) for the next use; in sanitizer builds frees all of them, so
 * that a pointer kept past its request is caught. */
void arena_reset(Arena *arena);

/* `size` zeroed bytes, aligned for any type. Never NULL. */
void *arena_alloc(Arena *arena, size_t size);
/* `n` times `size` zeroed bytes; aborts when the product is no size. */
void *arena_array(Arena *arena, size_t size, size_t n);
/* A copy of `length` bytes of `text`, with a NUL behind them. */
char *arena_text(Arena *arena, const char *text, size_t length);
/* A copy of a string; NULL stays NULL. */
char *arena_copy(Arena *arena, const char *text);
char *arena_printf(Arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* A copy of `bytes`. */
Bytes arena_bytes(Arena *arena, Bytes bytes);

#define ARENA_NEW(arena, T) ((T *)arena_alloc((arena), sizeof(T)))
#define ARENA_ARRAY(arena, T, n) ((T *)arena_array((arena), sizeof(T), (n)))

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)
