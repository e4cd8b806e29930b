#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""What tools/tmplc.py and tools/poc.py refuse, and with which words; and the C that comes of what they
take. A row is a sentence: name, template (behind the {{view}} line), what must stand in the answer."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import poc    # noqa: E402
import tmplc  # noqa: E402

VIEWS = '''#pragma once
#include "view/html.h"
/* a struct in a comment: typedef struct { int no; } Ghost; */
#define ODD(x) \\
    struct { x }
typedef struct { const char *street; int64_t house; } Place;
typedef struct Row { const char *title; int64_t number; AppTime due_at; bool late; Place place; } Row;
typedef enum { RED, GREEN } Colour;
typedef struct {
    const char *name, *link, *none; /* several in one line */
    char short_name[16];
    int64_t count, left;
    AppTime at;
    bool flag, other : 1;
    int state;
    Colour colour;
    double share;
    const Row *rows; size_t n_rows;
    const char *const *words; size_t n_words;
    Texts tags;
    const Place *place;
    Place home;
    SafeHtml chart;
    const FormView *form;
    FormView second;
    void (*call)(int a, int b);
    enum { INNER_A, INNER_B } kind;
} View;
'''
HTML = '''#pragma once
typedef struct { const char *markup; size_t length; } SafeHtml;
'''
PO = {'ar': '''msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "language.name"
msgstr "العربية"

msgid "x.title"
msgstr "عنوان"

msgid "x.due"
msgstr "{name} حتى {date}"

msgid "x.rows"
msgid_plural "x.rows"
msgstr[0] "لا صفوف"
msgstr[1] "صف"
msgstr[2] "صفان"
msgstr[3] "{count} صفوف"
msgstr[4] "{count} صفًا"
msgstr[5] "{count} صف"
''', 'en': '''msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

msgid "language.name"
msgstr "English"

msgid "x.title"
msgstr "Title"

msgid "x.due"
msgstr "{name} until {date}"

msgid "x.rows"
msgid_plural "x.rows"
msgstr[0] "{count} row"
msgstr[1] "{count} rows"
'''}

