/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the chosen service asks. The form is made from the rows of the service's fields; its values
 * are kept by code, and go into the petition with the version of the field that was asked. */
#include "base/json.h"
#include "base/text.h"
#include "feature/lodge/lodge_forms.h"
#include "feature/lodge/lodge_pages.h"
#include "feature/petition/petition.h"
#include "lodge_html.h"
#include "messages.h"

#include <string.h>

#define PREFIX "f."
#define MOST_FIELDS 40

static const struct {
    const char *kind;
    FormKind    form;
} kinds[] = {
    { "text", FORM_TEXT },   { "long_text", FORM_LONG_TEXT }, { "number", FORM_DIGITS },
    { "date", FORM_TEXT },   { "choice", FORM_CHOICE },       { "choices", FORM_CHOICE },
    { "phone", FORM_PHONE }, { "reference", FORM_TEXT },
};

static FormKind
kind_of(const ServiceField *field)
{
    for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
        if (strcmp(kinds[i].kind, field->kind) == 0)
            return kinds[i].form;
    return FORM_TEXT;
}

static char *
form_name(Arena *mem, const ServiceField *field)
{
    return arena_printf(mem, PREFIX "%s", field->code);
}

/* The hint, and why it is asked. */
static const char *
hint_of(Request *req, const Reference *ref, const ServiceField *field)
{
    const char *hint = reference_label(ref, "service_field.hint", field->id, req->lang);
    const char *purpose = reference_label(ref, "service_field.purpose", field->id, req->lang);

    if (hint[0] == '\0' || purpose[0] == '\0')
        return hint[0] != '\0' ? hint : purpose[0] != '\0' ? purpose : NULL;
    return arena_printf(req->mem, "%s. %s", hint, purpose);
}

/* Every field is one text: choices may be several, joined by the form. */
static FormSpec *
make_spec(Request *req, const ServiceField *const *fields, size_t n)
{
    const Reference *ref = system_reference(req->app);
    FormField       *out = ARENA_ARRAY(req->mem, FormField, n);
    FormSpec        *spec = ARENA_NEW(req->mem, FormSpec);
    size_t           offset = 0;

    for (size_t i = 0; i < n; i++) {
        bool many = strcmp(fields[i]->kind, "choices") == 0;

        out[i] = (FormField){ .name = form_name(req->mem, fields[i]),
                              .kind = kind_of(fields[i]),
                              .offset = offset,
                              .required = fields[i]->required,
                              .many = many,
                              .label_text = reference_label(ref, "service_field.label",
                                                            fields[i]->id, req->lang),
                              .hint_text = hint_of(req, ref, fields[i]) };
        if (out[i].kind != FORM_CHOICE)
            out[i].max = (size_t)fields[i]->max_length;
        offset += many ? sizeof(Texts) : sizeof(char *);
    }
    *spec = (FormSpec){ .name = "service", .fields = out, .n_fields = n, .size = offset };
    return spec;
}

static const Choices *
make_choices(Request *req, const ServiceField *const *fields, size_t n)
{
    const Reference *ref = system_reference(req->app);
    Choices         *lists = ARENA_ARRAY(req->mem, Choices, n + 1);
    size_t           used = 0;

    for (size_t i = 0; i < n; i++) {
        g_auto(GStrv) codes =
            fields[i]->choices == NULL ? NULL : g_strsplit(fields[i]->choices, "|", -1);
        size_t  n_codes = codes == NULL ? 0 : g_strv_length(codes);
        Choice *choices = ARENA_ARRAY(req->mem, Choice, n_codes);

        if (n_codes == 0)
            continue;
        for (size_t c = 0; c < n_codes; c++)
            choices[c] =
                (Choice){ .value = arena_copy(req->mem, codes[c]),
                          .label = reference_label(
                              ref, arena_printf(req->mem, "service_field.choice.%s", codes[c]),
                              fields[i]->id, req->lang) };
        lists[used++] =
            (Choices){ .field = form_name(req->mem, fields[i]), .choices = choices, .n = n_codes };
    }
    return lists;
}

