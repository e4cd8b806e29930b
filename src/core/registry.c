/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Asks the registry. What must stay true: nobody waits longer than its patience, and after a failure
 * nobody asks before a pause has gone by that doubles with each one. */
#include "core/registry.h"

#include "base/thread.h"
#include "core/system.h"

#include <string.h>

#define PATIENCE (2 * SECONDS)
#define FIRST_PAUSE (5 * SECONDS)
#define LONGEST_PAUSE (5 * MINUTES)

static const char *const state_names[] = {
    [REGISTRY_UP] = "up",
    [REGISTRY_SLOW] = "slow",
    [REGISTRY_DOWN] = "down",
};

const char *
registry_state_name(RegistryState state)
{
    return state_names[state];
}

bool
registry_state_parse(const char *name, RegistryState *state)
{
    for (size_t i = 0; i < G_N_ELEMENTS(state_names); i++)
        if (strcmp(state_names[i], name) == 0) {
            *state = (RegistryState)i;
            return true;
        }
    return false;
}

void
registry_set_state(System *sys, RegistryState state)
{
    atomic_store(&sys->registry.state, (int)state);
    breaker_succeeded(&sys->registry.breaker);
}

bool
registry_is_there(const System *sys)
{
    return sys->registry.kind == REGISTRY_EMBEDDED ||
           (sys->registry.kind == REGISTRY_BY_MODE && sys->trial);
}

bool
registry_may_ask(const System *sys, AppTime now)
{
    return registry_is_there(sys) && !breaker_is_open(&sys->registry.breaker, now);
}

/* Until patience is at its end: what a registry that answers too late costs. */
static void
wait_in_vain(const System *sys)
{
    int64_t patience = sys->registry.patience != 0 ? sys->registry.patience : PATIENCE;
    int64_t until = clock_monotonic() + patience;
    Lock    lock;
    Signal  never;

    lock_init(&lock);
    signal_init(&never);
    lock_take(&lock);
    for (int64_t left = patience; left > 0; left = until - clock_monotonic())
        signal_wait_for(&never, &lock, left);
    lock_leave(&lock);
    signal_clear(&never);
    lock_clear(&lock);
}

static bool
reach(System *sys, GError **error)
{
    int state = atomic_load(&sys->registry.state);

    if (!registry_may_ask(sys, clock_now(sys->clock)))
        return fail(error, APP_ERROR_BUSY, "registry: there is none, or it is left alone");
    if (state == REGISTRY_UP)
        return true;

    if (state == REGISTRY_SLOW)
        wait_in_vain(sys);
    /* Who waited beside others and hears it after the first of them: that is one failure, not many. */
    if (!breaker_is_open(&sys->registry.breaker, clock_now(sys->clock)))
        breaker_failed(&sys->registry.breaker, clock_now(sys->clock), FIRST_PAUSE, LONGEST_PAUSE);
    return fail(error, APP_ERROR_BUSY, "registry: %s", registry_state_name((RegistryState)state));
}

bool
registry_verify(System *sys, Arena *mem, const Identity *identity, VaultVerification *out,
                GError **error)
{
    if (!reach(sys, error) || !vault_registry_verify(sys->vault, mem, identity, out, error))
        return false;

    breaker_succeeded(&sys->registry.breaker);
    return true;
}

bool
registry_verify_person(System *sys, Arena *mem, int64_t person_id, VaultVerification *out,
                       GError **error)
{
    g_autoptr(GError) cause = NULL;
    Identity          identity;
    int64_t           version;
    VaultVerification found;

    if (!vault_identity(sys->vault, mem, person_id, &identity, &version, error) ||
        !registry_verify(sys, mem, &identity, &found, error))
        return false;

    if (found == VAULT_VERIFIED &&
        vault_set_verification(sys->vault, mem, person_id, version, VAULT_VERIFIED, &cause)) {
        *out = VAULT_VERIFIED;
        return true;
    }
    if (cause != NULL && error_code(cause) != APP_ERROR_CONFLICT) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    *out = VAULT_MISMATCH;
    return vault_set_verification(sys->vault, mem, person_id, version, VAULT_MISMATCH, error);
}
