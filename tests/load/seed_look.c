/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "seed_look.h"

#include "base/text.h"
#include "feature/petition/petition_store.h"

#include <stdlib.h>
#include <string.h>

enum {
    ENOUGH_ROWS = SEED_LOOK_MOST / 2,
    FEWEST_STEPS = 4096,
    LOOKS_OF_TX = 10, /* a read transaction lives five seconds, and a cold disk is slow */
    PAGE = 50,
    TEXT_WORDS = 512,
};

/* ---- rows ---- */

static bool
row_behind(System *sys, Arena *mem, int64_t after, SeedRow *out, bool *found, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    Petition *rows;
    size_t    n;

    if (tx == NULL || !petition_store_after(tx, after, 1, &rows, &n, error))
        return false;
    *found = n == 1;
    if (n == 0)
        return true;
    *out = (SeedRow){ .id = rows->id, .number = rows->number, .entity_id = rows->entity_id };
    return vault_unlink(sys->vault, mem, rows->id, rows->person, &out->person_id, error);
}

/* The highest id behind which nothing is, by halves. */
static bool
find_last(System *sys, int64_t first, int64_t *last, GError **error)
{
    int64_t low = first, high = id_next(sys->ids);

    while (low + 1 < high) {
        g_autoptr(Arena) mem = arena_new();
        int64_t middle = low + (high - low) / 2;
        SeedRow row;
        bool    found;

        if (!row_behind(sys, mem, middle - 1, &row, &found, error))
            return false;
        if (found)
            low = row.id;
        else
            high = middle;
    }
    *last = low;
    return true;
}

/* A row at each step; what was written at another time is far away by id, and costs one step. */
static bool
walk(System *sys, int64_t first, int64_t step, SeedRows *out, GError **error)
{
    int64_t after = first - 1;
    bool    found = true;

    for (out->n_rows = 0; out->n_rows < SEED_LOOK_MOST;) {
        g_autoptr(Arena) mem = arena_new();
        SeedRow *row = &out->rows[out->n_rows];

        if (!row_behind(sys, mem, after, row, &found, error))
            return false;
        if (!found)
            return true;
        after = row->id + step;
        out->n_rows++;
    }
    return true;
}

bool
seed_look_rows(System *sys, SeedRows *out, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    SeedRow first;
    int64_t last, step;
    bool    found;

    if (!row_behind(sys, mem, 0, &first, &found, error))
        return false;
    if (!found)
        return fail(error, APP_ERROR_INVALID, "the store has no request: sawt generate first");
    if (!find_last(sys, first.id, &last, error))
        return false;

    step = (last - first.id) / FEWEST_STEPS;
    do {
        if (!walk(sys, first.id, step, out, error))
            return false;
        step /= 4;
    } while (out->n_rows < ENOUGH_ROWS && step > 0);
    return true;
}

/* ---- entities ---- */

typedef struct {
    int64_t id;
    size_t  n;
} Share;

static int
compare_shares(const void *a, const void *b)
{
    const Share *first = a, *second = b;

    return (first->n < second->n) - (first->n > second->n);
}

void
seed_look_entities(const SeedRows *rows, int64_t *entities, size_t n)
{
    g_autofree Share *shares = g_new0(Share, rows->n_rows);
    size_t            n_shares = 0;

    for (size_t i = 0; i < rows->n_rows; i++) {
        size_t at = 0;

        if (rows->rows[i].entity_id == 0)
            continue;
        while (at < n_shares && shares[at].id != rows->rows[i].entity_id)
            at++;
        if (at == n_shares)
            shares[n_shares++].id = rows->rows[i].entity_id;
        shares[at].n++;
    }
    qsort(shares, n_shares, sizeof *shares, compare_shares);
    for (size_t i = 0; i < n && n_shares > 0; i++)
        entities[i] = shares[i % n_shares].id;
}

/* ---- words ---- */

static bool
read_text(System *sys, Arena *mem, const SeedRow *row, const char **text, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);
    Who          owner = { .role = ROLE_REQUESTER, .person_id = row->person_id, .lang = "ar" };
    PetitionFile file;

    if (tx == NULL || !petition_file(sys, tx, &owner, row->number, true, &file, error))
        return false;
    *text = arena_printf(mem, "%s %s", file.content.subject, file.content.text);
    return true;
}

