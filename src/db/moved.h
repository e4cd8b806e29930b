/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to db: the mark in a SQLite store's directory that says where its data live now, so that there are
 * never two stores that both take requests. */
#pragma once

#include "base/error.h"

#define MOVED_FILE "moved"

/* INVALID with a sentence that says what to do when the store in the directory was moved away. */
bool moved_check(const char *directory, GError **error) MUST_USE;
/* The mark's text; NULL when there is none. Free it. */
char *moved_read(const char *directory);
/* Durable when it returns. INTERNAL. */
bool moved_write(const char *directory, const char *text, GError **error) MUST_USE;
