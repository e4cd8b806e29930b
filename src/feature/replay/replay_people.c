/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/replay/replay_people.h"

#include "core/command.h"

#define PEOPLE 100

struct ReplayPeople {
    int64_t ids[PEOPLE];
    size_t  next;
};

static const char *const given[] = { "أحمد", "محمد", "خالد", "سامر", "رنا",
                                     "هبة",  "لينا", "نور",  "زيد",  "مها" };
static const char *const family[] = { "النسور", "حداد", "الخطيب", "عودة",  "الشريف",
                                      "درويش",  "قاسم", "ناصر",   "منصور", "سليمان" };

static bool
register_person(System *sys, Arena *mem, size_t i, int64_t *id, GError **error)
{
    static const Who by = { .role = ROLE_SYSTEM, .lang = "ar" };
    Identity         identity = { .document_type = "national_number",
                                  .document_issuer = "JO",
                                  .document_number = arena_printf(mem, "90000%05zu", i),
                                  .name = { given[i % 10], given[i / 10 % 10], given[(i + 3) % 10],
                                            family[i / 10 % 10] },
                                  .birth_date = "1980-01-01" };
    Contact          contact = { .phone = arena_printf(mem, "96279000%04zu", i) };
    VaultRegister    cmd = { .identity = &identity,
                             .contact = &contact,
                             .verification = VAULT_VERIFIED,
                             .lang = "ar",
                             .by = &by,
                             .command_id = command_id_read(mem, NULL) };
    VaultPerson      person;

    if (!vault_register(sys->vault, mem, &cmd, &person, error))
        return false;
    *id = person.id;
    return true;
}

ReplayPeople *
replay_people_new(System *sys, GError **error)
{
    g_autoptr(Arena) mem = arena_new();
    ReplayPeople *people = g_new0(ReplayPeople, 1);

    for (size_t i = 0; i < PEOPLE; i++)
        if (!register_person(sys, mem, i, &people->ids[i], error)) {
            replay_people_free(people);
            return NULL;
        }
    return people;
}

void
replay_people_free(ReplayPeople *people)
{
    g_free(people);
}

int64_t
replay_people_next(ReplayPeople *people)
{
    return people->ids[people->next++ % PEOPLE];
}
