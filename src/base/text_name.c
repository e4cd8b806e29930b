/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A name becomes a list of folded parts in which composed ones are one (عبد الله, ابو زيد, نور
 * الدين, Al-Khatib); two lists are aligned at the least cost, and the score is 100 less the cost.
 *
 * What the costs say: a slip of the pen in a long part is nearly nothing (5), a middle part that one
 * side leaves out is more (12), two of either kind together are too much, and so is another first
 * letter. A short given name is different: حسن and حسين, محمد and محمود, علي and عدي, عبد الكريم and
 * عبد الحكيم are a letter or two apart and brothers, منصور and منصورة brother and sister: there one
 * edit is already somebody else. First and last parts cannot be left out, and parts cannot be swapped.
 * (Of the 582,660 pairs of the 1,080 given names in the shared set, with the same father, 40 pass: 19
 * spellings of one name and 21 others.) */
#include "base/text.h"

#include "base/utf8.h"

#include <string.h>

#define PARTS_MOST 16
#define LETTERS_MOST 40
#define SHORT_PART 4         /* letters: such names lie one letter apart */
#define SHORT_GIVEN_ARABIC 5 /* no short vowels, so as dense as six or seven Latin letters */
#define LONG_PART 7          /* letters: two edits are still the same word */

enum {
    COST_EDIT = 5,          /* one edit in a part of five letters and more */
    COST_EDIT_SHORT = 9,    /* in a shorter one */
    COST_EDIT_GIVEN = 18,   /* in a short given name */
    COST_EDIT_INITIAL = 12, /* more when it is the first letter */
    COST_TWO_EDITS = 13,
    COST_ARTICLE = 3,      /* الخطيب خطيب */
    COST_MISSING = 12,     /* a middle part */
    COST_MISSING_END = 50, /* the given or the family name */
    COST_OTHER = 100,
};

typedef struct {
    uint32_t letters[LETTERS_MOST];
    size_t   n;
} Part;

typedef struct {
    Part   parts[PARTS_MOST];
    size_t n;
    bool   overflow;
} Name;

static bool
is_one_of(const char *word, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(word, *words) == 0)
            return true;
    }
    return false;
}

static bool
joins_next(const char *word)
{
    static const char *const words[] = { "عبد", "ابو",   "ابا",   "ابي",   "ام",  "ال",
                                         "ذو",  "abd",   "abu",   "abo",   "umm", "al",
                                         "el",  "ul",    "as",    "ash",   "ad",  "ar",
                                         "an",  "abdel", "abdal", "abdul", NULL };
    return is_one_of(word, words);
}

static bool
joins_last(const char *word)
{
    static const char *const words[] = { "الله",  "بالله", "الدين", "allah",
                                         "aldin", "eldin", "uddin", NULL };
    return is_one_of(word, words);
}

/* Between a name and the father's; some write it, most do not. */
static bool
is_filial(const char *word)
{
    static const char *const words[] = { "بن", "ابن", "بنت", "bin", "ibn", "bint", "ben", NULL };

    return is_one_of(word, words);
}

static void
add_letters(Name *name, const char *word)
{
    Part    *part = &name->parts[name->n - 1];
    uint32_t code;

    while ((code = utf8_next(&word)) != 0) {
        if (part->n == LETTERS_MOST)
            name->overflow = true;
        else
            part->letters[part->n++] = code;
    }
}

/* `joined`: the last part waits for this word. True when the part waits for another one. */
static bool
add_word(Name *name, const char *word, bool joined)
{
    if (is_filial(word) && name->n > 0 && !joined)
        return false;

    if (!joined && !(joins_last(word) && name->n > 0)) {
        if (name->n == PARTS_MOST) {
            name->overflow = true;
            return false;
        }
        name->parts[name->n++].n = 0;
    }
    add_letters(name, word);
    return joins_next(word);
}

static void
read_name(Arena *mem, const char *const *texts, size_t n, Name *name)
{
    name->n = 0;
    name->overflow = false;
    for (size_t i = 0; i < n && !name->overflow; i++) {
        bool  joined = false;
        char *word = text_fold(mem, texts[i] == NULL ? "" : texts[i]);

        while (*word != '\0' && !name->overflow) {
            char *end = strchrnul(word, ' ');
            char *next = *end == '\0' ? end : end + 1;

            *end = '\0';
            joined = add_word(name, word, joined);
            word = next;
        }
    }
}

/* Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
static size_t
edits(const Part *a, const Part *b)
{
    size_t  rows[3][LETTERS_MOST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b->n; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= a->n; i++) {
        size_t *spare = before;

        now[0] = i;
        for (size_t j = 1; j <= b->n; j++) {
            bool same = a->letters[i - 1] == b->letters[j - 1];

            now[j] = MIN(MIN(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a->letters[i - 1] == b->letters[j - 2] &&
                a->letters[i - 2] == b->letters[j - 1])
                now[j] = MIN(now[j], before[j - 2] + 1);
        }
        before = last;
        last = now;
        now = spare;
    }
    return last[b->n];
}

/* Whether `longer` is `part` with an article before it. */
static bool
is_with_article(const Part *longer, const Part *part)
{
    const uint32_t *letters = longer->letters;

    if (longer->n != part->n + 2 || part->n < 3)
        return false;
    if (!(letters[0] == 0x627 && letters[1] == 0x644) &&
        !((letters[0] == 'a' || letters[0] == 'e') && letters[1] == 'l'))
        return false;
    return memcmp(letters + 2, part->letters, part->n * sizeof *letters) == 0;
}

