/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/core_fixture.h"
#include "core/registry.h"

static const Identity salma = {
    .document_type = "national_number",
    .document_issuer = "JO",
    .document_number = "9871012345",
    .name = { "سلمى", "أحمد", "خالد", "العلي" },
    .birth_date = "1987-03-14",
};

static CoreFixture *
with_salma(void)
{
    CoreFixture *fixture = core_fixture_new(NULL);
    g_autoptr(GError) error = NULL;
    int64_t added = 0;

    g_assert_true(
        vault_registry_import(fixture->sys.vault, fixture->mem, &salma, 1, &added, &error));
    g_assert_no_error(error);
    g_assert_cmpint(added, ==, 1);
    fixture->sys.registry.patience = 1000;
    return fixture;
}

/* -1: it answered, with `found`. */
static int
ask(CoreFixture *fixture, const Identity *identity, VaultVerification *found)
{
    g_autoptr(GError) error = NULL;

    if (registry_verify(&fixture->sys, fixture->mem, identity, found, &error)) {
        g_assert_no_error(error);
        return -1;
    }
    return (int)error_code(error);
}

static int64_t
make_person(CoreFixture *fixture, const Identity *identity, VaultVerification verification)
{
    static const Who    visitor = { .role = ROLE_NONE, .lang = "ar" };
    const VaultRegister cmd = {
        .identity = identity,
        .contact = &(Contact){ .phone = "962790000001" },
        .verification = verification,
        .lang = "ar",
        .by = &visitor,
        .command_id = command_id_read(fixture->mem, NULL),
    };
    VaultPerson person = { .id = 0 };
    g_autoptr(GError) error = NULL;
    bool made = vault_register(fixture->sys.vault, fixture->mem, &cmd, &person, &error);

    g_assert_no_error(error);
    g_assert_true(made);
    return person.id;
}

static VaultVerification
stands(CoreFixture *fixture, int64_t person_id)
{
    VaultPerson person = { .id = 0 };
    g_autoptr(GError) error = NULL;
    bool read = vault_person(fixture->sys.vault, fixture->mem, person_id, &person, &error);

    g_assert_no_error(error);
    g_assert_true(read);
    return person.verification;
}

static void
answers(void)
{
    g_autoptr(CoreFixture) fixture = with_salma();
    VaultVerification found = VAULT_UNKNOWN;
    Identity          other = salma, absent = salma, broken = salma;

    other.birth_date = "1990-01-01";
    absent.document_number = "9999999999";
    broken.document_number = "--";
    g_assert_cmpint(ask(fixture, &salma, &found), ==, -1);
    g_assert_cmpint(found, ==, VAULT_VERIFIED);
    g_assert_cmpint(ask(fixture, &other, &found), ==, -1);
    g_assert_cmpint(found, ==, VAULT_MISMATCH);
    g_assert_cmpint(ask(fixture, &absent, &found), ==, -1);
    g_assert_cmpint(found, ==, VAULT_UNKNOWN);
    g_assert_cmpint(ask(fixture, &broken, &found), ==, APP_ERROR_INVALID);
}

/* Neither a registry that is down nor one that is slow is asked again before the pause is over, and
 * the pause grows. */
static void
is_left_alone_after_failures(void)
{
    static const RegistryState failing[] = { REGISTRY_DOWN, REGISTRY_SLOW };

    for (size_t i = 0; i < G_N_ELEMENTS(failing); i++) {
        g_autoptr(CoreFixture) fixture = with_salma();
        System           *sys = &fixture->sys;
        VaultVerification found;

        registry_set_state(sys, failing[i]);
        g_assert_cmpint(ask(fixture, &salma, &found), ==, APP_ERROR_BUSY);
        g_assert_false(registry_may_ask(sys, clock_now(fixture->clock)));
        g_assert_false(registry_may_ask(sys, clock_now(fixture->clock) + 2 * SECONDS));
        g_assert_true(registry_may_ask(sys, clock_now(fixture->clock) + 5 * SECONDS));

        for (int times = 0; times < 10; times++) {
            clock_move(fixture->clock, 5 * MINUTES);
            g_assert_cmpint(ask(fixture, &salma, &found), ==, APP_ERROR_BUSY);
        }
        g_assert_false(registry_may_ask(sys, clock_now(fixture->clock) + 2 * MINUTES));
        g_assert_true(registry_may_ask(sys, clock_now(fixture->clock) + 5 * MINUTES));

        registry_set_state(sys, REGISTRY_UP);
        g_assert_cmpint(ask(fixture, &salma, &found), ==, -1);
    }
}

static void
there_may_be_none(void)
{
    g_autoptr(CoreFixture) fixture = with_salma();
    VaultVerification found;

    fixture->sys.trial = false;
    g_assert_cmpint(ask(fixture, &salma, &found), ==, APP_ERROR_BUSY);
    fixture->sys.trial = true;
    fixture->sys.registry.kind = REGISTRY_NONE;
    g_assert_cmpint(ask(fixture, &salma, &found), ==, APP_ERROR_BUSY);
    fixture->sys.registry.kind = REGISTRY_EMBEDDED;
    g_assert_cmpint(ask(fixture, &salma, &found), ==, -1);
}

static void
settles_a_person(void)
{
    g_autoptr(CoreFixture) fixture = with_salma();
    System           *sys = &fixture->sys;
    Identity          absent = salma;
    VaultVerification found;
    g_autoptr(GError) error = NULL;

    absent.document_number = "9999999999";
    int64_t right = make_person(fixture, &salma, VAULT_PROVISIONAL);
    int64_t wrong = make_person(fixture, &absent, VAULT_PROVISIONAL);

    registry_set_state(sys, REGISTRY_DOWN);
    g_assert_false(registry_verify_person(sys, fixture->mem, right, &found, &error));
    g_assert_cmpint(error_code(error), ==, APP_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_cmpint(stands(fixture, right), ==, VAULT_PROVISIONAL);

    registry_set_state(sys, REGISTRY_UP);
    g_assert_true(registry_verify_person(sys, fixture->mem, right, &found, &error));
    g_assert_cmpint(found, ==, VAULT_VERIFIED);
    g_assert_cmpint(stands(fixture, right), ==, VAULT_VERIFIED);
    g_assert_true(registry_verify_person(sys, fixture->mem, wrong, &found, &error));
    g_assert_cmpint(found, ==, VAULT_MISMATCH);
    g_assert_cmpint(stands(fixture, wrong), ==, VAULT_MISMATCH);
    g_assert_false(registry_verify_person(sys, fixture->mem, 12345, &found, &error));
    g_assert_cmpint(error_code(error), ==, APP_ERROR_NOT_FOUND);
}

static void
states_have_names(void)
{
    RegistryState state = REGISTRY_UP;

    g_assert_true(registry_state_parse("slow", &state));
    g_assert_cmpint(state, ==, REGISTRY_SLOW);
    g_assert_cmpstr(registry_state_name(state), ==, "slow");
    g_assert_false(registry_state_parse("", &state));
    g_assert_false(registry_state_parse("Down", &state));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/registry/answers", answers);
    g_test_add_func("/registry/is_left_alone_after_failures", is_left_alone_after_failures);
    g_test_add_func("/registry/there_may_be_none", there_may_be_none);
    g_test_add_func("/registry/settles_a_person", settles_a_person);
    g_test_add_func("/registry/states_have_names", states_have_names);
    return g_test_run();
}
