# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where in HTML a template stands, and what may stand there (part of tools/tmplc.py)."""
import re

VOID = set('area br col hr img input link meta source track wbr'.split())
BLOCK = set('address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 '
            'h4 header hr main nav ol p pre section table ul'.split())
REFUSED = set('style iframe object embed base frame frameset applet noscript template'.split())
URLS = set('href src action formaction poster cite data-src data-share data-autosave'.split())
SPOKEN = set('alt title placeholder label aria-label aria-description'.split())
ADDRESS = re.compile(r'(/(?![/\\])|\?|#|tel:|mailto:|https://[\w.-]+/)')
TAG = re.compile(r'<!DOCTYPE html>|<(/?)([a-z][a-z0-9]*(?:-[a-z0-9]+)*)(\s*>)?')
# Arabic letters, and what nobody sees in a review.
UNWANTED = re.compile('[\0\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff'
                      '\u200b-\u200f\u2028-\u202e\u2066-\u2069]')
WORD = re.compile(r'[A-Za-z]{3,}')


class Place:
    """Follows the literals of a template: between tags, in a tag, in a quoted value."""

    def __init__(self, fail):
        self.fail = fail
        self.state = 'text'  # text; tag (white space seen), edge (in a tag, none seen); value
        self.tag, self.attribute, self.quote, self.value = '', '', '', ''
        self.method, self.hidden, self.blank, self.newlines = '', True, True, 0
        self.open = []

    def snapshot(self):
        inside = {'text': (), 'value': (self.tag, self.attribute)}.get(self.state, (self.tag,))
        return self.state.replace('edge', 'tag'), inside, list(self.open)

    def feed(self, text):
        """Checks a literal, and returns it with white space shrunk."""
        at, kept = 0, []
        while at < len(text):
            self.newlines = text.count('\n', 0, at)
            state, begin = self.state, at
            at = getattr(self, f'in_{state}')(text, at)
            piece = text[begin:at]
            if state == 'text' and piece[0] != '<':
                kept.append(self.shrink(piece))
            elif piece:
                kept.append(' ' if state == 'tag' and piece.isspace() else piece)
                self.blank = False
        self.newlines = 0
        return ''.join(kept)

    def shrink(self, words):
        if set(self.open) & {'pre', 'textarea'}:
            return words
        words = re.sub(r'\s+', lambda found: '\n' if '\n' in found[0] else ' ', words)
        if self.blank and words[0].isspace():
            words = words[1:]
        self.blank = words[-1:].isspace() if words else self.blank
        return words

    def in_text(self, text, at):
        if text[at] == '<':
            return self.begin_tag(text, at)
        end = text.find('<', at)
        end = len(text) if end < 0 else end
        words = re.sub(r'&(#\d+|#x[0-9a-fA-F]+|\w+);', '', text[at:end])
        top = self.open[-1] if self.open else ''
        if '&' in words or '>' in words:
            self.fail('a bare "&" or ">" between tags: write &amp; or &gt;')
        if words.strip() and top == 'script':
            self.fail('nothing may stand in <script>: the policy of the pages refuses it')
        if WORD.search(words) and top not in ('kbd', 'code'):
            self.fail(f'"{words.strip()}": words belong in the catalogues, {{{{t "key"}}}}')
        return end

    def begin_tag(self, text, at):
        found = TAG.match(text, at)
        if not found:
            if text.startswith('<!--', at):
                self.fail('comments are {{! … }}; they are not sent')
            self.fail('"<" begins no tag (a tag\'s name is in small letters, and no value)')
        slash, name, _ = found.groups()
        if slash:
            return self.end_tag(found)
        if name is None:
            return found.end()
        if name in REFUSED:
            self.fail(f'<{name}> is refused')
        if name in BLOCK and 'p' in self.open[-1:]:
            self.fail(f'<{name}> inside of <p>')
        self.state, self.tag, self.method = 'edge', name, ''
        return at + 1 + len(name)

    def end_tag(self, found):
        name = found[2]
        if not found[3]:
            self.fail(f'</{name} is not closed by ">"')
        if self.open[-1:] != [name]:
            self.fail(f'</{name}> closes nothing; open: {" ".join(self.open) or "nothing"}')
        self.open.pop()
        if name == 'form' and not self.hidden:
            self.fail('<form method="post"> without {{hidden}}: nobody could send it')
        if name == 'form':
            self.hidden = True
        return found.end()

    def in_edge(self, text, at):
        if text[at] not in ' \n\t/>':
            self.fail('white space must stand between the parts of a tag')
        self.state = 'tag'
        return at

    def in_tag(self, text, at):
        found = re.compile(r'\s+').match(text, at)
        if found:
            return found.end()
        if text.startswith('/>', at):
            if self.tag not in VOID and 'svg' not in self.open:
                self.fail(f'<{self.tag}/>: only {", ".join(sorted(VOID))} have no end')
            self.state = 'text'
            return at + 2
        if text[at] == '>':
            if self.tag not in VOID:
                self.open.append(self.tag)
            if self.tag == 'form' and self.method == 'post':
                self.hidden = False
            self.state = 'text'
            return at + 1
        return self.begin_attribute(text, at)

    def begin_attribute(self, text, at):
        found = re.compile(r'([a-z][a-zA-Z0-9:-]*)(\s*=\s*(["\']?))?').match(text, at)
        if not found:
            self.fail(f'"{text[at:at + 10]}" is no attribute')
        name, equals, quote = found.groups()
        if name.startswith('on') or name in ('style', 'srcdoc', 'http-equiv', 'srcset', 'ping',
                                             'xlink:href'):
            self.fail(f'attribute {name} is refused')
        if equals is None:
            self.state = 'edge'
        elif not quote:
            self.fail(f'the value of {name} must be quoted')
        else:
            self.state, self.attribute, self.quote, self.value = 'value', name, quote, ''
        return found.end()

    def in_value(self, text, at):
        end = text.find(self.quote, at)
        part = text[at:] if end < 0 else text[at:end]
        start = not self.value.strip('\1')
        if self.attribute in URLS and start and part and not ADDRESS.match(part):
            self.fail(f'{self.attribute} must begin with "/", "?", "#", tel:, mailto: or https://')
        if '&' in re.sub(r'&(#\d+|\w+);', '', part):
            self.fail('a bare "&" in a value: write &amp;')
        self.value += part
        if self.attribute in SPOKEN and WORD.search(part):
            self.fail(f'{self.attribute}="{part}": words belong in the catalogues')
        if end < 0:
            return len(text)
        if (self.tag, self.attribute) == ('form', 'method'):
            self.method = self.value
        self.state = 'edge'
        return end + 1

    def hole(self, behind):
        """The kind of place in which a value is to be written; `behind` is what follows it."""
        top = self.open[-1] if self.open else ''
        self.blank = False
        if self.state == 'text':
            if top == 'script':
                self.fail('a value in <script>')
            return {'title': 'words', 'option': 'words', 'textarea': 'attr'}.get(top, 'text')
        if self.state != 'value':
            self.fail('a value may stand between tags or in a quoted attribute only')
        if self.tag in ('script', 'link') and self.attribute in URLS:
            self.fail(f'the address of <{self.tag}> is {{{{asset …}}}} or a literal')
        before, self.value = self.value, self.value + '\0'
        if self.attribute not in URLS or before.startswith('tel:'):
            return 'attr'
        path = before.replace('\0', '').replace('\1', '')
        if path == '/' or path.startswith('//'):
            self.fail(f'the first part of the path in {self.attribute} must be written out')
        if before.strip('\1'):
            return 'url'
        if not behind.startswith((self.quote, '?', '#')):
            self.fail(f'a value at the beginning of {self.attribute} must be the whole of it')
        return 'href'
