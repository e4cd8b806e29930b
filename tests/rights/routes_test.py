#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Every page for everybody who can sign in:  routes_test.py SAWT

routes.csv was written by hand from what the product promises to each role: a row for each route, method and
object (one's own, somebody else's, a restricted one, one that does not exist), a column for each role, and
the status that the role gets. A route without a row, a row without a route and a row that stands there twice
fail. A POST is sent as the page would send it, but says it saw another version of the file: who may do it
gets 409 and nothing changes (303 for a note, which stands beside any other). Then it is sent with no token, with a stranger's token and from another site,
which must be refused. What is somebody else's must look like what does not exist, byte for byte.
"""
import collections
import concurrent.futures
import csv
import itertools
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "scenario"))
from client import (PNG, STAFF_PASSWORD, Browser, Server, Tap, answer_questions, appoint, attach, check,  # noqa: E402
                    people, pick, read_receipt, requester, sign_in, until)
import engine  # noqa: E402

TABLE = pathlib.Path(__file__).resolve().parent / "routes.csv"
OWN, OTHER = "شركة مياه الأردن", "وزارة الداخلية"
STAFF = {"agent": [], "counter": [], "liaison": ["miyahuna"], "directorate": ["miyahuna", "miyahuna.distribution"],
         "head": ["miyahuna"], "unit": [], "analyst": [], "panel": [], "premier": [], "admin": [], "auditor": []}
ABSENT_NUMBER = "26-0000-0000-2"  # with a right check digit, so that it is looked for
ABSENT_ID = "913424784031744999"
LATE = {"version": "999999"}

tap = Tap()


def read_table():
    with open(TABLE, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    roles = [name for name in rows[0] if name not in ("method", "route", "object")]
    return rows, roles


def compare_tables(sawt, rows):
    """The program's list against the table's."""
    listed = {tuple(line.split("\t")[:2]) for line in subprocess.run([sawt, "routes"], stdout=subprocess.PIPE,
                                                                     text=True, check=True).stdout.splitlines()}
    known = collections.Counter((row["method"], row["route"], row["object"]) for row in rows)
    tabled = {key[:2] for key in known}
    tap.say(len(listed) > 50 and listed <= tabled, f"every route has a row ({len(listed)} routes)",
            sorted(listed - tabled))
    tap.say(tabled <= listed, "every row has a route", sorted(tabled - listed))
    tap.say(max(known.values()) == 1, "no row stands there twice", [key for key, n in known.items() if n > 1])
    empty = [(row["route"], role) for row in rows for role, status in row.items() if not status]
    tap.say(not empty, "no cell is empty", empty)


# ---- the people ----

class World:
    """Objects made by the program's own pages, and who looks at them."""

    def __init__(self, server):
        self.server = server
        self.layla, self.omar = people(2)
        self.people = {"anonymous": [Browser(server)], "requester": [requester(server, self.layla) for _ in range(3)]}
        self.other = requester(server, self.omar)
        self.foreign = self.other.token()
        for role, places in STAFF.items():
            account = appoint(server, role, f"{role}.one", *places)
            self.people[role] = [sign_in(server, account), sign_in(server, account)]
        self.stranger = sign_in(server, appoint(server, "liaison", "liaison.two", "moi"))
        self.make_requests()
        self.make_questions()
        self.make_calls()
        self.people["follower"] = [self.follower(), self.follower()]
        for browser in [*self.people["anonymous"], *self.people["follower"], *self.people["requester"]]:
            browser.get("/new?fresh=1").expect(303)
        self.links = {"own": self.link(), "absent": "A" * 43}

    def send(self, browser, subject, entity, contact="sms", about="service"):
        form = answer_questions(browser, subject, "وصف كافٍ لما حدث ومتى حدث.", pick=pick(browser, entity),
                                contact=contact)
        token = form.typed("csrf")
        browser.post("/new/about", {"csrf": token, "about": about}).expect(303)
        attach(browser, token, "a.png", PNG, "image/png")
        number = browser.submit(form).expect(303).to.removeprefix("/receipt/")
        return read_receipt(browser, number)

    def make_requests(self):
        mine, theirs = self.people["requester"][0], self.other
        self.requests = {"own": self.send(mine, "طلب لي", OWN), "foreign": self.send(theirs, "طلب لغيري", OTHER),
                         "restricted": self.send(theirs, "شكوى من الضابط", OWN, about="officer")}
        self.for_directorate = self.send(theirs, "طلب لمديرية أخرى", OWN)
        self.by_telephone = self.send(theirs, "طلب بالهاتف", OWN, contact="call")
        self.numbers = {key: receipt.number for key, receipt in self.requests.items()} | {"absent": ABSENT_NUMBER}
        head = self.people["head"][0]
        self.files = {"absent": ABSENT_ID}
        for key, browser in (("own", self.people["liaison"][0]), ("foreign", self.stranger), ("restricted", head)):
            page = browser.get(f"/office/requests/{self.numbers[key]}").expect(200).page
            self.files[key] = next(link for link in page.links if link.startswith("/files/")).rsplit("/", 1)[1]

    def ask_directorate(self, browser, number, nth):
        path = f"/office/requests/{number}"
        form = browser.get(path).expect(200).form(f"{path}/consult")
        names = form.options["directorate"]
        browser.submit(form, directorate=names[nth], question="ما السبب؟", answer_days="1").expect(303)

    def make_questions(self):
        """A question to each directorate of the entity, so that one is theirs and one another's."""
        liaison = self.people["liaison"][0]
        member, found = self.people["directorate"][0], {}
        for nth in range(1, 5):
            self.ask_directorate(liaison, self.numbers["own"], nth)
        for link in member.get("/office/questions").expect(200).page.links:
            if re.fullmatch(r"/office/questions/\d+", link):
                found[link] = link.rsplit("/", 1)[1]
        check(len(found) == 1, "a directorate sees", len(found), "of four questions")
        self.questions = {"own": next(iter(found.values())), "absent": ABSENT_ID}
        account = appoint(self.server, "directorate", "directorate.two", "miyahuna", "miyahuna.wastewater")
        other = sign_in(self.server, account)
        self.questions["foreign"] = next(link.rsplit("/", 1)[1] for link in other.get("/office/questions").page.links
                                         if re.fullmatch(r"/office/questions/\d+", link))
        check(self.questions["own"] != self.questions["foreign"], "two directorates have the same question")

    def make_calls(self):
        liaison, path = self.people["liaison"][0], f"/office/requests/{self.by_telephone.number}"
        liaison.fill(path, f"{path}/accept").expect(303)
        form = liaison.fill(path, f"{path}/close/preview", outcome="resolved", answer="تم الإصلاح").expect(200)
        liaison.submit(form.form(f"{path}/close")).expect(303)
        calls = self.people["agent"][0].get("/desk/calls").expect(200)
        waiting = [form.action.split("/")[3] for form in calls.page.forms if form.action.endswith("/take")]
        check(len(waiting) == 1, "calls that wait:", waiting)
        message = engine.rows(self.server.store, "SELECT min(id) FROM outbox WHERE channel = 'sms'")[0][0]
        self.calls = {"own": waiting[0], "foreign": str(message), "absent": ABSENT_ID}  # a message is nobody's call

    def follower(self):
        browser = Browser(self.server)
        receipt = self.requests["own"]
        browser.get(f"/f/{receipt.number}/{receipt.code}").expect(303)
        return browser

    def link(self):
        said = self.server.command("accounts", "add", "spare", "auditor", "حساب")
        return re.search(r"/staff/setup/(\S+)", said)[1]

    def path(self, route, thing):
        code = self.requests["own"].code if thing == "own" else "AAAAA-AAAAA"
        if "{id}" in route:
            ids = (self.files if route.startswith("/files") else self.questions if "questions" in route
                   else self.calls if "calls" in route else {"foreign": self.files["foreign"], "absent": ABSENT_ID})
            route = route.replace("{id}", ids[thing])
        return (route.replace("{number}", self.numbers.get(thing, "")).replace("{code}", code)
                .replace("{lang}", "en" if thing == "own" else "xx").replace("{token}", self.links.get(thing, "")))

    def content(self, route, thing, role):
        """What a page would send, right in all but the version."""
        number, code = self.numbers.get(thing, ""), self.requests["own"].code
        secret = "00" * 20
        nth = list(STAFF).index(role) if role in STAFF else 50
        return {
            "/new/type": {"type": "complaint"}, "/new/identity": {"identity": "hidden"},
            "/new/entity": {"pick": "unknown"}, "/new/about": {"about": "service"},
            "/new/text": {"subject": "موضوع", "text": "نص طويل بما يكفي"},
            "/new/text/keep": {"subject": "موضوع", "text": "نص طويل بما يكفي"},
            "/new/place": {"place_words": "وسط البلد"}, "/new/contact": {"contact": "sms"},
            "/follow": {"number": number, "code": code if thing == "own" else "AAAAA-AAAAA"},
            "/follow/{number}/rate": {"solved": "yes", **LATE},
            "/follow/{number}/withdraw": {"why": "other", **LATE},
            "/follow/{number}/add": {"text": "معلومة جديدة", **LATE},
            "/sign-in": {"phone": f"07970000{nth:02d}"}, "/sign-in/code": {"code": "000000"},
            "/sign-in/password": {"document_number": "1", "password": "لا أحد"}, "/account": {"password": "قصير"},
            "/staff/sign-in": {"login": "nobody", "password": "x", "code": "000000"},
            "/staff/setup/{token}": {"password": STAFF_PASSWORD, "code": "000000", "secret": secret},
            "/office/questions/{id}": {"number": self.numbers["own"], "reply": "السبب كسر في الخط.",
                                       "proposed_days": "2"},
            "/office/requests/{number}/accept": LATE,
            "/office/requests/{number}/consult": {"directorate": "1", "question": "ما السبب؟", "answer_days": "1",
                                                  **LATE},
            "/office/requests/{number}/period": {"due_day": "2040-01-01", **LATE},
            "/office/requests/{number}/return": {"ground": "other_entity", **LATE},
            "/office/requests/{number}/update": {"news": "خبر جديد", **LATE},
            "/office/requests/{number}/close": {"outcome": "resolved", "answer": "تم الإصلاح", **LATE},
            "/office/requests/{number}/close/preview": {"outcome": "resolved", "answer": "تم الإصلاح", **LATE},
            "/office/requests/{number}/note": {"note": "ملاحظة", **LATE},
            "/office/requests/{number}/route": {"entity": "1", **LATE},
            "/desk/find": {"who": self.layla.mobile}, "/desk/requests/{number}/add": {"text": "معلومة من المتصل"},
            "/desk/calls/{id}": {"result": "reached"},
        }.get(route, {})


