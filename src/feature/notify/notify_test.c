/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Which event tells whom what, how, in which language; and what no message ever says. */
#include "feature/notify/notify_fixture.h"

#include "core/access.h"
#include "view/i18n.h"

#include <string.h>

/* ---- who is told, and how ---- */

static const struct {
    const char *name, *kind, *contact, *channel; /* NULL: nobody is told */
} told[] = {
    { "a submission", "submit", "sms", "sms" },
    { "a submission by mail", "submit", "email", "email" },
    { "a submission of who wants calls", "submit", "call", "sms" },
    { "routing", "route", "sms", "sms" },
    { "competence", "accept", "email", "email" },
    { "competence, of who wants calls", "accept", "call", "sms" },
    { "a date", "set_period", "sms", "sms" },
    { "news", "update", "email", "email" },
    { "news, of who wants calls", "update", "call", "sms" },
    { "the answer", "close", "sms", "sms" },
    { "the answer by mail", "close", "email", "email" },
    { "the answer is worth a call", "close", "call", "call" },
    { "a note is the office's", "note", "sms", NULL },
    { "a question to a directorate", "consult", "sms", NULL },
    { "its answer", "consult_answer", "sms", NULL },
    { "a return", "return", "sms", NULL },
    { "what the requester did", "withdraw", "sms", NULL },
    { "a rating", "rate", "sms", NULL },
    { "a verification that moves nothing", "verify", "sms", NULL },
    { "a release that leaves it with the unit", "release", "sms", NULL },
    { "no contact", "submit", NULL, NULL },
    { "a kind that nobody knows", "climb", "sms", NULL },
};

/* An event as petition's commands append it, of the petition that was submitted. */
typedef struct {
    const char *kind, *contact;
    int64_t     petition_id, event_id;
} Telling;

static bool
tell(Prepare *prepare, const void *cmd, void *result, GError **error)
{
    const Telling *telling = cmd;
    Event          event = { .id = telling->event_id,
                             .petition_id = telling->petition_id,
                             .kind = telling->kind,
                             .contact = telling->contact,
                             .lang = "ar" };

    (void)result;
    return notify_feature.listener(prepare, &event, error);
}

static void
each_event(NotifyFixture *f, const void *data)
{
    size_t     n;
    OutboxRow *first;

    (void)data;
    notify_fixture_complain(f, "sms", "ar");
    first = notify_fixture_rows(f, &n);
    for (size_t i = 0; i < G_N_ELEMENTS(told); i++) {
        CommandContext context = petition_fixture_by(f->petition, &f->person);
        Telling telling = { told[i].kind, told[i].contact, first->petition_id, first->event_id };
        GError *error = NULL;

        g_test_message("%s", told[i].name);
        petition_fixture_execute(f->petition, "DELETE FROM outbox");
        g_assert_true(command_run(&context, tell, &telling, NULL, NULL, &error));
        notify_fixture_rows(f, &n);
        g_assert_cmpuint(n, ==, told[i].channel == NULL ? 0 : 1);
        if (n == 1)
            notify_fixture_stands(f, 0, told[i].channel, "waiting", NULL, 0);
    }
}

/* ---- through the commands ---- */

static void
walk(NotifyFixture *f, const char *contact, const char *lang)
{
    PetitionTrial *trial = &f->trial;
    const Who     *officer = &f->petition->liaison;

    notify_fixture_complain(f, contact, lang);
    g_assert_cmpint(petition_trial_note(
                        trial, officer,
                        (PetitionNote){ .on = petition_trial_on(trial), .text = "ملاحظة للمكتب" }),
                    ==, DONE);
    g_assert_cmpint(
        petition_trial_accept(trial, officer, (PetitionAccept){ .on = petition_trial_on(trial) }),
        ==, DONE);
    g_assert_cmpint(petition_trial_set_period(
                        trial, officer,
                        (PetitionSetPeriod){
                            .on = petition_trial_on(trial),
                            .due_day = zone_day(f->sys->zone,
                                                petition_trial_time(trial, "2026-04-21 10:00")) }),
                    ==, DONE);
    g_assert_cmpint(petition_trial_update(trial, officer,
                                          (PetitionUpdate){ .on = petition_trial_on(trial),
                                                            .text = "وصل فريق الصيانة" }),
                    ==, DONE);
    g_assert_cmpint(petition_trial_close(trial, officer,
                                         (PetitionClose){ .on = petition_trial_on(trial),
                                                          .outcome = "resolved",
                                                          .answer = "أُصلح الخط يوم الثلاثاء." }),
                    ==, DONE);
}

