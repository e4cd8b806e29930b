/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libcurl for both. What matters are two differences: between "was not handed over" and "may have been"
 * (the first is tried again, the second at most once more), and between what is wrong with the gateway
 * (every message waits) and what is wrong with the message (the others go on). */
#include "feature/notify/notify_gateway.h"

#include <curl/curl.h>
#include <string.h>

#define LONGEST_CONNECT (3 * SECONDS)
#define MOST_ANSWER 4096

typedef struct {
    char   text[MOST_ANSWER + 1];
    size_t size;
} Answer;

static size_t
keep_answer(char *data, size_t one, size_t size, void *user)
{
    Answer *answer = user;
    size_t  taken = MIN(size, MOST_ANSWER - answer->size);

    (void)one;
    memcpy(answer->text + answer->size, data, taken);
    answer->size += taken;
    return size;
}

static CURL *
new_call(const Gateways *gateways, const char *url, const char *protocols)
{
    CURL *call = curl_easy_init();
    long  whole = (long)(gateways->timeout * 1000 / SECONDS);

    g_assert(call != NULL);
    curl_easy_setopt(call, CURLOPT_URL, url);
    curl_easy_setopt(call, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(call, CURLOPT_NOPROXY, "*"); /* whatever the environment says */
    curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(call, CURLOPT_CONNECTTIMEOUT_MS,
                     MIN(whole, (long)(LONGEST_CONNECT * 1000 / SECONDS)));
    curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, whole);
    curl_easy_setopt(call, CURLOPT_FOLLOWLOCATION, 0L);
    return call;
}

/* A call that ended without an answer: had the message left us? */
static GatewayAnswer
without_answer(CURLcode code, bool handed_over, const char **reason)
{
    if (!handed_over) {
        *reason = "not_reached";
        return GATEWAY_DOWN;
    }
    *reason = code == CURLE_OPERATION_TIMEDOUT ? "no_answer_in_time" : "broke_off";
    return GATEWAY_UNKNOWN;
}

/* ---- SMS ---- */

static void
add_argument(GString *url, CURL *call, const char *name, const char *value)
{
    char *escaped = curl_easy_escape(call, value, 0);

    g_string_append_printf(url, "%c%s=%s", strchr(url->str, '?') == NULL ? '?' : '&', name,
                           escaped);
    curl_free(escaped);
}

/* "0: Accepted for delivery", "3: Queued for later delivery". Kannel says 400 to a number or text that is
 * none and 406 to a number on its black list; a wrong password, address or right is about us. */
static GatewayAnswer
read_sms_answer(long status, const Answer *answer, const char **reason)
{
    if (status == 202 || (status == 200 && (answer->text[0] == '0' || answer->text[0] == '3')))
        return GATEWAY_TAKEN;
    if (status == 400 || status == 406 || status == 413 || status == 414 || status == 422) {
        *reason = "refused";
        return GATEWAY_REFUSED;
    }
    *reason = status >= 500 || status == 429 ? "gateway_busy" : "gateway_refuses_us";
    return GATEWAY_DOWN;
}

static GString *
sms_url(const Gateways *gateways, CURL *call, const char *phone, const char *text)
{
    GString *url = g_string_new(gateways->sms_url);

    add_argument(url, call, "username", gateways->sms_user);
    add_argument(url, call, "password", (const char *)secret_data(gateways->sms_password));
    add_argument(url, call, "from", gateways->sms_from);
    add_argument(url, call, "to", phone);
    add_argument(url, call, "coding", "2");
    add_argument(url, call, "charset", "UTF-8");
    add_argument(url, call, "text", text);
    return url;
}

GatewayAnswer
notify_gateway_sms(const Gateways *gateways, Arena *mem, const char *phone, const char *text,
                   const char **reason)
{
    CURL         *call = new_call(gateways, gateways->sms_url, "http,https");
    GString      *url = sms_url(gateways, call, phone, text);
    Answer       *answer = ARENA_NEW(mem, Answer);
    long          status = 0, sent = 0;
    CURLcode      code;
    GatewayAnswer result;

    curl_easy_setopt(call, CURLOPT_URL, url->str);
    curl_easy_setopt(call, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(call, CURLOPT_WRITEDATA, answer);
    code = curl_easy_perform(call);
    curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call, CURLINFO_REQUEST_SIZE, &sent);
    result = code == CURLE_OK ? read_sms_answer(status, answer, reason)
                              : without_answer(code, sent > 0, reason);
    memset(url->str, 0, url->len); /* it holds the password and a telephone number */
    g_string_free(url, TRUE);
    curl_easy_cleanup(call);
    return result;
}

