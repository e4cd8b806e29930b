/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The ring, persons, and the ways to them; codes, sessions and the registry have a test of their own. */
#include "base/thread.h"
#include "core/vault_fixture.h"
#include "db/verify.h"

#include <stdatomic.h>

static const Who by_laila_role = { .role = ROLE_REQUESTER };

static Who
as_person(int64_t id)
{
    Who who = by_laila_role;

    who.person_id = id;
    return who;
}

/* ---- the ring ---- */

static void
opens_under_its_root_key_only(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    g_autoptr(Secret) other = vault_fixture_root(8, 32);
    g_autoptr(Secret) brief = vault_fixture_root(7, 31);
    CryptoKey before, after;
    GError   *error = NULL;

    vault_key(fixture->vault, VAULT_KEY_PERSON, &before);
    g_assert_cmpuint(before.id, ==, 1);
    vault_close(fixture->vault);
    fixture->vault = NULL;
    refused(vault_fixture_open(fixture, other, 0, &error) != NULL, &error, APP_ERROR_INTERNAL);
    refused(vault_fixture_open(fixture, brief, 0, &error) != NULL, &error, APP_ERROR_INTERNAL);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM ring"), ==, VAULT_KEY_COUNT);

    vault_fixture_reopen(fixture, 0);
    vault_key(fixture->vault, VAULT_KEY_PERSON, &after);
    g_assert_cmpmem(&before, sizeof before, &after, sizeof after);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM ring"), ==, VAULT_KEY_COUNT);
}

static void
refuses_a_changed_ring(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Bytes wrapped = vault_fixture_blob(fixture, "SELECT wrapped FROM ring WHERE purpose = 'link'");
    GError *error = NULL;

    vault_close(fixture->vault);
    fixture->vault = NULL;
    for (size_t i = 0; i < wrapped.size; i++) {
        uint8_t *changed = (uint8_t *)arena_bytes(fixture->mem, wrapped).data;

        changed[i] ^= 0x10;
        vault_fixture_sql(fixture, "UPDATE ring SET wrapped = ?1 WHERE purpose = 'link'",
                          (Bytes){ changed, wrapped.size });
        refused(vault_fixture_open(fixture, fixture->root, 0, &error) != NULL, &error,
                APP_ERROR_INTERNAL);
    }
    vault_fixture_sql(fixture, "UPDATE ring SET wrapped = ?1 WHERE purpose = 'brief'", wrapped);
    vault_fixture_sql(fixture, "UPDATE ring SET wrapped = ?1 WHERE purpose = 'link'", wrapped);
    refused(vault_fixture_open(fixture, fixture->root, 0, &error) != NULL, &error,
            APP_ERROR_INTERNAL); /* another row's */
}

static void
wraps_and_rotates(void)
{
    static const VaultKey compared[] = { VAULT_KEY_INDEX, VAULT_KEY_TOKEN, VAULT_KEY_TRACKING };
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    const CryptoPlace place = { "petition_key", "wrapped", 5 },
                      moved = { "petition_key", "wrapped", 6 };
    CryptoKey data, back, first, second;
    GError   *error = NULL;

    crypto_key_random(&data);
    Bytes old = vault_wrap(IN(fixture), VAULT_KEY_PETITION, place, &data);
    vault_key(fixture->vault, VAULT_KEY_PETITION, &first);
    done(vault_rotate(fixture->vault, VAULT_KEY_PETITION, &error), &error);
    vault_key(fixture->vault, VAULT_KEY_PETITION, &second);
    g_assert_cmpuint(second.id, ==, 2);
    g_assert_cmpint(memcmp(first.bytes, second.bytes, sizeof first.bytes), !=, 0);

    vault_fixture_reopen(fixture, 0);
    Bytes new = vault_wrap(IN(fixture), VAULT_KEY_PETITION, place, &data);
    g_assert_cmpuint(crypto_key_id(old), ==, 1);
    g_assert_cmpuint(crypto_key_id(new), ==, 2);
    for (int i = 0; i < 2; i++) {
        done(vault_unwrap(fixture->vault, VAULT_KEY_PETITION, place, i == 0 ? old : new, &back,
                          &error),
             &error);
        g_assert_cmpmem(back.bytes, 32, data.bytes, 32);
        g_assert_cmpuint(back.id, ==, 0);
    }
    refused(vault_unwrap(fixture->vault, VAULT_KEY_PETITION, moved, new, &back, &error), &error,
            APP_ERROR_INTERNAL);
    refused(vault_unwrap(fixture->vault, VAULT_KEY_PERSON, place, old, &back, &error), &error,
            APP_ERROR_INTERNAL);
    refused(vault_key_of(fixture->vault, VAULT_KEY_PERSON, 2, &back, &error), &error,
            APP_ERROR_INTERNAL);
    for (size_t i = 0; i < G_N_ELEMENTS(compared); i++)
        refused(vault_rotate(fixture->vault, compared[i], &error), &error, APP_ERROR_INVALID);
}

