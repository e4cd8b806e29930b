#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Messages over real gateways, in good weather and bad:  gateway_test.py SAWT

Kannel, fakesmsc and smtp-sink of Debian stand behind `sawt serve`; people and officers use the pages. What
arrives is compared whole. Prints TAP.
"""
import collections
import datetime
import os
import pathlib
import re
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
import zoneinfo

import person as people
from parts import Kannel, Relay, Sawt, Sink, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPTIONS = {"mail_from": "sawt@example.gov.jo", "gateway_timeout": 1500, "retry_first": 100, "retry_longest": 400,
           "retry_most": 5}
FIRST, LONGEST, MOST = 0.1, 0.4, 5

LAYLA = {"mobile": "0791234567", "to": "962791234567", "document": "9871234567", "names": ["ليلى", "محمد", "أحمد", "العبادي"],
         "born": ["14", "3", "1987"], "email": "layla@example.org", "lang": "ar"}
OMAR = {"mobile": "0797654321", "to": "962797654321", "document": "9851112223", "names": ["عمر", "خالد", "يوسف", "الزعبي"],
        "born": ["2", "7", "1985"], "email": "omar@example.org", "lang": "en"}
AHMAD = {"mobile": "0795551234", "to": "962795551234", "document": "9946062127",
         "names": ["أحمد", "ناصر", "عواد", "التلهوني"], "born": ["24", "5", "1994"], "lang": "ar"}

SUBJECT, TEXT = "انقطاع المياه في حي نزال", "لم تصلنا المياه منذ سبعة أيام واتصلنا ثلاث مرات."
REPLY = "أُصلح الخط يوم الثلاثاء."

MONTHS = {"ar": ["كانون الثاني", "شباط", "آذار", "نيسان", "أيار", "حزيران", "تموز", "آب", "أيلول", "تشرين الأول", "تشرين الثاني",
                 "كانون الأول"],
          "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
                 "December"]}
LRM = "\u200e"  # behind Arabic letters a number needs it to be read from the left
WORDS = {
    "ar": {"code": "صوت: رمزكم هو {digits}، وهو صالح لخمس دقائق. لا تخبروا به أحدًا.",
           "submit": "صوت: استلمنا طلبكم رقم {number}. لمتابعته: {link}",
           "accept": "صوت: بدأت معالجة طلبكم رقم {number}، وموعد الرد {due}. {link}",
           "set_period": "صوت: موعد الرد على طلبكم رقم {number} هو {due}. {link}",
           "update": "صوت: يوجد جديد بشأن طلبكم رقم {number}. {link}",
           "close": "صوت: صدر الرد على طلبكم رقم {number}: تمّ الحل. {link}",
           "subject": "طلبكم رقم {number}", "sender": "صوت"},
    "en": {"code": "Sawt: your code is {digits}. It is valid for five minutes. Never tell it to anyone.",
           "submit": "Sawt: your request {number} has been received. Follow it: {link}",
           "accept": "Sawt: work on your request {number} has begun. Answer due by {due}. {link}",
           "set_period": "Sawt: the answer to your request {number} is due by {due}. {link}",
           "update": "Sawt: there is news about your request {number}. {link}",
           "close": "Sawt: your request {number} has been answered: Solved. {link}",
           "subject": "Your request {number}", "sender": "Sawt"},
}
STEPS = ["submit", "accept", "set_period", "close"]


class World:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.kannel = self.relay = self.sink = self.sawt = self.officer = None
        self.requests, self.people, self.delays = {}, {}, []

    def start(self):
        self.kannel = Kannel(self.folder)
        self.relay = Relay(self.kannel.ports["sendsms"])
        self.sink = Sink(self.folder)
        self.sawt = Sawt(self.binary, ROOT, self.folder, {**OPTIONS, "sms_url": self.relay.url(), "mail_url": self.sink.url()})
        self.sawt.start()

    def stop(self):
        for part in (self.sawt, self.sink, self.relay, self.kannel):
            if part is not None:
                part.stop()

    # ---- what is in the store ----

    def query(self, sql, *values):
        base = sqlite3.connect(f"file:{self.sawt.store}/case.db?mode=ro", uri=True)
        try:
            base.row_factory = sqlite3.Row
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def rows(self, after=0, channel=None):
        return self.query("SELECT * FROM outbox WHERE id > ? AND (?2 IS NULL OR channel = ?2) ORDER BY id", after, channel)

    def last_id(self):
        return self.query("SELECT coalesce(max(id), 0) AS id FROM outbox")[0]["id"]

    def settled(self, after, n, seconds=20):
        """The rows behind `after`, when there are n of them and none waits."""
        def all_done():
            rows = self.rows(after)
            return rows if len(rows) == n and all(row["fate"] != "waiting" for row in rows) else None
        return until(all_done, lambda: f"{n} messages settled: {[tuple(row) for row in self.rows(after)]}", seconds)

    # ---- what people do ----

    def sms_to(self, to):
        return [text for number, text in self.kannel.messages() if number == to]

    def mail_to(self, address):
        return [mail for _, mail in self.sink.mails() if mail["To"] == address]

    def arrives(self, count, n):
        begun = time.monotonic()
        until(lambda: count() >= n, lambda: f"message {n}, not {count()}")
        self.delays.append(time.monotonic() - begun)

    def reaches(self, who, n):
        """Kannel takes a message first and delivers it then."""
        until(lambda: len(self.sms_to(who["to"])) >= n, lambda: f"SMS {n}, not {len(self.sms_to(who['to']))}")

    def sign_up(self, who):
        """From the mobile to the session; the code comes by SMS."""
        visitor = people.Person(self.sawt.port, who["lang"])
        before = len(self.sms_to(who["to"]))
        people.ask_for_code(visitor, who["mobile"])
        assert not re.search(r"\b\d{6}\b", visitor.text()), "the page shows the code although a gateway sends it"
        until(lambda: len(self.sms_to(who["to"])) > before, "the code")
        code = self.sms_to(who["to"])[-1]
        digits = re.search(r"\d{6}", code).group()
        assert code == WORDS[who["lang"]]["code"].format(digits=digits), code
        people.prove(visitor, digits, who)
        self.people[who["to"]] = visitor

    def lodge(self, name, who, contact):
        visitor = self.people[who["to"]]
        people.complain(visitor, SUBJECT, TEXT, contact)
        number = people.send_off(visitor)
        code = re.search(r'id="code"[^>]*>(?:<[^>]*>)*\s*(\w{5})-?(\w{5})', visitor.page)
        assert code, "no code on the receipt"
        self.requests[name] = {"number": number, "who": who, "contact": contact, "dates": {},
                               "link": f"{self.sawt.address}/f/{number}/{code.group(1)}{code.group(2)}"}
        return self.requests[name]

    def update(self, name, n=1):
        for i in range(n):
            self.officer.get(f"/office/requests/{self.requests[name]['number']}")
            self.officer.send({"news": f"فريق الصيانة في الموقع، الخطوة {i}."}, action="/update")

    def due(self, name, kind):
        number = int(self.requests[name]["number"].replace("-", ""))
        micros = self.query("SELECT e.due_at FROM event e JOIN petition p ON p.id = e.petition_id WHERE p.number = ? AND"
                            " e.kind = ?", number, kind)[0]["due_at"]
        return amman(micros)

    def text(self, name, kind):
        request = self.requests[name]
        lang = request["who"]["lang"]
        number = (LRM if lang == "ar" else "") + request["number"]
        due = ""
        if kind in ("accept", "set_period"):
            day = self.due(name, kind)
            due = f"{day.day} {MONTHS[lang][day.month - 1]} {day.year}"
        return WORDS[lang][kind].format(number=number, link=request["link"], due=due)


def amman(micros):
    return datetime.datetime.fromtimestamp(micros / 1e6, zoneinfo.ZoneInfo("Asia/Amman"))


def same(got, wanted, what=""):
    assert got == wanted, f"{what}\n got    {got!r}\n wanted {wanted!r}"


# ---- good weather ----

def registration(world):
    """The code comes by SMS in the language of the page, and is nowhere in the outbox."""
    for who in (LAYLA, OMAR, AHMAD):
        world.sign_up(who)
        same(world.rows(), [], "a code made an outbox row")


def walk(world, name, who, contact):
    """Lodged through the forms, accepted, a date set, closed: each message once, in the words of the catalogue."""
    sms, mail = len(world.sms_to(who["to"])), len(world.mail_to(who.get("email")))

    def count():
        return len(world.sms_to(who["to"])) - sms if contact == "sms" else len(world.mail_to(who["email"])) - mail

    request = world.lodge(name, who, contact)
    world.arrives(count, 1)
    if world.officer is None:
        world.officer = people.staff(world.sawt.port, world.sawt.accounts, "officer")
    people.accept(world.officer, request["number"])
    world.arrives(count, 2)
    chosen = people.set_date(world.officer, request["number"])
    world.arrives(count, 3)
    due = world.due(name, "set_period")
    same((due.day, due.month), (chosen.tm_mday, chosen.tm_mon), "the date that was set")
    people.close(world.officer, request["number"], REPLY)
    world.arrives(count, 4)
    wanted = [world.text(name, step) for step in STEPS]
    until(lambda: all(row["fate"] == "sent" for row in world.rows()), "all are settled")
    if contact == "sms":
        same(world.sms_to(who["to"])[sms:], wanted)
        same(len(world.mail_to(who.get("email"))), mail, "mail to who wants SMS")
    else:
        same([body(message) for message in world.mail_to(who["email"])[mail:]], wanted)
        same(len(world.sms_to(who["to"])), sms, "SMS to who wants mail")
    rows = world.query("SELECT o.* FROM outbox o JOIN petition p ON p.id = o.petition_id WHERE p.number = ? ORDER BY o.id",
                       int(request["number"].replace("-", "")))
    same([(row["channel"], row["message"]) for row in rows], [(contact, step) for step in STEPS], "outbox")
    same({row["tries"] for row in world.rows()}, {1}, "tries")


def body(mail):
    return mail.get_content().replace("\r\n", "\n").removesuffix("\n")


def mime(world):
    """What a mail server and a mail reader look at."""
    mails = world.sink.mails()
    same(len(mails), 8, "mails")
    same(len({mail["Message-ID"] for _, mail in mails}), 8, "Message-IDs")
    for raw, mail in mails:
        lang = "ar" if mail["To"] == LAYLA["email"] else "en"
        name = "layla by mail" if lang == "ar" else "omar by mail"
        number = (LRM if lang == "ar" else "") + world.requests[name]["number"]
        head = raw.split(b"\n\n", 1)[0]
        assert head.isascii() and max(len(line) for line in head.splitlines()) <= 78, head
        same(mail["Subject"], WORDS[lang]["subject"].format(number=number))
        same((mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec),
             (WORDS[lang]["sender"], "sawt@example.gov.jo"))
        assert mail["To"] in (LAYLA["email"], OMAR["email"])
        same(mail.get_content_type(), "text/plain")
        same(mail.get_content_charset(), "utf-8")
        same(mail["Content-Transfer-Encoding"], "base64")
        same(mail["MIME-Version"], "1.0")
        same(mail["Content-Language"], lang)
        same(mail["Auto-Submitted"], "auto-generated")
        assert re.fullmatch(r"<\d+\.sawt@example\.gov\.jo>", mail["Message-ID"]), mail["Message-ID"]
        assert abs(mail["Date"].datetime.timestamp() - time.time()) < 600, mail["Date"]
        for header in ("Reply-To", "Precedence", "List-Id", "List-Unsubscribe", "Cc", "Bcc", "Sender"):
            assert mail[header] is None, header


def no_identity(world):
    """No name, document, text, subject or answer in what leaves the house; none of it, and no number, in the log."""
    secrets = [SUBJECT, TEXT, REPLY, "حي نزال", "سبعة أيام", "الثلاثاء"]
    for who in (LAYLA, OMAR, AHMAD):
        secrets += [who["document"], who["names"][0], who["names"][3], who["mobile"][1:]]
    for _, text in world.kannel.messages():
        for secret in secrets:
            assert secret not in text, f"{secret} in an SMS"
    for _, mail in world.sink.mails():
        said = str(mail["Subject"]) + str(mail["From"]) + body(mail)
        for secret in secrets:
            assert secret not in said, f"{secret} in a mail"
    for secret in secrets + [LAYLA["email"], "gate-word"]:
        assert secret not in world.sawt.part.said(), f"{secret} in the log"


def fates(world):
    """The officer's file and the outbox page show where each message is."""
    page = world.officer.get(f"/office/requests/{world.requests['layla by SMS']['number']}").page
    assert page.count("سُلّمت إلى بوابة الإرسال") == 4, page.count("سُلّمت إلى بوابة الإرسال")
    page = world.people[LAYLA["to"]].get("/outbox").page
    assert page.count("سُلّمت إلى بوابة الإرسال") == 16 and world.requests["omar by mail"]["number"] in page


