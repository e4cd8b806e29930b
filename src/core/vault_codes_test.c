/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* What requesters come back with (codes, passwords, sessions), the registry, what the files show to
 * who steals them, and what it all costs. */
#include "base/csv.h"
#include "base/text.h"
#include "base/thread.h"
#include "core/vault_fixture.h"

#include <stdatomic.h>

static const uint8_t visitor_bytes[32] = { 1, 2, 3 }, other_bytes[32] = { 3, 2, 1 };
static const Bytes   visitor = { visitor_bytes, 32 }, other_visitor = { other_bytes, 32 };
static const char    phone[] = "962791234567";

/* ---- codes ---- */

static void
send(VaultFixture *fixture, Bytes to, const char *purpose, const char *address, char digits[7])
{
    GError *error = NULL;

    done(vault_code_new(IN(fixture), to, purpose, address, digits, &error), &error);
    g_assert_cmpuint(strlen(digits), ==, 6);
    g_assert_cmpuint(strspn(digits, "0123456789"), ==, 6);
}

static AppError
check(VaultFixture *fixture, Bytes from, const char *purpose, const char *digits)
{
    g_autoptr(GError) error = NULL;
    const char *address = NULL;

    if (!vault_code_check(IN(fixture), from, purpose, digits, &address, &error)) {
        g_assert_null(address);
        return error_code(error);
    }
    g_assert_cmpstr(address, ==, phone);
    return (AppError)-1;
}

#define RIGHT ((AppError)-1)

static const char *
wrong(const char *digits)
{
    return digits[0] == '0' ? "100000" : "000000";
}

/* Looking uses nothing; the session and the code go together, or neither does. */
static void
signs_in_by_code(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    int64_t     id = vault_fixture_laila(fixture).id, found;
    char        digits[7], token[44];
    VaultProof  proof = { visitor, "register", digits };
    const char *address = NULL;
    GError     *error = NULL;
    Bytes       hash;

    send(fixture, visitor, "register", phone, digits);
    for (int i = 0; i < 9; i++) {
        done(vault_code_peek(IN(fixture), &proof, &address, &error), &error);
        g_assert_cmpstr(address, ==, phone);
    }
    proof.digits = wrong(digits);
    done(vault_code_peek(IN(fixture), &proof, &address, &error), &error);
    g_assert_null(address);
    refused(vault_code_session(IN(fixture), &proof, id, token, &error), &error, APP_ERROR_INVALID);

    proof.digits = digits;
    refused(vault_code_session(IN(fixture), &proof, 5, token, &error), &error, APP_ERROR_NOT_FOUND);
    done(vault_code_session(IN(fixture), &proof, id, token, &error), &error);
    done(vault_session(IN(fixture), token, &found, &hash, &error), &error);
    g_assert_cmpint(found, ==, id);
    g_assert_cmpint(check(fixture, visitor, "register", digits), ==, APP_ERROR_INVALID);
}

static void
takes_a_code_once(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    char digits[7], arabic[16] = "";

    g_assert_cmpint(check(fixture, visitor, "register", "123456"), ==, APP_ERROR_INVALID);
    send(fixture, visitor, "register", phone, digits);
    g_assert_cmpint(check(fixture, other_visitor, "register", digits), ==, APP_ERROR_INVALID);
    g_assert_cmpint(check(fixture, visitor, "sign_in", digits), ==, APP_ERROR_INVALID);
    g_assert_cmpint(check(fixture, (Bytes){ NULL, 0 }, "register", digits), ==, APP_ERROR_INVALID);
    g_assert_cmpint(check(fixture, visitor, "register", ""), ==, APP_ERROR_INVALID);
    vault_fixture_reopen(fixture, 0);
    for (size_t i = 0; i < 6; i++)
        g_strlcat(arabic, (char[]){ (char)0xD9, (char)(0xA0 + digits[i] - '0'), 0 }, sizeof arabic);
    g_assert_cmpint(check(fixture, visitor, "register", arabic), ==, RIGHT);
    g_assert_cmpint(check(fixture, visitor, "register", digits), ==, APP_ERROR_INVALID);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM code"), ==, 0);
}

