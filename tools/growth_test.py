#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Labels of a curve do not overlap, and the drawing says what the csv does. And of tests/load/pg_log.py: what a log says
was sent, and the script that sends it again."""
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "load")]
import growth  # noqa: E402
import pg_log  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
LOG = """\
2026-01-02 03:04:05.678 UTC [7] LOG:  execute begin: begin
2026-01-02 03:04:05.678 UTC [7] LOG:  execute s1: INSERT INTO note (id, text, left_out) VALUES ($1, $2, $3)
2026-01-02 03:04:05.678 UTC [8] LOG:  execute s9: SELECT 1
2026-01-02 03:04:05.678 UTC [7] DETAIL:  parameters: $1 = '5', $2 = 'it''s 1:x
and more', $3 = NULL
2026-01-02 03:04:05.678 UTC [7] LOG:  execute s2: DELETE FROM draft WHERE id_hash = $1
2026-01-02 03:04:05.678 UTC [7] DETAIL:  parameters: $1 = '\\x00ff'
2026-01-02 03:04:05.679 UTC [7] LOG:  execute commit: COMMIT
"""


class Spread(unittest.TestCase):
    def test_labels_keep_apart_and_inside(self):
        for wanted in ([50, 50, 50, 50], [0, 1, 2, 3], [97, 98, 99, 100], [10, 90, 11, 89], [60]):
            places = growth.spread(wanted, 20, 0, 100)
            ordered = sorted(places)
            self.assertTrue(all(b - a >= 20 - 1e-9 for a, b in zip(ordered, ordered[1:])), places)
            self.assertTrue(all(0 <= place <= 100 for place in places), places)

    def test_what_is_apart_stays(self):
        self.assertEqual(growth.spread([10, 80, 40], 20, 0, 100), [10, 80, 40])


class Drawing(unittest.TestCase):
    def test_percent_of_the_fewest(self):
        with tempfile.TemporaryDirectory() as folder:
            source, target = pathlib.Path(folder, "g.csv"), pathlib.Path(folder, "g.svg")
            source.write_text("rows,measure,ours,limit\n1000,inbox,80,90\n100,inbox,100,200\n100,search,7,\n", encoding="utf-8")
            self.assertEqual(growth.main([str(source), str(target)]), 0)
            root = ET.parse(target).getroot()
        texts = [element.text for element in root.iter(f"{SVG}text")]
        self.assertIn("inbox of 50: 80 %, 80/s", texts)
        self.assertFalse([text for text in texts if text.startswith("search")], "one point is no line")

    def test_nothing_to_draw(self):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "g.csv")
            source.write_text("rows,measure,ours,limit\n100,inbox,100,\n", encoding="utf-8")
            self.assertEqual(growth.main([str(source), str(source.with_suffix(".svg"))]), 1)


class Log(unittest.TestCase):
    def test_a_transaction_of_one_process(self):
        self.assertEqual(list(pg_log.transactions(LOG)), [[
            ("INSERT INTO note (id, text, left_out) VALUES ($1, $2, $3)", ["5", "it's 1:x\nand more", None]),
            ("DELETE FROM draft WHERE id_hash = $1", ["\\x00ff"])]])

    def test_a_script_of_it(self):
        lines = pg_log.script(next(pg_log.transactions(LOG)), {"5": ":p"}.get)
        self.assertEqual(lines, [
            "INSERT INTO note (id, text, left_out) VALUES (:p, E'it''s 1\\x3ax and more', NULL);",
            "DELETE FROM draft WHERE id_hash = '\\x00ff';"])


if __name__ == "__main__":
    unittest.main()