REFUSED = [
    # Fields
    ('a misspelt field', '<p>{{nmae}}</p>', 'no field "nmae" in View; did you mean "name"?'),
    ('a misspelt field of a struct', '{{home.stret}}', 'no field "stret" in Place; did you mean "street"?'),
    ('a field of an optional struct from outside', '{{place.street}}', 'enter it with {{#…}}'),
    ('a field of a list from outside', '{{rows.title}}', 'enter it with {{#…}}'),
    ('an inner field after its list', '{{#rows}}{{/rows}}{{title}}', 'no field "title"'),
    ('a ghost of a comment', '{{no}}', 'no field "no"'),
    ('a flag as text', '{{flag}}', '"flag" is flag and cannot be written here'),
    ('a time without its form', '{{at}}', '{{date x}}'),
    ('an enum', '{{colour}}', 'cannot be written here'),
    ('a number that is no integer', '{{share}}', 'cannot be written here'),
    ('a struct as text', '{{home}}', 'cannot be written here'),
    ('a list as text', '{{rows}}', 'cannot be written here'),
    ('a function pointer', '{{call}}', 'no field "call"'),
    ('a date of a number', '{{date count}}', 'date takes time, "count" is number'),
    ('lines of a number', '{{lines count}}', 'lines takes text'),
    ('a struct as a condition', '{{^home}}x{{/home}}', 'neither true nor false'),
    ('an unknown word', '{{dtae at}}', 'no word of the language; did you mean "date"?'),
    ('nonsense', '{{#}}', 'no field ""'),
    ('more nonsense', '{{"}}', 'is not understood'),
    ('an empty one', '{{}}', 'is not understood'),
    # Places
    ('a value in a script', '<script>{{name}}</script>', '<script>'),
    ('words in a script', '<script>alert(1)</script>', 'nothing may stand in <script>'),
    ('a style element', '<style>{{name}}</style>', '<style> is refused'),
    ('a frame', '<iframe src="/x"></iframe>', '<iframe> is refused'),
    ('a style attribute', '<p style="color:red">1</p>', 'attribute style is refused'),
    ('an event handler', '<p onclick="{{name}}">1</p>', 'attribute onclick is refused'),
    ('an inline document', '<p srcdoc="{{name}}">1</p>', 'attribute srcdoc is refused'),
    ('a refresh', '<meta http-equiv="refresh">', 'attribute http-equiv is refused'),
    ('an unquoted value', '<p class={{name}}>1</p>', 'the value of class must be quoted'),
    ('an unquoted literal', '<p class=a>1</p>', 'the value of class must be quoted'),
    ('a value as attribute', '<p {{name}}>1</p>', 'between tags or in a quoted attribute only'),
    ('a value as part of a tag\'s name', '<h{{count}}>1</h1>', 'between tags or in a quoted'),
    ('a value as tag\'s name', '<{{name}}>1', 'begins no tag'),
    ('a value in a comment', '<!-- {{name}} -->', 'comments are {{! … }}'),
    ('a script\'s address', '<a href="javascript:{{name}}">1</a>', 'must begin with'),
    ('a literal script\'s address', '<a href="javascript:alert(1)">1</a>', 'must begin with'),
    ('a data address', '<a href="data:text/html,1">1</a>', 'must begin with'),
    ('a script by data', '<script type="module" src="{{link}}"></script>', '<script> is {{asset'),
    ('a style sheet by data', '<link rel="stylesheet" href="/x/{{name}}">', '<link> is {{asset'),
    ('an address of old', '<svg><a xlink:href="{{name}}">1</a></svg>', 'xlink:href is refused'),
    ('a control of direction', '<p>1\u202e2</p>', 'Arabic letters or controls'),
    ('another scheme\'s relative address', '<a href="//{{name}}">1</a>', 'must begin with'),
    ('a relative address', '<a href="next">1</a>', 'must begin with'),
    ('a value before a path', '<a href="{{name}}/x">1</a>', 'must be the whole of it'),
    ('two values as an address', '<a href="{{name}}{{link}}">1</a>', 'must be the whole of it'),
    ('a value as the first part of a path', '<a href="/{{name}}">1</a>', 'must be written out'),
    ('the same behind a section', '<a href="/{{#flag}}{{/flag}}{{name}}">1</a>', 'must be written out'),
    ('a number as an address', '<a href="{{count}}">1</a>', 'cannot be written here'),
    ('markup in an attribute', '<p title="{{chart}}">1</p>', 'cannot be written here'),
    ('markup in a title', '<title>{{chart}}</title>', 'cannot be written here'),
    ('a form\'s field in an attribute', '<p title="{{field form "a"}}">1</p>', 'between tags only'),
    ('an icon in an attribute', '<p title="{{icon "late"}}">1</p>', 'between tags only'),
    ('a date in an address', '<a href="/x/{{date at}}">1</a>', 'cannot be written here'),
    ('a message in an address', '<a href="/x/{{t "x.title"}}">1</a>', 'no part of an address'),
    # HTML
    ('an element that is not closed', '<div><p>1</p>', 'not closed: div'),
    ('crossed elements', '<b><i>1</b></i>', '</b> closes nothing; open: b i'),
    ('an end without a beginning', '</div>', '</div> closes nothing'),
    ('a tag that is not closed', '<div', 'not closed: a tag'),
    ('a block in a paragraph', '<p><div>1</div></p>', '<div> inside of <p>'),
    ('an empty element that is none', '<div/>', 'have no end'),
    ('a tag in capitals', '<DIV>1</DIV>', 'begins no tag'),
    ('attributes without a space', '<p class="a"id="b">1</p>', 'white space must stand'),
    ('a bare ampersand', 'a & b', 'bare "&"'),
    ('a bare ampersand in an address', '<a href="/x?a=1&b=2">1</a>', 'write &amp;'),
    ('a bare angle', '1 > 0', 'bare "&" or ">"'),
    ('a post form without its token', '<form method="post" action="/x"></form>', 'without {{hidden}}'),
    # Sections
    ('a section that is not closed', '{{#flag}}<p>1</p>', '"flag" is not closed'),
    ('a section that is closed twice', '{{#flag}}{{/flag}}{{/flag}}', 'closes nothing'),
    ('crossed sections', '{{#flag}}{{#other}}{{/flag}}{{/other}}', 'closes nothing; open: other'),
    ('half an element in a section', '{{#flag}}<div>{{/flag}}</div>', 'ends elsewhere'),
    ('an end in a section', '<div>{{#flag}}</div>{{/flag}}', 'ends elsewhere'),
    ('half an attribute in a section', '<p {{#flag}}class="{{/flag}}a">1</p>', 'ends elsewhere'),
    ('a quote closed in a section', '<p class="a{{#flag}}">{{/flag}}1</p>', 'ends elsewhere'),
    ('an attribute glued to a section', '<p{{#flag}} class="a"{{/flag}}id="b">1</p>', 'white space must'),
    ('a section glued to a name', '<p{{#flag}}class="a"{{/flag}}>1</p>', 'white space must stand'),
    ('first outside of a list', '{{#first}}{{/first}}', 'no field "first"'),
    # Words
    ('a word of English', '<p>Hello</p>', '"Hello": words belong in the catalogues'),
    ('a word of Arabic', '<p>مرحبا</p>', 'Arabic letters or controls'),
    ('a word of Arabic in an attribute', '<p class="صف">1</p>', 'Arabic letters or controls'),
    ('a spoken attribute in English', '<p title="Hello">1</p>', 'words belong in the catalogues'),
    ('an unknown message', '{{t "x.titel"}}', 'no message "x.titel" in the catalogues; did you mean "x.title"?'),
    ('a message without quotes', '{{t x.title}}', 'no message x.title'),
    ('an argument too few', '{{t "x.due" name}}', '"x.due" needs date too'),
    ('an argument too many', '{{t "x.title" name}}', '"x.title" takes nothing, not "name"'),
    ('an argument of another name', '{{t "x.due" name at}}', 'takes name, date, not "at"'),
    ('an argument twice', '{{t "x.due" name name=link date=(date at)}}', 'not "name" twice'),
    ('a time as an argument', '{{t "x.due" name date=at}}', 'say (date at)'),
    ('an unknown form of an argument', '{{t "x.due" name date=(lines name)}}', 'is not understood; known:'),
    ('a plural as a message', '{{t "x.rows"}}', 'is a plural: say {{n …}}'),
    ('a message as a plural', '{{n "x.title" count}}', 'is no plural: say {{t …}}'),
    ('a plural of a text', '{{n "x.rows" name}}', '"name" is text, no number'),
    # Pieces
    ('an icon that is missing', '{{icon "lat"}}', 'no icon "lat"; there are: late'),
    ('an icon that climbs', '{{icon "../late"}}', 'no icon "../late"'),
    ('a partial that is missing', '{{>x/none name}}', 'no template "x/none"'),
    ('a partial of another struct', '{{#rows}}{{>x/place .}}{{/rows}}', '"x/place" shows Place, not Row'),
    ('a partial of a text', '{{>x/place name}}', '"x/place" shows Place, not this'),
    ('a form of a text', '{{form name}}{{/form}}', '"name" is text, no FormView'),
    ('a field without its name', '{{field form}}', '{{field form}}: a word is missing'),
    ('a field whose name is no text', '{{field form at}}', '"at" is time'),
    ('a form that is not closed', '{{form form}}', '"form" is not closed'),
    ('an element across the form\'s end', '{{form form}}<div>{{/form}}</div>', 'still open: form div'),
    ('a page in the middle', '<p>1</p>{{page "x.title"}}', 'before everything else'),
    ('an asset as a part', '<a href="/x{{asset "app.css"}}">1</a>', 'the whole of a quoted attribute'),
]

