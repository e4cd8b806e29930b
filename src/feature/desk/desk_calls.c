/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Calling back. What must stay true: a telephone number is opened for one agent, for one call, by a
 * button, and the vault has a record of it before it is shown. */
#include "feature/desk/desk_calls.h"

#include "base/text.h"
#include "desk_html.h"
#include "feature/desk/desk_forms.h"
#include "feature/desk/desk_pages.h"
#include "feature/desk/desk_seal.h"
#include "feature/notify/notify.h"
#include "messages.h"

#include <string.h>

#define COOKIE_CALL "sawt-call"
#define CALL_SECONDS (20 * 60)
#define REASON "call_back"
#define AGAIN (2 * HOURS)
#define PAGE 50

/* The call that this agent has taken. */
typedef struct {
    int64_t     id;
    AppTime     until;
    const char *name, *phone;
} TakenCall;

DeskCallSettle
desk_calls_decide(const char *result, int64_t tries, AppTime now)
{
    if (strcmp(result, "reached") == 0)
        return (DeskCallSettle){ .fate = "done" };
    if (strcmp(result, "wrong_number") == 0 || tries + 1 >= DESK_CALL_TRIES)
        return (DeskCallSettle){ .fate = "dead", .reason = result };
    return (DeskCallSettle){ .fate = "waiting", .next_at = now + AGAIN, .reason = result };
}

static int64_t
number_of(const char *text)
{
    return text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
}

/* ---- the list ---- */

static bool
fill_row(Request *req, DbTx *tx, const OutboxRow *row, DeskCallRow *call, GError **error)
{
    Petition petition;

    if (!petition_by_id(tx, row->petition_id, &petition, error))
        return false;
    *call = (DeskCallRow){ .id = row->id,
                           .number = petition.number,
                           .attempt = row->tries + 1,
                           .left = row->next_at - req->now,
                           .type = i18n_find_in("type.", petition.type),
                           .status = follow_status_of(req->app, &petition, req->lang, req->now),
                           .take = { .form = form_blank(req->mem, &desk_forms_empty),
                                     .action = arena_printf(req->mem,
                                                            "/desk/calls/%" G_GINT64_FORMAT "/take",
                                                            (gint64)row->id) } };
    return true;
}

bool
desk_calls_list(Request *req, Response *res, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    DeskCallAfter after = { number_of(request_query(req, "at")),
                            number_of(request_query(req, "id")) };
    DeskCallsView view = { .next_at = 0 };
    DeskCallRow  *calls;
    OutboxRow    *rows;

    if (tx == NULL || !desk_call_store_due(tx, req->now, after, &rows, &view.n_calls, error))
        return false;

    calls = ARENA_ARRAY(req->mem, DeskCallRow, view.n_calls);
    for (size_t i = 0; i < view.n_calls; i++)
        if (!fill_row(req, tx, &rows[i], &calls[i], error))
            return false;
    view.calls = calls;
    if (view.n_calls == PAGE) {
        view.next_at = rows[PAGE - 1].next_at;
        view.next_id = rows[PAGE - 1].id;
    }
    desk_calls_html(html_page(req, res, 200), &view);
    return true;
}

/* ---- taking one ---- */

/* The row and whom to call; the snapshot is let go before anything is written. */
static bool
load_person(Request *req, int64_t id, OutboxRow *row, int64_t *person_id, GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    Petition petition;

    return tx != NULL && desk_call_store_by_id(tx, id, row, error) &&
           petition_by_id(tx, row->petition_id, &petition, error) &&
           vault_unlink(sys->vault, req->mem, petition.id, petition.person, person_id, error);
}

static bool
keep_call(Request *req, Response *res, const OutboxRow *row, AppTime until, int64_t person_id,
          GError **error)
{
    System     *sys = req->app;
    Identity    identity;
    Contact     contact;
    const char *text, *first, *last;

    if (!vault_reveal(sys->vault, req->mem, req->who, person_id, REASON, &identity, &contact,
                      error))
        return false;
    first = identity.name[0] == NULL ? "" : identity.name[0];
    last = identity.name[3] == NULL ? "" : identity.name[3];
    text = arena_printf(req->mem, "%" G_GINT64_FORMAT "\n%" G_GINT64_FORMAT "\n%s %s\n%s",
                        (gint64)row->id, (gint64)until, first, last,
                        contact.phone == NULL ? "" : contact.phone);
    response_cookie(res, COOKIE_CALL,
                    desk_seal_write(sys, req->mem, req->who, "call", text, CALL_SECONDS),
                    CALL_SECONDS);
    return true;
}

