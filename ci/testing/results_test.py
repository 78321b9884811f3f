#!/usr/bin/env python3
"""Tests of results.py on what CTest 3.25 says."""
import pathlib
import tempfile
import unittest

from results import NO_REASON, CTestReader, listed_tests, skip_reason, skip_reasons, summary

SAID = """Test project /build
      Start  1: Queue.Grows
      Start  2: consumer.guide
 1/5 Test  #1: Queue.Grows ...................................   Passed    0.01 sec
      Start  3: Loop.Wakes/io_uring
 2/5 Test  #2: consumer.guide ................................***Failed    0.30 sec
it said
    Start 1: telegram_test
1/1 Test #1: telegram_test ...................   Passed    0.01 sec

100 things

      Start  4: nothing
 3/5 Test  #3: Loop.Wakes/io_uring ...........................***Skipped   0.01 sec
Could not find executable nowhere
 4/5 Test  #4: nothing .......................................***Not Run   0.00 sec
      Start  5: Loop.Sleeps
 5/5 Test  #5: Loop.Sleeps ...................................***Exception: SegFault  0.10 sec

50% tests passed, 3 tests failed out of 4

Label Time Summary:
unit    =   0.30 sec*proc (4 tests)

Total Test time (real) =   0.40 sec

The following tests did not run:
\t  3 - Loop.Wakes/io_uring (Skipped)
"""
NAMES = {"Queue.Grows", "consumer.guide", "Loop.Wakes/io_uring", "nothing", "Loop.Sleeps"}


class Reader(unittest.TestCase):
    def setUp(self):
        self.failures = []
        self.reader = CTestReader(NAMES, self.failures.append)

    def read(self, text=SAID):
        for line in text.splitlines():
            self.reader.line(line)
        self.reader.end()

    def test_each_test_has_its_outcome(self):
        self.read()
        self.assertEqual(self.reader.outcomes, {"Queue.Grows": "passed", "consumer.guide": "failed", "Loop.Wakes/io_uring": "skipped",
                                                "nothing": "failed", "Loop.Sleeps": "failed"})

    def test_a_failure_has_its_whole_output_though_it_looks_like_ctest(self):
        self.read()
        self.assertTrue(self.failures[0].startswith(" 2/5 Test  #2: consumer.guide "))
        self.assertTrue(self.failures[0].endswith("telegram_test ...................   Passed    0.01 sec\n\n100 things"))

    def test_a_failure_has_what_was_said_before_its_result(self):
        self.read()
        self.assertTrue(self.failures[1].startswith("Could not find executable nowhere\n 4/5 Test"))

    def test_a_failure_is_told_when_the_next_test_begins(self):
        self.read(SAID.split("      Start  4")[0] + "      Start  4: nothing\n")
        self.assertEqual(len(self.failures), 1)

    def test_a_disabled_test_is_skipped(self):
        self.read("1/1 Test #1: nothing ...***Not Run (Disabled)   0.00 sec\n")
        self.assertEqual(self.reader.outcomes, {"nothing": "skipped"})

    def test_a_test_that_aborts_has_failed(self):
        self.read("1/1 Test #1: Queue.Grows .........Subprocess aborted***Exception:   0.31 sec\ncheck failed\n\n"
                  "0% tests passed, 1 tests failed out of 1\n")
        self.assertEqual(self.reader.outcomes, {"Queue.Grows": "failed"})
        self.assertTrue(self.failures[0].endswith("check failed"))

    def test_a_summary_that_a_failed_test_printed_ends_nothing(self):
        own = "100% tests passed, 0 tests failed out of 1\n\nTotal Test time (real) =   0.01 sec\n"
        self.read(SAID.replace("100 things\n", own))
        self.assertEqual(len(self.reader.outcomes), 5)
        self.assertEqual("\n".join(self.failures).count(own.rstrip()), 1)
        self.assertEqual(self.reader.closing[0], "50% tests passed, 3 tests failed out of 4")

    def test_the_closing_lines_are_whole(self):
        self.read()
        self.assertEqual("\n".join(self.reader.closing) + "\n", "50% tests" + SAID.split("50% tests")[1])


class Reasons(unittest.TestCase):
    def test_are_read_from_google_test_python_and_plain_words(self):
        self.assertEqual(skip_reason("[ RUN      ] A.b\n/a/b_test.cpp:21: Skipped\nio_uring is\nforbidden\n\n[  SKIPPED ] A.b (0 ms)\n"),
                         "io_uring is forbidden")
        self.assertEqual(skip_reason("test_fuzz (__main__.Consumer.test_fuzz) ... skipped 'there is no clang++-19'\n\nOK (skipped=1)"),
                         "there is no clang++-19")
        self.assertEqual(skip_reason("Skipped: ci/install --with bench brings libev\n"), "ci/install --with bench brings libev")

    def test_that_are_missing_are_called_missing(self):
        self.assertEqual(skip_reason("a.cpp:3: Skipped\n\n[  SKIPPED ] A.b (0 ms)\n"), NO_REASON)
        self.assertEqual(skip_reason(""), NO_REASON)

    def test_come_from_the_junit_file_by_name(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "junit.xml")
            path.write_text('<?xml version="1.0"?>\n<testsuite>\n<testcase name="a" status="run"><system-out>x</system-out></testcase>\n'
                            '<testcase name="b" status="notrun"><skipped message=""/><system-out>Skipped: no</system-out></testcase>\n'
                            '<testcase name="c" status="disabled"/>\n</testsuite>\n', encoding="utf-8")
            self.assertEqual(skip_reasons(path), {"b": "no", "c": "disabled"})

    def test_of_a_file_that_is_not_there_are_none(self):
        self.assertEqual(skip_reasons("/nonexistent/junit.xml"), {})


class Summary(unittest.TestCase):
    def test_counts_a_test_in_each_of_its_labels_and_groups_skips_by_reason(self):
        labels = listed_tests('{"tests": [{"name": "a", "properties": [{"name": "LABELS", "value": ["unit", "deferred"]}]},'
                              ' {"name": "b", "properties": [{"name": "LABELS", "value": ["unit"]}]}, {"name": "c"}, {"name": "d"}]}')
        lines = summary(labels, {"a": "passed", "b": "failed", "c": "skipped", "d": "skipped"}, {"c": "no io_uring", "d": "no io_uring"})
        self.assertEqual(lines, ["label     passed  failed  skipped", "(none)         0       0        2", "deferred       1       0        0",
                                 "unit           1       1        0", "", "skipped:", "     2  no io_uring (c and 1 more)"])


if __name__ == "__main__":
    unittest.main()
