#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""A working day, by many people at once:  scenario_test.py SAWT

Citizens, officers, directorates, the unit and the call centre go the whole way of a request against one
server; two officers act on the same file at the same moment; in the end the server is stopped in the middle
of submissions, and everything that it acknowledged must be there when it starts again. Any report of a
sanitizer fails. SAWT_SCENARIO_PEOPLE (10) says how many requests live at once.
"""
import concurrent.futures
import datetime
import os
import pathlib
import re
import sys
import threading
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from client import (PNG, Browser, Server, Tap, answer_questions, appoint, attach, check, lodge, people,  # noqa: E402
                    pick, prove_mobile, read_receipt, requester, sign_in, until)

PEOPLE = int(os.environ.get("SAWT_SCENARIO_PEOPLE", "10"))
OF_A_TEAM = 5
WATER, INTERIOR = "شركة مياه الأردن", "وزارة الداخلية"
ANSWER = "أُصلح الخط يوم الثلاثاء وعادت المياه."
PATIENCE = 120

tap = Tap()


class Team:
    """Whoever serves five requests: two officers of the water company, a directorate, the unit, an agent."""

    def __init__(self, server, n):
        def member(role, login, *places):
            return sign_in(server, appoint(server, role, f"{login}{n}", *places), "en" if n % 2 else "ar")

        self.officers = [member("liaison", "first.", "miyahuna"), member("liaison", "second.", "miyahuna")]
        self.directorate = member("directorate", "member.", "miyahuna", "miyahuna.distribution")
        self.unit, self.agent = member("unit", "unit."), member("agent", "agent.")


def file_of(receipt):
    return f"/office/requests/{receipt.number}"


def act(browser, receipt, name, **fields):
    """An act on a file as its page offers it."""
    path = file_of(receipt)
    return browser.fill(path, f"{path}/{name}", **fields).expect(303)


def send_together(officers, receipt, name, fields):
    """Both have the same page before them, and send at once."""
    path = f"{file_of(receipt)}/{name}"
    twins = [officer.twin() for officer in officers]
    forms = [twin.get(file_of(receipt)).expect(200).form(path) for twin in twins]
    together = threading.Barrier(2)

    def send(twin, form, typed):
        together.wait(PATIENCE)
        return twin.submit(form, **typed)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(send, twins, forms, fields))


def race(officers, receipt, name, texts):
    """One is first, the other is told and loses nothing."""
    answers = send_together(officers, receipt, name, [{"news": text} if text else {} for text in texts])
    check(sorted(answer.status for answer in answers) == [303, 409], name, [answer.status for answer in answers])
    lost = next(i for i in (0, 1) if answers[i].status == 409)
    if texts[lost]:
        check(texts[lost] in answers[lost].text, "what the second one typed is gone")
        check(texts[lost] not in officers[lost].twin().get(file_of(receipt)).words, "and yet it was done")
        check(texts[1 - lost] in answers[lost].words, "the second one does not see what changed")


def note_together(officers, receipt, texts):
    """A note changes nothing that another saw: both stand."""
    answers = send_together(officers, receipt, "note", [{"note": text} for text in texts])
    check([answer.status for answer in answers] == [303, 303], "note", [answer.status for answer in answers])
    words = officers[0].twin().get(file_of(receipt)).words
    check(all(text in words for text in texts), "a note is gone")


def set_period(officer, receipt):
    """Working days are Sunday to Thursday; holidays are tried past."""
    path = f"{file_of(receipt)}/period"
    for ahead in range(1, 9):
        day = datetime.date.today() + datetime.timedelta(ahead)
        answer = officer.fill(file_of(receipt), path, **{"due_day-day": str(day.day), "due_day-month": str(day.month),
                                                         "due_day-year": str(day.year), "due_day": None})
        if answer.status == 303:
            return
        answer.expect(422)
    raise AssertionError("none of eight days will do")


def close(officer, receipt, outcome, answer=ANSWER):
    path = file_of(receipt)
    seen = officer.fill(path, f"{path}/close/preview", outcome=outcome, answer=answer).expect(200)
    check(answer in seen.words, "the preview lacks the answer")
    officer.submit(seen.form(f"{path}/close")).expect(303)


def follow(server, receipt, *words):
    """Whoever has number and code, from another browser."""
    browser = Browser(server)
    browser.fill("/follow", "/follow", number=receipt.number, code=receipt.code).expect(303)
    page = browser.get(f"/follow/{receipt.number}").expect(200)
    for word in words:
        check(word in page.words, word, "is not on the page of who follows by code")
    return page


# ---- lives of requests ----

def with_files(day, citizen, subject, text, team):
    """A picture and a long recording come with it: the officer reads them as they were sent, nobody else does."""
    form = answer_questions(citizen, subject, text, pick=day.water)
    picture, document = PNG, b"%PDF-1.4\n" + bytes(range(256)) * 2000 + b"\n%%EOF\n"
    attach(citizen, form.typed("csrf"), "صورة.png", picture, "image/png")
    attach(citizen, form.typed("csrf"), "كتاب.pdf", document, "application/pdf")
    receipt = read_receipt(citizen, citizen.submit(form).expect(303).to.removeprefix("/receipt/"))
    officer = team.officers[0].twin()
    links = [link for link in officer.get(file_of(receipt)).page.links if link.startswith("/files/")]
    check({officer.get(link).expect(200).body for link in links} == {picture, document}, "the files are", links)
    for other in (Browser(day.server), team.agent.twin(), team.directorate.twin()):
        check({other.get(link).status for link in links} == {404}, "others read the files")
    return receipt


def solved(day, n, team, citizen):
    """Accepted, asked, answered by the directorate, given a date, closed, rated."""
    receipt = with_files(day, citizen, f"انقطاع المياه {n}", f"لم تصلنا المياه منذ سبعة أيام، البيت {n}.", team)
    race(team.officers, receipt, "accept", (None, None))
    officer, member = (who.twin() for who in (team.officers[0], team.directorate))
    form = officer.get(file_of(receipt)).expect(200).form(f"{file_of(receipt)}/consult")
    for directorate in form.options["directorate"][1:]:  # the list has names, the account a code
        act(officer, receipt, "consult", directorate=directorate, question=f"ما السبب؟ {n}", answer_days="1")
    answer_question(member, receipt, f"كسر في الخط {n}.")
    set_period(officer, receipt)
    race(team.officers, receipt, "update", (f"الفريق في الطريق {n}", f"الفريق وصل {n}"))
    note_together(team.officers, receipt, (f"للعلم أولًا {n}", f"للعلم ثانيًا {n}"))
    check(f"كسر في الخط {n}." in officer.get(file_of(receipt)).words, "the directorate's answer is not in the file")
    close(officer, receipt, "resolved")
    follow(day.server, receipt, ANSWER)
    path = f"/follow/{receipt.number}"
    citizen.fill(path, f"{path}/rate", solved="yes", stars="5").expect(303)
    check(not any(form.action == f"{path}/rate" for form in citizen.get(path).page.forms), "it can be rated twice")


def answer_question(member, receipt, words):
    asked = [link for link in member.get("/office/questions").expect(200).page.links
             if link.startswith("/office/questions/") and receipt.number in member.get(link).text]
    check(len(asked) == 1, "questions about this request:", asked)
    member.fill(asked[0], asked[0], reply=words, proposed_days="3").expect(303)
    check(member.get(asked[0]).status == 404, "an answered question is still open")


def returned(day, n, team, citizen):
    """Not theirs: back to the unit, which gives it to another; the first sees it no more."""
    receipt = lodge(citizen, f"معاملة إقامة {n}", f"تأخرت معاملة الإقامة شهرين، رقم {n}.", pick=day.water)
    officer, unit = team.officers[n % 2].twin(), team.unit.twin()
    act(officer, receipt, "return", ground="area")
    check(officer.get(file_of(receipt)).status == 404, "who returned it still sees it")
    in_triage(unit, receipt)
    act(unit, receipt, "route", entity=day.interior.split(":")[0])
    follow(day.server, receipt, INTERIOR)
    act(unit, receipt, "note", note=f"حُوّل إلى الداخلية {n}")


def in_triage(unit, receipt):
    until("the request waits at the unit",
          lambda: file_of(receipt) in unit.get("/office/triage").expect(200).page.links or
          unit.get(file_of(receipt)).status == 200, PATIENCE)


def withdrawn(day, n, team, citizen):
    """Nobody knew whose it is: routed, added to, taken back."""
    receipt = lodge(citizen, f"لا أعرف الجهة {n}", f"عمود مائل قرب المدرسة رقم {n}.")
    unit, officer = team.unit.twin(), team.officers[n % 2].twin()
    check(officer.get(file_of(receipt)).status == 404, "an officer sees what is at the unit")
    act(unit, receipt, "route", entity=day.water.split(":")[0], route_note=f"لكم {n}")
    act(officer, receipt, "accept")
    path = f"/follow/{receipt.number}"
    citizen.fill(f"{path}/add", f"{path}/add", text=f"سقط العمود صباح اليوم {n}.").expect(303)
    check(f"سقط العمود صباح اليوم {n}." in officer.get(file_of(receipt)).words, "the officer does not see it")
    citizen.fill(f"{path}/withdraw", f"{path}/withdraw", why="fear", words=f"خفت {n}").expect(303)
    check(f"خفت {n}" not in officer.get(file_of(receipt)).words, "the entity sees why it was taken back")


def telephoned(day, n, team, citizen):
    """By the call centre, for a caller; answered by a call."""
    agent, officer = team.agent.twin(), team.officers[n % 2].twin()
    mobile = day.mobiles[citizen]
    agent.fill("/desk", "/desk/find", who=mobile).expect(303)
    sent = agent.fill("/desk", "/desk/requests", type="complaint", entity_list="miyahuna", about="service",
                      subject=f"بالهاتف {n}", text=f"لا ماء في البيت رقم {n}.", contact="call").expect(303)
    receipt = read_receipt(agent, sent.headers["Location"].split("/")[3].split("?")[0], desk=True)
    agent.fill(f"/desk/requests/{receipt.number}", f"/desk/requests/{receipt.number}/add",
               text=f"اتصل ثانية {n}").expect(303)
    agent.fill("/desk", "/desk/end").expect(303)
    check(agent.get(f"/desk/requests/{receipt.number}").status == 404, "the file is seen after the call")
    check(f"/follow/{receipt.number}" in citizen.get("/mine").expect(200).page.links, "the caller does not have it")
    act(officer, receipt, "accept")
    close(officer, receipt, "resolved")
    call_back(agent, receipt)


def call_back(agent, receipt):
    """Two agents of the list may want the same call: whoever is second takes another."""
    def take():
        page = agent.get("/desk/calls").expect(200)
        for form in page.page.forms:
            if form.action.endswith("/take") and agent.submit(form).status == 303:
                call = form.action.removesuffix("/take")
                seen = agent.get(call).expect(200)
                agent.submit(seen.form(call), result="reached" if receipt.number in seen.text else "no_answer").expect(303)
                return True
        return False
    check(until("a call to make", take, PATIENCE), "no call")


def inquired(day, n, team, citizen):
    """A question by somebody of whom only the mobile is known; answered at once."""
    stranger = Browser(day.server, "en")
    form = answer_questions(stranger, f"Bill {n}", f"When is the water bill of house {n} due?", pick=day.water,
                            kind="inquiry")
    stranger.submit(form).expect(303)
    prove_mobile(stranger, f"0781{n:06d}", "/new/check", "&light=1")
    sent = stranger.submit(stranger.get("/new/check").expect(200).form("/new/send")).expect(303)
    receipt = read_receipt(stranger, sent.to.removeprefix("/receipt/"))
    close(team.officers[n % 2].twin(), receipt, "explained", "في اليوم العاشر من كل شهر.")
    path = f"/follow/{receipt.number}"
    stranger.fill(path, f"{path}/rate", solved="partly", words=f"ok {n}").expect(303)
    check(citizen.get(path).status == 404, "another requester sees it")
    stranger.fill("/", "/sign-out").expect(303)
    check(stranger.get("/mine").status == 401, "signed out, and still in")


LIVES = (solved, returned, withdrawn, telephoned, inquired)


# ---- the day ----

class Day:
    """What all share; and those who only look, until everybody has gone home."""

    def __init__(self, server):
        self.server, self.over, self.looked = server, threading.Event(), 0
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.citizens = list(pool.map(lambda person: requester(server, person), people(PEOPLE)))
            self.teams = list(pool.map(lambda n: Team(server, n), range((PEOPLE + OF_A_TEAM - 1) // OF_A_TEAM)))
        self.mobiles = {citizen: person.mobile for citizen, person in zip(self.citizens, people(PEOPLE))}
        self.water, self.interior = pick(self.citizens[0], WATER), pick(self.citizens[0], INTERIOR)

    def live(self, n):
        try:
            LIVES[n % len(LIVES)](self, n, self.teams[n // OF_A_TEAM], self.citizens[n])
        except Exception:  # pylint: disable=broad-except
            return traceback.format_exc()
        return None

    def look(self, browser, *paths):
        """Lists that are read while they change."""
        while not self.over.is_set():
            for path in paths:
                status = browser.get(path).status
                check(status in (200, 303, 429), path, "gives", status)
                self.looked += 1

    def come_and_go(self, account):
        """Signing in and out, as often as the second factor allows."""
        for _ in range(2):
            browser = sign_in(self.server, account)
            browser.get("/office").expect(200)
            old = browser.twin()
            browser.fill("/office", "/sign-out").expect(303)
            check(old.get("/office").status == 401, "a session outlives its sign-out")

    def hammer(self):
        """One address that asks too often is held back; another is served meanwhile."""
        rude, polite = Browser(self.server), Browser(self.server)
        statuses = [rude.ask("POST", "/follow", "number=1").status for _ in range(30)]
        check(429 in statuses and statuses[0] != 429, statuses)
        check(polite.post("/follow", {"csrf": polite.token("/follow"), "number": "1", "code": "x"}).status == 422,
              "another address is held back as well")

    def command(self):
        """The command line, through the running server."""
        said = self.server.command("import", "data", "--registry")
        check(" 0 added, 0 changed" in said, said)
        said = self.server.command("replay", "data/demo/requests.csv", "demo", "--lang", "en")
        check(re.search(r"\b60\b", said), said)
        check("GET\t" in self.server.command("routes") and "SELECT" in self.server.command("sql"), "no tables")

    def spend(self):
        team, server = self.teams[0], self.server
        with concurrent.futures.ThreadPoolExecutor(PEOPLE + 8) as pool:
            others = [pool.submit(self.look, team.officers[0].twin(), "/office", "/office/closed", "/office/search?q=مياه"),
                      pool.submit(self.look, team.unit.twin(), "/office/triage", "/office/search?q=البيت"),
                      pool.submit(self.look, team.agent.twin(), "/desk", "/desk/calls", "/desk/suggest?q=ماء"),
                      pool.submit(self.look, self.citizens[0].twin(), "/mine", "/", "/find/suggest?q=ماء", "/account"),
                      pool.submit(self.look, Browser(server), "/outbox", "/privacy", "/language/en?back=/", "/follow")]
            once = {"officers sign in and out": pool.submit(self.come_and_go, server.accounts["officer"]),
                    "reference data and a history come in by the command line": pool.submit(self.command),
                    "who asks too often is held back alone": pool.submit(self.hammer)}
            lives = [pool.submit(self.live, n) for n in range(PEOPLE)]
            for n, life in enumerate(lives):
                why = life.result()
                tap.say(why is None, f"request {n}: {LIVES[n % len(LIVES)].__name__}", why)
            for what, done in once.items():
                with tap.case(what):
                    done.result()
            self.over.set()
            with tap.case("lists are read while everything changes"):
                for other in others:
                    other.result()
                check(self.looked > PEOPLE, "looked", self.looked, "times")

    def stop_in_the_middle(self):
        """SIGTERM while people send: what had its receipt must be there."""
        acknowledged, enough, gone = [], threading.Event(), threading.Event()

        def send(citizen):
            for n in range(8):
                try:
                    form = answer_questions(citizen, f"قبل الإغلاق {n}", "أُرسل هذا الطلب والخادم يتوقف.", pick=self.water)
                    sent = citizen.submit(form)
                except (OSError, EOFError, AssertionError, ValueError) as why:
                    check(gone.is_set(), "refused before the end:", why)
                    return
                except Exception as why:  # pylint: disable=broad-except
                    check(gone.is_set(), "broken before the end:", repr(why))
                    return
                if sent.status != 303 or not sent.to.startswith("/receipt/"):
                    check(gone.is_set() and sent.status == 503, "refused before the end:", sent.status, sent.to)
                    return
                acknowledged.append((citizen, sent.to))
                if len(acknowledged) >= 2 * PEOPLE:
                    enough.set()

        with concurrent.futures.ThreadPoolExecutor(PEOPLE) as pool:
            senders = [pool.submit(send, citizen.twin()) for citizen in self.citizens]
            check(enough.wait(PATIENCE), "only", len(acknowledged), "were sent")
            gone.set()
            status = self.server.stop()
            for sender in senders:
                sender.result()
        check(status == 0, "the exit status is", status)
        check(not self.server.troubles(), self.server.troubles())
        self.server.start()
        for citizen, path in acknowledged:
            citizen.close()
            citizen.get(path).expect(200)
        return len(acknowledged)


def main(sawt):
    with Server(sawt) as server:
        day = Day(server)
        day.spend()
        with tap.case("SIGTERM in the middle: all that was acknowledged is there"):
            print("#", day.stop_in_the_middle(), "acknowledged")
        tap.say(server.stop() == 0, "the server ends with 0")
        with tap.case("after such a day the store is whole"):
            server.command("check", "--lang", "en")
        tap.say(server.troubles() == "", "no report of a sanitizer, and nothing is the program's own fault",
                server.troubles())
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
