/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Petitions by key, a thousand in one snapshot, each table's rows of them as one range in the petitions'
 * order: no query for a single one. What must stay true: everything that is held against each other comes
 * from the same snapshot, so that a store at work is never called wrong. */
#include "feature/check/check_parts.h"

#include "base/number.h"
#include "core/token.h"
#include "feature/attachment/attachment.h"
#include "feature/check/check_store.h"
#include "feature/notify/notify.h"
#include "feature/petition/petition_fold.h"
#include "feature/petition/petition_record.h"
#include "feature/petition/petition_rules.h"
#include "messages.h"

#include <string.h>

enum { AT_ONCE = 1000, VERSIONS = 64 /* whose messages are looked for */ };

/* An act of people is recorded when it happens; what is played back, even of today, later than this. */
#define AT_ONCE_MOST (SECONDS / 10)

/* A petition of the snapshot, and what is known of it. Bits are versions. */
typedef struct {
    const Petition *row;
    Petition        folded;
    uint64_t        told, at_once, heard;
    bool            has_key, has_tokens, has_question;
} Seat;

typedef struct {
    Checking    *checking;
    CheckReport *report;
    Arena       *mem;     /* of the snapshot */
    Arena       *passing; /* of one petition: its opened texts */
    DbTx        *tx;
    CheckRange   range;
    Seat        *seats;
    size_t       n;

    /* Of the table that is read: */
    size_t       at;
    CheckKeyRow *keys;
    size_t       n_keys, key_at;
    int64_t      petition_id, version; /* of the event that was read last */
    Seat        *seat;                 /* its petition; NULL: none */
    bool         broken;               /* its chain */
    CryptoKey    key;
    bool         opens;
    int64_t      rows;
} Walk;

static void
found(const Walk *walk, CheckKind kind, const Seat *seat)
{
    check_report_petition(walk->report, kind, seat->row->number, seat->row->id);
}

static void
orphan(const Walk *walk, CheckKind kind, int64_t id)
{
    check_report_petition(walk->report, kind, 0, id);
}

/* The seat of a petition; ids come in ascending order. */
static Seat *
find_seat(Walk *walk, int64_t petition_id)
{
    walk->rows++;
    while (walk->at < walk->n && walk->seats[walk->at].row->id < petition_id)
        walk->at++;
    return walk->at < walk->n && walk->seats[walk->at].row->id == petition_id
               ? &walk->seats[walk->at]
               : NULL;
}

/* ---- events ---- */

static void
open_key(Walk *walk, int64_t petition_id)
{
    crypto_key_clear(&walk->key);
    walk->opens = false;
    while (walk->key_at < walk->n_keys && walk->keys[walk->key_at].petition_id < petition_id)
        walk->key_at++;
    if (walk->key_at == walk->n_keys || walk->keys[walk->key_at].petition_id != petition_id)
        return;
    walk->opens = vault_unwrap(walk->checking->sys->vault, VAULT_KEY_PETITION,
                               (CryptoPlace){ "petition_key", "wrapped", petition_id },
                               walk->keys[walk->key_at].wrapped, &walk->key, NULL);
    if (!walk->opens)
        orphan(walk, CHECK_KEY_CLOSED, petition_id);
    else
        crypto_key_commit(&walk->key);
}

static void
begin_chain(Walk *walk, int64_t petition_id)
{
    arena_reset(walk->passing);
    walk->petition_id = petition_id;
    walk->version = 0;
    walk->broken = false;
    walk->seat = find_seat(walk, petition_id);
    if (walk->seat != NULL)
        open_key(walk, petition_id);
}

static void
check_link_of_chain(Walk *walk, const EventRow *row, bool leaf_is_right)
{
    if (row->version != walk->version + 1 && !walk->broken) {
        walk->broken = true;
        check_report_petition(walk->report, CHECK_CHAIN,
                              walk->seat == NULL ? 0 : walk->seat->row->number, row->petition_id);
    }
    walk->version = row->version;
    if (!leaf_is_right)
        check_report_found(walk->report, CHECK_LEAF, "%" G_GINT64_FORMAT, (gint64)row->id);
}

static void
note_message(Seat *seat, const EventRow *row)
{
    if (row->version >= VERSIONS || !notify_is_told(row->kind))
        return;
    seat->told |= UINT64_C(1) << row->version;
    if (ABS(row->recorded_at - row->at) < AT_ONCE_MOST)
        seat->at_once |= UINT64_C(1) << row->version;
}

static void
count(Walk *walk, const EventRow *row)
{
    const Petition *petition = walk->seat->row;

    check_count_event(walk->checking->count, row->id, row->at,
                      &(AggregateKey){
                          .entity_id = row->entity_to != 0 ? row->entity_to : row->entity_from,
                          .place_id = reference_governorate(system_reference(walk->checking->sys),
                                                            petition->place_id),
                          .type = petition->type,
                          .channel = petition->channel,
                          .kind = row->kind,
                      });
}

