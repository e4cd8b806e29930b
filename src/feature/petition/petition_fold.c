/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Folds events into the state. What must stay true: nothing here calls what the commands call to decide,
 * or both would be wrong together; only the reminder's formula, which is a projection, is shared. */
#include "feature/petition/petition_fold.h"

#include "feature/petition/petition_rules.h"

#include <string.h>

/* `solved` when the rating did not open. */
static const char unknown[] = "?";

/* `before`: without this event. What every event carries (state, holder, entity, due_at) is in `state`. */
typedef void (*Apply)(Petition *state, const Petition *before, const PetitionFoldEvent *event,
                      Arena *mem);

static void
set_text(const char **to, const char *text, Arena *mem)
{
    if (g_strcmp0(*to, text) != 0)
        *to = arena_copy(mem, text);
}

/* Whether the requester was verified when they submitted is in no event. Until one says so, a folded
 * `provisional` means perhaps, and a negative `identity_at`: that time, or none. */
static bool
same_identity(const Petition *folded, const Petition *stored)
{
    return folded->identity_at == stored->identity_at ||
           (folded->identity_at < 0 &&
            (stored->identity_at == 0 || stored->identity_at == -folded->identity_at));
}

/* The clock of whoever holds it runs from the act on. */
static void
start_clock(Petition *state, AppTime from)
{
    state->next_climb_at = petition_rule_remind_at(from, state->due_at);
    state->next_climb_level = state->next_climb_at == 0 ? 0 : 1;
}

static void
stop_clock(Petition *state)
{
    state->next_climb_at = 0;
    state->next_climb_level = 0;
}

static void
assign(Petition *state, AppTime at)
{
    state->assigned_at = at;
    start_clock(state, at);
}

static void
apply_submit(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    (void)mem;
    state->id = event->row->petition_id;
    state->lodged_at = event->row->at;
    state->entered_at = event->row->recorded_at;
    state->provisional = true;
    if (state->entity_id != 0)
        assign(state, event->row->at);
    else
        state->identity_at = -state->due_at;
}

static void
apply_route(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    (void)mem;
    state->identity_at = 0;
    assign(state, event->row->at);
}

static void
apply_accept(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    (void)mem;
    state->accepted_at = event->row->at;
    start_clock(state, event->row->at);
}

static void
apply_return(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    (void)mem;
    state->entity_id = 0;
    state->assigned_at = 0;
    state->returns += g_strcmp0(event->row->ground, "conflict") != 0;
    stop_clock(state);
}

static void
apply_set_period(Petition *state, const Petition *before, const PetitionFoldEvent *event,
                 Arena *mem)
{
    (void)before;
    (void)mem;
    state->period_set = true;
    start_clock(state, event->row->at);
}

static void
apply_close(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    set_text(&state->outcome, event->row->outcome, mem);
    state->closed_at = event->row->at;
    stop_clock(state);
}

static void
apply_withdraw(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    (void)mem;
    state->closed_at = event->row->at;
    stop_clock(state);
}

static void
apply_rate(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    set_text(&state->solved, event->said == NULL ? unknown : event->said->solved, mem);
    state->stars = event->said == NULL ? 0 : event->said->stars;
}

/* It goes on to its entity, which it had lost or never reached; where there is none it stays. */
static void
apply_release(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)mem;
    state->identity_at = 0;
    if (before->entity_id == 0 && state->entity_id != 0)
        assign(state, event->row->at);
}

static void
apply_verify(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    state->provisional = state->frozen = false;
    apply_release(state, before, event, mem);
}

static void
apply_freeze(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    (void)before;
    (void)mem;
    state->frozen = true;
    state->assigned_at = state->accepted_at = 0;
    state->period_set = false;
    state->identity_at = event->row->due_at;
    stop_clock(state);
}

static void
apply_lapse(Petition *state, const Petition *before, const PetitionFoldEvent *event, Arena *mem)
{
    apply_close(state, before, event, mem);
    state->identity_at = 0;
}

/* `after_end`: may it come when the petition is closed or withdrawn? */
static const struct {
    const char *kind;
    Apply       apply; /* NULL: beside what every event carries nothing changes */
    bool        after_end;
} acts[] = {
    { "submit", apply_submit, false },
    { "route", apply_route, false },
    { "accept", apply_accept, false },
    { "consult", NULL, false },
    { "consult_answer", NULL, false },
    { "set_period", apply_set_period, false },
    { "return", apply_return, false },
    { "update", NULL, false },
    { "note", NULL, true },
    { "close", apply_close, false },
    { "rate", apply_rate, true },
    { "withdraw", apply_withdraw, false },
    { "add_information", NULL, false },
    { "verify", apply_verify, false },
    { "release", apply_release, false },
    { "freeze", apply_freeze, false },
    { "lapse", apply_lapse, false },
};

static size_t
find_act(const char *kind)
{
    size_t i = 0;

    while (i < G_N_ELEMENTS(acts) && strcmp(acts[i].kind, kind) != 0)
        i++;
    return i;
}

static bool
has_ended(const Petition *state)
{
    return g_strcmp0(state->state, "closed") == 0 || g_strcmp0(state->state, "withdrawn") == 0;
}

bool
petition_fold(Petition *state, const PetitionFoldEvent *event, Arena *mem)
{
    const EventRow *row = event->row;
    size_t          act = find_act(row->kind);
    Petition        before = *state;
    bool            first = before.version == 0, ended = has_ended(&before);

    state->version = row->version;
    if (act == G_N_ELEMENTS(acts))
        return false;

    set_text(&state->state, row->state, mem);
    set_text(&state->holder, row->holder, mem);
    state->entity_id = row->entity_to;
    state->due_at = row->due_at;
    if (acts[act].apply != NULL)
        acts[act].apply(state, &before, event, mem);
    return first == (act == 0) && (!ended || acts[act].after_end);
}

const char *
petition_fold_difference(const Petition *folded, const Petition *stored)
{
    const bool solved_known = g_strcmp0(folded->solved, unknown) != 0;
    const struct {
        const char *name;
        bool        same;
    } columns[] = {
        { "version", folded->version == stored->version },
        { "state", g_strcmp0(folded->state, stored->state) == 0 },
        { "holder", g_strcmp0(folded->holder, stored->holder) == 0 },
        { "entity_id", folded->entity_id == stored->entity_id },
        { "lodged_at", folded->lodged_at == stored->lodged_at },
        { "entered_at", folded->entered_at == stored->entered_at },
        { "assigned_at", folded->assigned_at == stored->assigned_at },
        { "accepted_at", folded->accepted_at == stored->accepted_at },
        { "due_at", folded->due_at == stored->due_at },
        { "remaining", folded->remaining == stored->remaining },
        { "next_climb_at", folded->next_climb_at == stored->next_climb_at },
        { "next_climb_level", folded->next_climb_level == stored->next_climb_level },
        { "period_set", folded->period_set == stored->period_set },
        { "identity_at", same_identity(folded, stored) },
        { "frozen", folded->frozen == stored->frozen },
        { "provisional", folded->provisional || !stored->provisional },
        { "returns", folded->returns == stored->returns },
        { "outcome", g_strcmp0(folded->outcome, stored->outcome) == 0 },
        { "closed_at", folded->closed_at == stored->closed_at },
        { "solved", !solved_known || g_strcmp0(folded->solved, stored->solved) == 0 },
        { "stars", !solved_known || folded->stars == stored->stars },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
        if (!columns[i].same)
            return columns[i].name;
    return NULL;
}
