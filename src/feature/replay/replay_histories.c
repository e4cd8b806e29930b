/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Histories of cities' service requests. Their civil times are kept as the office's: nine in the
 * morning there is nine in the morning here, so that days off and office hours mean what they meant. */
#include "base/text.h"
#include "feature/replay/replay_item.h"
#include "messages.h"

#include <string.h>

/* What cities publish names officers, or is not there at all: such an answer is never shown. */
#define NO_TEXT "Closed. The city published no text with it."

static void
begin(ReplayItem *item, const char *id, const char *channel)
{
    item->id = id;
    item->submit = (PetitionSubmit){ .type = "complaint",
                                     .about = "service",
                                     .contact = "sms",
                                     .channel = channel,
                                     .lang = "en",
                                     .identity_hidden = true };
}

/* Subject, and a text that says where; fields that are blank leave no comma behind. */
static void
describe(Arena *mem, ReplayItem *item, const char *subject, const char *address, const char *area)
{
    bool has_address = !text_is_blank(address), has_area = !text_is_blank(area);

    item->submit.subject = subject;
    item->submit.place_words = has_address && has_area ? arena_printf(mem, "%s, %s", address, area)
                               : has_address           ? address
                               : has_area              ? area
                                                       : NULL;
    item->submit.text = item->submit.place_words == NULL
                            ? subject
                            : arena_printf(mem, "%s – %s", subject, item->submit.place_words);
}

/* When it ended, 0 when it did not; or why the row cannot be right. */
static int
read_closed(const ReplayContext *context, const char *text, const ReplayItem *item, AppTime *closed)
{
    *closed = 0;
    if (text[0] == '\0')
        return 0;
    if (!replay_time(context, text, closed))
        return MSG_REPLAY_ROW_CLOSED_TIME;
    return *closed < item->at ? MSG_REPLAY_ROW_CLOSED_BEFORE : 0;
}

static const char *
joined(Arena *mem, const char *type, const char *descriptor)
{
    return text_is_blank(descriptor) ? type : arena_printf(mem, "%s: %s", type, descriptor);
}

/* ---- New York ---- */

static const ReplayService nyc_services[] = {
    { "Sewer", "miyahuna.sewerage" },
    { "Noise", "moenv.pollution" },
    { "Street Condition", "gam.roads" },
    { "DEP Street Condition", "miyahuna.leaks" },
    { "WATER LEAK", "miyahuna.leaks" },
    { "Electrical", "gam.buildings" },
    { "Street Light Condition", "gam.lighting" },
};

static const char *
nyc_outcome(const char *resolution)
{
    if (strstr(resolution, "duplicate") != NULL || strstr(resolution, "already") != NULL)
        return "moot";
    if (strstr(resolution, "did not observe") != NULL || strstr(resolution, "could not") != NULL)
        return "not_substantiated";
    return "resolved";
}

static void
read_nyc(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
         int *why)
{
    const char *type = replay_field(context, fields, "complaint_type");
    const char *resolution = replay_field(context, fields, "resolution");
    AppTime     closed;

    begin(item, replay_field(context, fields, "id"), "call");
    describe(mem, item, joined(mem, type, replay_field(context, fields, "descriptor")),
             replay_field(context, fields, "address"), replay_field(context, fields, "city"));
    if (!replay_time(context, replay_field(context, fields, "created"), &item->at)) {
        *why = MSG_REPLAY_ROW_NO_TIME;
        return;
    }
    *why = replay_choose_by_word(context, nyc_services, G_N_ELEMENTS(nyc_services), type,
                                 &item->submit);
    if (*why == 0)
        *why = read_closed(context, replay_field(context, fields, "closed"), item, &closed);
    if (*why == 0 && closed != 0 && text_is_blank(resolution))
        *why = MSG_REPLAY_ROW_NO_ANSWER;
    if (*why == 0 && closed != 0)
        replay_add_answer(item, closed, resolution, nyc_outcome(resolution));
}

const ReplayFormat replay_format_nyc = {
    .name = "nyc",
    .columns = { "id", "created", "closed", "agency", "complaint_type", "descriptor",
                 "resolution" },
    .read = read_nyc,
};

/* ---- Boston: two exports with the same fields under other names ---- */

typedef struct {
    const char *id, *opened, *closed, *title, *reason, *area, *source;
} BostonNames;

static const BostonNames   boston_names = { "case_enquiry_id", "open_dt",      "closed_dt", "type",
                                            "reason",          "neighborhood", "source" };
static const BostonNames   sample_names = { "CASE_ENQUIRY_ID", "OPEN_DT",      "CLOSED_DT", "TYPE",
                                            "REASON",          "neighborhood", "Source" };

