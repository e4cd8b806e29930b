/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The statements of the import. */
#include "feature/entity/entity_store.h"

/* ---- reading ---- */

static const DbColumn row_columns[] = {
    DB_COLUMN(StoreRow, id),       DB_COLUMN(StoreRow, version),  DB_COLUMN(StoreRow, key),
    DB_COLUMN(StoreRow, owner),    DB_COLUMN(StoreRow, value[0]), DB_COLUMN(StoreRow, value[1]),
    DB_COLUMN(StoreRow, value[2]), DB_COLUMN(StoreRow, value[3]), DB_COLUMN(StoreRow, value[4]),
    DB_COLUMN(StoreRow, retired),
};

#define ROWS(text)                                                                                 \
    {                                                                                              \
        .sql = text, DB_COLUMNS(StoreRow, row_columns), .scans = true                              \
    }

static const DbQuery rows_of[DATA_COUNT] = {
    [DATA_ENTITIES] = ROWS("SELECT id, version, code, '', kind, coalesce(phone, ''),"
                           " coalesce(website, ''), '', '', retired_at IS NOT NULL FROM entity"),
    [DATA_SERVICES] = ROWS("SELECT service.id, service.version, service.code, entity.code,"
                           " CAST(inquiry_days AS TEXT), CAST(praise_days AS TEXT),"
                           " CAST(suggestion_days AS TEXT), CAST(complaint_days AS TEXT), '',"
                           " service.retired_at IS NOT NULL"
                           " FROM service JOIN entity ON entity.id = service.entity_id"),
    [DATA_FIELDS] =
        ROWS("SELECT service_field.id, service_field.version,"
             " service.code || '|' || service_field.code || '|' ||"
             " CAST(service_field.version AS TEXT), service.code,"
             " kind, CASE WHEN required THEN '1' ELSE '0' END, CAST(max_length AS TEXT),"
             " coalesce(choices, ''), CAST(position AS TEXT),"
             " service_field.retired_at IS NOT NULL"
             " FROM service_field JOIN service ON service.id = service_field.service_id"),
    [DATA_DIRECTORATES] =
        ROWS("SELECT directorate.id, directorate.version, directorate.code, entity.code,"
             " '', '', '', '', '', directorate.retired_at IS NOT NULL"
             " FROM directorate JOIN entity ON entity.id = directorate.entity_id"),
    [DATA_PLACES] = ROWS("SELECT place.id, place.version, place.code, coalesce(above.code, ''),"
                         " place.level, '', '', '', '', place.retired_at IS NOT NULL"
                         " FROM place LEFT JOIN place AS above ON above.id = place.parent_id"),
    [DATA_HOLIDAYS] = ROWS("SELECT day, 1, CAST(day AS TEXT), '',"
                           " CASE WHEN estimated THEN '1' ELSE '0' END, '', '', '', '', 1 = 0"
                           " FROM holiday"),
    [DATA_RULES] = ROWS("SELECT 0, 1, name, '', value, '', '', '', '', 1 = 0 FROM calendar_rule"),
};

static const DbColumn label_columns[] = {
    DB_COLUMN(StoreLabel, subject),
    DB_COLUMN(StoreLabel, lang),
    DB_COLUMN(StoreLabel, text),
    DB_COLUMN(StoreLabel, id),
};

static const DbQuery all_labels = {
    .sql = "SELECT subject, lang, text, id FROM label",
    DB_COLUMNS(StoreLabel, label_columns),
    .scans = true,
};

/* ---- writing ---- */

#define WRITES(to, text)                                                                           \
    {                                                                                              \
        .sql = text, .table = to                                                                   \
    }