# ---- bad weather: SMS ----

def prepare_storm(world):
    """Three open requests, to which an officer adds news: one by SMS, one by mail, one of who has no mail."""
    world.lodge("sms", LAYLA, "sms")
    world.lodge("mail", OMAR, "email")
    world.lodge("poor", AHMAD, "sms")
    for name in ("sms", "mail", "poor"):
        people.accept(world.officer, world.requests[name]["number"])
    until(lambda: all(row["fate"] == "sent" for row in world.rows()), "all are settled")


def still_works(world):
    begun = time.monotonic()
    world.people[LAYLA["to"]].get("/").get("/mine")
    world.officer.get(f"/office/requests/{world.requests['sms']['number']}")
    assert "بانتظار الإرسال" in world.officer.page, "the file does not show that a message waits"
    assert "بانتظار الإرسال" in world.people[LAYLA["to"]].get("/outbox").page
    return time.monotonic() - begun


def mail_goes_on(world):
    """The other channel, meanwhile."""
    before = len(world.mail_to(OMAR["email"]))
    world.update("mail")
    until(lambda: len(world.mail_to(OMAR["email"])) == before + 1, "the mail that must not wait for SMS", 10)


def sms_waits(world, weather):
    """The gateway is not there, or cannot, or does not want us: nothing dies, everything comes when it is well."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    calls = len(world.relay.calls)
    world.relay.set(weather)
    world.update("sms", 3)
    first = world.rows(before)[0]["id"]
    until(lambda: world.rows(before)[0]["error"] is not None, "the first try")
    if weather != "refuse":
        until(lambda: len(world.relay.calls) >= calls + 2 + MOST, "more tries than a message has")
        gaps = [b - a for a, b in zip(world.relay.calls[calls:], world.relay.calls[calls + 1:])]
        for i, gap in enumerate(gaps):  # one call for all of them, and pauses that double up to the longest
            assert gap >= min(FIRST * 2 ** i, LONGEST) / 2, f"call {i + 2} came after {gap:.3f} s: {gaps}"
    mail_goes_on(world)
    same({row["fate"] for row in world.rows(before, "sms")}, {"waiting"}, "meanwhile")
    same(len(world.rows(before, "sms")), 3, "the outbox grows")
    still_works(world)
    world.relay.set("clear")
    rows = world.settled(before, 4)
    world.reaches(LAYLA, sms + 3)
    same(world.sms_to(LAYLA["to"])[sms:], [world.text("sms", "update")] * 3)
    same({row["fate"] for row in rows}, {"sent"})
    same([row["tries"] for row in rows if row["channel"] == "sms"], [2 if row["id"] == first else 1 for row in rows
                                                                     if row["channel"] == "sms"],
         "an outage counts once, against the message that found it")


def sms_refused(world):
    """400: the message goes by mail where there is one; else it is dead, and the officer sees it."""
    before, mails = world.last_id(), len(world.mail_to(LAYLA["email"]))
    world.relay.set("400")
    world.update("sms")
    world.update("poor")
    rows = world.settled(before, 3)
    world.relay.set("clear")
    same(sorted((row["channel"], row["fate"], row["error"]) for row in rows),
         [("email", "sent", None), ("sms", "dead", "refused"), ("sms", "dead", "refused")])
    same([body(mail) for mail in world.mail_to(LAYLA["email"])[mails:]], [world.text("sms", "update")])
    page = world.officer.get(f"/office/requests/{world.requests['poor']['number']}").page
    assert "تعذّر التسليم" in page, "the file does not show the dead letter"
    assert "تعذّر التسليم" in world.people[AHMAD["to"]].get("/outbox").page


def sms_swallowed(world):
    """Kannel took it and the answer was lost: once more, not twice; then nobody knows, and the file says so."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.relay.set("swallow")
    world.update("sms")
    rows = world.settled(before, 1)
    world.relay.set("clear")
    same((rows[0]["fate"], rows[0]["tries"]), ("unknown", 2))
    world.update("sms")  # whatever comes behind it
    world.settled(before, 2)
    world.reaches(LAYLA, sms + 3)
    same(len(world.sms_to(LAYLA["to"])) - sms, 3, "copies")
    page = world.officer.get(f"/office/requests/{world.requests['sms']['number']}").page
    assert "أُرسلت ولم يصل تأكيد" in page, "the file does not show that nobody knows"


