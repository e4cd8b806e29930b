/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What the formats have in common. The dirt of real data is refused by reason, not mended. */
#include "base/text.h"
#include "core/crypto.h"
#include "feature/replay/replay_item.h"
#include "messages.h"

#include <stdio.h>
#include <string.h>

#define RECENT_HOURS (60 * 24)

const ReplayFormat *const replay_formats[] = {
    &replay_format_nyc,
    &replay_format_boston,
    &replay_format_boston_sample,
    &replay_format_baltimore,
    &replay_format_vancouver,
    &replay_format_places,
    &replay_format_reviews,
    &replay_format_hotels,
    &replay_format_tweets,
    &replay_format_demo,
    NULL,
};

/* ---- fields ---- */

const char *
replay_field(const ReplayContext *context, const char *const *fields, const char *name)
{
    int column = csv_column(context->csv, name);

    return column < 0 ? "" : fields[column];
}

const char *
replay_row_id(const ReplayContext *context, Arena *mem, const char *const *fields)
{
    size_t  n = csv_n_columns(context->csv);
    Bytes  *parts = ARENA_ARRAY(mem, Bytes, n);
    uint8_t hash[32];

    for (size_t i = 0; i < n; i++)
        parts[i] = bytes_of_text(fields[i]);
    crypto_digest(parts, n, hash);
    return text_hex(mem, (Bytes){ hash, COMMAND_ID_SIZE });
}

/* ---- times ---- */

static int
days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool             leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

static bool
is_civil(const Civil *civil)
{
    return civil->year >= 1900 && civil->month >= 1 && civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_of_month(civil->year, civil->month) && civil->hour >= 0 &&
           civil->hour <= 23 && civil->minute >= 0 && civil->minute <= 59 && civil->second >= 0 &&
           civil->second <= 59;
}

/* `rest`: what stands behind the last part that could be read. */
static bool
read_civil(const char *text, Civil *civil, const char **rest)
{
    int used = 0, more = 0;

    *civil = (Civil){ .hour = 0 };
    if (sscanf(text, "%4d-%2d-%2d%n", &civil->year, &civil->month, &civil->day, &used) != 3)
        return false;
    text += used;
    if (*text == 'T' || *text == ' ') {
        if (sscanf(text + 1, "%2d:%2d%n", &civil->hour, &civil->minute, &more) != 2)
            return false;
        text += 1 + more;
        if (sscanf(text, ":%2d%n", &civil->second, &more) == 1)
            text += more;
    }
    *rest = text;
    return is_civil(civil);
}

bool
replay_time(const ReplayContext *context, const char *text, AppTime *time)
{
    const char *rest;
    Civil       civil;

    if (!read_civil(text, &civil, &rest) || *rest != '\0')
        return false;
    *time = zone_time(context->sys->zone, &civil);
    return true;
}

/* Days since 1970 (Howard Hinnant's days_from_civil). */
static int64_t
days_of(const Civil *civil)
{
    int64_t year = civil->year - (civil->month <= 2);
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (civil->month + (civil->month > 2 ? -3 : 9)) + 2) / 5 + civil->day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool
replay_time_there(const ReplayContext *context, const char *text, AppTime *time)
{
    const char *rest;
    Civil       civil;
    char        sign;
    int         hours, minutes;
    AppTime     utc;

    if (context->there == NULL || !read_civil(text, &civil, &rest) ||
        sscanf(rest, "%c%2d:%2d", &sign, &hours, &minutes) != 3 || (sign != '+' && sign != '-'))
        return false;
    utc = days_of(&civil) * DAYS + civil.hour * HOURS + civil.minute * MINUTES +
          civil.second * SECONDS;
    utc -= (sign == '+' ? 1 : -1) * (hours * HOURS + minutes * MINUTES);
    civil = zone_civil(context->there, utc);
    *time = zone_time(context->sys->zone, &civil);
    return true;
}

AppTime
replay_recent_time(const ReplayContext *context, const char *id)
{
    /* Never this hour: what is recorded as it happens is told, and `sawt check` asks for that. */
    return context->now - (int64_t)(1 + g_str_hash(id) % RECENT_HOURS) * HOURS;
}

/* ---- what became of it ---- */

void
replay_add_act(ReplayItem *item, ReplayActKind kind, AppTime at, const char *text, const char *code)
{
    g_assert(item->n_acts < REPLAY_MOST_ACTS);
    item->acts[item->n_acts++] = (ReplayAct){ .kind = kind, .at = at, .text = text, .code = code };
}

void
replay_add_answer(ReplayItem *item, AppTime closed, const char *answer, const char *outcome)
{
    replay_add_act(item, REPLAY_ACCEPT, item->at + (closed - item->at) / 4, NULL, NULL);
    replay_add_act(item, REPLAY_CLOSE, closed, answer, outcome);
}

/* ---- for whom ---- */

bool
replay_choose_service(const ReplayContext *context, const char *code, PetitionSubmit *submit)
{
    const Service *service = reference_service_by_code(system_reference(context->sys), code);

    if (service == NULL)
        return false;
    submit->service_id = service->id;
    submit->entity_id = service->entity_id;
    return true;
}

bool
replay_choose_entity(const ReplayContext *context, const char *code, PetitionSubmit *submit)
{
    const Entity *entity = reference_entity_by_code(system_reference(context->sys), code);

    if (entity == NULL)
        return false;
    submit->entity_id = entity->id;
    return true;
}

int
replay_choose_by_word(const ReplayContext *context, const ReplayService *table, size_t n,
                      const char *text, PetitionSubmit *submit)
{
    for (size_t i = 0; i < n; i++)
        if (g_str_has_prefix(text, table[i].word))
            return replay_choose_service(context, table[i].service, submit)
                       ? 0
                       : MSG_REPLAY_ROW_SERVICE_UNKNOWN;
    return MSG_REPLAY_ROW_NO_SERVICE;
}
