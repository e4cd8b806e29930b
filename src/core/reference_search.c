/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Finds entities and services by words. Two sorted tables of terms: stems, matched as a whole, and
 * words as they stand, of which the last word of a query may be the beginning. A term counts more the
 * fewer have it and the more it tells (a name more than a remit); who has more of the words asked
 * for comes far before who has fewer. */
#include "base/text.h"
#include "core/reference_data.h"

#include <stdlib.h>
#include <string.h>

enum {
    WEIGHT_NAME = 8,
    WEIGHT_KEYWORD = 7,
    WEIGHT_REMIT = 2,
    WEIGHT_MOST = 12, /* of a term in several of these */
    TEXT_STEMS = 256, /* of a text of the reference data */
    QUERY_STEMS = 12,
    PREFIX_SHORTEST = 2, /* letters */
    PREFIX_TERMS = 64,   /* looked at */
    PREFIX_SHARE = 2,    /* a beginning counts half */
    WEAKEST_SHARE = 6,   /* hits under a sixth of the best are noise */
};

typedef struct {
    int64_t entity_id, service_id;
} Target;

typedef struct {
    uint32_t target;
    int      weight;
} Posting;

typedef struct {
    const char *text;
    Posting    *postings;
    size_t      n;
    int         rarity; /* 16 × log2(targets / targets with it) */
} Term;

typedef struct {
    Term  *terms; /* sorted */
    size_t n;
} Table;

struct ReferenceTerms {
    Target *targets;
    size_t  n_targets;
    Table   stems, words;
};

/* ---- building ---- */

/* A term of a target before they are sorted. */
typedef struct {
    const char *text;
    uint32_t    target;
    int         weight;
} Mention;

typedef struct {
    Arena  *mem; /* of the snapshot */
    GArray *stems, *words;
} Gathering;

static void
mention(GArray *mentions, const char *text, size_t target, int weight)
{
    Mention made = { text, (uint32_t)target, weight };

    g_array_append_val(mentions, made);
}

/* A word without its article, also behind «و» and «ب»; the word itself when it has none. */
static const char *
without_article(const char *word)
{
    static const char *const articles[] = { "ال", "وال", "بال", "لل" };

    for (size_t i = 0; i < G_N_ELEMENTS(articles); i++)
        if (g_str_has_prefix(word, articles[i]) &&
            text_length(word + strlen(articles[i])) >= PREFIX_SHORTEST)
            return word + strlen(articles[i]);
    return word;
}

static void
gather_words(Gathering *gathering, const char *text, size_t target, int weight)
{
    const char *folded = text_fold(gathering->mem, text);

    for (size_t length; *folded != '\0'; folded += length + (folded[length] == ' ')) {
        length = strcspn(folded, " ");
        const char *word = arena_text(gathering->mem, folded, length);
        const char *bare = without_article(word);

        mention(gathering->words, word, target, weight);
        if (bare != word)
            mention(gathering->words, bare, target, weight);
    }
}

static void
gather_text(Gathering *gathering, const char *text, size_t target, int weight)
{
    const char *stems[TEXT_STEMS];
    size_t      n = text_stems(gathering->mem, text, stems, TEXT_STEMS);

    for (size_t i = 0; i < n; i++)
        mention(gathering->stems, stems[i], target, weight);
    gather_words(gathering, text, target, weight);
}

static void
gather_label(Gathering *gathering, const Reference *ref, ReferenceKey key, size_t target,
             int weight)
{
    for (size_t i = 0; i < REFERENCE_LANGS; i++) {
        key.kind = REFERENCE_LABEL;
        key.lang = reference_langs[i];
        const char *text = reference_map_find(&ref->map, &key);

        if (text != NULL)
            gather_text(gathering, text, target, weight);
    }
}

static int
compare_mentions(const void *one, const void *other)
{
    const Mention *a = one, *b = other;
    int            order = strcmp(a->text, b->text);

    return order != 0 ? order : (a->target > b->target) - (a->target < b->target);
}

static int
rarity_of(size_t n, size_t of)
{
    int rarity = 8; /* never nothing */

    for (size_t share = n; share < of; share = share * 9 / 8 + 1)
        rarity += 3; /* 16 × log2(9/8) is 2.7 */
    return rarity;
}