def sms_swallowed_between_failures(world):
    """A lost answer, then an outage, then a lost answer again: the outage does not make it forget."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.relay.set("swallow")
    world.update("sms")
    world.reaches(LAYLA, sms + 1)
    world.relay.set("500")
    calls = len(world.relay.calls)
    until(lambda: len(world.relay.calls) >= calls + 2, "an outage in between")
    world.relay.set("swallow")
    rows = world.settled(before, 1)
    world.relay.set("clear")
    same(rows[0]["fate"], "unknown")
    world.reaches(LAYLA, sms + 2)


def sms_hangs(world):
    """Silence: mail and pages do not wait for it."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.relay.set("hang")
    world.update("sms")
    until(lambda: world.relay.held, "a call that hangs")
    mail_goes_on(world)
    took = still_works(world)
    assert took < 1.5, f"four pages took {took:.1f} s while the gateway hung"
    until(lambda: world.rows(before, "sms")[0]["error"] == "no_answer_in_time", "the time-out")
    same(world.rows(before, "sms")[0]["fate"], "waiting")
    world.relay.set("clear")
    world.reaches(LAYLA, sms + 1)
    same([row["fate"] for row in world.settled(before, 2)], ["sent", "sent"])


def code_in_a_storm(world):
    """A code that cannot be sent: 503 and no session, and no outbox row that would send it later."""
    before = world.last_id()
    stranger = people.Person(world.sawt.port, "ar")
    world.relay.set("500")
    people.ask_for_code(stranger, "0791112223", fails=True)
    world.relay.set("clear")
    same(stranger.status, 503)
    same(world.rows(before), [])


