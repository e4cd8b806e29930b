/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* Draws one field of a form by its kind. The ids are stable: the control of field NAME, or the first
 * of its controls, is f-NAME (the summary of mistakes links there), its hint f-NAME-hint, its mistake
 * f-NAME-error. The order is label, hint, mistake, control. */
#include "view/form_view.h"

#include "messages.h"

#include <string.h>

/* What all parts of one field need. */
typedef struct {
    Html              *page;
    const FormView    *view;
    const FormField   *field;
    const FormMistake *mistake; /* or NULL */
} Control;

static void
add_attribute(Html *page, const char *name, const char *value)
{
    if (value == NULL)
        return;
    html_lit(page, " ");
    buffer_text(page->out, name);
    html_lit(page, "=\"");
    html_attr(page, value);
    html_lit(page, "\"");
}

static void
add_message(Html *page, const char *name, int message)
{
    add_attribute(page, name, i18n_text(page->words, message));
}

static const char *
prefix_of(const FormView *view)
{
    return view->prefix == NULL ? "f" : view->prefix;
}

/* f-NAME, or f-NAME-part. */
static const char *
id_of(const Control *control, const char *part)
{
    Arena      *mem = control->page->mem;
    const char *prefix = prefix_of(control->view);

    if (part == NULL)
        return arena_printf(mem, "%s-%s", prefix, control->field->name);
    return arena_printf(mem, "%s-%s-%s", prefix, control->field->name, part);
}

static const char *
typed(const Control *control)
{
    return form_typed(control->view->form, control->field->name);
}

/* Label, hint and mistake */

static bool
has_hint(const FormField *field)
{
    return field->hint != 0 || field->hint_text != NULL;
}

static void
add_described(const Control *control)
{
    Html *page = control->page;
    bool  hint = has_hint(control->field), mistake = control->mistake != NULL;

    if (!hint && !mistake)
        return;
    html_lit(page, " aria-describedby=\"");
    if (hint)
        html_attr(page, id_of(control, "hint"));
    if (hint && mistake)
        html_lit(page, " ");
    if (mistake)
        html_attr(page, id_of(control, "error"));
    html_lit(page, "\"");
}

static void
add_words(const Control *control)
{
    if (control->field->label_text != NULL)
        html_text(control->page, control->field->label_text);
    else
        html_message(control->page, control->field->label);
    if (!control->field->required && control->field->kind != FORM_FLAG) {
        html_lit(control->page, " <span class=\"optional\">");
        html_message(control->page, MSG_FORM_OPTIONAL);
        html_lit(control->page, "</span>");
    }
}

static void
add_hint(const Control *control)
{
    if (!has_hint(control->field))
        return;
    html_lit(control->page, "<p class=\"hint\"");
    add_attribute(control->page, "id", id_of(control, "hint"));
    html_lit(control->page, ">");
    if (control->field->hint_text != NULL)
        html_text(control->page, control->field->hint_text);
    else
        html_message(control->page, control->field->hint);
    html_lit(control->page, "</p>");
}

static void
add_mistake(const Control *control)
{
    Html *page = control->page;

    if (control->mistake == NULL)
        return;
    html_lit(page, "<p class=\"error\"");
    add_attribute(page, "id", id_of(control, "error"));
    html_lit(page, "><span class=\"vh\">");
    html_message(page, MSG_FORM_ERROR);
    html_lit(page, "</span> ");
    html_text(page,
              form_view_sentence(page->mem, page->words, control->view->form, control->mistake));
    html_lit(page, "</p>");
}

/* With one question a page, its words are the page's heading. */
static void
open_field(const Control *control)
{
    Html *page = control->page;
    bool  heading = control->view->question;

    html_lit(page, "<div class=\"field\">");
    if (heading)
        html_lit(page, "<h1>");
    html_lit(page, "<label");
    add_attribute(page, "for", id_of(control, NULL));
    html_lit(page, ">");
    add_words(control);
    html_lit(page, "</label>");
    if (heading)
        html_lit(page, "</h1>");
    add_hint(control);
    add_mistake(control);
}

static void
open_group(const Control *control)
{
    Html *page = control->page;
    bool  heading = control->view->question;

    html_lit(page, "<fieldset class=\"field\"");
    add_described(control);
    html_lit(page, "><legend>");
    if (heading)
        html_lit(page, "<h1>");
    add_words(control);
    if (heading)
        html_lit(page, "</h1>");
    html_lit(page, "</legend>");
    add_hint(control);
    add_mistake(control);
}

