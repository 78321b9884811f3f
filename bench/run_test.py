#!/usr/bin/env python3
"""Tests of the arguments, the table and the limits of ci/bench. They measure nothing."""
import contextlib
import io
import pathlib
import subprocess
import sys
import unittest
from unittest import mock

import limits
import run


def row(name, value=1.0, ratio=None):
    return {"name": name, "value": value, "unit": "ns", "reference": None, "ratio": ratio}


class Limits(unittest.TestCase):
    def test_a_limit_is_named_and_told_apart_from_one_that_is_broken(self):
        self.assertEqual(limits.limit_of(row("session/world", 999)), ("value at most 1000", True))
        self.assertEqual(limits.limit_of(row("session/world", 1001)), ("value at most 1000", False))
        self.assertEqual(limits.limit_of(row("feed/line/65536", ratio=0.8)), ("ratio at least 0.85", False))

    def test_rows_without_limit_or_without_reference_have_none(self):
        self.assertEqual(limits.limit_of(row("echo/io_uring/64x64", ratio=3)), (None, None))
        self.assertEqual(limits.limit_of(row("timer/add/1000")), (None, None))


class Table(unittest.TestCase):
    def printed(self, rows, skipped=()):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            run.print_table(rows, list(skipped))
        return out.getvalue()

    def test_has_figures_limits_and_reasons(self):
        text = self.printed([row("session/world", 1200), row("timer/add/1000", 25, 0.5)],
                            [{"name": "connect/x", "why": "not here"}])
        self.assertIn("session/world", text)
        self.assertIn("[value at most 1000: NOT KEPT]", text)
        self.assertIn("[ratio at most 1]", text)
        self.assertIn("connect/x", text)
        self.assertIn("skipped: not here", text)
        self.assertIn("limits: 1 kept, 1 not kept: session/world", text)

    def test_every_figure_that_was_asked_for_has_its_limit(self):
        for name in ["deferred/1-callbacks", "deferred/10-callbacks", "deferred/failure-shared", "deferred/failure-new",
                     "deferred/failure-text", "deferred/await-ready", "deferred/list-1000"] + \
                [f"timer/{what}/{count}" for what in ("add", "cancel", "fire") for count in (1000, 100000, 1000000)]:
            self.assertIsNotNone(limits.limit_of(row(name, ratio=1.0))[0], name)


class CommandLine(unittest.TestCase):
    def answer(self, *arguments):
        command = [sys.executable, "-B", str(pathlib.Path(run.__file__)), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def test_wrong_arguments_end_with_status_2_and_a_line_that_says_what(self):
        for arguments, complaint in ((("--rounds", "0"), "--rounds needs a number from 1 on"),
                                     (("--filter", "("), "no regular expression"),
                                     (("--campaigns",), "--campaigns needs --against REV"),
                                     (("--campaigns", "--trees", "/nowhere", "/nowhere"), "no campaign that both have matches"),
                                     (("--nonsense",), "unrecognized arguments: --nonsense")):
            status, said = self.answer(*arguments)
            self.assertEqual(status, 2, said)
            self.assertIn(complaint, said)

    def test_a_revision_that_git_does_not_know_is_refused_by_name(self):
        with self.assertRaisesRegex(run.SetupError, "--against no-such-thing: git knows no such revision"):
            run.build_revision("no-such-thing")

    def test_such_a_revision_is_refused_before_anything_is_built(self):
        with mock.patch.object(run, "build", side_effect=AssertionError("built")), \
                mock.patch.object(sys, "argv", ["ci/bench", "--against", "no-such-thing"]), \
                contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(run.main(), 2)
        self.assertIn("git knows no such revision", said.getvalue())

    def test_a_filter_without_rows_is_told(self):
        with mock.patch.object(run, "build", return_value="x"), \
                mock.patch.object(run, "measure", return_value=([], [], False)), \
                mock.patch.object(sys, "argv", ["ci/bench", "--filter", "^nothing$"]), \
                contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertEqual(run.main(), 2)
        self.assertIn("no row matches '^nothing$'", said.getvalue())


if __name__ == "__main__":
    unittest.main()