static void
counts_tries_and_time(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    char digits[7], newer[7];

    send(fixture, visitor, "register", phone, digits);
    for (int i = 0; i < 4; i++)
        g_assert_cmpint(check(fixture, visitor, "register", wrong(digits)), ==, APP_ERROR_INVALID);
    g_assert_cmpint(check(fixture, visitor, "register", digits), ==, RIGHT);

    send(fixture, visitor, "register", phone, digits);
    for (int i = 0; i < 5; i++)
        g_assert_cmpint(check(fixture, visitor, "register", wrong(digits)), ==, APP_ERROR_INVALID);
    g_assert_cmpint(check(fixture, visitor, "register", digits), ==, APP_ERROR_LIMITED);
    send(fixture, visitor, "register", phone, newer);
    g_assert_true(strcmp(digits, newer) == 0 ||
                  check(fixture, visitor, "register", digits) == APP_ERROR_INVALID);
    clock_move(fixture->clock, 5 * MINUTES - 1);
    g_assert_cmpint(check(fixture, visitor, "register", newer), ==, RIGHT);

    clock_move(fixture->clock, 15 * MINUTES);
    send(fixture, visitor, "register", phone, digits);
    clock_move(fixture->clock, 5 * MINUTES);
    g_assert_cmpint(check(fixture, visitor, "register", digits), ==, APP_ERROR_INVALID);
}

static void
limits_sends_to_an_address(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    char    digits[7], untouched[7] = "before";
    GError *error = NULL;

    for (int i = 0; i < 10; i++) {
        send(fixture, i % 2 ? visitor : other_visitor, i % 2 ? "a" : "b", phone, digits);
        if (i % 3 != 2)
            continue;
        refused(vault_code_new(IN(fixture), visitor, "a", phone, untouched, &error), &error,
                APP_ERROR_LIMITED);
        clock_move(fixture->clock, 15 * MINUTES - 1);
        refused(vault_code_new(IN(fixture), visitor, "a", phone, untouched, &error), &error,
                APP_ERROR_LIMITED);
        clock_move(fixture->clock, 1);
    }
    g_assert_cmpstr(untouched, ==, "before");
    clock_move(fixture->clock, 1 * HOURS);
    refused(vault_code_new(IN(fixture), visitor, "a", phone, digits, &error), &error,
            APP_ERROR_LIMITED);                          /* ten in a day */
    send(fixture, visitor, "a", "962780000001", digits); /* another address */
    refused(vault_code_new(IN(fixture), (Bytes){ NULL, 0 }, "a", "962780000009", digits, &error),
            &error, APP_ERROR_INVALID);
    clock_move(fixture->clock, 24 * HOURS);
    send(fixture, visitor, "a", phone, digits);
}

typedef struct {
    VaultFixture *fixture;
    const char   *digits;
    atomic_int    threads, wrong, right, sent;
} Crowd;

/* All guess wrong but the first, which is right from its third guess on. */
static void *
guess_in_crowd(void *data)
{
    Crowd *crowd = data;
    bool   knows = atomic_fetch_add(&crowd->threads, 1) == 0;

    for (int i = 0; i < 10; i++) {
        g_autoptr(Arena) mem = arena_new();
        g_autoptr(GError) error = NULL;
        const char *guess = knows && i > 1 ? crowd->digits : wrong(crowd->digits), *address;

        if (vault_code_check(crowd->fixture->vault, mem, visitor, "a", guess, &address, &error))
            atomic_fetch_add(&crowd->right, 1);
        else if (strcmp(error->message, "a wrong code") == 0)
            atomic_fetch_add(&crowd->wrong, 1);
    }
    return NULL;
}

static void *
send_in_crowd(void *data)
{
    Crowd *crowd = data;
    g_autoptr(Arena) mem = arena_new();
    char digits[7];

    if (vault_code_new(crowd->fixture->vault, mem, visitor, "a", phone, digits, NULL))
        atomic_fetch_add(&crowd->sent, 1);
    return NULL;
}

