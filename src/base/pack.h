/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts as bytes and back, for what only Sawt reads again: a length, then the text, no names. Where
 * others read, or years lie between, JSON is written instead (base/json.h). */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/error.h"

/* `fields` may hold NULL, which stays apart from "". */
Bytes pack_texts(Arena *mem, const char *const *fields, size_t n);
/* The first `n`; fields added later are NULL in older bytes. INTERNAL: not what pack_texts wrote. */
bool pack_read(Arena *mem, Bytes packed, const char **fields, size_t n, GError **error) MUST_USE;
