/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The columns of the reference data, as data/README.md describes them, and what holds between rows. */
#include "feature/entity/entity_data.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum { DAYS_MOST = 365, LENGTH_MOST = 10000, VERSIONS_MOST = 1000 };

/* ---- the files ---- */

static const char *const entity_kinds[] = { "ministry",   "authority",    "commission",
                                            "department", "municipality", "corporation",
                                            "university", "fund",         "other",
                                            NULL };

static const char *const field_kinds[] = { "text",    "long_text", "number",    "date", "choice",
                                           "choices", "phone",     "reference", NULL };

const char *const        entity_data_levels[] = { "governorate", "district", "subdistrict", NULL };

static const char *const flags[] = { "0", "1", NULL };

static const char *const document_types[] = { "national_number", "passport", "personal_number",
                                              "unhcr", NULL };

static const ColumnSpec  entity_columns[] = {
     [ENTITY_CODE] = { .name = "code", .kind = COLUMN_CODE },
     [ENTITY_KIND] = { .name = "kind", .kind = COLUMN_WORD, .words = entity_kinds },
     [ENTITY_NAME_AR] = { .name = "name_ar", .kind = COLUMN_NAME },
     [ENTITY_NAME_EN] = { .name = "name_en", .kind = COLUMN_NAME },
     [ENTITY_REMIT_AR] = { .name = "remit_ar", .kind = COLUMN_TEXT },
     [ENTITY_REMIT_EN] = { .name = "remit_en", .kind = COLUMN_TEXT },
     [ENTITY_KEYWORDS_AR] = { .name = "keywords_ar", .kind = COLUMN_TEXT },
     [ENTITY_KEYWORDS_EN] = { .name = "keywords_en", .kind = COLUMN_TEXT },
     [ENTITY_PHONE] = { .name = "phone", .kind = COLUMN_TEXT },
     [ENTITY_WEBSITE] = { .name = "website", .kind = COLUMN_ADDRESS },
     [ENTITY_HEAD_AR] = { .name = "head_title_ar", .kind = COLUMN_TEXT },
     [ENTITY_HEAD_EN] = { .name = "head_title_en", .kind = COLUMN_TEXT },
};

#define DAYS_COLUMN(given)                                                                         \
    {                                                                                              \
        .name = given, .kind = COLUMN_NUMBER, .least = 1, .most = DAYS_MOST                        \
    }

static const ColumnSpec service_columns[] = {
    [SERVICE_ENTITY] = { .name = "entity", .kind = COLUMN_CODE },
    [SERVICE_CODE] = { .name = "code", .kind = COLUMN_CODE },
    [SERVICE_NAME_AR] = { .name = "name_ar", .kind = COLUMN_NAME },
    [SERVICE_NAME_EN] = { .name = "name_en", .kind = COLUMN_NAME },
    [SERVICE_KEYWORDS_AR] = { .name = "keywords_ar", .kind = COLUMN_TEXT },
    [SERVICE_KEYWORDS_EN] = { .name = "keywords_en", .kind = COLUMN_TEXT },
    [SERVICE_INQUIRY] = DAYS_COLUMN("inquiry_days"),
    [SERVICE_PRAISE] = DAYS_COLUMN("praise_days"),
    [SERVICE_SUGGESTION] = DAYS_COLUMN("suggestion_days"),
    [SERVICE_COMPLAINT] = DAYS_COLUMN("complaint_days"),
};

static const ColumnSpec field_columns[] = {
    [FIELD_SERVICE] = { .name = "service", .kind = COLUMN_CODE },
    [FIELD_CODE] = { .name = "code", .kind = COLUMN_CODE },
    [FIELD_VERSION] = { .name = "version",
                        .kind = COLUMN_NUMBER,
                        .least = 1,
                        .most = VERSIONS_MOST },
    [FIELD_KIND] = { .name = "kind", .kind = COLUMN_WORD, .words = field_kinds },
    [FIELD_LABEL_AR] = { .name = "label_ar", .kind = COLUMN_NAME },
    [FIELD_LABEL_EN] = { .name = "label_en", .kind = COLUMN_NAME },
    [FIELD_HINT_AR] = { .name = "hint_ar", .kind = COLUMN_TEXT },
    [FIELD_HINT_EN] = { .name = "hint_en", .kind = COLUMN_TEXT },
    [FIELD_REQUIRED] = { .name = "required", .kind = COLUMN_WORD, .words = flags },
    [FIELD_MAX] = { .name = "max", .kind = COLUMN_NUMBER, .least = 1, .most = LENGTH_MOST },
    [FIELD_CHOICES] = { .name = "choices", .kind = COLUMN_TEXT },
    [FIELD_PURPOSE_AR] = { .name = "purpose_ar", .kind = COLUMN_NAME },
    [FIELD_PURPOSE_EN] = { .name = "purpose_en", .kind = COLUMN_NAME },
};