/* Controls: one line of text in its many kinds */

typedef struct {
    const char *class, *type, *mode, *dir;
} Look;

static Look
look_of(const FormField *field)
{
    static const Look looks[] = {
        [FORM_TEXT] = { "input", NULL, NULL, "auto" },
        [FORM_INT] = { "input ltr w6", NULL, "numeric", "ltr" },
        [FORM_PHONE] = { "input ltr w14", "tel", "tel", "ltr" },
        [FORM_EMAIL] = { "input ltr", "email", "email", "ltr" },
        [FORM_DIGITS] = { "input ltr w14", NULL, "numeric", "ltr" },
        [FORM_SECRET] = { "input ltr", "password", NULL, "ltr" },
    };
    Look look = looks[field->kind];

    if (field->kind != FORM_DIGITS)
        return look;
    if (g_strcmp0(field->autocomplete, "one-time-code") == 0)
        look.class = "input ltr w6 code";
    else if (field->max > 14)
        look.class = "input ltr w20";
    else if (field->max > 0 && field->max <= 10)
        look.class = field->max <= 4 ? "input ltr w4" : "input ltr w10";
    return look;
}

/* id, name, what describes it, and that it is wrong. */
static void
add_common(const Control *control)
{
    Html *page = control->page;

    add_attribute(page, "id", id_of(control, NULL));
    add_attribute(page, "name", control->field->name);
    add_attribute(page, "autocomplete", control->field->autocomplete);
    if (control->mistake != NULL)
        add_attribute(page, "aria-invalid", "true");
    add_described(control);
}

static void
add_line(const Control *control)
{
    Html *page = control->page;
    Look  look = look_of(control->field);

    open_field(control);
    html_lit(page, "<input");
    add_attribute(page, "class", look.class);
    add_attribute(page, "type", look.type);
    add_attribute(page, "inputmode", look.mode);
    add_attribute(page, "dir", look.dir);
    add_common(control);
    if (control->field->kind != FORM_SECRET)
        add_attribute(page, "value", typed(control));
    html_lit(page, "></div>");
}

static void
add_area(const Control *control)
{
    Html  *page = control->page;
    size_t most = control->field->max == 0 ? 5000 : control->field->max;

    open_field(control);
    html_lit(page, "<textarea class=\"input\" rows=\"8\" dir=\"auto\"");
    add_common(control);
    add_attribute(page, "data-max", arena_printf(page->mem, "%zu", most));
    add_message(page, "data-count", MSG_FORM_COUNT);
    add_message(page, "data-over", MSG_FORM_OVER);
    html_lit(page, ">\n"); /* HTML drops one line break here: not the person's own */
    html_attr(page, typed(control));
    html_lit(page, "</textarea></div>");
}

/* The limits are those of the design; the server's own stand in its configuration. */
static void
add_file(const Control *control)
{
    Html *page = control->page;

    open_field(control);
    html_lit(page, "<input class=\"input\" type=\"file\" "
                   "accept=\"image/*,video/*,audio/*,application/pdf\" "
                   "data-max-total=\"104857600\" data-max-image=\"10485760\" "
                   "data-max-video=\"52428800\" data-max-audio=\"52428800\" "
                   "data-max-other=\"20971520\"");
    if (control->field->many)
        html_lit(page, " multiple");
    add_common(control);
    if (control->field->max > 0)
        add_attribute(page, "data-max-files", arena_printf(page->mem, "%zu", control->field->max));
    add_message(page, "data-each", MSG_FORM_FILES_EACH);
    add_message(page, "data-too-large", MSG_FORM_FILES_TOO_LARGE);
    add_message(page, "data-too-many", MSG_FORM_FILES_TOO_MANY);
    add_message(page, "data-total", MSG_FORM_FILES_TOTAL);
    html_lit(page, "></div>");
}

static void
add_flag(const Control *control)
{
    Html       *page = control->page;
    const char *value = typed(control);

    html_lit(page, "<div class=\"field\">");
    add_mistake(control);
    html_lit(page, "<div class=\"choice plain\"><input type=\"checkbox\" value=\"1\"");
    add_common(control);
    if (value != NULL && strcmp(value, "0") != 0)
        html_lit(page, " checked");
    html_lit(page, "><label");
    add_attribute(page, "for", id_of(control, NULL));
    html_lit(page, ">");
    add_words(control);
    html_lit(page, "</label>");
    add_hint(control);
    html_lit(page, "</div></div>");
}

