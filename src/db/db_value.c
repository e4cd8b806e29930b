/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The constructors of parameters. NULL of C is NULL of SQL, so that a store never writes `if`. */
#include "db/db.h"

DbValue
db_int(int64_t value)
{
    return (DbValue){ .type = DB_TYPE_INT, .integer = value };
}

DbValue
db_bool(bool value)
{
    return (DbValue){ .type = DB_TYPE_BOOL, .integer = value ? 1 : 0 };
}

DbValue
db_double(double value)
{
    return (DbValue){ .type = DB_TYPE_DOUBLE, .real = value };
}

DbValue
db_text(const char *value)
{
    return value == NULL ? db_null() : (DbValue){ .type = DB_TYPE_TEXT, .text = value };
}

DbValue
db_bytes(Bytes value)
{
    return value.data == NULL ? db_null() : (DbValue){ .type = DB_TYPE_BYTES, .bytes = value };
}

DbValue
db_null(void)
{
    return (DbValue){ .type = DB_TYPE_NULL };
}

DbValue
db_int_or_null(int64_t value)
{
    return value == 0 ? db_null() : db_int(value);
}
