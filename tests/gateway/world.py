# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who lives here, what they are told word for word, and the parts of one run with what people do to them."""
import datetime
import pathlib
import re
import time
import zoneinfo

import person as people
from parts import Kannel, Relay, Sawt, Sink, engine, until

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
        base = engine.open_store(self.sawt.store)
        try:
            return base.execute(sql, values).fetchall()
        finally:
            base.close()

    def rows(self, after=0, channel=None):
        return self.query("SELECT * FROM outbox WHERE id > ? AND channel LIKE ? ORDER BY id", after, channel or "%")

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


def body(mail):
    return mail.get_content().replace("\r\n", "\n").removesuffix("\n")