/* One posting for each target: its mentions stand together. */
static void
fill_term(Term *term, const Mention *mentions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        Posting *last = term->n == 0 ? NULL : &term->postings[term->n - 1];

        if (last != NULL && last->target == mentions[i].target)
            last->weight = MIN(last->weight + mentions[i].weight / 2, WEIGHT_MOST);
        else
            term->postings[term->n++] = (Posting){ mentions[i].target, mentions[i].weight };
    }
}

static Table
build_table(Arena *mem, GArray *gathered, size_t n_targets)
{
    Mention *mentions = (Mention *)(void *)gathered->data;
    size_t   n = gathered->len;
    Posting *postings = ARENA_ARRAY(mem, Posting, n);
    Table    table = { ARENA_ARRAY(mem, Term, n), 0 };

    g_array_sort(gathered, compare_mentions);
    for (size_t i = 0, end; i < n; i = end) {
        Term *term = &table.terms[table.n++];

        for (end = i + 1; end < n && strcmp(mentions[i].text, mentions[end].text) == 0;)
            end++;
        *term = (Term){ .text = mentions[i].text, .postings = postings + i };
        fill_term(term, mentions + i, end - i);
        term->rarity = rarity_of(term->n, n_targets);
    }
    return table;
}

static void
gather_entity(Gathering *gathering, const Reference *ref, const Entity *entity, size_t target)
{
    ReferenceKey key = { .number = entity->id };

    key.text = "entity.name";
    gather_label(gathering, ref, key, target, WEIGHT_NAME);
    key.text = "entity.keywords";
    gather_label(gathering, ref, key, target, WEIGHT_KEYWORD);
    key.text = "entity.remit";
    gather_label(gathering, ref, key, target, WEIGHT_REMIT);
}

static void
gather_service(Gathering *gathering, const Reference *ref, const Service *service, size_t target)
{
    ReferenceKey key = { .number = service->id };

    key.text = "service.name";
    gather_label(gathering, ref, key, target, WEIGHT_NAME);
    key.text = "service.keywords";
    gather_label(gathering, ref, key, target, WEIGHT_KEYWORD);
}

static bool
is_offered(const Reference *ref, const Service *service)
{
    const Entity *entity = reference_entity(ref, service->entity_id);

    return !service->retired && entity != NULL && !entity->retired;
}

static void
gather_rows(Gathering *gathering, const Reference *ref, const ReferenceRows *rows,
            ReferenceTerms *terms)
{
    for (size_t i = 0; i < rows->n_entities; i++) {
        if (rows->entities[i].retired)
            continue;
        terms->targets[terms->n_targets] = (Target){ rows->entities[i].id, 0 };
        gather_entity(gathering, ref, &rows->entities[i], terms->n_targets++);
    }
    for (size_t i = 0; i < rows->n_services; i++) {
        const Service *service = &rows->services[i];

        if (!is_offered(ref, service))
            continue;
        terms->targets[terms->n_targets] = (Target){ service->entity_id, service->id };
        gather_service(gathering, ref, service, terms->n_targets++);
    }
}

const ReferenceTerms *
reference_search_index(const Reference *ref, const ReferenceRows *rows)
{
    g_autoptr(GArray) stems = g_array_new(FALSE, FALSE, sizeof(Mention));
    g_autoptr(GArray) words = g_array_new(FALSE, FALSE, sizeof(Mention));
    Gathering       gathering = { ref->mem, stems, words };
    ReferenceTerms *terms = ARENA_NEW(ref->mem, ReferenceTerms);

    terms->targets = ARENA_ARRAY(ref->mem, Target, rows->n_entities + rows->n_services);
    gather_rows(&gathering, ref, rows, terms);
    terms->stems = build_table(ref->mem, stems, terms->n_targets);
    terms->words = build_table(ref->mem, words, terms->n_targets);
    return terms;
}

/* ---- asking ---- */

typedef struct {
    const ReferenceTerms *terms;
    int                  *scores, *matched; /* of each target: the sum, and how many words */
    int                  *best;             /* of each target: for the word in hand */
    int                   n_words;
} Asking;

