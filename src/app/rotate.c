/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Steps of a hundred rows, each a commit of its own, beside whatever the server does; none any more
 * when nobody waits for the end: the server stops only when this has ended. */
#include "app/rotate.h"

#include "base/stream.h"
#include "feature/attachment/attachment.h"
#include "feature/petition/petition.h"

#include <string.h>

typedef bool (*RewrapStep)(System *sys, Arena *mem, int64_t *after, int64_t *n, GError **error);

static bool
rewrap_persons(System *sys, Arena *mem, int64_t *after, int64_t *n, GError **error)
{
    return vault_rewrap_persons(sys->vault, mem, after, n, error);
}

static const struct {
    VaultKey   purpose;
    RewrapStep step;
} rewrapped[] = {
    { VAULT_KEY_PERSON, rewrap_persons },
    { VAULT_KEY_PETITION, petition_rewrap_keys },
    { VAULT_KEY_ATTACHMENT, attachment_rewrap },
};

static RewrapStep
step_of(VaultKey purpose)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rewrapped); i++)
        if (rewrapped[i].purpose == purpose)
            return rewrapped[i].step;
    return NULL;
}

static bool
rewrap_all(System *sys, RewrapStep step, FILE *out, int64_t *all, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t after = 0, n = 0;

    *all = 0;
    do {
        arena_reset(mem);
        if (!step(sys, mem, &after, &n, error))
            return false;
        *all += n;
        if (n > 0 && !stream_is_read(out))
            return fail(error, APP_ERROR_BUSY, "stopped; --resume goes on");
    } while (n > 0);
    return true;
}

static bool
rotate(System *sys, VaultKey purpose, bool resume, FILE *out, GError **error)
{
    g_auto(CryptoKey) newest = { .id = 0 };
    RewrapStep step = step_of(purpose);
    int64_t    n = 0;

    if (!resume && !vault_rotate(sys->vault, purpose, error))
        return false;
    if (step != NULL && !rewrap_all(sys, step, out, &n, error))
        return false;

    vault_key(sys->vault, purpose, &newest);
    fprintf(out, "epoch %u; %" G_GINT64_FORMAT " data keys wrapped again\n", newest.id, (gint64)n);
    return true;
}

int
rotate_command(System *sys, int argc, char **argv, FILE *out)
{
    g_autoptr(GError) error = NULL;
    bool     resume = argc > 2 && strcmp(argv[2], "--resume") == 0;
    VaultKey purpose;

    if (argc < 2 || (argc > 2 && !resume) || !vault_key_named(argv[1], &purpose)) {
        fputs(
            "sawt: rotate takes a purpose of the ring (person, petition, attachment, brief, link, "
            "content, cookie, draft, account), and --resume to go on\n",
            out);
        return 2;
    }
    if (rotate(sys, purpose, resume, out, &error))
        return 0;
    fprintf(out, "sawt: %s\n", error->message);
    return 1;
}
