/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A rule is asked with an empty command: what it then says of no field is about the state, so that
 * the act cannot be done now. What must stay true: nothing is offered that the command forbids. */
#include "feature/office/office_acts.h"

#include "feature/office/office_forms.h"
#include "feature/office/office_target.h"
#include "feature/petition/petition_refusal.h"
#include "feature/petition/petition_rules.h"
#include "messages.h"

#include <string.h>

typedef struct {
    const OfficeReader *reader;
    const PetitionFile *file;
    const Petition     *petition;
    RuleContext         rules;
    Form               *tried;
    OfficeFileView     *view;
    const char        **refused;
} Acting;

enum { MOST_REFUSED = 8 };

bool
office_acts_may(const OfficeReader *reader, const Petition *petition, Action action)
{
    const AccessTarget target = {
        .petition_id = petition->id,
        .entity_id = petition->entity_id,
        .state = petition->state,
        .holder = petition->holder,
        .restricted = petition->restricted,
    };

    /* The unit closes what waits at the unit, never over an entity's head. */
    if (action == ACTION_CLOSE && reader->who->role == ROLE_UNIT &&
        strcmp(petition->holder, "unit") != 0)
        return false;
    return access_require(reader->who, action, &target, NULL);
}

const char *
office_acts_path(Arena *mem, int64_t number, const char *act)
{
    return arena_printf(mem, "/office/requests/%s/%s", i18n_ref(mem, number), act);
}

/* ---- one act ---- */

/* Worth saying, because somebody may look for the act: not that a closed file takes no answer. */
static bool
is_telling(int message)
{
    return message == MSG_REFUSAL_RETURN_TWICE || message == MSG_REFUSAL_PERIOD_ONCE ||
           message == MSG_REFUSAL_PERIOD_LATE || message == MSG_REFUSAL_CLOSE_ASSIGNED;
}

static void
say_refused(Acting *acting, Action action, const Refusal *refusal)
{
    const OfficeReader *reader = acting->reader;
    int                 name = i18n_find_in("action.", access_action_name(action));

    if (!is_telling(refusal->message))
        return;
    g_assert(acting->view->refused.n < MOST_REFUSED);
    acting->refused[acting->view->refused.n++] = i18n_format(
        reader->mem, reader->words, MSG_OFFICE_REFUSED,
        I18N_ARGS(i18n_text(reader->words, name),
                  petition_refusal_text(reader->sys, reader->mem, reader->lang, refusal)));
}

static const char *
sentence_of(const Acting *acting, const Form *form)
{
    const FormMistake *mistake = form_mistake_of(form, "");

    return mistake == NULL
               ? NULL
               : form_view_sentence(acting->reader->mem, acting->reader->words, form, mistake);
}

/* NULL when it is not for this reader, or not now. `refusal` is the rule's word on an empty one. */
static OfficeAct *
act_of(Acting *acting, Action action, const FormSpec *spec, const char *path,
       const Refusal *refusal)
{
    Arena     *mem = acting->reader->mem;
    bool       tried = acting->tried != NULL && acting->tried->spec == spec;
    Form      *form = tried ? acting->tried : form_blank(mem, spec);
    OfficeAct *act;

    if (!office_acts_may(acting->reader, acting->petition, action))
        return NULL;
    if (refusal != NULL && refusal->field == NULL) {
        say_refused(acting, action, refusal);
        return NULL;
    }
    if (!tried)
        form_set(form, "version",
                 arena_printf(mem, "%" G_GINT64_FORMAT, (gint64)acting->petition->version));

    act = ARENA_NEW(mem, OfficeAct);
    *act = (OfficeAct){ .open = tried,
                        .form = { .form = form,
                                  .action = office_acts_path(mem, acting->petition->number, path) },
                        .refused = sentence_of(acting, form) };
    return act;
}

/* ---- choices ---- */

static Choices *
lists_of(Arena *mem, size_t n)
{
    return ARENA_ARRAY(mem, Choices, n + 1);
}

static Choices
directorates(const Acting *acting)
{
    const OfficeReader       *reader = acting->reader;
    size_t                    n, kept = 0;
    const Directorate *const *all =
        reference_directorates(reader->ref, acting->petition->entity_id, &n);
    Choice *choices = ARENA_ARRAY(reader->mem, Choice, n);

    for (size_t i = 0; i < n; i++)
        if (!all[i]->retired)
            choices[kept++] = (Choice){ .value = arena_printf(reader->mem, "%" G_GINT64_FORMAT,
                                                              (gint64)all[i]->id),
                                        .label = office_words_directorate(reader, all[i]->id) };
    return (Choices){ .field = "directorate", .choices = choices, .n = kept, .as_list = true };
}

/* Codes of a list with their words; `hints` is where what to write for each may be found. */
static Choices
coded(const OfficeReader *reader, const char *field, const char *const *codes, const char *words,
      const char *hints)
{
    size_t  n = 0;
    Choice *choices;

    while (codes[n] != NULL)
        n++;
    choices = ARENA_ARRAY(reader->mem, Choice, n);
    for (size_t i = 0; i < n; i++) {
        int hint = i18n_find_in(hints, codes[i]);

        choices[i] = (Choice){ .value = codes[i],
                               .label = i18n_text(reader->words, i18n_find_in(words, codes[i])),
                               .hint = hint == 0 ? NULL : i18n_text(reader->words, hint) };
    }
    return (Choices){ .field = field, .choices = choices, .n = n };
}