# ---- bad weather: e-mail ----

def mail_refused(world, *fault):
    """5xx to this recipient, or to the message itself: it goes by SMS."""
    before, sms = world.last_id(), len(world.sms_to(OMAR["to"]))
    world.sink.start(*fault)
    world.update("mail")
    rows = world.settled(before, 2)
    world.sink.start()
    same([(row["channel"], row["fate"], row["error"], row["tries"]) for row in rows],
         [("email", "dead", "refused", 1), ("sms", "sent", None, 1)])
    world.reaches(OMAR, sms + 1)
    same(world.sms_to(OMAR["to"])[-1], world.text("mail", "update"))


def mail_not_now(world):
    """4xx to this recipient: back-off up to the limit, then by SMS."""
    before, sms = world.last_id(), len(world.sms_to(OMAR["to"]))
    world.sink.start("-r", "RCPT")
    world.update("mail")
    rows = world.settled(before, 2)
    world.sink.start()
    same([(row["channel"], row["fate"], row["error"], row["tries"]) for row in rows],
         [("email", "dead", "not_now", MOST), ("sms", "sent", None, 1)])
    world.reaches(OMAR, sms + 1)
    least = sum(min(FIRST * 2 ** i, LONGEST) / 2 for i in range(MOST - 1))
    took = (rows[0]["done_at"] - rows[0]["created_at"]) / 1e6
    assert took >= least, f"{MOST} tries within {took:.2f} s"


