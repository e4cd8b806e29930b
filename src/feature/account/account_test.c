/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Requesters: the forms, a mobile proved by a code, who they are, the session. */
#include "core/cookie.h"
#include "feature/account/account_fixture.h"
#include "feature/account/account_forms.h"
#include "feature/account/account_pages.h"
#include "feature/account/account_phone.h"

#include <string.h>

#define GET(path) account_fixture_get(fixture, path)
#define POST(path, ...) account_fixture_post(fixture, path, __VA_ARGS__, NULL)
#define TARGET account_fixture_target(fixture)
#define LAYLA "document_type", "national_number", "name1", "ليلى", "name2", "محمد", "name3", "أحمد"

/* ---- forms ---- */

static const struct {
    const char     *name;
    const FormSpec *form;
    const char     *body, *mistaken; /* the first field; NULL: none */
} form_cases[] = {
    { "a mobile", &account_phone_form, "phone=0791234567", NULL },
    { "in Arabic digits", &account_phone_form,
      "phone=%D9%A0%D9%A7%D9%A9%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7", NULL },
    { "no mobile", &account_phone_form, "phone=12", "phone" },
    { "nothing", &account_phone_form, "", "phone" },
    { "a field of another form", &account_phone_form, "phone=0791234567&login=x", "" },
    { "two mobiles", &account_phone_form, "phone=0791234567&phone=0791234567", "" },
    { "six digits", &account_code_form, "code=123+456", NULL },
    { "five digits", &account_code_form, "code=12345", "code" },
    { "seven digits", &account_code_form, "code=1234567", "code" },
    { "letters", &account_code_form, "code=abcdef", "code" },
    { "a password of ten", &account_password_form, "password=0123456789", NULL },
    { "a password of nine", &account_password_form, "password=012345678", "password" },
    { "a staff sign-in", &account_staff_sign_in_form, "login=a&password=b&code=123456", NULL },
    { "without second factor", &account_staff_sign_in_form, "login=a&password=b", "code" },
    { "without login", &account_staff_sign_in_form, "login=+&password=b&code=123456", "login" },
    { "a new account's password of fifteen", &account_setup_form,
      "password=012345678901234&code=123456", NULL },
    { "of fourteen", &account_setup_form, "password=01234567890123&code=123456", "password" },
    { "an identity", &account_identity_form,
      "document_type=passport&document_number=A1&name1=a&name4=b&birth_date=1980-02-29", NULL },
    { "of a document that there is not", &account_identity_form,
      "document_type=licence&document_number=A1&name1=a&name4=b&birth_date=1980-02-29",
      "document_type" },
    { "born on no day", &account_identity_form,
      "document_type=passport&document_number=A1&name1=a&name4=b&birth_date=1981-02-29",
      "birth_date" },
    { "without family name", &account_identity_form,
      "document_type=passport&document_number=A1&name1=a&birth_date=1980-02-29", "name4" },
    { "with half an address", &account_identity_form,
      "document_type=passport&document_number=A1&name1=a&name4=b&birth_date=1980-02-29&email=x",
      "email" },
};

static void
forms(AccountFixture *fixture, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(form_cases); i++) {
        const char *body = form_cases[i].body;
        Form       *form = form_read(fixture->core->mem, form_cases[i].form, body, strlen(body));

        g_test_message("%s", form_cases[i].name);
        g_assert_cmpint(form_ok(form), ==, form_cases[i].mistaken == NULL);
        if (form_cases[i].mistaken != NULL)
            g_assert_cmpstr(form->mistakes->field, ==, form_cases[i].mistaken);
    }
}

static void
secrets_are_not_shown_again(AccountFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(POST("/sign-in/password", "document_number", "", "password", "كلمة سرية جدا"),
                    ==, 422);
    account_fixture_hides(fixture, "كلمة سرية جدا");
    g_assert_cmpint(POST("/staff/sign-in", "login", "officer", "password", "كلمة سرية جدا"), ==,
                    422);
    account_fixture_shows(fixture, "value=\"officer\"");
    account_fixture_hides(fixture, "كلمة سرية جدا");
}

/* ---- where it goes on ---- */

