/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Compares files with what is stored and writes the difference. What must stay true: all or nothing,
 * ids stay with their codes, and a question that was answered is never changed under its version. */
#include "core/event.h"
#include "feature/entity/entity_store.h"

#include <string.h>

typedef struct {
    Prepare      *prepare;
    const Data   *data;
    ImportReport *report;
    GHashTable   *labels;          /* "subject|id|lang" → text */
    GHashTable   *ids[DATA_COUNT]; /* key → its id, in the arena */
} Import;

/* One file's table. */
typedef struct {
    Import     *import;
    DataFile    file;
    StoreRow   *stored;
    size_t      n_stored;
    int64_t     last_id; /* the highest of the table; two imports at once meet in the next one */
    GHashTable *by_key;  /* of what is stored */
    GHashTable *wanted;  /* keys that the file has */
} Table;

/* ---- a row as the file wants it ---- */

typedef struct {
    int      code, owner; /* columns; -1: none */
    int      values[STORE_VALUES];
    DataFile owners; /* the file of what it belongs to */
} RowShape;

static const RowShape shapes[DATA_COUNT] = {
    [DATA_ENTITIES] = { ENTITY_CODE,
                        -1,
                        { ENTITY_KIND, ENTITY_PHONE, ENTITY_WEBSITE, -1, -1 },
                        DATA_COUNT },
    [DATA_SERVICES] = { SERVICE_CODE,
                        SERVICE_ENTITY,
                        { SERVICE_INQUIRY, SERVICE_PRAISE, SERVICE_SUGGESTION, SERVICE_COMPLAINT,
                          -1 },
                        DATA_ENTITIES },
    [DATA_FIELDS] = { FIELD_CODE,
                      FIELD_SERVICE,
                      { FIELD_KIND, FIELD_REQUIRED, FIELD_MAX, -1, -1 },
                      DATA_SERVICES },
    [DATA_DIRECTORATES] = { DIRECTORATE_CODE,
                            DIRECTORATE_ENTITY,
                            { -1, -1, -1, -1, -1 },
                            DATA_ENTITIES },
    [DATA_PLACES] = { PLACE_CODE, PLACE_PARENT, { PLACE_LEVEL, -1, -1, -1, -1 }, DATA_PLACES },
    [DATA_HOLIDAYS] = { HOLIDAY_DATE, -1, { HOLIDAY_ESTIMATED, -1, -1, -1, -1 }, DATA_COUNT },
    [DATA_RULES] = { RULE_KEY, -1, { RULE_VALUE, -1, -1, -1, -1 }, DATA_COUNT },
};

/* Numbers as the store shows them: without leading noughts. */
static const char *
value_of(Arena *mem, const FileSpec *spec, const FileRow *row, int column)
{
    if (column < 0)
        return "";
    if (spec->columns[column].kind != COLUMN_NUMBER)
        return row->fields[column];
    return arena_printf(mem, "%" G_GINT64_FORMAT, entity_file_number(row->fields[column]));
}

static const char *
choice_codes(Arena *mem, const char *text)
{
    DataChoice *choices;
    size_t      n = *text == '\0' ? 0 : entity_data_choices(mem, text, &choices);
    const char *codes = n == 0 ? "" : choices[0].code;

    for (size_t i = 1; i < n; i++)
        codes = arena_printf(mem, "%s|%s", codes, choices[i].code);
    return codes;
}

/* Its place among its service's questions. */
static const char *
position_of(Arena *mem, const FileRows *rows, const FileRow *row)
{
    int position = 1;

    for (const FileRow *above = rows->rows; above < row; above++)
        position += strcmp(above->fields[FIELD_SERVICE], row->fields[FIELD_SERVICE]) == 0 ? 1 : 0;
    return arena_printf(mem, "%d", position);
}

static void
complete_field(Arena *mem, const FileRows *rows, const FileRow *row, StoreWrite *wanted)
{
    wanted->row.version = entity_file_number(row->fields[FIELD_VERSION]);
    wanted->row.key = arena_printf(mem, "%s|%s|%" G_GINT64_FORMAT, row->fields[FIELD_SERVICE],
                                   row->fields[FIELD_CODE], wanted->row.version);
    wanted->row.value[3] = choice_codes(mem, row->fields[FIELD_CHOICES]);
    wanted->row.value[4] = position_of(mem, rows, row);
    wanted->row.retired = !entity_data_is_newest(rows, row);
}