static const ColumnSpec directorate_columns[] = {
    [DIRECTORATE_ENTITY] = { .name = "entity", .kind = COLUMN_CODE },
    [DIRECTORATE_CODE] = { .name = "code", .kind = COLUMN_CODE },
    [DIRECTORATE_NAME_AR] = { .name = "name_ar", .kind = COLUMN_NAME },
    [DIRECTORATE_NAME_EN] = { .name = "name_en", .kind = COLUMN_NAME },
};

static const ColumnSpec place_columns[] = {
    [PLACE_CODE] = { .name = "code", .kind = COLUMN_CODE },
    [PLACE_PARENT] = { .name = "parent", .kind = COLUMN_OPTIONAL_CODE },
    [PLACE_LEVEL] = { .name = "level", .kind = COLUMN_WORD, .words = entity_data_levels },
    [PLACE_NAME_AR] = { .name = "name_ar", .kind = COLUMN_NAME },
    [PLACE_NAME_EN] = { .name = "name_en", .kind = COLUMN_NAME },
};

static const ColumnSpec holiday_columns[] = {
    [HOLIDAY_DATE] = { .name = "date", .kind = COLUMN_DATE },
    [HOLIDAY_NAME_AR] = { .name = "name_ar", .kind = COLUMN_NAME },
    [HOLIDAY_NAME_EN] = { .name = "name_en", .kind = COLUMN_NAME },
    [HOLIDAY_ESTIMATED] = { .name = "estimated", .kind = COLUMN_WORD, .words = flags },
};

static const ColumnSpec rule_columns[] = {
    [RULE_KEY] = { .name = "key", .kind = COLUMN_CODE },
    [RULE_VALUE] = { .name = "value", .kind = COLUMN_NAME },
};

static const ColumnSpec person_columns[] = {
    [PERSON_TYPE] = { .name = "doc_type", .kind = COLUMN_WORD, .words = document_types },
    [PERSON_ISSUER] = { .name = "issuer", .kind = COLUMN_CODE },
    [PERSON_NUMBER] = { .name = "doc_number", .kind = COLUMN_CODE },
    [PERSON_NAME1] = { .name = "name1", .kind = COLUMN_NAME },
    [PERSON_NAME2] = { .name = "name2", .kind = COLUMN_TEXT },
    [PERSON_NAME3] = { .name = "name3", .kind = COLUMN_TEXT },
    [PERSON_NAME4] = { .name = "name4", .kind = COLUMN_TEXT },
    [PERSON_BIRTH] = { .name = "birth_date", .kind = COLUMN_DATE },
    [PERSON_SEX] = { .name = "sex", .kind = COLUMN_TEXT },
    [PERSON_DECEASED] = { .name = "deceased", .kind = COLUMN_WORD, .words = flags },
};

#define FILE_OF(file, array, ...)                                                                  \
    {                                                                                              \
        .name = file, .columns = array, .n_columns = G_N_ELEMENTS(array), __VA_ARGS__              \
    }

static const FileSpec specs[DATA_COUNT] = {
    [DATA_ENTITIES] = FILE_OF("entities.csv", entity_columns, .keys = { ENTITY_CODE }, .n_keys = 1),
    [DATA_SERVICES] =
        FILE_OF("services.csv", service_columns, .keys = { SERVICE_CODE }, .n_keys = 1),
    [DATA_FIELDS] = FILE_OF("service_fields.csv", field_columns,
                            .keys = { FIELD_SERVICE, FIELD_CODE, FIELD_VERSION }, .n_keys = 3),
    [DATA_DIRECTORATES] =
        FILE_OF("directorates.csv", directorate_columns, .keys = { DIRECTORATE_CODE }, .n_keys = 1),
    [DATA_PLACES] = FILE_OF("places.csv", place_columns, .keys = { PLACE_CODE }, .n_keys = 1),
    [DATA_HOLIDAYS] =
        FILE_OF("holidays.csv", holiday_columns, .keys = { HOLIDAY_DATE }, .n_keys = 1),
    [DATA_RULES] = FILE_OF("calendar.csv", rule_columns, .keys = { RULE_KEY }, .n_keys = 1),
};