static const ReplayService boston_services[] = {
    { "Street Cleaning", "gam.cleaning" },
    { "Sanitation", "gam.cleaning" },
    { "Recycling", "gam.cleaning" },
    { "Needle Program", "gam.cleaning" },
    { "Graffiti", "gam.cleaning" },
    { "Enforcement & Abandoned Vehicles", "psd.traffic" },
    { "Highway Maintenance", "gam.roads" },
    { "Pothole", "gam.roads" },
    { "Sidewalk Cover", "gam.roads" },
    { "Signs & Signals", "gam.roads" },
    { "Street Lights", "gam.lighting" },
    { "Code Enforcement", "gam.buildings" },
    { "Building", "gam.buildings" },
    { "Housing", "moh.environment-health" },
    { "Health", "moh.environment-health" },
    { "Environmental Services", "moh.environment-health" },
    { "Animal Issues", "gam.animals" },
    { "Noise Disturbance", "moenv.pollution" },
    { "Air Pollution", "moenv.pollution" },
    { "Catchbasin", "miyahuna.sewerage" },
    { "Weights and Measures", "jsmo.metrology" },
};

static const char *
boston_channel(const char *source)
{
    if (strstr(source, "App") != NULL)
        return "app";
    return strcmp(source, "Self Service") == 0 ? "website" : "call";
}

static void
read_boston_by(const BostonNames *names, const ReplayContext *context, Arena *mem,
               const char *const *fields, ReplayItem *item, int *why)
{
    AppTime closed;

    begin(item, replay_field(context, fields, names->id),
          boston_channel(replay_field(context, fields, names->source)));
    describe(mem, item, replay_field(context, fields, names->title), "",
             text_trim(mem, replay_field(context, fields, names->area)));
    if (!replay_time(context, replay_field(context, fields, names->opened), &item->at)) {
        *why = MSG_REPLAY_ROW_NO_TIME;
        return;
    }
    *why = replay_choose_by_word(context, boston_services, G_N_ELEMENTS(boston_services),
                                 replay_field(context, fields, names->reason), &item->submit);
    if (*why == 0)
        *why = read_closed(context, replay_field(context, fields, names->closed), item, &closed);
    if (*why == 0 && closed != 0)
        replay_add_answer(item, closed, NO_TEXT, "resolved");
}

static void
read_boston(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
            int *why)
{
    read_boston_by(&boston_names, context, mem, fields, item, why);
}

static void
read_boston_sample(const ReplayContext *context, Arena *mem, const char *const *fields,
                   ReplayItem *item, int *why)
{
    read_boston_by(&sample_names, context, mem, fields, item, why);
}

const ReplayFormat replay_format_boston = {
    .name = "boston",
    .columns = { "case_enquiry_id", "open_dt", "closed_dt", "reason", "type", "neighborhood" },
    .read = read_boston,
};
const ReplayFormat replay_format_boston_sample = {
    .name = "boston-sample",
    .columns = { "CASE_ENQUIRY_ID", "OPEN_DT", "CLOSED_DT", "REASON", "TYPE", "neighborhood" },
    .read = read_boston_sample,
};

/* ---- Baltimore ---- */

static const ReplayService baltimore_services[] = {
    { "BGE", "gam.lighting" },       { "STREETL", "gam.lighting" },
    { "ECCSLOW", "gam.lighting" },   { "TRMPICKU", "gam.roads" },
    { "POTHOLES", "gam.roads" },     { "STREETRE", "gam.roads" },
    { "SIGN", "gam.roads" },         { "ICYCONDI", "gam.roads" },
    { "STEELPL", "gam.roads" },      { "ZTRMDEBR", "gam.cleaning" },
    { "FORESTR", "gam.cleaning" },   { "FOBRBRIT", "gam.cleaning" },
    { "WWSURFA", "miyahuna.leaks" }, { "WWHYDRAN", "miyahuna.leaks" },
    { "WWWATE", "miyahuna.leaks" },  { "WWSEWERS", "miyahuna.sewerage" },
    { "WWST", "miyahuna.sewerage" },
};

static const char *
baltimore_outcome(const char *status, const char *outcome)
{
    if (g_str_has_prefix(status, "DUP") || g_str_has_prefix(outcome, "Duplicate"))
        return "moot";
    if (g_str_has_prefix(outcome, "No ") || g_str_has_prefix(outcome, "Sign not needed"))
        return "not_substantiated";
    return g_str_has_prefix(outcome, "Insuffic") ? "insufficient" : "resolved";
}

