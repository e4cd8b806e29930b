/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Fields of services between rows, forms and JSON. What must stay true: every one of several choices
 * is kept, and what is stored fills the form again as it was. */
#include "feature/petition/petition_fields.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

enum { MOST_FIELDS = 40 };

static const struct {
    const char *kind;
    FormKind    form;
} kinds[] = {
    { "text", FORM_TEXT },   { "long_text", FORM_LONG_TEXT }, { "number", FORM_DIGITS },
    { "date", FORM_TEXT },   { "choice", FORM_CHOICE },       { "choices", FORM_CHOICE },
    { "phone", FORM_PHONE }, { "reference", FORM_TEXT },
};

/* ---- the form ---- */

static FormKind
kind_of(const ServiceField *row)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].kind, row->kind) == 0)
            return kinds[i].form;
    return FORM_TEXT;
}

static const char *
label_of(const PetitionFieldsAsk *ask, const char *subject, const ServiceField *row)
{
    return reference_label(ask->reference, subject, row->id, ask->lang);
}

static const char *
choice_label(const PetitionFieldsAsk *ask, const ServiceField *row, const char *code)
{
    return label_of(ask, arena_printf(ask->mem, "service_field.choice.%s", code), row);
}

/* The hint, and why it is asked. */
static const char *
hint_of(const PetitionFieldsAsk *ask, const ServiceField *row)
{
    const char *hint = label_of(ask, "service_field.hint", row);
    const char *purpose = label_of(ask, "service_field.purpose", row);

    if (hint[0] == '\0' || purpose[0] == '\0')
        return hint[0] != '\0' ? hint : purpose[0] != '\0' ? purpose : NULL;
    return arena_printf(ask->mem, "%s. %s", hint, purpose);
}

static const FormSpec *
make_spec(const PetitionFieldsAsk *ask, const PetitionFields *fields)
{
    FormField *out = ARENA_ARRAY(ask->mem, FormField, fields->n);
    FormSpec  *spec = ARENA_NEW(ask->mem, FormSpec);
    size_t     offset = 0;

    for (size_t i = 0; i < fields->n; i++) {
        const ServiceField *row = fields->rows[i];
        bool                many = strcmp(row->kind, "choices") == 0;

        out[i] =
            (FormField){ .name = arena_printf(ask->mem, PETITION_FIELDS_PREFIX "%s", row->code),
                         .kind = kind_of(row),
                         .offset = offset,
                         .required = row->required && !ask->optional,
                         .many = many,
                         .label_text = label_of(ask, "service_field.label", row),
                         .hint_text = hint_of(ask, row) };
        if (out[i].kind != FORM_CHOICE)
            out[i].max = (size_t)row->max_length;
        offset += many ? sizeof(Texts) : sizeof(char *);
    }
    *spec = (FormSpec){ .name = "service", .fields = out, .n_fields = fields->n, .size = offset };
    return spec;
}

static const Choices *
make_choices(const PetitionFieldsAsk *ask, const PetitionFields *fields)
{
    Choices *lists = ARENA_ARRAY(ask->mem, Choices, fields->n + 1);
    size_t   used = 0;

    for (size_t i = 0; i < fields->n; i++) {
        const ServiceField *row = fields->rows[i];
        g_auto(GStrv) codes = row->choices == NULL ? NULL : g_strsplit(row->choices, "|", -1);
        size_t  n = codes == NULL ? 0 : g_strv_length(codes);
        Choice *choices = ARENA_ARRAY(ask->mem, Choice, n);

        if (n == 0)
            continue;
        for (size_t c = 0; c < n; c++)
            choices[c] = (Choice){ .value = arena_copy(ask->mem, codes[c]),
                                   .label = choice_label(ask, row, codes[c]) };
        lists[used++] =
            (Choices){ .field = fields->spec->fields[i].name, .choices = choices, .n = n };
    }
    return lists;
}

PetitionFields
petition_fields_of(const PetitionFieldsAsk *ask)
{
    PetitionFields fields = { .n = 0 };

    fields.rows = reference_fields(ask->reference, ask->service_id, &fields.n);
    fields.n = MIN(fields.n, MOST_FIELDS);
    fields.spec = make_spec(ask, &fields);
    fields.choices = make_choices(ask, &fields);
    return fields;
}