# ---- the cells ----

def token_page(role):
    """A page with a form: who is signed in has the button to sign out on every page."""
    return "/follow" if role in ("anonymous", "follower") else "/"


def bare(answer, world):
    """A page without what is different each time, and without the number that was asked for."""
    text = re.sub(r'name="(csrf|command)" value="[^"]*"', "", answer.text)
    text = re.sub(r'<bdi class="ref" dir="ltr">[0-9a-f]+</bdi>', "", text)
    for known in (world.numbers, world.files, world.questions, world.calls, world.links):
        for thing in known.values():
            text = text.replace(thing, "")
    return text.replace(world.requests["own"].code, "")


def difference(pages):
    """Of two that are not the same, the lines that differ."""
    absent = pages["absent"].splitlines()
    return [(thing, line, other) for thing, page in pages.items()
            for line, other in itertools.zip_longest(page.splitlines(), absent) if line != other][:3]


def ask(world, browser, role, row, token=None, headers=None):
    path = world.path(row["route"], row["object"])
    if role in ("anonymous", "follower"):
        browser.peer = Browser(world.server).peer
    before = dict(browser.cookies)
    if row["method"] == "GET":
        answer = browser.get(path)
    else:
        fields = dict(world.content(row["route"], row["object"], role))
        if token is not None:
            fields["csrf"] = token
        answer = browser.post(path, fields, headers)
    if role in ("anonymous", "follower", "requester"):
        browser.cookies = before
    return answer


