/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The vault's persons, and the way from each to their petitions: the handles from the first on, until one
 * is not used. What must stay true: a petition that no handle leads to is lost to its own requester. */
#include "feature/check/check_parts.h"

#include "core/vault_check.h"
#include "feature/check/check_store.h"
#include "messages.h"

#include <string.h>

enum { AT_ONCE = 500 };

G_STATIC_ASSERT(VAULT_HANDLE_SIZE == 16);

static const CheckKind kinds[VAULT_FLAW_COUNT] = {
    [VAULT_FLAW_KEY] = CHECK_PERSON_KEY,
    [VAULT_FLAW_SEALED] = CHECK_PERSON_SEALED,
    [VAULT_FLAW_INDEX] = CHECK_PERSON_INDEX,
    [VAULT_FLAW_ERASED] = CHECK_PERSON_ERASED,
};

typedef struct {
    Checking *checking;
    Arena    *mem;
    DbTx     *tx;
    int64_t   person_id;
    int64_t   used;   /* handles of this person, so far */
    bool      ended;  /* one was not used */
    bool      gap;    /* and a later one was */
    int64_t   wanted; /* a petition that is looked for; 0: all are noted */
    bool      met;
} Way;

static const CheckHandleRow *
find_row(const CheckHandleRow *rows, size_t n, const uint8_t *handle)
{
    for (size_t i = 0; i < n; i++)
        if (memcmp(rows[i].handle.data, handle, VAULT_HANDLE_SIZE) == 0)
            return &rows[i];
    return NULL;
}

static void
note(Way *way, const CheckHandleRow *row)
{
    Checking *checking = way->checking;
    int64_t   person_id;

    way->used++;
    way->gap = way->gap || way->ended;
    if (way->wanted != 0) {
        way->met = way->met || row->id == way->wanted;
        return;
    }
    if (!way->gap)
        checking->reached.found[check_class(row->id)] += check_mix((uint64_t)row->id);
    if (vault_unlink(checking->sys->vault, way->mem, row->id, row->person, &person_id, NULL) &&
        person_id != way->person_id)
        check_report_petition(checking->report, CHECK_LINK, row->number, row->id);
}

/* Walk over these handles. */
static bool
walk_handles(Way *way, const uint8_t (*handles)[VAULT_HANDLE_SIZE], size_t n, GError **error)
{
    for (size_t at = 0; at < n; at += CHECK_HANDLES) {
        size_t          part = MIN(n - at, CHECK_HANDLES), n_rows;
        CheckHandleRow *rows;

        if (!check_store_by_handles(way->tx, handles + at, part, &rows, &n_rows, error))
            return false;
        for (size_t i = 0; i < part; i++) {
            const CheckHandleRow *row = find_row(rows, n_rows, handles[at + i]);

            if (row != NULL)
                note(way, row);
            else
                way->ended = true;
        }
    }
    return true;
}

/* On behind those that were known. */
static bool
walk_on(Way *way, int64_t from, GError **error)
{
    for (; !way->ended; from += CHECK_HANDLES) {
        uint8_t handles[CHECK_HANDLES][VAULT_HANDLE_SIZE];

        if (!vault_handles(way->checking->sys->vault, way->mem, way->person_id, from, CHECK_HANDLES,
                           handles, error) ||
            !walk_handles(way, (const uint8_t(*)[VAULT_HANDLE_SIZE])handles, CHECK_HANDLES, error))
            return false;
    }
    return true;
}

static bool
check_person(Checking *checking, DbTx *tx, const VaultChecked *person, GError **error)
{
    Way way = { .checking = checking, .mem = db_arena(tx), .tx = tx, .person_id = person->id };

    for (int flaw = 0; flaw < VAULT_FLAW_COUNT; flaw++)
        if (person->flaws[flaw])
            check_report_petition(checking->report, kinds[flaw], 0, person->id);
    if (person->n_handles == 0)
        return true;
    if (!walk_handles(&way, (const uint8_t(*)[VAULT_HANDLE_SIZE])person->handles, person->n_handles,
                      error) ||
        !walk_on(&way, (int64_t)person->n_handles, error))
        return false;
    if (way.gap)
        check_report_petition(checking->report, CHECK_HANDLE, 0, person->id);
    if (person->hint > way.used)
        check_report_petition(checking->report, CHECK_HINT, 0, person->id);
    return true;
}

static bool
check_part(Checking *checking, Arena *mem, int64_t *after, size_t *n, GError **error)
{
    VaultChecked *persons;

    if (!vault_check_persons(checking->sys->vault, mem, *after, AT_ONCE, &persons, n, error))
        return false;

    g_autoptr(DbTx) tx = db_begin(checking->sys->db, mem, error);
    for (size_t i = 0; tx != NULL && i < *n; i++)
        if (!check_person(checking, tx, &persons[i], error))
            return false;
    if (*n > 0)
        *after = persons[*n - 1].id;
    return tx != NULL;
}

/* ---- petitions that were not met ---- */

/* Submitted meanwhile, or lost? */
static bool
look_for(Checking *checking, DbTx *tx, const CheckHandleRow *row, GError **error)
{
    Way way = { .checking = checking, .mem = db_arena(tx), .tx = tx, .wanted = row->id };
    g_autoptr(GError) failure = NULL;

    if (!vault_unlink(checking->sys->vault, way.mem, row->id, row->person, &way.person_id, NULL))
        return true; /* told by the walk */
    if (!walk_on(&way, 0, &failure) && error_code(failure) == APP_ERROR_BUSY) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return false;
    }
    if (!way.met)
        check_report_petition(checking->report, CHECK_HANDLE, row->number, row->id);
    return true;
}

static bool
look_part(Checking *checking, Arena *mem, int64_t *after, size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(checking->sys->db, mem, error);
    CheckHandleRow *rows;

    if (tx == NULL || !check_store_handles(tx, *after, &rows, n, error))
        return false;
    for (size_t i = 0; i < *n; i++)
        if (check_sums_differ(&checking->reached, rows[i].id) &&
            !look_for(checking, tx, &rows[i], error))
            return false;
    if (*n > 0)
        *after = rows[*n - 1].id;
    return true;
}

typedef bool (*Part)(Checking *checking, Arena *mem, int64_t *after, size_t *n, GError **error);

static bool
all_parts(Checking *checking, Part part, bool counts, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t after = INT64_MIN;
    size_t  n;

    do {
        arena_reset(mem);
        if (!part(checking, mem, &after, &n, error))
            return false;
        if (!check_report_step(checking->report, counts ? (int64_t)n : 0, counts ? (int64_t)n : 0))
            return fail(error, APP_ERROR_BUSY, "nobody waits for the check any more");
    } while (n > 0);
    return true;
}

bool
check_people(Checking *checking, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t n;

    if (!vault_check_count(checking->sys->vault, mem, &n, error))
        return false;
    check_report_stage(checking->report, MSG_CHECK_STAGE_PEOPLE, n);
    if (!all_parts(checking, check_part, true, error))
        return false;
    return check_sums_agree(&checking->reached) || all_parts(checking, look_part, false, error);
}
