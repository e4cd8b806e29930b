/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A request in the caller's name. What must stay true: it is the caller's whom this session found, the
 * channel is the telephone, and nothing is sent to an entity that nobody chose. */
#include "base/number.h"
#include "desk_html.h"
#include "feature/desk/desk_forms.h"
#include "feature/desk/desk_pages.h"
#include "feature/petition/petition_fields.h"
#include "feature/petition/petition_refusal.h"
#include "messages.h"

#include <string.h>

#define MOST_HITS 12

/* ---- the lists ---- */

static Choices
coded(Request *req, const char *field, const char *prefix, const char *const *codes)
{
    const Words *words = i18n_words(req->lang);
    size_t       n = g_strv_length((char **)codes);
    Choice      *choices = ARENA_ARRAY(req->mem, Choice, n);

    for (size_t i = 0; i < n; i++)
        choices[i] = (Choice){ .value = codes[i],
                               .label = i18n_text(words, i18n_find_in(prefix, codes[i])) };
    return (Choices){ .field = field, .choices = choices, .n = n, .as_list = true };
}

static Choices
places(Request *req)
{
    const Reference    *ref = system_reference(req->app);
    size_t              n;
    const Place *const *places = reference_places(ref, 0, &n);
    Choice             *choices = ARENA_ARRAY(req->mem, Choice, n);

    for (size_t i = 0; i < n; i++)
        choices[i] =
            (Choice){ .value = places[i]->code,
                      .label = reference_label(ref, "place.name", places[i]->id, req->lang) };
    return (Choices){ .field = "place", .choices = choices, .n = n, .as_list = true };
}

static Choices
entities(Request *req)
{
    const Reference     *ref = system_reference(req->app);
    size_t               n_all, n = 0;
    const Entity *const *all = reference_entities(ref, &n_all);
    Choice              *choices = ARENA_ARRAY(req->mem, Choice, n_all);

    for (size_t i = 0; i < n_all; i++)
        if (!all[i]->retired)
            choices[n++] =
                (Choice){ .value = all[i]->code,
                          .label = reference_label(ref, "entity.name", all[i]->id, req->lang) };
    return (Choices){ .field = "entity_list", .choices = choices, .n = n, .as_list = true };
}

const Choices *
desk_lodge_choices(Request *req)
{
    Choices *lists = ARENA_ARRAY(req->mem, Choices, 7);

    lists[0] = coded(req, "type", "type.", desk_forms_types);
    lists[1] = coded(req, "about", "choice.about.", desk_forms_abouts);
    lists[2] = coded(req, "contact", "choice.contact.", desk_forms_contacts);
    lists[3] = coded(req, "document_type", "choice.document_type.", desk_forms_document_types);
    lists[4] = places(req);
    lists[5] = entities(req);
    return lists;
}

Form *
desk_lodge_blank(Request *req)
{
    Form *form = form_blank(req->mem, &desk_forms_lodge);

    form_set(form, "about", "service");
    form_set(form, "contact", "sms");
    form_set(form, "identity_hidden", "1");
    return form;
}

/* ---- the entity ---- */

static DeskHit
hit_of(Request *req, const ReferenceHit *hit)
{
    const Reference *ref = system_reference(req->app);
    const char      *entity = reference_label(ref, "entity.name", hit->entity_id, req->lang);

    return (DeskHit){ .pick = arena_printf(req->mem, "%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT,
                                           (gint64)hit->entity_id, (gint64)hit->service_id),
                      .title = hit->service_id == 0 ? entity
                                                    : reference_label(ref, "service.name",
                                                                      hit->service_id, req->lang),
                      .meta = hit->service_id == 0 ? NULL : entity };
}

void
desk_lodge_find(Request *req, const char *words, DeskHits *out)
{
    ReferenceHit found[MOST_HITS];
    size_t       n = words == NULL ? 0
                                   : reference_search(system_reference(req->app), req->mem, words, found,
                                                      MOST_HITS);
    DeskHit     *hits = ARENA_ARRAY(req->mem, DeskHit, n);

    for (size_t i = 0; i < n; i++)
        hits[i] = hit_of(req, &found[i]);
    *out = (DeskHits){ hits, n };
}

bool
desk_lodge_suggest(Request *req, Response *res, GError **error)
{
    DeskHits view;

    (void)error;
    desk_lodge_find(req, request_query(req, "q"), &view);
    desk_suggest_html(html_page(req, res, 200), &view);
    return true;
}

/* "12:34" → an entity and its service, 0 for none of it. */
static bool
read_pick(const Reference *ref, const char *pick, PetitionSubmit *cmd)
{
    char   *colon = NULL, *end = NULL;
    int64_t entity_id = g_ascii_strtoll(pick, &colon, 10), service_id;

    if (*colon != ':' || reference_entity(ref, entity_id) == NULL)
        return false;
    service_id = g_ascii_strtoll(colon + 1, &end, 10);
    if (*end != '\0' || (service_id != 0 && reference_service(ref, service_id) == NULL))
        return false;
    cmd->entity_id = entity_id;
    cmd->service_id = service_id;
    return true;
}