static void
reads_by_index(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    GError *error = NULL;

    done(db_verify_plans(vault_db(fixture->vault), &error), &error);
}

/* ---- registering ---- */

static void
finds_a_document_however_it_is_typed(void)
{
    static const char *const typed[] = { "9871234567",    "٩٨٧١٢٣٤٥٦٧", "987-123-4567",
                                         " 987 1234567 ", "۹۸۷۱۲۳۴۵۶۷", "\u200f9871234567" };
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    VaultPerson first = vault_fixture_laila(fixture), found;
    GError     *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(typed); i++) {
        Identity again = laila;

        again.document_number = typed[i];
        g_assert_cmpint(
            vault_fixture_register(fixture, &again, &laila_contact, VAULT_VERIFIED, &by_visitor).id,
            ==, first.id);
        done(vault_find_by_document(IN(fixture), &by_visitor, "national_number",
                                    i % 2 == 0 ? "jo" : NULL, typed[i], &found, &error),
             &error);
        g_assert_cmpint(found.id, ==, first.id);
    }
    refused(vault_find_by_document(IN(fixture), &by_visitor, "passport", "JO", "9871234567", &found,
                                   &error),
            &error, APP_ERROR_NOT_FOUND);
    refused(vault_find_by_document(IN(fixture), &by_visitor, "national_number", "SY", "9871234567",
                                   &found, &error),
            &error, APP_ERROR_NOT_FOUND);
    refused(vault_find_by_document(IN(fixture), &by_visitor, "national_number", "JO", " - ", &found,
                                   &error),
            &error, APP_ERROR_INVALID);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM person"), ==, 1);
    g_assert_cmpint(
        vault_fixture_count(fixture, "SELECT count(*) FROM vault_event WHERE person_id > 0"), ==,
        1); /* nothing changed, nothing was written */
}

static void
repeats_a_command(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Identity      other = laila;
    VaultRegister cmd = { .identity = &laila,
                          .contact = &laila_contact,
                          .verification = VAULT_MISMATCH,
                          .lang = "en",
                          .by = &by_visitor,
                          .command_id = vault_fixture_command(fixture) };
    VaultPerson   first, again;
    GError       *error = NULL;

    done(vault_register(IN(fixture), &cmd, &first, &error), &error);
    done(vault_register(IN(fixture), &cmd, &again, &error), &error);
    g_assert_cmpint(first.id, ==, again.id);
    g_assert_cmpint(again.verification, ==, VAULT_MISMATCH);
    g_assert_cmpstr(again.lang, ==, "en");

    other.document_number = "9851112223";
    cmd.identity = &other;
    refused(vault_register(IN(fixture), &cmd, &again, &error), &error, APP_ERROR_INVALID);
}