Form *
petition_fields_read(Arena *mem, const PetitionFields *fields, const Form *carrier)
{
    Form       *form = form_blank(mem, fields->spec);
    const char *name, *value;

    for (size_t i = 0; form_extra(carrier, i, &name, &value); i++)
        if (form_field(fields->spec, name) != NULL)
            form_add(form, name, value, strlen(value));
    form_check(form);
    return form;
}

/* ---- what is stored ---- */

/* The codes of the question that are chosen, in its own order. */
static const char *
join(Arena *mem, const Form *form, const char *name, const ServiceField *row)
{
    g_auto(GStrv) codes = g_strsplit(row->choices == NULL ? "" : row->choices, "|", -1);
    g_autoptr(GString) all = g_string_new(NULL);

    for (size_t i = 0; codes[i] != NULL; i++)
        if (form_has(form, name, codes[i]))
            g_string_append_printf(all, "%s%s", all->len == 0 ? "" : "|", codes[i]);
    return arena_text(mem, all->str, all->len);
}

/* As typed, so that what has a mistake is kept, too; of several choices each one. */
static const char *
value_of(Arena *mem, const PetitionFields *fields, const Form *form, size_t i)
{
    const FormField *field = &fields->spec->fields[i];

    return field->many ? join(mem, form, field->name, fields->rows[i])
                       : form_typed(form, field->name);
}

const char *
petition_fields_write(Arena *mem, const PetitionFields *fields, const Form *form)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    for (size_t i = 0; i < fields->n; i++) {
        const char *value = value_of(mem, fields, form, i);

        if (value != NULL && !text_is_blank(value))
            json_text(&json, fields->rows[i]->code, value);
    }
    json_object_end(&json);
    return arena_text(mem, out->str, out->len);
}

static void
fill_field(Form *form, const FormField *field, const char *value)
{
    g_auto(GStrv) parts = field->many ? g_strsplit(value, "|", -1) : NULL;

    if (!field->many)
        form_set(form, field->name, value);
    for (size_t i = 0; parts != NULL && parts[i] != NULL; i++)
        form_add(form, field->name, parts[i], strlen(parts[i]));
}

bool
petition_fields_fill(Arena *mem, const char *json, const PetitionFields *fields, Form *form,
                     GError **error)
{
    JsonPair pairs[MOST_FIELDS];
    size_t   n = 0;

    if (json == NULL)
        return true;
    if (!json_read(mem, json, strlen(json), pairs, MOST_FIELDS, &n, error))
        return false;
    for (size_t i = 0; i < fields->n; i++) {
        const char *value = json_find(pairs, n, fields->rows[i]->code);

        if (value != NULL)
            fill_field(form, &fields->spec->fields[i], value);
    }
    return true;
}

bool
petition_fields_answers(Arena *mem, const char *json, const PetitionFields *fields,
                        PetitionAnswer **answers, size_t *n, GError **error)
{
    JsonPair pairs[MOST_FIELDS];
    size_t   n_pairs = 0;

    *n = 0;
    *answers = ARENA_ARRAY(mem, PetitionAnswer, fields->n + 1);
    if (json == NULL)
        return true;
    if (!json_read(mem, json, strlen(json), pairs, MOST_FIELDS, &n_pairs, error))
        return false;
    for (size_t i = 0; i < fields->n; i++) {
        const ServiceField *row = fields->rows[i];
        const char         *value = json_find(pairs, n_pairs, row->code);

        if (value != NULL)
            (*answers)[(*n)++] =
                (PetitionAnswer){ .code = row->code, .version = row->version, .value = value };
    }
    return true;
}

const char *
petition_fields_said(const PetitionFieldsAsk *ask, const ServiceField *field, const char *value)
{
    g_auto(GStrv) codes = field->choices == NULL ? NULL : g_strsplit(value, "|", -1);
    g_autoptr(GString) all = g_string_new(NULL);

    if (codes == NULL)
        return value;
    for (size_t i = 0; codes[i] != NULL; i++) {
        const char *label = choice_label(ask, field, codes[i]);

        g_string_append_printf(all, "%s%s", i == 0 ? "" : "\n",
                               label[0] == '\0' ? codes[i] : label);
    }
    return arena_text(ask->mem, all->str, all->len);
}