/* A button of a result, else what the script picked, else the list. Words alone choose nothing. */
static bool
choose_entity(Request *req, const DeskLodgeForm *data, PetitionSubmit *cmd)
{
    const Reference *ref = system_reference(req->app);
    const char      *pick = data->chosen != NULL ? data->chosen : data->pick;
    const Entity    *entity;

    if (pick != NULL)
        return read_pick(ref, pick, cmd);
    if (data->entity_list == NULL)
        return data->entity_q == NULL;
    entity = reference_entity_by_code(ref, data->entity_list);
    cmd->entity_id = entity == NULL ? 0 : entity->id;
    return entity != NULL;
}

/* ---- what the service asks ---- */

static PetitionFields
fields_of(Request *req, int64_t service_id)
{
    return petition_fields_of(&(PetitionFieldsAsk){ .reference = system_reference(req->app),
                                                    .mem = req->mem,
                                                    .lang = req->lang,
                                                    .service_id = service_id,
                                                    .optional = true });
}

DeskFields
desk_lodge_fields(Request *req, const char *pick, Form *form)
{
    const Reference *ref = system_reference(req->app);
    PetitionSubmit   picked = { .service_id = 0 };
    PetitionFields   fields;
    DeskFieldName   *names;

    if (pick == NULL || !read_pick(ref, pick, &picked))
        return (DeskFields){ .n_names = 0 };

    fields = fields_of(req, picked.service_id);
    names = ARENA_ARRAY(req->mem, DeskFieldName, fields.n);
    for (size_t i = 0; i < fields.n; i++)
        names[i].name = fields.spec->fields[i].name;
    return (DeskFields){
        .form = { .form = form != NULL ? form : form_blank(req->mem, fields.spec),
                  .choices = fields.choices },
        .service = reference_label(ref, "service.name", picked.service_id, req->lang),
        .service_id = picked.service_id,
        .names = names,
        .n_names = fields.n,
    };
}

bool
desk_lodge_asks(Request *req, Response *res, GError **error)
{
    DeskFields view = desk_lodge_fields(req, request_query(req, "pick"), NULL);

    (void)error;
    desk_fields_html(html_page(req, res, 200), &view);
    return true;
}

bool
desk_lodge_restore(Request *req, const DeskAnswers *answers, Form **form, GError **error)
{
    PetitionFields fields;

    *form = NULL;
    if (answers->service_id == 0)
        return true;
    fields = fields_of(req, answers->service_id);
    *form = form_blank(req->mem, fields.spec);
    return petition_fields_fill(req->mem, answers->json, &fields, *form, error);
}

/* The answers of a form that came in, and their form. */
static DeskAnswers
read_answers(Request *req, Form **form)
{
    const char    *of = form_typed(req->form, "fields_of");
    DeskAnswers    answers = { .service_id = of == NULL ? 0 : g_ascii_strtoll(of, NULL, 10) };
    PetitionFields fields = fields_of(req, answers.service_id);

    *form = petition_fields_read(req->mem, &fields, req->form);
    answers.json = petition_fields_write(req->mem, &fields, *form);
    return answers;
}

static bool
asks(const PetitionSubmit *cmd)
{
    return strcmp(cmd->type, "complaint") == 0 || strcmp(cmd->type, "inquiry") == 0;
}

/* Questions that were not asked yet are asked first; their answers go with the request. */
static bool
take_answers(Request *req, const DeskAnswers *answers, const Form *form, PetitionSubmit *cmd,
             GError **error)
{
    PetitionFields  fields = fields_of(req, cmd->service_id);
    PetitionAnswer *given;

    if (!asks(cmd) || fields.n == 0)
        return true;
    if (answers->service_id != cmd->service_id) {
        form_mistake(req->form, "", MSG_DESK_FIELDS_ASK, NULL, NULL);
        return true;
    }
    if (!form_ok(form)) {
        form_mistake(req->form, "", MSG_DESK_FIELDS_WRONG, NULL, NULL);
        return true;
    }
    if (!petition_fields_answers(req->mem, answers->json, &fields, &given, &cmd->n_answers, error))
        return false;
    cmd->answers = given;
    return true;
}

/* ---- the draft ---- */

static bool
was_sent(Request *req, bool *sent, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    Bytes    command = command_id_read(req->mem, form_typed(req->form, "command"));
    Petition made;

    return tx != NULL && petition_by_command(tx, command, &made, sent, error);
}

/* What was on its way while the form was sent comes behind it, and would be the next call's draft. */
bool
desk_lodge_keep(Request *req, Response *res, GError **error)
{
    DeskCaller  caller;
    Form       *fields;
    DeskAnswers answers;
    bool        sent;

    response_body(res, 204, "text/plain");
    if (!desk_caller_read(req, &caller))
        return fail(error, APP_ERROR_NOT_FOUND, "the call is over");
    if (!was_sent(req, &sent, error))
        return false;
    if (sent)
        return fail(error, APP_ERROR_CONFLICT, "the form was sent already");
    answers = read_answers(req, &fields);
    return desk_draft_keep(req, &caller, req->form, &answers, error);
}

