/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to feature/entity: the only SQL. A stored row is seen in one form whatever its table, so that
 * what is stored and what is wanted are compared in one way. */
#pragma once

#include "core/command.h"
#include "feature/entity/entity_data.h"

#define STORE_VALUES 5

/* Numbers as texts; what is NULL is "". */
typedef struct {
    int64_t     id, version;
    const char *key;   /* as in the file's row: the code, or service|code|version */
    const char *owner; /* the code of what it belongs to, or "" */
    const char *value[STORE_VALUES];
    bool        retired;
} StoreRow;

/* A row as the file wants it; in `row` id and version are the stored ones, or a new id and the version
 * of the file (fields) or 1. */
typedef struct {
    StoreRow    row;
    const char *code;       /* the row's own part of its key */
    int64_t     owner_id;   /* 0: none */
    AppTime     retired_at; /* 0: it is in use */
} StoreWrite;

typedef struct {
    const char *subject, *lang, *text;
    int64_t     id;
} StoreLabel;

/* All rows of a file's table. */
bool
entity_store_rows(DbTx *tx, DataFile file, StoreRow **rows, size_t *n, GError **error) MUST_USE;
bool entity_store_labels(DbTx *tx, StoreLabel **labels, size_t *n, GError **error) MUST_USE;

void entity_store_insert(WritePlan *plan, DataFile file, const StoreWrite *write);
/* Guarded by the version. */
void entity_store_update(WritePlan *plan, DataFile file, const StoreWrite *write);
/* It is in no file any more: retired, or gone where nothing refers to it. */
void entity_store_retire(WritePlan *plan, DataFile file, const StoreRow *row, AppTime now);
/* Text "" takes the label away. */
void entity_store_label(WritePlan *plan, const StoreLabel *label);