static const char *
text_of(NotifyFixture *f, const OutboxRow *row, const char **subject)
{
    const char *text = NULL;
    GError     *error = NULL;

    g_assert_true(notify_text(f->sys, petition_trial_look(&f->trial), row, subject, &text, &error));
    g_assert_no_error(error);
    return text;
}

static const struct {
    const char *contact, *lang, *subject;
    struct {
        const char *message, *channel, *text; /* N: the number, L: the link */
    } rows[5];
} walks[] = {
    { "sms",
      "ar",
      "طلبكم رقم \u200EN",
      { { "submit", "sms", "صوت: استلمنا طلبكم رقم \u200EN. لمتابعته: L" },
        { "accept", "sms", "صوت: بدأت معالجة طلبكم رقم \u200EN، وموعد الرد 7 أيار 2026. L" },
        { "set_period", "sms", "صوت: موعد الرد على طلبكم رقم \u200EN هو 21 نيسان 2026. L" },
        { "update", "sms", "صوت: يوجد جديد بشأن طلبكم رقم \u200EN. L" },
        { "close", "sms", "صوت: صدر الرد على طلبكم رقم \u200EN: تمّ الحل. L" } } },
    { "email",
      "en",
      "Your request N",
      { { "submit", "email", "Sawt: your request N has been received. Follow it: L" },
        { "accept", "email",
          "Sawt: work on your request N has begun. Answer due by 7 May 2026. L" },
        { "set_period", "email", "Sawt: the answer to your request N is due by 21 April 2026. L" },
        { "update", "email", "Sawt: there is news about your request N. L" },
        { "close", "email", "Sawt: your request N has been answered: Solved. L" } } },
    { "call",
      "ar",
      "طلبكم رقم \u200EN",
      { { "submit", "sms", "صوت: استلمنا طلبكم رقم \u200EN. لمتابعته: L" },
        { "accept", "sms", "صوت: بدأت معالجة طلبكم رقم \u200EN، وموعد الرد 7 أيار 2026. L" },
        { "set_period", "sms", "صوت: موعد الرد على طلبكم رقم \u200EN هو 21 نيسان 2026. L" },
        { "update", "sms", "صوت: يوجد جديد بشأن طلبكم رقم \u200EN. L" },
        { "close", "call", "صوت: صدر الرد على طلبكم رقم \u200EN: تمّ الحل. L" } } },
};

static const char *
with_number(NotifyFixture *f, const char *pattern)
{
    Arena           *mem = f->petition->mem;
    const char      *number = i18n_ref(mem, f->trial.receipt.number);
    g_autofree char *link =
        g_strdup_printf("https://sawt.example/f/%s/%s", number, f->trial.receipt.code);
    g_autoptr(GString) text = g_string_new(NULL);

    for (const char *at = pattern; *at != '\0'; at++) {
        bool alone = !g_ascii_isalpha(at[1]) && (at == pattern || !g_ascii_isalpha(at[-1]));

        if (*at == 'N' && alone)
            g_string_append(text, number);
        else if (*at == 'L' && alone)
            g_string_append(text, link);
        else
            g_string_append_c(text, *at);
    }
    return arena_copy(mem, text->str);
}

