/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A borrowed run of bytes: what BYTES columns, envelopes and MACs are made of. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *data; /* NULL: no value */
    size_t         size;
} Bytes;

#define BYTES_OF(array) ((Bytes){ (array), sizeof(array) })

/* The bytes of a string without its NUL; {NULL, 0} for NULL. */
Bytes bytes_of_text(const char *text);
/* No value equals no value only, not an empty one. Not in constant time: see secret_equal. */
bool bytes_equal(Bytes a, Bytes b);