static void
run_crowd(void *(*run)(void *), Crowd *crowd)
{
    pthread_t threads[8];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        threads[i] = thread_start("crowd", 0, run, crowd);
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
        thread_join(threads[i]);
}

static void
is_not_outrun_by_a_crowd(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    char  digits[7];
    Crowd crowd = { .fixture = fixture, .digits = digits };

    for (int i = 0; i < 60; i++) {
        crowd.threads = crowd.wrong = crowd.right = 0;
        clock_move(fixture->clock, 3 * HOURS);
        send(fixture, visitor, "a", phone, digits);
        run_crowd(guess_in_crowd, &crowd);
        g_assert_cmpint(crowd.wrong + crowd.right, <=, 5);
        g_assert_true(crowd.right == 1 || (crowd.right == 0 && crowd.wrong == 5));
    }

    clock_move(fixture->clock, 24 * HOURS);
    run_crowd(send_in_crowd, &crowd);
    g_assert_cmpint(crowd.sent, ==, 3);
}

/* ---- passwords and sessions ---- */

static void
knows_its_people_by_password(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    int64_t     id = vault_fixture_laila(fixture).id, found;
    Who         self = { .role = ROLE_REQUESTER, .person_id = id }, admin = { .role = ROLE_ADMIN };
    char        here[44], there[44];
    VaultPerson person;
    GError     *error = NULL;

    refused(vault_check_password(IN(fixture), id, "", &error), &error, APP_ERROR_UNAUTHENTICATED);
    refused(vault_check_password(IN(fixture), 0, "x", &error), &error, APP_ERROR_UNAUTHENTICATED);
    refused(vault_set_password(IN(fixture), &self, id, "سبعة أ", &error), &error,
            APP_ERROR_INVALID);
    refused(vault_set_password(IN(fixture), &self, id + 1, "ثمانية أحرف", &error), &error,
            APP_ERROR_FORBIDDEN);
    refused(vault_set_password(IN(fixture), &admin, id, "ثمانية أحرف", &error), &error,
            APP_ERROR_FORBIDDEN);
    refused(vault_set_password(IN(fixture), &by_system, 5, "ثمانية أحرف", &error), &error,
            APP_ERROR_NOT_FOUND);

    /* A new password ends the other sessions. */
    done(vault_session_new(IN(fixture), id, here, &error), &error);
    done(vault_session_new(IN(fixture), id, there, &error), &error);
    done(vault_session(IN(fixture), there, &found, &self.session, &error), &error);
    done(vault_session(IN(fixture), here, &found, &self.session, &error), &error);
    done(vault_set_password(IN(fixture), &self, id, "ثمانية أحرف", &error), &error);
    done(vault_session(IN(fixture), here, &found, &self.session, &error), &error);
    refused(vault_session(IN(fixture), there, &found, &self.session, &error), &error,
            APP_ERROR_NOT_FOUND);

    done(vault_check_password(IN(fixture), id, "ثمانية أحرف", &error), &error);
    refused(vault_check_password(IN(fixture), id, "ثمانية أحرف ", &error), &error,
            APP_ERROR_UNAUTHENTICATED);
    done(vault_person(IN(fixture), id, &person, &error), &error);
    g_assert_true(person.has_password);
}

