/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The words of a mistake: they name the field and say what would be right. Three come into question,
 * in this order: the rule's own message, the feature's for this field and kind, the common one. */
#include "view/form_view.h"

#include "messages.h"

#include <string.h>

static bool
is_question(const char *label)
{
    return g_str_has_suffix(label, "؟") || g_str_has_suffix(label, "?");
}

static int
required_message(const FormField *field, const char *label)
{
    switch (field->kind) {
    case FORM_CHOICE:
        return is_question(label) ? MSG_FORM_MISTAKE_REQUIRED_QUESTION
                                  : MSG_FORM_MISTAKE_REQUIRED_CHOICE;
    case FORM_FLAG:
        return MSG_FORM_MISTAKE_REQUIRED_FLAG;
    case FORM_FILE:
        return MSG_FORM_MISTAKE_REQUIRED_FILE;
    case FORM_DATE:
        return is_question(label) ? MSG_FORM_MISTAKE_REQUIRED_QUESTION
                                  : MSG_FORM_MISTAKE_REQUIRED_DATE;
    case FORM_TEXT:
    case FORM_LONG_TEXT:
    case FORM_INT:
    case FORM_PHONE:
    case FORM_EMAIL:
    case FORM_DIGITS:
    case FORM_SECRET:
    case FORM_HIDDEN:
    default:
        return is_question(label) ? MSG_FORM_MISTAKE_REQUIRED_QUESTION : MSG_FORM_MISTAKE_REQUIRED;
    }
}

static int
length_message(const FormField *field, bool too_long)
{
    if (field->kind != FORM_DIGITS)
        return too_long ? MSG_FORM_MISTAKE_TOO_LONG : MSG_FORM_MISTAKE_TOO_SHORT;
    if (field->min == field->max)
        return MSG_FORM_MISTAKE_EXACT_DIGITS;
    return too_long ? MSG_FORM_MISTAKE_MANY_DIGITS : MSG_FORM_MISTAKE_FEW_DIGITS;
}

/* A feature's better words for this very mistake: mistake.FIELD.KIND. */
static int
own_message(Arena *mem, const FormField *field, FormMistakeKind kind)
{
    static const char *const names[] = {
        [FORM_MISTAKE_REQUIRED] = "required",         [FORM_MISTAKE_TOO_LONG] = "too_long",
        [FORM_MISTAKE_TOO_SHORT] = "too_short",       [FORM_MISTAKE_NOT_A_CHOICE] = "not_a_choice",
        [FORM_MISTAKE_NOT_A_NUMBER] = "not_a_number", [FORM_MISTAKE_OUT_OF_RANGE] = "out_of_range",
        [FORM_MISTAKE_NOT_A_DATE] = "not_a_date",     [FORM_MISTAKE_NOT_A_PHONE] = "not_a_phone",
        [FORM_MISTAKE_NOT_AN_EMAIL] = "not_an_email", [FORM_MISTAKE_NOT_DIGITS] = "not_digits",
        [FORM_MISTAKE_NOT_TEXT] = "not_text",
    };

    if ((size_t)kind >= G_N_ELEMENTS(names) || names[kind] == NULL)
        return 0;
    return i18n_find(arena_printf(mem, "mistake.%s.%s", field->name, names[kind]));
}

/* "When did it happen?: a real date" loses its colon. */
static const char *
without_colon(Arena *mem, const char *sentence, const char *label)
{
    size_t size = strlen(label);

    if (!is_question(label) || strncmp(sentence, label, size) != 0 || sentence[size] != ':')
        return sentence;
    return arena_printf(mem, "%s%s", label, sentence + size + 1);
}

static const char *
sentence_of(Arena *mem, const Words *words, const FormField *field, const FormMistake *mistake,
            const char *label)
{
    static const int messages[] = {
        [FORM_MISTAKE_NOT_A_CHOICE] = MSG_FORM_MISTAKE_NOT_A_CHOICE,
        [FORM_MISTAKE_NOT_A_NUMBER] = MSG_FORM_MISTAKE_NOT_A_NUMBER,
        [FORM_MISTAKE_NOT_A_DATE] = MSG_FORM_MISTAKE_NOT_A_DATE,
        [FORM_MISTAKE_NOT_A_PHONE] = MSG_FORM_MISTAKE_NOT_A_PHONE,
        [FORM_MISTAKE_NOT_AN_EMAIL] = MSG_FORM_MISTAKE_NOT_AN_EMAIL,
        [FORM_MISTAKE_NOT_DIGITS] = MSG_FORM_MISTAKE_NOT_DIGITS,
        [FORM_MISTAKE_NOT_TEXT] = MSG_FORM_MISTAKE_NOT_TEXT,
    };

    if (mistake->kind == FORM_MISTAKE_REQUIRED)
        return i18n_format(mem, words, required_message(field, label), I18N_ARGS(label));
    if (mistake->kind == FORM_MISTAKE_TOO_LONG || mistake->kind == FORM_MISTAKE_TOO_SHORT)
        return i18n_plural(mem, words,
                           length_message(field, mistake->kind == FORM_MISTAKE_TOO_LONG),
                           mistake->number, I18N_ARGS(label));
    if (mistake->kind == FORM_MISTAKE_OUT_OF_RANGE)
        return i18n_format(mem, words, MSG_FORM_MISTAKE_OUT_OF_RANGE,
                           I18N_ARGS(label, i18n_number(mem, (int64_t)field->min),
                                     i18n_number(mem, (int64_t)field->max)));
    if ((size_t)mistake->kind < G_N_ELEMENTS(messages))
        return i18n_format(mem, words, messages[mistake->kind], I18N_ARGS(label));
    return i18n_text(words, MSG_FORM_MISTAKE_UNKNOWN);
}

const char *
form_view_sentence(Arena *mem, const Words *words, const Form *form, const FormMistake *mistake)
{
    const FormField *field = form_field(form->spec, mistake->field);
    const char      *label;
    int              own;

    if (mistake->kind == FORM_MISTAKE_MESSAGE)
        return i18n_format(mem, words, mistake->message, mistake->arguments,
                           G_N_ELEMENTS(mistake->arguments));
    if (field == NULL)
        return i18n_text(words, MSG_FORM_MISTAKE_UNKNOWN);

    own = own_message(mem, field, mistake->kind);
    if (own != 0)
        return i18n_text(words, own);
    label = field->label_text != NULL ? field->label_text : i18n_text(words, field->label);
    return without_colon(mem, sentence_of(mem, words, field, mistake, label), label);
}