/* The first term that is not before `text`. */
static size_t
lower_bound(const Table *table, const char *text)
{
    size_t low = 0, high = table->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(table->terms[middle].text, text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
weigh_term(Asking *asking, const Term *term, int share)
{
    for (size_t i = 0; i < term->n; i++) {
        const Posting *posting = &term->postings[i];
        int            score = posting->weight * term->rarity / share;

        asking->best[posting->target] = MAX(asking->best[posting->target], score);
    }
}

static void
weigh_stem(Asking *asking, const char *stem)
{
    const Table *table = &asking->terms->stems;
    size_t       at = lower_bound(table, stem);

    if (at < table->n && strcmp(table->terms[at].text, stem) == 0)
        weigh_term(asking, &table->terms[at], 1);
}

static void
weigh_prefix(Asking *asking, const char *prefix)
{
    const Table *table = &asking->terms->words;
    size_t       at = lower_bound(table, prefix);

    for (size_t i = 0; i < PREFIX_TERMS && at + i < table->n; i++) {
        if (!g_str_has_prefix(table->terms[at + i].text, prefix))
            return;
        weigh_term(asking, &table->terms[at + i], PREFIX_SHARE);
    }
}

/* The word in hand is done: into the sums. */
static void
add_word(Asking *asking)
{
    for (size_t i = 0; i < asking->terms->n_targets; i++) {
        asking->scores[i] += asking->best[i];
        asking->matched[i] += asking->best[i] > 0 ? 1 : 0;
        asking->best[i] = 0;
    }
    asking->n_words++;
}

/* Of a folded text. */
static const char *
last_word(const char *folded)
{
    const char *space = strrchr(folded, ' ');

    return space == NULL ? folded : space + 1;
}

/* The last word is matched by its stem and as the beginning of a word, unless it says nothing. */
static void
weigh_words(Asking *asking, Arena *mem, const char *words)
{
    const char *folded = text_fold(mem, words);
    const char *last = last_word(folded);
    const char *stems[QUERY_STEMS], *last_stem = NULL;
    size_t      n = text_stems(mem, folded, stems, QUERY_STEMS);
    bool        tells = text_stems(mem, last, &last_stem, 1) > 0;

    for (size_t i = 0; i < n; i++) {
        if (tells && strcmp(stems[i], last_stem) == 0)
            continue;
        weigh_stem(asking, stems[i]);
        add_word(asking);
    }
    if (!tells && (n > 0 || text_length(last) < PREFIX_SHORTEST))
        return;

    if (tells)
        weigh_stem(asking, last_stem);
    if (text_length(last) >= PREFIX_SHORTEST)
        weigh_prefix(asking, without_article(last));
    add_word(asking);
}

static int
compare_hits(const void *one, const void *other)
{
    const ReferenceHit *a = one, *b = other;

    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    if ((a->service_id == 0) != (b->service_id == 0))
        return a->service_id == 0 ? 1 : -1;
    return (a->service_id > b->service_id) - (a->service_id < b->service_id);
}

static size_t
collect_hits(const Asking *asking, Arena *mem, ReferenceHit **hits)
{
    const ReferenceTerms *terms = asking->terms;
    size_t                n = 0;

    *hits = ARENA_ARRAY(mem, ReferenceHit, terms->n_targets);
    for (size_t i = 0; i < terms->n_targets; i++) {
        if (asking->scores[i] == 0)
            continue;
        (*hits)[n++] = (ReferenceHit){
            .entity_id = terms->targets[i].entity_id,
            .service_id = terms->targets[i].service_id,
            .score = asking->scores[i] * asking->matched[i] / asking->n_words,
        };
    }
    if (n > 1)
        qsort(*hits, n, sizeof **hits, compare_hits);
    return n;
}

size_t
reference_search(const Reference *ref, Arena *mem, const char *words, ReferenceHit *hits,
                 size_t most)
{
    Asking        asking = { .terms = ref->terms };
    ReferenceHit *found;
    size_t        n;

    asking.scores = ARENA_ARRAY(mem, int, 3 * ref->terms->n_targets);
    asking.matched = asking.scores + ref->terms->n_targets;
    asking.best = asking.matched + ref->terms->n_targets;
    weigh_words(&asking, mem, words);

    n = MIN(collect_hits(&asking, mem, &found), most);
    while (n > 0 && found[n - 1].score < found[0].score / WEAKEST_SHARE)
        n--;
    if (n > 0)
        memcpy(hits, found, n * sizeof *hits);
    return n;
}
