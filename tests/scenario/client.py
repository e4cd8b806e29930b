# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the tests of the whole program share: a server on a store of its own, and people with a browser.

The store lies where SAWT_ENGINE says (tests/engine.py). A Browser keeps cookies, sends forms as pages offer them, and asks from an address of its own (the server
trusts this machine as a proxy), so that the limits of one person are not those of another.
"""
import base64
import collections
import contextlib
import hashlib
import hmac
import html.parser
import http.client
import itertools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import engine  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parents[2]
REPORTS = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer")
START_SECONDS = 120
STOP_SECONDS = 60
TOTP_SECONDS = 30
STAFF_PASSWORD = "مفتاح طويل بما يكفي"

os.environ.setdefault("G_SLICE", "always-malloc")  # GLib's own blocks change threads under locks that TSan cannot see
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=66")
os.environ.setdefault("TSAN_OPTIONS", "halt_on_error=1:exitcode=66")
os.environ.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
# A runner that ends a test from outside (a time limit) reaches the test only: what it started is in sessions of its own.
signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))


class Tap:
    """Test Anything Protocol on standard output."""

    def __init__(self):
        self.n = self.failed = 0
        self.lock = threading.Lock()

    def say(self, good, name, detail=""):
        with self.lock:
            self.n += 1
            self.failed += not good
            print("ok" if good else "not ok", self.n, "-", name, flush=True)
            if not good and detail:
                print("# " + str(detail).strip().replace("\n", "\n# ")[-12000:], flush=True)
        return good

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
        print(f"1..{self.n}", flush=True)
        return 1 if self.failed or self.n == 0 else 0


def check(good, *what):
    if not good:
        raise AssertionError(" ".join(str(part) for part in what))


def until(what, condition, seconds=30):
    """Ask again and again; the deadline is for the broken case only."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        check(time.monotonic() < deadline, f"{what}: not within {seconds} s")
        time.sleep(0.02)


# ---- the program ----

def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`sawt serve` on a store in a temporary folder."""

    def __init__(self, sawt, *settings, trial=True):
        self.sawt, self.folder = sawt, pathlib.Path(tempfile.mkdtemp(prefix="sawt-scenario-"))
        self.store, self.port = self.folder / "store", free_port()
        self.host = f"localhost:{self.port}" if trial else "sawt.example"
        self.address = f"{'http' if trial else 'https'}://{self.host}"
        self.log_path, self.process = self.folder / "log", None
        self.options = ["--dir", str(self.store), "--port", str(self.port), "--address", self.address,
                        "--set", "trusted_proxies=127.0.0.1", *(["--trial"] if trial else self.make_key())]
        for setting in settings:
            self.options += ["--set", setting]
        self.options += engine.options(self.store)
        try:
            if not trial:  # in a trial whoever opens the store migrates it
                self.command("migrate")
            self.command("import", "data", *(["--registry"] if trial else []))
            self.accounts, self.first = {}, self.command("accounts")
        except Exception:
            self.close()
            raise
        for login, password, secret in re.findall(r"^ {2}(\w+) +password (\S+) +second factor (\S+)", self.first, re.M):
            self.accounts[login] = Account(login, password, secret)

    def make_key(self):
        """Production has a key of its own, and is reached over https (here: behind nothing that speaks it)."""
        key = self.folder / "root.key"
        key.write_text(os.urandom(32).hex() + "\n", encoding="ascii")
        key.chmod(0o600)
        return ["--set", f"root_key_file={key}", "--set", "https=yes"]

    def cookie(self, name):
        """Over https no other host can have set it."""
        return f"{'__Host-' if self.address.startswith('https') else ''}sawt-{name}"

    def command(self, *words):
        done = subprocess.run([self.sawt, *words, *self.options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=300, cwd=HERE)
        if done.returncode != 0:
            raise RuntimeError(f"sawt {' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def serving(self):
        """What is run, and in which environment."""
        return [self.sawt, "serve", *self.options], None

    def start(self):
        words, env = self.serving()
        with open(self.log_path, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(words, stdout=log, stderr=log, cwd=HERE, env=env, start_new_session=True)
        try:
            until("the server answers", self.answers, START_SECONDS)
        except BaseException:
            self.kill()
            raise
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"the server ended with {self.process.returncode}: {self.log()[-4000:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        except OSError:
            return False
        return True

    def stop(self):
        """SIGTERM; the exit status."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            return "it did not stop"
        finally:
            self.process = None

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def troubles(self):
        """What no run may leave in the log: reports of sanitizers, and what the program calls its own fault."""
        lines = self.log().splitlines()
        return "\n".join(line for i, line in enumerate(lines)
                         if REPORTS.search(line) or '"level":"bug"' in line or
                         any(REPORTS.search(before) for before in lines[max(0, i - 100):i]))

    def kill(self):
        """With all that it started."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def close(self):
        self.kill()
        engine.drop(self.store)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException as why:
            self.__exit__(type(why), why, None)
            raise

    def __exit__(self, kind, why, trace):
        if kind is not None and self.log_path.exists():
            print("# the server said:\n# " + (self.troubles() or self.log()[-4000:]).replace("\n", "\n# "), flush=True)
        self.close()


class Account:
    """Of staff. A step of the second factor counts once, so steps are given out in order."""

    def __init__(self, login, password, secret):
        self.login, self.password, self.secret = login, password, secret
        self.last, self.lock = 0, threading.Lock()

    def code(self):
        with self.lock:
            # The step before the present one, as long as it will still be taken when it arrives.
            self.last = max(self.last + 1, int(time.time() + TOTP_SECONDS / 2) // TOTP_SECONDS - 1)
            until("a fresh step of the second factor", lambda: int(time.time()) // TOTP_SECONDS + 1 >= self.last,
                  2 * TOTP_SECONDS)
            return totp(self.secret, self.last)


def totp(secret, step):
    """RFC 6238: SHA-1, six digits."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    number, = struct.unpack_from(">I", mac, mac[19] & 15)
    return f"{(number & 0x7FFFFFFF) % 1000000:06d}"


