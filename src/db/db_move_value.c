/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Rows as neither engine has them, and keys that both understand. What must stay true: two rows have one
 * hash only when all their columns have the same type and value, and a key written down is read by both
 * engines as the same value in the same order. */
#include "db/db_move_parts.h"

#include <sodium.h>
#include <string.h>

enum {
    BOOL_OID = 16,
    BYTEA_OID = 17,
    INT8_OID = 20,
    INT4_OID = 23,
    TEXT_OID = 25,
    DOUBLE_OID = 701
};

DbType
db_move_type(Oid type)
{
    switch (type) {
    case BOOL_OID:
        return DB_TYPE_BOOL;
    case BYTEA_OID:
        return DB_TYPE_BYTES;
    case INT8_OID:
    case INT4_OID:
        return DB_TYPE_INT;
    case TEXT_OID:
        return DB_TYPE_TEXT;
    case DOUBLE_OID:
        return DB_TYPE_DOUBLE;
    default:
        return DB_TYPE_NULL;
    }
}

/* ---- keys ---- */

static void
add_hex(GString *out, Bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++)
        g_string_append_printf(out, "%02x", bytes.data[i]);
}

/* i-12, t d985.., b00ff..: a letter for the type, commas between. */
char *
db_move_key(const MoveTable *table, const MoveValue *row)
{
    GString *key = g_string_new(NULL);

    for (guint i = 0; i < table->keys->len; i++) {
        const MoveValue *value = &row[g_array_index(table->keys, size_t, i)];

        g_string_append(key, i == 0 ? "" : ",");
        if (value->type == DB_TYPE_TEXT || value->type == DB_TYPE_BYTES) {
            g_string_append_c(key, value->type == DB_TYPE_TEXT ? 't' : 'b');
            add_hex(key, value->bytes);
        } else {
            g_string_append_printf(key, "i%" G_GINT64_FORMAT, (gint64)value->integer);
        }
    }
    return g_string_free(key, FALSE);
}

/* Digits and hexadecimal digits only: nothing in it can end the literal. */
static void
add_literal(GString *sql, const char *part, bool pg)
{
    const char *rest = part + 1;

    if (*part == 'i')
        g_string_append_printf(sql, pg ? "'%s'::bigint" : "%s", rest);
    else if (*part == 'b')
        g_string_append_printf(sql, pg ? "'\\x%s'::bytea" : "x'%s'", rest);
    else
        g_string_append_printf(
            sql, pg ? "convert_from('\\x%s'::bytea, 'UTF8')" : "CAST(x'%s' AS TEXT)", rest);
}

static void
add_names(GString *sql, const MoveTable *table, bool keys)
{
    guint n = keys ? table->keys->len : table->columns->len;

    for (guint i = 0; i < n; i++) {
        size_t at = keys ? g_array_index(table->keys, size_t, i) : i;

        g_string_append_printf(sql, "%s\"%s\"", i == 0 ? "" : ", ",
                               g_array_index(table->columns, MoveColumn, at).name);
    }
}

void
db_move_names(GString *sql, const MoveTable *table, bool keys)
{
    add_names(sql, table, keys);
}

static void
add_bound(GString *sql, const MoveTable *table, const char *column, const char *comparison,
          const char *key, bool pg)
{
    g_auto(GStrv) parts = g_strsplit(key, ",", -1);

    g_string_append(sql, "(");
    if (column != NULL)
        g_string_append_printf(sql, "\"%s\"", column);
    else
        add_names(sql, table, true);
    g_string_append_printf(sql, ") %s (", comparison);
    for (size_t i = 0; parts[i] != NULL; i++) {
        g_string_append(sql, i == 0 ? "" : ", ");
        add_literal(sql, parts[i], pg);
    }
    g_string_append(sql, ")");
}

void
db_move_where(GString *sql, const MoveTable *table, const MoveRange *range, const char *column,
              bool pg)
{
    if (range->from != NULL) {
        g_string_append(sql, " WHERE ");
        add_bound(sql, table, column, ">", range->from, pg);
    }
    if (range->to != NULL) {
        g_string_append(sql, range->from == NULL ? " WHERE " : " AND ");
        add_bound(sql, table, column, "<=", range->to, pg);
    }
}

/* ---- hashes ---- */

static void
add_number(crypto_generichash_state *state, int64_t number)
{
    uint64_t fixed = GUINT64_TO_BE((uint64_t)number);

    crypto_generichash_update(state, (const uint8_t *)&fixed, sizeof fixed);
}

static void
add_value(crypto_generichash_state *state, const MoveValue *value)
{
    uint8_t type = (uint8_t)value->type;
    int64_t bits;

    crypto_generichash_update(state, &type, 1);
    switch (value->type) {
    case DB_TYPE_INT:
    case DB_TYPE_BOOL:
        add_number(state, value->integer);
        break;
    case DB_TYPE_DOUBLE:
        memcpy(&bits, &value->real, sizeof bits);
        add_number(state, bits);
        break;
    case DB_TYPE_TEXT:
    case DB_TYPE_BYTES:
        add_number(state, (int64_t)value->bytes.size);
        crypto_generichash_update(state, value->bytes.data, value->bytes.size);
        break;
    case DB_TYPE_NULL:
    default:
        break;
    }
}

void
db_move_hash(const MoveTable *table, const MoveValue *row, uint8_t hash[MOVE_HASH])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, MOVE_HASH);
    for (guint i = 0; i < table->columns->len; i++)
        add_value(&state, &row[i]);
    crypto_generichash_final(&state, hash, MOVE_HASH);
}
