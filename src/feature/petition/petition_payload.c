/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each kind of JSON is one table of members. What must stay true: a member is never renamed and never
 * changes its meaning, because events are kept for years. */
#include "feature/petition/petition_payload.h"

#include "base/json.h"
#include "base/text.h"
#include "feature/petition/petition_rules.h"

#include <string.h>

enum { CONTENT_MEMBERS = 8 };

typedef struct {
    const char *key;
    size_t      offset;
    bool        is_number; /* an int64_t, else a const char * */
} Member;

/* clang-format off */
#define TEXT(T, field) { #field, offsetof(T, field), false }
#define NUMBER(T, field) { #field, offsetof(T, field), true }
/* clang-format on */

static const Member payload_members[] = {
    TEXT(PetitionPayload, text),
    TEXT(PetitionPayload, legal_text),
    TEXT(PetitionPayload, solved),
    TEXT(PetitionPayload, why),
    NUMBER(PetitionPayload, days),
    NUMBER(PetitionPayload, day),
    NUMBER(PetitionPayload, stars),
    NUMBER(PetitionPayload, proposed_entity_id),
    NUMBER(PetitionPayload, consultation_id),
};

static const Member submit_content_members[] = {
    TEXT(PetitionSubmit, subject),      TEXT(PetitionSubmit, text),
    TEXT(PetitionSubmit, wanted),       TEXT(PetitionSubmit, place_words),
    TEXT(PetitionSubmit, happened),     NUMBER(PetitionSubmit, entity_id),
    NUMBER(PetitionSubmit, service_id),
};

static const Member content_members[] = {
    TEXT(PetitionContent, subject),      TEXT(PetitionContent, text),
    TEXT(PetitionContent, wanted),       TEXT(PetitionContent, place_words),
    TEXT(PetitionContent, happened),     NUMBER(PetitionContent, entity_id),
    NUMBER(PetitionContent, service_id),
};

static const Member submit_members[] = {
    NUMBER(PetitionSubmit, person_id), TEXT(PetitionSubmit, type),    TEXT(PetitionSubmit, about),
    NUMBER(PetitionSubmit, place_id),  TEXT(PetitionSubmit, contact), TEXT(PetitionSubmit, channel),
    TEXT(PetitionSubmit, lang),
};

static const Member command_members[] = {
    TEXT(PetitionPayloadCommand, action),       TEXT(PetitionPayloadCommand, role),
    TEXT(PetitionPayloadCommand, outcome),      TEXT(PetitionPayloadCommand, ground),
    NUMBER(PetitionPayloadCommand, account_id), NUMBER(PetitionPayloadCommand, entity_id),
    NUMBER(PetitionPayloadCommand, service_id), NUMBER(PetitionPayloadCommand, directorate_id),
};

/* ---- writing ---- */

static bool
write_members(Json *json, const void *record, const Member *members, size_t n)
{
    bool any = false;

    for (size_t i = 0; i < n; i++) {
        const char *at = (const char *)record + members[i].offset;
        const char *text = NULL;
        int64_t     number = 0;

        memcpy(members[i].is_number ? (void *)&number : (void *)&text, at, sizeof number);
        if (number != 0)
            json_int(json, members[i].key, number);
        else if (text != NULL)
            json_text(json, members[i].key, text);
        any = any || number != 0 || text != NULL;
    }
    return any;
}

static Bytes
bytes_of(Arena *mem, const GString *text)
{
    return arena_bytes(mem, (Bytes){ (const uint8_t *)text->str, text->len });
}

Bytes
petition_payload_write(Arena *mem, const PetitionPayload *payload)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    bool any = write_members(&json, payload, payload_members, G_N_ELEMENTS(payload_members));
    json_object_end(&json);
    return any ? bytes_of(mem, out) : (Bytes){ NULL, 0 };
}

/* An answer names the version of its field: "answer.school.1". */
static void
write_answers(Json *json, const PetitionSubmit *cmd)
{
    for (size_t i = 0; i < cmd->n_answers; i++) {
        const PetitionAnswer *answer = &cmd->answers[i];
        g_autofree char      *key =
            g_strdup_printf("answer.%s.%" G_GINT64_FORMAT, answer->code, answer->version);

        json_text(json, key, answer->value);
    }
}