TAKEN = [
    ('text', '<p>{{name}}</p>', ['html_lit(page, "<p>");', 'html_text(page, v->name);']),
    ('an attribute', '<p title="{{name}}">1</p>', ['html_attr(page, v->name);']),
    ('a part of a path', '<a href="/x/{{name}}?a={{link}}">1</a>',
     ['html_url(page, v->name);', 'html_url(page, v->link);']),
    ('a whole address', '<a href="{{link}}">1</a>', ['html_href(page, v->link);']),
    ('a telephone', '<a href="tel:{{name}}">1</a>', ['html_attr(page, v->name);']),
    ('a number with dashes in a path', '<a href="/x/{{ref count}}">1</a>',
     ['html_url(page, i18n_ref(page->mem, v->count));']),
    ('a query behind a whole address', '<a href="{{link}}?a={{name}}">1</a>',
     ['html_href(page, v->link);', 'html_url(page, v->name);']),
    ('what is left of a number and until a time', '{{left count}}{{left at}}',
     ['html_left(page, v->count);', 'html_left(page, v->at - page->now);']),
    ('a message field', '{{state}}', ['html_message(page, v->state);']),
    ('an array', '{{#short_name}}{{short_name}}{{/short_name}}',
     ["if (v->short_name[0] != '\\0') {", 'html_text(page, v->short_name);']),
    ('a list with its ends', '{{#rows}}{{^first}}, {{/first}}{{title}} {{name}} {{place.street}}{{/rows}}',
     ['for (size_t i1 = 0; i1 < v->n_rows; i1++) {', 'if (!(i1 == 0)) {',
      'html_text(page, v->rows[i1].title);', 'html_text(page, v->name);',
      'html_text(page, v->rows[i1].place.street);']),
    ('lists of texts', '{{#words}}{{.}}{{/words}}{{#tags}}{{.}}{{/tags}}',
     ['i1 < v->n_words', 'html_text(page, v->words[i1]);', 'i2 < v->tags.n', 'v->tags.items[i2]']),
    ('an optional struct', '{{#place}}{{street}}{{/place}}',
     ['if (v->place != NULL) {', 'html_text(page, v->place->street);']),
    ('a struct by value', '{{#home}}{{house}}{{/home}}', ['html_int(page, v->home.house);']),
    ('an attribute that may be missing', '<p{{#flag}} class="a"{{/flag}}>1</p>', ['if (v->flag) {']),
    ('a bit of a word', '<p{{#flag}} hidden{{/flag}}>1</p>', ['html_lit(page, " hidden");']),
    ('a message', '{{t "x.title"}}', ['html_message(page, MSG_X_TITLE);']),
    ('a message between tags', '{{t "x.due" date=(date at) name}}',
     ['html_format(page, MSG_X_DUE, I18N_ARGS(v->name, '
      'i18n_date(page->mem, page->words, page->zone, v->at)));']),
    ('a message in an attribute', '<p title="{{t "x.due" date=(day at) name=state}}">1</p>',
     ['html_attr(page, i18n_format(page->mem, page->words, MSG_X_DUE, I18N_ARGS('
      'i18n_text(page->words, v->state), ']),
    ('a plural', '{{n "x.rows" n_rows}}',
     ['html_plural(page, MSG_X_ROWS, (int64_t)v->n_rows, NULL, 0);']),
    ('plain text in an option', '<select><option>{{date at}}</option></select>',
     ['html_text(page, i18n_date(']),
    ('a person\'s own line break', '<textarea name="a">{{name}}</textarea>',
     ['<textarea name=\\"a\\">\\n"', 'html_attr(page, v->name);']),
    ('an icon', '<p>{{icon "late"}}</p>', ['<p><svg><path d=\\"M0\\"/></svg></p>']),
    ('an icon of the data', '{{icon name}}', ['html_icon(page, v->name);']),
    ('a chart', '{{chart}}', ['html_safe(page, v->chart);']),
    ('a page with two forms', '{{page "x.title" class="page wide"}}<p>1</p>',
     ['page->main_class = "page wide";', 'layout_begin(page, ', 'MSG_X_TITLE',
      'form_view_mistaken(v->form) || form_view_mistaken(&v->second)', 'layout_end(page);']),
    ('a form', '{{errors form}}{{form second}}{{field form "a"}}{{/form}}',
     ['form_view_errors(page, v->form);', 'form_view_begin(page, &v->second);',
      'form_view_field(page, v->form, "a");', 'html_lit(page, "</form>");']),
    ('a field by data', '{{field form name}}', ['form_view_field(page, v->form, v->name);']),
    ('a title by data', '{{page state class="page"}}',
     ['layout_begin(page, i18n_text(page->words, v->state), ']),
    ('a form by hand', '<form method="post" action="/x">{{hidden}}</form>', ['html_hidden(page);']),
    ('a partial', '{{#place}}{{>x/place .}}{{/place}}{{>x/place home}}{{>x/place place}}',
     ['x_place_html(page, v->place);', 'x_place_html(page, &v->home);', 'if (v->place != NULL)']),
    ('an asset', '<link rel="icon" href="{{asset "app.css"}}">', ['ASSET_APP_CSS']),
    ('blank lines and indents', '\n\n  <ul>\n\n    <li>1</li>\n  </ul>\n',
     ['"<ul>\\n"', '"<li>1</li>\\n"', '"</ul>\\n"']),
    ('a comment', '{{! Words, كلمات }}<p>1</p>', ['html_lit(page, "<p>1</p>']),
    ('signs that are no words', '<p>– “1” … · ← ×</p>', ['– “1” … · ← ×']),
    ('entities', '<p>&nbsp;&middot;</p>', ['&nbsp;&middot;']),
    ('no data used', '<p>1</p>', ['(void)v;']),
]

