/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The frame of every command. What must stay true: a repeat is answered before rights and rules are
 * asked, because the first run may have changed both (an officer who returned a petition no longer
 * sees it); the command id is 128 random bits and the content names the actor, so nothing leaks. */
#include "feature/petition/petition_act.h"

#include "core/token.h"
#include "feature/petition/petition_brief.h"
#include "feature/petition/petition_store.h"
#include "messages.h"

#include <string.h>

bool
petition_act_is_own(System *sys, Arena *mem, const Who *who, const Petition *petition)
{
    if (who->role == ROLE_AGENT || who->role == ROLE_COUNTER)
        return true;
    return who->role == ROLE_REQUESTER && who->person_id != 0 &&
           petition_is_of_person(sys, mem, petition, who->person_id);
}

AccessTarget
petition_act_target(const Petition *petition, bool own, int64_t directorate_id)
{
    return (AccessTarget){
        .petition_id = petition->id,
        .entity_id = petition->entity_id,
        .directorate_id = directorate_id,
        .state = petition->state,
        .holder = petition->holder,
        .restricted = petition->restricted,
        .own = own,
    };
}

bool
petition_act_repeat(Prepare *prepare, int64_t petition_id, Bytes content, bool *repeated,
                    GError **error)
{
    g_autoptr(GError) failure = NULL;

    if (event_is_repeat(prepare, petition_id, content, repeated, &failure))
        return true;

    if (error_code(failure) == APP_ERROR_INVALID)
        return command_refuse(prepare, &(Refusal){ .message = MSG_REFUSAL_REPEAT_DIFFERS }, error);
    g_propagate_error(error, g_steal_pointer(&failure));
    return false;
}

static Bytes
content_of(const PetitionAct *act)
{
    const Who *by = act->prepare->by;

    return petition_payload_command(
        act->prepare->mem, &(PetitionPayloadCommand){
                               .action = access_action_name(act->action),
                               .role = role_name(by->role),
                               .account_id = by->account_id,
                               .outcome = act->outcome,
                               .ground = act->ground,
                               .entity_id = act->entity_id,
                               .service_id = act->service_id,
                               .directorate_id = act->directorate_id,
                               .payload = petition_payload_write(act->prepare->mem, &act->payload),
                           });
}

static bool
give_first_result(const PetitionAct *act, PetitionActed *acted, GError **error)
{
    *acted = (PetitionActed){ .id = act->seen.id, .number = act->seen.number };
    return petition_store_done(act->prepare->tx, act->seen.id, act->prepare->command_id,
                               &acted->event_id, &acted->version, error);
}

static bool
check_version(const PetitionAct *act, GError **error)
{
    /* A note is about the file, not about what it says just now. */
    if (act->action == ACTION_NOTE || act->on->seen_version == 0 ||
        act->on->seen_version == act->seen.version)
        return true;
    return fail(error, APP_ERROR_CONFLICT,
                "version %" G_GINT64_FORMAT " was seen, it is %" G_GINT64_FORMAT " now",
                (gint64)act->on->seen_version, (gint64)act->seen.version);
}

/* ---- within one commit ---- */

typedef struct {
    Petition petition;
    Bytes    wrapped; /* of the data key; {NULL, 0}: it is stored */
} Pending;

void
petition_act_keep(Prepare *prepare, const Petition *petition, Bytes wrapped)
{
    Pending *pending = ARENA_NEW(prepare->mem, Pending);

    *pending = (Pending){ *petition, wrapped };
    command_pending_put(prepare, petition->number, pending);
}

static Bytes
pending_key(const PetitionAct *act)
{
    const Pending *pending = command_pending(act->prepare, act->seen.number);

    return pending == NULL ? (Bytes){ NULL, 0 } : pending->wrapped;
}

static bool
read_seen(PetitionAct *act, GError **error)
{
    const Pending *pending = command_pending(act->prepare, act->on->number);

    if (pending == NULL)
        return petition_store_by_number(act->prepare->tx, act->on->number, &act->seen, error);
    act->seen = pending->petition;
    return true;
}

static bool
read_key(const PetitionAct *act, CryptoKey *key, GError **error)
{
    System *sys = act->prepare->sys;
    Bytes   wrapped = pending_key(act);

    if (wrapped.data == NULL)
        return petition_key(sys, act->prepare->tx, act->seen.id, key, error);
    return vault_unwrap(sys->vault, VAULT_KEY_PETITION,
                        (CryptoPlace){ "petition_key", "wrapped", act->seen.id }, wrapped, key,
                        error);
}

/* ---- the frame ---- */

bool
petition_act_begin(PetitionAct *act, PetitionActed *acted, GError **error)
{
    Prepare *prepare = act->prepare;
    bool     repeated;

    if (!read_seen(act, error))
        return false;

    act->own =
        act->on->own && petition_act_is_own(prepare->sys, prepare->mem, prepare->by, &act->seen);
    act->content = content_of(act);
    if (!petition_act_repeat(prepare, act->seen.id, act->content, &repeated, error))
        return false;
    if (repeated)
        return give_first_result(act, acted, error);

    AccessTarget target = petition_act_target(&act->seen, act->own, act->directorate_id);
    if (!access_require(prepare->by, act->action, &target, error) || !check_version(act, error))
        return false;

    act->calendar = system_calendar(prepare->sys);
    act->rules = (RuleContext){ prepare->mem, &act->calendar, prepare->now };
    act->next = act->seen;
    act->next.version++;
    return true;
}

