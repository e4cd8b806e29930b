/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Lists of petitions. What must stay true: every row goes through the rights of who asks, and the
 * order is the index's, so that a list goes on by key whatever happens between two pages. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_brief.h"
#include "feature/petition/petition_store.h"

#include "base/number.h"
#include "core/token.h"

enum { PAGE = 50, SEARCH_ROUNDS = 20 };

static bool
forbid(const Who *who, const char *list, GError **error)
{
    return fail(error, APP_ERROR_FORBIDDEN, "%s has no %s", role_name(who->role), list);
}

static bool
open_briefs(System *sys, DbTx *tx, PetitionRow *rows, size_t n, GError **error)
{
    g_auto(PetitionBriefKeys) keys = { .n = 0 };

    for (size_t i = 0; i < n; i++) {
        const PetitionBriefPlace place = { rows[i].id, rows[i].entity_id, rows[i].brief_epoch,
                                           rows[i].brief };

        if (!petition_brief_open(sys, db_arena(tx), &keys, &place, &rows[i].subject,
                                 &rows[i].place_words, error))
            return false;
    }
    return true;
}

/* ---- an entity's inbox ---- */

static bool
is_before(const PetitionRow *a, const PetitionRow *b)
{
    return a->due_at < b->due_at || (a->due_at == b->due_at && a->id < b->id);
}

/* Two lists by time left become one page. */
static PetitionRow *
merge(Arena *mem, const PetitionRow *a, size_t n_a, const PetitionRow *b, size_t n_b, size_t *n)
{
    PetitionRow *rows = ARENA_ARRAY(mem, PetitionRow, PAGE);
    size_t       i = 0, j = 0;

    for (*n = 0; *n < PAGE && (i < n_a || j < n_b); (*n)++)
        rows[*n] = j == n_b || (i < n_a && is_before(&a[i], &b[j])) ? a[i++] : b[j++];
    return rows;
}

/* Competence to be checked, and in work: two ranges of one index. */
static bool
read_open(DbTx *tx, const Who *who, PetitionAfter after, bool restricted, PetitionRow **rows,
          size_t *n, GError **error)
{
    PetitionRow *assigned, *progress;
    size_t       n_assigned, n_progress;

    if (!petition_store_inbox(tx, who->entity_id, "assigned", after, restricted, &assigned,
                              &n_assigned, error) ||
        !petition_store_inbox(tx, who->entity_id, "in_progress", after, restricted, &progress,
                              &n_progress, error))
        return false;

    *rows = merge(db_arena(tx), assigned, n_assigned, progress, n_progress, n);
    return true;
}

static bool
read_list(DbTx *tx, const Who *who, PetitionList list, PetitionAfter after, PetitionRow **rows,
          size_t *n, GError **error)
{
    bool restricted = who->role == ROLE_HEAD;

    switch (list) {
    case PETITION_LIST_ASSIGNED:
        return petition_store_inbox(tx, who->entity_id, "assigned", after, restricted, rows, n,
                                    error);
    case PETITION_LIST_PROGRESS:
        return petition_store_inbox(tx, who->entity_id, "in_progress", after, restricted, rows, n,
                                    error);
    case PETITION_LIST_CLOSED:
        return petition_store_closed(tx, who->entity_id, after, restricted, rows, n, error);
    case PETITION_LIST_OPEN:
    default:
        return read_open(tx, who, after, restricted, rows, n, error);
    }
}

bool
petition_inbox(System *sys, DbTx *tx, const Who *who, PetitionList list, PetitionAfter after,
               PetitionRow **rows, size_t *n, GError **error)
{
    if ((who->role != ROLE_LIAISON && who->role != ROLE_HEAD) || who->entity_id == 0)
        return forbid(who, "inbox", error);

    return read_list(tx, who, list, after, rows, n, error) &&
           open_briefs(sys, tx, *rows, *n, error);
}

bool
petition_triage(System *sys, DbTx *tx, const Who *who, PetitionAfter after, PetitionRow **rows,
                size_t *n, GError **error)
{
    if (who->role != ROLE_UNIT)
        return forbid(who, "triage", error);

    return petition_store_triage(tx, after, rows, n, error) &&
           open_briefs(sys, tx, *rows, *n, error);
}

bool
petition_questions(System *sys, DbTx *tx, const Who *who, PetitionAfter after,
                   PetitionQuestion **rows, size_t *n, GError **error)
{
    g_auto(PetitionBriefKeys) keys = { .n = 0 };

    if (who->role != ROLE_DIRECTORATE || who->directorate_id == 0)
        return forbid(who, "questions", error);
    if (!petition_store_questions(tx, who->directorate_id, after, rows, n, error))
        return false;

    for (size_t i = 0; i < *n; i++) {
        PetitionQuestion        *row = &(*rows)[i];
        const PetitionBriefPlace place = { row->petition_id, row->entity_id, row->brief_epoch,
                                           row->brief };
        const char              *place_words;

        if (!petition_brief_open(sys, db_arena(tx), &keys, &place, &row->subject, &place_words,
                                 error))
            return false;
    }
    return true;
}

/* The same as the list: open, of this directorate, and of no file that became restricted. */
bool
petition_question_number(DbTx *tx, const Who *who, int64_t question_id, int64_t *number,
                         GError **error)
{
    PetitionConsultation question;
    Petition             petition;

    if (who->role != ROLE_DIRECTORATE || who->directorate_id == 0)
        return forbid(who, "questions", error);
    if (!petition_store_question(tx, question_id, &question, error) ||
        !petition_store_by_id(tx, question.petition_id, &petition, error))
        return false;
    if (question.directorate_id != who->directorate_id || question.answered_event != 0 ||
        petition.restricted)
        return fail(error, APP_ERROR_NOT_FOUND, "no open question of this directorate");

    *number = petition.number;
    return true;
}

