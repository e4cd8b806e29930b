/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A complaint whose requester is not verified yet. What must stay true: the decision is made in the
 * snapshot in which the row is read, so that a job which runs twice, or late, does each step once; and
 * no step of the case waits for a step of the vault: who is verified is asked each time. */
#include "feature/petition/petition_identity.h"

#include "feature/petition/petition_act.h"
#include "feature/petition/petition_store.h"

#include <string.h>

enum { ASKED_MOST = 200, PAGE = 100 };

static const Who by_system = { .role = ROLE_SYSTEM };

/* ---- one petition ---- */

/* From whom the mismatch took it; 0 when an entity had returned it before, because then the unit
 * decides; untouched when it was with none. The events are read a page at a time to the last. */
static bool
find_home(const PetitionAct *act, int64_t *home, GError **error)
{
    int64_t   after = 0;
    EventRow *rows;
    size_t    n;

    do {
        if (!event_history(act->prepare->tx, act->seen.id, after, &rows, &n, error))
            return false;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(rows[i].kind, "return") == 0)
                *home = 0;
            else if (strcmp(rows[i].kind, "freeze") == 0 && rows[i].entity_from != 0)
                *home = rows[i].entity_from;
            after = rows[i].version;
        }
    } while (n > 0);
    return true;
}

/* Where it belongs: as its history says, else with whom the requester named. 0: the unit. */
static bool
home_of(const PetitionAct *act, const PetitionContent *content, int64_t *home, GError **error)
{
    const Entity *entity;

    *home = petition_rule_goes_to_entity(act->seen.about) ? content->entity_id : 0;
    if (!find_home(act, home, error))
        return false;

    entity = reference_entity(act->calendar.reference, *home);
    if (entity == NULL || entity->retired)
        *home = 0;
    return true;
}

static int64_t
service_of(const PetitionAct *act, const PetitionContent *content, int64_t home)
{
    const Service *service = reference_service(act->calendar.reference, content->service_id);

    return service == NULL || service->retired || service->entity_id != home ? 0 : service->id;
}

/* To its entity, whose 48 hours begin; without one it waits for triage. */
static bool
send_home(PetitionAct *act, GError **error)
{
    AppTime         now = act->prepare->now;
    PetitionContent content;

    if (!petition_act_read_submission(act, &content, error) ||
        !home_of(act, &content, &act->next.entity_id, error))
        return false;

    act->next.identity_at = 0;
    if (act->next.entity_id == 0) {
        act->next.due_at = petition_rule_triage_by(&act->calendar, now);
        return true;
    }

    act->next.state = "assigned";
    act->next.holder = "entity";
    act->next.service_id = service_of(act, &content, act->next.entity_id);
    act->next.assigned_at = now;
    petition_act_clock(&act->next, now, petition_rule_accept_by(&act->calendar, now));
    return petition_act_readdress(act, &content, error);
}

/* What the entity had begun is not its own to answer for any more. */
static bool
freeze(PetitionAct *act, GError **error)
{
    PetitionContent content;

    act->next.frozen = true;
    act->next.state = "received";
    act->next.holder = "unit";
    act->next.entity_id = act->next.service_id = 0;
    act->next.assigned_at = act->next.accepted_at = 0;
    act->next.period_set = false;
    act->next.identity_at = petition_rule_prove_by(act->prepare->now);
    petition_act_end_clock(&act->next, act->next.identity_at);
    return act->seen.entity_id == 0 || (petition_act_read_submission(act, &content, error) &&
                                        petition_act_readdress(act, &content, error));
}

static void
lapse(PetitionAct *act)
{
    act->outcome = act->next.outcome = "unverified";
    act->next.state = "closed";
    act->next.holder = "none";
    act->next.closed_at = act->prepare->now;
    act->next.identity_at = 0;
    petition_act_end_clock(&act->next, 0);
}

static bool
take_step(PetitionAct *act, PetitionIdentityStep step, GError **error)
{
    switch (step) {
    case PETITION_IDENTITY_VERIFY:
        act->kind = "verify";
        act->next.provisional = act->next.frozen = false;
        return act->seen.identity_at == 0 || send_home(act, error);
    case PETITION_IDENTITY_RELEASE:
        act->kind = "release";
        return send_home(act, error);
    case PETITION_IDENTITY_FREEZE:
        act->kind = "freeze";
        return freeze(act, error);
    case PETITION_IDENTITY_LAPSE:
        act->kind = "lapse";
        lapse(act);
        return true;
    case PETITION_IDENTITY_NOTHING:
    default:
        g_assert_not_reached();
    }
}

static bool
decide_identity(PetitionAct *act, const void *data, GError **error)
{
    const PetitionIdentity *cmd = data;
    PetitionIdentityStep step = petition_rule_identity(&act->rules, &act->seen, cmd->verification);

    act->ends_questions = step == PETITION_IDENTITY_FREEZE;
    return take_step(act, step, error);
}