# ---- pages ----

class Form:
    def __init__(self, attributes):
        self.action, self.fields, self.buttons = attributes.get("action", ""), [], []
        self.options = collections.defaultdict(list)

    def values(self, **changed):
        """What a browser would send: as the page has it, with what a person types."""
        values = [(name, value) for name, value in self.fields if name not in changed]
        return values + [(name, value) for name, value in changed.items() if value is not None]

    def typed(self, name):
        return next((value for field, value in self.fields if field == name), None)


class Reader(html.parser.HTMLParser):
    """Forms and links of a page, and its words."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.words, self.title, self.root = [], [], [], "", {}
        self.form = self.area = self.list = self.button = None
        self.chosen = self.in_title = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.root = attributes
        elif tag == "title":
            self.in_title = True
        elif tag == "form":
            self.form = Form(attributes)
            self.forms.append(self.form)
        elif tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if self.form is not None:
            self.control(tag, attributes)

    def control(self, tag, attributes):
        name, value = attributes.get("name"), attributes.get("value", "")
        if tag == "option" and self.list is not None:
            self.form.options[self.list].append(value)
            if "selected" in attributes:
                self.form.fields.append((self.list, value))
                self.chosen = True
        elif tag == "button" and name:
            self.form.buttons.append([name, value, ""])
            self.button = self.form.buttons[-1]
        elif tag == "select":
            self.list, self.chosen = name, False
        elif tag == "textarea":
            self.area = [name, ""]
        elif tag == "input" and name:
            kind = attributes.get("type", "text")
            if kind in ("radio", "checkbox"):
                self.form.options[name].append(value)
            if kind not in ("radio", "checkbox") or "checked" in attributes:
                self.form.fields.append((name, value))

    def handle_endtag(self, tag):
        if tag == "title":
            self.in_title = False
        elif tag == "textarea" and self.form is not None and self.area is not None:
            self.form.fields.append((self.area[0], self.area[1].removeprefix("\n")))
            self.area = None
        elif tag == "select" and self.form is not None:
            if not self.chosen and self.form.options[self.list]:
                self.form.fields.append((self.list, self.form.options[self.list][0]))
            self.list = None
        elif tag == "button":
            self.button = None
        elif tag == "form":
            self.form = None

    def handle_data(self, data):
        if self.area is not None:
            self.area[1] += data
        elif self.in_title:
            self.title += data
        else:
            self.words.append(data)
            if self.button is not None:
                self.button[2] += data


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self._page = None

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def to(self):
        """Where it leads, without what is only said once."""
        return (self.headers.get("Location") or "").split("?")[0]

    @property
    def page(self):
        if self._page is None:
            self._page = Reader(self.text)
        return self._page

    @property
    def words(self):
        return " ".join(" ".join(self.page.words).split())

    @property
    def json(self):
        return json.loads(self.text)

    def form(self, action):
        """The form that goes to a path; by its end where it begins with *."""
        for form in self.page.forms:
            if form.action == action or (action[0] == "*" and form.action.endswith(action[1:])):
                return form
        raise AssertionError(f"status {self.status}: no form for {action}, but {[f.action for f in self.page.forms]}")

    def expect(self, *statuses):
        if self.status not in statuses:
            raise AssertionError(f"status {self.status} {self.headers.get('Location') or ''}, expected {statuses}: "
                                 f"{self.words[:600] if b'<html' in self.body else self.body[:300]}")
        return self


class Browser:
    """Of one person, on a connection and from an address of their own."""

    addresses = itertools.count(1)

    def __init__(self, server, lang="ar"):
        self.server, self.cookies = server, {server.cookie("lang"): lang} if lang else {}
        n = next(self.addresses)
        self.peer = f"198.{18 + (n >> 16) % 2}.{(n >> 8) & 255}.{n & 255}"
        self.connection, self.used = None, 0.0

    def twin(self):
        """Another window of the same person, on a connection of its own."""
        twin = Browser(self.server, None)
        twin.cookies = dict(self.cookies)
        return twin

    def connect(self):
        if self.connection is None or time.monotonic() - self.used > 5:  # the server lets idle ones go after 15
            self.close()
            self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        return self.connection

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def ask(self, method, path, body=None, headers=None):
        sent = {"Host": self.server.host, "X-Forwarded-For": self.peer}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        connection = self.connect()
        try:
            connection.request(method, urllib.parse.quote(path, safe="/?=&%:"), body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except Exception:
            self.close()
            raise
        self.used = time.monotonic()
        self.keep_cookies(answer)
        return answer

    def keep_cookies(self, answer):
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            if value == "" or "max-age=0" in line.lower():
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def get(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def post(self, path, fields, headers=None):
        """As a page of the same site sends it."""
        fields = list(fields.items()) if isinstance(fields, dict) else fields
        sent = {"Sec-Fetch-Site": "same-origin", "Origin": self.server.address}
        sent.update(headers or {})
        return self.ask("POST", path, urllib.parse.urlencode(fields), sent)

    def token(self, path="/"):
        """The token of the forms of whoever this is."""
        for form in self.get(path).page.forms:
            if form.typed("csrf"):
                return form.typed("csrf")
        raise AssertionError(f"no form with a token on {path}")

    def fill(self, path, action, **changed):
        """Open a page, fill a form of it in, send it."""
        return self.submit(self.get(path).expect(200).form(action), **changed)

    def submit(self, form, **changed):
        return self.post(form.action, form.values(**changed))


def appoint(server, role, login, *places):
    """An account by the command line, set up by its link; places are codes of entity and directorate."""
    said = server.command("accounts", "add", login, role, f"حساب {role}", *places)
    path = re.search(r"/staff/setup/\S+", said)[0]
    browser = Browser(server)
    form = browser.get(path).expect(200).form(path)
    account = Account(login, STAFF_PASSWORD, base64.b32encode(bytes.fromhex(form.typed("secret"))).decode())
    browser.submit(form, password=STAFF_PASSWORD, code=account.code()).expect(303)
    return account


def sign_in(server, account, lang="ar"):
    """A member of the staff."""
    browser = Browser(server, lang)
    browser.fill("/staff/sign-in", "/staff/sign-in", login=account.login, password=account.password,
                 code=account.code()).expect(303)
    check(server.cookie("staff") in browser.cookies, account.login, "has no session")
    return browser


# ---- requesters ----

Person = collections.namedtuple("Person", "document names born mobile")


def people(n):
    """Citizens of the trial registry who are alive, each with a mobile that nobody else has."""
    import csv  # pylint: disable=import-outside-toplevel
    found = []
    with open(HERE / "data/registry.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["doc_type"] == "national_number" and row["deceased"] == "0" and len(found) < n:
                found.append(Person(row["doc_number"], [row[f"name{i}"] for i in range(1, 5)],
                                    row["birth_date"].split("-"), f"0791{500000 + len(found):06d}"))
    check(len(found) == n, f"the registry has {len(found)} of {n} people")
    return found


def prove_mobile(browser, mobile, following="/mine", light=""):
    """The code is on the page in trial mode."""
    sent = browser.fill(f"/sign-in?next={following}{light}", "/sign-in", phone=mobile).expect(200)
    digits = re.search(r"\b\d{6}\b", sent.words)
    check(digits, "no code on the page:", sent.words[:400])
    return browser.submit(sent.form("/sign-in/code"), code=digits[0]).expect(303)


def identify(browser, person):
    proved = prove_mobile(browser, person.mobile)
    if proved.to == "/sign-in/identity":
        browser.fill("/sign-in/identity?next=/mine", "/sign-in/identity", document_type="national_number",
                     document_number=person.document, name1=person.names[0], name2=person.names[1],
                     name3=person.names[2], name4=person.names[3], birth_date="-".join(person.born)).expect(303)
    check(browser.server.cookie("session") in browser.cookies, "no session")
    return browser


def requester(server, person, lang="ar"):
    return identify(Browser(server, lang), person)


Receipt = collections.namedtuple("Receipt", "number code")


def pick(browser, entity):
    """What the search's button of an entity says: the entity without a service."""
    browser.get("/new").expect(303)
    page = browser.get(f"/new/entity?q={entity}").expect(200)
    found = [value for form in page.page.forms for name, value, words in form.buttons
             if name == "pick" and value.endswith(":0") and entity in words]
    check(found, "the search does not find", entity)
    return found[0]


