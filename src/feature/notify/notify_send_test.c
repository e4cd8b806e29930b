/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/notify/notify_fixture.h"

#include <string.h>

#define OK_HEAD "HTTP/1.1 200 OK\r\n\r\n"
#define UNANSWERED "no_answer_in_time"

static void
wait(NotifyFixture *f, int64_t microseconds)
{
    clock_move(f->petition->core->clock, microseconds);
}

/* ---- one answer, one fate ---- */

static const struct {
    const char *name, *reply, *fate, *reason;
} sms_cases[] = {
    { "accepted", "HTTP/1.1 202 Accepted\r\n\r\n0: Accepted for delivery", "sent", NULL },
    { "queued", OK_HEAD "3: Queued for later delivery", "sent", NULL },
    { "a page that is no gateway's", OK_HEAD "<html>", "waiting", "gateway_refuses_us" },
    { "elsewhere", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", "waiting",
      "gateway_refuses_us" },
    { "bad number", "HTTP/1.1 400 Bad\r\n\r\n", "dead", "refused" },
    { "black list", "HTTP/1.1 406 No\r\n\r\n", "dead", "refused" },
    { "bad password", "HTTP/1.1 403 Forbidden\r\n\r\n", "waiting", "gateway_refuses_us" },
    { "no such page", "HTTP/1.1 404 No\r\n\r\n", "waiting", "gateway_refuses_us" },
    { "too many", "HTTP/1.1 429 Slow\r\n\r\n", "waiting", "gateway_busy" },
    { "broken", "HTTP/1.1 500 Oh\r\n\r\n", "waiting", "gateway_busy" },
    { "full", "HTTP/1.1 503 Full\r\n\r\n", "waiting", "gateway_busy" },
    { "hangs up", "", "waiting", UNANSWERED },
    { "silent", NULL, "waiting", UNANSWERED },
    { "no HTTP", "hello\r\n\r\n", "waiting", UNANSWERED },
};

/* The message of a new complaint is the only row, and the gateway is well. */
static void
begin_case(NotifyFixture *f, const char *name, const char *contact)
{
    g_test_message("%s", name);
    petition_fixture_execute(f->petition, "DELETE FROM outbox");
    breaker_succeeded(&f->sys->gateways.sms);
    breaker_succeeded(&f->sys->gateways.mail);
    notify_fixture_complain(f, contact, "ar");
}

static void
sms_answers(NotifyFixture *f, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(sms_cases); i++) {
        begin_case(f, sms_cases[i].name, "sms");
        notify_fixture_use_sms(f, notify_fixture_http(sms_cases[i].reply));
        g_assert_true(notify_fixture_send(f, "sms", NULL));
        notify_fixture_stands(f, 0, "sms", sms_cases[i].fate, sms_cases[i].reason, 1);
        g_assert_cmpint(notify_fixture_calls(f->sms), ==, 1);
    }
}

static const struct {
    const char *name, *verb, *reply, *fate, *reason;
} mail_cases[] = {
    { "taken", NULL, NULL, "sent", NULL },
    { "no service", "CONNECT", "554 no\r\n", "waiting", "gateway_refuses_us" },
    { "not now", "CONNECT", "421 later\r\n", "waiting", "gateway_busy" },
    { "our sender", "MAIL", "550 no\r\n", "waiting", "gateway_refuses_us" },
    { "our sender, not now", "MAIL", "451 later\r\n", "waiting", "gateway_busy" },
    { "no such mailbox", "RCPT", "550 no\r\n", "dead", "refused" },
    { "mailbox busy", "RCPT", "450 later\r\n", "waiting", "not_now" },
    { "closing", "RCPT", "421 bye\r\n", "waiting", "gateway_busy" },
    { "hangs up at the recipient", "RCPT", "", "waiting", "not_reached" },
    { "no text wanted", "DATA", "554 no\r\n", "dead", "refused" },
    { "silent before the text", "DATA", NULL, "waiting", "not_reached" },
    { "text refused", ".", "552 too much\r\n", "dead", "refused" },
    { "text not now", ".", "451 later\r\n", "waiting", "not_now" },
    { "hangs up behind the text", ".", "", "waiting", UNANSWERED },
    { "silent behind the text", ".", NULL, "waiting", UNANSWERED },
};

static void
mail_answers(NotifyFixture *f, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(mail_cases); i++) {
        int64_t begun = clock_monotonic();

        begin_case(f, mail_cases[i].name, "email");
        notify_fixture_use_mail(f, notify_fixture_smtp(mail_cases[i].verb, mail_cases[i].reply));
        g_assert_true(notify_fixture_send(f, "email", NULL));
        notify_fixture_stands(f, 0, "email", mail_cases[i].fate, mail_cases[i].reason, 1);
        g_assert_cmpint(notify_fixture_calls(f->mail), ==, 1);
        g_assert_cmpint(clock_monotonic() - begun, <, 30 * SECONDS); /* the lease is a minute */
    }
}