def mail_waits(world, *fault):
    """The server is away, refuses us, hangs up or sleeps before it has the text: each mail comes once, later."""
    before, mails = world.last_id(), len(world.mail_to(OMAR["email"]))
    if fault:
        world.sink.start(*fault)
    else:
        world.sink.stop()
    world.update("mail", 2)
    until(lambda: world.rows(before)[0]["error"] is not None, "the first try")
    sms = len(world.sms_to(LAYLA["to"]))
    world.update("sms")
    until(lambda: len(world.sms_to(LAYLA["to"])) == sms + 1, "the SMS that must not wait for mail", 10)
    same({row["fate"] for row in world.rows(before, "email")}, {"waiting"})
    world.sink.start()
    rows = world.settled(before, 3)
    same({row["fate"] for row in rows}, {"sent"})
    same([body(mail) for mail in world.mail_to(OMAR["email"])[mails:]], [world.text("mail", "update")] * 2)


def mail_slow(world):
    """A second for each is slow and not down."""
    before, mails = world.last_id(), len(world.mail_to(OMAR["email"]))
    world.sink.start("-w", "1")
    world.sink.folders.append(world.folder / f"mail-{world.sink.count}")
    world.update("mail", 2)
    rows = world.settled(before, 2)
    world.sink.start()
    same([(row["fate"], row["tries"]) for row in rows], [("sent", 1)] * 2)
    same(len(world.mail_to(OMAR["email"])) - mails, 2)