static void
goes_on_within_the_site(AccountFixture *fixture, const void *data)
{
    static const char *const foreign[] = {
        "//evil.example", "/\\evil.example",    "http://evil.example", "evil", "",
        "\\/evil",        "javascript:alert(1)"
    };

    (void)fixture, (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(foreign); i++)
        g_assert_cmpstr(account_next(foreign[i], "/mine"), ==, "/mine");
    g_assert_cmpstr(account_next(NULL, "/mine"), ==, "/mine");
    g_assert_cmpstr(account_next("/new/check?a=//b", "/mine"), ==, "/new/check?a=//b");
}

/* ---- a proved mobile ---- */

static void
a_proved_mobile_is_sealed(AccountFixture *fixture, const void *data)
{
    System *sys = &fixture->core->sys;
    Arena  *mem = fixture->core->mem;
    char   *seal = account_phone_seal(sys, mem, "962791234567");

    (void)data;
    g_assert_cmpstr(account_phone_open(sys, mem, seal), ==, "962791234567");
    g_assert_null(strstr(seal, "791234567"));
    for (size_t i = 0; i < strlen(seal); i++) {
        char *changed = arena_copy(mem, seal);

        changed[i] = changed[i] == '0' ? '1' : '0';
        g_assert_null(account_phone_open(sys, mem, changed));
    }
    for (size_t size = 0; size < strlen(seal); size++)
        g_assert_null(account_phone_open(sys, mem, arena_text(mem, seal, size)));
    g_assert_null(account_phone_open(sys, mem, NULL));
    g_assert_null(account_phone_open(sys, mem, "not hexadecimal"));
    clock_move(fixture->core->clock, (int64_t)ACCOUNT_PHONE_SECONDS * SECONDS + 1);
    g_assert_null(account_phone_open(sys, mem, seal));
}

static const char *
send_code(AccountFixture *fixture)
{
    g_assert_cmpint(POST("/sign-in", "phone", ACCOUNT_FIXTURE_PHONE, "next", "/new/check"), ==,
                    200);
    return account_fixture_digits(fixture);
}

static const char *
wrong(const char *digits)
{
    return digits[0] == '0' ? "100000" : "000000";
}

static void
a_code_takes_five_tries(AccountFixture *fixture, const void *data)
{
    const char *digits = send_code(fixture);

    (void)data;
    for (int i = 0; i < 5; i++) {
        g_assert_cmpint(POST("/sign-in/code", "code", wrong(digits)), ==, 422);
        g_assert_null(testing_cookie(fixture->browser, ACCOUNT_PHONE_COOKIE));
    }
    g_assert_cmpint(POST("/sign-in/code", "code", digits), ==, 429); /* right, and too late */
    digits = send_code(fixture);
    for (int i = 0; i < 4; i++)
        g_assert_cmpint(POST("/sign-in/code", "code", wrong(digits)), ==, 422);
    g_assert_cmpint(POST("/sign-in/code", "code", digits), ==, 303);
    g_assert_nonnull(testing_cookie(fixture->browser, ACCOUNT_PHONE_COOKIE));
    g_assert_cmpint(POST("/sign-in/code", "code", digits), ==, 422); /* once */
}

static void
a_code_is_of_one_browser_and_five_minutes(AccountFixture *fixture, const void *data)
{
    const char *digits = send_code(fixture);

    (void)data;
    fixture->visitor = 1;
    g_assert_cmpint(POST("/sign-in/code", "code", digits), ==, 422);
    fixture->visitor = 0;
    clock_move(fixture->core->clock, 5 * MINUTES + 1);
    g_assert_cmpint(POST("/sign-in/code", "code", digits), ==, 422);
}

static void
three_codes_in_a_quarter_of_an_hour(AccountFixture *fixture, const void *data)
{
    (void)data;
    for (int i = 0; i < 3; i++)
        send_code(fixture);
    fixture->visitor = 1; /* it is the number that is spared, whoever asks */
    g_assert_cmpint(POST("/sign-in", "phone", ACCOUNT_FIXTURE_PHONE), ==, 429);
    g_assert_cmpint(POST("/sign-in", "phone", "0799999999"), ==, 200);
    clock_move(fixture->core->clock, 15 * MINUTES + 1);
    send_code(fixture);
}

/* ---- who they are ---- */

static void
prove(AccountFixture *fixture)
{
    const char *digits = send_code(fixture);

    g_assert_cmpint(POST("/sign-in/code", "code", digits, "next", "/new/check"), ==, 303);
}