/* `status_date` is when the status last changed: the closing, where it is closed. */
static void
read_baltimore(const ReplayContext *context, Arena *mem, const char *const *fields,
               ReplayItem *item, int *why)
{
    const char *status = replay_field(context, fields, "status");
    const char *outcome = replay_field(context, fields, "outcome");
    bool        ended = strcmp(status, "CLOSED") == 0 || strcmp(status, "DUPCLOSD") == 0;
    AppTime     closed;

    begin(item, replay_field(context, fields, "request"), "call");
    describe(mem, item, replay_field(context, fields, "code_description"),
             replay_field(context, fields, "address"),
             replay_field(context, fields, "neighborhood"));
    if (!replay_time(context, replay_field(context, fields, "created"), &item->at)) {
        *why = MSG_REPLAY_ROW_NO_TIME;
        return;
    }
    *why = replay_choose_by_word(context, baltimore_services, G_N_ELEMENTS(baltimore_services),
                                 replay_field(context, fields, "code"), &item->submit);
    if (*why == 0)
        *why = read_closed(context, ended ? replay_field(context, fields, "status_date") : "", item,
                           &closed);
    if (*why == 0 && closed != 0)
        replay_add_answer(item, closed, text_is_blank(outcome) ? NO_TEXT : outcome,
                          baltimore_outcome(status, outcome));
}

const ReplayFormat replay_format_baltimore = {
    .name = "baltimore",
    .columns = { "request", "created", "status", "status_date", "code", "code_description",
                 "outcome" },
    .read = read_baltimore,
};

/* ---- Vancouver: offsets of the exporter's computer, and closings that are days ---- */

#define CLOSING_HOUR (15 * HOURS)

static const struct {
    const char *reason, *outcome;
} vancouver_outcomes[] = {
    { "Service provided", "resolved" },
    { "Reviewed and no action planned", "explained" },
    { "Further action has been planned", "partly_resolved" },
    { "Issue not found", "not_substantiated" },
    { "Insufficient info", "insufficient" },
    { "Customer unreachable", "insufficient" },
    { "Not a city provided service", "outside_government" },
};

static const char *
vancouver_outcome(const char *reason)
{
    for (size_t i = 0; i < G_N_ELEMENTS(vancouver_outcomes); i++)
        if (g_str_has_prefix(reason, vancouver_outcomes[i].reason))
            return vancouver_outcomes[i].outcome;
    return "explained";
}

static const char *
vancouver_channel(const char *channel)
{
    if (strcmp(channel, "E-mail") == 0)
        return "email";
    if (g_str_has_prefix(channel, "Mail"))
        return "paper";
    return strcmp(channel, "Phone") == 0 ? "call" : "website";
}

/* At the end of the office's day, or of the whole day when it came in later than that. */
static int
read_closing_day(const ReplayContext *context, const char *text, const ReplayItem *item,
                 AppTime *closed)
{
    int why = read_closed(context, text, &(ReplayItem){ .at = INT64_MIN }, closed);

    if (why != 0 || *closed == 0)
        return why;
    *closed += *closed + CLOSING_HOUR >= item->at ? CLOSING_HOUR : DAYS - MINUTES;
    return *closed < item->at ? MSG_REPLAY_ROW_CLOSED_BEFORE : 0;
}

static void
read_vancouver(const ReplayContext *context, Arena *mem, const char *const *fields,
               ReplayItem *item, int *why)
{
    const char *reason = replay_field(context, fields, "closure_reason");
    bool        ended = strcmp(replay_field(context, fields, "status"), "Close") == 0;
    AppTime     closed;

    begin(item, replay_row_id(context, mem, fields),
          vancouver_channel(replay_field(context, fields, "channel")));
    describe(mem, item, replay_field(context, fields, "type"),
             replay_field(context, fields, "address"), replay_field(context, fields, "local_area"));
    if (!replay_time_there(context, replay_field(context, fields, "opened"), &item->at))
        *why = MSG_REPLAY_ROW_NO_TIME;
    else if (!replay_choose_entity(context, "gam", &item->submit))
        *why = MSG_REPLAY_ROW_SERVICE_UNKNOWN;
    else
        *why = read_closing_day(context, ended ? replay_field(context, fields, "closed_date") : "",
                                item, &closed);
    if (*why == 0 && closed != 0)
        replay_add_answer(item, closed, text_is_blank(reason) ? NO_TEXT : reason,
                          vancouver_outcome(reason));
}

const ReplayFormat replay_format_vancouver = {
    .name = "vancouver",
    .columns = { "department", "type", "closure_reason", "opened", "closed_date", "local_area",
                 "channel" },
    .zone = "America/Vancouver",
    .read = read_vancouver,
};
