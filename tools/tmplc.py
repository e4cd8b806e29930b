#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compile page templates (src/feature/X/NAME.html) to C. The language: docs/templates.md.

tmplc_types.py reads the view structs from their headers, tmplc_html.py knows where in HTML a value
stands, tmplc_c.py writes the C, poc.py reads the catalogues. A mistake is an error with file and
line: what compiles needs no check at run time.
"""
import argparse
import difflib
import glob
import os
import re
import sys

import poc
import tmplc_c
import tmplc_html
from tmplc_types import Field, Types

COMMENT = re.compile(r'\{\{!.*?\}\}', re.S)
# {{word x}}: kind of x, the function between tags, the text elsewhere and as an argument of {{t}}.
WORDS = 'page->mem, page->words'
HELPERS = {
    'date': ('time', 'html_date', f'i18n_date({WORDS}, page->zone, %s)'),
    'datetime': ('time', 'html_datetime', f'i18n_datetime({WORDS}, page->zone, %s)'),
    'day': ('time', 'html_day', f'i18n_day({WORDS}, page->zone, %s, page->now)'),
    'span': ('number', 'html_span', f'i18n_span({WORDS}, %s)'),
    'left': ('number', 'html_left', f'i18n_left({WORDS}, %s)'),
    'size': ('number', 'html_size', f'i18n_size({WORDS}, %s)'),
    'number': ('number', 'html_number', 'i18n_number(page->mem, %s)'),
    'ref': ('number', 'html_ref', 'i18n_ref(page->mem, %s)'),
    'lines': ('text', 'html_lines', None),
    'qr': ('text', 'html_qr', None),
}


class Mistake(Exception):
    pass


def near(name, names):
    close = difflib.get_close_matches(name, names, 1)
    return f'; did you mean "{close[0]}"?' if close else ''


class Scope:
    def __init__(self, struct, fields, prefix, whole, index=None, count=None):
        self.struct, self.fields, self.prefix, self.whole = struct, fields, prefix, whole
        self.index, self.count = index, count


class Compiler:
    """What all templates of one run share."""

    def __init__(self, root, icons, locale):
        self.root, self.icons, self.types = root, icons, Types(root)
        self.messages, read, mistakes = poc.read(locale)
        self.read = {icons, *read, *glob.glob(os.path.join(os.path.dirname(__file__), 'tmplc*.py'))}
        if mistakes:
            raise Mistake('\n'.join(mistakes))

    def icon(self, name):
        path = os.path.join(self.icons, name + '.svg')
        self.read.add(path)
        with open(path, encoding='utf-8') as file:
            return re.sub(r'>\s+<', '><', file.read().strip())

    def icon_names(self):
        return sorted(os.path.basename(path)[:-4] for path in glob.glob(f'{self.icons}/*.svg'))

    def partial(self, name):
        """Path, struct, C function and header of the template feature/name."""
        feature, _, base = name.partition('/')
        folder = 'view' if feature == 'view' else f'feature/{feature}'
        path = f'{self.root}/{folder}/{base}.html'
        if not os.path.exists(path):
            return None
        self.read.add(path)
        with open(path, encoding='utf-8') as file:
            found = re.match(r'\s*\{\{view (\w+)', COMMENT.sub('', file.read()))
        function = (base if feature == 'view' else f'{feature}_{base}').replace('-', '_')
        return found and found[1], function + '_html', f'{folder}/{feature}_html.h'


class Template:
    """One file, compiled in one pass into C functions."""

    def __init__(self, compiler, path):
        self.compiler, self.path, self.line, self.at = compiler, path, 1, 0
        self.place = tmplc_html.Place(self.fail)
        name = '/'.join(os.path.splitext(path)[0].split('/')[-2:])
        self.name = (compiler.partial(name) or self.fail(f'not under {compiler.root}'))[1]
        self.code, self.loops, self.includes, self.is_page = tmplc_c.Code(), 0, set(), False
        with open(path, encoding='utf-8') as file:
            text = COMMENT.sub(lambda found: '\n' * found[0].count('\n'), file.read())
        self.tokens, line = [], 1
        for i, part in enumerate(re.split(r'\{\{(.*?)\}\}', text, flags=re.S)):
            self.tokens.append((line, i % 2 == 1, part if i % 2 == 0 else part.strip()))
            line += part.count('\n')
        found = tmplc_html.UNWANTED.search(text)
        if found:
            self.line += text.count('\n', 0, found.start())
            self.fail('Arabic letters or controls: words belong in the catalogues, {{t "key"}}')

    def fail(self, why):
        raise Mistake(f'{self.path}:{self.line + self.place.newlines}: {why}')

    def compile(self):
        self.at = 2
        first = (self.tokens + [(1, True, '')])[1][2]
        found = re.match(r'view (\w+)(?: "([^"]+)")?$', first)
        if self.tokens[0][2].strip() or not found:
            self.fail('the first line must be {{view STRUCT "header.h"}} or {{view void}}')
        struct, header = found.groups()
        self.struct, self.scopes = None, [Scope(None, {}, '', '')]
        if struct != 'void':
            if not header or not self.compiler.types.load(header):
                self.fail(f'no header "{header}" under {self.compiler.root}')
            self.struct = struct
            self.includes.add(header)
            self.scopes = [Scope(struct, self.fields_of(struct), 'v->', 'v')]
        self.body(None)
        if self.is_page:
            self.code.emit('layout_end(page);')
        if self.place.open or self.place.state != 'text':
            self.fail(f'not closed: {" ".join(self.place.open) or "a tag"}')
        self.code.end(self.name, self.struct)
        return self

    def fields_of(self, struct):
        structs = self.compiler.types.structs
        if struct not in structs:
            self.fail(f'no struct "{struct}" in the header of the view or what it includes'
                      + near(struct, structs))
        return structs[struct]

    def body(self, close):
        begin = self.line
        while self.at < len(self.tokens):
            self.line, is_tag, text = self.tokens[self.at]
            self.at += 1
            if not is_tag:
                self.code.literal.append(self.place.feed(text))
            elif text.startswith('/'):
                if text[1:].strip() != close:
                    self.fail(f'{{{{{text}}}}} closes nothing; open: {close or "nothing"}')
                return
            else:
                self.directive(text)
        if close:
            self.line = begin
            self.fail(f'"{close}" is not closed')

    def directive(self, text):
        if text[:1] in ('#', '^'):
            return self.section(text[0] == '#', text[1:].strip())
        part = re.compile(r'(?:[\w-]+=)?(?:"[^"]*"|\([^()"]*\)|>?[\w./-]+)')
        words = part.findall(text)
        if part.sub('', text).strip() or not words:
            self.fail(f'{{{{{text}}}}} is not understood')
        if words[0].startswith('>'):
            return self.do_partial([words[0][1:] or self.fail('no name')] + words[1:])
        known = getattr(self, f'do_{words[0]}', None)
        if known and (len(words) > 1 or words[0] in ('hidden', 'content')):
            try:
                return known(words[1:])
            except IndexError:
                self.fail(f'{{{{{text}}}}}: a word is missing')
        if words[0] in HELPERS and len(words) == 2:
            return self.helper(*words)
        if len(words) > 1:
            self.fail(f'"{words[0]}" is no word of the language' + near(words[0], HELPERS))
        return self.value(words[0])

    def resolve(self, path):
        """The C expression of a path and its Field; names are looked for from the inside out."""
        first, *rest = path.split('.') if path != '.' else ['.']
        for scope in reversed(self.scopes):
            if first in scope.fields:
                expression, field = scope.prefix + first * (first != '.'), scope.fields[first]
                break
            if scope.index and first in ('first', 'last', 'index'):
                return {'first': (f'{scope.index} == 0', Field('flag')),
                        'last': (f'{scope.index} + 1 == {scope.count}', Field('flag')),
                        'index': (f'(int64_t){scope.index} + 1', Field('number'))}[first]
        else:
            names = [name for scope in self.scopes for name in scope.fields]
            self.fail(f'no field "{first}" in {self.scopes[-1].struct or "the view"}'
                      + near(first, names))
        for name in rest:
            if field.kind != 'struct':
                self.fail(f'"{path}": what stands before ".{name}" is no struct by value; enter it '
                          f'with {{{{#…}}}}')
            fields = self.fields_of(field.struct)
            if name not in fields:
                self.fail(f'no field "{name}" in {field.struct}' + near(name, fields))
            expression, field = f'{expression}.{name}', fields[name]
        return expression, field

    # Sections

    def count_of(self, expression, field):
        if field.kind == 'texts':
            return f'{expression}.n'
        return re.sub(r'(\w+)$', r'n_\1', expression)

    def truth(self, path, expression, field):
        tests = {'flag': '{0}', 'number': '{0} != 0', 'time': '{0} != 0', 'message': '{0} != 0',
                 'markup': '{0}.length > 0', 'optional': '{0} != NULL', 'form*': '{0} != NULL',
                 'text': "{0}[0] != '\\0'" if field.array else "{0} != NULL && {0}[0] != '\\0'",
                 'list': '{1} > 0', 'texts': '{1} > 0'}
        if field.kind not in tests:
            self.fail(f'"{path}" is {field.kind}: neither true nor false')
        return tests[field.kind].format(expression, self.count_of(expression, field))

    def section(self, positive, path):
        before, blank, state = self.place.snapshot(), self.place.blank, self.place.state
        value = self.place.value
        expression, field = self.resolve(path)
        self.code.flush()
        head, scope = self.enter(positive, path, expression, field)
        self.code.emit(head)
        begin, loop = len(self.code.lines), head.startswith('for')
        first = self.tokens[self.at][2] if self.at < len(self.tokens) else ''

        self.code.depth += 1
        self.scopes += [scope] if scope else []
        self.body(path)
        self.code.flush()
        self.code.depth -= 1
        self.scopes = self.scopes[:len(self.scopes) - bool(scope)]
        self.code.lines.append('    ' * self.code.depth + '}')

        if self.place.snapshot() != before:
            self.fail(f'"{path}" ends elsewhere in HTML than it began (open: '
                      f'{" ".join(self.place.open)}; before: {" ".join(before[-1])})')
        if loop and blank and not self.place.blank and first[:1].isspace() and state == 'text':
            self.code.lines.insert(begin, '    ' * (self.code.depth + 1) + 'html_lit(page, " ");')
        if state in ('tag', 'edge'):
            self.place.state = 'tag' if (state, self.place.state) == ('tag', 'tag') else 'edge'
        self.place.value = value + '\1'
        self.place.blank = blank and self.place.blank

    def enter(self, positive, path, expression, field):
        """The C line that opens a section, and the scope inside."""
        if not positive:
            return f'if (!({self.truth(path, expression, field)})) {{', None
        if field.kind in ('list', 'texts'):
            self.loops += 1
            index, count = f'i{self.loops}', self.count_of(expression, field)
            head = f'for (size_t {index} = 0; {index} < {count}; {index}++) {{'
            if field.kind == 'texts' or field.struct == 'char':
                item = f'{expression}{".items" * (field.kind == "texts")}[{index}]'
                return head, Scope('texts', {'.': Field('text')}, item, item, index, count)
            item = f'{expression}[{index}]'
            return head, Scope(field.struct, self.fields_of(field.struct), f'{item}.', f'&{item}',
                               index, count)
        if field.kind == 'struct':
            return '{', Scope(field.struct, self.fields_of(field.struct), f'{expression}.',
                              f'&{expression}')
        scope = None
        if field.kind == 'optional':
            scope = Scope(field.struct, self.fields_of(field.struct), f'{expression}->', expression)
        return f'if ({self.truth(path, expression, field)}) {{', scope

    # Values

    def hole(self):
        if self.place.open[-1:] == ['textarea'] and ''.join(self.code.literal).endswith('>'):
            self.code.literal.append('\n')  # HTML drops one line break here: not the person's own
        behind = self.tokens[self.at][2] if self.at < len(self.tokens) else ''
        return self.place.hole(behind)

    def text_place(self, what):
        if self.hole() != 'text':
            self.fail(f'{what} may stand between tags only')

    def value(self, path):
        expression, field = self.resolve(path)
        place = self.hole()
        function = {
            'text': {'text': 'text', 'words': 'text', 'attr': 'attr', 'url': 'url', 'href': 'href'},
            'number': {'text': 'int', 'words': 'int', 'attr': 'int', 'url': 'int'},
            'message': {'text': 'message', 'words': 'message', 'attr': 'message'},
            'markup': {'text': 'safe'},
        }.get(field.kind, {}).get(place)
        if function is None:
            advice = ': {{date x}}, {{datetime x}} or {{day x}}' if field.kind == 'time' else ''
            self.fail(f'"{path}" is {field.kind} and cannot be written here ({place}){advice}')
        self.code.emit(f'html_{function}(page, {expression});')

    def typed(self, word, path):
        expression, field = self.resolve(path)
        if (word, field.kind) == ('left', 'time'):
            return f'{expression} - page->now'
        if field.kind != HELPERS[word][0]:
            self.fail(f'{word} takes {HELPERS[word][0]}, "{path}" is {field.kind}')
        return expression

    def helper(self, word, path):
        _, function, text = HELPERS[word]
        expression, place = self.typed(word, path), self.hole()
        escape = 'text' if place == 'words' else place
        if place == 'text':
            self.code.emit(f'{function}(page, {expression});')
        elif text is None or place == 'href' or (place == 'url' and word != 'ref'):
            self.fail(f'{{{{{word} {path}}}}} cannot be written here ({place})')
        else:
            self.code.emit(f'html_{escape}(page, {text % expression});')

    def as_text(self, word):
        """An argument of a message as a C expression of text."""
        if word.startswith('('):
            name, *path = word[1:-1].split() or ['']
            if len(path) != 1 or HELPERS.get(name, (0, 0, None))[2] is None:
                self.fail(f'"{word}" is not understood; known: '
                          + ' '.join(f'({name} x)' for name in HELPERS if HELPERS[name][2]))
            return HELPERS[name][2] % self.typed(name, path[0])
        expression, field = self.resolve(word)
        texts = {'text': '{}', 'message': 'i18n_text(page->words, {})',
                 'number': 'arena_printf(page->mem, "%" G_GINT64_FORMAT, (int64_t){})'}
        if field.kind not in texts:
            self.fail(f'"{word}" is {field.kind}: say (date {word}) or the like')
        return texts[field.kind].format(expression)

    def lookup(self, quoted, plural):
        key, messages = quoted.strip('"'), self.compiler.messages
        if quoted[:1] != '"' or key not in messages:
            self.fail(f'no message {quoted} in the catalogues' + near(key, messages))
        if messages[key].plural != plural:
            self.fail(f'"{key}" is ' + ('no plural: say {{t …}}' if plural else
                                        'a plural: say {{n …}}'))
        return messages[key]

    def arguments(self, message, words):
        given = {}
        for word in words:
            name, _, path = word.rpartition('=')
            name = name or path.strip('()').split()[-1].split('.')[-1]
            if name in given or name not in message.arguments:
                self.fail(f'"{message.key}" takes {", ".join(message.arguments) or "nothing"}, '
                          f'not "{name}"' + ' twice' * (name in given))
            given[name] = self.as_text(path)
        missing = [name for name in message.arguments if name not in given]
        if missing:
            self.fail(f'"{message.key}" needs {", ".join(missing)} too')
        values = ', '.join(given[name] for name in message.arguments)
        return f'I18N_ARGS({values})' if values else 'NULL, 0'

    def message(self, message, rest):
        """Writes a message: with <bdi> around what turns between tags, as plain text elsewhere."""
        call, place = 'plural' if message.plural else 'format', self.hole()
        if place in ('url', 'href'):
            self.fail('words are no part of an address')
        escape = 'text' if place == 'words' else 'attr'
        if rest == 'NULL, 0':
            self.code.emit(f'html_message(page, {message.macro()});')
        elif place == 'text':
            self.code.emit(f'html_{call}(page, {message.macro()}, {rest});')
        else:
            self.code.emit(f'html_{escape}(page, i18n_{call}({WORDS}, {message.macro()}, {rest}));')

    # The words of the language

    def do_t(self, words):
        message = self.lookup(words[0], False)
        self.message(message, self.arguments(message, words[1:]))

    def do_n(self, words):
        message = self.lookup(words[0], True)
        count, field = self.resolve(words[1] if len(words) > 1 else 'count')
        if field.kind != 'number':
            self.fail(f'"{words[1]}" is {field.kind}, no number')
        self.message(message, f'(int64_t){count}, ' + self.arguments(message, words[2:]))

    def do_page(self, words):
        if self.is_page or self.code.lines or ''.join(self.code.literal).strip():
            self.fail('{{page …}} comes once, before everything else')
        self.is_page = True
        classes = [word for word in words if word.startswith('class="')]
        title = self.as_text(words[0]) if words[0][:1] != '"' else ''
        if not title:
            message = self.lookup(words[0], False)
            rest = self.arguments(message, [word for word in words[1:] if word not in classes])
            title = f'i18n_format({WORDS}, {message.macro()}, {rest})'
        if classes:
            self.code.emit(f'page->main_class = {classes[0][6:]};')
        forms = [f'form_view_mistaken({self.form(name)})' for name, field
                 in self.scopes[0].fields.items() if field.kind.startswith('form')]
        self.code.emit(f'layout_begin(page, {title}, {" || ".join(forms) or "false"});')

    def do_content(self, _):
        if len(self.scopes) > 1 or self.place.state != 'text':
            self.fail('{{content}} stands between tags, outside of sections')
        base = self.name[:-len('_html')]
        self.code.end(f'{base}_begin_html', self.struct)
        self.name = f'{base}_end_html'

    def do_icon(self, words):
        self.text_place('{{icon …}}')
        if not words[0].startswith('"'):
            return self.code.emit(f'html_icon(page, {self.as_text(words[0])});')
        name, names = words[0].strip('"'), self.compiler.icon_names()
        if name not in names:
            self.fail(f'no icon "{name}"; there are: {" ".join(names)}')
        return self.code.literal.append(self.compiler.icon(name))

    def do_asset(self, words):
        if self.place.state != 'value' or self.place.value.strip('\1'):
            self.fail('{{asset …}} is the whole of a quoted attribute')
        self.place.value = '\0'
        self.includes.add('assets.h')
        self.code.literal.append('\0' + poc.c_name('ASSET', words[0].strip('"')) + '\0')

    def do_hidden(self, _):
        self.text_place('{{hidden}}')
        self.place.hidden = True
        self.code.emit('html_hidden(page);')

    def form(self, path):
        expression, field = self.resolve(path)
        if field.kind not in ('form', 'form*'):
            self.fail(f'"{path}" is {field.kind}, no FormView')
        return expression if field.kind == 'form*' else f'&{expression}'

    def do_form(self, words):
        self.text_place('{{form …}}')
        self.code.emit(f'form_view_begin(page, {self.form(words[0])});')
        before = list(self.place.open)
        self.place.open.append('form')
        self.body('form')
        if self.place.open != before + ['form'] or self.place.state != 'text':
            self.fail(f'{{{{/form}}}}: still open: {" ".join(self.place.open)}')
        self.place.open.pop()
        self.code.literal.append('</form>')

    def do_field(self, words):
        self.text_place('{{field …}}')
        name = words[1] if words[1].startswith('"') else self.as_text(words[1])
        self.code.emit(f'form_view_field(page, {self.form(words[0])}, {name});')

    def do_errors(self, words):
        self.text_place('{{errors …}}')
        self.code.emit(f'form_view_errors(page, {self.form(words[0])});')

    def do_partial(self, words):
        self.text_place('a partial')
        struct, function, header = self.compiler.partial(words[0]) or (None, None, None)
        if struct is None:
            self.fail(f'no template "{words[0]}" with a {{{{view …}}}}')
        self.includes.add(header)
        if struct == 'void':
            return self.code.emit(f'{function}(page);')
        whole, kind = self.scopes[-1].whole, self.scopes[-1].struct
        if words[1:] not in ([], ['.']):
            expression, field = self.resolve(words[1])
            whole, kind = expression if field.kind == 'optional' else f'&{expression}', field.struct
            if field.kind == 'optional':
                self.code.emit(f'if ({expression} != NULL)')
        if kind != struct:
            self.fail(f'"{words[0]}" shows {struct}, not {kind or "this"}')
        return self.code.emit(f'{function}(page, {whole});')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    for name in ('--root', '--icons', '--locale'):  # src/, web/icons/, locale/
        parser.add_argument(name, required=True)
    for name in ('--header', '--source', '--icon-table', '--depfile'):
        parser.add_argument(name)
    parser.add_argument('templates', nargs='*')
    options = parser.parse_args()

    mistakes, templates = [], []
    try:
        compiler = Compiler(options.root.rstrip('/'), options.icons.rstrip('/'), options.locale)
    except Mistake as mistake:
        sys.exit(str(mistake))
    for path in options.templates:
        try:
            templates.append(Template(compiler, path).compile())
        except Mistake as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        sys.exit('\n'.join(mistakes))
    if options.header:
        tmplc_c.write_pair(options.header, options.source, templates)
    if options.icon_table:
        tmplc_c.write_icons(options.icon_table, compiler)
    if options.depfile:
        poc.write_depfile(options.depfile, options.icon_table or options.source,
                          compiler.read | compiler.types.read | set(options.templates))


if __name__ == '__main__':
    main()