def mail_swallowed(world):
    """The text was taken and the line broke before the answer: once more, then unknown."""
    before = world.last_id()
    world.sink.start("-q", ".")
    world.update("mail")
    rows = world.settled(before, 1)
    world.sink.start()
    same((rows[0]["fate"], rows[0]["error"], rows[0]["tries"]), ("unknown", "no_answer_in_time", 2))


# ---- the server dies ----

def killed_while_sending(world):
    """-9 with a claim of twelve, when Kannel has the first and its answer is on the way: all twelve come, the
    one in flight twice. The next process does not wait for the leases of the dead one."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.relay.set("refuse")
    world.update("sms", 12)
    same(world.sawt.stop(), 0, "the end of a server whose gateway is down")
    world.relay.set("hold")
    world.sawt.start()
    until(lambda: world.relay.held, "the first message at the gateway")
    claimed = [row for row in world.rows(before) if row["lease_until"] is not None]
    same(len(claimed), 12, "claimed rows")
    world.sawt.stop(signal.SIGKILL)
    world.relay.set("clear")
    world.sawt.start()
    rows = world.settled(before, 12)
    same({row["fate"] for row in rows}, {"sent"})
    world.reaches(LAYLA, sms + 13)
    same(world.sms_to(LAYLA["to"])[sms:], [world.text("sms", "update")] * 13)
    same(len({row["dedupe"] for row in world.rows()}), len(world.rows()), "dedupe keys")


def kannel_keeps(world):
    """No network behind bearerbox: Kannel queues the message, and delivers it when there is one."""
    before, sms = world.last_id(), len(world.sms_to(LAYLA["to"]))
    world.kannel.without_network(lambda: (world.update("sms"), world.settled(before, 1)))
    world.reaches(LAYLA, sms + 1)
    same([row["fate"] for row in world.rows(before)], ["sent"])


def accounts(world):
    """Over all the weather: nothing lost, and nothing sent twice but what nobody could know of."""
    fates = collections.Counter((row["channel"], row["fate"]) for row in world.rows())
    same({fate for _, fate in fates}, {"sent", "unknown", "dead"})
    codes, killed = 3, 1
    same(len(world.kannel.messages()), codes + fates["sms", "sent"] + 2 * fates["sms", "unknown"] + killed, "SMS")
    same(len(world.sink.mails()), fates["email", "sent"], "mails")
    same(len({mail["Message-ID"] for _, mail in world.sink.mails()}), fates["email", "sent"], "Message-IDs")
    same({row["error"] for row in world.rows() if row["fate"] == "dead"}, {"refused", "not_now"})


def quiet_log(world):
    """Outages are told, and nothing else is: no bug, no job that failed, nobody's name; and a clean end."""
    same(world.sawt.stop(), 0, "the end of the server")
    log = world.sawt.part.said()
    for word in ("gateway.down", "gateway.up"):
        assert word in log, f"no {word} in the log"
    for word in ('"bug"', "job.failed", "Sanitizer", "runtime error"):
        assert word not in log, log[log.find(word) - 300:log.find(word) + 300]
    no_identity(world)


