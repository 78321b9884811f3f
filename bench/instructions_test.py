#!/usr/bin/env python3
"""Tests of ci/bench --instructions. With --program PROGRAM one row is counted twice, where valgrind is installed."""
import contextlib
import io
import json
import pathlib
import shutil
import sys
import tempfile
import unittest
from unittest import mock

import instructions

PROGRAM = None


class Rows(unittest.TestCase):
    def test_rows_of_two_processes_and_of_the_clock_are_not_counted(self):
        names = ["echo/epoll/64x64", "feed/line/bytewise", "feed/line/64", "timer/add/1000", "timer/add/live/1000/asio", "deferred/list-1000"]
        self.assertEqual({name: how[0] for name, how in instructions.rows_of(names).items()},
                         {"feed/line/bytewise": 2, "feed/line/64": 10, "timer/add/1000": 1000, "deferred/list-1000": 10})

    def test_what_the_program_does_besides_is_taken_away(self):
        with mock.patch.object(instructions, "collected", side_effect=lambda _, __, count, rounds: 1000000 + rounds * count * 25):
            self.assertEqual(instructions.measure("x", {"session/world": (100, "session")}, lambda _: None),
                             [{"name": "session/world", "value": 25.0, "unit": "instructions per session"}])

    def test_a_machine_without_valgrind_is_told_what_to_install(self):
        with mock.patch.object(instructions.subprocess, "run", side_effect=FileNotFoundError), \
                self.assertRaisesRegex(RuntimeError, "ci/install --with instructions"):
            instructions.collected("x", "session/world", 1, 1)

    def test_the_table_has_the_change(self):
        rows = [{"name": "a", "value": 101.0, "unit": "u"}, {"name": "b", "value": 1.0, "unit": "u"}]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            instructions.print_table(rows, {"a": 100.0})
        self.assertIn("+1.00%", out.getvalue())
        self.assertIn("not in the former", out.getvalue())

    def test_a_file_that_is_no_report_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "x.json"
            for content in ("{", "[]", json.dumps({"instructions": [{"name": "a", "value": "much"}]})):
                path.write_text(content, encoding="utf-8")
                with self.assertRaisesRegex(ValueError, "--against"):
                    instructions.read_report(path)


@unittest.skipUnless(shutil.which("valgrind"), "there is no valgrind (ci/install --with instructions)")
class Counting(unittest.TestCase):
    def test_two_counts_of_a_row_agree_to_a_thousandth(self):
        if PROGRAM is None:
            self.skipTest("no --program was given")
        for name in ("deferred/1-callbacks", "session/world"):
            wanted = instructions.rows_of([name])
            first, second = (instructions.measure(PROGRAM, wanted, lambda _: None)[0]["value"] for _ in range(2))
            self.assertGreater(first, 10)
            self.assertLess(abs(first - second) / first, 0.001)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--program"]:
        PROGRAM = sys.argv[2]
        del sys.argv[1:3]
    unittest.main(verbosity=2)  # names the reason of a skip
