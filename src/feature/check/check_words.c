/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Full text against the words that are kept beside it. SQLite's index is read in the order of words, so no
 * petition's entry is ever seen in one piece: sums are compared first, and where a class of petitions
 * differs, those of it are looked at alone in a second reading. What changed between the two is no
 * difference: the petition has another version then. */
#include "feature/check/check_parts.h"

#include "core/token.h"
#include "db/db_check.h"
#include "feature/check/check_store.h"
#include "messages.h"

#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 2000, CLASSES_LOOKED_AT = 512, STEP = 100000 };

/* ---- sums ---- */

uint64_t
check_mix(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

size_t
check_class(int64_t petition_id)
{
    return check_mix((uint64_t)petition_id + UINT64_C(0x9E3779B97F4A7C15)) % CHECK_CLASSES;
}

bool
check_sums_differ(const CheckSums *sums, int64_t petition_id)
{
    size_t place = check_class(petition_id);

    return sums->kept[place] != sums->found[place];
}

bool
check_sums_agree(const CheckSums *sums)
{
    for (size_t i = 0; i < CHECK_CLASSES; i++)
        if (sums->kept[i] != sums->found[i])
            return false;
    return true;
}

static uint64_t
hash_word(int64_t petition_id, uint64_t word)
{
    return check_mix(word ^ check_mix((uint64_t)petition_id));
}

static int
compare_numbers(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;

    return (*one > *other) - (*one < *other);
}

/* A word counts once, as in the index; what are no tokens count as something that is not there. */
uint64_t
check_words_sum(Arena *mem, int64_t petition_id, Bytes tokens)
{
    size_t    n = tokens.size / TOKEN_BYTES;
    uint64_t *words = ARENA_ARRAY(mem, uint64_t, n);
    uint64_t  sum = 0;

    if (tokens.size % TOKEN_BYTES != 0)
        return check_mix((uint64_t)petition_id);
    for (size_t i = 0; i < n; i++) {
        memcpy(&words[i], tokens.data + i * TOKEN_BYTES, TOKEN_BYTES);
        words[i] = GUINT64_FROM_BE(words[i]);
    }
    qsort(words, n, sizeof *words, compare_numbers);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || words[i] != words[i - 1])
            sum += hash_word(petition_id, words[i]);
    return sum;
}

/* ---- the first reading ---- */

typedef struct {
    Checking   *checking;
    GHashTable *entries; /* petition id → Entry; NULL in the first reading */
    int64_t     read;
} Reading;

typedef struct {
    int64_t  id, version;
    uint64_t kept, found;
} Entry;

static Entry *
find_entry(GHashTable *entries, int64_t id)
{
    Entry *entry = g_hash_table_lookup(entries, &id);

    if (entry == NULL) {
        entry = g_new0(Entry, 1);
        entry->id = id;
        g_hash_table_insert(entries, &entry->id, entry);
    }
    return entry;
}

static bool
index_word(int64_t id, const char *text, void *data, GError **error)
{
    Reading *reading = data;
    uint64_t word, hash;

    hash = token_number(text, &word) ? hash_word(id, word) : 1;
    if (reading->entries == NULL)
        reading->checking->words.found[check_class(id)] += hash;
    else if (check_sums_differ(&reading->checking->words, id))
        find_entry(reading->entries, id)->found += hash;

    if (++reading->read % STEP != 0 || check_report_step(reading->checking->report, STEP, 0))
        return true;
    return fail(error, APP_ERROR_BUSY, "nobody waits for the check any more");
}

static bool
read_index(Reading *reading, GError **error)
{
    return db_check_words(reading->checking->sys->db, TOKEN_INDEX, index_word, reading, error);
}

/* ---- the second reading ---- */

/* So many classes are enough to show what is wrong; the others are taken as sound. */
static void
forget_most(CheckSums *sums)
{
    size_t n = 0;

    for (size_t i = 0; i < CHECK_CLASSES; i++)
        if (sums->kept[i] != sums->found[i] && ++n > CLASSES_LOOKED_AT)
            sums->found[i] = sums->kept[i];
}

typedef struct {
    Reading *reading;
    Arena   *mem;
    int64_t  last;
    size_t   n;
} Keeping;

static bool
kept_row(int64_t id, Bytes tokens, void *data, GError **error)
{
    Keeping *keeping = data;

    (void)error;
    keeping->n++;
    keeping->last = id;
    if (check_sums_differ(&keeping->reading->checking->words, id))
        find_entry(keeping->reading->entries, id)->kept = check_words_sum(keeping->mem, id, tokens);
    return true;
}

static bool
read_kept_part(Keeping *keeping, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(keeping->reading->checking->sys->db, keeping->mem, error);
    const TokenRange range = { keeping->last, INT64_MAX, AT_ONCE };

    keeping->n = 0;
    return tx != NULL && token_each(tx, &range, kept_row, keeping, error);
}

static bool
read_kept(Reading *reading, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    Keeping keeping = { .reading = reading, .mem = mem, .last = INT64_MIN };

    do {
        arena_reset(mem);
        if (!read_kept_part(&keeping, error))
            return false;
    } while (keeping.n > 0);
    return true;
}

/* The versions of all that are looked at; `judge`: tell those that differ and have the same one still. */
static bool
read_versions(Reading *reading, bool judge, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(DbTx) tx = db_begin(reading->checking->sys->db, mem, error);
    GHashTableIter iter;
    gpointer       key;

    g_hash_table_iter_init(&iter, reading->entries);
    while (tx != NULL && g_hash_table_iter_next(&iter, NULL, &key)) {
        Entry  *entry = key;
        int64_t version, number;

        if (!check_store_version(tx, entry->id, &version, &number, error))
            return false;
        if (judge && entry->version == version && entry->kept != entry->found)
            check_report_petition(reading->checking->report, CHECK_TOKENS_INDEX, number, entry->id);
        entry->version = version;
    }
    return tx != NULL;
}

static bool
look_closer(Checking *checking, GError **error)
{
    g_autoptr(GHashTable) entries =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    Reading reading = { .checking = checking, .entries = entries };

    forget_most(&checking->words);
    if (!read_kept(&reading, error) || !read_versions(&reading, false, error) ||
        !read_kept(&reading, error) || !read_index(&reading, error))
        return false;
    return read_versions(&reading, true, error);
}

bool
check_words(Checking *checking, GError **error)
{
    Reading reading = { .checking = checking };

    check_report_stage(checking->report, MSG_CHECK_STAGE_WORDS, checking->n_words);
    if (!read_index(&reading, error))
        return false;
    return check_sums_agree(&checking->words) || look_closer(checking, error);
}