/* ---- times ---- */

static void
backs_off_up_to_the_limit(NotifyFixture *f, const void *data)
{
    size_t n;

    (void)data;
    notify_fixture_use_mail(f, notify_fixture_smtp("RCPT", "450 later\r\n"));
    notify_fixture_complain(f, "email", "ar");
    for (int64_t try = 1; try < 4; try++) {
        AppTime now = clock_now(f->sys->clock), again = 0, next;
        int64_t pause = 5 * SECONDS << (try - 1);

        g_assert_true(notify_fixture_send(f, "email", &again));
        notify_fixture_stands(f, 0, "email", "waiting", "not_now", try);
        next = notify_fixture_rows(f, &n)[0].next_at;
        g_assert_cmpint(next - now, >=, pause / 2);
        g_assert_cmpint(next - now, <=, pause);
        g_assert_cmpint(again, ==, next); /* the job comes back for it */

        g_assert_true(notify_fixture_send(f, "email", NULL)); /* too early */
        g_assert_cmpint(notify_fixture_calls(f->mail), ==, try);
        wait(f, next - now);
    }
    g_assert_true(notify_fixture_send(f, "email", NULL));
    notify_fixture_stands(f, 0, "email", "dead", "not_now", 4);
    wait(f, DAYS);
    g_assert_true(notify_fixture_send(f, "email", NULL));
    g_assert_cmpint(notify_fixture_calls(f->mail), ==, 4);
}

/* ---- the breaker ---- */

static void
an_outage_of_days(NotifyFixture *f, const void *data)
{
    AppTime again = 0;

    (void)data;
    notify_fixture_use_sms(f, NULL);
    for (int i = 0; i < 3; i++)
        notify_fixture_complain(f, "sms", "ar");
    g_assert_true(notify_fixture_send(f, "sms", &again));
    g_assert_cmpint(again, >, clock_now(f->sys->clock));
    notify_fixture_stands(f, 0, "sms", "waiting", "not_reached", 1);
    notify_fixture_stands(f, 1, "sms", "waiting", NULL, 0); /* not tried, not counted */
    notify_fixture_stands(f, 2, "sms", "waiting", NULL, 0);

    for (int i = 0; i < 20; i++) { /* more often than a message has tries */
        wait(f, 3 * HOURS);
        g_assert_true(notify_fixture_send(f, "sms", NULL));
    }
    notify_fixture_stands(f, 0, "sms", "waiting", "not_reached", 1);

    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    wait(f, 3 * HOURS);
    for (int i = 0; i < 3; i++)
        g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "sent", NULL, 2);
    notify_fixture_stands(f, 1, "sms", "sent", NULL, 1);
    notify_fixture_stands(f, 2, "sms", "sent", NULL, 1);
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 3);
}

static void
a_channel_that_is_down_is_not_called(NotifyFixture *f, const void *data)
{
    AppTime until = 0;

    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 503 Full\r\n\r\n"));
    notify_fixture_use_mail(f, notify_fixture_smtp(NULL, NULL));
    for (int i = 0; i < 3; i++)
        notify_fixture_complain(f, "sms", "ar");
    notify_fixture_complain(f, "email", "ar");
    g_assert_true(notify_fixture_send(f, "sms", &until));
    notify_fixture_complain(f, "sms", "ar"); /* due now, and nobody asks the gateway */
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 1);

    g_assert_true(notify_fixture_send(f, "email", NULL)); /* it has a breaker of its own */
    notify_fixture_stands(f, 3, "email", "sent", NULL, 1);

    wait(f, until - clock_now(f->sys->clock));
    g_assert_true(notify_fixture_send(f, "sms", NULL)); /* one may try */
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 2);
}

/* A gateway that takes the others is not down: the one that it cannot take dies. */
static void
a_message_that_breaks_the_gateway(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 500 Oh\r\n\r\n"));
    notify_fixture_complain(f, "sms", "ar");
    for (int64_t try = 1; try <= 4; try++) {
        g_assert_true(notify_fixture_send(f, "sms", NULL));
        notify_fixture_stands(f, 0, "sms", try == 4 ? "dead" : "waiting", "gateway_busy", try);
        breaker_succeeded(&f->sys->gateways.sms); /* another message went */
        wait(f, HOURS);
    }
}