static void
complete_holiday(Arena *mem, const FileRow *row, StoreWrite *wanted)
{
    if (!entity_file_date(row->fields[HOLIDAY_DATE], &wanted->row.id))
        g_assert_not_reached();
    wanted->row.key = arena_printf(mem, "%" G_GINT64_FORMAT, wanted->row.id);
}

static int64_t
id_of(const Import *import, DataFile file, const char *key)
{
    const int64_t *id = file == DATA_COUNT ? NULL : g_hash_table_lookup(import->ids[file], key);

    return id == NULL ? 0 : *id;
}

static StoreWrite
wanted_of(const Table *table, const FileRow *row)
{
    Arena          *mem = table->import->prepare->mem;
    const FileRows *rows = &table->import->data->files[table->file];
    const RowShape *shape = &shapes[table->file];
    StoreWrite      wanted = { .code = row->fields[shape->code], .row = { .version = 1 } };

    wanted.row.key = wanted.code;
    wanted.row.owner = value_of(mem, rows->spec, row, shape->owner);
    wanted.owner_id = id_of(table->import, shape->owners, wanted.row.owner);
    for (size_t i = 0; i < STORE_VALUES; i++)
        wanted.row.value[i] = value_of(mem, rows->spec, row, shape->values[i]);

    if (table->file == DATA_FIELDS)
        complete_field(mem, rows, row, &wanted);
    else if (table->file == DATA_HOLIDAYS)
        complete_holiday(mem, row, &wanted);
    wanted.retired_at = wanted.row.retired ? table->import->prepare->now : 0;
    return wanted;
}

/* ---- labels ---- */

typedef struct {
    const char *subject;
    int         ar, en; /* columns */
} LabelShape;

static const LabelShape label_shapes[DATA_COUNT][4] = {
    [DATA_ENTITIES] = { { "entity.name", ENTITY_NAME_AR, ENTITY_NAME_EN },
                        { "entity.remit", ENTITY_REMIT_AR, ENTITY_REMIT_EN },
                        { "entity.keywords", ENTITY_KEYWORDS_AR, ENTITY_KEYWORDS_EN },
                        { "entity.head", ENTITY_HEAD_AR, ENTITY_HEAD_EN } },
    [DATA_SERVICES] = { { "service.name", SERVICE_NAME_AR, SERVICE_NAME_EN },
                        { "service.keywords", SERVICE_KEYWORDS_AR, SERVICE_KEYWORDS_EN } },
    [DATA_FIELDS] = { { "service_field.label", FIELD_LABEL_AR, FIELD_LABEL_EN },
                      { "service_field.hint", FIELD_HINT_AR, FIELD_HINT_EN },
                      { "service_field.purpose", FIELD_PURPOSE_AR, FIELD_PURPOSE_EN } },
    [DATA_DIRECTORATES] = { { "directorate.name", DIRECTORATE_NAME_AR, DIRECTORATE_NAME_EN } },
    [DATA_PLACES] = { { "place.name", PLACE_NAME_AR, PLACE_NAME_EN } },
    [DATA_HOLIDAYS] = { { "holiday.name", HOLIDAY_NAME_AR, HOLIDAY_NAME_EN } },
};

static const char *
label_key(Arena *mem, const StoreLabel *label)
{
    return arena_printf(mem, "%s|%" G_GINT64_FORMAT "|%s", label->subject, label->id, label->lang);
}

/* How many labels were written: 0 or 1. */
static int
import_label(const Import *import, const char *subject, int64_t id, const char *lang,
             const char *text)
{
    StoreLabel  label = { subject, lang, text, id };
    const char *stored =
        g_hash_table_lookup(import->labels, label_key(import->prepare->mem, &label));

    if (strcmp(stored == NULL ? "" : stored, text) == 0)
        return 0;

    entity_store_label(import->prepare->plan, &label);
    return 1;
}

