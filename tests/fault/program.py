# SPDX-License-Identifier: AGPL-3.0-or-later
"""The program as people meet it: a store, the server on it, browsers that walk its forms. Shared by the fault tests.

The store lies where SAWT_ENGINE says (tests/engine.py). Nothing here knows more than a browser does: the fields of a form are read from its page, and a number and
its code from the receipt. Rate limits stay on; whoever needs more comes from another address of 127/8.
"""
import base64
import contextlib
import csv
import hashlib
import hmac
import html
import http.client
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import engine  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 60
IDLE_SECONDS = 5  # the server lets a connection go after 15
FORM = re.compile(r'<form\b[^>]*\bmethod="post"[^>]*>.*?</form>', re.S)
NUMBER = re.compile(r'id="number">(\d\d-\d{4}-\d{4}-\d)<')
CODE = re.compile(r'id="code">(\w{5}-\w{5})<')
# A runner that ends a test from outside (a time limit) reaches the test only: what it started is in sessions of its own.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))


class Tap:
    """Results, one line each."""

    def __init__(self):
        self.results = []

    def say(self, good, name, detail=""):
        self.results.append(bool(good))
        print("ok" if good else "not ok", len(self.results), "-", name, flush=True)
        if not good and detail:
            print("# " + str(detail).strip()[-3000:].replace("\n", "\n# "), flush=True)

    def skip(self, name, reason):
        self.results.append(True)
        print("ok", len(self.results), "-", name, "# SKIP", reason, flush=True)

    @staticmethod
    def note(text):
        print("# " + text.replace("\n", "\n# "), flush=True)

    @contextlib.contextmanager
    def case(self, name):
        """One test: what is raised inside of it is its failure."""
        try:
            yield
        except Exception as why:  # pylint: disable=broad-except
            self.say(False, name, f"{type(why).__name__}: {why}")
        else:
            self.say(True, name)

    def end(self):
        print(f"1..{len(self.results)}")
        return 0 if self.results and all(self.results) else 1


# ---- the program ----

