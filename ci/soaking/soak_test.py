#!/usr/bin/env python3
"""Tests of soak.py with a stand-in for the program."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import soak
from soak import Refused

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Knows two drivers, of which one cannot run. Notes its arguments and ends as the seed says.
PROGRAM = r"""#!/bin/sh
case $1 in
  --list) printf 'epoll\nio_uring\tforbidden here\npoll\n'; exit 0 ;;
esac
echo "$@" >>"$0.arguments"
case $4 in
  1) echo "soak: $2: FINDING: bad"; echo "soak: $2: 3 s, 9 connections: NOT CLEAN"; exit 1 ;;
  2) echo "it cannot begin" >&2; exit 2 ;;
  3) echo "ERROR: AddressSanitizer" >&2; exit 1 ;;
  4) kill -ABRT $$ ;;
esac
echo "soak: $2: 3 s, 9 connections: clean"
"""


class OptionHandling(unittest.TestCase):
    def refuses(self, part, *words):
        with self.assertRaises(Refused) as caught:
            soak.options_from(words)
        self.assertIn(part, str(caught.exception))
        self.assertNotIn("\n", str(caught.exception))

    def test_reads_every_option_with_a_blank_or_an_equals_sign(self):
        words = ["--minutes", "0.5", "--reactor=poll", "--seed", "7", "--only=3", "--at-once", "9", "--plain"]
        self.assertEqual(soak.options_from(words),
                         {"minutes": 0.5, "reactor": "poll", "seed": 7, "only": 3, "at-once": 9, "plain": True})
        self.assertEqual(soak.options_from(["--connections", "40"]), {"connections": 40})

    def test_refuses_what_is_no_number_or_out_of_range(self):
        for words in (["--minutes", "0"], ["--minutes", "-1"], ["--minutes", "nan"], ["--minutes", "1e3"], ["--connections", "1"],
                      ["--seed", "x"], ["--seed", str(2**64)], ["--at-once", "0"], ["--at-once", "10001"], ["--only", "1.5"]):
            self.refuses(f"{words[0]} {words[1]}: a ", *words)

    def test_refuses_an_option_without_its_value_or_with_one_too_many(self):
        self.refuses("--seed needs a value", "--seed")
        self.refuses("--reactor needs a value", "--reactor", "--plain")
        self.refuses("--plain takes no value", "--plain=1")

    def test_refuses_an_option_that_is_unknown_given_twice_or_at_odds(self):
        self.refuses("--minuts: did you mean --minutes?", "--minuts", "3")
        self.refuses("poll: there is no such option", "poll")
        self.refuses("--seed is given twice", "--seed", "1", "--seed", "2")
        self.refuses("one of them", "--minutes", "1", "--connections", "5")

    def test_the_drivers_share_the_minutes(self):
        self.assertEqual(soak.arguments_for("poll", {"minutes": 2.0}, 5, 4), ["--reactor", "poll", "--seed", "5", "--seconds", "30"])
        self.assertEqual(soak.arguments_for("poll", {"minutes": 0.001}, 5, 4)[-1], "2")
        self.assertEqual(soak.arguments_for("poll", {"connections": 9, "only": 0, "at-once": 3}, 5, 4)[4:],
                         ["--connections", "9", "--only", "0", "--at-once", "3"])


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = pathlib.Path(folder.name) / "teasel_soak"
        self.program.write_text(PROGRAM, encoding="utf-8")
        self.program.chmod(0o755)

    def run_with(self, seed, **options):
        said = []
        return soak.soak_all(str(self.program), options, seed, said.append), said

    def test_runs_every_driver_that_can_run_and_names_the_others(self):
        status, said = self.run_with(7)
        self.assertEqual(status, 0)
        self.assertEqual(said[0], "soak: seed 7, on epoll, poll")
        self.assertEqual(said[-3:], ["soak: epoll: 3 s, 9 connections: clean", "soak: poll: 3 s, 9 connections: clean",
                                     "soak: io_uring: left out: forbidden here"])
        ran = pathlib.Path(f"{self.program}.arguments").read_text(encoding="utf-8").splitlines()
        self.assertEqual(ran, ["--reactor epoll --seed 7 --seconds 120", "--reactor poll --seed 7 --seconds 120"])

    def test_a_finding_is_status_1_and_the_other_drivers_still_run(self):
        status, said = self.run_with(1)
        self.assertEqual(status, 1)
        self.assertEqual(said.count("soak: poll: FINDING: bad"), 1)
        self.assertEqual(said[-2], "soak: poll: 3 s, 9 connections: NOT CLEAN")

    def test_what_a_sanitizer_or_a_signal_ends_is_a_finding_that_says_how_to_repeat_it(self):
        for seed, how in ((3, "status 1"), (4, "SIGABRT")):
            status, said = self.run_with(seed, reactor="poll")
            self.assertEqual(status, 1)
            self.assertEqual(said[-1], f"soak: poll: FINDING: it broke off with {how}; to repeat it: {self.program} "
                                       f"--reactor poll --seed {seed} --seconds 240")

    def test_what_cannot_begin_is_status_2(self):
        status, said = self.run_with(2, reactor="poll")
        self.assertEqual(status, 2)
        self.assertIn("could not be done", said[-1])

    def test_an_unknown_reactor_lists_those_there_are(self):
        with self.assertRaisesRegex(Refused, "--reactor kqueue: there is no such reactor; there are epoll, io_uring, poll"):
            self.run_with(7, reactor="kqueue")

    def test_a_reactor_that_cannot_run_is_refused_with_the_reason(self):
        with self.assertRaisesRegex(Refused, "--reactor io_uring: it cannot run here: forbidden here"):
            self.run_with(7, reactor="io_uring")


class Script(unittest.TestCase):
    def test_help_names_every_option(self):
        done = subprocess.run([ROOT / "ci" / "soak", "--help"], stdout=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        for option in (*soak.OWN, "--help"):
            self.assertIn(option, done.stdout)

    def test_bad_usage_is_one_line_and_status_2(self):
        done = subprocess.run([sys.executable, "-B", pathlib.Path(soak.__file__), "--seed", "x"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, "ci/soak: --seed x: a whole number from 0 to 18446744073709551615\n")


if __name__ == "__main__":
    unittest.main()