static const DbQuery inserts[DATA_COUNT] = {
    [DATA_ENTITIES] =
        WRITES("entity", "INSERT INTO entity (id, code, kind, phone, website, retired_at, version)"
                         " VALUES ($1, $2, $3, $4, $5, $6, 1)"),
    [DATA_SERVICES] =
        WRITES("service", "INSERT INTO service (id, entity_id, code, inquiry_days, praise_days,"
                          " suggestion_days, complaint_days, retired_at, version)"
                          " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)"),
    [DATA_FIELDS] =
        WRITES("service_field", "INSERT INTO service_field (id, service_id, code, version, kind,"
                                " required, max_length, choices, position, retired_at)"
                                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"),
    [DATA_DIRECTORATES] =
        WRITES("directorate", "INSERT INTO directorate (id, entity_id, code, retired_at, version)"
                              " VALUES ($1, $2, $3, $4, 1)"),
    [DATA_PLACES] =
        WRITES("place", "INSERT INTO place (id, code, parent_id, level, retired_at, version)"
                        " VALUES ($1, $2, $3, $4, $5, 1)"),
    [DATA_HOLIDAYS] = WRITES("holiday", "INSERT INTO holiday (day, estimated) VALUES ($1, $2)"),
    [DATA_RULES] =
        WRITES("calendar_rule", "INSERT INTO calendar_rule (name, value) VALUES ($1, $2)"),
};

static const DbQuery updates[DATA_COUNT] = {
    [DATA_ENTITIES] =
        WRITES("entity", "UPDATE entity SET kind = $1, phone = $2, website = $3, retired_at = $4,"
                         " version = version + 1 WHERE id = $5 AND version = $6"),
    [DATA_SERVICES] =
        WRITES("service", "UPDATE service SET inquiry_days = $1, praise_days = $2,"
                          " suggestion_days = $3, complaint_days = $4, retired_at = $5,"
                          " version = version + 1 WHERE id = $6 AND version = $7"),
    [DATA_FIELDS] =
        WRITES("service_field", "UPDATE service_field SET position = $1, retired_at = $2"
                                " WHERE id = $3"),
    [DATA_DIRECTORATES] =
        WRITES("directorate", "UPDATE directorate SET retired_at = $1, version = version + 1"
                              " WHERE id = $2 AND version = $3"),
    [DATA_PLACES] = WRITES("place", "UPDATE place SET parent_id = $1, level = $2, retired_at = $3,"
                                    " version = version + 1 WHERE id = $4 AND version = $5"),
    [DATA_HOLIDAYS] = WRITES("holiday", "UPDATE holiday SET estimated = $1 WHERE day = $2"),
    [DATA_RULES] = WRITES("calendar_rule", "UPDATE calendar_rule SET value = $1 WHERE name = $2"),
};

#define RETIRE(to)                                                                                 \
    WRITES(to, "UPDATE " to " SET retired_at = $1, version = version + 1"                          \
               " WHERE id = $2 AND version = $3")

static const DbQuery retires[DATA_COUNT] = {
    [DATA_ENTITIES] = RETIRE("entity"),
    [DATA_SERVICES] = RETIRE("service"),
    [DATA_FIELDS] = WRITES("service_field", "UPDATE service_field SET retired_at = $1"
                                            " WHERE id = $2 AND version = $3"),
    [DATA_DIRECTORATES] = RETIRE("directorate"),
    [DATA_PLACES] = RETIRE("place"),
    [DATA_HOLIDAYS] = WRITES("holiday", "DELETE FROM holiday WHERE day = $1"),
    [DATA_RULES] = WRITES("calendar_rule", "DELETE FROM calendar_rule WHERE name = $1"),
};

static const DbQuery put_label = {
    .sql = "INSERT INTO label (subject, id, lang, text) VALUES ($1, $2, $3, $4)"
           " ON CONFLICT (subject, id, lang) DO UPDATE SET text = excluded.text",
    .table = "label",
};

static const DbQuery drop_label = {
    .sql = "DELETE FROM label WHERE subject = $1 AND id = $2 AND lang = $3",
    .table = "label",
};

#define EACH(array)                                                                                \
    &array[DATA_ENTITIES], &array[DATA_SERVICES], &array[DATA_FIELDS], &array[DATA_DIRECTORATES],  \
        &array[DATA_PLACES], &array[DATA_HOLIDAYS], &array[DATA_RULES]

const DbQuery *const entity_queries[] = {
    EACH(rows_of), EACH(inserts), EACH(updates), EACH(retires),
    &all_labels,   &put_label,    &drop_label,   NULL,
};

bool
entity_store_rows(DbTx *tx, DataFile file, StoreRow **rows, size_t *n, GError **error)
{
    return db_all(tx, &rows_of[file], DB_NO_PARAMS, rows, n, error);
}

bool
entity_store_labels(DbTx *tx, StoreLabel **labels, size_t *n, GError **error)
{
    return db_all(tx, &all_labels, DB_NO_PARAMS, labels, n, error);
}

static DbValue
text_or_null(const char *text)
{
    return *text == '\0' ? db_null() : db_text(text);
}

static DbValue
number(const char *text)
{
    return db_int(entity_file_number(text));
}

void
entity_store_insert(WritePlan *plan, DataFile file, const StoreWrite *write)
{
    const char *const *value = write->row.value;
    const DbQuery     *query = &inserts[file];
    DbValue            id = db_int(write->row.id), code = db_text(write->code);
    DbValue owner = db_int_or_null(write->owner_id), retired = db_int_or_null(write->retired_at);

    switch (file) {
    case DATA_ENTITIES:
        plan_one(plan, query,
                 DB_PARAMS(id, code, db_text(value[0]), text_or_null(value[1]),
                           text_or_null(value[2]), retired));
        break;
    case DATA_SERVICES:
        plan_one(plan, query,
                 DB_PARAMS(id, owner, code, number(value[0]), number(value[1]), number(value[2]),
                           number(value[3]), retired));
        break;
    case DATA_FIELDS:
        plan_one(plan, query,
                 DB_PARAMS(id, owner, code, db_int(write->row.version), db_text(value[0]),
                           db_bool(*value[1] == '1'), number(value[2]), text_or_null(value[3]),
                           number(value[4]), retired));
        break;
    case DATA_DIRECTORATES:
        plan_one(plan, query, DB_PARAMS(id, owner, code, retired));
        break;
    case DATA_PLACES:
        plan_one(plan, query, DB_PARAMS(id, code, owner, db_text(value[0]), retired));
        break;
    case DATA_HOLIDAYS:
        plan_one(plan, query, DB_PARAMS(id, db_bool(*value[0] == '1')));
        break;
    case DATA_RULES:
        plan_one(plan, query, DB_PARAMS(code, db_text(value[0])));
        break;
    case DATA_COUNT:
    default:
        g_assert_not_reached();
    }
}

void
entity_store_update(WritePlan *plan, DataFile file, const StoreWrite *write)
{
    const char *const *value = write->row.value;
    const DbQuery     *query = &updates[file];
    DbValue            id = db_int(write->row.id), version = db_int(write->row.version);
    DbValue            retired = db_int_or_null(write->retired_at);

    switch (file) {
    case DATA_ENTITIES:
        plan_one(plan, query,
                 DB_PARAMS(db_text(value[0]), text_or_null(value[1]), text_or_null(value[2]),
                           retired, id, version));
        break;
    case DATA_SERVICES:
        plan_one(plan, query,
                 DB_PARAMS(number(value[0]), number(value[1]), number(value[2]), number(value[3]),
                           retired, id, version));
        break;
    case DATA_FIELDS:
        plan_one(plan, query, DB_PARAMS(number(value[4]), retired, id));
        break;
    case DATA_DIRECTORATES:
        plan_one(plan, query, DB_PARAMS(retired, id, version));
        break;
    case DATA_PLACES:
        plan_one(
            plan, query,
            DB_PARAMS(db_int_or_null(write->owner_id), db_text(value[0]), retired, id, version));
        break;
    case DATA_HOLIDAYS:
        plan_one(plan, query, DB_PARAMS(db_bool(*value[0] == '1'), id));
        break;
    case DATA_RULES:
        plan_one(plan, query, DB_PARAMS(db_text(value[0]), db_text(write->code)));
        break;
    case DATA_COUNT:
    default:
        g_assert_not_reached();
    }
}

void
entity_store_retire(WritePlan *plan, DataFile file, const StoreRow *row, AppTime now)
{
    if (file == DATA_HOLIDAYS)
        plan_one(plan, &retires[file], DB_PARAMS(db_int(row->id)));
    else if (file == DATA_RULES)
        plan_one(plan, &retires[file], DB_PARAMS(db_text(row->key)));
    else
        plan_one(plan, &retires[file],
                 DB_PARAMS(db_int(now), db_int(row->id), db_int(row->version)));
}

void
entity_store_label(WritePlan *plan, const StoreLabel *label)
{
    if (*label->text == '\0')
        plan_any(plan, &drop_label,
                 DB_PARAMS(db_text(label->subject), db_int(label->id), db_text(label->lang)));
    else
        plan_one(plan, &put_label,
                 DB_PARAMS(db_text(label->subject), db_int(label->id), db_text(label->lang),
                           db_text(label->text)));
}