/* Whether one is the other's feminine: منصور منصورة. */
static bool
is_feminine(const Part *a, const Part *b)
{
    const Part *longer = a->n > b->n ? a : b, *shorter = a->n > b->n ? b : a;

    return longer->n == shorter->n + 1 && longer->letters[shorter->n] == 0x647 &&
           memcmp(longer->letters, shorter->letters, shorter->n * sizeof *shorter->letters) == 0;
}

static bool
both_begin(const Part *a, const Part *b, const uint32_t *letters, size_t n)
{
    return MIN(a->n, b->n) > n && memcmp(a->letters, letters, n * sizeof *letters) == 0 &&
           memcmp(b->letters, letters, n * sizeof *letters) == 0;
}

static bool
both_end(const Part *a, const Part *b, const uint32_t *letters, size_t n)
{
    return MIN(a->n, b->n) > n &&
           memcmp(a->letters + a->n - n, letters, n * sizeof *letters) == 0 &&
           memcmp(b->letters + b->n - n, letters, n * sizeof *letters) == 0;
}

/* Letters that all composed names of a kind share, and that tell nobody from another: عبدال, abdul,
 * الدين, الله. */
static size_t
shared_letters(const Part *a, const Part *b)
{
    static const uint32_t servant[] = { 0x639, 0x628, 0x62F, 0x627, 0x644 };
    static const uint32_t abd[] = { 'a', 'b', 'd' };
    static const uint32_t faith[] = { 0x627, 0x644, 0x62F, 0x64A, 0x646 };
    static const uint32_t god[] = { 0x627, 0x644, 0x644, 0x647 };

    if (both_end(a, b, faith, G_N_ELEMENTS(faith)))
        return G_N_ELEMENTS(faith);
    if (both_end(a, b, god, G_N_ELEMENTS(god)))
        return G_N_ELEMENTS(god);
    if (both_begin(a, b, servant, G_N_ELEMENTS(servant)))
        return G_N_ELEMENTS(servant);
    if (both_begin(a, b, abd, G_N_ELEMENTS(abd)) && MIN(a->n, b->n) > 5)
        return 5; /* and the article, spelt in many ways */
    return 0;
}

static bool
is_short(size_t n, bool given, uint32_t letter)
{
    return n <= (given && letter >= 0x600 && letter <= 0x6FF ? SHORT_GIVEN_ARABIC : SHORT_PART);
}

static int
part_cost(const Part *a, const Part *b, bool given)
{
    size_t n = edits(a, b), shorter = MIN(a->n, b->n) - shared_letters(a, b);
    int    initial = a->letters[0] == b->letters[0] ? 0 : COST_EDIT_INITIAL;

    if (n == 0)
        return 0;
    if (!given && (is_with_article(a, b) || is_with_article(b, a)))
        return COST_ARTICLE;
    if (n == 1 && shorter <= 1)
        return COST_OTHER;
    if (given && is_feminine(a, b))
        return COST_EDIT_GIVEN;
    if (n == 1 && is_short(shorter, given, a->letters[0]))
        return (given ? COST_EDIT_GIVEN : COST_EDIT_SHORT) + initial;
    if (n == 1)
        return COST_EDIT + initial;
    if (n == 2 && shorter >= LONG_PART)
        return COST_TWO_EDITS + initial;
    return COST_OTHER;
}

static int
missing_cost(const Name *name, size_t at)
{
    return at == 0 || at == name->n - 1 ? COST_MISSING_END : COST_MISSING;
}

/* The cheapest alignment in order; costs[i][j] is that of the first i and j parts. */
static int
align(const Name *a, const Name *b)
{
    int costs[PARTS_MOST + 1][PARTS_MOST + 1];

    for (size_t i = 0; i <= a->n; i++) {
        for (size_t j = 0; j <= b->n; j++) {
            int best = i == 0 && j == 0 ? 0 : G_MAXINT;

            if (i > 0)
                best = MIN(best, costs[i - 1][j] + missing_cost(a, i - 1));
            if (j > 0)
                best = MIN(best, costs[i][j - 1] + missing_cost(b, j - 1));
            if (i > 0 && j > 0)
                best = MIN(best, costs[i - 1][j - 1] + part_cost(&a->parts[i - 1], &b->parts[j - 1],
                                                                 i == 1 && j == 1));
            costs[i][j] = best;
        }
    }
    return costs[a->n][b->n];
}

int
text_name_score(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    g_autoptr(Arena) mem = arena_new();
    Name *left = ARENA_NEW(mem, Name), *right = ARENA_NEW(mem, Name);

    read_name(mem, a, n_a, left);
    read_name(mem, b, n_b, right);
    if (left->overflow || right->overflow || left->n == 0 || right->n == 0)
        return 0;
    return MAX(0, 100 - align(left, right));
}
