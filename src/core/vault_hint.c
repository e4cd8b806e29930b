/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many handles of a person are used. The file holds a lower bound, written by a job; memory knows it
 * exactly for whoever submitted here lately. What must stay true: both may be wrong (another
 * node, a crash) and nothing is lost by it, because the case's unique index refuses a handle twice. */
#include "core/vault_private.h"

enum { PLACES = 8192, AT_ONCE = 500 };

typedef struct {
    int64_t person_id, used;
    bool    written;
} Hint;

/* A person's place is their id's; who comes later takes it. */
struct VaultHints {
    Lock lock;
    Hint places[PLACES];
};

/* ---- memory ---- */

VaultHints *
vault_hints_new(void)
{
    VaultHints *hints = g_new0(VaultHints, 1);

    lock_init(&hints->lock);
    return hints;
}

void
vault_hints_free(VaultHints *hints)
{
    if (hints == NULL)
        return;
    lock_clear(&hints->lock);
    g_free(hints);
}

/* Ids are times and counters: their low bits alone would crowd. */
static Hint *
place_of(VaultHints *hints, int64_t person_id)
{
    uint64_t mixed = (uint64_t)person_id * 0x9E3779B97F4A7C15ULL;

    return &hints->places[mixed >> 32 & (PLACES - 1)];
}

static bool
recall(VaultHints *hints, int64_t person_id, int64_t *used)
{
    const Hint *place = place_of(hints, person_id);
    bool        known;

    lock_take(&hints->lock);
    known = place->person_id == person_id;
    *used = known ? place->used : 0;
    lock_leave(&hints->lock);
    return known;
}

static void
remember(VaultHints *hints, int64_t person_id, int64_t used)
{
    Hint *place = place_of(hints, person_id);

    lock_take(&hints->lock);
    if (place->person_id != person_id || place->used < used)
        *place = (Hint){ person_id, used, false };
    lock_leave(&hints->lock);
}

/* Up to `most` that the file does not have, which from here on count as written: one that is not,
 * because the commit fails, costs a later submission a few looks. */
static size_t
take_unwritten(VaultHints *hints, Hint *out, size_t most)
{
    size_t n = 0;

    lock_take(&hints->lock);
    for (size_t i = 0; i < PLACES && n < most; i++)
        if (hints->places[i].person_id != 0 && !hints->places[i].written) {
            hints->places[i].written = true;
            out[n++] = hints->places[i];
        }
    lock_leave(&hints->lock);
    return n;
}

/* ---- the file ---- */

static const DbColumn columns[] = { DB_COLUMN(Hint, used) };

static const DbQuery  stored = {
     .sql = "SELECT n AS used FROM person_hint WHERE person_id = $1",
     DB_COLUMNS(Hint, columns),
};

static const DbQuery store = {
    .sql = "INSERT INTO person_hint (person_id, n) VALUES ($1, $2)"
           " ON CONFLICT (person_id) DO UPDATE SET n = excluded.n WHERE person_hint.n < excluded.n",
    .table = "person_hint",
};

const DbQuery *const vault_hint_queries[] = { &stored, &store, NULL };

bool
vault_hint_read(const Vault *vault, DbTx *tx, int64_t person_id, int64_t *used, bool *exact,
                GError **error)
{
    Hint row = { .used = 0 };
    bool found;

    *exact = recall(vault->hints, person_id, used);
    if (*exact)
        return true;
    if (!db_maybe(tx, &stored, DB_PARAMS(db_int(person_id)), &row, &found, error))
        return false;
    *used = row.used;
    return true;
}

bool
vault_hint(Vault *vault, Arena *mem, int64_t person_id, int64_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(vault->db, mem, error);
    bool exact;

    return tx != NULL && vault_hint_read(vault, tx, person_id, n, &exact, error);
}

void
vault_raise_hint(Vault *vault, int64_t person_id, int64_t n)
{
    remember(vault->hints, person_id, n);
}

typedef struct {
    const Hint *hints;
    size_t      n;
} Flush;

static bool
prepare_flush(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Flush *flush = cmd;

    (void)result, (void)error;
    for (size_t i = 0; i < flush->n; i++)
        plan_any(write->plan, &store,
                 DB_PARAMS(db_int(flush->hints[i].person_id), db_int(flush->hints[i].used)));
    return true;
}

bool
vault_flush_hints(Vault *vault, Arena *mem, GError **error)
{
    Hint *hints = ARENA_ARRAY(mem, Hint, AT_ONCE);

    while (true) {
        Flush flush = { hints, take_unwritten(vault->hints, hints, AT_ONCE) };

        if (flush.n == 0)
            return true;
        if (!vault_write(vault, mem, prepare_flush, &flush, NULL, error))
            return false;
    }
}