/* Each stem of the text once; the word as it was written where it was met first. */
static void
count_words(GHashTable *words, Arena *mem, Arena *kept, const char *text)
{
    g_auto(GStrv) parts = g_strsplit_set(text, " \n\t.,;:!?()\"", -1);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (size_t i = 0; parts[i] != NULL; i++) {
        const char *stem;
        SeedWord   *word;

        if (text_length(parts[i]) < 3 || text_stems(mem, parts[i], &stem, 1) != 1 ||
            g_ascii_isdigit(stem[0]) || !g_hash_table_add(seen, (char *)stem))
            continue;
        word = g_hash_table_lookup(words, stem);
        if (word == NULL) {
            word = ARENA_NEW(kept, SeedWord);
            word->word = arena_copy(kept, parts[i]);
            g_hash_table_insert(words, arena_copy(kept, stem), word);
        }
        word->texts++;
    }
}

static int
compare_words(const void *a, const void *b)
{
    const SeedWord *first = *(SeedWord *const *)a, *second = *(SeedWord *const *)b;

    if (first->texts != second->texts)
        return first->texts < second->texts ? 1 : -1;
    return strcmp(first->word, second->word);
}

/* Seldom, but not the words of a single text: those of a few texts, drawn evenly. */
static void
choose_rare(SeedWord *const *all, size_t n, SeedWords *out)
{
    size_t end = n, begin;

    while (end > 0 && all[end - 1]->texts < 2)
        end--;
    begin = end;
    while (begin > 0 && all[begin - 1]->texts * 500 <= out->n_texts)
        begin--;
    if (begin == end) { /* a small store */
        end = n;
        begin = n / 2;
    }
    for (size_t i = 0; i < SEED_LOOK_WORDS && i < end - begin; i++)
        out->rare[out->n_rare++] =
            *all[begin + i * (end - begin) / MIN(SEED_LOOK_WORDS, end - begin)];
}

static void
choose_words(GHashTable *words, SeedWords *out)
{
    g_autofree SeedWord **all = g_new0(SeedWord *, g_hash_table_size(words) + 1);
    GHashTableIter        iter;
    gpointer              word;
    size_t                n = 0;

    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, NULL, &word))
        all[n++] = word;
    qsort(all, n, sizeof *all, compare_words);
    for (size_t i = 0; i < SEED_LOOK_WORDS && i < n; i++)
        out->common[out->n_common++] = *all[i];
    choose_rare(all, n, out);
}

bool
seed_look_words(System *sys, Arena *mem, const SeedRows *rows, size_t most, SeedWords *out,
                GError **error)
{
    g_autoptr(GHashTable) words = g_hash_table_new(g_str_hash, g_str_equal);
    size_t n = MIN(most, rows->n_rows);

    *out = (SeedWords){ .n_texts = n };
    for (size_t i = 0; i < n; i++) {
        g_autoptr(Arena) work = arena_new();
        const char *text;

        if (!read_text(sys, work, &rows->rows[i * rows->n_rows / n], &text, error))
            return false;
        count_words(words, work, mem, text);
    }
    choose_words(words, out);
    return true;
}

/* ---- pages ---- */

/* One page on, when this one is full and not the wanted one; false when the walk ends here. */
typedef struct {
    SeedPage before; /* where the page before this one begins */
    size_t   page, wanted;
} Walk;

static bool
go_on(SeedPage *list, Walk *walk, const PetitionRow *rows, size_t n)
{
    if (n < PAGE && walk->page > 1) {
        *list = walk->before;
        walk->page--;
    }
    if (n < PAGE || walk->page == walk->wanted)
        return false;
    walk->before = *list;
    list->due_at = rows[n - 1].due_at;
    list->id = rows[n - 1].id;
    walk->page++;
    return true;
}

bool
seed_look_page(System *sys, SeedPage *list, size_t *page, GError **error)
{
    Who          who = { .role = ROLE_LIAISON, .entity_id = list->entity_id, .lang = "ar" };
    PetitionList which = list->closed ? PETITION_LIST_CLOSED : PETITION_LIST_OPEN;
    Walk         walk = { .page = 1, .wanted = *page };
    bool         more = true;

    while (more) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

        for (int i = 0; i < LOOKS_OF_TX && more; i++) {
            PetitionRow *rows;
            size_t       n;

            if (tx == NULL ||
                !petition_inbox(sys, tx, &who, which, (PetitionAfter){ list->due_at, list->id },
                                &rows, &n, error))
                return false;
            more = go_on(list, &walk, rows, n);
        }
    }
    *page = walk.page;
    return true;
}