/* All in one commit, each found again; one that may not be costs the others nothing but the commit. */
static void
registers_many(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Identity      identities[3] = { laila, laila, laila };
    Contact       contacts[3] = { laila_contact, { .phone = "962790000001" }, laila_contact };
    VaultRegister cmds[3];
    VaultPerson   first[3], again[3], known = vault_fixture_laila(fixture);
    int64_t       commits;
    GError       *error = NULL;

    identities[1].document_number = "9851112223";
    identities[2].document_number = "9851112224";
    for (size_t i = 0; i < G_N_ELEMENTS(cmds); i++)
        cmds[i] = (VaultRegister){ .identity = &identities[i],
                                   .contact = &contacts[i],
                                   .verification = VAULT_VERIFIED,
                                   .lang = "ar",
                                   .by = &by_system,
                                   .command_id = vault_fixture_command(fixture) };
    commits = db_stats(vault_db(fixture->vault)).batches;
    done(vault_register_each(IN(fixture), cmds, 3, first, &error), &error);
    g_assert_cmpint(db_stats(vault_db(fixture->vault)).batches - commits, ==, 1);
    done(vault_register_each(IN(fixture), cmds, 3, again, &error), &error);
    g_assert_cmpint(first[0].id, ==, known.id);
    for (size_t i = 0; i < G_N_ELEMENTS(cmds); i++)
        g_assert_cmpint(first[i].id, ==, again[i].id);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM person"), ==, 3);
    done(vault_register_each(IN(fixture), cmds, 0, again, &error), &error);

    identities[2].document_number = "9851112225";
    cmds[2].command_id = vault_fixture_command(fixture);
    contacts[0].phone = "962790000002"; /* another telephone for a document that is taken */
    cmds[0].command_id = vault_fixture_command(fixture);
    refused(vault_register_each(IN(fixture), cmds, 3, again, &error), &error, APP_ERROR_CONFLICT);
    cmds[0].identity = NULL;
    refused(vault_register_each(IN(fixture), cmds, 3, again, &error), &error, APP_ERROR_INVALID);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM person"), ==, 3);
}

static void
refuses_what_is_no_registration(void)
{
    static const Role nobody[] = { ROLE_LIAISON, ROLE_DIRECTORATE, ROLE_HEAD,
                                   ROLE_UNIT,    ROLE_ANALYST,     ROLE_PANEL,
                                   ROLE_PREMIER, ROLE_ADMIN,       ROLE_AUDITOR };
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Contact     none = { .phone = NULL };
    Identity    nameless = laila, numberless = laila;
    VaultPerson person;
    GError     *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(nobody); i++) {
        Who by = { .role = nobody[i], .account_id = 1 };

        refused(vault_fixture_try(fixture, &laila, &laila_contact, VAULT_VERIFIED, &by, &person,
                                  &error),
                &error, APP_ERROR_FORBIDDEN);
        refused(vault_find_by_document(IN(fixture), &by, "national_number", "JO", "9871234567",
                                       &person, &error),
                &error, APP_ERROR_FORBIDDEN);
    }
    nameless.name[0] = NULL;
    numberless.document_number = "";
    refused(vault_fixture_try(fixture, NULL, &none, VAULT_UNKNOWN, &by_visitor, &person, &error),
            &error, APP_ERROR_INVALID);
    refused(vault_fixture_try(fixture, NULL, &laila_contact, VAULT_VERIFIED, &by_visitor, &person,
                              &error),
            &error, APP_ERROR_INVALID);
    refused(
        vault_fixture_try(fixture, &nameless, &none, VAULT_VERIFIED, &by_agent, &person, &error),
        &error, APP_ERROR_INVALID);
    refused(
        vault_fixture_try(fixture, &numberless, &none, VAULT_VERIFIED, &by_agent, &person, &error),
        &error, APP_ERROR_INVALID);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM person"), ==, 0);
}

