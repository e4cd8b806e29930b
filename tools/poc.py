#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compile the catalogues locale/NAME.LANG.po to messages.h and messages.c.

A msgid is a key ("petition.overdue"), a text holds named {arguments}. Everything a reader could
stumble over is refused here, with file and line: a key that one language lacks, an empty or fuzzy
text, other arguments than the other language has, a plural form too few. tools/tmplc.py reads the
catalogues through read() below.
"""
import argparse
import glob
import os
import re
import sys

import polib

PLURALS = {'ar': 6, 'en': 2}  # as many as the rule in src/view/i18n.c gives
RIGHT_TO_LEFT = {'ar'}
LANGUAGES = ['ar', 'en']      # the first is the fall-back and the default
KEY = re.compile(r'[a-z][a-z0-9_]*(?:[.-][a-z0-9_]+)*\Z')
ARGUMENT = re.compile(r'\{([a-z][a-z0-9_]*)\}')
# Controls, embeddings, overrides, isolates and marks of direction: nobody sees them in a review.
HIDDEN = re.compile('[\x00-\x09\x0b-\x1f\x7f-\x9f'
                    '\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]')


def c_name(kind, text):
    return f'{kind}_' + re.sub(r'[^A-Z0-9]', '_', text.upper())


class Message:
    def __init__(self, key, where, plural):
        self.key, self.where, self.plural = key, where, plural
        self.texts = {}      # language → list of its forms
        self.arguments = []  # in order of first appearance in the English text, without {count}

    def macro(self):
        return c_name('MSG', self.key)


def arguments_of(text):
    """The names of the {arguments} of a text, in order, each once."""
    return list(dict.fromkeys(ARGUMENT.findall(text)))


def check_text(text, where, mistakes):
    if not text.strip():
        mistakes.append(f'{where}: no text')
    elif text != text.strip():
        mistakes.append(f'{where}: white space at an end; words are joined in templates')
    if HIDDEN.search(text):
        mistakes.append(f'{where}: a control character that nobody sees')
    if '<' in text or re.search(r'&[a-z#0-9]+;', text):
        mistakes.append(f'{where}: markup; it belongs in templates')
    if re.search(r'[{}]', ARGUMENT.sub('', text)):
        mistakes.append(f'{where}: a brace that is no {{argument}}')


def mark_numbers(text, lang):
    """Behind Arabic letters 26-4839 is shown as 4839-26 and +962 as 962+: a mark of direction (LRM)
    before them mends it, in pages as in messages to telephones."""
    if lang not in RIGHT_TO_LEFT:
        return text
    return re.sub(r'(?<![\w+-])(?=\d+-\d|[+-]\d)', '\u200e', text)


def read_entry(entry, path, lang, messages, mistakes):
    key, where = entry.msgid, f'{path}:{entry.linenum}'
    plural = bool(entry.msgid_plural)
    forms = ([entry.msgstr_plural[i] for i in sorted(entry.msgstr_plural)] if plural
             else [entry.msgstr])

    if not KEY.match(key):
        mistakes.append(f'{where}: "{key}" is no key (small letters, digits, dots)')
    if entry.fuzzy:
        mistakes.append(f'{where}: "{key}" is marked fuzzy')
    if plural and len(forms) != PLURALS[lang]:
        mistakes.append(f'{where}: "{key}" has {len(forms)} plural forms, '
                        f'{lang} has {PLURALS[lang]}')
    for form in forms:
        check_text(form, f'{where}: "{key}"', mistakes)

    message = messages.setdefault(key, Message(key, where, plural))
    if lang in message.texts:
        mistakes.append(f'{where}: "{key}" stands twice, also in {message.where}')
    if message.plural != plural:
        mistakes.append(f'{where}: "{key}" is plural in one language only, see {message.where}')
    message.texts[lang] = [mark_numbers(form, lang) for form in forms]


def check_message(message, mistakes):
    for lang in LANGUAGES:
        if lang not in message.texts:
            mistakes.append(f'{message.where}: "{message.key}" is missing in {lang}')
    if len(message.texts) < len(LANGUAGES):
        return

    # The last form is the general one: it has them all. "One" and "two" may do without the number.
    last = arguments_of(message.texts['en'][-1])
    message.arguments = [name for name in last if not (message.plural and name == 'count')]
    for lang in LANGUAGES:
        for form in message.texts[lang]:
            names = set(arguments_of(form)) - ({'count'} if message.plural else set())
            if names != set(message.arguments):
                mistakes.append(f'{message.where}: "{message.key}" has other arguments in {lang} '
                                f'({", ".join(sorted(names)) or "none"}) than in en '
                                f'({", ".join(message.arguments) or "none"})')
        if message.plural and '{count}' not in message.texts[lang][-1]:
            mistakes.append(f'{message.where}: "{message.key}" does not say {{count}} in {lang}')


def read(folder):
    """All messages of the catalogues in a folder by key, sorted; what was read; what is wrong."""
    messages, mistakes, paths = {}, [], sorted(glob.glob(os.path.join(folder, '*.po')))
    for path in paths:
        lang = os.path.basename(path).split('.')[-2]
        if lang not in LANGUAGES:
            mistakes.append(f'{path}: "{lang}" is not one of {", ".join(LANGUAGES)}')
            continue
        try:
            catalogue = polib.pofile(path)
        except (OSError, UnicodeDecodeError) as error:
            mistakes.append(f'{path}: {error}')
            continue
        for entry in catalogue:
            if not entry.obsolete:
                read_entry(entry, path, lang, messages, mistakes)

    macros = {}
    for message in messages.values():
        check_message(message, mistakes)
        other = macros.setdefault(message.macro(), message)
        if other is not message:
            mistakes.append(f'{message.where}: "{message.key}" and "{other.key}" have the same '
                            f'name {message.macro()} in C')
    # The folder too: with a new file in it everything is made anew.
    return dict(sorted(messages.items())), [folder, __file__, *paths], mistakes


def c_string(text):
    """A C literal; UTF-8 stays readable."""
    text = text.replace('\\', '\\\\').replace('"', '\\"').replace('\n', '\\n')
    return '"' + text.replace('??', '?\\?') + '"'


def header(messages):
    lines = ['/* Generated from locale/ by tools/poc.py. Behind a message: its arguments. */',
             '#pragma once', '', 'enum {']
    for number, message in enumerate(messages.values(), 1):
        words = (['plural'] if message.plural else []) + ([', '.join(message.arguments)]
                                                          if message.arguments else [])
        note = f' /* {"; ".join(words)} */' if words else ''
        lines.append(f'    {message.macro()} = {number},{note}')
    return '\n'.join(lines + ['};', '', f'#define MESSAGES {len(messages)}', ''])


def parts_of(form, message):
    """The text cut at its arguments: (text, index of the argument behind it)."""
    pieces = ARGUMENT.split(form)
    for i in range(0, len(pieces), 2):
        if i + 1 == len(pieces):
            argument = 'MESSAGE_END'
        elif message.plural and pieces[i + 1] == 'count':
            argument = 'MESSAGE_COUNT'
        else:
            argument = str(message.arguments.index(pieces[i + 1]))
        yield f'{{ {c_string(pieces[i])}, {len(pieces[i].encode())}, {argument} }}'


def table(lang, messages):
    """The C of one language: parts of texts that have arguments, all forms, where each begins."""
    parts, forms, first, n_parts = [], [], [], 0
    for message in messages.values():
        first.append(len(forms))
        for form in message.texts[lang]:
            size = len(form.encode())
            if ARGUMENT.search(form):
                forms.append(f'    {{ {c_string(form)}, {size}, {lang}_parts + {n_parts} }},')
                cut = list(parts_of(form, message))
                n_parts += len(cut)
                parts.append('    ' + ', '.join(cut) + ',')
            else:
                forms.append(f'    {{ {c_string(form)}, {size}, NULL }},')
    first.append(len(forms))
    rows = [first[i:i + 16] for i in range(0, len(first), 16)]
    return [f'static const MessagePart {lang}_parts[] = {{', *parts,
            '    { "", 0, MESSAGE_END },', '};', '',
            f'static const MessageForm {lang}_forms[] = {{', *forms, '};', '',
            f'static const uint16_t {lang}_first[] = {{',
            *('    ' + ', '.join(map(str, row)) + ',' for row in rows), '};', '']


def source(messages):
    lines = ['/* Generated from locale/ by tools/poc.py. */', '#include "view/i18n_table.h"', '']
    for lang in LANGUAGES:
        lines += table(lang, messages)
    lines += ['const char *const i18n_keys[] = {', *(f'    "{key}",' for key in messages), '};',
              f'const int i18n_n_keys = {len(messages)};', '']
    lines.append('const Words i18n_tables[] = {')
    for lang in LANGUAGES:
        direction = 'rtl' if lang in RIGHT_TO_LEFT else 'ltr'
        name = c_string(messages['language.name'].texts[lang][0])
        lines += [f'    {{ .language = {{ "{lang}", "{direction}", {name} }},',
                  f'      .forms = {lang}_forms, .first = {lang}_first,',
                  f'      .plural = i18n_plural_{lang} }},']
    lines += ['};', f'const size_t i18n_n_tables = {len(LANGUAGES)};', '',
              'const Language *const i18n_languages[] = {',
              *(f'    &i18n_tables[{i}].language,' for i in range(len(LANGUAGES))),
              '    NULL,', '};', '']
    return '\n'.join(lines)


def write(path, text):
    with open(path, 'w', encoding='utf-8') as out:
        out.write(text)


def write_depfile(path, target, paths):
    write(path, f'{target}: ' + ' '.join(name.replace(' ', '\\ ') for name in sorted(paths)) + '\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n', maxsplit=1)[0])
    parser.add_argument('--header')
    parser.add_argument('--source')
    parser.add_argument('--depfile')
    parser.add_argument('folder', help='locale/')
    options = parser.parse_args()

    messages, paths, mistakes = read(options.folder)
    if not mistakes and options.source and 'language.name' not in messages:
        mistakes.append('locale: "language.name" is missing')
    if mistakes:
        sys.exit('\n'.join(mistakes))
    for path, text in ((options.header, header), (options.source, source)):
        if path:
            write(path, text(messages))
    if options.depfile:
        write_depfile(options.depfile, options.header, paths)


if __name__ == '__main__':
    main()