static void
lets_sessions_end(void)
{
    static const char *const nonsense[] = { "", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" };
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    int64_t id = vault_fixture_laila(fixture).id, found = 0, n;
    char    token[44], second[44];
    Bytes   hash, again;
    GError *error = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(nonsense); i++)
        refused(vault_session(IN(fixture), nonsense[i], &found, &hash, &error), &error,
                APP_ERROR_NOT_FOUND);
    refused(vault_session(IN(fixture), NULL, &found, &hash, &error), &error, APP_ERROR_NOT_FOUND);
    refused(vault_session_new(IN(fixture), 5, token, &error), &error, APP_ERROR_NOT_FOUND);

    done(vault_session_new(IN(fixture), id, token, &error), &error);
    done(vault_session_new(IN(fixture), id, second, &error), &error);
    g_assert_cmpuint(strlen(token), ==, 43);
    g_assert_cmpstr(token, !=, second);
    /* In use each 20 minutes for four hours, with a job that writes now and then. */
    for (int i = 0; i < 12; i++) {
        clock_move(fixture->clock, 20 * MINUTES);
        done(vault_session(IN(fixture), token, &found, &hash, &error), &error);
        g_assert_cmpint(found, ==, id);
        if (i % 4 == 0)
            done(vault_flush_seen(IN(fixture), &error), &error);
    }
    refused(vault_session(IN(fixture), second, &found, &again, &error), &error,
            APP_ERROR_NOT_FOUND); /* was left idle */
    done(vault_flush_seen(IN(fixture), &error), &error);
    vault_fixture_reopen(fixture, 0); /* what was written is enough */
    clock_move(fixture->clock, 30 * MINUTES - 1);
    done(vault_session(IN(fixture), token, &found, &again, &error), &error);
    g_assert_true(bytes_equal(hash, again));
    clock_move(fixture->clock, 30 * MINUTES);
    refused(vault_session(IN(fixture), token, &found, &hash, &error), &error, APP_ERROR_NOT_FOUND);

    /* The absolute end, however busy it is. */
    done(vault_session_new(IN(fixture), id, token, &error), &error);
    for (int i = 0; i < 24 * 4 - 1; i++) {
        clock_move(fixture->clock, 15 * MINUTES);
        done(vault_session(IN(fixture), token, &found, &hash, &error), &error);
    }
    clock_move(fixture->clock, 15 * MINUTES);
    refused(vault_session(IN(fixture), token, &found, &again, &error), &error, APP_ERROR_NOT_FOUND);

    done(vault_session_new(IN(fixture), id, second, &error), &error);
    done(vault_session_end(IN(fixture), hash, &error), &error);
    done(vault_session_end(IN(fixture), (Bytes){ NULL, 0 }, &error), &error);
    done(vault_sweep(IN(fixture), &n, &error), &error);
    g_assert_cmpint(n, ==, 2);
    g_assert_cmpint(vault_fixture_count(fixture, "SELECT count(*) FROM requester_session"), ==, 1);
}

/* Sessions are remembered, so whoever ends or moves one must be counted; a new one is looked up anyway. */
static void
counts_what_changes_sessions(void)
{
    size_t n = 0;

    for (const DbQuery *const *const *list = vault_schema.queries; *list != NULL; list++)
        for (const DbQuery *const *query = *list; *query != NULL; query++) {
            if (g_strcmp0((*query)->table, "requester_session") != 0)
                continue;
            g_assert_cmpint((*query)->counted, ==, !g_str_has_prefix((*query)->sql, "INSERT"));
            n++;
        }
    g_assert_cmpuint(n, ==, 5);
}

/* At once, for everybody, however warm it is. */
static void
forgets_a_session_that_was_ended(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    int64_t id = vault_fixture_laila(fixture).id, found;
    char    token[44];
    Bytes   hash;
    GError *error = NULL;

    for (int i = 0; i < 20; i++) {
        done(vault_session_new(IN(fixture), id, token, &error), &error);
        for (int k = 0; k < 3; k++)
            done(vault_session(IN(fixture), token, &found, &hash, &error), &error);
        done(vault_session_end(IN(fixture), hash, &error), &error);
        refused(vault_session(IN(fixture), token, &found, &hash, &error), &error,
                APP_ERROR_NOT_FOUND);
    }
}

/* ---- the registry ---- */

