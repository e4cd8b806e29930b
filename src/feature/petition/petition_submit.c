/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* A petition comes in. What must stay true: one transaction of the case holds everything that was
 * acknowledged; the vault is only read, so that nothing is half there after a crash; what was drawn
 * at random (number) or taken next (handle) is guarded by a unique index and drawn again. */
#include "feature/petition/petition_act.h"
#include "feature/petition/petition_brief.h"
#include "feature/petition/petition_store.h"

#include "base/number.h"
#include "core/token.h"

#include <sodium.h>

enum { NUMBER_BODIES = 100000000, HANDLES_MOST = 1 << 20 };

/* ---- who ---- */

static bool
may_submit(const Prepare *prepare, const PetitionSubmit *cmd, GError **error)
{
    const Who *by = prepare->by;

    if (!access_require(by, ACTION_SUBMIT, &(AccessTarget){ .own = true }, error))
        return false;
    if (by->role == ROLE_REQUESTER && by->person_id != cmd->person_id)
        return fail(error, APP_ERROR_FORBIDDEN, "a requester submits for themselves only");
    return true;
}

/* The same form again: the first receipt. Whose draft is still there was not submitted: the submission takes
 * it away. Should it be gone by then, or the id be used all the same, that is a race, and it is looked for. */
static bool
find_repeat(Prepare *prepare, const PetitionSubmit *cmd, Bytes content, PetitionReceipt *receipt,
            GError **error)
{
    Petition first;
    bool     found, repeated = false;

    if (cmd->draft_hash.data != NULL && prepare->attempt == 0 && prepare->pending == NULL)
        return true;
    if (!petition_store_by_command(prepare->tx, prepare->command_id, &first, &found, error))
        return false;
    if (!found)
        return true;
    if (!petition_act_repeat(prepare, first.id, content, &repeated, error))
        return false;

    *receipt = (PetitionReceipt){ .id = first.id, .number = first.number };
    vault_tracking_code(prepare->sys->vault, first.id, receipt->code);
    return true;
}

static bool
check_rule(Prepare *prepare, const PetitionSubmit *cmd, const VaultPerson *person, GError **error)
{
    Calendar       calendar = system_calendar(prepare->sys);
    RuleContext    rules = { prepare->mem, &calendar, prepare->now };
    const Refusal *refusal = petition_rule_submit(&rules, cmd, person->verification);

    return refusal == NULL || command_refuse(prepare, refusal, error);
}

/* ---- number and handle ---- */

/* Alone, the unique index has the last word. Among many, one number that is used would cost the whole
 * commit, so it is looked for; and the year's numbers fill up: at two millions each fiftieth is used. */
static bool
draw_number(const Prepare *prepare, int64_t *number, GError **error)
{
    int  year = zone_civil(prepare->sys->zone, prepare->now).year;
    bool used = false;

    do {
        *number = number_make(year % 100, randombytes_uniform(NUMBER_BODIES));
        if (prepare->pending != NULL &&
            !petition_store_number_is_used(prepare->tx, *number, &used, error))
            return false;
    } while (used || command_pending(prepare, *number) != NULL);
    return true;
}

static bool
is_used(const Prepare *prepare, const VaultSubmitter *submitter, int64_t n, Bytes *handle,
        bool *used, GError **error)
{
    uint8_t *bytes = arena_alloc(prepare->mem, VAULT_HANDLE_SIZE);

    vault_submitter_handle(submitter, n, bytes);
    *handle = (Bytes){ bytes, VAULT_HANDLE_SIZE };
    return petition_store_handle_is_used(prepare->tx, *handle, used, error);
}

/* Handles are used one after the other. Between one that is used and one that is not the first free
 * one is found by halves; the steps towards the latter double. */
static bool
find_free(const Prepare *prepare, const VaultSubmitter *submitter, Bytes *handle, int64_t *n,
          GError **error)
{
    int64_t used_below = submitter->used, free_at = submitter->used, step = 1;
    Bytes   tried;
    bool    used;

    for (; step < HANDLES_MOST; free_at += step, step *= 2) {
        if (!is_used(prepare, submitter, free_at, handle, &used, error))
            return false;
        if (!used)
            break;
        used_below = free_at + 1;
    }
    if (step >= HANDLES_MOST)
        return fail(error, APP_ERROR_INTERNAL, "the hint of a person's petitions is far behind");

    while (used_below < free_at) {
        int64_t middle = used_below + (free_at - used_below) / 2;

        if (!is_used(prepare, submitter, middle, &tried, &used, error))
            return false;
        if (used) {
            used_below = middle + 1;
        } else {
            free_at = middle;
            *handle = tried;
        }
    }
    *n = free_at;
    return true;
}