const Choices *
office_acts_outcomes(const OfficeReader *reader, const Petition *petition)
{
    const char *const *all = petition_rule_outcomes(petition->type);
    Calendar           calendar = system_calendar(reader->sys);
    RuleContext        rules = { reader->mem, &calendar, reader->now };
    Choices           *lists = lists_of(reader->mem, 1);
    const char       **taken;
    size_t             n = 0, kept = 0;

    while (all[n] != NULL)
        n++;
    taken = ARENA_ARRAY(reader->mem, const char *, n + 1);
    for (size_t i = 0; i < n; i++)
        if (petition_rule_close(&rules, petition,
                                &(PetitionClose){ .outcome = all[i], .answer = "?" }) == NULL)
            taken[kept++] = all[i];
    lists[0] = coded(reader, "outcome", taken, "outcome.", "office.outcome.");
    return lists;
}

/* ---- each act ---- */

static const OfficeAct *
accept_act(Acting *acting)
{
    return act_of(acting, ACTION_ACCEPT, &office_forms_accept, "accept",
                  petition_rule_accept(&acting->rules, acting->petition));
}

static const OfficeAct *
consult_act(Acting *acting)
{
    const OfficeReader *reader = acting->reader;
    OfficeAct          *act =
        act_of(acting, ACTION_CONSULT, &office_forms_consult, "consult",
               petition_rule_consult(&acting->rules, acting->petition, &(PetitionConsult){ 0 }));
    Choices *lists = lists_of(reader->mem, 1);

    if (act == NULL)
        return NULL;
    lists[0] = directorates(acting);
    act->form.choices = lists;
    act->hint =
        i18n_format(reader->mem, reader->words, MSG_OFFICE_CONSULT_MOST,
                    I18N_ARGS(office_words_days(
                        reader, petition_rule_most_answer_days(&acting->rules, acting->petition))));
    return act;
}

static const OfficeAct *
period_act(Acting *acting)
{
    const OfficeReader *reader = acting->reader;
    int64_t             latest = petition_rule_latest_day(acting->rules.calendar, acting->petition);
    const Refusal      *refusal =
        petition_rule_set_period(&acting->rules, acting->petition, &(PetitionSetPeriod){ 0 });
    OfficeAct *act = act_of(acting, ACTION_SET_PERIOD, &office_forms_period, "period", refusal);

    if (act != NULL)
        act->hint = i18n_format(reader->mem, reader->words, MSG_OFFICE_PERIOD_LATEST,
                                I18N_ARGS(i18n_date(reader->mem, reader->words, reader->sys->zone,
                                                    zone_midnight(reader->sys->zone, latest))));
    return act;
}

static const OfficeAct *
return_act(Acting *acting)
{
    const OfficeReader *reader = acting->reader;
    OfficeAct          *act =
        act_of(acting, ACTION_RETURN, &office_forms_return, "return",
               petition_rule_return(&acting->rules, acting->petition, &(PetitionReturn){ 0 }));
    Choices *lists = lists_of(reader->mem, 2);

    if (act == NULL)
        return NULL;
    lists[0] = coded(reader, "ground", petition_rule_grounds(), "ground.", "office.ground.");
    lists[1] = office_target_entities(reader, "proposed_entity", acting->petition->entity_id);
    act->form.choices = lists;
    return act;
}

static const OfficeAct *
update_act(Acting *acting)
{
    return act_of(acting, ACTION_UPDATE, &office_forms_update, "update",
                  petition_rule_update(&acting->rules, acting->petition, &(PetitionUpdate){ 0 }));
}

/* It is looked at before it is sent. */
static const OfficeAct *
close_act(Acting *acting)
{
    OfficeAct *act =
        act_of(acting, ACTION_CLOSE, &office_forms_close, "close/preview",
               petition_rule_close(&acting->rules, acting->petition, &(PetitionClose){ 0 }));

    if (act == NULL)
        return NULL;
    act->form.choices = office_acts_outcomes(acting->reader, acting->petition);
    return act->form.choices[0].n == 0 ? NULL : act;
}

static const OfficeAct *
note_act(Acting *acting)
{
    return act_of(acting, ACTION_NOTE, &office_forms_note, "note", NULL);
}

static const OfficeAct *
route_act(Acting *acting, const char *words)
{
    const OfficeReader *reader = acting->reader;
    OfficeAct          *act =
        act_of(acting, ACTION_ROUTE, &office_forms_route, "route",
               petition_rule_route(&acting->rules, acting->petition, &(PetitionRoute){ 0 }));
    Choices *lists = lists_of(reader->mem, 2);

    if (act == NULL)
        return NULL;
    lists[0] = office_target_suggestions(reader, acting->file, words,
                                         form_typed(act->form.form, "target"));
    lists[1] = office_target_entities(reader, "entity", acting->petition->entity_id);
    act->form.choices = lists;
    acting->view->route_fits = lists[0].n > 0;
    if (acting->tried == NULL)
        act->open = words != NULL || strcmp(acting->petition->state, "received") == 0;
    return act;
}

void
office_acts_fill(const OfficeReader *reader, const PetitionFile *file, Form *tried,
                 const char *route_words, OfficeFileView *view)
{
    Calendar calendar = system_calendar(reader->sys);
    Acting   acting = {
          .reader = reader,
          .file = file,
          .petition = &file->petition,
          .rules = { reader->mem, &calendar, reader->now },
          .tried = tried,
          .view = view,
          .refused = ARENA_ARRAY(reader->mem, const char *, MOST_REFUSED),
    };

    view->refused.items = acting.refused;
    view->route = route_act(&acting, route_words);
    view->route_words = route_words;
    view->accept = accept_act(&acting);
    view->send_back = return_act(&acting);
    view->consult = consult_act(&acting);
    view->period = period_act(&acting);
    view->update = update_act(&acting);
    view->close = close_act(&acting);
    view->note = note_act(&acting);
}