/* ---- search ---- */

static bool
may_read(const Who *who, const PetitionRow *row)
{
    const AccessTarget target = {
        .petition_id = row->id,
        .entity_id = row->entity_id,
        .state = row->state,
        .holder = row->holder,
        .restricted = row->restricted,
    };

    return access_require(who, ACTION_READ, &target, NULL);
}

static bool
find_number(DbTx *tx, const Who *who, int64_t number, PetitionRow *row, size_t *n, GError **error)
{
    bool found;

    if (!petition_store_row_by_number(tx, number, row, &found, error))
        return false;

    *n = found && may_read(who, row);
    return true;
}

/* Add the rows of these ids that may be read, up to a page. */
static bool
add_readable(DbTx *tx, const Who *who, const int64_t *ids, size_t n_ids, PetitionRow *rows,
             size_t *n, GError **error)
{
    for (size_t i = 0; i < n_ids && *n < PAGE; i++) {
        bool found;

        if (!petition_store_row_by_id(tx, ids[i], &rows[*n], &found, error))
            return false;
        *n += found && may_read(who, &rows[*n]);
    }
    return true;
}

/* The index knows words and entity; what is restricted is left out behind it, so that a page may need
 * several looks. */
static bool
find_words(DbTx *tx, const Who *who, const char *query, int64_t before_id, PetitionRow *rows,
           size_t *n, GError **error)
{
    int64_t *ids;
    size_t   n_ids = PAGE;

    for (int round = 0; round < SEARCH_ROUNDS && n_ids == PAGE && *n < PAGE; round++) {
        if (!token_find(tx, query, before_id, &ids, &n_ids, error) ||
            !add_readable(tx, who, ids, n_ids, rows, n, error))
            return false;
        before_id = n_ids == 0 ? before_id : ids[n_ids - 1];
    }
    return true;
}

bool
petition_search(System *sys, DbTx *tx, const Who *who, const char *words, int64_t before_id,
                PetitionRow **rows, size_t *n, GError **error)
{
    PetitionRow *found = ARENA_ARRAY(db_arena(tx), PetitionRow, PAGE);
    int64_t      number;
    size_t       n_found = 0;

    if (who->role != ROLE_UNIT && who->role != ROLE_LIAISON && who->role != ROLE_HEAD)
        return forbid(who, "search", error);

    if (number_parse(words, &number)) {
        if (!find_number(tx, who, number, found, &n_found, error))
            return false;
    } else {
        char *query = token_query(sys, db_arena(tx), words, who->entity_id);

        if (query != NULL && !find_words(tx, who, query, before_id, found, &n_found, error))
            return false;
    }

    *rows = found;
    *n = n_found;
    return open_briefs(sys, tx, found, n_found, error);
}

/* ---- a person's own ---- */

/* The petitions of eight handles from `first` on; their order is the handles'. */
static bool
read_eight(System *sys, DbTx *tx, int64_t person_id, int64_t first, Petition **rows, size_t *n,
           GError **error)
{
    Arena *mem = db_arena(tx);
    Bytes  handles[PETITION_STORE_HANDLES];
    uint8_t(*bytes)[VAULT_HANDLE_SIZE] = arena_alloc(mem, sizeof(*bytes) * PETITION_STORE_HANDLES);
    Petition *found;
    size_t    n_found;

    if (!vault_handles(sys->vault, mem, person_id, first, PETITION_STORE_HANDLES, bytes, error))
        return false;
    for (size_t i = 0; i < PETITION_STORE_HANDLES; i++)
        handles[i] = (Bytes){ bytes[i], VAULT_HANDLE_SIZE };
    if (!petition_store_by_handles(tx, handles, &found, &n_found, error))
        return false;

    *rows = ARENA_ARRAY(mem, Petition, PETITION_STORE_HANDLES);
    *n = 0;
    for (size_t i = 0; i < PETITION_STORE_HANDLES; i++)
        for (size_t j = 0; j < n_found; j++)
            if (bytes_equal(found[j].handle, handles[i]))
                (*rows)[(*n)++] = found[j];
    return true;
}

/* Handles are used one after the other: the first group that is not full is the last. */
static bool
find_last_group(System *sys, DbTx *tx, int64_t person_id, int64_t *first, GError **error)
{
    Petition *rows;
    int64_t   hint;
    size_t    n;

    if (!vault_hint(sys->vault, db_arena(tx), person_id, &hint, error))
        return false;

    *first = hint - hint % PETITION_STORE_HANDLES;
    do {
        if (!read_eight(sys, tx, person_id, *first, &rows, &n, error))
            return false;
        *first += PETITION_STORE_HANDLES;
    } while (n == PETITION_STORE_HANDLES);
    *first -= PETITION_STORE_HANDLES;
    return true;
}

bool
petition_of_person(System *sys, DbTx *tx, int64_t person_id, Petition **rows, size_t *n,
                   size_t most, GError **error)
{
    Petition *group, *all = ARENA_ARRAY(db_arena(tx), Petition, most);
    int64_t   first;
    size_t    n_group, n_all = 0;

    if (!find_last_group(sys, tx, person_id, &first, error))
        return false;

    for (; first >= 0 && n_all < most; first -= PETITION_STORE_HANDLES) {
        if (!read_eight(sys, tx, person_id, first, &group, &n_group, error))
            return false;
        while (n_group > 0 && n_all < most)
            all[n_all++] = group[--n_group];
    }

    *rows = all;
    *n = n_all;
    return true;
}