bool
desk_lodge_clear(Request *req, Response *res, GError **error)
{
    DeskCaller caller;

    response_redirect(res, "/desk?said=cleared");
    return !desk_caller_read(req, &caller) || desk_draft_clear(req, &caller, error);
}

/* ---- sending ---- */

/* As it was typed, and kept: without scripts this is when it is. */
static bool
show_again(Request *req, Response *res, GError **error)
{
    const DeskLodgeForm *data = req->form->values;
    DeskScreen           screen = { .lodge = req->form, .status = 422 };
    DeskAnswers          answers = read_answers(req, &screen.fields);
    DeskCaller           caller;
    PetitionSubmit       picked = { .service_id = 0 };

    if (data->chosen != NULL)
        form_set(req->form, "pick", data->chosen); /* a button is pressed once */
    if (desk_caller_read(req, &caller) &&
        !desk_draft_keep(req, &caller, req->form, &answers, error))
        return false;
    if (form_typed(req->form, "pick") == NULL ||
        !read_pick(system_reference(req->app), form_typed(req->form, "pick"), &picked) ||
        picked.service_id != answers.service_id)
        screen.fields = NULL; /* another service's */
    return desk_pages_screen(req, res, &screen, error);
}

static bool
fill_command(Request *req, const DeskCaller *caller, PetitionSubmit *cmd, GError **error)
{
    System              *sys = req->app;
    const DeskLodgeForm *data = req->form->values;
    VaultPerson          person;
    const Place         *place = NULL;

    if (!vault_person(sys->vault, req->mem, caller->person_id, &person, error))
        return false;
    if (data->place != NULL)
        place = reference_place_by_code(system_reference(sys), data->place);
    cmd->person_id = person.id;
    cmd->lang = person.lang;
    cmd->channel = "call";
    cmd->type = data->type;
    cmd->about = data->about;
    cmd->subject = data->subject;
    cmd->text = data->text;
    cmd->wanted = data->wanted;
    cmd->place_id = place == NULL ? 0 : place->id;
    cmd->place_words = data->place_words;
    cmd->contact = data->contact;
    cmd->identity_hidden = data->identity_hidden;
    cmd->draft_hash = desk_draft_hash(req, caller);
    return true;
}

static bool
refuse(Request *req, Response *res, const Refusal *refusal, GError **error)
{
    bool known = refusal->field != NULL && form_field(&desk_forms_lodge, refusal->field) != NULL;

    /* Another request in a form that was sent: it can be sent as one of its own. */
    if (refusal->message == MSG_REFUSAL_REPEAT_DIFFERS)
        form_set(req->form, "command", NULL);
    form_mistake(req->form, known ? refusal->field : "", MSG_REFUSAL_PLAIN,
                 petition_refusal_text(req->app, req->mem, req->lang, refusal), NULL);
    return show_again(req, res, error);
}

static bool
submit(Request *req, Response *res, const PetitionSubmit *cmd, GError **error)
{
    CommandContext  context = { .sys = req->app,
                                .mem = req->mem,
                                .by = req->who,
                                .command_id =
                                    command_id_read(req->mem, form_typed(req->form, "command")) };
    PetitionReceipt receipt;
    CommandOutcome  outcome = { .repeated = false };
    g_autoptr(GError) cause = NULL;

    if (petition_submit(&context, cmd, &receipt, &outcome, &cause)) {
        char number[NUMBER_TEXT_SIZE];

        number_format(receipt.number, number);
        response_redirect(res, arena_printf(req->mem, "/desk/requests/%s/receipt", number));
        return true;
    }
    if (error_code(cause) == APP_ERROR_INVALID && outcome.refusal.message != 0)
        return refuse(req, res, &outcome.refusal, error);
    g_propagate_error(error, g_steal_pointer(&cause));
    return false;
}

bool
desk_lodge_send(Request *req, Response *res, GError **error)
{
    PetitionSubmit cmd = { .entity_id = 0 };
    DeskCaller     caller;
    Form          *fields;
    DeskAnswers    answers = read_answers(req, &fields);

    if (!desk_caller_read(req, &caller)) {
        form_mistake(req->form, "", MSG_DESK_CALL_OVER, NULL, NULL);
        return show_again(req, res, error);
    }
    if (form_ok(req->form) && !choose_entity(req, req->form->values, &cmd))
        form_mistake(req->form, "entity_q", MSG_DESK_ENTITY_PICK, NULL, NULL);
    if (!form_ok(req->form))
        return show_again(req, res, error);
    if (!fill_command(req, &caller, &cmd, error) ||
        !take_answers(req, &answers, fields, &cmd, error))
        return false;
    return form_ok(req->form) ? submit(req, res, &cmd, error) : show_again(req, res, error);
}
