# SPDX-License-Identifier: AGPL-3.0-or-later
"""Somebody in front of the pages, without scripts: forms are read from the page, filled in by the names of
their fields, and sent. And what people do with them: write a complaint, prove a telephone, work on a file."""
import base64
import hashlib
import hmac
import html.parser
import http.client
import re
import struct
import time
import urllib.parse

NUMBER = re.compile(r"\d{2}-\d{4}-\d{4}-\d")


class Forms(html.parser.HTMLParser):
    """The forms of a page: where they go, what stands in their fields, which buttons they have."""

    def __init__(self, page):
        super().__init__()
        self.forms, self.form, self.list = [], None, None
        self.area = None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self.form = {"action": at.get("action", ""), "method": at.get("method", "get"), "values": {}, "choices": {},
                         "buttons": []}
            self.forms.append(self.form)
        if self.form is None:
            return
        name, value = at.get("name"), at.get("value") or ""
        if tag == "button":
            self.form["buttons"].append((name, value))
        elif tag == "input" and name and at.get("type") != "file":
            self.form["choices"].setdefault(name, []).append(value)
            if at.get("type") not in ("radio", "checkbox") or "checked" in at:
                self.form["values"][name] = value
        elif tag == "select" and name:
            self.list = name
            self.form["choices"][name] = []
        elif tag == "option" and self.list:
            self.form["choices"][self.list].append(value)
            if "selected" in at or self.list not in self.form["values"]:
                self.form["values"][self.list] = value
        elif tag == "textarea" and name:
            self.area = name
            self.form["choices"][name] = []
            self.form["values"][name] = ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        elif tag == "select":
            self.list = None
        elif tag == "textarea":
            self.area = None

    def handle_data(self, data):
        if self.area is not None and self.form is not None:
            self.form["values"][self.area] += data


