/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The way to the identity registry: asks it, waits a short time only, and leaves it alone for a while
 * when it does not answer, so that a registry that is down costs a person nothing but a later
 * verification. What answers today is the vault's embedded table, for trying out. */
#pragma once

#include "core/breaker.h"
#include "core/vault.h"

struct System;

typedef enum {
    REGISTRY_BY_MODE, /* the embedded one in trial mode, else none */
    REGISTRY_NONE,
    REGISTRY_EMBEDDED,
} RegistryKind;

/* How the embedded one behaves: trial mode can produce what happens in the country. */
typedef enum {
    REGISTRY_UP,
    REGISTRY_SLOW, /* answers after everybody has given up waiting */
    REGISTRY_DOWN,
} RegistryState;

/* Of a System; all zero is right. */
typedef struct Registry {
    RegistryKind kind;
    int64_t      patience; /* microseconds that an answer is waited for; 0: the usual */
    _Atomic(int) state;    /* RegistryState */
    Breaker      breaker;
} Registry;

/* "up", "slow", "down". */
const char *registry_state_name(RegistryState state);
bool        registry_state_parse(const char *name, RegistryState *state);
/* Trial mode's switch; what was noted of failures is forgotten. */
void registry_set_state(struct System *sys, RegistryState state);

/* Is there one with this configuration? */
bool registry_is_there(const struct System *sys);
/* Is there one, and is it not being left alone at `now`? */
bool registry_may_ask(const struct System *sys, AppTime now);

/* VERIFIED, MISMATCH, or UNKNOWN when it does not have the document. BUSY: there is none, it does not
 * answer in time, or it is left alone. INVALID: a document without type or number. */
bool registry_verify(struct System *sys, Arena *mem, const Identity *identity,
                     VaultVerification *out, GError **error) MUST_USE;
/* The same of a person, and what the answer does to them: VERIFIED or MISMATCH (also for a document
 * that the registry does not have, or that is meanwhile another's). NOT_FOUND, BUSY. */
bool registry_verify_person(struct System *sys, Arena *mem, int64_t person_id,
                            VaultVerification *out, GError **error) MUST_USE;
