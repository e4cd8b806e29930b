/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Inputs are declared: a form is a table of fields with kind, limits and the member of a struct that
 * takes the value. What arrives is checked against it once, before the handler runs. Mistakes are
 * data, shown beside the fields with what was typed; an unknown field, or one that comes twice where
 * it is not `.many`, is refused as a whole (422). Text is kept as typed: valid UTF-8, no NUL. */
#pragma once

#include "http/request.h"

typedef enum {
    FORM_TEXT = 1,  /* const char *: one line, white space trimmed at both ends; "" → NULL   */
    FORM_LONG_TEXT, /* const char *: lines; "" → NULL                                         */
    FORM_INT,       /* int64_t: decimal in any digit script; absent → 0                       */
    FORM_FLAG,      /* bool: present and not "0"                                              */
    FORM_CHOICE,    /* const char *: one of `choices` (or, when that is NULL, any code)       */
    FORM_DATE,      /* int64_t: days since 1970; as 2026-11-25 or three fields name-day, -month,
                     * -year, in any digit script; absent → FORM_NO_DATE                      */
    FORM_PHONE,     /* const char *: as text_phone gives it                                   */
    FORM_EMAIL,     /* const char *                                                           */
    FORM_DIGITS,    /* const char *: ASCII digits only, spaces and dashes dropped             */
    FORM_SECRET,    /* const char *: never shown again; wiped when the request ends           */
    FORM_HIDDEN,    /* const char *: a code or id the page carried                            */
    FORM_FILE,      /* nothing: streamed to the route's upload                                */
} FormKind;

/* 0 is 1 January 1970, a common date of birth. */
#define FORM_NO_DATE INT64_MIN

typedef struct {
    const char *name;
    FormKind    kind;
    size_t      offset;         /* of the member in the form's struct */
    bool        required, many; /* many: `Texts` instead of const char * */
    size_t      min, max; /* code points, or values of an INT; 0: max is 200, LONG_TEXT 5,000 */
    const char *const *choices;     /* codes, NULL-terminated */
    int                label, hint; /* messages of the catalogue; 0: none */
    const char        *label_text,
        *hint_text;           /* instead, where the words are data of the reader's language */
    const char *autocomplete; /* HTML's token */
} FormField;

typedef struct {
    const char *const *items;
    size_t             n;
} Texts;

typedef struct FormSpec {
    const char      *name;
    const FormField *fields;
    size_t           n_fields;
    size_t           size;  /* of the struct */
    const char      *extra; /* fields that begin so are kept as they are (form_extra); NULL: none */
} FormSpec;

#define FORM_SPEC(T, array) .fields = (array), .n_fields = G_N_ELEMENTS(array), .size = sizeof(T)

/* What can be wrong with a field; the view has a sentence for each in both languages. */
typedef enum {
    FORM_MISTAKE_REQUIRED = 1,
    FORM_MISTAKE_TOO_LONG,  /* number: the limit */
    FORM_MISTAKE_TOO_SHORT, /* number: the limit */
    FORM_MISTAKE_NOT_A_CHOICE,
    FORM_MISTAKE_NOT_A_NUMBER,
    FORM_MISTAKE_OUT_OF_RANGE,
    FORM_MISTAKE_NOT_A_DATE,
    FORM_MISTAKE_NOT_A_PHONE,
    FORM_MISTAKE_NOT_AN_EMAIL,
    FORM_MISTAKE_NOT_DIGITS,
    FORM_MISTAKE_NOT_TEXT, /* not valid UTF-8 */
    FORM_MISTAKE_UNKNOWN,  /* the field is not of this form, or came twice */
    FORM_MISTAKE_MESSAGE,  /* the feature's own: `message` with `arguments` */
} FormMistakeKind;

typedef struct FormMistake {
    const char         *field; /* "" for the form as a whole */
    FormMistakeKind     kind;
    int64_t             number;
    int                 message;
    const char         *arguments[3];
    struct FormMistake *next;
} FormMistake;

/* `csrf` and `command` are hidden fields of every form, without being listed: read by form_typed. */
struct Form {
    const FormSpec *spec;
    Arena          *mem;
    void           *values;   /* the spec's struct; only to be used when there are no mistakes */
    FormMistake    *mistakes; /* in the order of the fields */
    struct FormRaw *raw;      /* as typed */
};

/* An empty form to show. */
Form *form_blank(Arena *mem, const FormSpec *spec);
/* Read a urlencoded body. Never NULL: what is wrong stands in `mistakes`. */
Form *form_read(Arena *mem, const FormSpec *spec, const char *body, size_t length);
/* Add one value as it was typed, and, when all are in, check them: for multipart, drafts and tests. */
void form_add(Form *form, const char *name, const char *value, size_t length);
void form_check(Form *form);

/* What was typed, also where it was wrong; NULL when the field was absent, is a SECRET or is no
 * text. */
const char *form_typed(const Form *form, const char *name);
bool        form_has(const Form *form, const char *name, const char *value); /* for `.many` */
/* Set what will be shown, e.g. from a draft. */
void form_set(Form *form, const char *name, const char *value);
/* The nth field that begins with the spec's `extra`; false past the last. */
bool form_extra(const Form *form, size_t n, const char **name, const char **value);
/* May a page carry what was typed, to be sent again? Not a SECRET, which is never shown, nor a FILE. */
bool form_may_be_carried(const FormSpec *spec);
/* The nth value as it was typed, without csrf and command; false past the last. */
bool form_carried(const Form *form, size_t n, const char **name, const char **value);
/* A mistake found by a rule. Arguments may be NULL. */
void form_mistake(Form *form, const char *field, int message, const char *a, const char *b);
bool form_ok(const Form *form);
const FormMistake *form_mistake_of(const Form *form, const char *field);
const FormField   *form_field(const FormSpec *spec, const char *name);
