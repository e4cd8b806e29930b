/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts made smaller before they are sealed: what people write in Arabic takes two bytes a letter, and
 * zstd with a dictionary of such texts halves even two sentences.
 *
 *   form 1 | the bytes                      (0: as they are)
 *   form 1 | a zstd frame without its magic (1: with the first dictionary, data/shrink/1.dict)
 *
 * A dictionary never changes: what was written with it is kept for years. A better one is another form.
 * The length that an envelope shows depends on how usual the words are, no more; nobody can put words of
 * their own beside another's secret, as each text is made smaller alone. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

/* The shorter of both forms. */
Bytes shrink_pack(Arena *mem, Bytes plain);
/* INTERNAL: not what shrink_pack wrote, or more than a payload can be. `plain` has a NUL behind it. */
bool shrink_open(Arena *mem, Bytes packed, Bytes *plain, GError **error) MUST_USE;