/* ---- what nobody knows ---- */

static void
sent_again_once(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http(""));
    notify_fixture_complain(f, "sms", "ar");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "waiting", UNANSWERED, 1);
    wait(f, HOURS);
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "unknown", UNANSWERED, 2);
    wait(f, DAYS);
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 2);
}

/* A gateway that takes everything and never answers has sent nothing, perhaps. */
static void
unanswered_twice_goes_the_other_way(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http(""));
    notify_fixture_use_mail(f, notify_fixture_smtp(NULL, NULL));
    notify_fixture_complain(f, "sms", "ar");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "waiting", UNANSWERED, 1);
    wait(f, HOURS);
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "dead", UNANSWERED, 2);
    g_assert_true(notify_fixture_send(f, "email", NULL));
    notify_fixture_stands(f, 1, "email", "sent", NULL, 1);
}

/* It is not put back to be claimed once more and taken for one that ended the process. */
static void
unanswered_at_the_last_try(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http(""));
    notify_fixture_complain(f, "sms", "ar");
    petition_fixture_execute(f->petition, "UPDATE outbox SET tries = 3");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "unknown", UNANSWERED, 4);
}

static void
an_outage_does_not_make_it_forget(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http(""));
    notify_fixture_complain(f, "sms", "ar");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    breaker_succeeded(&f->sys->gateways.sms);

    notify_fixture_say(f->sms, "GET", "HTTP/1.1 503 Full\r\n\r\n");
    wait(f, HOURS);
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "waiting", UNANSWERED, 2);

    notify_fixture_say(f->sms, "GET", "");
    wait(f, HOURS);
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "unknown", UNANSWERED, 3);
}

/* ---- the other way ---- */

static void
falls_back_and_not_in_circles(NotifyFixture *f, const void *data)
{
    g_autofree char *heard = NULL;
    size_t           n;

    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 400 Bad\r\n\r\n"));
    notify_fixture_use_mail(f, notify_fixture_smtp("RCPT", "550 no\r\n"));
    notify_fixture_complain(f, "sms", "en");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "dead", "refused", 1);
    notify_fixture_stands(f, 1, "email", "waiting", NULL, 0);

    g_assert_true(notify_fixture_send(f, "email", NULL));
    notify_fixture_stands(f, 1, "email", "dead", "refused", 1);
    heard = notify_fixture_heard(f->mail);
    g_assert_nonnull(strstr(heard, "RCPT TO:<salma@example.org>"));
    notify_fixture_rows(f, &n);
    g_assert_cmpuint(n, ==, 2);
}

/* The fixture's own requester has no e-mail, and asked for it all the same. */
static void
no_address(NotifyFixture *f, const void *data)
{
    (void)data;
    f->person = f->petition->requester;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    notify_fixture_use_mail(f, notify_fixture_smtp(NULL, NULL));
    notify_fixture_complain(f, "email", "ar");
    g_assert_true(notify_fixture_send(f, "email", NULL));
    notify_fixture_stands(f, 0, "email", "dead", "no_address", 1);
    g_assert_cmpint(notify_fixture_calls(f->mail), ==, 0);
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 1, "sms", "sent", NULL, 1);
}

static void
no_other_gateway(NotifyFixture *f, const void *data)
{
    size_t n;

    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 400 Bad\r\n\r\n"));
    notify_fixture_complain(f, "sms", "ar");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_rows(f, &n);
    g_assert_cmpuint(n, ==, 1); /* nobody would ever send the other */
}

/* ---- rows that are broken ---- */

static void
one_unreadable_row_keeps_nobody(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    notify_fixture_complain(f, "sms", "ar");
    petition_fixture_execute(f->petition, "UPDATE petition SET person = x'00'");
    notify_fixture_complain(f, "sms", "ar");
    g_assert_false(notify_fixture_send(f, "sms", NULL)); /* it is told, */
    notify_fixture_stands(f, 0, "sms", "waiting", "unreadable", 1);
    notify_fixture_stands(f, 1, "sms", "sent", NULL, 1); /* and the other went */
    for (int i = 0; i < 3; i++) {
        wait(f, HOURS);
        g_assert_false(notify_fixture_send(f, "sms", NULL));
    }
    notify_fixture_stands(f, 0, "sms", "dead", "unreadable", 4);
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 1);
}

static void
a_row_that_ended_the_process(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    notify_fixture_complain(f, "sms", "ar");
    petition_fixture_execute(f->petition, "UPDATE outbox SET tries = 4");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "dead", "never_ended", 5);
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 0);
}

