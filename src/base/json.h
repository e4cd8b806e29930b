/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* JSON out (own writer) and in (json-c behind it, flat objects of text, numbers and booleans).
 * Written text has control and bidi characters escaped, and U+FFFD for what is no UTF-8. */
#pragma once

#include "base/arena.h"

typedef struct {
    GString *out;
    bool     comma;
} Json;

void json_init(Json *json, GString *out);
/* `key` is NULL inside an array and at the top. */
void json_object_begin(Json *json, const char *key);
void json_object_end(Json *json);
void json_array_begin(Json *json, const char *key);
void json_array_end(Json *json);
void json_text(Json *json, const char *key, const char *value); /* NULL value: null */
void json_int(Json *json, const char *key, int64_t value);
void json_bool(Json *json, const char *key, bool value);

typedef struct {
    const char *key, *text; /* text of any scalar; numbers as written */
} JsonPair;

/* The members of a flat object, in order. INVALID when it is no object, nested deeper than one
 * array of scalars (joined by \x1f), has a key twice, or more than `most`; when a text is not valid
 * (text_is_valid) or a number no finite one or beyond 2^63 - 1. null has
 * no text. */
bool json_read(Arena *mem, const char *text, size_t length, JsonPair *pairs, size_t most,
               size_t *n_pairs, GError **error) MUST_USE;
/* The value of `key`, or NULL. */
const char *json_find(const JsonPair *pairs, size_t n_pairs, const char *key);
