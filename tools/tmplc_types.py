# SPDX-License-Identifier: AGPL-3.0-or-later
"""The plain structs of C headers, as far as templates need them (part of tools/tmplc.py)."""
import os
import re

SCALARS = {'bool': 'flag', 'int64_t': 'number', 'size_t': 'number', 'AppTime': 'time',
           'int': 'message', 'SafeHtml': 'markup', 'FormView': 'form', 'Texts': 'texts'}


class Field:
    def __init__(self, kind, struct=None, array=False):
        self.kind, self.struct, self.array = kind, struct, array


class Types:
    """The plain structs of headers under src/, with what they include from there."""

    def __init__(self, root):
        self.root, self.structs, self.read = root, {}, set()

    def load(self, name):
        path = os.path.join(self.root, name)
        if path in self.read or not os.path.exists(path):
            return path in self.read
        self.read.add(path)
        with open(path, encoding='utf-8') as file:
            text = file.read()
        for include in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.M):
            self.load(include)
        text = re.sub(r'/\*.*?\*/', ' ', text, flags=re.S)
        text = re.sub(r'^\s*#(?:[^\n\\]|\\\n|\\.)*$', '', text, flags=re.M)
        text = re.sub(r'\benum\s*\w*\s*\{[^}]*\}', 'enum_', text)
        for tag, body, name in re.findall(
                r'\bstruct\s*(\w*)\s*\{([^{}]*)\}\s*(\w*)\s*;', text):
            fields = self.fields(body)
            for alias in {tag, name} - {''}:
                self.structs[alias] = fields
        return True

    def fields(self, body):
        fields, names = {}, set(re.findall(r'\bn_\w+', body))
        for line in body.split(';'):
            found = re.match(r'\s*(?:const\s+)?(?:struct\s+)?(\w+)\s+(.+)', line.strip(), re.S)
            if found and '(' not in line:
                for declarator in found[2].split(','):
                    name = re.search(r'(\w+)\s*(?:\[[^]]*\])?\s*(?::\s*\d+)?\s*$', declarator)[1]
                    fields[name] = self.field(found[1], declarator, f'n_{name}' in names)
        return fields

    def field(self, base, declarator, counted):
        stars, array = declarator.count('*'), '[' in declarator
        if base == 'char' and (stars, counted) == (2, True):
            return Field('list', 'char')
        if base == 'char' and stars + array == 1:
            return Field('text', array=array)
        if base in SCALARS and not array and (stars == 0 or (base, stars) == ('FormView', 1)):
            return Field(SCALARS[base] if stars == 0 else 'form*')
        if base in SCALARS or array or stars > 1:
            return Field(f'"{base} {declarator.strip()}"')
        return Field('struct' if stars == 0 else 'list' if counted else 'optional', base)
