/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What several rules have in common. What must stay true: a text that passes here can be read back:
 * it is kept as typed, and its JSON opens again. */
#include "feature/petition/petition_check.h"

#include "base/text.h"
#include "messages.h"

#include <string.h>

const Refusal *
petition_check_refuse(const RuleContext *context, Refusal refusal)
{
    return memcpy(arena_alloc(context->mem, sizeof refusal), &refusal, sizeof refusal);
}

const Refusal *
petition_check_refuse_field(const RuleContext *context, int message, const char *field)
{
    return petition_check_refuse(context, (Refusal){ .message = message, .field = field });
}

const Refusal *
petition_check_refuse_at(const RuleContext *context, int message, const char *field, AppTime time)
{
    return petition_check_refuse(
        context, (Refusal){ .message = message, .field = field, .times = { time } });
}

static const Refusal *
refuse_most(const RuleContext *context, int message, const char *field, int64_t most)
{
    return petition_check_refuse(
        context, (Refusal){
                     .message = message,
                     .field = field,
                     .arguments = { arena_printf(context->mem, "%" G_GINT64_FORMAT, most) },
                 });
}

const Refusal *
petition_check_text_or_none(const RuleContext *context, const char *field, const char *text,
                            size_t most)
{
    if (text == NULL)
        return NULL;
    if (!text_is_valid(text, strlen(text)))
        return petition_check_refuse_field(context, MSG_REFUSAL_TEXT_BROKEN, field);
    if (text_length(text) > most)
        return refuse_most(context, MSG_REFUSAL_TEXT_TOO_LONG, field, (int64_t)most);
    return NULL;
}

const Refusal *
petition_check_text(const RuleContext *context, const char *field, const char *text, size_t most)
{
    const Refusal *refusal = petition_check_text_or_none(context, field, text, most);

    if (refusal == NULL && (text == NULL || text_is_blank(text)))
        return petition_check_refuse_field(context, MSG_REFUSAL_TEXT_MISSING, field);
    return refusal;
}

bool
petition_check_is_one_of(const char *word, const char *const *list)
{
    return word != NULL && g_strv_contains(list, word);
}

const Refusal *
petition_check_entity(const RuleContext *context, const char *field, int64_t entity_id)
{
    const Entity *entity = reference_entity(context->calendar->reference, entity_id);

    return entity == NULL || entity->retired
               ? petition_check_refuse_field(context, MSG_REFUSAL_ENTITY_UNKNOWN, field)
               : NULL;
}

const Refusal *
petition_check_service(const RuleContext *context, int64_t entity_id, int64_t service_id)
{
    const Service *service = reference_service(context->calendar->reference, service_id);

    if (service_id == 0)
        return NULL;
    return service == NULL || service->retired || service->entity_id != entity_id
               ? petition_check_refuse_field(context, MSG_REFUSAL_SERVICE_ELSEWHERE, "service")
               : NULL;
}
