/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Keeps what was typed, byte for byte, and the mistakes. What is not text never becomes a value: it
 * is kept as an empty one that is marked bad. form_check.c turns the values into the spec's struct. */
#include "http/form.h"

#include "base/text.h"
#include "http/form_parts.h"
#include "http/request_parts.h"

#include <sodium.h>
#include <string.h>

Form *
form_blank(Arena *mem, const FormSpec *spec)
{
    Form *form = ARENA_NEW(mem, Form);

    *form = (Form){
        .spec = spec,
        .mem = mem,
        .values = arena_alloc(mem, MAX(spec->size, 1)),
        .raw = ARENA_NEW(mem, FormRaw),
    };
    return form;
}

static void
keep(Form *form, FormValue value)
{
    FormRaw *raw = form->raw;

    if (raw->n == FORM_MOST_VALUES) {
        raw->broken = true;
        return;
    }
    if (raw->n == raw->room) {
        size_t     room = raw->room == 0 ? 16 : raw->room * 2;
        FormValue *items = ARENA_ARRAY(form->mem, FormValue, room);

        if (raw->n > 0)
            memcpy(items, raw->items, raw->n * sizeof *items);
        raw->items = items;
        raw->room = room;
    }
    raw->items[raw->n++] = value;
}

static bool
is_date_part(const FormField *field, const char *name)
{
    size_t length = strlen(field->name);

    return field->kind == FORM_DATE && strncmp(name, field->name, length) == 0 &&
           (g_str_equal(name + length, "-day") || g_str_equal(name + length, "-month") ||
            g_str_equal(name + length, "-year"));
}

static FormNameKind
kind_of(const FormSpec *spec, const char *name, const FormField **field)
{
    *field = form_field(spec, name);
    if (*field != NULL)
        return FORM_NAME_FIELD;

    for (size_t i = 0; i < spec->n_fields; i++)
        if (is_date_part(&spec->fields[i], name)) {
            *field = &spec->fields[i];
            return FORM_NAME_DATE_PART;
        }
    if (g_str_equal(name, "csrf") || g_str_equal(name, "command"))
        return FORM_NAME_IMPLICIT;
    if (spec->extra != NULL && name[0] != '\0' && g_str_has_prefix(name, spec->extra))
        return FORM_NAME_EXTRA;
    return FORM_NAME_UNKNOWN;
}

/* Both strings are in the form's arena and end in a NUL. */
static void
keep_text(Form *form, char *name, size_t name_length, char *value, size_t length)
{
    FormValue item = { .name = name, .value = value, .length = length };

    if (!text_is_valid(name, name_length))
        item.name = "";
    if (!text_is_valid(value, length)) {
        sodium_memzero(value, length);
        item.length = 0;
        item.bad = true;
    }
    item.kind = kind_of(form->spec, item.name, &item.field);
    keep(form, item);
}

void
form_add(Form *form, const char *name, const char *value, size_t length)
{
    keep_text(form, arena_copy(form->mem, name), strlen(name), arena_text(form->mem, value, length),
              length);
}

/* One name=value. False: a percent sign without its digits. */
static bool
read_pair(Form *form, const char *pair, size_t size)
{
    const char *equals = memchr(pair, '=', size);
    size_t      name_size = equals == NULL ? size : (size_t)(equals - pair);
    size_t      value_size = equals == NULL ? 0 : size - name_size - 1;
    char       *name = arena_alloc(form->mem, name_size + 1);
    char       *value = arena_alloc(form->mem, value_size + 1);
    int64_t     name_length = request_unescape(name, pair, name_size, true);
    int64_t     length = 0;

    if (value_size > 0)
        length = request_unescape(value, equals + 1, value_size, true);
    if (name_length < 0 || length < 0)
        return false;

    keep_text(form, name, (size_t)name_length, value, (size_t)length);
    return true;
}

Form *
form_read(Arena *mem, const FormSpec *spec, const char *body, size_t length)
{
    Form       *form = form_blank(mem, spec);
    const char *at = body, *end = body + length;

    while (at < end && !form->raw->broken) {
        const char *stop = memchr(at, '&', (size_t)(end - at));

        if (stop == NULL)
            stop = end;
        if (stop > at && !read_pair(form, at, (size_t)(stop - at)))
            form->raw->broken = true;
        at = stop + 1;
    }
    form_check(form);
    return form;
}

