/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Invented requests for trying out, so many days before now, each with a fate. */
#include "base/text.h"
#include "feature/replay/replay_item.h"
#include "messages.h"

#include <string.h>

enum { DAYS_MOST = 3650 };

static const char *
answered_outcome(const char *type)
{
    return strcmp(type, "praise") == 0       ? "thanked"
           : strcmp(type, "inquiry") == 0    ? "explained"
           : strcmp(type, "suggestion") == 0 ? "adopted"
                                             : "resolved";
}

static void
add_demo_acts(const ReplayContext *context, ReplayItem *item, const char *fate)
{
    static const char answer[] = "تمّ الكشف على الموقع ومعالجة الموضوع، ونشكركم على إبلاغنا.";
    AppTime           step = (context->now - item->at) / 6;
    AppTime           soon =
        MIN(step, DAYS); /* competence is checked within two days, whatever comes of it */
    bool open = strcmp(fate, "waiting") == 0 || strcmp(fate, "unassigned") == 0;

    if (strcmp(fate, "withdrawn") == 0)
        replay_add_act(item, REPLAY_WITHDRAW, item->at + step, NULL, "solved");
    else if (strcmp(fate, "returned") == 0)
        replay_add_act(item, REPLAY_RETURN, item->at + step, "خارج اختصاص الجهة", "not_competent");
    else if (!open)
        replay_add_act(item, REPLAY_ACCEPT, item->at + soon, NULL, NULL);
    if (strcmp(fate, "consulted") == 0)
        replay_add_act(item, REPLAY_CONSULT, item->at + 2 * step,
                       "يرجى بيان الإجراء المتخذ والمدة اللازمة للمعالجة.", NULL);
    if (strcmp(fate, "scheduled_date") == 0)
        replay_add_act(item, REPLAY_PERIOD, item->at + soon + soon / 2, NULL, NULL);
    if (strcmp(fate, "updated") == 0)
        replay_add_act(item, REPLAY_UPDATE, item->at + 3 * step,
                       "أُحيل الموضوع إلى الفريق الفني وسيُباشر العمل هذا الأسبوع.", NULL);
    if (strcmp(fate, "closed_explained") == 0)
        replay_add_act(item, REPLAY_CLOSE, item->at + 4 * step, answer,
                       answered_outcome(item->submit.type));
    if (strcmp(fate, "closed_not_possible") == 0)
        replay_add_act(item, REPLAY_CLOSE, item->at + 4 * step,
                       "لا تتوفر المخصصات حاليًا، ويعاد النظر مع موازنة العام المقبل.",
                       "not_possible_means");
    if (strcmp(fate, "closed_resolved") == 0 || strcmp(fate, "closed_rated") == 0)
        replay_add_act(item, REPLAY_CLOSE, item->at + 4 * step, answer,
                       answered_outcome(item->submit.type));
    if (strcmp(fate, "closed_rated") == 0)
        replay_add_act(item, REPLAY_RATE, item->at + 5 * step, NULL, "yes");
}

static void
read_demo(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
          int *why)
{
    const Place *place = reference_place_by_code(system_reference(context->sys),
                                                 replay_field(context, fields, "place_code"));
    const char  *service = replay_field(context, fields, "service");
    const char  *wanted = replay_field(context, fields, "wanted");
    const char  *words = replay_field(context, fields, "place_words");
    int64_t      days = g_ascii_strtoll(replay_field(context, fields, "days_ago"), NULL, 10);
    bool         hidden = strcmp(replay_field(context, fields, "identity_hidden"), "1") == 0;

    item->submit = (PetitionSubmit){ .type = replay_field(context, fields, "type"),
                                     .about = "service",
                                     .subject = replay_field(context, fields, "subject"),
                                     .text = replay_field(context, fields, "text"),
                                     .wanted = wanted[0] == '\0' ? NULL : wanted,
                                     .place_words = words[0] == '\0' ? NULL : words,
                                     .place_id = place == NULL ? 0 : place->id,
                                     .contact = "sms",
                                     .channel = replay_field(context, fields, "channel"),
                                     .identity_hidden = hidden };
    item->submit.lang = text_language(item->submit.text);
    item->id = replay_row_id(context, mem, fields);
    if (days < 0 || days > DAYS_MOST) {
        *why = MSG_REPLAY_ROW_NO_TIME;
        return;
    }
    item->at = context->now - days * DAYS - (csv_line(context->csv) * 23 % 300) * MINUTES;
    if (service[0] != '\0' && !replay_choose_service(context, service, &item->submit))
        *why = MSG_REPLAY_ROW_SERVICE_UNKNOWN;
    else
        add_demo_acts(context, item, replay_field(context, fields, "fate"));
}

const ReplayFormat replay_format_demo = {
    .name = "demo",
    .columns = { "type", "service", "subject", "days_ago", "fate" },
    .invented = true,
    .read = read_demo,
};
