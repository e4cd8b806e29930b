/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Two tables and nothing beside them. What must stay true: what no row allows is refused, a relation
 * without a row is hidden as if there were no such petition, and an account without the id that its
 * role needs (an officer without entity) is related to nothing. */
#include "core/access.h"

/* ---- who may enter a route ---- */

#define BIT(n) (UINT32_C(1) << (n))

#define STAFF                                                                                      \
    (BIT(ROLE_AGENT) | BIT(ROLE_COUNTER) | BIT(ROLE_LIAISON) | BIT(ROLE_DIRECTORATE) |             \
     BIT(ROLE_HEAD) | BIT(ROLE_UNIT) | BIT(ROLE_ANALYST) | BIT(ROLE_PANEL) | BIT(ROLE_PREMIER) |   \
     BIT(ROLE_ADMIN) | BIT(ROLE_AUDITOR))
#define EVERYBODY (BIT(ROLE_NONE) | BIT(ROLE_REQUESTER) | STAFF)

static const struct {
    const char *name;
    uint32_t    roles;
} perms[PERM_COUNT] = {
    [PERM_UNSET] = { "unset", 0 },
    [PERM_PUBLIC] = { "public", EVERYBODY },
    [PERM_VISITOR] = { "visitor", BIT(ROLE_NONE) | BIT(ROLE_REQUESTER) },
    [PERM_REQUESTER] = { "requester", BIT(ROLE_REQUESTER) },
    [PERM_FOLLOW] = { "follow", BIT(ROLE_NONE) | BIT(ROLE_REQUESTER) },
    [PERM_STAFF] = { "staff", STAFF },
    [PERM_OFFICER] = { "officer", BIT(ROLE_LIAISON) | BIT(ROLE_HEAD) },
    [PERM_DIRECTORATE] = { "directorate", BIT(ROLE_DIRECTORATE) },
    [PERM_UNIT] = { "unit", BIT(ROLE_UNIT) },
    [PERM_OFFICE] = { "office", BIT(ROLE_LIAISON) | BIT(ROLE_HEAD) | BIT(ROLE_UNIT) },
    [PERM_DESK] = { "desk", BIT(ROLE_AGENT) },
    [PERM_ADMIN] = { "admin", BIT(ROLE_ADMIN) },
    [PERM_TRIAL] = { "trial", EVERYBODY },
};

const char *
access_perm_name(Perm perm)
{
    g_assert((unsigned)perm < PERM_COUNT);
    return perms[perm].name;
}

/* Is there a person or an account behind the role? */
static bool
is_somebody(const Who *who)
{
    if (who->role == ROLE_REQUESTER)
        return who->person_id != 0;
    return who->role == ROLE_NONE || who->account_id != 0;
}

bool
access_may_enter(const Who *who, Perm perm, bool trial)
{
    if ((unsigned)who->role >= ROLE_COUNT || (unsigned)perm >= PERM_COUNT)
        return false;
    if ((perms[perm].roles & BIT(who->role)) == 0 || !is_somebody(who))
        return false;
    if (perm == PERM_FOLLOW && who->role == ROLE_NONE)
        return who->petition_id != 0;
    return perm != PERM_TRIAL || trial;
}

/* ---- what may be done to a petition ---- */

static const char *const action_names[ACTION_COUNT] = {
    [ACTION_SUBMIT] = "submit",
    [ACTION_ROUTE] = "route",
    [ACTION_ACCEPT] = "accept",
    [ACTION_CONSULT] = "consult",
    [ACTION_CONSULT_ANSWER] = "consult_answer",
    [ACTION_SET_PERIOD] = "set_period",
    [ACTION_RETURN] = "return",
    [ACTION_UPDATE] = "update",
    [ACTION_NOTE] = "note",
    [ACTION_CLOSE] = "close",
    [ACTION_RATE] = "rate",
    [ACTION_WITHDRAW] = "withdraw",
    [ACTION_ADD_INFORMATION] = "add_information",
    [ACTION_IDENTITY] = "identity",
    [ACTION_READ] = "read",
    [ACTION_READ_STATUS] = "read_status",
};

const char *
access_action_name(Action action)
{
    g_assert((unsigned)action < ACTION_COUNT);
    return action_names[action];
}

/* How somebody stands to a petition. */
typedef enum {
    RELATION_FOREIGN,
    RELATION_OWN,               /* the requester's, the caller's, or what the counter entered */
    RELATION_PROVED,            /* number and code were given                                 */
    RELATION_ENTITY,            /* lies at the officer's entity                               */
    RELATION_ENTITY_RESTRICTED, /* the same, and only named people may see it                 */
    RELATION_DIRECTORATE,       /* the question is put to the member's directorate            */
    RELATION_PANEL,             /* lies before the panel                                      */
    RELATION_ANY,               /* the unit's and the system's to every petition              */
} Relation;

/* The acts of a liaison officer on a file; on a restricted one, which the officer does not see, they
 * are the head's (the chain skips, product.md 2). A restricted file is put to no directorate: that is
 * no named person. */
#define ENTITY_ACTS                                                                                \
    (BIT(ACTION_READ) | BIT(ACTION_NOTE) | BIT(ACTION_ACCEPT) | BIT(ACTION_SET_PERIOD) |           \
     BIT(ACTION_RETURN) | BIT(ACTION_UPDATE) | BIT(ACTION_CLOSE))

