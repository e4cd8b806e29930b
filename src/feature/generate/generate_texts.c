/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What must stay true: sentences are cut from real texts and put together anew, so that none of what comes
 * out is somebody's; names are parts of invented people's names. */
#include "feature/generate/generate_texts.h"

#include "base/csv.h"
#include "base/text.h"

#include <string.h>

enum {
    LEAST_LETTERS = 18,
    MOST_LETTERS = 90,
    MOST_SENTENCES = 40000,
    HOUSES = 400, /* of a street */
};

typedef struct {
    const char *service, *subject;
    size_t      from, n; /* its sentences */
} Example;

struct GenerateTexts {
    Arena     *mem;
    GPtrArray *sentences, *phrases[GENERATE_PHRASES], *names[4];
    GArray    *examples;
    size_t     general; /* sentences from here on are about anything */
};

static const char *const phrase_kinds[GENERATE_PHRASES] = {
    "answer", "question", "reply", "update", "note", "information", "rating", "withdrawal", "law",
};

static const struct {
    const char *type, *words;
} beginnings[] = {
    { "inquiry", "استفسار عن" },
    { "praise", "شكر على" },
    { "suggestion", "اقتراح حول" },
    { "complaint", "مشكلة في" },
};

/* ---- reading ---- */

static void
add_sentence(GenerateTexts *texts, const char *words)
{
    char  *trimmed = text_trim(texts->mem, words);
    size_t letters = text_length(trimmed);

    if (letters >= LEAST_LETTERS && letters <= MOST_LETTERS &&
        texts->sentences->len < MOST_SENTENCES)
        g_ptr_array_add(texts->sentences, trimmed);
}

static void
add_sentences(GenerateTexts *texts, const char *text)
{
    g_auto(GStrv) parts = g_regex_split_simple("[.،؟!؛\\n\\r\\t]+", text, 0, 0);

    for (size_t i = 0; parts != NULL && parts[i] != NULL; i++)
        add_sentence(texts, parts[i]);
}

typedef void (*ReadRow)(GenerateTexts *texts, const Csv *csv, const char *const *fields);

static const char *
field(const Csv *csv, const char *const *fields, const char *name)
{
    int column = csv_column(csv, name);

    return column < 0 ? "" : fields[column];
}

static bool
read_file(GenerateTexts *texts, const char *path, ReadRow row, GError **error)
{
    g_autoptr(Csv) csv = csv_open(path, error);
    g_autoptr(Arena) mem = arena_new();
    const char *const *fields;

    if (csv == NULL)
        return false;
    for (;;) {
        g_autoptr(GError) failure = NULL;

        arena_reset(mem);
        if (csv_next(csv, mem, &fields, &failure))
            row(texts, csv, fields);
        else if (failure == NULL || error_code(failure) != APP_ERROR_INVALID)
            break; /* a broken row is left out, a file that is cut short ends here */
    }
    return true;
}

static void
read_example(GenerateTexts *texts, const Csv *csv, const char *const *fields)
{
    Example example = { .from = texts->sentences->len,
                        .service = arena_copy(texts->mem, field(csv, fields, "service")),
                        .subject = arena_copy(texts->mem, field(csv, fields, "subject")) };

    add_sentences(texts, field(csv, fields, "text"));
    example.n = texts->sentences->len - example.from;
    g_array_append_val(texts->examples, example);
}

static void
read_text(GenerateTexts *texts, const Csv *csv, const char *const *fields)
{
    add_sentences(texts, field(csv, fields, "text"));
}

static void
read_phrase(GenerateTexts *texts, const Csv *csv, const char *const *fields)
{
    for (size_t i = 0; i < GENERATE_PHRASES; i++)
        if (strcmp(phrase_kinds[i], field(csv, fields, "kind")) == 0)
            g_ptr_array_add(texts->phrases[i], arena_copy(texts->mem, field(csv, fields, "text")));
}

static void
read_name(GenerateTexts *texts, const Csv *csv, const char *const *fields)
{
    static const char *const columns[] = { "name1", "name2", "name3", "name4" };

    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (field(csv, fields, columns[i])[0] != '\0')
            g_ptr_array_add(texts->names[i],
                            arena_copy(texts->mem, field(csv, fields, columns[i])));
}

/* Beside the project, not part of it. */
static void
read_shared(GenerateTexts *texts, const char *data)
{
    static const char *const sets[] = { "ar-reviews-tourism/reviews.csv",
                                        "ar-reviews-jeeran/reviews.shared.csv.gz",
                                        "ar-jordan-tweets-ajgt/tweets.csv" };

    for (size_t i = 0; i < G_N_ELEMENTS(sets); i++) {
        g_autoptr(GError) absent = NULL;
        g_autofree char *path = g_build_filename(data, "..", "..", "shared", "data", sets[i], NULL);

        if (!read_file(texts, path, read_text, &absent))
            continue;
    }
}

static bool
is_complete(const GenerateTexts *texts, GError **error)
{
    bool complete = texts->sentences->len > texts->general && texts->general > 0;

    for (size_t i = 0; i < GENERATE_PHRASES; i++)
        complete = complete && texts->phrases[i]->len > 0;
    for (size_t i = 0; i < G_N_ELEMENTS(texts->names); i++)
        complete = complete && texts->names[i]->len > 0;
    return complete || fail(error, APP_ERROR_INVALID, "the texts to draw from are not complete");
}