static void
hides(const char *text)
{
    static const char *const secrets[] = { "سلمى",       "العلي",  "9871012399", "790000009",
                                           "salma",      "ماسورة", "أسبوع",      "نزال",
                                           "0791234567", "ملاحظة", "الصيانة",    "الثلاثاء" };

    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        g_assert_null(strstr(text, secrets[i]));
}

static void
each_way(void)
{
    for (size_t w = 0; w < G_N_ELEMENTS(walks); w++) {
        NotifyFixture f = { .sms = NULL };
        OutboxRow    *rows;
        size_t        n;

        g_test_message("%s %s", walks[w].contact, walks[w].lang);
        notify_fixture_up(&f, NULL);
        walk(&f, walks[w].contact, walks[w].lang);
        rows = notify_fixture_rows(&f, &n);
        g_assert_cmpuint(n, ==, G_N_ELEMENTS(walks[w].rows));
        for (size_t i = 0; i < n; i++) {
            const char *subject = NULL, *text = text_of(&f, &rows[i], &subject);

            g_assert_cmpstr(rows[i].message, ==, walks[w].rows[i].message);
            g_assert_cmpstr(rows[i].channel, ==, walks[w].rows[i].channel);
            g_assert_cmpstr(rows[i].recipient, ==, "requester");
            g_assert_cmpstr(rows[i].lang, ==, walks[w].lang);
            g_assert_cmpstr(
                rows[i].dedupe, ==,
                notify_dedupe(f.petition->mem, rows[i].event_id, "requester", rows[i].channel));
            g_assert_cmpstr(text, ==, with_number(&f, walks[w].rows[i].text));
            g_assert_cmpstr(subject, ==, with_number(&f, walks[w].subject));
            hides(text);
            hides(subject);
        }
        notify_fixture_down(&f, NULL);
    }
}

/* The entity's name is in the message that says where it went; of a restricted one not even that. */
static void
routed_and_restricted(NotifyFixture *f, const void *data)
{
    PetitionTrial *trial = &f->trial;
    const char    *subject;
    OutboxRow     *rows;
    size_t         n;

    (void)data;
    notify_fixture_complain(f, "sms", "ar");
    g_assert_cmpint(
        petition_trial_route(trial, &f->petition->unit,
                             (PetitionRoute){ .on = petition_trial_on(trial), .entity_id = ROADS }),
        ==, DONE);
    rows = notify_fixture_rows(f, &n);
    g_assert_cmpuint(n, ==, 2);
    g_assert_cmpstr(rows[1].message, ==, "route");
    g_assert_true(g_str_has_prefix(text_of(f, &rows[1], &subject), "صوت: طلبكم رقم \u200E"));

    petition_fixture_execute(f->petition, "UPDATE petition SET restricted = TRUE");
    g_assert_cmpstr(text_of(f, &rows[1], &subject), ==,
                    with_number(f, "صوت: يوجد جديد بشأن طلبكم رقم \u200EN. L"));
    g_assert_cmpstr(text_of(f, &rows[0], &subject), ==,
                    with_number(f, "صوت: استلمنا طلبكم رقم \u200EN. لمتابعته: L"));
}

/* Two taps are one act and one message. */
static void
a_repeat_tells_once(NotifyFixture *f, const void *data)
{
    PetitionTrial *trial = &f->trial;
    size_t         n;

    (void)data;
    trial->command_id = command_id_read(f->petition->mem, NULL);
    notify_fixture_complain(f, "sms", "ar");
    notify_fixture_complain(f, "sms", "ar");
    g_assert_true(trial->outcome.repeated);
    notify_fixture_rows(f, &n);
    g_assert_cmpuint(n, ==, 1);
}

#define ADD(path, run)                                                                             \
    ENGINE_FIXTURE_ADD("/notify/" path, NotifyFixture, NULL, notify_fixture_up, run,               \
                       notify_fixture_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("each kind of event", each_event);
    g_test_add_func("/notify/each way in its language", each_way);
    ADD("routed and restricted", routed_and_restricted);
    ADD("a repeat tells once", a_repeat_tells_once);
    return g_test_run();
}