def refusals(world, role, row):
    """A form that was not sent from a page of this person's."""
    expected = "401" if row[role] == "401" else "403"
    sessions = world.people[role]
    token = sessions[-1].token(token_page(role))
    foreign = world.foreign
    tries = (("without a token", sessions[1 % len(sessions)], "", None),
             ("with a stranger's token", sessions[1 % len(sessions)], foreign, None),
             ("from another site", sessions[-1], token, {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}),
             ("from another origin", sessions[-1], token, {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}))
    for what, browser, sent, headers in tries:
        answer = ask(world, browser, role, row, sent, headers)
        if str(answer.status) != expected:
            yield f"{row['route']} {row['object']}: {what}: {answer.status}, not {expected}"


def try_role(world, rows, role):
    wrong, open_forms, hidden, n = [], [], collections.defaultdict(dict), 0
    browser = world.people[role][0]
    token = browser.token(token_page(role))
    for row in rows:
        if row["method"] == "POST" and row["object"] in ("-", "own"):
            open_forms += refusals(world, role, row)
        answer = ask(world, browser, role, row, token if row["method"] == "POST" else None)
        n += 1
        if str(answer.status) != row[role]:
            wrong.append(f"{row['method']} {row['route']} {row['object']}: {answer.status} "
                         f"{answer.headers.get('Location', '')}, not {row[role]}")
        if row[role] == "404":
            hidden[row["method"], row["route"]][row["object"]] = bare(answer, world)
    differ = [f"{key}: {difference(pages)}" for key, pages in hidden.items() if len(set(pages.values())) > 1]
    tap.say(not wrong, f"{role}: {n} cells as the table says", "\n".join(wrong))
    tap.say(not open_forms, f"{role}: forms that no page of theirs sent are refused", "\n".join(open_forms))
    tap.say(not differ, f"{role}: what is another's looks as what does not exist "
            f"({sum(len(pages) > 1 for pages in hidden.values())} pairs)", "\n".join(differ))