CATALOGUES = [
    ('a key that English lacks', 'ar', 'msgid "y.a"\nmsgstr "أ"', '"y.a" is missing in en'),
    ('an empty text', 'ar', 'msgid "x.b"\nmsgstr ""', 'no text'),
    ('a fuzzy text', 'ar', '#, fuzzy\nmsgid "x.b"\nmsgstr "ب"', 'is marked fuzzy'),
    ('a key twice', 'ar', 'msgid "x.title"\nmsgstr "ب"', '"x.title" stands twice'),
    ('a bad key', 'ar', 'msgid "X title"\nmsgstr "ب"', 'is no key'),
    ('hidden controls', 'ar', 'msgid "x.b"\nmsgstr "ب\u202eج"', 'a control character'),
    ('markup', 'ar', 'msgid "x.b"\nmsgstr "<b>ب</b>"', 'markup; it belongs in templates'),
    ('a stray brace', 'ar', 'msgid "x.b"\nmsgstr "ب {Name}"', 'a brace that is no {argument}'),
    ('white space at an end', 'ar', 'msgid "x.b"\nmsgstr "ب "', 'white space at an end'),
    ('two forms in Arabic', 'ar', 'msgid "x.b"\nmsgid_plural "x.b"\nmsgstr[0] "ب"\nmsgstr[1] "{count}"',
     'has 2 plural forms, ar has 6'),
    ('other arguments', 'both', 'msgid "x.b"\nmsgstr "{a}"|msgid "x.b"\nmsgstr "{b}"',
     'has other arguments in ar (a) than in en (b)'),
    ('a plural that is none in English', 'both',
     'msgid "x.b"\nmsgid_plural "x.b"\n' + '\n'.join(f'msgstr[{i}] "{{count}}"' for i in range(6)) +
     '|msgid "x.b"\nmsgstr "b"', 'plural in one language only'),
    ('two keys of one name in C', 'both', 'msgid "x_title"\nmsgstr "ب"|msgid "x_title"\nmsgstr "b"',
     'have the same name MSG_X_TITLE'),
]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)


