/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How the rows of each history become requests. The dirt of real data is refused by reason, not mended. */
#include "base/text.h"
#include "feature/replay/replay_item.h"

#include <stdio.h>
#include <string.h>

#define REVIEW_DAYS 60

const char *
replay_field(const ReplayContext *context, const char *const *fields, const char *name)
{
    int column = csv_column(context->csv, name);

    return column < 0 ? "" : fields[column];
}

bool
replay_time(const Zone *zone, const char *text, AppTime *time)
{
    Civil civil = { .hour = 0 };

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &civil.year, &civil.month, &civil.day, &civil.hour,
               &civil.minute, &civil.second) < 3)
        return false;
    if (civil.month < 1 || civil.month > 12 || civil.day < 1 || civil.day > 31)
        return false;
    *time = zone_time(zone, &civil);
    return true;
}

void
replay_add_act(ReplayItem *item, ReplayActKind kind, AppTime at, const char *text, const char *code)
{
    g_assert(item->n_acts < REPLAY_MOST_ACTS);
    item->acts[item->n_acts++] = (ReplayAct){ .kind = kind, .at = at, .text = text, .code = code };
}

static bool
choose_service(const ReplayContext *context, const char *code, PetitionSubmit *submit)
{
    const Service *service = reference_service_by_code(system_reference(context->sys), code);

    if (service == NULL)
        return false;
    submit->service_id = service->id;
    submit->entity_id = service->entity_id;
    return true;
}

/* ---- New York: created, closed, agency, type ---- */

static const struct {
    const char *type, *service;
} nyc_services[] = {
    { "Sewer", "miyahuna.sewerage" },
    { "Noise", "moenv.pollution" },
    { "Street Condition", "gam.roads" },
    { "DEP Street Condition", "miyahuna.leaks" },
    { "WATER LEAK", "miyahuna.leaks" },
    { "Electrical", "gam.buildings" },
    { "Street Light Condition", "gam.lighting" },
};

static bool
choose_nyc_service(const ReplayContext *context, const char *type, PetitionSubmit *submit)
{
    for (size_t i = 0; i < G_N_ELEMENTS(nyc_services); i++)
        if (strcmp(nyc_services[i].type, type) == 0)
            return choose_service(context, nyc_services[i].service, submit);
    return false;
}

static void
add_nyc_acts(ReplayItem *item, AppTime closed, const char *resolution)
{
    bool repeated =
        strstr(resolution, "duplicate") != NULL || strstr(resolution, "already") != NULL;
    bool nothing =
        strstr(resolution, "did not observe") != NULL || strstr(resolution, "could not") != NULL;

    replay_add_act(item, REPLAY_ACCEPT, item->at + (closed - item->at) / 4, NULL, NULL);
    replay_add_act(item, REPLAY_CLOSE, closed, resolution,
                   repeated  ? "moot"
                   : nothing ? "not_substantiated"
                             : "resolved");
}

static void
read_nyc(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
         const char **why)
{
    const char *closed_text = replay_field(context, fields, "closed");
    const char *resolution = replay_field(context, fields, "resolution");
    const char *address = replay_field(context, fields, "address");
    AppTime     closed = 0;

    item->id = replay_field(context, fields, "id");
    item->submit = (PetitionSubmit){ .type = "complaint",
                                     .about = "service",
                                     .contact = "sms",
                                     .channel = "call",
                                     .lang = "en",
                                     .identity_hidden = true };
    item->submit.subject =
        arena_printf(mem, "%s: %s", replay_field(context, fields, "complaint_type"),
                     replay_field(context, fields, "descriptor"));
    item->submit.text = arena_printf(mem, "%s – %s, %s", item->submit.subject, address,
                                     replay_field(context, fields, "city"));
    item->submit.place_words = address[0] == '\0' ? NULL : address;
    if (!replay_time(context->zone, replay_field(context, fields, "created"), &item->at))
        *why = "no time of creation";
    else if (!choose_nyc_service(context, replay_field(context, fields, "complaint_type"),
                                 &item->submit))
        *why = "a type that stands for no service";
    else if (closed_text[0] != '\0' && !replay_time(context->zone, closed_text, &closed))
        *why = "a time of closing that is none";
    else if (closed != 0 && closed < item->at)
        *why = "closed before it was created";
    else if (closed != 0 && text_is_blank(resolution))
        *why = "closed without an answer";
    else if (closed != 0)
        add_nyc_acts(item, closed, resolution);
}

/* ---- reviews of sights: a text and whether it is good ---- */