const FormValue *
form_value(const Form *form, const char *name, size_t nth)
{
    for (size_t i = 0; i < form->raw->n; i++)
        if (g_str_equal(form->raw->items[i].name, name) && nth-- == 0)
            return &form->raw->items[i];
    return NULL;
}

const char *
form_typed(const Form *form, const char *name)
{
    const FormField *field = form_field(form->spec, name);
    const FormValue *value = form_value(form, name, 0);

    if (value == NULL || value->bad || (field != NULL && field->kind == FORM_SECRET))
        return NULL;
    return value->value;
}

bool
form_has(const Form *form, const char *name, const char *value)
{
    for (size_t i = 0; i < form->raw->n; i++)
        if (g_str_equal(form->raw->items[i].name, name) && !form->raw->items[i].bad &&
            g_str_equal(form->raw->items[i].value, value))
            return true;
    return false;
}

void
form_set(Form *form, const char *name, const char *value)
{
    FormRaw *raw = form->raw;
    size_t   kept = 0;

    for (size_t i = 0; i < raw->n; i++)
        if (!g_str_equal(raw->items[i].name, name))
            raw->items[kept++] = raw->items[i];
    raw->n = kept;
    if (value != NULL)
        form_add(form, name, value, strlen(value));
}

bool
form_extra(const Form *form, size_t n, const char **name, const char **value)
{
    for (size_t i = 0; i < form->raw->n; i++) {
        const FormValue *item = &form->raw->items[i];

        if (item->bad || item->kind != FORM_NAME_EXTRA || n-- > 0)
            continue;
        *name = item->name;
        *value = item->value;
        return true;
    }
    return false;
}

bool
form_may_be_carried(const FormSpec *spec)
{
    for (size_t i = 0; i < spec->n_fields; i++)
        if (spec->fields[i].kind == FORM_SECRET || spec->fields[i].kind == FORM_FILE)
            return false;
    return true;
}

bool
form_carried(const Form *form, size_t n, const char **name, const char **value)
{
    for (size_t i = 0; i < form->raw->n; i++) {
        const FormValue *item = &form->raw->items[i];

        if (item->bad || item->name[0] == '\0' || item->kind == FORM_NAME_IMPLICIT || n-- > 0)
            continue;
        *name = item->name;
        *value = item->value;
        return true;
    }
    return false;
}

/* The whole form first, then the fields in their order, then names that are none of them. */
static size_t
rank(const FormSpec *spec, const char *name)
{
    size_t i;

    if (name[0] == '\0')
        return 0;
    for (i = 0; i < spec->n_fields; i++)
        if (g_str_equal(spec->fields[i].name, name))
            break;
    return i + 1;
}

FormMistake *
form_add_mistake(Form *form, const char *field, FormMistakeKind kind, int64_t number)
{
    FormMistake  *mistake = ARENA_NEW(form->mem, FormMistake);
    FormMistake **place = &form->mistakes;
    size_t        own = rank(form->spec, field);

    while (*place != NULL && rank(form->spec, (*place)->field) <= own)
        place = &(*place)->next;
    *mistake = (FormMistake){
        .field = arena_copy(form->mem, field),
        .kind = kind,
        .number = number,
        .next = *place,
    };
    *place = mistake;
    return mistake;
}

void
form_mistake(Form *form, const char *field, int message, const char *a, const char *b)
{
    FormMistake *mistake = form_add_mistake(form, field, FORM_MISTAKE_MESSAGE, 0);

    mistake->message = message;
    mistake->arguments[0] = arena_copy(form->mem, a);
    mistake->arguments[1] = arena_copy(form->mem, b);
}

bool
form_ok(const Form *form)
{
    return form->mistakes == NULL;
}

const FormMistake *
form_mistake_of(const Form *form, const char *field)
{
    for (const FormMistake *mistake = form->mistakes; mistake != NULL; mistake = mistake->next)
        if (g_str_equal(mistake->field, field))
            return mistake;
    return NULL;
}

const FormField *
form_field(const FormSpec *spec, const char *name)
{
    for (size_t i = 0; i < spec->n_fields; i++)
        if (g_str_equal(spec->fields[i].name, name))
            return &spec->fields[i];
    return NULL;
}

void
form_wipe(Form *form)
{
    for (size_t i = 0; i < form->raw->n; i++) {
        FormValue *item = &form->raw->items[i];

        if (item->field != NULL && item->field->kind == FORM_SECRET)
            sodium_memzero(item->value, item->length);
    }
}