static void
keeps_a_document_with_its_owner(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Contact     stranger = { .phone = "962780000001" }, moved = { .phone = "962770000002" }, how;
    Identity    misspelt = laila, omar = laila, who;
    VaultPerson squatter, owner, again, squat, omar_self;
    Who         by;
    GError     *error = NULL;

    /* A mismatch claims nothing; a provisional claim gives way to a verified one, and to no other. */
    misspelt.name[0] = "سعاد";
    vault_fixture_register(fixture, &misspelt, &stranger, VAULT_MISMATCH, &by_visitor);
    squatter =
        vault_fixture_register(fixture, &misspelt, &stranger, VAULT_PROVISIONAL, &by_visitor);
    refused(vault_fixture_try(fixture, &laila, &laila_contact, VAULT_PROVISIONAL, &by_visitor,
                              &owner, &error),
            &error, APP_ERROR_CONFLICT);
    done(vault_set_verification(IN(fixture), squatter.id, 0, VAULT_MISMATCH, &error), &error);
    refused(
        vault_set_verification(IN(fixture), squatter.id, squatter.version, VAULT_VERIFIED, &error),
        &error, APP_ERROR_BUSY); /* compared before it changed */
    owner = vault_fixture_register(fixture, &laila, &laila_contact, VAULT_PROVISIONAL, &by_visitor);
    g_assert_cmpint(owner.id, !=, squatter.id); /* as a mismatch it claims nothing again */
    g_assert_cmpint(vault_fixture_laila(fixture).id, ==, owner.id);
    omar.document_number = "9851112223";
    squat = vault_fixture_register(fixture, &omar, &stranger, VAULT_PROVISIONAL, &by_visitor);
    omar_self = vault_fixture_register(fixture, &omar, &moved, VAULT_VERIFIED, &by_visitor);
    g_assert_cmpint(omar_self.id, !=, squat.id);
    omar.document_number = "9851112224";
    vault_fixture_register(fixture, &omar, &stranger, VAULT_MISMATCH, &by_visitor);
    vault_fixture_register(fixture, &omar, &moved, VAULT_PROVISIONAL, &by_visitor);
    refused(vault_fixture_try(fixture, &misspelt, &stranger, VAULT_VERIFIED, &by_visitor, &again,
                              &error),
            &error, APP_ERROR_CONFLICT);
    refused(vault_set_verification(IN(fixture), squatter.id, 0, VAULT_VERIFIED, &error), &error,
            APP_ERROR_CONFLICT);

    refused(
        vault_fixture_try(fixture, &laila, &stranger, VAULT_VERIFIED, &by_system, &again, &error),
        &error, APP_ERROR_CONFLICT); /* on nobody's word */

    /* A verified identity stays; the desk, or the owner, may change the telephone. */
    g_assert_cmpint(
        vault_fixture_register(fixture, &misspelt, &moved, VAULT_MISMATCH, &by_agent).id, ==,
        owner.id);
    by = as_person(owner.id);
    done(vault_reveal(IN(fixture), &by, owner.id, NULL, &who, &how, &error), &error);
    g_assert_cmpstr(who.name[0], ==, "ليلى");
    g_assert_cmpstr(how.phone, ==, "962770000002");
    g_assert_cmpstr(how.email, ==, "laila@example.jo");
    again = vault_fixture_register(fixture, &laila, &laila_contact, VAULT_PROVISIONAL, &by);
    g_assert_cmpint(again.id, ==, owner.id);
    g_assert_cmpint(again.verification, ==, VAULT_VERIFIED);
}

/* Who was taken for a mismatch, in a family with one telephone, is the same person when the card is given
 * as it is: without a session, at the desk, and while the registry is silent. */
static void
finds_a_mismatch_by_document_and_telephone(void)
{
    static const VaultVerification found_as[] = { VAULT_VERIFIED, VAULT_PROVISIONAL };
    const Who *const               by[] = { &by_visitor, &by_agent };

    for (size_t i = 0; i < G_N_ELEMENTS(by) * G_N_ELEMENTS(found_as); i++) {
        g_autoptr(VaultFixture) fixture = vault_fixture_new();
        Identity    misspelt = laila, sister = laila;
        Contact     other = { .phone = "962780000001" };
        VaultPerson frozen, found;

        sister.document_number = "9851112223";
        vault_fixture_register(fixture, &sister, &laila_contact, VAULT_VERIFIED, &by_visitor);
        misspelt.name[0] = "سعاد";
        frozen =
            vault_fixture_register(fixture, &misspelt, &laila_contact, VAULT_MISMATCH, &by_visitor);

        sister.document_number = "9851112224"; /* the telephone alone is not enough, nor … */
        found = vault_fixture_register(fixture, &sister, &laila_contact, VAULT_VERIFIED, by[i / 2]);
        g_assert_cmpint(found.id, !=, frozen.id);
        found = vault_fixture_register(fixture, &laila, &laila_contact, found_as[i % 2], by[i / 2]);
        g_assert_cmpint(found.id, ==, frozen.id);
        g_assert_cmpint(found.verification, ==, found_as[i % 2]);
        g_assert_cmpint(vault_fixture_count(
                            fixture, "SELECT count(*) FROM person WHERE document_index IS NULL"),
                        ==, 0);

        misspelt.document_number = "9851112225"; /* … the document alone */
        frozen =
            vault_fixture_register(fixture, &misspelt, &laila_contact, VAULT_MISMATCH, &by_visitor);
        found = vault_fixture_register(fixture, &misspelt, &other, found_as[i % 2], by[i / 2]);
        g_assert_cmpint(found.id, !=, frozen.id);
    }
}