/* Nothing to be done is no plan, as of a repeat. */
static bool
prepare_identity(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionIdentity *cmd = data;
    PetitionActed          *acted = result;
    PetitionAct             act = {
                    .prepare = prepare,
                    .action = ACTION_IDENTITY,
                    .on = &cmd->on,
                    .visibility = "requester",
                    .decide = decide_identity,
                    .change = petition_store_identify,
    };

    if (!petition_act_begin(&act, acted, error))
        return false;

    *acted = (PetitionActed){ act.seen.id, act.seen.number, act.seen.version, 0 };
    if (petition_rule_identity(&act.rules, &act.seen, cmd->verification) ==
        PETITION_IDENTITY_NOTHING) {
        prepare->repeated = true;
        return true;
    }
    return decide_identity(&act, cmd, error) && petition_act_end(&act, acted, error);
}

PETITION_ACT_COMMAND(identity, PetitionIdentity)

/* ---- the jobs ---- */

static bool
settle(System *sys, Arena *mem, const PetitionWaiting *row, VaultVerification verification,
       GError **error)
{
    const CommandContext   context = { .sys = sys, .mem = mem, .by = &by_system };
    const PetitionIdentity cmd = { .on = { .number = row->number }, .verification = verification };
    PetitionActed          acted;

    return petition_identity(&context, &cmd, &acted, NULL, error);
}

static bool
read_person(System *sys, Arena *mem, const PetitionWaiting *row, VaultPerson *person,
            GError **error)
{
    int64_t person_id;

    return vault_unlink(sys->vault, mem, row->id, row->person, &person_id, error) &&
           vault_person(sys->vault, mem, person_id, person, error);
}

static bool
read_due(System *sys, Arena *mem, AppTime now, PetitionAfter after, PetitionWaiting **rows,
         size_t *n, GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && petition_store_due_identity(tx, now, after, rows, n, error);
}

/* The first failure is told when the others have had their turn: what cannot be read would else stand
 * before all that come behind it, for ever. */
static void
keep_first(GError **first, GError **failure)
{
    if (*first == NULL)
        *first = g_steal_pointer(failure);
    g_clear_error(failure);
}

static bool
tell_first(GError **first, GError **error)
{
    if (*first == NULL)
        return true;
    g_propagate_error(error, g_steal_pointer(first));
    return false;
}

bool
petition_identity_release(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    PetitionAfter    after = { 0, 0 };
    PetitionWaiting *rows;
    size_t           n = PAGE;
    g_autoptr(GError) first = NULL;

    (void)again;
    while (n == PAGE) {
        g_autoptr(GError) failure = NULL;

        if (!read_due(sys, mem, now, after, &rows, &n, &failure)) {
            keep_first(&first, &failure);
            break;
        }
        for (size_t i = 0; i < n; i++) {
            VaultPerson person;

            after = (PetitionAfter){ rows[i].identity_at, rows[i].id };
            if (!read_person(sys, mem, &rows[i], &person, &failure) ||
                !settle(sys, mem, &rows[i], person.verification, &failure))
                keep_first(&first, &failure);
        }
    }
    return tell_first(&first, error);
}

/* False with BUSY: the registry does not answer, and is left alone; or the person's data changed while it
 * was asked. */
static bool
ask_and_settle(System *sys, Arena *mem, const PetitionWaiting *row, int *asked, GError **error)
{
    VaultPerson       person;
    VaultVerification verification;

    if (!read_person(sys, mem, row, &person, error))
        return false;

    verification = person.verification;
    if (verification == VAULT_PROVISIONAL) {
        ++*asked;
        if (!registry_verify_person(sys, mem, person.id, &verification, error))
            return false;
    }
    return settle(sys, mem, row, verification, error);
}

static bool
read_provisional(System *sys, Arena *mem, int64_t after, PetitionWaiting **rows, size_t *n,
                 GError **error)
{
    g_autoptr(DbTx) tx = db_begin(sys->db, mem, error);

    return tx != NULL && petition_store_provisional(tx, after, rows, n, error);
}

/* As far as the registry answers; `*n` 0 when it is left alone: the rest waits until it may be asked. */
static void
settle_page(System *sys, Arena *mem, const PetitionWaiting *rows, size_t *n, int *asked,
            GError **first)
{
    for (size_t i = 0; i < *n; i++) {
        g_autoptr(GError) failure = NULL;

        if (ask_and_settle(sys, mem, &rows[i], asked, &failure))
            continue;
        if (error_code(failure) != APP_ERROR_BUSY)
            keep_first(first, &failure);
        else if (!registry_may_ask(sys, clock_now(sys->clock)))
            *n = 0;
    }
}

bool
petition_identity_verify(System *sys, Arena *mem, AppTime now, AppTime *again, GError **error)
{
    int64_t after = 0;
    size_t  n = PAGE;
    int     asked = 0;
    g_autoptr(GError) first = NULL;

    while (n == PAGE && asked < ASKED_MOST && registry_may_ask(sys, now)) {
        PetitionWaiting *rows;
        g_autoptr(GError) failure = NULL;

        if (!read_provisional(sys, mem, after, &rows, &n, &failure)) {
            keep_first(&first, &failure);
            break;
        }
        if (n > 0)
            after = rows[n - 1].id;
        settle_page(sys, mem, rows, &n, &asked, &first);
    }
    if (asked >= ASKED_MOST)
        *again = now;
    return tell_first(&first, error);
}
