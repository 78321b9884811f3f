#!/usr/bin/env python3
"""Tests of ci/fuzz: how it calls the program teasel, and its museum."""
import contextlib
import io
import os
import unittest

import fuzz
from fuzz import ROOT, arguments, visit_museum, words_of
import commands
from progress import Progress
from worker import SetupError


class Campaigns(unittest.TestCase):
    def options(self, *words):
        """What the program teasel makes of them."""
        return commands.parser_of().parse_args(words_of(arguments(list(words))))

    def test_are_over_all_targets_but_the_museum_with_what_is_accepted_here(self):
        options = self.options()
        self.assertEqual((options.targets, options.preset, options.exclude), ([], "fuzz", ["museum"]))
        self.assertEqual(options.known, str(ROOT / "fuzz" / "known"))
        self.assertIsNone(options.seconds)  # the program's own default

    def test_have_the_options_of_this_script(self):
        options = self.options("--seconds", "120", "--target", "line", "--jobs", "3", "--json", "r.json")
        self.assertEqual((options.seconds, options.targets, options.jobs), (120, ["line"], 3))
        self.assertTrue(options.json.is_absolute())

    def test_have_those_of_the_program_too(self):
        options = self.options("--executions", "8x-corpus", "--since", "main", "--merge", "--sarif", "r.sarif")
        self.assertEqual((options.executions, options.since, options.merge, str(options.sarif)), ("8x-corpus", "main", True, "r.sarif"))

    def test_files_are_named_from_where_the_caller_is(self):
        self.addCleanup(os.chdir, os.getcwd())
        self.addCleanup(setattr, fuzz.commands, "main", fuzz.commands.main)
        self.addCleanup(setattr, fuzz.sys, "argv", fuzz.sys.argv)
        os.chdir("/usr")
        called = []
        fuzz.commands.main = called.extend
        fuzz.sys.argv = ["ci/fuzz", "--sarif", "r.sarif", "--since", "main"]
        fuzz.main()
        self.assertEqual(called[-4:], ["--sarif", "/usr/r.sarif", "--since", "main"])
        self.assertEqual(os.getcwd(), str(ROOT))


class Museum(unittest.TestCase):
    def test_names_its_exhibits_at_once_when_one_is_misspelt(self):
        with self.assertRaisesRegex(SetupError, "there is no exhibit 'splt_limit'. There are:\n(.*\n)*  split_limit\n"):
            visit_museum(arguments(["--museum", "--target", "splt_limit"]), Progress(3, io.StringIO()))

    def test_has_no_options_of_campaigns(self):
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()) as said:
            arguments(["--museum", "--merge"])
        self.assertIn("--museum has no --merge", said.getvalue())


if __name__ == "__main__":
    unittest.main()