/* Choices */

static Choice
choice_of(const Control *control, const char *code)
{
    Arena       *mem = control->page->mem;
    const char  *key = arena_printf(mem, "choice.%s.%s", control->field->name, code);
    int          label = i18n_find(key), hint = i18n_find_in(key, ".hint");
    const Words *words = control->page->words;

    return (Choice){
        .value = code,
        .label = label == 0 ? code : i18n_text(words, label),
        .hint = hint == 0 ? NULL : i18n_text(words, hint),
    };
}

/* From the view when it has them, else from the codes of the field and the catalogue. */
static Choices
choices_of(const Control *control)
{
    const char *const *codes = control->field->choices;
    Choices            made = { .field = control->field->name };
    Choice            *choices;

    for (const Choices *given = control->view->choices; given != NULL && given->field != NULL;
         given++)
        if (strcmp(given->field, control->field->name) == 0)
            return *given;

    while (codes != NULL && codes[made.n] != NULL)
        made.n++;
    choices = ARENA_ARRAY(control->page->mem, Choice, MAX(made.n, 1));
    for (size_t i = 0; i < made.n; i++)
        choices[i] = choice_of(control, codes[i]);
    made.choices = choices;
    return made;
}

static void
add_choice(const Control *control, const Choice *choice, size_t number)
{
    Html       *page = control->page;
    const char *name = control->field->name;
    const char *id = id_of(control, number == 1 ? NULL : arena_printf(page->mem, "%zu", number));

    html_lit(page, "<div class=\"choice\"><input");
    add_attribute(page, "type", control->field->many ? "checkbox" : "radio");
    add_attribute(page, "id", id);
    add_attribute(page, "name", name);
    add_attribute(page, "value", choice->value);
    if (form_has(control->view->form, name, choice->value))
        html_lit(page, " checked");
    if (choice->hint != NULL)
        add_attribute(page, "aria-describedby", arena_printf(page->mem, "%s-about", id));
    html_lit(page, "><label");
    add_attribute(page, "for", id);
    html_lit(page, ">");
    html_icon(page, choice->icon);
    html_text(page, choice->label);
    html_lit(page, "</label>");

    if (choice->hint != NULL) {
        html_lit(page, "<p class=\"hint\"");
        add_attribute(page, "id", arena_printf(page->mem, "%s-about", id));
        html_lit(page, ">");
        html_text(page, choice->hint);
        html_lit(page, "</p>");
    }
    html_lit(page, "</div>");
}

static void
add_option(const Control *control, const char *value, const char *label)
{
    Html *page = control->page;

    html_lit(page, "<option");
    add_attribute(page, "value", value);
    if (value[0] != '\0' && form_has(control->view->form, control->field->name, value))
        html_lit(page, " selected");
    html_lit(page, ">");
    html_text(page, label);
    html_lit(page, "</option>");
}

static void
add_choices(const Control *control)
{
    Html   *page = control->page;
    Choices choices = choices_of(control);

    if (choices.as_list) {
        open_field(control);
        html_lit(page, "<select class=\"input\"");
        add_common(control);
        html_lit(page, ">");
        add_option(control, "", i18n_text(page->words, MSG_FORM_CHOOSE));
        for (size_t i = 0; i < choices.n; i++)
            add_option(control, choices.choices[i].value, choices.choices[i].label);
        html_lit(page, "</select></div>");
        return;
    }
    open_group(control);
    html_lit(page, "<div class=\"choices\">");
    for (size_t i = 0; i < choices.n; i++)
        add_choice(control, &choices.choices[i], i + 1);
    html_lit(page, "</div></fieldset>");
}

/* Date */

/* As typed in its own input, else from a whole 2026-11-25 (a draft's). */
static const char *
date_part(const Control *control, const char *part, size_t from, size_t size)
{
    Arena      *mem = control->page->mem;
    const char *own =
        form_typed(control->view->form, arena_printf(mem, "%s-%s", control->field->name, part));
    const char *whole = typed(control);

    if (own != NULL || whole == NULL || strlen(whole) != 10)
        return own;
    return arena_text(mem, whole + from, size);
}