static void
knows_a_telephone_without_a_document(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Identity    omar = laila;
    VaultPerson family[4], alone, found[8], upgraded;
    size_t      n;
    Who         by;
    GError     *error = NULL;

    alone = vault_fixture_register(fixture, NULL, &laila_contact, VAULT_UNKNOWN, &by_visitor);
    g_assert_cmpint(
        vault_fixture_register(fixture, NULL, &laila_contact, VAULT_UNKNOWN, &by_visitor).id, ==,
        alone.id);
    refused(vault_set_verification(IN(fixture), alone.id, 0, VAULT_VERIFIED, &error), &error,
            APP_ERROR_INVALID);

    /* A document of one's own: the same person when signed in, another one of the family when not. */
    omar.document_number = "9851112223";
    omar.name[0] = "عمر";
    family[0] = vault_fixture_register(fixture, &omar, &laila_contact, VAULT_VERIFIED, &by_visitor);
    g_assert_cmpint(family[0].id, !=, alone.id);
    by = as_person(alone.id);
    upgraded = vault_fixture_register(fixture, &laila, &laila_contact, VAULT_VERIFIED, &by);
    g_assert_cmpint(upgraded.id, ==, alone.id);
    g_assert_cmpint(upgraded.verification, ==, VAULT_VERIFIED);

    done(vault_find_by_phone(IN(fixture), &by_visitor, laila_contact.phone, found, 8, &n, &error),
         &error);
    g_assert_cmpuint(n, ==, 2);
    /* Two with documents: a bare telephone is neither of them. */
    family[1] = vault_fixture_register(fixture, NULL, &laila_contact, VAULT_UNKNOWN, &by_visitor);
    g_assert_cmpint(family[1].id, !=, family[0].id);
    g_assert_cmpint(family[1].id, !=, alone.id);
    done(vault_find_by_phone(IN(fixture), &by_visitor, laila_contact.phone, found, 2, &n, &error),
         &error);
    g_assert_cmpuint(n, ==, 2);
    done(vault_find_by_phone(IN(fixture), &by_visitor, "962799999999", found, 8, &n, &error),
         &error);
    g_assert_cmpuint(n, ==, 0);
}

typedef struct {
    VaultFixture   *fixture;
    const Identity *identity;
    _Atomic int64_t id;
    atomic_int      different;
} Crowd;

static void *
register_in_crowd(void *data)
{
    Crowd *crowd = data;
    g_autoptr(Arena) mem = arena_new();
    uint8_t       id[16];
    VaultRegister cmd = { .identity = crowd->identity,
                          .contact = &laila_contact,
                          .verification = crowd->identity == NULL ? VAULT_UNKNOWN : VAULT_VERIFIED,
                          .lang = "ar",
                          .by = &by_visitor,
                          .command_id = BYTES_OF(id) };
    VaultPerson   person;
    int64_t       none = 0;
    GError       *error = NULL;

    crypto_random(id, sizeof id);
    done(vault_register(crowd->fixture->vault, mem, &cmd, &person, &error), &error);
    if (!atomic_compare_exchange_strong(&crowd->id, &none, person.id) && none != person.id)
        atomic_fetch_add(&crowd->different, 1);
    return NULL;
}

static void
makes_one_person_of_a_crowd(void)
{
    for (int i = 0; i < 2; i++) {
        g_autoptr(VaultFixture) fixture = vault_fixture_new();
        Crowd     crowd = { .fixture = fixture, .identity = i == 0 ? &laila : NULL };
        pthread_t threads[8];

        for (size_t j = 0; j < G_N_ELEMENTS(threads); j++)
            threads[j] = thread_start("crowd", 0, register_in_crowd, &crowd);
        for (size_t j = 0; j < G_N_ELEMENTS(threads); j++)
            thread_join(threads[j]);
        g_assert_cmpint(crowd.different, ==, 0);
        g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM person"), ==, 1);
    }
}