Bytes
petition_payload_write_content(Arena *mem, const PetitionSubmit *cmd)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    write_members(&json, cmd, submit_content_members, G_N_ELEMENTS(submit_content_members));
    write_answers(&json, cmd);
    json_object_end(&json);
    return bytes_of(mem, out);
}

Bytes
petition_payload_submit_command(Arena *mem, const PetitionSubmit *cmd, Bytes content)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    write_members(&json, cmd, submit_members, G_N_ELEMENTS(submit_members));
    json_bool(&json, "identity_hidden", cmd->identity_hidden);
    if (cmd->draft_hash.data != NULL)
        json_text(&json, "draft", text_hex(mem, cmd->draft_hash));
    json_object_end(&json);
    g_string_append_len(out, (const char *)content.data, (gssize)content.size);
    return bytes_of(mem, out);
}

Bytes
petition_payload_command(Arena *mem, const PetitionPayloadCommand *command)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Json json;

    json_init(&json, out);
    json_object_begin(&json, NULL);
    write_members(&json, command, command_members, G_N_ELEMENTS(command_members));
    json_object_end(&json);
    g_string_append_len(out, (const char *)command->payload.data, (gssize)command->payload.size);
    return bytes_of(mem, out);
}

/* ---- reading ---- */

static bool
read_pairs(Arena *mem, const char *text, size_t size, JsonPair *pairs, size_t most, size_t *n,
           GError **error)
{
    g_autoptr(GError) cause = NULL;

    return json_read(mem, text, size, pairs, most, n, &cause) ||
           fail(error, APP_ERROR_INTERNAL, "what was kept is no JSON: %s", cause->message);
}

static void
read_members(const JsonPair *pairs, size_t n_pairs, void *record, const Member *members, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *text = json_find(pairs, n_pairs, members[i].key);
        int64_t     number = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);

        memcpy((char *)record + members[i].offset,
               members[i].is_number ? (const void *)&number : (const void *)&text, sizeof number);
    }
}

bool
petition_payload_read(Arena *mem, const char *json, PetitionPayload *out, GError **error)
{
    JsonPair pairs[G_N_ELEMENTS(payload_members)];
    size_t   n = 0;

    if (*json != '\0' &&
        !read_pairs(mem, json, strlen(json), pairs, G_N_ELEMENTS(pairs), &n, error))
        return false;

    read_members(pairs, n, out, payload_members, G_N_ELEMENTS(payload_members));
    return true;
}

/* "answer.school.1" is field `school`, version 1. False when the key is another member's. */
static bool
read_answer(Arena *mem, const JsonPair *pair, PetitionAnswer *out)
{
    static const char prefix[] = "answer.";
    const char       *dot = strrchr(pair->key, '.');
    const char       *code = pair->key + strlen(prefix);

    if (!g_str_has_prefix(pair->key, prefix) || dot <= code)
        return false;

    *out = (PetitionAnswer){
        .code = arena_text(mem, code, (size_t)(dot - code)),
        .version = g_ascii_strtoll(dot + 1, NULL, 10),
        .value = pair->text,
    };
    return true;
}

bool
petition_payload_read_content(Arena *mem, const char *json, PetitionContent *out, GError **error)
{
    JsonPair        pairs[CONTENT_MEMBERS + PETITION_ANSWERS_MOST];
    PetitionAnswer *answers = ARENA_ARRAY(mem, PetitionAnswer, PETITION_ANSWERS_MOST);
    size_t          n, n_answers = 0;

    if (!read_pairs(mem, json, strlen(json), pairs, G_N_ELEMENTS(pairs), &n, error))
        return false;

    read_members(pairs, n, out, content_members, G_N_ELEMENTS(content_members));
    for (size_t i = 0; i < n && n_answers < PETITION_ANSWERS_MOST; i++)
        n_answers += read_answer(mem, &pairs[i], &answers[n_answers]);
    out->answers = answers;
    out->n_answers = n_answers;
    return true;
}