bool
petition_act_allow(const PetitionAct *act, const Refusal *refusal, GError **error)
{
    return refusal == NULL || command_refuse(act->prepare, refusal, error);
}

void
petition_act_clock(Petition *next, AppTime now, AppTime due_at)
{
    next->due_at = due_at;
    next->next_climb_at = petition_rule_remind_at(now, due_at);
    next->next_climb_level = next->next_climb_at == 0 ? 0 : 1;
}

void
petition_act_end_clock(Petition *next, AppTime due_at)
{
    next->due_at = due_at;
    next->next_climb_at = 0;
    next->next_climb_level = 0;
}

bool
petition_act_read_content(Arena *mem, const CryptoKey *key, const EventRow *submitted,
                          PetitionContent *out, GError **error)
{
    const char *json;

    return event_payload(mem, key, submitted, &json, error) &&
           petition_payload_read_content(mem, json, out, error);
}

bool
petition_act_read_submission(const PetitionAct *act, PetitionContent *content, GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Prepare  *prepare = act->prepare;
    EventRow *rows;
    size_t    n;

    if (!event_history(prepare->tx, act->seen.id, 0, &rows, &n, error))
        return false;
    if (n == 0)
        return command_pending(prepare, act->seen.number) != NULL
                   ? fail(error, APP_ERROR_RACE, "its submission is not committed yet")
                   : fail(error, APP_ERROR_INTERNAL, "a petition without events");
    return petition_key(prepare->sys, prepare->tx, act->seen.id, &key, error) &&
           petition_act_read_content(prepare->mem, &key, &rows[0], content, error);
}

bool
petition_act_readdress(PetitionAct *act, const PetitionContent *content, GError **error)
{
    Prepare    *prepare = act->prepare;
    Petition   *next = &act->next;
    const char *tokens;

    if (!token_of_petition(prepare->tx, next->id, &tokens, error))
        return false;

    petition_brief_seal(prepare->sys, prepare->mem, content->subject, content->place_words, next);
    token_replace(prepare, next->id, tokens,
                  petition_act_tokens(prepare->sys, prepare->mem, content, next->entity_id));
    return true;
}

char *
petition_act_tokens(System *sys, Arena *mem, const PetitionContent *content, int64_t entity_id)
{
    const char *wanted = content->wanted == NULL ? "" : content->wanted;
    const char *place_words = content->place_words == NULL ? "" : content->place_words;

    return token_text(
        sys, mem,
        arena_printf(mem, "%s\n%s\n%s\n%s", content->subject, content->text, wanted, place_words),
        entity_id);
}

static Event
event_of(const PetitionAct *act)
{
    const Petition *next = &act->next;
    const Who      *by = act->prepare->by;

    return (Event){
        .petition_id = next->id,
        .version = next->version,
        .kind = act->kind != NULL ? act->kind : access_action_name(act->action),
        .at = act->prepare->now,
        .actor_role = by->role,
        .actor_ref = by->account_id,
        .on_behalf = act->own && by->account_id != 0 ? "requester" : NULL,
        .entity_from = act->seen.entity_id,
        .entity_to = next->entity_id,
        .directorate_id = act->directorate_id,
        .holder = next->holder,
        .state = next->state,
        .due_at = next->due_at,
        .outcome = act->outcome,
        .ground = act->ground,
        .visibility = act->visibility,
        .payload = petition_payload_write(act->prepare->mem, &act->payload),
        .content = act->content,
        .number = next->number,
        .service_id = next->service_id,
        .place_id = next->place_id,
        .type = next->type,
        .channel = next->channel,
        .contact = next->contact,
        .lang = next->lang,
        .restricted = next->restricted,
        .lodged_at = next->lodged_at,
    };
}

bool
petition_act_end(const PetitionAct *act, PetitionActed *acted, GError **error)
{
    g_auto(CryptoKey) key = { .id = 0 };
    Prepare *prepare = act->prepare;
    Event    event = event_of(act);

    if (event.payload.data != NULL) {
        if (!read_key(act, &key, error))
            return false;
        event.key = &key;
    }

    if (!event_append(prepare, &event, error))
        return false;

    act->change(prepare->plan, &act->seen, &act->next);
    if (act->ends_questions)
        petition_store_lapse_questions(prepare->plan, event.petition_id, event.id);
    petition_act_keep(prepare, &act->next, pending_key(act));
    *acted = (PetitionActed){ event.petition_id, act->next.number, event.version, event.id };
    return true;
}

bool
petition_act_run(PetitionAct *act, const void *cmd, PetitionActed *acted, GError **error)
{
    if (!petition_act_begin(act, acted, error))
        return false;
    return act->prepare->repeated ||
           (act->decide(act, cmd, error) && petition_act_end(act, acted, error));
}
