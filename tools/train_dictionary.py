#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Train a dictionary for src/core/shrink.c and say what it is worth.

    train_dictionary.py OUT [SIZE]

Needs zstd's own program. Every second text of data/demo, data/replay and data/generate is learnt, with the
names of services and the sentences of the catalogues; the others are what it is measured with, so that the
figure holds for texts that it has never seen. A dictionary that a store was written with is never replaced.
"""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent
SOME_ID = 12  # ids of reference data are small


def rows(name):
    with open(HERE / "data" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def payload(**members):
    """As the program writes it: no spaces, nothing that is empty."""
    return json.dumps({key: value for key, value in members.items() if value}, ensure_ascii=False,
                      separators=(",", ":")).encode()


def requests(first):
    return [payload(subject=row["subject"], text=row["text"], wanted=row["wanted"], place_words=row["place_words"],
                    entity_id=SOME_ID, service_id=SOME_ID) for row in rows("demo/requests.csv")[first::2]]


def texts(name, first):
    return [payload(text=row["text"]) for row in rows(name)[first::2]]


def names():
    return [payload(subject=row["name_ar"], text=row["keywords_ar"].replace("|", "، ")) for row in rows("services.csv")]


def sentences():
    found = []
    for path in sorted((HERE / "locale").glob("*.ar.po")):
        found += re.findall(r'^msgstr(?:\[\d\])? "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    return [payload(text=text) for text in found]


def said():
    return [payload(solved=word, stars=stars) for word in ("yes", "no", "partly") for stars in range(1, 6)]


def write(directory, samples):
    directory.mkdir()
    for number, sample in enumerate(samples):
        (directory / f"{number:06}").write_bytes(sample)


def main():
    out, size = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else "16384"
    learnt = sentences() + names() + requests(0) * 2 + texts("replay/reviews.csv", 0) + \
        texts("generate/phrases.csv", 0) * 2 + said() * 2
    unseen = requests(1) + texts("replay/reviews.csv", 1) + texts("generate/phrases.csv", 1)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        write(work / "learnt", learnt)
        write(work / "unseen", unseen)
        subprocess.run(["zstd", "-q", "-f", "--train", "-r", "learnt", f"--maxdict={size}", "-o", out], cwd=work,
                       check=True)
        subprocess.run(["zstd", "-q", "-r", "unseen", "-D", out, "--no-check", "-3"], cwd=work, check=True)
        before = sum(map(len, unseen))
        # Without magic and the dictionary's number, four bytes each, and with the form's byte.
        after = sum(path.stat().st_size - 7 for path in (work / "unseen").glob("*.zst"))
    print(f"{len(learnt)} texts learnt; {len(unseen)} that it has not seen: {before / len(unseen):.0f} bytes become"
          f" {after / len(unseen):.0f}")


if __name__ == "__main__":
    main()
