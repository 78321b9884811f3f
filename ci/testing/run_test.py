#!/usr/bin/env python3
"""Tests of run.py with a stand-in for ctest."""
import io
import pathlib
import tempfile
import unittest

import run
from run import BuildError, Progress

# Says what CTest says of two tests; the second fails, and a third is skipped.
CTEST = r"""#!/bin/sh
for word; do
  case $word in
    --show-only=json-v1)
      echo '{"tests": [{"name": "a", "properties": [{"name": "LABELS", "value": ["unit"]}]}, {"name": "b"}, {"name": "c"}]}'
      exit 0 ;;
    --output-junit) next=yes ;;
    *) [ -z "$next" ] || junit=$word; next= ;;
  esac
done
echo "$@" >"$0.arguments"
case "$*" in
  *nothing*) echo "No tests were found!!!"; exit 8 ;;
esac
echo '<testsuite><testcase name="c" status="notrun"><system-out>Skipped: no uring</system-out></testcase></testsuite>' >"$junit"
echo "    Start 1: a"
echo "1/3 Test #1: a ...........   Passed    0.01 sec"
echo "2/3 Test #2: b ...........***Failed    0.01 sec"
echo "why b failed"
echo "    Start 3: c"
echo "3/3 Test #3: c ...........***Skipped   0.01 sec"
echo
echo "50% tests passed, 1 tests failed out of 2"
echo
echo "Total Test time (real) =   0.03 sec"
echo "Errors while running CTest" >&2
exit 8
"""


class CTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.ctest = self.path / "ctest"
        self.ctest.write_text(CTEST, encoding="utf-8")
        self.ctest.chmod(0o755)

    def run_tests(self, *arguments):
        stream = io.StringIO()
        status = run.Tests(self.path, list(arguments), self.path / "log", Progress(3, stream), str(self.ctest)).run()
        return status, stream.getvalue()

    def test_a_failure_is_printed_whole_and_what_passed_is_not(self):
        status, said = self.run_tests()
        self.assertEqual(status, 8)
        self.assertIn("2/3 Test #2: b ...........***Failed    0.01 sec\nwhy b failed\n", said)
        self.assertNotIn("Test #1", said)

    def test_the_closing_lines_of_ctest_are_the_last(self):
        said = self.run_tests()[1]
        self.assertTrue(said.endswith("50% tests passed, 1 tests failed out of 2\n\nTotal Test time (real) =   0.03 sec\n"
                                      "Errors while running CTest\n"), said)

    def test_labels_reasons_and_the_log_are_named_before_them(self):
        said = self.run_tests()[1].split("50% tests")[0]
        self.assertIn("unit         1       0        0\n", said)
        self.assertIn("     1  no uring (c)\n", said)
        self.assertIn(f"all that CTest said: {self.path}/log\n", said)

    def test_the_log_has_everything(self):
        self.run_tests()
        log = (self.path / "log").read_text(encoding="utf-8")
        for line in ("1/3 Test #1: a ...........   Passed    0.01 sec", "why b failed", "50% tests passed, 1 tests failed out of 2"):
            self.assertIn(line + "\n", log)

    def test_verbose_prints_everything_and_has_each_test_speak(self):
        said = self.run_tests("--verbose")[1]
        self.assertIn("1/3 Test #1: a ...........   Passed    0.01 sec\n", said)
        self.assertEqual(said.count("why b failed"), 1)
        self.assertIn("--verbose", (self.path / "ctest.arguments").read_text(encoding="utf-8"))

    def test_arguments_are_handed_on(self):
        self.run_tests("-L", "contract")
        self.assertTrue((self.path / "ctest.arguments").read_text(encoding="utf-8").endswith(" -L contract\n"))

    def test_what_ctest_says_instead_of_running_tests_is_printed(self):
        self.assertEqual(self.run_tests("-R", "nothing"), (8, "No tests were found!!!\n"))


class Words(unittest.TestCase):
    def test_choose_the_tree(self):
        self.assertEqual(run.tree_of([]), ("gcc", [], []))
        self.assertEqual(run.tree_of(["--sanitize", "-R", "x"]), ("asan", [], ["-R", "x"]))
        self.assertEqual(run.tree_of(["--sanitize=gcc", "-j1"]), ("asan-gcc", ["teasel_deferred"], ["-L", "deferred", "-j1"]))
        self.assertEqual(run.tree_of(["--tsan"]), ("tsan", [], []))
        self.assertEqual(run.tree_of(["-L", "unit"]), ("gcc", [], ["-L", "unit"]))

    def test_a_misspelt_or_misplaced_option_is_refused_before_the_build(self):
        with self.assertRaisesRegex(BuildError, "--sanitise: did you mean --sanitize?"):
            run.tree_of(["--sanitise"])
        with self.assertRaisesRegex(BuildError, "--tsan: it must be the first word"):
            run.tree_of(["-R", "x", "--tsan"])
        with self.assertRaisesRegex(BuildError, "--verbos: did you mean --verbose?"):
            run.tree_of(["--verbos"])

    def test_an_option_without_its_value_is_refused_before_the_build(self):
        for words in (["-R"], ["--sanitize", "-L"], ["-R", "-L", "unit"]):
            with self.assertRaisesRegex(BuildError, "ci/test: -[RL] needs a value"):
                run.tree_of(words)
        self.assertEqual(run.tree_of(["-R", "x"]), ("gcc", [], ["-R", "x"]))

    def test_an_unknown_sanitizer_is_refused(self):
        with self.assertRaisesRegex(BuildError, "--sanitize=clang: --sanitize or --sanitize=gcc"):
            run.tree_of(["--sanitize=clang"])


if __name__ == "__main__":
    unittest.main()
