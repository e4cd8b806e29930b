/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A request in the caller's name. What must stay true: it is the caller's whom this session found, the
 * channel is the telephone, and nothing is sent to an entity that nobody chose. */
#include "base/number.h"
#include "desk_html.h"
#include "feature/desk/desk_forms.h"
#include "feature/desk/desk_pages.h"
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

/* ---- sending ---- */

static bool
show_again(Request *req, Response *res, int status, GError **error)
{
    const DeskLodgeForm *data = req->form->values;

    if (data->chosen != NULL)
        form_set(req->form, "pick", data->chosen); /* a button is pressed once */
    return desk_pages_screen(req, res, &(DeskScreen){ .lodge = req->form, .status = status },
                             error);
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
    return true;
}

static bool
refuse(Request *req, Response *res, const Refusal *refusal, GError **error)
{
    bool known = refusal->field != NULL && form_field(&desk_forms_lodge, refusal->field) != NULL;

    form_mistake(req->form, known ? refusal->field : "", MSG_REFUSAL_PLAIN,
                 petition_refusal_text(req->app, req->mem, req->lang, refusal), NULL);
    return show_again(req, res, 422, error);
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

    if (!desk_caller_read(req, &caller)) {
        form_mistake(req->form, "", MSG_DESK_CALL_OVER, NULL, NULL);
        return desk_pages_screen(req, res, &(DeskScreen){ .lodge = req->form, .status = 422 },
                                 error);
    }
    if (form_ok(req->form) && !choose_entity(req, req->form->values, &cmd))
        form_mistake(req->form, "entity_q", MSG_DESK_ENTITY_PICK, NULL, NULL);
    if (!form_ok(req->form))
        return show_again(req, res, 422, error);
    return fill_command(req, &caller, &cmd, error) && submit(req, res, &cmd, error);
}