static const struct {
    const char       *name;
    Identity          given;
    VaultVerification expected;
} registry_cases[] = {
    { "as it stands there",
      { "national_number",
        "JO",
        "9871234567",
        { "ليلى", "محمد", "أحمد", "العبادي" },
        "1987-03-14" },
      VAULT_VERIFIED },
    { "hamza and digits written otherwise",
      { "national_number",
        "JO",
        "٩٨٧١٢٣٤٥٦٧",
        { "ليلي", "محمد", "احمد", "العبادي" },
        "١٩٨٧-٠٣-١٤" },
      VAULT_VERIFIED },
    { "another day of birth",
      { "national_number",
        "JO",
        "9871234567",
        { "ليلى", "محمد", "أحمد", "العبادي" },
        "1987-03-15" },
      VAULT_MISMATCH },
    { "no day of birth",
      { "national_number", "JO", "9871234567", { "ليلى", "محمد", "أحمد", "العبادي" }, NULL },
      VAULT_MISMATCH },
    { "another name",
      { "national_number", "JO", "9871234567", { "سعاد", "خالد", NULL, "الزعبي" }, "1987-03-14" },
      VAULT_MISMATCH },
    { "no name",
      { "national_number", "JO", "9871234567", { NULL }, "1987-03-14" },
      VAULT_MISMATCH },
    { "another kind of document",
      { "passport", "JO", "9871234567", { "ليلى", "محمد", "أحمد", "العبادي" }, "1987-03-14" },
      VAULT_UNKNOWN },
    { "a number that is not there",
      { "national_number",
        "JO",
        "9000000001",
        { "ليلى", "محمد", "أحمد", "العبادي" },
        "1987-03-14" },
      VAULT_UNKNOWN },
    { "a refugee's document",
      { "unhcr", "UNHCR", "90513c31866", { "رحمة", "رائد", "أشرف", "النسور" }, "1979-10-28" },
      VAULT_VERIFIED },
};

static size_t
read_registry(Arena *mem, Identity **entries)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "data", "registry.csv", NULL);
    GError          *error = NULL;
    g_autoptr(Csv) csv = csv_open(path, &error);
    const char *const *fields;
    size_t             n = 0;

    g_assert_no_error(error);
    *entries = ARENA_ARRAY(mem, Identity, 2000);
    while (n < 2000 && csv_next(csv, mem, &fields, &error)) {
        Identity *entry = &(*entries)[n++];

        *entry = (Identity){ .document_type = fields[0],
                             .document_issuer = fields[1],
                             .document_number = fields[2],
                             .birth_date = fields[7] };
        for (size_t i = 0; i < 4; i++)
            entry->name[i] = *fields[3 + i] == '\0' ? NULL : fields[3 + i];
    }
    g_assert_no_error(error);
    return n;
}

static void
asks_the_registry(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    Identity *entries;
    size_t    n = read_registry(fixture->mem, &entries);
    int64_t   added = -1;
    GError   *error = NULL;

    done(vault_registry_import(IN(fixture), entries, n, &added, &error), &error);
    g_assert_cmpint(added, ==, (int64_t)n);
    done(vault_registry_import(IN(fixture), entries, n, &added, &error), &error);
    g_assert_cmpint(added, ==, 0);
    done(vault_registry_import(IN(fixture), entries, 0, &added, &error), &error);

    done(vault_rotate(fixture->vault, VAULT_KEY_PERSON, &error), &error);
    for (size_t i = 0; i < G_N_ELEMENTS(registry_cases); i++) {
        VaultVerification answer;

        done(vault_registry_verify(IN(fixture), &registry_cases[i].given, &answer, &error), &error);
        if (answer != registry_cases[i].expected)
            g_error("%s: %d", registry_cases[i].name, (int)answer);
    }
    refused(
        vault_registry_import(IN(fixture), &(Identity){ .document_type = "x" }, 1, &added, &error),
        &error, APP_ERROR_INVALID);
}

/* ---- what a thief sees ---- */

/* Every way in which a word may lie in a file. */
static GPtrArray *
forms_of(Arena *mem, const char *word)
{
    GPtrArray            *forms = g_ptr_array_new();
    glong                 length;
    g_autofree gunichar2 *wide = g_utf8_to_utf16(word, -1, NULL, &length, NULL);
    Bytes                 bytes = bytes_of_text(word);

    g_ptr_array_add(forms, g_bytes_new(word, bytes.size));
    g_ptr_array_add(forms, g_bytes_new(wide, (gsize)length * 2));
    char *hex = text_hex(mem, bytes);
    g_ptr_array_add(forms, g_bytes_new(hex, strlen(hex)));
    g_autofree char *upper = g_ascii_strup(hex, -1);
    g_ptr_array_add(forms, g_bytes_new(upper, strlen(upper)));
    for (size_t shift = 0; shift < 3; shift++) { /* as base64 has it behind other bytes */
        g_autofree uint8_t *shifted = g_malloc0(bytes.size + shift);

        memcpy(shifted + shift, word, bytes.size);
        g_autofree char *base64 = g_base64_encode(shifted, bytes.size + shift);
        g_ptr_array_add(forms, g_bytes_new(base64 + 4, (bytes.size + shift) / 3 * 4 - 4));
    }
    return forms;
}

