/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The trial entity is one that people write to about something everybody knows: water. Passwords are
 * printed and kept nowhere; a lost one is replaced by a new store. */
#include "app/trial.h"

#include "core/session.h"

#include <qrcodegen.h>
#include <string.h>

#define TRIAL_ENTITY "miyahuna"
#define TOTP_SIZE 20

static const struct {
    const char *login, *name;
    Role        role;
    bool        of_entity, of_directorate;
    const char *page;
} trial_people[] = {
    { "officer", "ضابط الارتباط", ROLE_LIAISON, true, false, "/office" },
    { "deputy", "ضابط الارتباط البديل", ROLE_LIAISON, true, false, "/office" },
    { "directorate", "المديرية الفنية", ROLE_DIRECTORATE, true, true, "/office/questions" },
    { "unit", "وحدة إدارة الشكاوى الحكومية", ROLE_UNIT, false, false, "/office/triage" },
    { "agent", "موظف مركز الاتصال", ROLE_AGENT, false, false, "/desk" },
};

/* Twenty characters of base32: a hundred bits, easy to type. */
static char *
random_password(Arena *mem)
{
    uint8_t bytes[16];
    char    letters[21];

    crypto_random(bytes, sizeof bytes);
    crypto_base32(bytes, 20, letters);
    letters[20] = '\0';
    return arena_printf(mem, "%.5s-%.5s-%.5s-%.5s", letters, letters + 5, letters + 10,
                        letters + 15);
}

/* Two modules to a character, dark on light whatever the terminal's colours are. */
static void
print_qr(FILE *out, const char *text)
{
    uint8_t code[qrcodegen_BUFFER_LEN_MAX], work[qrcodegen_BUFFER_LEN_MAX];
    int     width;

    if (!qrcodegen_encodeText(text, work, code, qrcodegen_Ecc_LOW, qrcodegen_VERSION_MIN,
                              qrcodegen_VERSION_MAX, qrcodegen_Mask_AUTO, false))
        return;
    width = qrcodegen_getSize(code);
    for (int y = -1; y < width + 1; y += 2) {
        fputs("      \033[30;107m ", out);
        for (int x = 0; x < width; x++) {
            bool top = qrcodegen_getModule(code, x, y);
            bool low = qrcodegen_getModule(code, x, y + 1);

            fputs(top && low ? "█" : top ? "▀" : low ? "▄" : " ", out);
        }
        fputs(" \033[0m\n", out);
    }
}

static const Entity *
trial_entity(System *sys)
{
    const Reference     *ref = system_reference(sys);
    const Entity        *wanted = reference_entity_by_code(ref, TRIAL_ENTITY);
    size_t               n;
    const Entity *const *all = reference_entities(ref, &n);

    return wanted != NULL || n == 0 ? wanted : all[0];
}

static int64_t
first_directorate(System *sys, int64_t entity_id)
{
    size_t                    n;
    const Directorate *const *all = reference_directorates(system_reference(sys), entity_id, &n);

    return n == 0 ? 0 : all[0]->id;
}

static bool
make_account(System *sys, Arena *mem, size_t i, FILE *out, GError **error)
{
    const Entity  *entity = trial_people[i].of_entity ? trial_entity(sys) : NULL;
    Who            system_who = { .role = ROLE_SYSTEM };
    CommandContext context = { .sys = sys, .mem = mem, .by = &system_who };
    uint8_t        totp[TOTP_SIZE];
    AccountNew     cmd = { .login = trial_people[i].login,
                           .name = trial_people[i].name,
                           .role = trial_people[i].role,
                           .password = random_password(mem),
                           .totp = BYTES_OF(totp) };
    AccountMade    made;
    char          *secret;

    crypto_random(totp, sizeof totp);
    cmd.entity_id = entity == NULL ? 0 : entity->id;
    if (trial_people[i].of_directorate && entity != NULL)
        cmd.directorate_id = first_directorate(sys, entity->id);
    if (!session_account_new(&context, &cmd, &made, error))
        return false;

    secret = crypto_totp_text(mem, cmd.totp);
    fprintf(out, "\n  %-12s password %s   second factor %s\n  %-12s %s%s\n", cmd.login,
            cmd.password, secret, "", sys->address, trial_people[i].page);
    print_qr(out,
             arena_printf(mem, "otpauth://totp/Sawt:%s?secret=%s&issuer=Sawt", cmd.login, secret));
    return true;
}

bool
trial_accounts(System *sys, FILE *out, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    int64_t there = 0;

    if (!session_count_accounts(sys, mem, &there, error))
        return false;
    if (there > 0)
        return true;
    fprintf(out, "Trial accounts (shown once; sign in at %s/staff/sign-in):\n", sys->address);
    for (size_t i = 0; i < G_N_ELEMENTS(trial_people); i++)
        if (!make_account(sys, mem, i, out, error))
            return false;
    return true;
}

bool
trial_first_administrator(System *sys, FILE *out, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    Who            system_who = { .role = ROLE_SYSTEM };
    CommandContext context = { .sys = sys, .mem = mem, .by = &system_who };
    AccountNew     cmd = { .login = "admin", .name = "مدير النظام", .role = ROLE_ADMIN };
    AccountMade    made;
    int64_t        there = 0;

    if (!session_count_accounts(sys, mem, &there, error))
        return false;
    if (there > 0)
        return true;
    if (!session_account_new(&context, &cmd, &made, error))
        return false;
    fprintf(out,
            "Administrator \"admin\": set password and second factor within 24 hours, once, at\n"
            "  %s/staff/setup/%s\n",
            sys->address, made.link_token);
    return true;
}

void
trial_print_address(FILE *out, const Config *config, int port)
{
    if (config->trial)
        fprintf(out,
                "\nSawt runs in trial mode.\n"
                "  people    http://localhost:%d/\n"
                "  staff     http://localhost:%d/staff/sign-in\n"
                "  messages  http://localhost:%d/outbox\n",
                port, port, port);
    else
        fprintf(out, "\nSawt runs at %s (listening on %s, port %d).\n", config->address,
                config->listen, port);
    fflush(out);
}