static void
fold(Walk *walk, const EventRow *row)
{
    Seat           *seat = walk->seat;
    bool            first = seat->folded.version == 0;
    PetitionPayload said;
    bool read = walk->opens && petition_record_said(walk->passing, &walk->key, row, &said);

    if (walk->opens && !read)
        found(walk, CHECK_PAYLOAD, seat);
    if (!petition_fold(&seat->folded, &(PetitionFoldEvent){ row, read ? &said : NULL }, walk->mem))
        found(walk, first ? CHECK_SUBMISSION : CHECK_ACT, seat);
}

static bool
event_row(const EventRow *row, bool leaf_is_right, void *data, GError **error)
{
    Walk *walk = data;

    (void)error;
    if (row->petition_id != walk->petition_id)
        begin_chain(walk, row->petition_id);
    else
        walk->rows++;
    check_link_of_chain(walk, row, leaf_is_right);
    if (walk->seat == NULL) {
        if (strcmp(row->kind, "submit") == 0)
            orphan(walk, CHECK_ORPHAN, row->petition_id);
        return true;
    }
    fold(walk, row);
    count(walk, row);
    note_message(walk->seat, row);
    return true;
}

static bool
walk_events(Walk *walk, GError **error)
{
    walk->at = 0;
    walk->petition_id = -1;
    return event_each(walk->tx, walk->range.after, walk->range.upto, event_row, walk, error);
}

/* ---- what lies beside a petition ---- */

static bool
walk_keys(Walk *walk, GError **error)
{
    walk->at = 0;
    if (!check_store_keys(walk->tx, &walk->range, &walk->keys, &walk->n_keys, error))
        return false;
    for (size_t i = 0; i < walk->n_keys; i++) {
        Seat *seat = find_seat(walk, walk->keys[i].petition_id);

        if (seat == NULL)
            orphan(walk, CHECK_KEY_ORPHAN, walk->keys[i].petition_id);
        else
            seat->has_key = true;
    }
    return true;
}

static bool
tokens_row(int64_t petition_id, Bytes tokens, void *data, GError **error)
{
    Walk *walk = data;
    Seat *seat = find_seat(walk, petition_id);

    (void)error;
    if (seat == NULL)
        orphan(walk, CHECK_TOKENS_ORPHAN, petition_id);
    else
        seat->has_tokens = true;
    arena_reset(walk->passing);
    walk->checking->n_words += (int64_t)tokens.size / TOKEN_BYTES;
    walk->checking->words.kept[check_class(petition_id)] +=
        check_words_sum(walk->passing, petition_id, tokens);
    return true;
}

static bool
walk_tokens(Walk *walk, GError **error)
{
    const TokenRange range = { walk->range.after, walk->range.upto, INT64_MAX };

    walk->at = 0;
    return token_each(walk->tx, &range, tokens_row, walk, error);
}

static bool
message_row(const void *data, void *closure, GError **error)
{
    const CheckMessageRow *row = data;
    Walk                  *walk = closure;
    Seat                  *seat = find_seat(walk, row->petition_id);

    (void)error;
    if (row->event_id != 0 && row->event_petition != row->petition_id)
        orphan(walk, CHECK_MESSAGE_OTHER, row->id);
    if (seat != NULL && row->event_petition == row->petition_id && row->event_version < VERSIONS &&
        strcmp(row->message, row->kind) == 0)
        seat->heard |= UINT64_C(1) << row->event_version;
    return true;
}

static bool
walk_messages(Walk *walk, GError **error)
{
    walk->at = 0;
    return check_store_messages(walk->tx, &walk->range, message_row, walk, error);
}

static bool
question_row(const void *data, void *closure, GError **error)
{
    const CheckQuestionRow *row = data;
    Walk                   *walk = closure;
    Seat                   *seat = find_seat(walk, row->petition_id);
    bool                    open = row->answered_event == 0;

    (void)error;
    if (row->asked_petition != row->petition_id || g_strcmp0(row->asked_kind, "consult") != 0 ||
        row->asked_directorate != row->directorate_id ||
        (!open && row->answered_petition != row->petition_id))
        orphan(walk, CHECK_QUESTION, row->id);
    if (seat != NULL)
        seat->has_question = seat->has_question || open;
    return true;
}

static bool
walk_questions(Walk *walk, GError **error)
{
    walk->at = 0;
    return check_store_questions(walk->tx, &walk->range, question_row, walk, error);
}

/* ---- a petition ---- */

/* Whoever plays a history back tells nobody: a petition of which nothing was told, and whose acts were
 * written later than they happened, misses no message. */
static bool
has_all_messages(const Seat *seat)
{
    uint64_t first = seat->heard & -seat->heard;
    uint64_t later = first == 0 ? 0 : ~(first - 1);

    return (seat->told & ~seat->heard & (seat->at_once | later)) == 0;
}

