# SPDX-License-Identifier: AGPL-3.0-or-later
"""Good weather: registration, four steps in two languages over two channels, what mail and pages look like."""
import re
import time

import person as people
from parts import until
from world import AHMAD, LAYLA, LRM, OMAR, REPLY, STEPS, SUBJECT, TEXT, WORDS, body, same

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
