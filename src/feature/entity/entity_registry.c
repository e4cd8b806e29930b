/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The invented people of the trial registry, into the vault. */
#include "base/text.h"
#include "feature/entity/entity_data.h"

enum { AT_ONCE = 500 };

static const char *
name_or_null(const char *name)
{
    return *name == '\0' ? NULL : name;
}

static Identity
identity_of(const FileRow *row)
{
    return (Identity){
        .document_type = row->fields[PERSON_TYPE],
        .document_issuer = row->fields[PERSON_ISSUER],
        .document_number = row->fields[PERSON_NUMBER],
        .name = { row->fields[PERSON_NAME1], name_or_null(row->fields[PERSON_NAME2]),
                  name_or_null(row->fields[PERSON_NAME3]),
                  name_or_null(row->fields[PERSON_NAME4]) },
        .birth_date = row->fields[PERSON_BIRTH],
    };
}

static bool
import_people(System *sys, Arena *mem, const FileRows *rows, ImportCount *count, GError **error)
{
    Identity *people = ARENA_ARRAY(mem, Identity, rows->n);
    size_t    n = 0;

    for (size_t i = 0; i < rows->n; i++)
        if (*rows->rows[i].fields[PERSON_DECEASED] == '0')
            people[n++] = identity_of(&rows->rows[i]);

    *count = (ImportCount){ .file = rows->spec->name,
                            .rows = (int64_t)rows->n,
                            .retired = (int64_t)(rows->n - n) };
    for (size_t at = 0; at < n; at += AT_ONCE) {
        size_t  length = MIN(n - at, AT_ONCE);
        int64_t added;

        if (!vault_registry_import(sys->vault, mem, people + at, length, &added, error))
            return false;
        count->added += added;
        count->unchanged += (int64_t)length - added;
    }
    return true;
}

bool
entity_import_registry(System *sys, Arena *mem, const char *path, ImportReport *report,
                       GError **error)
{
    FileRows rows;

    *report = (ImportReport){ .n_counts = 0 };
    if (!sys->trial)
        return fail(error, APP_ERROR_FORBIDDEN, "invented people are for trying out only");

    entity_file_read(mem, &entity_data_registry, path, &rows, report);
    bool right = report->all_faults == 0 ||
                 fail(error, APP_ERROR_INVALID, "%" G_GINT64_FORMAT " mistakes; nothing was taken",
                      report->all_faults);
    bool succeeded = right && import_people(sys, mem, &rows, &report->counts[0], error);

    report->n_counts = succeeded ? 1 : 0;
    entity_file_clear(&rows);
    return succeeded;
}
