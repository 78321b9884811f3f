#!/usr/bin/env python3
"""Tests of campaign.py: its options, and that targets are fuzzed as they are built."""
import io
import pathlib
import tempfile
import unittest

import campaign
from campaign import BuildError, Progress, arguments, fuzz_as_built, museum_campaign
from schedule import Campaign
from worker import Run, SetupError, Target

# Finds something at once, and then nothing.
PROGRAM = r"""#!/bin/sh
for word; do
  case $last in
    --ignore) sleep 0.5; exit 0 ;;
    --counter) counter=$word ;;
    --findings) findings=$word ;;
  esac
  last=$word
done
printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none
echo "teasel: finding oracle=too-long tape=$findings/a.tape" >&2
printf abc > "$findings/crash-1"
exit 77
"""


class Programs:
    """A build that makes one program, and then fails if it is to."""

    def __init__(self, fails=False):
        self.fails, self.stopped, self.steps, self.gave_way = fails, False, "", []

    def build(self, on_ready, apart):
        on_ready("entry")
        if self.fails:
            raise BuildError("build/fuzz could not be built")

    def give_way(self, steps_back):
        self.gave_way.append(steps_back)

    def stop(self):
        self.stopped = True


class Fuzzing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.addCleanup(setattr, campaign, "BUILD", campaign.BUILD)
        campaign.BUILD = self.path / "build"
        self.stream = io.StringIO()

    def new_runs(self, _):
        program = self.path / "program"
        program.write_text(PROGRAM, encoding="utf-8")
        program.chmod(0o755)
        target = Target("line", program, "lines", "", "", 100, [])
        return [Run(target, self.path / "work", self.path / "findings", set())]

    def fuzz(self, programs):
        of_all = Campaign(1, 5, 1, campaign.keep)
        progress = Progress(3, self.stream)
        progress.step("fuzzing")
        fuzz_as_built(programs, of_all, self.new_runs, progress)
        return of_all

    def test_a_finding_is_told_once_and_by_name(self):
        of_all = self.fuzz(Programs())
        self.assertEqual(list(of_all.runs[0].findings), ["oracle:too-long"])
        self.assertEqual(self.stream.getvalue().count("NEW finding in line: oracle:too-long\n"), 1)

    def test_the_build_gives_way_while_a_target_is_fuzzed_and_only_then(self):
        programs = Programs()
        self.fuzz(programs)
        self.assertIn(True, programs.gave_way)
        self.assertFalse(programs.gave_way[-1])
        self.assertFalse(programs.stopped)

    def test_a_build_that_fails_is_an_error_and_what_was_found_is_kept(self):
        programs = Programs(fails=True)
        with self.assertRaisesRegex(BuildError, "build/fuzz could not be built"):
            self.fuzz(programs)
        self.assertTrue(programs.stopped)
        self.assertTrue((self.path / "build" / "corpus" / "line").is_dir())


class Museum(unittest.TestCase):
    def test_names_its_exhibits_at_once_when_one_is_misspelt(self):
        with self.assertRaisesRegex(SetupError, "there is no exhibit 'splt_limit'. There are:\n(.*\n)*  split_limit\n"):
            museum_campaign(arguments(["--museum", "--target", "splt_limit"]), Progress(3, io.StringIO()))


if __name__ == "__main__":
    unittest.main()