def run(binary, store, *words):
    """A subcommand: exit code and what it said."""
    done = subprocess.run([binary, *words, "--dir", str(store), "--trial", *engine.options(store)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=300, cwd=HERE)
    return done.returncode, done.stdout


def check(binary, store):
    """What `sawt check` finds wrong: its report as one sentence in a list; none when the store is whole."""
    code, said = run(binary, store, "check", "--lang", "en")
    return [] if code == 0 else [f"sawt check says {code}: {said}"]


def make_store(binary, store):
    """Reference data, trial registry, trial accounts: {login: (password, secret of the second factor)}."""
    code, said = run(binary, store, "import", "data", "--registry")
    if code != 0:
        raise SystemExit(said)
    code, said = run(binary, store, "accounts")
    if code != 0:
        raise SystemExit(said)
    found = re.findall(r"^ {2}(\w+) +password (\S+) +second factor (\S+)", said, re.M)
    return {login: (password, secret) for login, password, secret in found}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`sawt serve` on a store. `before`: a program that starts it."""

    def __init__(self, binary, store, log, *options, before=(), env=None):
        self.log, self.port = log, None
        self.log_begin = os.fstat(log.fileno()).st_size
        self.process = subprocess.Popen(
            [*before, binary, "serve", "--dir", str(store), "--trial", "--port", "0", *engine.options(store), *options],
            stdout=log, stderr=log, cwd=HERE, env=dict(os.environ, **(env or {})), start_new_session=True)

    def wait(self):
        """Until it answers; False when it ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            port = re.search(r"^ {2}people +http://localhost:(\d+)/$", self.said(), re.M)
            if port is not None:
                self.port = int(port.group(1))
                return Browser(self.port).get("/privacy").status == 200
            time.sleep(0.005)
        raise SystemExit("the server did not answer:\n" + self.said())

    def said(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_begin)
            return file.read()

    def ended(self, seconds=STOP_SECONDS):
        """Its exit code; None when it still runs after the time."""
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return None

    def stop(self):
        """As a service is stopped; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.ended()
        if code is None:
            self.kill()
        return code

    def kill(self):
        """With what started it: a tracer that is killed alone leaves the server running."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # ended by itself
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        """Stopped already, or in the way of what was raised."""
        self.kill()


def serve(binary, store, log, *options, **more):
    server = Server(binary, store, log, *options, **more)
    try:
        if not server.wait():
            raise SystemExit("the server did not start:\n" + server.said())
    except BaseException:
        server.kill()
        raise
    return server


# ---- a browser ----

class NoAnswer(Exception):
    """The connection broke, or nothing listens: whether the request was done is not known."""


class Unexpected(Exception):
    """Another answer than the way of a form has."""


class Answer:
    def __init__(self, got, body):
        self.status, self.headers = got.status, got.headers
        self.location = got.getheader("Location")
        self.text = body.decode("utf-8", "replace")

    def __str__(self):
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", self.text.partition("<main")[2]))
        return f"{self.status} {self.location or ''} {html.unescape(words)[:400]}"

    def fields(self, action):
        """What the page's form of this action sends when nobody types: hidden fields and what stands in it."""
        for form in FORM.findall(self.text):
            if form_action(form) == action:
                return fields_of(form)
        raise Unexpected(f"no form {action}: {self}")

    def forms(self):
        return {form_action(form): form for form in FORM.findall(self.text)}


def form_action(form):
    return html.unescape(re.search(r'\baction="([^"]*)"', form).group(1))


def fields_of(form):
    fields = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        name, kind = attribute(tag, "name"), attribute(tag, "type")
        if name and kind not in ("file", "radio", "checkbox") or name and "checked" in tag.split():
            fields[name] = attribute(tag, "value") or ""
    for tag, text in re.findall(r"(<textarea\b[^>]*>)(.*?)</textarea>", form, re.S):
        fields[attribute(tag, "name")] = html.unescape(text).removeprefix("\n")
    return fields


def attribute(tag, name):
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return html.unescape(found.group(1)) if found else None


class Browser:
    """Cookies and one connection. `address`: where it comes from, for the limits."""

    def __init__(self, port, address="127.0.0.1", lang="ar"):
        self.port, self.address, self.lang = port, address, lang
        self.cookies, self.connection, self.used = {}, None, 0.0

    def copy(self, port=None):
        other = Browser(port or self.port, self.address, self.lang)
        other.cookies = dict(self.cookies)
        return other

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def send(self, method, path, body=None, kind=None):
        headers = {"Accept": "text/html", "Accept-Language": self.lang, "Host": f"localhost:{self.port}"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers.update({"Content-Type": kind, "Sec-Fetch-Site": "same-origin"})
        try:
            idle = time.monotonic() - self.used > IDLE_SECONDS
            if self.connection is None or self.connection.port != self.port or idle:
                self.close()
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60,
                                                             source_address=(self.address, 0))
            self.connection.request(method, path, body, headers)
            got = self.connection.getresponse()
            answer = Answer(got, got.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoAnswer(f"{method} {path}: {error!r}") from error
        self.used = time.monotonic()
        self.keep(got.headers.get_all("Set-Cookie") or [])
        return answer

    def keep(self, lines):
        for line in lines:
            name, _, value = line.split(";")[0].partition("=")
            if "Max-Age=0" in line:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def get(self, path):
        return self.send("GET", path)

    def post(self, path, fields):
        return self.send("POST", path, urllib.parse.urlencode(fields, encoding="utf-8"),
                         "application/x-www-form-urlencoded")

    def upload(self, path, fields, field, name, content):
        edge = "----sawt-fault-test"
        body = b""
        for key, value in fields.items():
            body += f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        body += (f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
                 "Content-Type: application/octet-stream\r\n\r\n").encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self.send("POST", path, body, f"multipart/form-data; boundary={edge}")

    def follow(self, answer):
        """The page that a 303 leads to."""
        for _ in range(5):
            if answer.status != 303:
                return answer
            answer = self.get(answer.location)
        raise Unexpected("redirects without end")

    def submit(self, page, action, typed):
        """Fill the form of a page in, and press its button."""
        return self.post(action, {**page.fields(action), **typed})


def expect(answer, status, to=None):
    if answer.status != status or to is not None and not (answer.location or "").startswith(to):
        raise Unexpected(f"expected {status} {to or ''}, got {answer}")
    return answer


# ---- people ----

def people():
    """Those of the trial registry whose number registers them, with a mobile that is theirs alone."""
    with open(HERE / "data/registry.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file)
                if row["doc_type"] == "national_number" and row["deceased"] == "0" and row["name1"] and row["name4"]]
    return [dict(row, phone=f"07900{at:05}") for at, row in enumerate(rows)]


def sign_in(browser, person):
    """Mobile, code, and the card when nobody with this mobile is known yet."""
    page = expect(browser.get("/sign-in"), 200)
    page = expect(browser.submit(page, "/sign-in", {"phone": person["phone"]}), 200)
    code = re.search(r'<div class="notice.*?(\d{6})', page.text, re.S)
    if code is None:
        raise Unexpected(f"the trial page does not show the code: {page}")
    answer = expect(browser.submit(page, "/sign-in/code", {"code": code.group(1)}), 303)
    if not answer.location.startswith("/sign-in/identity"):
        return
    page = expect(browser.follow(answer), 200)
    year, month, day = person["birth_date"].split("-")
    answer = browser.submit(page, "/sign-in/identity", {
        "document_type": "national_number", "document_number": person["doc_number"], "name1": person["name1"],
        "name2": person["name2"], "name3": person["name3"], "name4": person["name4"],
        "birth_date-year": year, "birth_date-month": month, "birth_date-day": day})
    expect(answer, 303)


def one_time_code(secret, now=None):
    """RFC 6238: SHA-1, 30 seconds, six digits."""
    step = int((time.time() if now is None else now) // 30)
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def staff_sign_in(browser, login, account):
    page = expect(browser.get("/staff/sign-in"), 200)
    expect(browser.submit(page, "/staff/sign-in", {"login": login, "password": account[0],
                                                   "code": one_time_code(account[1])}), 303)


# ---- a complaint ----

def png(rows=None, width=8):
    """A real picture: of one colour, or of these bytes (each row begins with one that the format wants to be 0)."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    size = 1 + 3 * width
    rows = rows or bytes(size * width)
    lines = [b"\0" + rows[at + 1:at + size] for at in range(0, len(rows) - size + 1, size)]
    head = struct.pack(">IIBBBBB", width, len(lines), 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"".join(lines))) +
            chunk(b"IEND", b""))


def answers_to(form, typed):
    """What a service asks, whatever it is: something that fits."""
    fields = {}
    for name in re.findall(r'\bname="(f\.[^"]+)"', form):
        options = re.findall(rf'<option value="([^"]+)"', form.partition(f'name="{name}"')[2].partition("</select>")[0])
        radio = re.search(rf'name="{re.escape(name)}"[^>]*\bvalue="([^"]+)"', form)
        if f'<select' in form and options:
            fields[name] = html.unescape(options[0])
        elif re.search(rf'type="(radio|checkbox)"[^>]*name="{re.escape(name)}"', form) and radio:
            fields[name] = html.unescape(radio.group(1))
        else:
            fields[name] = "9"
    return {**typed, **fields}


class Complaint:
    """The questions one after another. `step` answers the one that is open and says where it leads."""

    def __init__(self, browser, subject, text, pick="unknown", picture=None):
        self.browser, self.text, self.picture = browser, text, picture
        self.typed = {"/new/type": {"type": "complaint"}, "/new/identity": {"identity": "hidden"},
                      "/new/entity": {"pick": pick}, "/new/about": {"about": "service"},
                      "/new/text": {"subject": subject, "text": text, "wanted": "إصلاح", "happened": "أمس"},
                      "/new/place": {"place_words": "حي نزال"}, "/new/files": {"none": "1"},
                      "/new/contact": {"contact": "sms"}}
        self.path, self.number, self.code = None, None, None

    def begin(self):
        self.path = expect(self.browser.get("/new?fresh=1"), 303, "/new/").location

    def fields(self, page):
        fields = {**page.fields(self.path), **self.typed.get(self.path, {})}
        if self.path == "/new/place" and "place" not in fields:
            fields["place"] = re.search(r'<option value="([^"]+)"', page.forms()[self.path]).group(1)
        if self.path == "/new/fields":
            fields = answers_to(page.forms()[self.path], fields)
        return fields

    def step(self):
        page = expect(self.browser.get(self.path), 200)
        if self.path == "/new/files" and self.picture is not None:
            fields = page.fields(self.path)
            expect(self.browser.upload(self.path, fields, "files", "صورة.png", self.picture), 303, "/new/files")
            self.picture = None
            return
        self.path = expect(self.browser.post(self.path, self.fields(page)), 303, "/new/").location

    def answer_all(self):
        self.begin()
        while self.path != "/new/check":
            self.step()

    def check(self):
        """The form that sends it."""
        page = expect(self.browser.get("/new/check"), 200)
        if html.escape(self.text) not in page.text:
            raise Unexpected(f"the check page lacks the text: {page}")
        return page.fields("/new/send")

    def receipt(self, answer):
        """Number and code, read as a person does."""
        self.number = expect(answer, 303, "/receipt/").location.removeprefix("/receipt/")
        page = expect(self.browser.follow(answer), 200)
        number, code = NUMBER.search(page.text), CODE.search(page.text)
        if number is None or code is None or number.group(1) != self.number:
            raise Unexpected(f"no number or code on the receipt {self.number}: {page}")
        self.code = code.group(1)

    def send(self):
        self.receipt(self.browser.post("/new/send", self.check()))


def picks(browser, words, of=""):
    """What a search for entity and service offers; `of`: of the entity whose name begins so."""
    page = expect(browser.get("/find/suggest?" + urllib.parse.urlencode({"q": words})), 200)
    found = re.findall(r'name="pick" value="(\d+:\d+)">.*?class="result-meta">([^<]*)<', page.text)
    found = [pick for pick, meta in found if meta.startswith(of)]
    if not found:
        raise Unexpected(f"nothing is found for {words}")
    return found


def read_by_code(browser, number, code):
    """The following page of whoever has number and code."""
    page = expect(browser.get("/follow"), 200)
    return browser.follow(browser.submit(page, "/follow", {"number": number, "code": code}))