static void
read_review(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
            const char **why)
{
    static const char *const types[] = { "complaint", "praise", "suggestion" };
    const char              *text = replay_field(context, fields, "text");
    int64_t label = g_ascii_strtoll(replay_field(context, fields, "label"), NULL, 10);
    int64_t id = g_ascii_strtoll(replay_field(context, fields, "id"), NULL, 10);

    item->id = replay_field(context, fields, "id");
    item->at = context->now - (id * 37 % (REVIEW_DAYS * 24)) * HOURS - 3 * DAYS;
    item->submit =
        (PetitionSubmit){ .about = "service",
                          .contact = "sms",
                          .channel = "app",
                          .lang = "ar",
                          .identity_hidden = true,
                          .text = text,
                          .subject = text_ellipsis(mem, text, 60),
                          .place_words = text_trim(mem, replay_field(context, fields, "place")) };
    if (text_length(text) < 10)
        *why = "a text under ten letters";
    else if (label < 0 || label > 2)
        *why = "a label that is none";
    else if (!choose_service(context, "mota.sites", &item->submit))
        *why = "the service is not in the reference data";
    else
        item->submit.type = types[label];
}

/* ---- invented requests for trying out ---- */

static void
add_demo_acts(const ReplayContext *context, ReplayItem *item, const char *fate)
{
    static const char answer[] =
        "تمّ الكشف على الموقع ومعالجة الموضوع، ونشكركم على إبلاغنا. يمكنكم إعادة فتح الطلب "
        "أو التظلّم خلال 14 يومًا.";
    AppTime step = (context->now - item->at) / 6;
    bool    open = strcmp(fate, "waiting") == 0 || strcmp(fate, "unassigned") == 0;

    if (strcmp(fate, "withdrawn") == 0)
        replay_add_act(item, REPLAY_WITHDRAW, item->at + step, NULL, "solved");
    else if (strcmp(fate, "returned") == 0)
        replay_add_act(item, REPLAY_RETURN, item->at + step, "خارج اختصاص الجهة", "not_competent");
    else if (!open)
        replay_add_act(item, REPLAY_ACCEPT, item->at + step, NULL, NULL);
    if (strcmp(fate, "consulted") == 0)
        replay_add_act(item, REPLAY_CONSULT, item->at + 2 * step,
                       "يرجى بيان الإجراء المتخذ والمدة اللازمة للمعالجة.", NULL);
    if (strcmp(fate, "scheduled_date") == 0)
        replay_add_act(item, REPLAY_PERIOD, item->at + 2 * step, NULL, NULL);
    if (strcmp(fate, "updated") == 0)
        replay_add_act(item, REPLAY_UPDATE, item->at + 3 * step,
                       "أُحيل الموضوع إلى الفريق الفني وسيُباشر العمل هذا الأسبوع.", NULL);
    if (strcmp(fate, "closed_explained") == 0)
        replay_add_act(item, REPLAY_CLOSE, item->at + 4 * step, answer,
                       strcmp(item->submit.type, "complaint") == 0 ? "resolved" : "explained");
    if (strcmp(fate, "closed_not_possible") == 0)
        replay_add_act(item, REPLAY_CLOSE, item->at + 4 * step,
                       "لا تتوفر المخصصات حاليًا، ويعاد النظر مع موازنة العام المقبل.",
                       "not_possible_means");
    if (strcmp(fate, "closed_resolved") == 0 || strcmp(fate, "closed_rated") == 0)
        replay_add_act(item, REPLAY_CLOSE, item->at + 4 * step, answer,
                       strcmp(item->submit.type, "praise") == 0       ? "thanked"
                       : strcmp(item->submit.type, "inquiry") == 0    ? "explained"
                       : strcmp(item->submit.type, "suggestion") == 0 ? "adopted"
                                                                      : "resolved");
    if (strcmp(fate, "closed_rated") == 0)
        replay_add_act(item, REPLAY_RATE, item->at + 5 * step, NULL, "yes");
}

static void
read_demo(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
          const char **why)
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
    item->id = arena_printf(mem, "%" G_GINT64_FORMAT, (gint64)csv_line(context->csv));
    item->at = context->now - days * DAYS - (csv_line(context->csv) * 23 % 300) * MINUTES;
    if (service[0] != '\0' && !choose_service(context, service, &item->submit))
        *why = "the service is not in the reference data";
    else
        add_demo_acts(context, item, replay_field(context, fields, "fate"));
}

static const ReplayFormat nyc = { "nyc",
                                  { "id", "created", "closed", "agency", "complaint_type",
                                    "descriptor", "resolution" },
                                  read_nyc };
static const ReplayFormat reviews = { "reviews", { "id", "place", "label", "text" }, read_review };
static const ReplayFormat demo = { "demo",
                                   { "type", "service", "subject", "days_ago", "fate" },
                                   read_demo };

const ReplayFormat *const replay_formats[] = { &nyc, &reviews, &demo, NULL };
