/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Passwords, keys and tokens in locked memory that is wiped when it is freed. No function turns a
 * Secret into a log field, a metric, a page or an arena string. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

typedef struct Secret Secret;

/* A copy of `size` bytes. The caller wipes its own copy. */
Secret *secret_new(const void *data, size_t size);
Secret *secret_new_random(size_t size);
void    secret_free(Secret *secret);

/* Borrowed; NUL-terminated behind its size. */
const uint8_t *secret_data(const Secret *secret);
size_t         secret_size(const Secret *secret);
/* In constant time. */
bool secret_equal(const Secret *secret, Bytes other);

/* The content of a file without its last line break, at most 64 KiB. NOT_FOUND; INVALID when it is
 * empty, too large, no file, or when others than its owner (we or root) may read it. */
Secret *secret_read_file(const char *path, GError **error) MUST_USE;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Secret, secret_free)