const FileSpec entity_data_registry =
    FILE_OF("registry.csv", person_columns, .keys = { PERSON_TYPE, PERSON_ISSUER, PERSON_NUMBER },
            .n_keys = 3);

/* ---- checks ---- */

typedef struct {
    Arena        *mem;
    const Data   *data;
    ImportReport *report;
    DataFile      file;
} Checking;

#define FAULT(checking, row, ...)                                                                  \
    entity_file_fault((checking)->mem, (checking)->report, &specs[(checking)->file], (row)->line,  \
                      __VA_ARGS__)

static bool
exists(const Checking *checking, DataFile file, const char *code)
{
    return entity_file_find(&checking->data->files[file], code) != NULL;
}

/* What belongs to an entity has a code that begins with the entity's and a full stop. */
static void
check_of_entity(const Checking *checking, const FileRow *row, const char *entity, const char *code)
{
    size_t length = strlen(entity);

    if (!exists(checking, DATA_ENTITIES, entity))
        FAULT(checking, row, "there is no entity %s", entity);
    if (strncmp(code, entity, length) != 0 || code[length] != '.' || code[length + 1] == '\0')
        FAULT(checking, row, "the code %s must begin with %s.", code, entity);
}

static void
check_service(const Checking *checking, const FileRow *row)
{
    check_of_entity(checking, row, row->fields[SERVICE_ENTITY], row->fields[SERVICE_CODE]);
}

static void
check_directorate(const Checking *checking, const FileRow *row)
{
    check_of_entity(checking, row, row->fields[DIRECTORATE_ENTITY], row->fields[DIRECTORATE_CODE]);
}

static bool
is_choice_code(const char *code)
{
    return *code != '\0' && strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(code);
}

size_t
entity_data_choices(Arena *mem, const char *text, DataChoice **choices)
{
    g_auto(GStrv) parts = g_strsplit(text, "|", -1);
    size_t n = g_strv_length(parts);

    *choices = ARENA_ARRAY(mem, DataChoice, n);
    for (size_t i = 0; i < n; i++) {
        g_auto(GStrv) words = g_strsplit(parts[i], ":", 3);
        size_t given = g_strv_length(words);

        (*choices)[i] = (DataChoice){
            .code = arena_copy(mem, given > 0 ? words[0] : ""),
            .ar = arena_copy(mem, given > 1 ? words[1] : ""),
            .en = arena_copy(mem, given > 2 ? words[2] : ""),
        };
    }
    return n;
}

static void
check_choices(const Checking *checking, const FileRow *row)
{
    DataChoice *choices;
    size_t      n = entity_data_choices(checking->mem, row->fields[FIELD_CHOICES], &choices);

    if (n < 2)
        FAULT(checking, row, "a choice needs two choices at least");
    for (size_t i = 0; i < n; i++) {
        if (!is_choice_code(choices[i].code) || *choices[i].ar == '\0' || *choices[i].en == '\0')
            FAULT(checking, row, "choice %zu must be code:Arabic:English", i + 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(choices[i].code, choices[j].code) == 0)
                FAULT(checking, row, "choice %s stands there twice", choices[i].code);
    }
}

static void
check_field(const Checking *checking, const FileRow *row)
{
    bool chooses = g_str_has_prefix(row->fields[FIELD_KIND], "choice");

    if (!exists(checking, DATA_SERVICES, row->fields[FIELD_SERVICE]))
        FAULT(checking, row, "there is no service %s", row->fields[FIELD_SERVICE]);
    if (chooses)
        check_choices(checking, row);
    else if (*row->fields[FIELD_CHOICES] != '\0')
        FAULT(checking, row, "choices are for kind choice and choices only");
}

static int
level_of(const FileRow *row)
{
    for (int i = 0; entity_data_levels[i] != NULL; i++)
        if (strcmp(row->fields[PLACE_LEVEL], entity_data_levels[i]) == 0)
            return i;
    return -1;
}