static void
check_state(const Walk *walk, const Seat *seat)
{
    const Petition *row = seat->row;
    const char     *column = petition_fold_difference(&seat->folded, row);
    char            number[NUMBER_TEXT_SIZE];

    if (column == NULL && row->restricted != petition_rule_is_restricted(row->about))
        column = "restricted";
    if (column == NULL)
        return;
    number_format(row->number, number);
    check_report_found(walk->report, CHECK_STATE, "%s (%s)", number, column);
}

static bool
is_number(int64_t number)
{
    char    text[NUMBER_TEXT_SIZE];
    int64_t read;

    number_format(number, text);
    return number_parse(text, &read) && read == number;
}

static bool
has_service(const Walk *walk, const Petition *row)
{
    const Service *service =
        reference_service(system_reference(walk->checking->sys), row->service_id);

    return row->service_id == 0 || (service != NULL && service->entity_id == row->entity_id);
}

static void
check_sealed(const Walk *walk, const Seat *seat)
{
    System *sys = walk->checking->sys;
    int64_t person_id;

    if (!vault_unlink(sys->vault, walk->passing, seat->row->id, seat->row->person, &person_id,
                      NULL))
        found(walk, CHECK_LINK, seat);
    if (!petition_record_brief_opens(sys, walk->passing, seat->row))
        found(walk, CHECK_BRIEF, seat);
}

static void
check_seat(Walk *walk, const Seat *seat)
{
    arena_reset(walk->passing);
    check_state(walk, seat);
    check_sealed(walk, seat);
    if (seat->folded.version == 0)
        found(walk, CHECK_SUBMISSION, seat);
    if (!is_number(seat->row->number))
        orphan(walk, CHECK_NUMBER, seat->row->id);
    if (!has_service(walk, seat->row))
        found(walk, CHECK_SERVICE, seat);
    if (!seat->has_key)
        found(walk, CHECK_KEY_MISSING, seat);
    if (!seat->has_tokens)
        found(walk, CHECK_TOKENS_MISSING, seat);
    if (!has_all_messages(seat))
        found(walk, CHECK_MESSAGE_MISSING, seat);
    if (seat->has_question != (strcmp(seat->row->holder, "directorate") == 0))
        found(walk, CHECK_QUESTION, seat);
    walk->checking->reached.kept[check_class(seat->row->id)] += check_mix((uint64_t)seat->row->id);
}

/* ---- the walk ---- */

static bool
read_seats(Walk *walk, GError **error)
{
    Petition *rows;

    if (!petition_record_rows(walk->tx, walk->range.after, AT_ONCE, &rows, &walk->n, error))
        return false;
    walk->seats = ARENA_ARRAY(walk->mem, Seat, walk->n);
    for (size_t i = 0; i < walk->n; i++)
        walk->seats[i].row = &rows[i];
    walk->range.upto = walk->n < AT_ONCE ? INT64_MAX : rows[walk->n - 1].id;
    walk->rows += (int64_t)walk->n;
    return true;
}

/* One snapshot of the next thousand. */
static bool
walk_part(Walk *walk, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(walk->checking->sys->db, walk->mem, error);

    walk->tx = tx;
    walk->key_at = 0;
    if (tx == NULL || !read_seats(walk, error) || !walk_keys(walk, error) ||
        !walk_events(walk, error) || !walk_tokens(walk, error) || !walk_messages(walk, error) ||
        !walk_questions(walk, error))
        return false;
    for (size_t i = 0; i < walk->n; i++)
        check_seat(walk, &walk->seats[i]);
    return true;
}

static bool
walk_all(Walk *walk, GError **error)
{
    do {
        int64_t before = walk->rows;

        arena_reset(walk->mem);
        if (!walk_part(walk, error))
            return false;
        if (!check_report_step(walk->report, (int64_t)walk->n, walk->rows - before))
            return fail(error, APP_ERROR_BUSY, "nobody waits for the check any more");
        walk->range.after = walk->range.upto;
    } while (walk->range.upto != INT64_MAX);
    return true;
}

static bool
draft_row(const void *data, void *closure, GError **error)
{
    const int64_t *petition_id = data;

    (void)error;
    orphan(closure, CHECK_DRAFT, *petition_id);
    return true;
}

static bool
count_petitions(Walk *walk, int64_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(walk->checking->sys->db, walk->mem, error);

    return tx != NULL && check_store_count(tx, n, error) &&
           check_store_sent_drafts(tx, draft_row, walk, error);
}

bool
check_walk(Checking *checking, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(Arena) passing = arena_new();
    Walk    walk = { .checking = checking,
                     .report = checking->report,
                     .mem = mem,
                     .passing = passing,
                     .range = { .after = INT64_MIN } };
    int64_t n;

    if (!count_petitions(&walk, &n, error))
        return false;
    check_report_stage(checking->report, MSG_CHECK_STAGE_PETITIONS, n);
    bool done = walk_all(&walk, error);
    crypto_key_clear(&walk.key);
    return done;
}