static bool
read_all(GenerateTexts *texts, const char *data, GError **error)
{
    static const struct {
        const char *file;
        ReadRow     row;
    } files[] = { { "registry.csv", read_name },
                  { "generate/phrases.csv", read_phrase },
                  { "demo/requests.csv", read_example },
                  { "replay/reviews.csv", read_text } };

    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(data, files[i].file, NULL);

        if (!read_file(texts, path, files[i].row, error))
            return false;
        if (files[i].row == read_example)
            texts->general = texts->sentences->len;
    }
    read_shared(texts, data);
    return is_complete(texts, error);
}

GenerateTexts *
generate_texts_new(const char *data, GError **error)
{
    g_autoptr(GenerateTexts) texts = g_new0(GenerateTexts, 1);

    texts->mem = arena_new();
    texts->sentences = g_ptr_array_new();
    texts->examples = g_array_new(FALSE, FALSE, sizeof(Example));
    for (size_t i = 0; i < GENERATE_PHRASES; i++)
        texts->phrases[i] = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(texts->names); i++)
        texts->names[i] = g_ptr_array_new();
    return read_all(texts, data, error) ? g_steal_pointer(&texts) : NULL;
}

void
generate_texts_free(GenerateTexts *texts)
{
    if (texts == NULL)
        return;
    for (size_t i = 0; i < GENERATE_PHRASES; i++)
        g_ptr_array_free(texts->phrases[i], TRUE);
    for (size_t i = 0; i < G_N_ELEMENTS(texts->names); i++)
        g_ptr_array_free(texts->names[i], TRUE);
    g_ptr_array_free(texts->sentences, TRUE);
    g_array_free(texts->examples, TRUE);
    arena_free(texts->mem);
    g_free(texts);
}

size_t
generate_texts_count(const GenerateTexts *texts)
{
    return texts->sentences->len;
}

/* ---- drawing ---- */

static const char *
any_of(const GPtrArray *all, size_t from, size_t n, GenerateDraw *draw)
{
    return g_ptr_array_index(all, from + generate_draw_below(draw, n));
}

/* One about this service, from any of the examples' first; NULL: nobody has written of it. */
static const Example *
find_example(const GenerateTexts *texts, GenerateDraw *draw, const GenerateAbout *about)
{
    const Service *service = reference_service(about->ref, about->service_id);
    size_t         n = texts->examples->len, from = generate_draw_below(draw, n);

    for (size_t i = 0; service != NULL && i < n; i++) {
        const Example *example = &g_array_index(texts->examples, Example, (from + i) % n);

        if (strcmp(example->service, service->code) == 0)
            return example;
    }
    return NULL;
}

static const char *
beginning_of(const char *type)
{
    for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++)
        if (strcmp(beginnings[i].type, type) == 0)
            return beginnings[i].words;
    return "";
}

const char *
generate_texts_subject(const GenerateTexts *texts, Arena *mem, GenerateDraw *draw,
                       const GenerateAbout *about)
{
    const Example *example = find_example(texts, draw, about);
    const char    *place = reference_label(about->ref, "place.name", about->place_id, "ar");
    const char    *service = reference_label(about->ref, "service.name", about->service_id, "ar");
    char          *words;

    if (example != NULL && strcmp(about->type, "complaint") == 0)
        words = arena_copy(mem, example->subject);
    else
        words = arena_printf(mem, "%s %s", beginning_of(about->type),
                             service[0] == '\0' ? "خدمة حكومية" : service);
    return arena_printf(mem, "%s%s%s، شارع %" G_GUINT64_FORMAT " بناية %" G_GUINT64_FORMAT, words,
                        place[0] == '\0' ? "" : " - ", place, about->unique / HOUSES + 1,
                        about->unique % HOUSES + 1);
}

const char *
generate_texts_body(const GenerateTexts *texts, Arena *mem, GenerateDraw *draw,
                    const GenerateAbout *about)
{
    const Example *example = find_example(texts, draw, about);
    const char    *first, *second;

    first = example != NULL && example->n > 0
                ? any_of(texts->sentences, example->from, example->n, draw)
                : any_of(texts->sentences, 0, texts->general, draw);
    second = any_of(texts->sentences, texts->general, texts->sentences->len - texts->general, draw);
    if (generate_draw_chance(draw, 350))
        return arena_printf(mem, "%s. %s.", first, second);
    if (generate_draw_chance(draw, 300))
        return arena_printf(
            mem, "%s. %s، %s.", first, second,
            any_of(texts->sentences, texts->general, texts->sentences->len - texts->general, draw));
    return arena_printf(mem, "%s.", first);
}

const char *
generate_texts_phrase(const GenerateTexts *texts, GenerateDraw *draw, GeneratePhrase kind)
{
    return any_of(texts->phrases[kind], 0, texts->phrases[kind]->len, draw);
}

void
generate_texts_name(const GenerateTexts *texts, GenerateDraw *draw, const char *name[4])
{
    for (size_t i = 0; i < G_N_ELEMENTS(texts->names); i++)
        name[i] = any_of(texts->names[i], 0, texts->names[i]->len, draw);
}
