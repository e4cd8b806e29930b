/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What a petition must have before it gets a number, and whose eyes it is for. */
#include "feature/petition/petition_rules.h"

#include "feature/petition/petition_check.h"
#include "messages.h"

#include <string.h>

static const char *const type_names[] = { "inquiry", "praise", "suggestion", "complaint", NULL };
static const char *const abouts[] = {
    "service", "department", "employee", "officer", "head", "unit", NULL,
};
static const char *const contacts[] = { "sms", "call", "email", NULL };
static const char *const channels[] = {
    "app", "call", "website", "portal", "counter", "paper", "email", NULL,
};

typedef struct {
    const char        *field, *value;
    const char *const *list;
} Choice;

static const Refusal *
check_choices(const RuleContext *context, const Choice *choices, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!petition_check_is_one_of(choices[i].value, choices[i].list))
            return petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, choices[i].field);
    return NULL;
}

static const Refusal *
check_submit_choices(const RuleContext *context, const PetitionSubmit *cmd)
{
    const Choice choices[] = {
        { "type", cmd->type, type_names },
        { "about", cmd->about, abouts },
        { "contact", cmd->contact, contacts },
        { "channel", cmd->channel, channels },
    };

    return check_choices(context, choices, G_N_ELEMENTS(choices));
}

static const Refusal *
check_submit_texts(const RuleContext *context, const PetitionSubmit *cmd)
{
    const struct {
        const char *field, *text;
        size_t      most;
    } others[] = {
        { "wanted", cmd->wanted, PETITION_WANTED_MOST },
        { "place_words", cmd->place_words, PETITION_PLACE_MOST },
        { "happened", cmd->happened, PETITION_HAPPENED_MOST },
    };
    const Refusal *refusal =
        petition_check_text(context, "subject", cmd->subject, PETITION_SUBJECT_MOST);

    if (refusal == NULL)
        refusal = petition_check_text(context, "text", cmd->text, PETITION_TEXT_MOST);
    for (size_t i = 0; refusal == NULL && i < G_N_ELEMENTS(others); i++)
        refusal =
            petition_check_text_or_none(context, others[i].field, others[i].text, others[i].most);
    return refusal;
}

static const Refusal *
check_submit_address(const RuleContext *context, const PetitionSubmit *cmd)
{
    const Refusal *refusal =
        cmd->entity_id == 0 ? NULL : petition_check_entity(context, "entity", cmd->entity_id);

    if (refusal == NULL)
        refusal = petition_check_service(context, cmd->entity_id, cmd->service_id);
    if (refusal == NULL && cmd->place_id != 0 &&
        reference_place(context->calendar->reference, cmd->place_id) == NULL)
        return petition_check_refuse_field(context, MSG_REFUSAL_PLACE_UNKNOWN, "place");
    return refusal;
}

/* All codes of the answer are offered. */
static bool
is_chosen_from(const ServiceField *field, const char *value)
{
    g_auto(GStrv) chosen = g_strsplit(value, "|", -1);
    g_auto(GStrv) offered = g_strsplit(field->choices == NULL ? "" : field->choices, "|", -1);
    size_t i = 0;

    while (chosen[i] != NULL && g_strv_contains((const char *const *)offered, chosen[i]))
        i++;
    return chosen[i] == NULL;
}

static const Refusal *
check_answer(const RuleContext *context, int64_t service_id, const PetitionAnswer *answer)
{
    const ServiceField *field =
        reference_field_of(context->calendar->reference, service_id, answer->code, answer->version);

    if (field == NULL)
        return petition_check_refuse_field(context, MSG_REFUSAL_ANSWER_UNKNOWN, answer->code);
    if (g_str_has_prefix(field->kind, "choice"))
        return is_chosen_from(field, answer->value)
                   ? NULL
                   : petition_check_refuse_field(context, MSG_REFUSAL_CHOICE, answer->code);
    return petition_check_text_or_none(context, answer->code, answer->value,
                                       (size_t)field->max_length);
}

/* A field that is required may be missing here: paper and telephone cannot invent it, and the form
 * asks for it. What is there must be right. */
static const Refusal *
check_submit_answers(const RuleContext *context, const PetitionSubmit *cmd)
{
    const Refusal *refusal = NULL;

    if (cmd->n_answers > PETITION_ANSWERS_MOST)
        return petition_check_refuse_field(context, MSG_REFUSAL_ANSWER_UNKNOWN, "service");
    for (size_t i = 0; refusal == NULL && i < cmd->n_answers; i++)
        refusal = check_answer(context, cmd->service_id, &cmd->answers[i]);
    return refusal;
}

static const Refusal *
check_submit_identity(const RuleContext *context, const PetitionSubmit *cmd,
                      VaultVerification verification)
{
    if (strcmp(cmd->type, "complaint") != 0)
        return NULL;
    return verification == VAULT_VERIFIED || verification == VAULT_PROVISIONAL
               ? NULL
               : petition_check_refuse_field(context, MSG_REFUSAL_IDENTITY_NEEDED, "type");
}

const Refusal *
petition_rule_submit(const RuleContext *context, const PetitionSubmit *cmd,
                     VaultVerification verification)
{
    const Refusal *refusal = check_submit_choices(context, cmd);

    if (refusal == NULL)
        refusal = check_submit_texts(context, cmd);
    if (refusal == NULL)
        refusal = check_submit_address(context, cmd);
    if (refusal == NULL)
        refusal = check_submit_answers(context, cmd);
    if (refusal == NULL)
        refusal = check_submit_identity(context, cmd, verification);
    return refusal;
}

bool
petition_rule_is_restricted(const char *about)
{
    return strcmp(about, "officer") == 0 || strcmp(about, "head") == 0 ||
           strcmp(about, "unit") == 0;
}

bool
petition_rule_goes_to_entity(const char *about)
{
    return strcmp(about, "head") != 0;
}