static int
import_choices(const Import *import, const FileRow *row, int64_t id)
{
    Arena      *mem = import->prepare->mem;
    DataChoice *choices;
    int         written = 0;

    if (*row->fields[FIELD_CHOICES] == '\0')
        return 0;

    size_t n = entity_data_choices(mem, row->fields[FIELD_CHOICES], &choices);
    for (size_t i = 0; i < n; i++) {
        const char *subject = arena_printf(mem, "service_field.choice.%s", choices[i].code);

        written += import_label(import, subject, id, "ar", choices[i].ar);
        written += import_label(import, subject, id, "en", choices[i].en);
    }
    return written;
}

static int
import_labels(const Table *table, const FileRow *row, int64_t id)
{
    const LabelShape *shape = label_shapes[table->file];
    int               written = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(label_shapes[0]) && shape[i].subject != NULL; i++) {
        written +=
            import_label(table->import, shape[i].subject, id, "ar", row->fields[shape[i].ar]);
        written +=
            import_label(table->import, shape[i].subject, id, "en", row->fields[shape[i].en]);
    }
    if (table->file == DATA_FIELDS)
        written += import_choices(table->import, row, id);
    return written;
}

/* ---- rows ---- */

static bool
differs(const StoreRow *stored, const StoreRow *wanted)
{
    if (stored->retired != wanted->retired || strcmp(stored->owner, wanted->owner) != 0)
        return true;
    for (size_t i = 0; i < STORE_VALUES; i++)
        if (strcmp(stored->value[i], wanted->value[i]) != 0)
            return true;
    return false;
}

/* Old answers name the version: what they were answers to stays as it was. */
static void
check_question(const Table *table, const FileRow *row, const StoreRow *stored,
               const StoreRow *wanted)
{
    for (size_t i = 0; i < 4; i++)
        if (strcmp(stored->value[i], wanted->value[i]) != 0) {
            entity_file_fault(table->import->prepare->mem, table->import->report,
                              table->import->data->files[table->file].spec, row->line,
                              "version %s is in use and was another question: add a row with "
                              "the next version",
                              row->fields[FIELD_VERSION]);
            return;
        }
}

static void
remember_id(const Table *table, const StoreRow *row)
{
    int64_t *id = ARENA_NEW(table->import->prepare->mem, int64_t);

    *id = row->id;
    g_hash_table_insert(table->import->ids[table->file], (gpointer)row->key, id);
    g_hash_table_add(table->wanted, (gpointer)row->key);
}

/* Ids of reference data are small: each request carries a dozen of them. */
static void
import_row(Table *table, const FileRow *row)
{
    Prepare        *prepare = table->import->prepare;
    ImportCount    *count = &table->import->report->counts[table->file];
    StoreWrite      wanted = wanted_of(table, row);
    const StoreRow *stored = g_hash_table_lookup(table->by_key, wanted.row.key);

    if (stored != NULL) {
        wanted.row.id = stored->id;
        wanted.row.version = stored->version;
    } else if (wanted.row.id == 0) {
        wanted.row.id = ++table->last_id;
    }
    remember_id(table, &wanted.row);
    if (stored != NULL && table->file == DATA_FIELDS)
        check_question(table, row, stored, &wanted.row);

    bool changed = stored != NULL && differs(stored, &wanted.row);
    if (stored == NULL)
        entity_store_insert(prepare->plan, table->file, &wanted);
    else if (changed)
        entity_store_update(prepare->plan, table->file, &wanted);
    changed = import_labels(table, row, wanted.row.id) > 0 || changed;

    count->rows++;
    count->added += stored == NULL ? 1 : 0;
    count->changed += stored != NULL && changed ? 1 : 0;
    count->unchanged += stored != NULL && !changed ? 1 : 0;
}

static void
retire_the_rest(const Table *table)
{
    Prepare *prepare = table->import->prepare;

    for (size_t i = 0; i < table->n_stored; i++) {
        const StoreRow *row = &table->stored[i];

        if (row->retired || g_hash_table_contains(table->wanted, row->key))
            continue;
        entity_store_retire(prepare->plan, table->file, row, prepare->now);
        table->import->report->counts[table->file].retired++;
        if (table->file == DATA_HOLIDAYS) {
            import_label(table->import, "holiday.name", row->id, "ar", "");
            import_label(table->import, "holiday.name", row->id, "en", "");
        }
    }
}

