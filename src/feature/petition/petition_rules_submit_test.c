/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Each row is one sentence of the specification: what a petition must have. */
#include "feature/petition/petition_setting.h"

static const char *
repeat(Arena *mem, const char *piece, size_t times)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < times; i++)
        g_string_append(text, piece);
    return arena_copy(mem, text->str);
}

typedef void (*Spoil)(PetitionSetting *setting, PetitionSubmit *cmd);

static void
unknown_type(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->type = "petition";
}

static void
no_about(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->about = NULL;
}

static void
contact_by_pigeon(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->contact = "pigeon";
}

static void
unknown_channel(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->channel = "tv";
}

static void
no_subject(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->subject = NULL;
}

static void
blank_text(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->text = " \n\u200f\t";
}

static void
longest_text(PetitionSetting *setting, PetitionSubmit *cmd)
{
    cmd->text = repeat(setting->rules.mem, "م", PETITION_TEXT_MOST);
}

static void
too_long_text(PetitionSetting *setting, PetitionSubmit *cmd)
{
    cmd->text = repeat(setting->rules.mem, "م", PETITION_TEXT_MOST + 1);
}

static void
broken_text(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->text = "ماء \xD8";
}

static void
too_long_wanted(PetitionSetting *setting, PetitionSubmit *cmd)
{
    cmd->wanted = repeat(setting->rules.mem, "x", PETITION_WANTED_MOST + 1);
}

static void
nothing_optional(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->wanted = cmd->place_words = cmd->happened = NULL;
    cmd->entity_id = cmd->service_id = cmd->place_id = 0;
}

static void
unknown_entity(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->entity_id = 99;
}

static void
retired_entity(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->entity_id = GONE;
    cmd->service_id = 0;
}

static void
service_of_other(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->service_id = ROADS_LIGHTS;
}

static void
service_retired(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->service_id = WATER_GONE;
}

static void
service_unknown(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->service_id = 77;
}

static void
service_without_entity(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->entity_id = 0;
}

static void
unknown_place(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->place_id = 5;
}

static void
an_inquiry(PetitionSetting *setting, PetitionSubmit *cmd)
{
    (void)setting;
    cmd->type = "inquiry";
}

static const struct {
    const char       *name;
    Spoil             spoil;
    VaultVerification verification;
    int               message;
    const char       *field;
} submit_cases[] = {
    { "a verified person complains", NULL, VAULT_VERIFIED, 0, NULL },
    { "one whose registry is down complains", NULL, VAULT_PROVISIONAL, 0, NULL },
    { "one with a mobile only may not complain", NULL, VAULT_UNKNOWN, MSG_REFUSAL_IDENTITY_NEEDED,
      "type" },
    { "one whose data do not match may not complain", NULL, VAULT_MISMATCH,
      MSG_REFUSAL_IDENTITY_NEEDED, "type" },
    { "an inquiry needs a mobile only", an_inquiry, VAULT_UNKNOWN, 0, NULL },
    { "there are four types", unknown_type, VAULT_VERIFIED, MSG_REFUSAL_CHOICE, "type" },
    { "it says what it is about", no_about, VAULT_VERIFIED, MSG_REFUSAL_CHOICE, "about" },
    { "contact is by list", contact_by_pigeon, VAULT_VERIFIED, MSG_REFUSAL_CHOICE, "contact" },
    { "a channel is of the list", unknown_channel, VAULT_VERIFIED, MSG_REFUSAL_CHOICE, "channel" },
    { "a subject is needed", no_subject, VAULT_VERIFIED, MSG_REFUSAL_TEXT_MISSING, "subject" },
    { "space and controls are no text", blank_text, VAULT_VERIFIED, MSG_REFUSAL_TEXT_MISSING,
      "text" },
    { "a text of the longest length", longest_text, VAULT_VERIFIED, 0, NULL },
    { "one letter more", too_long_text, VAULT_VERIFIED, MSG_REFUSAL_TEXT_TOO_LONG, "text" },
    { "half a letter cannot be kept", broken_text, VAULT_VERIFIED, MSG_REFUSAL_TEXT_BROKEN,
      "text" },
    { "the wish has a limit too", too_long_wanted, VAULT_VERIFIED, MSG_REFUSAL_TEXT_TOO_LONG,
      "wanted" },
    { "entity, place and wish may be left out", nothing_optional, VAULT_VERIFIED, 0, NULL },
    { "an unknown entity", unknown_entity, VAULT_VERIFIED, MSG_REFUSAL_ENTITY_UNKNOWN, "entity" },
    { "an entity that is gone", retired_entity, VAULT_VERIFIED, MSG_REFUSAL_ENTITY_UNKNOWN,
      "entity" },
    { "another entity's service", service_of_other, VAULT_VERIFIED, MSG_REFUSAL_SERVICE_ELSEWHERE,
      "service" },
    { "a service that is gone", service_retired, VAULT_VERIFIED, MSG_REFUSAL_SERVICE_ELSEWHERE,
      "service" },
    { "an unknown service", service_unknown, VAULT_VERIFIED, MSG_REFUSAL_SERVICE_ELSEWHERE,
      "service" },
    { "a service without its entity", service_without_entity, VAULT_VERIFIED,
      MSG_REFUSAL_SERVICE_ELSEWHERE, "service" },
    { "an unknown place", unknown_place, VAULT_VERIFIED, MSG_REFUSAL_PLACE_UNKNOWN, "place" },
};