bool
desk_calls_take(Request *req, Response *res, GError **error)
{
    OutboxRow row;
    AppTime   until;
    int64_t   person_id;

    if (!load_person(req, number_of(request_param(req, "id")), &row, &person_id, error) ||
        !desk_call_store_take(req->app, req->mem, &row, &until, error) ||
        !keep_call(req, res, &row, until, person_id, error))
        return false;
    response_redirect(res, arena_printf(req->mem, "/desk/calls/%" G_GINT64_FORMAT, (gint64)row.id));
    return true;
}

/* The taken call of the path; false when this agent holds another or none. */
static bool
read_call(Request *req, TakenCall *call)
{
    const char *text =
        desk_seal_read(req->app, req->mem, req->who, "call", request_cookie(req, COOKIE_CALL));
    g_auto(GStrv) lines = text == NULL ? NULL : g_strsplit(text, "\n", 4);

    if (lines == NULL || g_strv_length(lines) != 4)
        return false;
    *call = (TakenCall){ .id = number_of(lines[0]),
                         .until = number_of(lines[1]),
                         .name = text_trim(req->mem, lines[2]),
                         .phone = arena_copy(req->mem, lines[3]) };
    return call->id == number_of(request_param(req, "id"));
}

/* ---- calling ---- */

/* The answer itself, for whom a call was asked; of a restricted file only that there is news. */
static bool
fill_answer(Request *req, DbTx *tx, const Petition *petition, DeskCallView *view, GError **error)
{
    PetitionFile         file;
    const PetitionEvent *answer;

    if (petition->restricted)
        return true;
    if (!petition_file(req->app, tx, req->who, petition->number, true, &file, error))
        return false;
    answer = follow_steps_answer(&file);
    view->answer = answer == NULL ? NULL : answer->text;
    return true;
}

static bool
show_call(Request *req, Response *res, const TakenCall *call, Form *form, int status,
          GError **error)
{
    System *sys = req->app;
    g_autoptr(DbTx) tx = db_begin(sys->db, req->mem, error);
    OutboxRow    row;
    Petition     petition;
    DeskCallView view = { .name = call->name };

    if (tx == NULL || !desk_call_store_by_id(tx, call->id, &row, error) ||
        !petition_by_id(tx, row.petition_id, &petition, error) ||
        !fill_answer(req, tx, &petition, &view, error))
        return false;

    view.number = petition.number;
    view.attempt = row.tries + 1;
    view.type = i18n_find_in("type.", petition.type);
    view.status = follow_status_of(sys, &petition, req->lang, req->now);
    view.outcome = view.status.outcome;
    view.restricted = petition.restricted;
    view.dial = arena_printf(req->mem, "+%s", call->phone);
    view.phone = call->phone[0] == '\0' ? NULL : text_phone_shown(req->mem, call->phone);
    view.form = (FormView){ .form = form,
                            .action = arena_printf(req->mem, "/desk/calls/%" G_GINT64_FORMAT,
                                                   (gint64)call->id) };
    desk_call_html(html_page(req, res, status), &view);
    return true;
}

bool
desk_calls_show(Request *req, Response *res, GError **error)
{
    TakenCall call;

    if (read_call(req, &call))
        return show_call(req, res, &call, form_blank(req->mem, &desk_forms_call), 200, error);
    response_redirect(res, "/desk/calls");
    return true;
}

static const char *
notice_of(const DeskCallSettle *settle)
{
    if (strcmp(settle->fate, "done") == 0)
        return "/desk/calls?done=call_reached";
    return settle->next_at != 0 ? "/desk/calls?done=call_again" : "/desk/calls?done=call_dead";
}

/* The mobile was proved, so that an SMS reaches who did not answer; but never whose number is wrong. */
static bool
is_unreached(const DeskCallSettle *settle)
{
    return strcmp(settle->fate, "dead") == 0 && strcmp(settle->reason, "wrong_number") != 0;
}

bool
desk_calls_settle(Request *req, Response *res, GError **error)
{
    System             *sys = req->app;
    const DeskCallForm *data = req->form->values;
    TakenCall           call;
    OutboxRow           row;
    DeskCallSettle      settle;
    int64_t             person_id;

    if (!read_call(req, &call))
        return fail(error, APP_ERROR_CONFLICT, "this session holds no such call");
    if (!form_ok(req->form))
        return show_call(req, res, &call, req->form, 422, error);
    if (!load_person(req, call.id, &row, &person_id, error))
        return false;

    settle = desk_calls_decide(data->result, row.tries, clock_now(sys->clock));
    settle.id = call.id;
    settle.until = call.until;
    if (is_unreached(&settle)) {
        settle.unreached = &row;
        settle.dedupe = notify_dedupe(req->mem, row.event_id, row.recipient, "sms");
    }
    if (!desk_call_store_settle(sys, req->mem, &settle, error))
        return false;
    response_cookie(res, COOKIE_CALL, "", -1);
    response_redirect(res, notice_of(&settle));
    return true;
}