static bool
is_in_files(VaultFixture *fixture, const char *word)
{
    g_autoptr(Arena) mem = arena_new();
    g_autoptr(GPtrArray) forms = forms_of(mem, word);
    g_autoptr(GDir) entries = g_dir_open(fixture->directory, 0, NULL);
    const char *name;
    bool        found = false;
    size_t      files = 0;

    while ((name = g_dir_read_name(entries)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->directory, name, NULL), *text = NULL;
        gsize            size;

        if (!g_file_get_contents(path, &text, &size, NULL))
            continue;
        files++;
        for (guint i = 0; i < forms->len; i++) {
            gsize         form_size;
            gconstpointer form = g_bytes_get_data(forms->pdata[i], &form_size);

            found = found || memmem(text, size, form, form_size) != NULL;
        }
    }
    for (guint i = 0; i < forms->len; i++)
        g_bytes_unref(forms->pdata[i]);
    g_assert_cmpuint(files, >, 0);
    return found;
}

static const char *const secrets[] = {
    "9871234567", "962791234567",          "laila@example.jo", "ليلى",        "العبادي",
    "1987-03-14", "مكالمة الساعة الثالثة", "كلمة سرّ ليلى",     "962780000077"
};

static void
fill_with_secrets(VaultFixture *fixture)
{
    VaultPerson person = vault_fixture_laila(fixture);
    Who         self = { .role = ROLE_REQUESTER, .person_id = person.id };
    Identity    who;
    char        token[44], digits[7];
    int64_t     added;
    GError     *error = NULL;

    done(vault_registry_import(IN(fixture), &laila, 1, &added, &error), &error);
    done(vault_reveal(IN(fixture), &by_agent, person.id, "مكالمة الساعة الثالثة", &who, NULL,
                      &error),
         &error);
    done(vault_set_password(IN(fixture), &self, person.id, "كلمة سرّ ليلى", &error), &error);
    send(fixture, visitor, "a", "962780000077", digits);
    done(vault_session_new(IN(fixture), person.id, token, &error), &error);
    g_assert_false(is_in_files(fixture, token));
}

