/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/replay/replay_people.h"

#include "core/command.h"

#define PEOPLE 1000

struct ReplayPeople {
    System *sys;
    Arena  *mem;
    int64_t ids[PEOPLE]; /* 0: not met in this run */
};

static const char *const given[] = { "أحمد", "محمد", "خالد", "سامر", "رنا",
                                     "هبة",  "لينا", "نور",  "زيد",  "مها" };
static const char *const family[] = { "النسور", "حداد", "الخطيب", "عودة",  "الشريف",
                                      "درويش",  "قاسم", "ناصر",   "منصور", "سليمان" };

static const Who by = { .role = ROLE_SYSTEM, .lang = "ar" };

static bool
register_person(ReplayPeople *people, const char *document, size_t i, VaultPerson *person,
                GError **error)
{
    Arena        *mem = people->mem;
    Identity      identity = { .document_type = "national_number",
                               .document_issuer = "JO",
                               .document_number = document,
                               .name = { given[i % 10], given[i / 10 % 10], given[(i + 3) % 10],
                                         family[i / 100 % 10] },
                               .birth_date = "1980-01-01" };
    Contact       contact = { .phone = arena_printf(mem, "96279000%04zu", i) };
    VaultRegister cmd = { .identity = &identity,
                          .contact = &contact,
                          .verification = VAULT_VERIFIED,
                          .lang = "ar",
                          .by = &by,
                          .command_id = command_id_read(mem, NULL) };

    return vault_register(people->sys->vault, mem, &cmd, person, error);
}

/* Found before registered: registering renews, which writes. */
static bool
meet(ReplayPeople *people, size_t i, GError **error)
{
    g_autoptr(GError) absent = NULL;
    VaultPerson person;
    const char *document = arena_printf(people->mem, "90000%05zu", i);
    bool found = vault_find_by_document(people->sys->vault, people->mem, &by, "national_number",
                                        "JO", document, &person, &absent);

    if (!found && error_code(absent) != APP_ERROR_NOT_FOUND) {
        g_propagate_error(error, g_steal_pointer(&absent));
        return false;
    }
    if (!found && !register_person(people, document, i, &person, error))
        return false;
    people->ids[i] = person.id;
    arena_reset(people->mem);
    return true;
}

ReplayPeople *
replay_people_new(System *sys)
{
    ReplayPeople *people = g_new0(ReplayPeople, 1);

    people->sys = sys;
    people->mem = arena_new();
    return people;
}

void
replay_people_free(ReplayPeople *people)
{
    if (people == NULL)
        return;
    arena_free(people->mem);
    g_free(people);
}

bool
replay_people_of(ReplayPeople *people, const char *id, int64_t *person_id, GError **error)
{
    size_t i = g_str_hash(id) % PEOPLE;

    if (people->ids[i] == 0 && !meet(people, i, error))
        return false;
    *person_id = people->ids[i];
    return true;
}