/* The person's first handle that no petition has. Where it is known it is not looked up, which would
 * be a cold page of a random index; who is faster, or another node, makes it a race. */
static bool
take_handle(const Prepare *prepare, const VaultSubmitter *submitter, Bytes *handle, int64_t *n,
            GError **error)
{
    uint8_t *bytes;

    if (!submitter->exact || prepare->attempt > 0)
        return find_free(prepare, submitter, handle, n, error);

    bytes = arena_alloc(prepare->mem, VAULT_HANDLE_SIZE);
    vault_submitter_handle(submitter, submitter->used, bytes);
    *handle = (Bytes){ bytes, VAULT_HANDLE_SIZE };
    *n = submitter->used;
    return true;
}

/* Handles that this person's submissions of the same commit take are used as well. Persons stand below
 * zero among what is pending, petitions' numbers above. */
static void
count_pending(const Prepare *prepare, int64_t person_id, VaultSubmitter *submitter)
{
    const int64_t *used = command_pending(prepare, -person_id);

    if (used == NULL)
        return;
    submitter->used = *used;
    submitter->exact = true;
}

static void
keep_pending(Prepare *prepare, int64_t person_id, int64_t handle_n)
{
    int64_t *used = ARENA_NEW(prepare->mem, int64_t);

    *used = handle_n + 1;
    command_pending_put(prepare, -person_id, used);
}

/* ---- the row ---- */

/* With an entity: its 48 hours run. Without, or about the head: the unit's day does. So it does while
 * the registry is waited for; then the entity gets it anyway, as it does at once where there is none. */
static void
set_course(const Prepare *prepare, const PetitionSubmit *cmd, Petition *petition)
{
    Calendar calendar = system_calendar(prepare->sys);
    bool     goes_on = cmd->entity_id != 0 && petition_rule_goes_to_entity(cmd->about);

    if (!goes_on || (petition->provisional && registry_is_there(prepare->sys))) {
        petition->state = "received";
        petition->holder = "unit";
        petition->due_at = petition_rule_triage_by(&calendar, prepare->now);
        petition->identity_at = goes_on ? petition->due_at : 0;
        return;
    }

    petition->state = "assigned";
    petition->holder = "entity";
    petition->entity_id = cmd->entity_id;
    petition->service_id = cmd->service_id;
    petition->assigned_at = prepare->now;
    petition_act_clock(petition, prepare->now, petition_rule_accept_by(&calendar, prepare->now));
}

static bool
make_petition(const Prepare *prepare, const PetitionSubmit *cmd, const VaultSubmitter *submitter,
              Petition *petition, int64_t *handle_n, GError **error)
{
    *petition = (Petition){
        .id = id_next(prepare->sys->ids),
        .version = 1,
        .type = cmd->type,
        .about = cmd->about,
        .channel = cmd->channel,
        .lang = cmd->lang,
        .contact = cmd->contact,
        .place_id = cmd->place_id,
        .identity_hidden = cmd->identity_hidden,
        .restricted = petition_rule_is_restricted(cmd->about),
        .provisional = petition_rule_is_provisional(cmd->type, submitter->person.verification),
        .lodged_at = prepare->now,
        .entered_at = prepare->recorded_at,
    };
    if (!draw_number(prepare, &petition->number, error))
        return false;
    set_course(prepare, cmd, petition);
    petition_brief_seal(prepare->sys, prepare->mem, cmd->subject, cmd->place_words, petition);
    petition->person = vault_link(prepare->sys->vault, prepare->mem, petition->id, cmd->person_id);
    return take_handle(prepare, submitter, &petition->handle, handle_n, error);
}

/* ---- the plan ---- */

/* The submission as bytes: what is kept, and what tells a repeat. */
typedef struct {
    Bytes payload, command;
} Written;