class Fixture(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = self.folder.name
        write(f'{self.root}/src/feature/x/x_views.h', VIEWS)
        write(f'{self.root}/src/view/html.h', HTML)
        write(f'{self.root}/src/feature/x/place.html',
              '{{view Place "feature/x/x_views.h"}}<p>{{street}}</p>')
        write(f'{self.root}/icons/late.svg', '<svg>\n<path d="M0"/>\n</svg>\n')
        for lang, text in PO.items():
            write(f'{self.root}/locale/x.{lang}.po', text)

    def compile(self, text, first='{{view View "feature/x/x_views.h"}}\n'):
        path = f'{self.root}/src/feature/x/page.html'
        write(path, first + text)
        compiler = tmplc.Compiler(f'{self.root}/src', f'{self.root}/icons', f'{self.root}/locale')
        template = tmplc.Template(compiler, path).compile()
        return '\n'.join(line for _, body in template.code.functions for line in body)


class Templates(Fixture):
    def test_refused(self):
        for name, text, message in REFUSED:
            with self.subTest(name):
                with self.assertRaises(tmplc.Mistake) as caught:
                    self.compile(text)
                self.assertIn(message, str(caught.exception))
                self.assertRegex(str(caught.exception), r'page\.html:\d+: ')

    def test_taken(self):
        for name, text, parts in TAKEN:
            with self.subTest(name):
                written = self.compile(text)
                for part in parts:
                    self.assertIn(part, written)

    def test_first_line(self):
        for first, message in (('', 'the first line must be'), ('<p>', 'the first line must be'),
                               ('{{view View "feature/x/none.h"}}', 'no header "feature/x/none.h"'),
                               ('{{view Viow "feature/x/x_views.h"}}', 'did you mean "View"?'),
                               ('{{view View}}', 'no header'),
                               ('{{view Ghost "feature/x/x_views.h"}}', 'no struct "Ghost"')):
            with self.subTest(first):
                with self.assertRaises(tmplc.Mistake) as caught:
                    self.compile('<p>1</p>', first)
                self.assertIn(message, str(caught.exception))

    def test_line_is_named(self):
        for text, line in (('<p>1</p>\n\n{{nmae}}', 4), ('{{#rows}}\n{{title}}\n<p>\n', 3),
                           ('<p>1</p>\n<b>\n1\n</i>', 5), ('\n\n\nمرحبا', 5)):
            with self.subTest(text):
                with self.assertRaises(tmplc.Mistake) as caught:
                    self.compile(text)
                if '{{#rows}}' not in text:
                    self.assertIn(f'page.html:{line}: ', str(caught.exception))

    def test_void(self):
        self.assertIn('html_lit', self.compile('<p>1</p>', '{{view void}}'))

    def test_words_between_items_stay_apart(self):
        written = self.compile('<p>1 {{#words}} {{.}},{{/words}}</p>')
        self.assertIn('html_lit(page, " ");', written)


class Catalogues(Fixture):
    def test_refused(self):
        for name, lang, text, message in CATALOGUES:
            with self.subTest(name):
                arabic, _, english = text.partition('|')
                write(f'{self.root}/locale/y.ar.po', PO['ar'].split('\n\n')[0] + '\n\n' + arabic + '\n')
                write(f'{self.root}/locale/y.en.po',
                      PO['en'].split('\n\n')[0] + '\n\n' + (english if lang == 'both' else '') + '\n')
                _, _, mistakes = poc.read(f'{self.root}/locale')
                self.assertIn(message, '\n'.join(mistakes))
                self.assertRegex(mistakes[0], r'\.po:\d+: ')

    def test_unknown_language(self):
        write(f'{self.root}/locale/x.fr.po', PO['en'])
        _, _, mistakes = poc.read(f'{self.root}/locale')
        self.assertIn('"fr" is not one of ar, en', mistakes[0])

    def test_numbers_are_not_turned(self):
        for text, lang, want in (('مثل 26-4839-2017-5.', 'ar', 'مثل \u200e26-4839-2017-5.'),
                                 ('من +96265008080', 'ar', 'من \u200e+96265008080'),
                                 ('من 27 3 2026 و14:30', 'ar', 'من 27 3 2026 و14:30'),
                                 ('such as 26-48', 'en', 'such as 26-48')):
            self.assertEqual(poc.mark_numbers(text, lang), want)

    def test_tables(self):
        messages, read, mistakes = poc.read(f'{self.root}/locale')
        self.assertEqual(mistakes, [])
        self.assertIn(f'{self.root}/locale', read)
        self.assertEqual(list(messages), ['language.name', 'x.due', 'x.rows', 'x.title'])
        self.assertIn('MSG_X_DUE = 2, /* name, date */', poc.header(messages))
        self.assertIn('MSG_X_ROWS = 3, /* plural */', poc.header(messages))
        source = poc.source(messages)
        self.assertIn('{ "", 0, 0 }, { " حتى ", 8, 1 }, { "", 0, MESSAGE_END },', source)
        self.assertIn('"x.due",', source)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