/* ---- looks ---- */

static int64_t
looks(VaultFixture *fixture)
{
    return vault_fixture_count(fixture, "SELECT count(*) FROM vault_event WHERE actor_ref = 77");
}

static void
shows_whom_to_whom(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    VaultPerson person = vault_fixture_laila(fixture), found[3];
    Who         self = as_person(person.id), other = as_person(person.id + 1);
    Identity    who;
    Contact     how;
    const char *lang;
    size_t      n;
    GError     *error = NULL;

    done(vault_reveal(IN(fixture), &self, person.id, NULL, &who, &how, &error), &error);
    g_assert_cmpstr(who.name[3], ==, "العبادي");
    g_assert_cmpstr(who.birth_date, ==, "1987-03-14");
    g_assert_cmpstr(how.place, ==, "JO-AM");
    g_assert_cmpint(looks(fixture), ==, 0);
    refused(vault_reveal(IN(fixture), &other, person.id, NULL, &who, &how, &error), &error,
            APP_ERROR_NOT_FOUND);
    for (Role role = ROLE_NONE; role < ROLE_COUNT; role++) {
        Who by = { .role = role, .account_id = 77, .person_id = person.id };

        if (role != ROLE_REQUESTER && role != ROLE_AGENT)
            refused(vault_reveal(IN(fixture), &by, person.id, "because", &who, &how, &error),
                    &error, APP_ERROR_FORBIDDEN);
    }

    refused(vault_reveal(IN(fixture), &by_agent, person.id, " ", &who, NULL, &error), &error,
            APP_ERROR_INVALID);
    g_assert_cmpint(looks(fixture), ==, 0);
    done(vault_reveal(IN(fixture), &by_agent, person.id, "مكالمة 5008080", &who, NULL, &error),
         &error);
    g_assert_cmpint(looks(fixture), ==, 1);
    done(vault_find_by_phone(IN(fixture), &by_agent, "962791234567", found, 3, &n, &error), &error);
    refused(vault_find_by_document(IN(fixture), &by_agent, "passport", "JO", "N1", found, &error),
            &error, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(looks(fixture), ==, 3); /* a search that finds nobody too */

    done(vault_relay(IN(fixture), person.id, &how, &lang, &error), &error);
    g_assert_cmpstr(how.phone, ==, "962791234567");
    g_assert_cmpstr(lang, ==, "ar");
    refused(vault_relay(IN(fixture), 1, &how, &lang, &error), &error, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(looks(fixture), ==, 3);
}

/* The Nth call to the engine fails, for N = 1, 2, …: nothing leaves without its event. */
static void
shows_nothing_that_is_not_written(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    int64_t id = vault_fixture_laila(fixture).id, failures = 0, before, n;

    vault_fixture_reopen(fixture, 0);
    before = db_stats(vault_db(fixture->vault)).engine_calls;
    for (n = before + 1; n < before + 100; n++) {
        Identity who = { .document_type = NULL };
        GError  *error = NULL;
        int64_t  written = looks(fixture);
        bool     shown;

        vault_fixture_reopen(fixture, n);
        shown = vault_reveal(IN(fixture), &by_agent, id, "call", &who, NULL, &error);
        g_assert_cmpint(looks(fixture), ==, written + shown);
        g_assert_cmpint(who.document_number != NULL, ==, shown);
        failures += !shown;
        if (shown && db_stats(vault_db(fixture->vault)).engine_calls < n)
            break;
        g_clear_error(&error);
    }
    g_test_message("%" G_GINT64_FORMAT " calls were made to fail", failures);
    g_assert_cmpint(failures, >, 3);
    g_assert_cmpint(n, <, before + 100);
}

static void
opens_no_row_that_was_changed(void)
{
    static const char *const columns[] = { "identity", "contact", "wrapped" };
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Identity    omar = laila;
    Contact     how = { .phone = "962780000001" };
    VaultPerson person = vault_fixture_laila(fixture), other;
    Who         self = as_person(person.id);
    Identity    who;
    GError     *error = NULL;

    omar.document_number = "9851112223";
    other = vault_fixture_register(fixture, &omar, &how, VAULT_VERIFIED, &by_visitor);
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        char *set =
            arena_printf(fixture->mem, "UPDATE person SET %s = ?1 WHERE id = %" G_GINT64_FORMAT,
                         columns[i], person.id);
        char *get = arena_printf(fixture->mem, "SELECT %s FROM person WHERE id = %" G_GINT64_FORMAT,
                                 columns[i], person.id);
        char *get_other =
            arena_printf(fixture->mem, "SELECT %s FROM person WHERE id = %" G_GINT64_FORMAT,
                         columns[i], other.id);
        Bytes sealed = vault_fixture_blob(fixture, get);

        for (size_t j = 0; j <= sealed.size; j++) {
            Bytes changed = arena_bytes(fixture->mem, sealed);

            if (j < sealed.size)
                ((uint8_t *)changed.data)[j] ^= 1;
            else
                changed = vault_fixture_blob(fixture, get_other);
            vault_fixture_sql(fixture, set, changed);
            refused(vault_reveal(IN(fixture), &self, person.id, NULL, &who, &how, &error), &error,
                    APP_ERROR_INTERNAL);
        }
        vault_fixture_sql(fixture, set, sealed);
    }
    done(vault_reveal(IN(fixture), &self, person.id, NULL, &who, &how, &error), &error);
}

/* What erasure will do: without `wrapped` there is no such person any more. */
static void
forgets_who_has_no_key(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    VaultPerson person = vault_fixture_laila(fixture), found;
    Who         self = as_person(person.id);
    uint8_t     handle[VAULT_HANDLE_SIZE];
    Contact     how;
    GError     *error = NULL;

    vault_fixture_count(fixture, "UPDATE person SET wrapped = NULL, document_index = NULL");
    refused(vault_reveal(IN(fixture), &self, person.id, NULL, NULL, &how, &error), &error,
            APP_ERROR_NOT_FOUND);
    refused(vault_handles(IN(fixture), person.id, 0, 1, &handle, &error), &error,
            APP_ERROR_NOT_FOUND);
    refused(vault_person(IN(fixture), person.id, &found, &error), &error, APP_ERROR_NOT_FOUND);
    g_assert_cmpint(vault_fixture_laila(fixture).id, !=, person.id);
}

/* ---- persons and petitions ---- */

static void
gives_handles(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Identity omar = laila;
    Contact  how = { .phone = "962780000001" };
    int64_t  a = vault_fixture_laila(fixture).id, b, hint;
    uint8_t  of_a[20][VAULT_HANDLE_SIZE], of_b[20][VAULT_HANDLE_SIZE], one[VAULT_HANDLE_SIZE];
    GError  *error = NULL;

    omar.document_number = "9851112223";
    b = vault_fixture_register(fixture, &omar, &how, VAULT_VERIFIED, &by_visitor).id;
    done(vault_handles(IN(fixture), a, 0, 20, of_a, &error), &error);
    vault_fixture_reopen(fixture, 0);
    done(vault_handles(IN(fixture), b, 0, 20, of_b, &error), &error);
    for (size_t i = 0; i < 20; i++) {
        done(vault_handles(IN(fixture), a, (int64_t)i, 1, &one, &error), &error);
        g_assert_cmpmem(one, sizeof one, of_a[i], sizeof of_a[i]);
        for (size_t j = 0; j < 20; j++) {
            g_assert_cmpint(memcmp(of_a[i], of_b[j], sizeof one), !=, 0);
            g_assert_true(i == j || memcmp(of_a[i], of_a[j], sizeof one) != 0);
        }
    }
    refused(vault_handles(IN(fixture), 12345, 0, 1, &one, &error), &error, APP_ERROR_NOT_FOUND);

    for (int64_t n = 1; n <= 40; n++) {
        vault_raise_hint(fixture->vault, a, n);
        if (n == 32)
            done(vault_flush_hints(IN(fixture), &error), &error);
    }
    vault_raise_hint(fixture->vault, a, 32);
    done(vault_hint(IN(fixture), a, &hint, &error), &error);
    g_assert_cmpint(hint, ==, 40); /* memory knows it exactly, and it is never lower */
    vault_fixture_reopen(fixture, 0);
    done(vault_hint(IN(fixture), a, &hint, &error), &error);
    g_assert_cmpint(hint, ==, 32); /* the file a lower bound */
    vault_raise_hint(fixture->vault, a, 8);
    done(vault_flush_hints(IN(fixture), &error), &error);
    vault_fixture_reopen(fixture, 0);
    done(vault_hint(IN(fixture), a, &hint, &error), &error);
    g_assert_cmpint(hint, ==, 32);
    done(vault_hint(IN(fixture), b, &hint, &error), &error);
    g_assert_cmpint(hint, ==, 0);
}

static void
links_and_tracks(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    char  code[VAULT_CODE_LENGTH + 1], again[VAULT_CODE_LENGTH + 1], folded[VAULT_CODE_LENGTH + 1];
    Bytes sealed = vault_link(IN(fixture), 100, 4711), other;
    int64_t person = 0;
    GError *error = NULL;

    other = vault_link(IN(fixture), 101, 4711);
    g_assert_cmpuint(sealed.size, ==, CRYPTO_OVERHEAD + 8);
    g_assert_false(bytes_equal(sealed, other));
    done(vault_rotate(fixture->vault, VAULT_KEY_LINK, &error), &error);
    done(vault_unlink(IN(fixture), 100, sealed, &person, &error), &error);
    g_assert_cmpint(person, ==, 4711);
    refused(vault_unlink(IN(fixture), 101, sealed, &person, &error), &error, APP_ERROR_INTERNAL);
    refused(vault_unlink(IN(fixture), 100, (Bytes){ NULL, 0 }, &person, &error), &error,
            APP_ERROR_INTERNAL);
    for (size_t i = 0; i < sealed.size; i++) {
        uint8_t *changed = (uint8_t *)arena_bytes(fixture->mem, sealed).data;

        changed[i] ^= 0x80;
        refused(vault_unlink(IN(fixture), 100, (Bytes){ changed, sealed.size }, &person, &error),
                &error, APP_ERROR_INTERNAL);
    }

    vault_tracking_code(fixture->vault, 100, code);
    vault_fixture_reopen(fixture, 0);
    vault_tracking_code(fixture->vault, 100, again);
    g_assert_cmpstr(code, ==, again);
    g_assert_true(crypto_base32_fold(code, VAULT_CODE_LENGTH, folded));
    g_assert_cmpstr(code, ==, folded);
    vault_tracking_code(fixture->vault, 101, again);
    g_assert_cmpstr(code, !=, again);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/vault/opens under its root key only", opens_under_its_root_key_only);
    engine_fixture_add("/vault/refuses a changed ring", refuses_a_changed_ring);
    engine_fixture_add("/vault/wraps and rotates", wraps_and_rotates);
    engine_fixture_add("/vault/reads by index", reads_by_index);
    engine_fixture_add("/vault/finds a document however it is typed",
                       finds_a_document_however_it_is_typed);
    engine_fixture_add("/vault/repeats a command", repeats_a_command);
    engine_fixture_add("/vault/registers many", registers_many);
    engine_fixture_add("/vault/refuses what is no registration", refuses_what_is_no_registration);
    engine_fixture_add("/vault/keeps a document with its owner", keeps_a_document_with_its_owner);
    engine_fixture_add("/vault/finds a mismatch by document and telephone",
                       finds_a_mismatch_by_document_and_telephone);
    engine_fixture_add("/vault/knows a telephone without a document",
                       knows_a_telephone_without_a_document);
    engine_fixture_add("/vault/makes one person of a crowd", makes_one_person_of_a_crowd);
    engine_fixture_add("/vault/shows whom to whom", shows_whom_to_whom);
    engine_fixture_add("/vault/shows nothing that is not written",
                       shows_nothing_that_is_not_written);
    engine_fixture_add("/vault/opens no row that was changed", opens_no_row_that_was_changed);
    engine_fixture_add("/vault/forgets who has no key", forgets_who_has_no_key);
    engine_fixture_add("/vault/gives handles", gives_handles);
    engine_fixture_add("/vault/links and tracks", links_and_tracks);
    return g_test_run();
}