/* ---- e-mail ---- */

typedef struct {
    const GString *mail;
    size_t         sent;
    bool           named; /* the recipient was: from here on an answer is about this message */
} Conversation;

static size_t
give_mail(char *out, size_t one, size_t room, void *user)
{
    Conversation *talk = user;
    size_t        size = MIN(one * room, talk->mail->len - talk->sent);

    memcpy(out, talk->mail->str + talk->sent, size);
    talk->sent += size;
    return size;
}

/* libcurl has one error for a refused sender and a refused recipient; what was said tells them apart. */
static int
watch_commands(CURL *call, curl_infotype type, char *data, size_t size, void *user)
{
    static const char rcpt[] = "RCPT TO:";
    Conversation     *talk = user;

    (void)call;
    if (type == CURLINFO_HEADER_OUT && size >= strlen(rcpt) &&
        strncmp(data, rcpt, strlen(rcpt)) == 0)
        talk->named = true;
    return 0;
}

/* Also an answer to what was handed over is one: 4xx and 5xx then say that it was not taken. */
static GatewayAnswer
read_mail_answer(const Conversation *talk, CURLcode code, long status, const char **reason)
{
    if (code == CURLE_OK && status >= 200 && status < 300)
        return GATEWAY_TAKEN;
    if (status < 400)
        return without_answer(code, talk->sent == talk->mail->len, reason);
    if (status == 421 || !talk->named) {
        *reason = status < 500 ? "gateway_busy" : "gateway_refuses_us";
        return GATEWAY_DOWN;
    }
    *reason = status < 500 ? "not_now" : "refused";
    return status < 500 ? GATEWAY_LATER : GATEWAY_REFUSED;
}

static void
set_mail(CURL *call, const Gateways *gateways, const struct curl_slist *to, Conversation *talk)
{
    curl_easy_setopt(call, CURLOPT_MAIL_FROM, gateways->mail_from);
    curl_easy_setopt(call, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(call, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(call, CURLOPT_READFUNCTION, give_mail);
    curl_easy_setopt(call, CURLOPT_READDATA, talk);
    curl_easy_setopt(call, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(call, CURLOPT_DEBUGFUNCTION, watch_commands);
    curl_easy_setopt(call, CURLOPT_DEBUGDATA, talk);
    /* A password goes over nothing but TLS, whatever somebody between strips from the greeting. */
    curl_easy_setopt(call, CURLOPT_USE_SSL,
                     (long)(gateways->mail_user != NULL ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    /* Also for the answer to QUIT, which libcurl waits for two minutes beyond the time-out. */
    curl_easy_setopt(call, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                     (long)((gateways->timeout + SECONDS - 1) / SECONDS));
    if (gateways->mail_user == NULL)
        return;
    curl_easy_setopt(call, CURLOPT_USERNAME, gateways->mail_user);
    curl_easy_setopt(
        call, CURLOPT_PASSWORD,
        gateways->mail_password == NULL ? "" : (const char *)secret_data(gateways->mail_password));
}

GatewayAnswer
notify_gateway_mail(const Gateways *gateways, Arena *mem, const NotifyMail *mail,
                    const char **reason)
{
    CURL              *call;
    struct curl_slist *to;
    Conversation       talk = { .sent = 0 };
    long               status = 0;
    CURLcode           code;
    GatewayAnswer      result;

    if (!notify_mime_is_address(mail->to)) {
        *reason = "no_address";
        return GATEWAY_REFUSED;
    }
    talk.mail = notify_mime_write(mem, mail);
    to = curl_slist_append(NULL, mail->to);
    call = new_call(gateways, gateways->mail_url, "smtp,smtps");
    set_mail(call, gateways, to, &talk);
    code = curl_easy_perform(call);
    curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &status);
    result = read_mail_answer(&talk, code, status, reason);
    g_string_free((GString *)talk.mail, TRUE);
    curl_slist_free_all(to);
    curl_easy_cleanup(call);
    return result;
}