static void
shows_nothing_to_a_thief(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();

    fill_with_secrets(fixture);
    for (int pass = 0; pass < 2; pass++) { /* with its log, and after it was moved into the file */
        for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
            if (is_in_files(fixture, secrets[i]))
                g_error("%s lies in clear", secrets[i]);
        vault_fixture_reopen(fixture, 0);
    }
    /* The search does find what is there, in each form. */
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++) {
        const char      *hex = text_hex(fixture->mem, bytes_of_text(secrets[i]));
        g_autofree char *plant = NULL;

        g_assert_false(is_in_files(fixture, secrets[i]));
        for (size_t j = 0; j < 5; j++) {
            if (j < 3) {
                char *shifted = arena_printf(fixture->mem, "%.*s%s", (int)j, "xy", secrets[i]);

                plant = g_base64_encode((const uint8_t *)shifted, strlen(shifted));
            } else {
                plant = g_strdup(j == 3 ? hex : secrets[i]);
            }
            vault_fixture_sql(fixture, "UPDATE person SET lang = CAST(?1 AS TEXT)",
                              bytes_of_text(plant));
            g_assert_true(is_in_files(fixture, secrets[i]));
            g_clear_pointer(&plant, g_free);
            vault_fixture_count(fixture, "UPDATE person SET lang = 'ar'");
            vault_fixture_count(fixture, "PRAGMA wal_checkpoint(TRUNCATE)");
            vault_fixture_count(fixture, "VACUUM");
            vault_fixture_count(fixture, "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }
}

/* ---- what it costs ---- */

#define MEASURE(name, n, call)                                                                     \
    do {                                                                                           \
        int64_t begun = clock_monotonic();                                                         \
        for (int i = 0; i < (n); i++)                                                              \
            g_assert_true(call);                                                                   \
        g_test_message("%-32s %8.2f us", (name), (double)(clock_monotonic() - begun) / (n));       \
        arena_reset(mem);                                                                          \
    } while (0)

static bool
seal_and_open(Arena *mem, const CryptoKey *key, Bytes plain)
{
    CryptoPlace place = { "petition", "brief", 1 };

    return crypto_open(mem, key, place, crypto_seal(mem, key, place, plain), &plain, NULL);
}

static bool
make_code(const Vault *vault)
{
    char code[VAULT_CODE_LENGTH + 1];

    vault_tracking_code(vault, 1, code);
    return code[0] != '\0';
}

static void
costs(void)
{
    g_autoptr(VaultFixture) fixture = vault_fixture_new();
    g_autoptr(Arena) mem = arena_new();
    Vault      *vault = fixture->vault;
    int64_t     id = vault_fixture_laila(fixture).id, found;
    uint8_t     handles[20][VAULT_HANDLE_SIZE];
    uint8_t     text[120] = { 0 };
    Who         self = { .role = ROLE_REQUESTER, .person_id = id };
    char        token[44];
    Identity    who;
    Contact     how;
    CryptoKey   key;
    VaultPerson person;
    Bytes       hash, link = vault_link(vault, fixture->mem, 1, id);
    GError     *error = NULL;

    done(vault_session_new(vault, fixture->mem, id, token, &error), &error);
    crypto_key_random(&key);
    MEASURE("seal and open 120 bytes", 20000, seal_and_open(mem, &key, BYTES_OF(text)));
    MEASURE("tracking code", 20000, make_code(vault));
    MEASURE("link sealed", 20000, vault_link(vault, mem, 1, id).size > 0);
    MEASURE("link opened", 20000, vault_unlink(vault, mem, 1, link, &found, NULL));
    MEASURE("one handle", 20000, vault_handles(vault, mem, id, 3, 1, handles, NULL));
    MEASURE("twenty handles", 20000, vault_handles(vault, mem, id, 0, 20, handles, NULL));
    MEASURE("session looked up", 20000, vault_session(vault, mem, token, &found, &hash, NULL));
    MEASURE("person by document", 20000,
            vault_find_by_document(vault, mem, &by_visitor, "national_number", "JO", "9871234567",
                                   &person, NULL));
    MEASURE("own identity and contact", 20000,
            vault_reveal(vault, mem, &self, id, NULL, &who, &how, NULL));
    MEASURE("agent's look (one commit, tmpfs)", 2000,
            vault_reveal(vault, mem, &by_agent, id, "call", &who, &how, NULL));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    engine_fixture_add("/vault_codes/takes a code once", takes_a_code_once);
    engine_fixture_add("/vault_codes/signs in by code", signs_in_by_code);
    engine_fixture_add("/vault_codes/counts tries and time", counts_tries_and_time);
    engine_fixture_add("/vault_codes/limits sends to an address", limits_sends_to_an_address);
    engine_fixture_add("/vault_codes/is not outrun by a crowd", is_not_outrun_by_a_crowd);
    engine_fixture_add("/vault_codes/knows its people by password", knows_its_people_by_password);
    engine_fixture_add("/vault_codes/lets sessions end", lets_sessions_end);
    engine_fixture_add("/vault_codes/forgets a session that was ended",
                       forgets_a_session_that_was_ended);
    g_test_add_func("/vault_codes/counts what changes sessions", counts_what_changes_sessions);
    engine_fixture_add("/vault_codes/asks the registry", asks_the_registry);
    g_test_add_func("/vault_codes/shows nothing to a thief", shows_nothing_to_a_thief);
    g_test_add_func("/vault_codes/costs", costs);
    return g_test_run();
}
