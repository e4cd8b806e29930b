/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to feature/entity: a CSV file against the description of its columns. Every mistake becomes
 * a fault in the report; reading goes on, so that all of them are told at once. */
#pragma once

#include "feature/entity/entity.h"

typedef enum {
    COLUMN_CODE,          /* letters, digits, . _ -          */
    COLUMN_OPTIONAL_CODE, /* the same, or nothing            */
    COLUMN_NAME,          /* a text that must be there       */
    COLUMN_TEXT,          /* a text, or nothing              */
    COLUMN_WORD,          /* one of `words`                  */
    COLUMN_NUMBER,        /* from `least` to `most`          */
    COLUMN_DATE,          /* 2026-04-15                      */
    COLUMN_ADDRESS,       /* http…, or nothing               */
} ColumnKind;

typedef struct {
    const char        *name;
    ColumnKind         kind;
    const char *const *words; /* NULL-terminated */
    int                least, most;
} ColumnSpec;

#define FILE_KEYS 3

typedef struct {
    const char       *name; /* "entities.csv" */
    const ColumnSpec *columns;
    size_t            n_columns;
    int               keys[FILE_KEYS]; /* columns that together tell rows apart */
    size_t            n_keys;
} FileSpec;

/* `fields` are in the order of the description. */
typedef struct {
    int64_t            line;
    const char *const *fields;
    const char        *key; /* the key columns, joined by '|' */
} FileRow;

typedef struct {
    const FileSpec *spec;
    FileRow        *rows;
    size_t          n;
    GHashTable     *by_key; /* key → FileRow */
} FileRows;

void entity_file_fault(Arena *mem, ImportReport *report, const FileSpec *spec, int64_t line,
                       const char *format, ...) PRINTF_LIKE(5, 6);

/* Everything in `rows` but its table lies in `mem`; entity_file_clear frees the table. */
void entity_file_read(Arena *mem, const FileSpec *spec, const char *path, FileRows *rows,
                      ImportReport *report);
void entity_file_clear(FileRows *rows);
/* NULL when there is none. */
const FileRow *entity_file_find(const FileRows *rows, const char *key);

/* The days since 1970 of "2026-04-15"; false when it is no date. */
bool entity_file_date(const char *text, int64_t *day);
/* A number that was checked. */
int64_t entity_file_number(const char *text);