class Person:
    def __init__(self, port, lang):
        self.port, self.lang = port, lang
        self.cookies = {"sawt-lang": lang}
        self.path, self.page, self.status = "/", "", 0

    def ask(self, method, path, body=None):
        """One request and whatever it redirects to."""
        for _ in range(8):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            headers = {"Host": f"localhost:{self.port}", "Sec-Fetch-Site": "same-origin", "Accept-Language": self.lang,
                       "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.page = answer.read().decode()
            self.status = answer.status
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, value = cookie.split(";")[0].split("=", 1)
                self.cookies[name] = value
            connection.close()
            self.path = path
            if self.status not in (301, 302, 303, 307):
                return self
            method, path, body = "GET", answer.headers["Location"], None
        raise AssertionError(f"{path} redirects for ever")

    def get(self, path):
        self.ask("GET", path)
        assert self.status == 200, f"{path}: {self.status}"
        return self

    def form(self, action=None, having=None):
        for form in Forms(self.page).forms:
            if form["method"].lower() == "post" and (action is None or form["action"].endswith(action)) and \
                    (having is None or having in form["choices"] or any(name == having for name, _ in form["buttons"])):
                return form
        raise AssertionError(f"{self.path} ({self.status}) has no form {action or having}")

    def send(self, values=None, action=None, having=None, button=None, fails=False):
        """Fill in a form of the page and send it: the one to `action`, or the one that has `having`."""
        values = values or {}
        form = self.form(action, having or next(iter(values), None))
        for name in values:
            assert name in form["choices"], f"{self.path} has no field {name}"
        fields = {**form["values"], **values}
        if button:
            fields[button[0]] = button[1]
        origin = self.path
        self.ask("POST", form["action"] or self.path, urllib.parse.urlencode(fields))
        assert fails or self.status < 400, f"{origin}: {self.status} {self.text()[:600]}"
        return self

    def text(self):
        main = self.page[self.page.find("<main"):self.page.find("</main>")]
        words = re.sub(r"<[^>]*>", " ", main)
        return re.sub(r"\s+", " ", words)

    def at(self, path):
        assert self.path.split("?")[0] == path, f"expected {path}, is at {self.path} ({self.status}): {self.text()[:300]}"
        return self


# ---- requesters ----

def complain(person, subject, text, contact):
    """From the first question to the page that shows all answers."""
    person.get("/new").at("/new/type").send({"type": "complaint"})
    person.at("/new/identity").send({"identity": "hidden"})
    person.at("/new/entity").get("/new/entity?q=" + urllib.parse.quote("انقطاع مياه"))
    choice = re.search(r'<button[^>]*value="([^"]+)"[^>]*>(?:(?!</button>).)*(?:شركة مياه الأردن|Jordan Water)', person.page, re.S)
    assert choice, "the water company is not found"
    person.send(having="pick", button=("pick", choice.group(1)))
    person.at("/new/about").send({"about": "service"})
    person.at("/new/text").send({"subject": subject, "text": text})
    if person.path == "/new/fields":
        fields = [form for form in Forms(person.page).forms if any(name.startswith("f.") for name in form["choices"])][0]
        person.send({name: answer(name, choices) for name, choices in fields["choices"].items() if name.startswith("f.")})
    place = person.at("/new/place").form(having="place")
    person.send({"place": [value for value in place["choices"]["place"] if value][0]})
    person.at("/new/files").send(having="none", button=("none", dict(person.form(having="none")["buttons"])["none"]))
    person.at("/new/contact").send({"contact": contact})
    person.at("/new/check")


def answer(name, choices):
    if choices and any(choices):
        return [value for value in choices if value][0]
    return {"-day": "11", "-month": "11", "-year": "2026"}.get(name[name.rfind("-"):], "9")


def ask_for_code(person, mobile, **how):
    person.get("/sign-in?next=/mine").send({"phone": mobile}, action="/sign-in", **how)


def prove(person, digits, who):
    """The code that came by SMS, and the card the first time."""
    person.send({"code": digits}, action="/sign-in/code")
    if person.path.startswith("/sign-in/identity"):
        day, month, year = who["born"]
        person.send({"document_type": "national_number", "document_number": who["document"],
                     **{f"name{i + 1}": name for i, name in enumerate(who["names"])}, "birth_date-day": day,
                     "birth_date-month": month, "birth_date-year": year, "email": who.get("email", "")})


def send_off(person):
    """The number of the request."""
    person.get("/new/check").send(action="/new/send")
    number = NUMBER.search(person.text())
    assert person.path.startswith("/receipt/") and number, f"no receipt: {person.path} {person.text()[:300]}"
    return number.group()


# ---- staff ----

def second_factor(secret):
    """RFC 6238: SHA-1, 30 seconds, six digits."""
    step = struct.pack(">Q", int(time.time()) // 30)
    mac = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    place = mac[19] & 15
    return f"{(struct.unpack('>I', mac[place:place + 4])[0] & 0x7fffffff) % 1000000:06d}"


def staff(port, accounts, login, lang="ar"):
    person = Person(port, lang)
    password, secret = accounts[login]
    person.get("/staff/sign-in").send({"login": login, "password": password, "code": second_factor(secret)})
    assert person.path != "/staff/sign-in", f"{login} is not signed in"
    return person


def accept(officer, number):
    officer.get(f"/office/requests/{number}").send(action="/accept")


def set_date(officer, number):
    """Working days are Sunday to Thursday; holidays are tried past."""
    for ahead in range(1, 9):
        day = time.localtime(time.time() + ahead * 86400)
        officer.get(f"/office/requests/{number}").send(
            {"due_day-day": str(day.tm_mday), "due_day-month": str(day.tm_mon), "due_day-year": str(day.tm_year)},
            action="/period", fails=True)
        if officer.status == 200:
            return day
    raise AssertionError(f"no date is taken: {officer.text()[:300]}")


def close(officer, number, reply):
    officer.get(f"/office/requests/{number}").send({"outcome": "resolved", "answer": reply}, action="/close/preview")
    assert reply in officer.page, "the preview lacks the answer"
    officer.send(action="/close")
