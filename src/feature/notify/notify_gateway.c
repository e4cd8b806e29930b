/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* libcurl for both. What matters is the difference between "was not handed over" and "may have been":
 * the first is tried again without end, the second at most once more. */
#include "feature/notify/notify_gateway.h"

#include <curl/curl.h>
#include <string.h>

#define CONNECT_MS 3000L
#define TOTAL_MS 10000L
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
new_call(const char *url)
{
    CURL *call = curl_easy_init();

    g_assert(call != NULL);
    curl_easy_setopt(call, CURLOPT_URL, url);
    curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(call, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, TOTAL_MS);
    curl_easy_setopt(call, CURLOPT_FOLLOWLOCATION, 0L);
    return call;
}

/* A call that ended without an answer: had the message left us? */
static GatewayAnswer
without_answer(CURL *call, CURLcode code, bool handed_over, const char **reason)
{
    (void)call;
    if (!handed_over) {
        *reason = "not_reached";
        return GATEWAY_AGAIN;
    }
    *reason = code == CURLE_OPERATION_TIMEDOUT ? "no_answer_in_time" : "broke_off";
    return GATEWAY_UNKNOWN;
}

static void
add_argument(GString *url, CURL *call, const char *name, const char *value)
{
    char *escaped = curl_easy_escape(call, value, 0);

    g_string_append_printf(url, "%c%s=%s", strchr(url->str, '?') == NULL ? '?' : '&', name,
                           escaped);
    curl_free(escaped);
}

/* "0: Accepted for delivery", "3: Queued for later delivery"; everything else is no. */
static GatewayAnswer
read_sms_answer(long status, const Answer *answer, const char **reason)
{
    if (status == 202 || (status == 200 && (answer->text[0] == '0' || answer->text[0] == '3')))
        return GATEWAY_TAKEN;
    if (status >= 500 || status == 429) {
        *reason = "gateway_busy";
        return GATEWAY_AGAIN;
    }
    *reason = status == 401 || status == 403 ? "gateway_refuses_us" : "refused";
    return GATEWAY_REFUSED;
}

GatewayAnswer
notify_gateway_sms(const Gateways *gateways, Arena *mem, const char *phone, const char *text,
                   const char **reason)
{
    CURL         *call = new_call(gateways->sms_url);
    GString      *url = g_string_new(gateways->sms_url);
    Answer       *answer = ARENA_NEW(mem, Answer);
    long          status = 0, sent = 0;
    CURLcode      code;
    GatewayAnswer result;

    add_argument(url, call, "username", gateways->sms_user);
    add_argument(url, call, "password", (const char *)secret_data(gateways->sms_password));
    add_argument(url, call, "from", gateways->sms_from);
    add_argument(url, call, "to", phone);
    add_argument(url, call, "coding", "2");
    add_argument(url, call, "charset", "UTF-8");
    add_argument(url, call, "text", text);
    curl_easy_setopt(call, CURLOPT_URL, url->str);
    curl_easy_setopt(call, CURLOPT_WRITEFUNCTION, keep_answer);
    curl_easy_setopt(call, CURLOPT_WRITEDATA, answer);
    code = curl_easy_perform(call);
    curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call, CURLINFO_REQUEST_SIZE, &sent);
    result = code == CURLE_OK ? read_sms_answer(status, answer, reason)
                              : without_answer(call, code, sent > 0, reason);
    memset(url->str, 0, url->len); /* it holds the password and a telephone number */
    g_string_free(url, TRUE);
    curl_easy_cleanup(call);
    return result;
}

/* ---- e-mail ---- */

static char *
encode_header(Arena *mem, const char *text)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));

    return arena_printf(mem, "=?UTF-8?B?%s?=", encoded);
}

/* Lines of 76 letters, as MIME has it. */
static void
append_base64(GString *mail, const char *text)
{
    g_autofree char *encoded = g_base64_encode((const guchar *)text, strlen(text));

    for (size_t at = 0, length = strlen(encoded); at < length; at += 76)
        g_string_append_printf(mail, "%.76s\r\n", encoded + at);
}

static GString *
write_mail(Arena *mem, const char *from, const char *to, const char *subject, const char *text)
{
    GString   *mail = g_string_new(NULL);
    GDateTime *now = g_date_time_new_now_utc();
    char      *date = g_date_time_format(now, "%d %b %Y %H:%M:%S +0000");

    g_string_append_printf(
        mail,
        "Date: %s\r\nFrom: %s\r\nTo: %s\r\nSubject: %s\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\nAuto-Submitted: auto-generated\r\n\r\n",
        date, from, to, encode_header(mem, subject));
    append_base64(mail, text);
    g_free(date);
    g_date_time_unref(now);
    return mail;
}

typedef struct {
    const GString *mail;
    size_t         sent;
} MailReader;

static size_t
give_mail(char *out, size_t one, size_t room, void *user)
{
    MailReader *reader = user;
    size_t      size = MIN(one * room, reader->mail->len - reader->sent);

    memcpy(out, reader->mail->str + reader->sent, size);
    reader->sent += size;
    return size;
}

static GatewayAnswer
read_mail_answer(long status, const char **reason)
{
    if (status >= 200 && status < 300)
        return GATEWAY_TAKEN;
    *reason = status >= 500 ? "refused" : "gateway_busy";
    return status >= 500 ? GATEWAY_REFUSED : GATEWAY_AGAIN;
}

GatewayAnswer
notify_gateway_mail(const Gateways *gateways, Arena *mem, const char *address, const char *subject,
                    const char *text, const char **reason)
{
    CURL              *call = new_call(gateways->mail_url);
    GString           *mail = write_mail(mem, gateways->mail_from, address, subject, text);
    MailReader         reader = { .mail = mail, .sent = 0 };
    struct curl_slist *to = curl_slist_append(NULL, address);
    long               status = 0;
    CURLcode           code;
    GatewayAnswer      result;

    curl_easy_setopt(call, CURLOPT_MAIL_FROM, gateways->mail_from);
    curl_easy_setopt(call, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(call, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(call, CURLOPT_READFUNCTION, give_mail);
    curl_easy_setopt(call, CURLOPT_READDATA, &reader);
    curl_easy_setopt(call, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
    if (gateways->mail_user != NULL) {
        curl_easy_setopt(call, CURLOPT_USERNAME, gateways->mail_user);
        curl_easy_setopt(call, CURLOPT_PASSWORD,
                         gateways->mail_password == NULL
                             ? ""
                             : (const char *)secret_data(gateways->mail_password));
    }
    code = curl_easy_perform(call);
    curl_easy_getinfo(call, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK || (reader.sent < mail->len && status >= 400))
        result = read_mail_answer(status, reason);
    else
        result = without_answer(call, code, reader.sent == mail->len, reason);
    g_string_free(mail, TRUE);
    curl_slist_free_all(to);
    curl_easy_cleanup(call);
    return result;
}
