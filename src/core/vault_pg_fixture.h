/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* For tests of the vault only: a look behind its back when it lies on PostgreSQL. */
#pragma once

#include "base/arena.h"
#include "db/engine_fixture.h"

#include <sodium.h>
#include <string.h>

/* Run SQL with one blob or nothing in the place of ?1; the first column of the first row as a
 * number. */
static inline int64_t
vault_pg_fixture_sql(const char *url, const char *sql, Bytes blob)
{
    g_auto(GStrv) parts = g_strsplit(sql, "?1", -1);
    g_autofree char *hex = g_malloc0(2 * blob.size + 1);
    g_autofree char *literal = NULL, *whole = NULL, *value = NULL;

    if (blob.data != NULL)
        sodium_bin2hex(hex, 2 * blob.size + 1, blob.data, blob.size);
    literal = g_strdup_printf("'\\x%s'::bytea", hex);
    whole = g_strjoinv(literal, parts);
    value = engine_fixture_sql(url, whole);
    return g_ascii_strtoll(value, NULL, 10);
}

/* The blob of the first row and column. */
static inline Bytes
vault_pg_fixture_blob(const char *url, Arena *mem, const char *sql)
{
    g_autofree char *whole =
        g_strdup_printf("SELECT encode(found.value, 'hex') FROM (%s) AS found (value)", sql);
    g_autofree char *hex = engine_fixture_sql(url, whole);
    size_t           size = strlen(hex) / 2;
    uint8_t         *bytes = arena_alloc(mem, size + 1);

    g_assert_cmpint(sodium_hex2bin(bytes, size, hex, 2 * size, NULL, NULL, NULL), ==, 0);
    return (Bytes){ bytes, size };
}
