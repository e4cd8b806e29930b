/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* How many handles of a person are used. The file holds a lower bound, written now and then; memory
 * knows it exactly for whoever submitted here lately. What must stay true: both may be wrong (another
 * node, a crash) and nothing is lost by it, because the case's unique index refuses a handle twice. */
#include "core/vault_private.h"

enum { PLACES = 8192, WRITE_EACH = 32 };

typedef struct {
    int64_t person_id, used;
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
        *place = (Hint){ person_id, used };
    lock_leave(&hints->lock);
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

static bool
prepare_store(VaultWrite *write, const void *cmd, void *result, GError **error)
{
    const Hint *hint = cmd;

    (void)result, (void)error;
    plan_any(write->plan, &store, DB_PARAMS(db_int(hint->person_id), db_int(hint->used)));
    return true;
}

/* A commit of its own for each submission would cost as much as the submission. */
bool
vault_raise_hint(Vault *vault, Arena *mem, int64_t person_id, int64_t n, GError **error)
{
    Hint hint = { person_id, n };

    remember(vault->hints, person_id, n);
    return n % WRITE_EACH != 0 || vault_write(vault, mem, prepare_store, &hint, NULL, error);
}
