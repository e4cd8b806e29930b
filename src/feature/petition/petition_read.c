/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The whole file, as each reader may see it. What must stay true: who sees what is decided here and
 * nowhere else; a text that a reader may not see is not even opened for them. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_store.h"

#include "base/text.h"

#include <string.h>

typedef enum {
    READER_REQUESTER, /* what concerns them, in clear              */
    READER_OFFICE,    /* all but what only the unit may know       */
    READER_UNIT,
    READER_MEMBER, /* of a directorate: content and questions to it */
} Reader;

typedef struct {
    System    *sys;
    DbTx      *tx;
    Arena     *mem;
    const Who *who;
    Reader     reader;
    bool       masked; /* telephone numbers in what the requester wrote */
    CryptoKey  key;
    EventRow  *rows;
    size_t     n_rows;
} Reading;

static void
reading_clear(Reading *reading)
{
    crypto_key_clear(&reading->key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static bool
is_kind(const EventRow *row, Action action)
{
    return strcmp(row->kind, access_action_name(action)) == 0;
}

/* ---- who reads ---- */

/* The member's directorate when it was ever asked, else 0. */
static int64_t
asked_directorate(const Who *who, const PetitionFile *file)
{
    for (size_t i = 0; i < file->n_consultations; i++)
        if (file->consultations[i].directorate_id == who->directorate_id)
            return who->directorate_id;
    return 0;
}

static bool
require_reader(Reading *reading, const PetitionFile *file, bool own, GError **error)
{
    const Who *who = reading->who;
    bool       member = who->role == ROLE_DIRECTORATE;
    bool       proved = own && who->petition_id != 0 && who->petition_id == file->petition.id;

    own = own && petition_act_is_own(reading->sys, reading->mem, who, &file->petition);
    AccessTarget target =
        petition_act_target(&file->petition, own, member ? asked_directorate(who, file) : 0);

    reading->reader = own || proved                                       ? READER_REQUESTER
                      : member                                            ? READER_MEMBER
                      : who->role == ROLE_UNIT || who->role == ROLE_PANEL ? READER_UNIT
                                                                          : READER_OFFICE;
    reading->masked = reading->reader != READER_REQUESTER && file->petition.identity_hidden;
    return access_require(who,
                          reading->reader == READER_REQUESTER ? ACTION_READ_STATUS
                          : member                            ? ACTION_CONSULT_ANSWER
                                                              : ACTION_READ,
                          &target, error);
}

static bool
sees_event(const Reading *reading, const EventRow *row)
{
    switch (reading->reader) {
    case READER_REQUESTER:
        return strcmp(row->visibility, "requester") == 0 || is_kind(row, ACTION_WITHDRAW);
    case READER_MEMBER:
        return row->directorate_id == reading->who->directorate_id &&
               (is_kind(row, ACTION_CONSULT) || is_kind(row, ACTION_CONSULT_ANSWER));
    case READER_OFFICE:
    case READER_UNIT:
    default:
        return true;
    }
}

/* What officers write to each other is not the requester's to read. */
static bool
sees_text(const Reading *reading, const EventRow *row)
{
    if (is_kind(row, ACTION_SUBMIT))
        return false; /* it is the file's content */

    switch (reading->reader) {
    case READER_REQUESTER:
        return !is_kind(row, ACTION_CONSULT) && !is_kind(row, ACTION_CONSULT_ANSWER) &&
               !is_kind(row, ACTION_ROUTE);
    case READER_OFFICE:
        return strcmp(row->visibility, "unit") != 0;
    case READER_MEMBER:
    case READER_UNIT:
    default:
        return true;
    }
}

/* ---- the content ---- */

static const char *
show_text(const Reading *reading, const char *text)
{
    return text != NULL && reading->masked ? text_mask_numbers(reading->mem, text) : text;
}

static bool
read_content(const Reading *reading, PetitionContent *content, GError **error)
{
    if (!petition_act_read_content(reading->mem, &reading->key, &reading->rows[0], content, error))
        return false;

    PetitionAnswer *answers = ARENA_ARRAY(reading->mem, PetitionAnswer, content->n_answers);
    for (size_t i = 0; i < content->n_answers; i++) {
        answers[i] = content->answers[i];
        answers[i].value = show_text(reading, answers[i].value);
    }

    content->answers = answers;
    content->subject = show_text(reading, content->subject);
    content->text = show_text(reading, content->text);
    content->wanted = show_text(reading, content->wanted);
    content->place_words = show_text(reading, content->place_words);
    content->happened = show_text(reading, content->happened);
    return true;
}

/* ---- the history ---- */

/* As many as the petition's version says. */
static bool
read_rows(Reading *reading, const Petition *petition, GError **error)
{
    EventRow *more;
    size_t    n;

    reading->rows = ARENA_ARRAY(reading->mem, EventRow, (size_t)petition->version);
    while (reading->n_rows < (size_t)petition->version) {
        if (!event_history(reading->tx, petition->id, (int64_t)reading->n_rows, &more, &n, error))
            return false;
        if (n == 0)
            return fail(error, APP_ERROR_INTERNAL, "a petition has fewer events than versions");

        n = MIN(n, (size_t)petition->version - reading->n_rows);
        memcpy(reading->rows + reading->n_rows, more, n * sizeof *more);
        reading->n_rows += n;
    }
    return true;
}

static bool
wrote_it(const EventRow *row)
{
    return strcmp(row->actor_role, "requester") == 0 || row->on_behalf != NULL;
}

static bool
read_payload(const Reading *reading, const EventRow *row, PetitionEvent *event, GError **error)
{
    PetitionPayload payload;
    const char     *json;

    if (!sees_text(reading, row))
        return true;
    if (!event_payload(reading->mem, &reading->key, row, &json, error) ||
        !petition_payload_read(reading->mem, json, &payload, error))
        return false;

    event->text = wrote_it(row) ? show_text(reading, payload.text) : payload.text;
    event->legal_text = payload.legal_text;
    event->days = payload.days;
    event->day = payload.day;
    event->stars = payload.stars;
    event->solved = payload.solved;
    event->why = payload.why;
    if (payload.proposed_entity_id != 0)
        event->entity_to = payload.proposed_entity_id;
    return true;
}

static bool
read_actor(const Reading *reading, const EventRow *row, PetitionEvent *event, GError **error)
{
    if (reading->reader == READER_REQUESTER || row->actor_ref == 0)
        return true;

    event->actor_ref = row->actor_ref;
    return petition_store_account_name(reading->tx, row->actor_ref, &event->actor_name, error);
}

static bool
read_event(const Reading *reading, const EventRow *row, PetitionEvent *event, GError **error)
{
    *event = (PetitionEvent){
        .id = row->id,
        .version = row->version,
        .at = row->at,
        .entity_from = row->entity_from,
        .entity_to = row->entity_to,
        .directorate_id = row->directorate_id,
        .due_at = row->due_at,
        .kind = row->kind,
        .actor_role = row->actor_role,
        .on_behalf = row->on_behalf,
        .holder = row->holder,
        .state = row->state,
        .outcome = row->outcome,
        .ground = row->ground,
        .visibility = row->visibility,
    };
    return read_actor(reading, row, event, error) && read_payload(reading, row, event, error);
}

static bool
read_events(const Reading *reading, PetitionFile *file, GError **error)
{
    file->events = ARENA_ARRAY(reading->mem, PetitionEvent, reading->n_rows);
    for (size_t i = 0; i < reading->n_rows; i++) {
        if (!sees_event(reading, &reading->rows[i]))
            continue;
        if (!read_event(reading, &reading->rows[i], &file->events[file->n_events], error))
            return false;
        file->n_events++;
    }
    return true;
}

/* ---- the questions ---- */

/* The text of an event that the reader sees; NULL for others. */
static const char *
text_of(const PetitionFile *file, int64_t event_id, Action action)
{
    for (size_t i = 0; i < file->n_events; i++)
        if (file->events[i].id == event_id &&
            strcmp(file->events[i].kind, access_action_name(action)) == 0)
            return file->events[i].text;
    return NULL;
}

/* Those that the reader may see, with their texts; the requester sees none. */
static void
show_consultations(const Reading *reading, PetitionFile *file)
{
    size_t n = 0;

    for (size_t i = 0; i < file->n_consultations; i++) {
        PetitionConsultation *question = &file->consultations[i];

        if (reading->reader == READER_REQUESTER ||
            (reading->reader == READER_MEMBER &&
             question->directorate_id != reading->who->directorate_id))
            continue;
        question->question = text_of(file, question->asked_event, ACTION_CONSULT);
        question->answer = text_of(file, question->answered_event, ACTION_CONSULT_ANSWER);
        file->consultations[n++] = *question;
    }
    file->n_consultations = n;
}

bool
petition_file(System *sys, DbTx *tx, const Who *who, int64_t number, bool own, PetitionFile *file,
              GError **error)
{
    g_auto(Reading) reading = { .sys = sys, .tx = tx, .mem = db_arena(tx), .who = who };
    PetitionFile made = { .n_events = 0 };

    if (!petition_store_by_number(tx, number, &made.petition, error))
        return false;
    /* A requester sees no questions: none is read. */
    if (who->role != ROLE_REQUESTER && who->role != ROLE_NONE &&
        !petition_store_consultations(tx, made.petition.id, &made.consultations,
                                      &made.n_consultations, error))
        return false;

    if (!require_reader(&reading, &made, own, error))
        return false;

    if (!petition_key(sys, tx, made.petition.id, &reading.key, error) ||
        !read_rows(&reading, &made.petition, error) ||
        !read_content(&reading, &made.content, error) || !read_events(&reading, &made, error))
        return false;

    show_consultations(&reading, &made);
    *file = made;
    return true;
}