def answer_questions(browser, subject, text, pick="unknown", kind="complaint", contact="sms"):
    """Up to the page that shows all answers; the form that sends it."""
    browser.get("/new?fresh=1").expect(303)
    token = browser.token("/new/type")

    def step(name, **fields):
        return browser.post(f"/new/{name}", {"csrf": token, **fields}).expect(303).to

    step("type", type=kind)
    if kind == "complaint":
        step("identity", identity="hidden")
    at = step("entity", pick=pick)
    if at == "/new/about":
        at = step("about", about="service")
    at = step("text", subject=subject, text=text)
    while at != "/new/check":
        answers = {"/new/fields": ("fields", {}), "/new/place": ("place", {"place_words": "وسط البلد"}),
                   "/new/files": ("files", {"none": "1"}), "/new/contact": ("contact", {"contact": contact})}
        check(at in answers, "an unknown question:", at)
        name, fields = answers[at]
        at = step(name, **fields)
    return browser.get("/new/check").expect(200).form("/new/send")


PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63606060"
                    "000000040001f61738550000000049454e44ae426082")


def attach(browser, token, name, content, kind):
    """A file to the draft."""
    boundary = "----files"
    body = (f"--{boundary}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--{boundary}\r\n"
            f"Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
            ).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    browser.ask("POST", "/new/files", body, {"Content-Type": f"multipart/form-data; boundary={boundary}",
                                             "Sec-Fetch-Site": "same-origin"}).expect(303)


def read_receipt(browser, number, desk=False):
    page = browser.get(f"/desk/requests/{number}/receipt" if desk else f"/receipt/{number}").expect(200)
    code = re.search(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", page.text)
    check(code, "no code on the receipt of", number)
    return Receipt(number, code[0])


def lodge(browser, subject, text, **more):
    """By somebody who is signed in; the receipt."""
    sent = browser.submit(answer_questions(browser, subject, text, **more)).expect(303)
    check(sent.to.startswith("/receipt/"), "sent, but led to", sent.to)
    return read_receipt(browser, sent.to.removeprefix("/receipt/"))
