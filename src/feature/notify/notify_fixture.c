/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "feature/notify/notify_fixture.h"

#include "base/thread.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- the peer ---- */

struct NotifyPeer {
    int       listener, port;
    bool      smtp;
    pthread_t thread;
    Lock      lock; /* what follows */
    char     *verb, *reply;
    bool      stopped;
    int       calls, silent; /* silent: a connection that is kept open, or -1 */
    GString  *heard;
};

static void
say(int connection, const char *text)
{
    g_assert_cmpint(send(connection, text, strlen(text), MSG_NOSIGNAL), ==, (ssize_t)strlen(text));
}

/* One line, or for HTTP the head; false: the caller has gone. */
static bool
hear(NotifyPeer *peer, int connection, GString *line, const char *end)
{
    char letter;

    g_string_truncate(line, 0);
    while (!g_str_has_suffix(line->str, end)) {
        if (recv(connection, &letter, 1, 0) != 1)
            return false;
        g_string_append_c(line, letter);
    }
    lock_take(&peer->lock);
    g_string_append(peer->heard, line->str);
    lock_leave(&peer->lock);
    return true;
}

/* False: the conversation ends here; *connection is -1 when it is kept open in silence. */
static bool
reply_to(NotifyPeer *peer, int *connection, const char *verb, const char *usual)
{
    g_autofree char *reply = NULL;
    bool             mine;

    lock_take(&peer->lock);
    mine = peer->verb != NULL && g_str_has_prefix(verb, peer->verb);
    reply = g_strdup(mine ? peer->reply : usual);
    if (mine && reply == NULL) {
        peer->silent = *connection;
        *connection = -1;
    }
    lock_leave(&peer->lock);
    if (reply == NULL || reply[0] == '\0')
        return false;
    say(*connection, reply);
    return true;
}

static void
talk_http(NotifyPeer *peer, int *connection, GString *line)
{
    if (hear(peer, *connection, line, "\r\n\r\n"))
        reply_to(peer, connection, "GET", "HTTP/1.1 202 Accepted\r\n\r\n0: Accepted for delivery");
}

static void
talk_smtp(NotifyPeer *peer, int *connection, GString *line)
{
    bool goes_on = reply_to(peer, connection, "CONNECT", "220 peer\r\n");

    while (goes_on && hear(peer, *connection, line, "\r\n")) {
        bool data = g_str_has_prefix(line->str, "DATA");

        goes_on = reply_to(peer, connection, line->str, data ? "354 go on\r\n" : "250 yes\r\n");
        if (!goes_on || !data || (peer->verb != NULL && strcmp(peer->verb, "DATA") == 0))
            continue;
        goes_on = hear(peer, *connection, line, "\r\n.\r\n") &&
                  reply_to(peer, connection, ".", "250 taken\r\n");
    }
}

static void
answer(NotifyPeer *peer, int connection)
{
    g_autoptr(GString) line = g_string_new(NULL);

    lock_take(&peer->lock);
    peer->calls++;
    g_string_truncate(peer->heard, 0);
    lock_leave(&peer->lock);
    if (peer->smtp)
        talk_smtp(peer, &connection, line);
    else
        talk_http(peer, &connection, line);
    if (connection >= 0)
        close(connection);
}

static bool
is_stopped(NotifyPeer *peer)
{
    lock_take(&peer->lock);
    bool stopped = peer->stopped;
    lock_leave(&peer->lock);
    return stopped;
}

static void *
listen_until_stopped(void *data)
{
    NotifyPeer *peer = data;

    for (;;) {
        int connection = accept(peer->listener, NULL, NULL);

        if (connection < 0)
            return NULL;
        if (is_stopped(peer)) {
            close(connection);
            return NULL;
        }
        answer(peer, connection);
    }
}