/* What lies above comes first: a place's row names its parent's. */
static void
import_rows(Table *table)
{
    const FileRows *rows = &table->import->data->files[table->file];

    if (table->file != DATA_PLACES) {
        for (size_t i = 0; i < rows->n; i++)
            import_row(table, &rows->rows[i]);
        return;
    }

    for (const char *const *level = entity_data_levels; *level != NULL; level++)
        for (size_t i = 0; i < rows->n; i++)
            if (strcmp(rows->rows[i].fields[PLACE_LEVEL], *level) == 0)
                import_row(table, &rows->rows[i]);
}

static bool
import_table(Import *import, DataFile file, GError **error)
{
    g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) wanted = g_hash_table_new(g_str_hash, g_str_equal);
    Table table = { .import = import, .file = file, .by_key = by_key, .wanted = wanted };

    if (!entity_store_rows(import->prepare->tx, file, &table.stored, &table.n_stored, error))
        return false;

    for (size_t i = 0; i < table.n_stored; i++) {
        g_hash_table_insert(by_key, (gpointer)table.stored[i].key, &table.stored[i]);
        table.last_id = MAX(table.last_id, table.stored[i].id);
    }
    import->report->counts[file] = (ImportCount){ .file = import->data->files[file].spec->name };
    import_rows(&table);
    retire_the_rest(&table);
    return true;
}

static bool
read_labels(Import *import, GError **error)
{
    StoreLabel *labels;
    size_t      n;

    if (!entity_store_labels(import->prepare->tx, &labels, &n, error))
        return false;

    for (size_t i = 0; i < n; i++)
        g_hash_table_insert(import->labels, (gpointer)label_key(import->prepare->mem, &labels[i]),
                            (gpointer)labels[i].text);
    return true;
}

static bool
import_tables(Import *import, GError **error)
{
    if (!read_labels(import, error))
        return false;

    for (DataFile file = 0; file < DATA_COUNT; file++)
        if (!import_table(import, file, error))
            return false;
    import->report->n_counts = DATA_COUNT;
    return true;
}

/* ---- the command ---- */

static bool
append_event(Prepare *prepare, GError **error)
{
    Event event = {
        .petition_id = id_next(prepare->sys->ids),
        .version = 1,
        .kind = "import",
        .actor_role = prepare->by->role,
        .actor_ref = prepare->by->account_id,
        .visibility = "office",
    };

    reference_changed(prepare->plan, event.petition_id);
    return event_append(prepare, &event, error);
}

static bool
refuse_broken(const ImportReport *report, GError **error)
{
    return report->all_faults == 0 ||
           fail(error, APP_ERROR_INVALID, "%" G_GINT64_FORMAT " mistakes; nothing was taken",
                report->all_faults);
}

static bool
prepare_import(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    Import import = { .prepare = prepare, .data = cmd, .report = result };

    import.labels = g_hash_table_new(g_str_hash, g_str_equal);
    for (DataFile file = 0; file < DATA_COUNT; file++)
        import.ids[file] = g_hash_table_new(g_str_hash, g_str_equal);

    bool succeeded = import_tables(&import, error) && refuse_broken(import.report, error) &&
                     (plan_length(prepare->plan) == 0 || append_event(prepare, error));

    for (DataFile file = 0; file < DATA_COUNT; file++)
        g_hash_table_unref(import.ids[file]);
    g_hash_table_unref(import.labels);
    return succeeded;
}

bool
entity_import(const CommandContext *context, const char *directory, ImportReport *report,
              GError **error)
{
    g_auto(Data) data = { 0 };

    *report = (ImportReport){ .n_counts = 0 };
    entity_data_read(context->mem, directory, &data, report);
    if (!refuse_broken(report, error) ||
        !command_run(context, prepare_import, &data, report, NULL, error)) {
        report->n_counts = 0;
        return false;
    }
    return system_reload_reference(context->sys, error);
}