static void
add_date_part(const Control *control, const char *part, int label, const char *value)
{
    Html       *page = control->page;
    bool        day = strcmp(part, "day") == 0, year = strcmp(part, "year") == 0;
    const char *id = id_of(control, day ? NULL : part);

    html_lit(page, "<div><label");
    add_attribute(page, "for", id);
    html_lit(page, ">");
    html_message(page, label);
    html_lit(page, "</label><input inputmode=\"numeric\" dir=\"ltr\"");
    add_attribute(page, "class", year ? "input ltr year" : "input ltr");
    add_attribute(page, "id", id);
    add_attribute(page, "name", arena_printf(page->mem, "%s-%s", control->field->name, part));
    if (g_strcmp0(control->field->autocomplete, "bday") == 0)
        add_attribute(page, "autocomplete", arena_printf(page->mem, "bday-%s", part));
    if (control->mistake != NULL)
        add_attribute(page, "aria-invalid", "true");
    add_attribute(page, "value", value);
    html_lit(page, "></div>");
}

static void
add_date(const Control *control)
{
    open_group(control);
    html_lit(control->page, "<div class=\"date\">");
    add_date_part(control, "day", MSG_FORM_DAY, date_part(control, "day", 8, 2));
    add_date_part(control, "month", MSG_FORM_MONTH, date_part(control, "month", 5, 2));
    add_date_part(control, "year", MSG_FORM_YEAR, date_part(control, "year", 0, 4));
    html_lit(control->page, "</div></fieldset>");
}

static void
add_hidden(const Control *control)
{
    html_lit(control->page, "<input type=\"hidden\"");
    add_attribute(control->page, "name", control->field->name);
    add_attribute(control->page, "value", typed(control));
    html_lit(control->page, ">");
}

void
form_view_field(Html *page, const FormView *view, const char *name)
{
    static void (*const draw[])(const Control *) = {
        [FORM_TEXT] = add_line,   [FORM_LONG_TEXT] = add_area, [FORM_INT] = add_line,
        [FORM_FLAG] = add_flag,   [FORM_CHOICE] = add_choices, [FORM_DATE] = add_date,
        [FORM_PHONE] = add_line,  [FORM_EMAIL] = add_line,     [FORM_DIGITS] = add_line,
        [FORM_SECRET] = add_line, [FORM_HIDDEN] = add_hidden,  [FORM_FILE] = add_file,
    };
    const FormField *field = form_field(view->form->spec, name);
    Control          control = {
                 .page = page,
                 .view = view,
                 .field = field,
                 .mistake = form_mistake_of(view->form, name),
    };

    g_assert(field != NULL); /* the template names a field that its form does not have */
    draw[field->kind](&control);
}

bool
form_view_mistaken(const FormView *view)
{
    return view != NULL && view->form != NULL && !form_ok(view->form);
}

void
form_view_errors(Html *page, const FormView *view)
{
    if (!form_view_mistaken(view))
        return;
    html_lit(page, "<div class=\"problems\" role=\"alert\" tabindex=\"-1\" "
                   "aria-labelledby=\"problems-title\"><h2 id=\"problems-title\">");
    html_icon(page, "warning");
    html_message(page, MSG_FORM_PROBLEMS);
    html_lit(page, "</h2><ul>");
    for (const FormMistake *mistake = view->form->mistakes; mistake != NULL;
         mistake = mistake->next) {
        const FormField *field = form_field(view->form->spec, mistake->field);
        bool             linked = field != NULL && field->kind != FORM_HIDDEN;

        html_lit(page, "<li>");
        if (linked) {
            html_lit(page, "<a href=\"#");
            html_attr(page, prefix_of(view));
            html_lit(page, "-");
            html_attr(page, field->name);
            html_lit(page, "\">");
        }
        html_text(page, form_view_sentence(page->mem, page->words, view->form, mistake));
        if (linked)
            html_lit(page, "</a>");
        html_lit(page, "</li>");
    }
    html_lit(page, "</ul></div>");
}

void
form_view_begin(Html *page, const FormView *view)
{
    const char *command = form_typed(view->form, "command");

    html_lit(page, "<form method=\"post\" action=\"");
    html_href(page, view->action);
    html_lit(page, "\"");
    if (view->files)
        html_lit(page, " enctype=\"multipart/form-data\"");
    if (view->autosave != NULL) {
        html_lit(page, " data-autosave=\"");
        html_href(page, view->autosave);
        html_lit(page, "\"");
    }
    html_lit(page, " novalidate>");
    if (command != NULL && command[0] != '\0')
        html_hidden_with(page, command);
    else
        html_hidden(page);
}