static int
open_port(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t          size = sizeof address;
    int                listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    g_assert_cmpint(bind(listener, (struct sockaddr *)&address, size), ==, 0);
    g_assert_cmpint(getsockname(listener, (struct sockaddr *)&address, &size), ==, 0);
    *port = ntohs(address.sin_port);
    return listener;
}

static NotifyPeer *
new_peer(bool smtp, const char *verb, const char *reply)
{
    NotifyPeer *peer = g_new0(NotifyPeer, 1);

    peer->smtp = smtp;
    peer->verb = g_strdup(verb);
    peer->reply = g_strdup(reply);
    peer->heard = g_string_new(NULL);
    peer->silent = -1;
    lock_init(&peer->lock);
    peer->listener = open_port(&peer->port);
    g_assert_cmpint(listen(peer->listener, 8), ==, 0);
    peer->thread = thread_start("peer", 0, listen_until_stopped, peer);
    return peer;
}

NotifyPeer *
notify_fixture_http(const char *reply)
{
    return new_peer(false, "GET", reply);
}

NotifyPeer *
notify_fixture_smtp(const char *verb, const char *reply)
{
    return new_peer(true, verb, reply);
}

void
notify_fixture_say(NotifyPeer *peer, const char *verb, const char *reply)
{
    lock_take(&peer->lock);
    g_free(peer->verb);
    g_free(peer->reply);
    peer->verb = g_strdup(verb);
    peer->reply = g_strdup(reply);
    lock_leave(&peer->lock);
}

int
notify_fixture_calls(NotifyPeer *peer)
{
    lock_take(&peer->lock);
    int calls = peer->calls;
    lock_leave(&peer->lock);
    return calls;
}

char *
notify_fixture_heard(NotifyPeer *peer)
{
    lock_take(&peer->lock);
    char *heard = g_strdup(peer->heard->str);
    lock_leave(&peer->lock);
    return heard;
}

void
notify_fixture_stop(NotifyPeer *peer)
{
    if (peer == NULL)
        return;
    lock_take(&peer->lock);
    peer->stopped = true;
    lock_leave(&peer->lock);
    shutdown(peer->listener, SHUT_RDWR); /* wakes accept */
    thread_join(peer->thread);
    close(peer->listener);
    if (peer->silent >= 0)
        close(peer->silent);
    lock_clear(&peer->lock);
    g_string_free(peer->heard, TRUE);
    g_free(peer->verb);
    g_free(peer->reply);
    g_free(peer);
}

/* ---- the store ---- */

static int64_t
register_person(PetitionFixture *fixture)
{
    static const Who visitor = { .role = ROLE_NONE, .lang = "ar" };
    const Identity   identity = { .document_type = "national_number",
                                  .document_issuer = "JO",
                                  .document_number = "9871012399",
                                  .name = { "سلمى", "أحمد", "خالد", "العلي" },
                                  .birth_date = "1987-03-14" };
    VaultRegister    cmd = { .identity = &identity,
                             .contact =
                                 &(Contact){ .phone = "962790000009", .email = "salma@example.org" },
                             .verification = VAULT_VERIFIED,
                             .lang = "ar",
                             .by = &visitor,
                             .command_id = command_id_read(fixture->mem, NULL) };
    VaultPerson      person;
    GError          *error = NULL;

    g_assert_true(vault_register(fixture->sys->vault, fixture->mem, &cmd, &person, &error));
    g_assert_no_error(error);
    return person.id;
}

void
notify_fixture_up(NotifyFixture *fixture, const void *data)
{
    EventListener *listeners = g_new0(EventListener, 2);

    (void)data;
    listeners[0] = notify_feature.listener;
    petition_trial_up(&fixture->trial, listeners);
    fixture->petition = fixture->trial.fixture;
    fixture->sys = fixture->petition->sys;
    fixture->sys->address = "https://sawt.example";
    fixture->person = (Who){ .role = ROLE_REQUESTER,
                             .person_id = register_person(fixture->petition),
                             .lang = "ar" };
    fixture->password = secret_new("word", sizeof "word");
    fixture->sys->gateways = (Gateways){ .sms_user = "sawt",
                                         .sms_from = "Sawt",
                                         .sms_password = fixture->password,
                                         .mail_from = "sawt@example.gov.jo",
                                         .timeout = SECONDS / 2,
                                         .retry_first = 5 * SECONDS,
                                         .retry_longest = 30 * MINUTES,
                                         .retry_most = 4 };
}