static void
test_submit(PetitionSetting *setting, const void *data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(submit_cases); i++) {
        PetitionSubmit cmd = petition_fixture_complaint(setting->fixture);

        if (submit_cases[i].spoil != NULL)
            submit_cases[i].spoil(setting, &cmd);
        petition_setting_assert(
            setting, submit_cases[i].name,
            petition_rule_submit(&setting->rules, &cmd, submit_cases[i].verification),
            submit_cases[i].message, submit_cases[i].field, NULL);
    }
}

static const struct {
    const char    *name;
    PetitionAnswer answer;
    int            message;
} answer_cases[] = {
    { "a number that fits", { "meter", 1, "123456789012" }, 0 },
    { "a digit too much", { "meter", 1, "1234567890123" }, MSG_REFUSAL_TEXT_TOO_LONG },
    { "a version that never was", { "meter", 2, "1" }, MSG_REFUSAL_ANSWER_UNKNOWN },
    { "a field that never was", { "colour", 1, "red" }, MSG_REFUSAL_ANSWER_UNKNOWN },
    { "one of the choices", { "size", 1, "runs" }, 0 },
    { "none of the choices", { "size", 1, "floods" }, MSG_REFUSAL_CHOICE },
    { "several choices", { "seen", 1, "day|rain" }, 0 },
    { "several with a stranger among them", { "seen", 1, "day|noon" }, MSG_REFUSAL_CHOICE },
    { "a choice without choices", { "broken", 1, "x" }, MSG_REFUSAL_CHOICE },
};

static void
test_answers(PetitionSetting *setting, const void *data)
{
    PetitionAnswer many[PETITION_ANSWERS_MOST + 1];
    PetitionSubmit cmd = petition_fixture_complaint(setting->fixture);

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(answer_cases); i++) {
        cmd.answers = &answer_cases[i].answer;
        cmd.n_answers = 1;
        petition_setting_assert(setting, answer_cases[i].name,
                                petition_rule_submit(&setting->rules, &cmd, VAULT_VERIFIED),
                                answer_cases[i].message, answer_cases[i].answer.code, NULL);
    }

    for (size_t i = 0; i < G_N_ELEMENTS(many); i++)
        many[i] = answer_cases[0].answer;
    cmd.answers = many;
    cmd.n_answers = G_N_ELEMENTS(many);
    petition_setting_assert(setting, "more answers than any service asks for",
                            petition_rule_submit(&setting->rules, &cmd, VAULT_VERIFIED),
                            MSG_REFUSAL_ANSWER_UNKNOWN, "service", NULL);
}

static const struct {
    const char *about;
    bool        restricted, to_entity;
} about_cases[] = {
    { "service", false, true }, { "department", false, true }, { "employee", false, true },
    { "officer", true, true },  { "head", true, false },       { "unit", true, true },
};

static void
test_about(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(about_cases); i++) {
        g_assert_cmpint(petition_rule_is_restricted(about_cases[i].about), ==,
                        about_cases[i].restricted);
        g_assert_cmpint(petition_rule_goes_to_entity(about_cases[i].about), ==,
                        about_cases[i].to_entity);
    }
}

#define ADD(name, test)                                                                            \
    g_test_add(name, PetitionSetting, NULL, petition_setting_up, test, petition_setting_down)

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/petition_rules_submit/submit", test_submit);
    ADD("/petition_rules_submit/answers", test_answers);
    g_test_add_func("/petition_rules_submit/about", test_about);
    return g_test_run();
}