TESTS = [
    ("registration: codes come by SMS and are never outbox rows", registration),
    ("Arabic by SMS: four steps, four messages", lambda w: walk(w, "layla by SMS", LAYLA, "sms")),
    ("English by e-mail: four steps, four messages", lambda w: walk(w, "omar by mail", OMAR, "email")),
    ("Arabic by e-mail: four steps, four messages", lambda w: walk(w, "layla by mail", LAYLA, "email")),
    ("English by SMS: four steps, four messages", lambda w: walk(w, "omar by SMS", OMAR, "sms")),
    ("mail is well-formed MIME of a machine", mime),
    ("no identity leaves, none is logged", no_identity),
    ("file and outbox page show the fate", fates),
    ("three open requests", prepare_storm),
    ("SMS: the gateway is not there", lambda w: sms_waits(w, "refuse")),
    ("SMS: the gateway answers 500", lambda w: sms_waits(w, "500")),
    ("SMS: the gateway answers 503", lambda w: sms_waits(w, "503")),
    ("SMS: the gateway refuses our password", lambda w: sms_waits(w, "403")),
    ("SMS: the gateway refuses the message", sms_refused),
    ("SMS: the answer is lost", sms_swallowed),
    ("SMS: the answer is lost, with an outage in between", sms_swallowed_between_failures),
    ("SMS: the gateway hangs, the other channel goes on", sms_hangs),
    ("SMS: a code that cannot be sent is not kept", code_in_a_storm),
    ("SMS: Kannel without a network keeps the message", kannel_keeps),
    ("e-mail: the recipient is refused", lambda w: mail_refused(w, "-f", "RCPT")),
    ("e-mail: the text is refused", lambda w: mail_refused(w, "-f", ".")),
    ("e-mail: the recipient not now, up to the limit", mail_not_now),
    ("e-mail: the server is not there", mail_waits),
    ("e-mail: the server refuses our sender", lambda w: mail_waits(w, "-f", "MAIL")),
    ("e-mail: the server is closing (421)", lambda w: mail_waits(w, "-Q", "RCPT")),
    ("e-mail: the server hangs up at DATA", lambda w: mail_waits(w, "-q", "DATA")),
    ("e-mail: the server sleeps longer than the time-out", lambda w: mail_waits(w, "-w", "30")),
    ("e-mail: the server is slow", mail_slow),
    ("e-mail: the line breaks behind the text", mail_swallowed),
    ("the server is killed in the middle of sending", killed_while_sending),
    ("every message is accounted for", accounts),
    ("the server ends cleanly; its log tells outages and nothing else", quiet_log),
]


def run(world):
    failed = 0
    for i, (name, test) in enumerate(TESTS):
        begun = time.monotonic()
        try:
            test(world)
            print(f"ok {i + 1} - {name} # {time.monotonic() - begun:.1f} s", flush=True)
        except Exception:  # whatever happens, the parts are stopped and the next is tried
            failed += 1
            print(f"not ok {i + 1} - {name}", flush=True)
            print("# " + traceback.format_exc().strip().replace("\n", "\n# "), flush=True)
            if test in (registration, prepare_storm):
                print("Bail out! nothing of the rest can be tried")
                break
            world.relay.set("clear")
            world.sink.start()
    return failed


def main():
    with tempfile.TemporaryDirectory(prefix="sawt-gateway-") as name:
        folder = pathlib.Path(name)
        os.chmod(folder, 0o755)  # smtp-sink gives up its rights
        world = World(str(pathlib.Path(sys.argv[1]).resolve()), folder)
        try:
            world.start()
            failed = run(world)
            rows = world.rows()
            world.delays.append(0)
            print(f"# {len(world.kannel.messages())} SMS at fakesmsc, {len(world.sink.mails())} mails at smtp-sink, {len(rows)} rows; "
                  f"a message arrives after {1000 * sorted(world.delays)[len(world.delays) // 2]:.0f} ms (median of {len(world.delays)})")
            if failed:
                print("# " + world.sawt.part.said()[-30000:].replace("\n", "\n# "))
        finally:
            world.stop()
    print(f"1..{len(TESTS)}")
    return 1 if failed else 0


sys.exit(main())