static bool
show(Request *req, Response *res, const LodgeDraft *draft, Form *form, int status)
{
    const Reference           *ref = system_reference(req->app);
    size_t                     n;
    const ServiceField *const *fields = reference_fields(ref, draft->service_id, &n);
    FieldNames                *names = ARENA_ARRAY(req->mem, FieldNames, n);
    FieldsView                 view = {
                        .form = { .form = form, .action = "/new/fields", .choices = make_choices(req, fields, n) },
                        .service = reference_label(ref, "service.name", draft->service_id, req->lang),
                        .fields = names,
                        .n_fields = n
    };

    for (size_t i = 0; i < n; i++)
        names[i].name = form->spec->fields[i].name;
    lodge_fill_steps(req, draft, STEP_FIELDS, &view.steps);
    lodge_fields_html(html_page(req, res, status), &view);
    return true;
}

/* The stored answers back into a form, or nothing. */
static bool
fill_form(Request *req, const LodgeDraft *draft, Form *form, GError **error)
{
    JsonPair pairs[MOST_FIELDS];
    size_t   n = 0;

    if (draft->answers == NULL)
        return true;
    if (!json_read(req->mem, draft->answers, strlen(draft->answers), pairs, MOST_FIELDS, &n, error))
        return false;
    for (size_t i = 0; i < n; i++)
        if (form_field(form->spec, arena_printf(req->mem, PREFIX "%s", pairs[i].key)) != NULL)
            form_set(form, arena_printf(req->mem, PREFIX "%s", pairs[i].key), pairs[i].text);
    return true;
}

static FormSpec *
spec_of(Request *req, const LodgeDraft *draft)
{
    size_t                     n;
    const ServiceField *const *fields =
        reference_fields(system_reference(req->app), draft->service_id, &n);

    return make_spec(req, fields, MIN(n, MOST_FIELDS));
}

bool
lodge_fields_page(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;
    Form      *form;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    form = form_blank(req->mem, spec_of(req, &draft));
    return fill_form(req, &draft, form, error) && show(req, res, &draft, form, 200);
}

/* What came in, checked by the service's own form. */
static Form *
read_fields(Request *req, const LodgeDraft *draft)
{
    Form       *form = form_blank(req->mem, spec_of(req, draft));
    const char *name, *value;

    for (size_t i = 0; form_extra(req->form, i, &name, &value); i++)
        form_add(form, name, value, strlen(value));
    form_check(form);
    return form;
}

static const char *
write_answers(Request *req, const Form *form)
{
    GString    *out = g_string_new(NULL);
    const char *text;
    Json        json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    for (size_t i = 0; i < form->spec->n_fields; i++) {
        const char *value = form_typed(form, form->spec->fields[i].name);

        if (value != NULL && !text_is_blank(value))
            json_text(&json, form->spec->fields[i].name + strlen(PREFIX), value);
    }
    json_object_end(&json);
    text = arena_text(req->mem, out->str, out->len);
    g_string_free(out, TRUE);
    return text;
}

bool
lodge_fields_save(Request *req, Response *res, GError **error)
{
    LodgeDraft draft;
    bool       there;
    Form      *form;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    form = read_fields(req, &draft);
    if (!form_ok(form))
        return show(req, res, &draft, form, 422);
    draft.answers = write_answers(req, form);
    return lodge_go_on(req, res, &draft, error);
}

bool
lodge_fields_answers(Request *req, const LodgeDraft *draft, PetitionAnswer **answers, size_t *n,
                     GError **error)
{
    size_t                     n_fields, n_pairs = 0;
    const ServiceField *const *fields =
        reference_fields(system_reference(req->app), draft->service_id, &n_fields);
    JsonPair pairs[MOST_FIELDS];

    *n = 0;
    *answers = ARENA_ARRAY(req->mem, PetitionAnswer, n_fields + 1);
    if (draft->answers == NULL)
        return true;
    if (!json_read(req->mem, draft->answers, strlen(draft->answers), pairs, MOST_FIELDS, &n_pairs,
                   error))
        return false;
    for (size_t i = 0; i < n_fields; i++) {
        const char *value = json_find(pairs, n_pairs, fields[i]->code);

        if (value != NULL)
            (*answers)[(*n)++] = (PetitionAnswer){ .code = fields[i]->code,
                                                   .version = fields[i]->version,
                                                   .value = value };
    }
    return true;
}
