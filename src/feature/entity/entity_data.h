/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Private to feature/entity: which files there are, their columns, and what must be true of them
 * together. */
#pragma once

#include "feature/entity/entity_file.h"

typedef enum {
    DATA_ENTITIES,
    DATA_SERVICES,
    DATA_FIELDS,
    DATA_DIRECTORATES,
    DATA_PLACES,
    DATA_HOLIDAYS,
    DATA_RULES,
    DATA_COUNT,
} DataFile;

/* Columns, in the order of the descriptions. */
enum {
    ENTITY_CODE,
    ENTITY_KIND,
    ENTITY_NAME_AR,
    ENTITY_NAME_EN,
    ENTITY_REMIT_AR,
    ENTITY_REMIT_EN,
    ENTITY_KEYWORDS_AR,
    ENTITY_KEYWORDS_EN,
    ENTITY_PHONE,
    ENTITY_WEBSITE,
    ENTITY_HEAD_AR,
    ENTITY_HEAD_EN,
};

enum {
    SERVICE_ENTITY,
    SERVICE_CODE,
    SERVICE_NAME_AR,
    SERVICE_NAME_EN,
    SERVICE_KEYWORDS_AR,
    SERVICE_KEYWORDS_EN,
    SERVICE_INQUIRY,
    SERVICE_PRAISE,
    SERVICE_SUGGESTION,
    SERVICE_COMPLAINT,
};

enum {
    FIELD_SERVICE,
    FIELD_CODE,
    FIELD_VERSION,
    FIELD_KIND,
    FIELD_LABEL_AR,
    FIELD_LABEL_EN,
    FIELD_HINT_AR,
    FIELD_HINT_EN,
    FIELD_REQUIRED,
    FIELD_MAX,
    FIELD_CHOICES,
    FIELD_PURPOSE_AR,
    FIELD_PURPOSE_EN,
};

enum { DIRECTORATE_ENTITY, DIRECTORATE_CODE, DIRECTORATE_NAME_AR, DIRECTORATE_NAME_EN };
enum { PLACE_CODE, PLACE_PARENT, PLACE_LEVEL, PLACE_NAME_AR, PLACE_NAME_EN };
enum { HOLIDAY_DATE, HOLIDAY_NAME_AR, HOLIDAY_NAME_EN, HOLIDAY_ESTIMATED };
enum { RULE_KEY, RULE_VALUE };

enum {
    PERSON_TYPE,
    PERSON_ISSUER,
    PERSON_NUMBER,
    PERSON_NAME1,
    PERSON_NAME2,
    PERSON_NAME3,
    PERSON_NAME4,
    PERSON_BIRTH,
    PERSON_SEX,
    PERSON_DECEASED,
};

typedef struct {
    FileRows files[DATA_COUNT];
} Data;

/* One choice of a field: "code:Arabic:English". */
typedef struct {
    const char *code, *ar, *en;
} DataChoice;

/* Read and check all files; faults go to `report`. Free with entity_data_clear, whatever came out. */
void entity_data_read(Arena *mem, const char *directory, Data *data, ImportReport *report);
void entity_data_clear(Data *data);

/* "governorate", "district", "subdistrict", NULL. */
extern const char *const entity_data_levels[];
extern const FileSpec    entity_data_registry;

/* The choices of a field that was checked. */
size_t entity_data_choices(Arena *mem, const char *text, DataChoice **choices);
/* The highest version of this question in the file is this one. */
bool entity_data_is_newest(const FileRows *fields, const FileRow *row);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Data, entity_data_clear)
