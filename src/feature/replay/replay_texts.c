/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Texts as people write them, with a label that stands for the type and sometimes the service. They
 * have no times: they are spread over the last sixty days. */
#include "base/text.h"
#include "feature/replay/replay_item.h"
#include "messages.h"

#include <string.h>

enum { SUBJECT_LETTERS = 60, LEAST_LETTERS = 10 };

/* The beginning of the text, cut between two words where there are two. */
static const char *
make_subject(Arena *mem, const char *text)
{
    char *line =
        text_ellipsis(mem, g_strdelimit(arena_copy(mem, text), "\r\n\t", ' '), SUBJECT_LETTERS);
    char *space = strrchr(line, ' ');

    if (!g_str_has_suffix(line, "…") || space == NULL || space == line)
        return line;
    *space = '\0';
    return arena_printf(mem, "%s…", line);
}

static void
begin(const ReplayContext *context, Arena *mem, ReplayItem *item, const char *id, const char *text)
{
    item->id = id;
    item->at = replay_recent_time(context, id);
    item->submit = (PetitionSubmit){ .about = "service",
                                     .contact = "sms",
                                     .channel = "app",
                                     .lang = "ar",
                                     .identity_hidden = true,
                                     .text = text,
                                     .subject = make_subject(mem, text) };
}

/* The type by the label, when the text is long enough to be a request. */
static int
check(ReplayItem *item, const char *type)
{
    if (text_length(item->submit.text) < LEAST_LETTERS || text_is_blank(item->submit.text))
        return MSG_REPLAY_ROW_SHORT;
    if (type == NULL)
        return MSG_REPLAY_ROW_LABEL;
    item->submit.type = type;
    return 0;
}

static int
choose(const ReplayContext *context, const char *service, PetitionSubmit *submit)
{
    return replay_choose_service(context, service, submit) ? 0 : MSG_REPLAY_ROW_SERVICE_UNKNOWN;
}

/* ---- reviews of sights ---- */

static const char *
review_type(const char *label)
{
    if (strcmp(label, "0") == 0)
        return "complaint";
    if (strcmp(label, "1") == 0)
        return "praise";
    return strcmp(label, "2") == 0 ? "suggestion" : NULL;
}

static void
read_review(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
            int *why)
{
    const char *place = text_trim(mem, replay_field(context, fields, "place"));

    begin(context, mem, item, replay_field(context, fields, "id"),
          replay_field(context, fields, "text"));
    item->submit.place_words = text_is_blank(place) ? NULL : place;
    *why = check(item, review_type(replay_field(context, fields, "label")));
    if (*why == 0)
        *why = choose(context, "mota.sites", &item->submit);
}

const ReplayFormat replay_format_reviews = {
    .name = "reviews",
    .columns = { "id", "place", "label", "text" },
    .read = read_review,
};

/* ---- reviews of places of all kinds, with one to five stars ---- */

static const ReplayService place_services[] = {
    { "مطاعم", "jfda.food" },
    { "مأكولات", "jfda.food" },
    { "مقاهي", "jfda.food" },
    { "تسوق", "mit.consumer" },
    { "أزياء", "mit.consumer" },
    { "أثاث", "mit.consumer" },
    { "خدمات طبية", "moh.facilities" },
    { "أطباء", "moh.facilities" },
    { "فنادق", "mota.establishments" },
    { "سياحة", "mota.agencies" },
    { "بنوك", "cbj.banks" },
    { "تعليم", "moe.private-schools" },
};

static const char *
stars_type(const char *rating)
{
    if (strcmp(rating, "1") == 0 || strcmp(rating, "2") == 0)
        return "complaint";
    if (strcmp(rating, "4") == 0 || strcmp(rating, "5") == 0)
        return "praise";
    return strcmp(rating, "3") == 0 ? "suggestion" : NULL;
}

/* Reviews of public services name no entity: they wait at the unit. */
static int
choose_place_service(const ReplayContext *context, const char *category, PetitionSubmit *submit)
{
    if (g_str_has_prefix(category, "خدمات عامة"))
        return 0;
    return replay_choose_by_word(context, place_services, G_N_ELEMENTS(place_services), category,
                                 submit);
}

static void
read_place(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
           int *why)
{
    const char *place = text_trim(mem, replay_field(context, fields, "place"));

    begin(context, mem, item, replay_field(context, fields, "id"),
          replay_field(context, fields, "text"));
    item->submit.place_words = text_is_blank(place) ? NULL : place;
    *why = check(item, stars_type(replay_field(context, fields, "rating")));
    if (*why == 0)
        *why =
            choose_place_service(context, replay_field(context, fields, "category"), &item->submit);
}

const ReplayFormat replay_format_places = {
    .name = "places",
    .columns = { "id", "category", "place", "rating", "text" },
    .read = read_place,
};

/* ---- sentences about hotels ---- */

static const char *
aspects_type(const char *aspects)
{
    if (strstr(aspects, "=negative") != NULL)
        return "complaint";
    if (strstr(aspects, "=positive") != NULL)
        return "praise";
    return strstr(aspects, "=neutral") != NULL ? "suggestion" : NULL;
}

static void
read_hotel(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
           int *why)
{
    begin(context, mem, item, replay_field(context, fields, "sentence_id"),
          replay_field(context, fields, "text"));
    *why = check(item, aspects_type(replay_field(context, fields, "aspects")));
    if (*why == 0)
        *why = choose(context, "mota.establishments", &item->submit);
}

const ReplayFormat replay_format_hotels = {
    .name = "hotels",
    .columns = { "review_id", "sentence_id", "text", "aspects" },
    .read = read_hotel,
};

/* ---- tweets: nobody is named, the unit decides ---- */

static const char *
sentiment_type(const char *sentiment)
{
    if (g_ascii_strcasecmp(sentiment, "negative") == 0)
        return "complaint";
    return g_ascii_strcasecmp(sentiment, "positive") == 0 ? "praise" : NULL;
}

static void
read_tweet(const ReplayContext *context, Arena *mem, const char *const *fields, ReplayItem *item,
           int *why)
{
    begin(context, mem, item, replay_field(context, fields, "id"),
          replay_field(context, fields, "text"));
    *why = check(item, sentiment_type(replay_field(context, fields, "sentiment")));
}

const ReplayFormat replay_format_tweets = {
    .name = "tweets",
    .columns = { "id", "sentiment", "text" },
    .read = read_tweet,
};