static Event
event_of(const Prepare *prepare, const Petition *petition)
{
    const Who *by = prepare->by;

    return (Event){
        .petition_id = petition->id,
        .version = petition->version,
        .kind = access_action_name(ACTION_SUBMIT),
        .at = prepare->now,
        .actor_role = by->role,
        .actor_ref = by->account_id,
        .on_behalf = by->account_id != 0 ? "requester" : NULL,
        .entity_to = petition->entity_id,
        .holder = petition->holder,
        .state = petition->state,
        .due_at = petition->due_at,
        .visibility = "requester",
        .number = petition->number,
        .service_id = petition->service_id,
        .place_id = petition->place_id,
        .type = petition->type,
        .channel = petition->channel,
        .contact = petition->contact,
        .lang = petition->lang,
        .restricted = petition->restricted,
        .lodged_at = petition->lodged_at,
    };
}

static void
add_tokens(Prepare *prepare, const PetitionSubmit *cmd, const Petition *petition)
{
    const PetitionContent content = {
        .subject = cmd->subject,
        .text = cmd->text,
        .wanted = cmd->wanted,
        .place_words = cmd->place_words,
    };

    token_add(prepare, petition->id,
              petition_act_tokens(prepare->sys, prepare->mem, &content, petition->entity_id));
}

static bool
add_plan(Prepare *prepare, const PetitionSubmit *cmd, const Written *written,
         const Petition *petition, GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Event event = event_of(prepare, petition);
    Bytes wrapped;

    crypto_key_random(&key);
    event.key = &key;
    event.payload = written->payload;
    event.content = written->command;
    if (!event_append(prepare, &event, error))
        return false;

    wrapped = vault_wrap(prepare->sys->vault, prepare->mem, VAULT_KEY_PETITION,
                         (CryptoPlace){ "petition_key", "wrapped", petition->id }, &key);
    petition_store_insert(prepare->plan, petition, prepare->command_id);
    petition_store_insert_key(prepare->plan, petition->id, wrapped);
    petition_act_keep(prepare, petition, wrapped);
    add_tokens(prepare, cmd, petition);
    if (cmd->draft_hash.data != NULL)
        petition_store_take_draft(prepare->plan, cmd->draft_hash, petition->id, event.id);
    return true;
}

/* ---- the command ---- */

bool
petition_submit_prepare(Prepare *prepare, const void *data, void *result, GError **error)
{
    const PetitionSubmit *cmd = data;
    PetitionReceipt      *receipt = result;
    Written               written;
    Petition              petition;
    int64_t               handle_n;
    g_auto(VaultSubmitter) submitter = { .used = 0 };

    if (!may_submit(prepare, cmd, error))
        return false;

    written.payload = petition_payload_write_content(prepare->mem, cmd);
    written.command = petition_payload_submit_command(prepare->mem, cmd, written.payload);
    if (!find_repeat(prepare, cmd, written.command, receipt, error))
        return false;
    if (prepare->repeated)
        return true;

    if (!vault_submitter(prepare->sys->vault, prepare->mem, cmd->person_id, &submitter, error))
        return false;

    if (!check_rule(prepare, cmd, &submitter.person, error))
        return false;

    count_pending(prepare, cmd->person_id, &submitter);
    if (!make_petition(prepare, cmd, &submitter, &petition, &handle_n, error))
        return false;

    *receipt = (PetitionReceipt){ petition.id, petition.number, "", handle_n };
    vault_tracking_code(prepare->sys->vault, petition.id, receipt->code);
    if (!add_plan(prepare, cmd, &written, &petition, error))
        return false;

    keep_pending(prepare, cmd->person_id, handle_n);
    return true;
}

bool
petition_submit(const CommandContext *context, const PetitionSubmit *cmd, PetitionReceipt *receipt,
                CommandOutcome *outcome, GError **error)
{
    CommandOutcome own;

    if (outcome == NULL)
        outcome = &own;
    if (!command_run(context, petition_submit_prepare, cmd, receipt, outcome, error))
        return false;

    if (!outcome->repeated)
        vault_raise_hint(context->sys->vault, cmd->person_id, receipt->handle_n + 1);
    return true;
}