def noted(server):
    """The forms to /follow that the log calls refused, by reason."""
    lines = [json.loads(line) for line in server.log().splitlines() if '"request.refused"' in line]
    return [line["error"] for line in lines if line["route"] == "/follow" and line["status"] == 403]


def try_forged(server):
    """A page that is out of date is a person's; a form from elsewhere is an attack, and is noted as one."""
    with tap.case("a forged form from another site is noted, and is not said to be out of date"):
        before, browser = noted(server), Browser(server, "en")
        old = browser.post("/follow", {"number": ABSENT_NUMBER}).expect(403)
        forged = browser.post("/follow", {"number": ABSENT_NUMBER},
                              {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}).expect(403)
        check("out of date" in old.words and "out of date" not in forged.words, forged.words)
        until("the log says so", lambda: noted(server) != before)
        check(noted(server) == [*before, "a form from another site"], noted(server))


def main(sawt):
    rows, roles = read_table()
    compare_tables(sawt, rows)
    with Server(sawt) as server:
        world = World(server)
        tap.say(set(roles) == set(world.people), "a column for everybody who can sign in",
                set(roles) ^ set(world.people))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            asked = [(role, pool.submit(try_role, world, rows, role)) for role in roles]
            for role, done in asked:
                with tap.case(f"{role}: asked everything"):
                    done.result()
        try_forged(server)
        tap.say(server.stop() == 0, "the server ends with 0")
        tap.say(server.troubles() == "", "nothing in the log is its own fault", server.troubles())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