void
notify_fixture_down(NotifyFixture *fixture, const void *data)
{
    const EventListener *listeners = fixture->sys->listeners;

    notify_fixture_stop(fixture->sms);
    notify_fixture_stop(fixture->mail);
    secret_free(fixture->password);
    petition_trial_down(&fixture->trial, data);
    g_free((void *)listeners);
}

/* A port that was free a moment ago. */
static int
port_of(const NotifyPeer *peer)
{
    int port;

    if (peer != NULL)
        return peer->port;
    close(open_port(&port));
    return port;
}

void
notify_fixture_use_sms(NotifyFixture *fixture, NotifyPeer *peer)
{
    notify_fixture_stop(fixture->sms);
    fixture->sms = peer;
    fixture->sys->gateways.sms_url =
        arena_printf(fixture->petition->mem, "http://127.0.0.1:%d/sendsms", port_of(peer));
}

void
notify_fixture_use_mail(NotifyFixture *fixture, NotifyPeer *peer)
{
    notify_fixture_stop(fixture->mail);
    fixture->mail = peer;
    fixture->sys->gateways.mail_url =
        arena_printf(fixture->petition->mem, "smtp://127.0.0.1:%d", port_of(peer));
}

void
notify_fixture_complain(NotifyFixture *fixture, const char *contact, const char *lang)
{
    PetitionSubmit cmd = petition_fixture_complaint(fixture->petition);

    cmd.person_id = fixture->person.person_id;
    cmd.contact = contact;
    cmd.lang = lang;
    g_assert_cmpint(petition_trial_submit(&fixture->trial, &fixture->person, &cmd), ==, DONE);
}

bool
notify_fixture_send(NotifyFixture *fixture, const char *channel, AppTime *again)
{
    AppTime at = 0;
    AppTime now = clock_now(fixture->sys->clock);
    g_autoptr(GError) error = NULL;
    g_autoptr(Arena) mem = arena_new();
    bool sent = strcmp(channel, "sms") == 0
                    ? notify_send_sms(fixture->sys, mem, now, &at, &error)
                    : notify_send_email(fixture->sys, mem, now, &at, &error);

    if (error != NULL)
        g_test_message("%s", error->message);
    if (again != NULL)
        *again = at;
    return sent;
}

OutboxRow *
notify_fixture_rows(NotifyFixture *fixture, size_t *n)
{
    OutboxRow *rows, *ordered;
    GError    *error = NULL;

    g_assert_true(outbox_recent(petition_trial_look(&fixture->trial), 0, &rows, n, &error));
    ordered = ARENA_ARRAY(fixture->petition->mem, OutboxRow, *n);
    for (size_t i = 0; i < *n; i++)
        ordered[i] = rows[*n - 1 - i];
    petition_trial_read(&fixture->trial); /* the look ends: senders may hold no snapshot */
    return ordered;
}

void
notify_fixture_stands(NotifyFixture *fixture, size_t i, const char *channel, const char *fate,
                      const char *reason, int64_t tries)
{
    size_t     n;
    OutboxRow *rows = notify_fixture_rows(fixture, &n);

    g_assert_cmpuint(i, <, n);
    g_assert_cmpstr(rows[i].channel, ==, channel);
    g_assert_cmpstr(rows[i].fate, ==, fate);
    g_assert_cmpstr(rows[i].error, ==, reason);
    g_assert_cmpint(rows[i].tries, ==, tries);
    g_assert_true((rows[i].next_at != 0) == (strcmp(fate, "waiting") == 0));
}