/* A pair that is not listed is hidden. */
static const struct {
    Role     role;
    Relation relation;
    uint32_t actions;
} rights[] = {
    { ROLE_NONE, RELATION_PROVED, BIT(ACTION_READ_STATUS) },
    { ROLE_REQUESTER, RELATION_PROVED, BIT(ACTION_READ_STATUS) },
    { ROLE_REQUESTER, RELATION_OWN,
      BIT(ACTION_READ_STATUS) | BIT(ACTION_ADD_INFORMATION) | BIT(ACTION_WITHDRAW) |
          BIT(ACTION_RATE) },
    { ROLE_AGENT, RELATION_OWN,
      BIT(ACTION_READ_STATUS) | BIT(ACTION_ADD_INFORMATION) | BIT(ACTION_WITHDRAW) },
    { ROLE_COUNTER, RELATION_OWN, BIT(ACTION_READ_STATUS) },
    { ROLE_LIAISON, RELATION_ENTITY, ENTITY_ACTS | BIT(ACTION_CONSULT) },
    { ROLE_DIRECTORATE, RELATION_DIRECTORATE, BIT(ACTION_CONSULT_ANSWER) },
    { ROLE_HEAD, RELATION_ENTITY, BIT(ACTION_READ) | BIT(ACTION_NOTE) },
    { ROLE_HEAD, RELATION_ENTITY_RESTRICTED, ENTITY_ACTS },
    { ROLE_UNIT, RELATION_ANY,
      BIT(ACTION_READ) | BIT(ACTION_NOTE) | BIT(ACTION_ROUTE) | BIT(ACTION_CLOSE) },
    { ROLE_PANEL, RELATION_PANEL, BIT(ACTION_READ) | BIT(ACTION_NOTE) },
    { ROLE_SYSTEM, RELATION_ANY, BIT(ACTION_SET_PERIOD) | BIT(ACTION_IDENTITY) },
};

/* Submitting needs no petition: whoever may, may for any entity. */
static const uint32_t submitters = BIT(ROLE_REQUESTER) | BIT(ROLE_AGENT) | BIT(ROLE_COUNTER);

static Relation
relation_of_officer(const Who *who, const AccessTarget *target)
{
    if (who->entity_id == 0 || who->entity_id != target->entity_id)
        return RELATION_FOREIGN;
    return target->restricted ? RELATION_ENTITY_RESTRICTED : RELATION_ENTITY;
}

static Relation
relation_of_member(const Who *who, const AccessTarget *target)
{
    if (who->directorate_id == 0 || who->directorate_id != target->directorate_id)
        return RELATION_FOREIGN;
    return target->restricted ? RELATION_FOREIGN : RELATION_DIRECTORATE;
}

static Relation
relation_of_citizen(const Who *who, const AccessTarget *target)
{
    if (who->role == ROLE_REQUESTER && target->own)
        return RELATION_OWN;
    return who->petition_id != 0 && who->petition_id == target->petition_id ? RELATION_PROVED
                                                                            : RELATION_FOREIGN;
}

static Relation
relation_of(const Who *who, const AccessTarget *target)
{
    switch (who->role) {
    case ROLE_NONE:
    case ROLE_REQUESTER:
        return relation_of_citizen(who, target);
    case ROLE_AGENT:
    case ROLE_COUNTER:
        return target->own ? RELATION_OWN : RELATION_FOREIGN;
    case ROLE_LIAISON:
    case ROLE_HEAD:
        return relation_of_officer(who, target);
    case ROLE_DIRECTORATE:
        return relation_of_member(who, target);
    case ROLE_PANEL:
        return g_strcmp0(target->holder, "panel") == 0 ? RELATION_PANEL : RELATION_FOREIGN;
    case ROLE_UNIT:
    case ROLE_SYSTEM:
        return RELATION_ANY;
    case ROLE_ANALYST:
    case ROLE_PREMIER:
    case ROLE_ADMIN:
    case ROLE_AUDITOR:
    case ROLE_COUNT:
    default:
        return RELATION_FOREIGN;
    }
}

/* An office acts through its accounts, and in a replay as such: what counts is its entity's id. */
static bool
is_office(const Who *who)
{
    return who->role == ROLE_LIAISON || who->role == ROLE_HEAD || who->role == ROLE_DIRECTORATE;
}

static bool
is_related(const Who *who)
{
    return is_somebody(who) || is_office(who) || who->role == ROLE_SYSTEM;
}

static bool
forbid(const Who *who, Action action, GError **error)
{
    return fail(error, APP_ERROR_FORBIDDEN, "%s may not %s",
                who->role == ROLE_NONE ? "a visitor" : role_name(who->role),
                access_action_name(action));
}

bool
access_require(const Who *who, Action action, const AccessTarget *target, GError **error)
{
    g_assert((unsigned)who->role < ROLE_COUNT && (unsigned)action < ACTION_COUNT);
    if (action == ACTION_SUBMIT)
        return ((submitters & BIT(who->role)) != 0 && is_somebody(who)) ||
               forbid(who, action, error);

    Relation relation = is_related(who) ? relation_of(who, target) : RELATION_FOREIGN;
    for (size_t i = 0; i < G_N_ELEMENTS(rights); i++)
        if (rights[i].role == who->role && rights[i].relation == relation)
            return (rights[i].actions & BIT(action)) != 0 || forbid(who, action, error);
    return fail(error, APP_ERROR_NOT_FOUND, "no petition for this %s",
                who->role == ROLE_NONE ? "visitor" : role_name(who->role));
}
