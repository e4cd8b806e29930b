/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The page of what the chosen service asks; the form is petition_fields.h's. */
#include "feature/lodge/lodge_pages.h"
#include "feature/petition/petition_fields.h"
#include "lodge_html.h"

static PetitionFields
fields_of(Request *req, const LodgeDraft *draft)
{
    return petition_fields_of(&(PetitionFieldsAsk){ .reference = system_reference(req->app),
                                                    .mem = req->mem,
                                                    .lang = req->lang,
                                                    .service_id = draft->service_id });
}

static bool
show(Request *req, Response *res, const LodgeDraft *draft, const PetitionFields *fields, Form *form,
     int status)
{
    const Reference *ref = system_reference(req->app);
    FieldNames      *names = ARENA_ARRAY(req->mem, FieldNames, fields->n);
    FieldsView       view = {
              .form = { .form = form, .action = "/new/fields", .choices = fields->choices },
              .service = reference_label(ref, "service.name", draft->service_id, req->lang),
              .fields = names,
              .n_fields = fields->n
    };

    for (size_t i = 0; i < fields->n; i++)
        names[i].name = fields->spec->fields[i].name;
    lodge_fill_steps(req, draft, STEP_FIELDS, &view.steps);
    lodge_fields_html(html_page(req, res, status), &view);
    return true;
}

bool
lodge_fields_page(Request *req, Response *res, GError **error)
{
    PetitionFields fields;
    LodgeDraft     draft;
    bool           there;
    Form          *form;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    fields = fields_of(req, &draft);
    form = form_blank(req->mem, fields.spec);
    return petition_fields_fill(req->mem, draft.answers, &fields, form, error) &&
           show(req, res, &draft, &fields, form, 200);
}

bool
lodge_fields_save(Request *req, Response *res, GError **error)
{
    PetitionFields fields;
    LodgeDraft     draft;
    bool           there;
    Form          *form;

    if (!lodge_load(req, res, &draft, &there, error))
        return false;
    if (!there)
        return true;
    fields = fields_of(req, &draft);
    form = petition_fields_read(req->mem, &fields, req->form);
    if (!form_ok(form))
        return show(req, res, &draft, &fields, form, 422);
    draft.answers = petition_fields_write(req->mem, &fields, form);
    return lodge_go_on(req, res, &draft, error);
}

bool
lodge_fields_answers(Request *req, const LodgeDraft *draft, PetitionAnswer **answers, size_t *n,
                     GError **error)
{
    PetitionFields fields = fields_of(req, draft);

    return petition_fields_answers(req->mem, draft->answers, &fields, answers, n, error);
}