static void
check_place(const Checking *checking, const FileRow *row)
{
    const char    *code = row->fields[PLACE_PARENT];
    const FileRow *parent = entity_file_find(&checking->data->files[DATA_PLACES], code);
    int            level = level_of(row);

    if (level == 0 && *code != '\0')
        FAULT(checking, row, "a governorate has no parent");
    else if (level > 0 && parent == NULL)
        FAULT(checking, row, "there is no place %s", code);
    else if (level > 0 && level_of(parent) != level - 1)
        FAULT(checking, row, "a %s lies in a %s", entity_data_levels[level],
              entity_data_levels[level - 1]);
}

static bool
is_hours(const char *text)
{
    int from_hour, from_minute, to_hour, to_minute, end = 0;

    return sscanf(text, "%2d:%2d-%2d:%2d%n", &from_hour, &from_minute, &to_hour, &to_minute,
                  &end) == 4 &&
           text[end] == '\0' && from_hour >= 0 && to_hour <= 24 && from_minute >= 0 &&
           from_minute < 60 && to_minute >= 0 && to_minute < 60 &&
           from_hour * 60 + from_minute < to_hour * 60 + to_minute;
}

static bool
is_span(const char *text)
{
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    int64_t first, last;

    return g_strv_length(parts) >= 2 && entity_file_date(parts[0], &first) &&
           entity_file_date(parts[1], &last) && first <= last;
}

static bool
is_weekend(const char *text)
{
    static const char *const names[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL };
    g_auto(GStrv) parts = g_strsplit(text, ",", -1);
    size_t n = g_strv_length(parts);

    for (size_t i = 0; i < n; i++)
        if (!g_strv_contains(names, g_strstrip(parts[i])))
            return false;
    return n < G_N_ELEMENTS(names) - 1;
}

static bool
is_zone(const char *text)
{
    Zone *zone = zone_new(text);
    bool  known = zone != NULL;

    if (known)
        zone_free(zone);
    return known;
}

static void
check_rule(const Checking *checking, const FileRow *row)
{
    const char *key = row->fields[RULE_KEY], *value = row->fields[RULE_VALUE];
    bool        right = true;

    if (strcmp(key, "timezone") == 0)
        right = is_zone(value);
    else if (strcmp(key, "weekend") == 0)
        right = is_weekend(value);
    else if (g_str_has_prefix(key, "hours."))
        right = is_hours(value);
    else if (g_str_has_prefix(key, "ramadan."))
        right = is_span(value);
    if (!right)
        FAULT(checking, row, "%s is no value for %s", value, key);
}

static void (*const checks[DATA_COUNT])(const Checking *checking, const FileRow *row) = {
    [DATA_SERVICES] = check_service,
    [DATA_FIELDS] = check_field,
    [DATA_DIRECTORATES] = check_directorate,
    [DATA_PLACES] = check_place,
    [DATA_RULES] = check_rule,
};

static void
check_between(Arena *mem, const Data *data, ImportReport *report)
{
    Checking checking = { .mem = mem, .data = data, .report = report };

    for (checking.file = 0; checking.file < DATA_COUNT; checking.file++) {
        const FileRows *file = &data->files[checking.file];

        for (size_t i = 0; checks[checking.file] != NULL && i < file->n; i++)
            checks[checking.file](&checking, &file->rows[i]);
    }
}

/* ---- all of it ---- */

void
entity_data_read(Arena *mem, const char *directory, Data *data, ImportReport *report)
{
    for (DataFile file = 0; file < DATA_COUNT; file++) {
        g_autofree char *path = g_build_filename(directory, specs[file].name, NULL);

        entity_file_read(mem, &specs[file], path, &data->files[file], report);
        if (data->files[file].n == 0 && file == DATA_ENTITIES && report->all_faults == 0)
            entity_file_fault(mem, report, &specs[file], 0, "there must be one entity at least");
    }

    if (report->all_faults == 0)
        check_between(mem, data, report);
}

void
entity_data_clear(Data *data)
{
    for (DataFile file = 0; file < DATA_COUNT; file++)
        entity_file_clear(&data->files[file]);
}

bool
entity_data_is_newest(const FileRows *fields, const FileRow *row)
{
    for (size_t i = 0; i < fields->n; i++)
        if (strcmp(fields->rows[i].fields[FIELD_SERVICE], row->fields[FIELD_SERVICE]) == 0 &&
            strcmp(fields->rows[i].fields[FIELD_CODE], row->fields[FIELD_CODE]) == 0 &&
            entity_file_number(fields->rows[i].fields[FIELD_VERSION]) >
                entity_file_number(row->fields[FIELD_VERSION]))
            return false;
    return true;
}