static void
what_is_replayed_is_not_sent(NotifyFixture *f, const void *data)
{
    PetitionSubmit  cmd = petition_fixture_complaint(f->petition);
    CommandContext  context = petition_fixture_by(f->petition, &f->petition->requester);
    PetitionReceipt receipt;
    CommandOutcome  outcome;
    GError         *error = NULL;

    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    context.at = clock_now(f->sys->clock) - 30 * DAYS;
    g_assert_true(petition_submit(&context, &cmd, &receipt, &outcome, &error));
    f->trial.receipt = receipt;
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    notify_fixture_stands(f, 0, "sms", "dead", "replayed", 1);
    g_assert_cmpint(notify_fixture_calls(f->sms), ==, 0);
}

/* ---- what the gateways are told ---- */

static void
sms_request(NotifyFixture *f, const void *data)
{
    g_autofree char *heard = NULL;

    (void)data;
    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    notify_fixture_complain(f, "sms", "en");
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    heard = notify_fixture_heard(f->sms);
    g_assert_true(g_str_has_prefix(heard, "GET /sendsms?username=sawt&password=word&from=Sawt"
                                          "&to=962790000009&coding=2&charset=UTF-8&text=Sawt%3A"));
    g_assert_null(strstr(heard, "Location"));
}

static void
codes_are_no_rows(NotifyFixture *f, const void *data)
{
    Arena           *mem = f->petition->mem;
    g_autofree char *heard = NULL;
    GError          *error = NULL;
    size_t           n;

    (void)data;
    f->sys->trial = false;
    g_assert_false(notify_send_code(f->sys, mem, "962790000009", "123456", "en", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    g_clear_error(&error);
    f->sys->trial = true; /* the page shows it */
    g_assert_true(notify_send_code(f->sys, mem, "962790000009", "123456", "en", &error));

    notify_fixture_use_sms(f, notify_fixture_http("HTTP/1.1 202 Yes\r\n\r\n0: Accepted"));
    g_assert_true(notify_send_code(f->sys, mem, "962790000009", "123456", "en", &error));
    heard = notify_fixture_heard(f->sms);
    g_assert_nonnull(strstr(heard, "123456"));
    notify_fixture_say(f->sms, "GET", "HTTP/1.1 503 Full\r\n\r\n");
    g_assert_false(notify_send_code(f->sys, mem, "962790000009", "123456", "en", &error));
    g_assert_error(error, APP_ERROR, APP_ERROR_BUSY);
    g_clear_error(&error);
    g_assert_true(
        outbox_recent(petition_trial_look(&f->trial), 0, &(OutboxRow *){ NULL }, &n, &error));
    g_assert_cmpuint(n, ==, 0);
}

static void
without_a_gateway_messages_wait(NotifyFixture *f, const void *data)
{
    (void)data;
    notify_fixture_complain(f, "sms", "ar");
    g_assert_false(notify_send_has_sms(f->sys));
    g_assert_false(notify_send_has_email(f->sys));
    g_assert_true(notify_fixture_send(f, "sms", NULL));
    g_assert_true(notify_fixture_send(f, "email", NULL));
    notify_fixture_stands(f, 0, "sms", "waiting", NULL, 0);
}

#define ADD(path, run)                                                                             \
    ENGINE_FIXTURE_ADD("/notify_send/" path, NotifyFixture, NULL, notify_fixture_up, run,          \
                       notify_fixture_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("each answer of an SMS gateway", sms_answers);
    ADD("each answer of a mail server", mail_answers);
    ADD("backs off up to the limit", backs_off_up_to_the_limit);
    ADD("an outage of days kills nothing", an_outage_of_days);
    ADD("a channel that is down is not called", a_channel_that_is_down_is_not_called);
    ADD("a message that breaks the gateway dies", a_message_that_breaks_the_gateway);
    ADD("sent again once", sent_again_once);
    ADD("unanswered twice goes the other way", unanswered_twice_goes_the_other_way);
    ADD("unanswered at the last try", unanswered_at_the_last_try);
    ADD("an outage does not make it forget", an_outage_does_not_make_it_forget);
    ADD("falls back, and not in circles", falls_back_and_not_in_circles);
    ADD("no address", no_address);
    ADD("no other gateway", no_other_gateway);
    ADD("one unreadable row keeps nobody", one_unreadable_row_keeps_nobody);
    ADD("a row that ended the process", a_row_that_ended_the_process);
    ADD("what is replayed is not sent", what_is_replayed_is_not_sent);
    ADD("an SMS as Kannel takes it", sms_request);
    ADD("codes are no rows", codes_are_no_rows);
    ADD("without a gateway messages wait", without_a_gateway_messages_wait);
    return g_test_run();
}