static void
registers_and_comes_back(AccountFixture *fixture, const void *data)
{
    (void)data;
    g_assert_cmpint(GET("/sign-in/identity"), ==, 303); /* nothing is proved yet */
    g_assert_true(g_str_has_prefix(TARGET, "/sign-in?"));
    prove(fixture);
    g_assert_cmpstr(TARGET, ==, "/sign-in/identity?next=/new/check");
    g_assert_cmpint(GET("/account"), ==, 401);
    g_assert_cmpint(POST("/sign-in/identity", LAYLA, "name4", "العبادي", "document_number",
                         "9871234567", "birth_date", "1987-03-14", "next", "/new/check", "phone",
                         "0790000000"),
                    ==, 303);
    g_assert_cmpstr(TARGET, ==, "/new/check");
    g_assert_null(testing_cookie(fixture->browser, ACCOUNT_PHONE_COOKIE));
    g_assert_cmpint(GET("/account"), ==, 200);
    account_fixture_shows(fixture, "ليلى العبادي");
    account_fixture_shows(
        fixture, "+962\u00a07\u00a09123\u00a04567"); /* the proved one, whatever the form said */
    account_fixture_hides(fixture, "790000000");

    g_assert_cmpint(POST("/sign-out", "none", ""), ==, 303);
    g_assert_cmpint(GET("/account"), ==, 401);
    prove(fixture); /* the mobile says who it is */
    g_assert_cmpstr(TARGET, ==, "/new/check");
    g_assert_cmpint(GET("/account"), ==, 200);
}

static void
a_mismatch_tells_nothing(AccountFixture *fixture, const void *data)
{
    static const struct {
        const char *number, *born, *family;
    } tries[] = {
        { "9871234568", "1987-03-14", "العبادي" }, /* nobody has the number */
        { "9871234567", "1987-03-15", "العبادي" }, /* another day */
        { "9871234567", "1987-03-14", "الزعبي" },  /* another name */
    };
    char *first = NULL;

    (void)data;
    prove(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(tries); i++) {
        char *page;

        g_assert_cmpint(POST("/sign-in/identity", LAYLA, "name4", tries[i].family,
                             "document_number", tries[i].number, "birth_date", tries[i].born),
                        ==, 422);
        page = account_fixture_bare(fixture);
        if (first == NULL)
            first = page;
        g_assert_cmpstr(page, ==, first);
        g_assert_null(testing_cookie(fixture->browser, COOKIE_SESSION));
    }
}

static void
a_password_opens_the_same_door(AccountFixture *fixture, const void *data)
{
    char *unknown;

    (void)data;
    prove(fixture);
    POST("/sign-in/identity", LAYLA, "name4", "العبادي", "document_number", "9871234567",
         "birth_date", "1987-03-14");
    g_assert_cmpint(POST("/account", "password", "قصيرة"), ==, 422);
    g_assert_cmpint(POST("/account", "password", "كلمة مرور طويلة"), ==, 303);
    g_assert_cmpint(POST("/sign-out", "none", ""), ==, 303);

    g_assert_cmpint(
        POST("/sign-in/password", "document_number", "1112223334", "password", "كلمة مرور طويلة"),
        ==, 422);
    unknown = account_fixture_bare(fixture);
    g_assert_cmpint(
        POST("/sign-in/password", "document_number", "9871234567", "password", "كلمة أخرى تماما"),
        ==, 422);
    g_assert_cmpstr(account_fixture_bare(fixture), ==, unknown); /* who exists is not told */
    g_assert_cmpint(POST("/sign-in/password", "document_number", "٩٨٧١٢٣٤٥٦٧", "password",
                         "كلمة مرور طويلة", "next", "//evil.example"),
                    ==, 303);
    g_assert_cmpstr(TARGET, ==, "/mine");
    g_assert_cmpint(GET("/account"), ==, 200);
}

#define ADD(name, test)                                                                            \
    g_test_add("/account/" name, AccountFixture, NULL, account_fixture_up, test,                   \
               account_fixture_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("forms", forms);
    ADD("secrets", secrets_are_not_shown_again);
    ADD("next", goes_on_within_the_site);
    ADD("sealed-mobile", a_proved_mobile_is_sealed);
    ADD("code-tries", a_code_takes_five_tries);
    ADD("code-browser-time", a_code_is_of_one_browser_and_five_minutes);
    ADD("code-sends", three_codes_in_a_quarter_of_an_hour);
    ADD("register", registers_and_comes_back);
    ADD("mismatch", a_mismatch_tells_nothing);
    ADD("password", a_password_opens_the_same_door);
    return g_test_run();
}
