#!/usr/bin/env python3
"""Tests of the statistics and the reports of ci/bench --peers. With --program PROGRAM also of what teasel_peers does."""
import contextlib
import io
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

import peers
import run

PROGRAM = None


def row(backend, samples, figure="cpu", shape="64x64", less=True):
    return {"name": f"{figure}/{shape}/{backend}", "figure": figure, "shape": shape, "backend": backend, "unit": "us",
            "less_is_better": less, "samples": samples}


def report(*rows):
    return {"machine": {"cpu": "A CPU", "cores": 2, "kernel": "6.1", "compiler": "g++ 12", "flags": "-O3", "load_at_start": 0.5},
            "versions": {"asio": "asio 1.22.1", "raw-epoll": ""}, "rounds": 11, "rows": peers.summarize(list(rows)), "skipped": [],
            "failed": []}


class Statistics(unittest.TestCase):
    def test_the_interval_has_the_ranks_of_the_tables(self):
        for count, rank in ((6, 1), (8, 1), (9, 2), (11, 2), (12, 3), (25, 8)):
            samples = [float(value) for value in range(1, count + 1)]
            random.Random(count).shuffle(samples)
            self.assertEqual(peers.interval(samples), (rank, count + 1 - rank), count)

    def test_fewer_than_six_samples_have_no_interval(self):
        for count in range(1, 6):
            self.assertIsNone(peers.interval([1.0] * count))

    def test_the_interval_holds_the_median_of_what_was_drawn_from_as_often_as_it_says(self):
        drawn = random.Random(7)
        held = sum(low <= math.log(2) <= high for low, high in
                   (peers.interval([drawn.expovariate(1) for _ in range(15)]) for _ in range(2000)))
        self.assertGreater(held, 0.95 * 2000)

    def test_the_variation_is_a_share_of_the_mean(self):
        self.assertAlmostEqual(peers.variation([9.0, 11.0]), math.sqrt(2) / 10)
        self.assertEqual(peers.variation([0.0, 0.0]), 0.0)
        self.assertEqual(peers.variation([3.0]), 0.0)

    def test_ratios_are_taken_round_by_round(self):
        rows = peers.summarize([row("raw-epoll", [1.0, 2.0, 100.0]), row("asio", [2.0, 4.0, 200.0])])
        self.assertEqual([each["ratio"] for each in rows], [1.0, 2.0])

    def test_without_the_reference_or_with_zeros_in_it_there_is_no_ratio(self):
        self.assertIsNone(peers.summarize([row("asio", [2.0])])[0]["ratio"])
        self.assertIsNone(peers.summarize([row("raw-epoll", [0.0]), row("asio", [2.0])])[1]["ratio"])

    def test_numbers_keep_three_digits_and_have_no_exponent(self):
        self.assertEqual([peers.number(value) for value in (0, 0.01234, 0.4567, 12.345, 123.4, 45678.9, None)],
                         ["0", "0.0123", "0.457", "12.3", "123", "45679", "-"])


class Reports(unittest.TestCase):
    def test_the_table_has_the_machine_and_each_row_with_interval_variation_and_ratio(self):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            peers.print_table(report(row("raw-epoll", [10.0] * 11), row("asio", [20.0 + i for i in range(11)])))
        self.assertIn("A CPU, 2 cores, Linux 6.1", out.getvalue())
        self.assertRegex(out.getvalue(), r"asio +25\.0  \[21\.0 \.\. 29\.0\]  cv 13\.3%  2\.500 x raw-epoll")

    def test_a_report_compared_with_itself_is_the_same(self):
        one = report(row("raw-epoll", [float(i) for i in range(1, 12)]), row("asio", [2.0 * i for i in range(1, 12)]))
        compared, only_one = peers.compare(one, one)
        self.assertEqual([entry["verdict"] for entry in compared], ["same", "same"])
        self.assertEqual(only_one, [])

    def test_a_row_that_became_dearer_is_worse_even_if_the_machine_became_faster(self):
        before = report(row("raw-epoll", [10.0 + i / 10 for i in range(11)]), row("asio", [20.0 + i / 10 for i in range(11)]))
        after = report(row("raw-epoll", [5.0 + i / 20 for i in range(11)]), row("asio", [15.0 + i / 10 for i in range(11)]))
        verdicts = {entry["name"]: entry["verdict"] for entry in peers.compare(after, before)[0]}
        self.assertEqual(verdicts["cpu/64x64/asio"], "worse")

    def test_more_is_better_where_a_row_says_so(self):
        before, after = (report(row("asio", [base + i for i in range(11)], less=False)) for base in (100.0, 200.0))
        self.assertEqual(peers.compare(after, before)[0][0]["verdict"], "better")

    def test_rows_of_one_report_only_are_named(self):
        self.assertEqual(peers.compare(report(row("asio", [1.0])), report(row("libev", [1.0])))[1],
                         ["cpu/64x64/asio", "cpu/64x64/libev"])

    def test_a_file_that_is_no_report_is_refused_with_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, content, complaint in (("a", "{", "Expecting"), ("b", "[]", "no report of ci/bench --peers"),
                                             ("c", '{"rows": [{"name": "x"}]}', "no report of ci/bench --peers"),
                                             ("d", json.dumps({"rows": [row("asio", [])]}), "no samples"),
                                             ("e", json.dumps({"rows": [row("asio", ["x"])]}), "no samples")):
                path = pathlib.Path(folder) / name
                path.write_text(content, encoding="utf-8")
                with self.assertRaisesRegex(ValueError, complaint) as raised:
                    peers.read_report(path)
                self.assertEqual(str(raised.exception).count("\n"), 0)
            with self.assertRaisesRegex(ValueError, "No such file"):
                peers.read_report(pathlib.Path(folder) / "none")


class CommandLine(unittest.TestCase):
    def answer(self, *arguments):
        with mock.patch.object(run, "build", return_value="teasel_peers"), mock.patch.object(sys, "argv", ["ci/bench", *arguments]), \
                mock.patch.object(run, "run", side_effect=lambda command, _: "" if "--filter" in command else "cpu/1x64/asio\n"), \
                contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                return run.main(), said.getvalue()
            except SystemExit as ended:
                return ended.code, said.getvalue()

    def test_a_filter_without_rows_lists_the_rows(self):
        status, said = self.answer("--peers", "--filter", "nothing")
        self.assertEqual(status, 2)
        self.assertIn("no row of --peers matches 'nothing'. The rows are:\ncpu/1x64/asio", said)

    def test_what_does_not_go_together_is_refused(self):
        for arguments, complaint in ((("--html", "x.html"), "--html needs --peers"),
                                     (("--peers", "--campaigns", "--against", "x"), "--peers goes with neither"),
                                     (("--peers", "--against", "/no/such.json"), "--against /no/such.json: "),
                                     (("--peers", "--html", "/no/such/folder/x.html"), "there is no such folder")):
            status, said = self.answer(*arguments)
            self.assertEqual(status, 2, said)
            self.assertIn(complaint, said)


class Program(unittest.TestCase):
    def setUp(self):
        if PROGRAM is None:
            self.skipTest("no --program was given")

    def test_a_server_that_loses_bytes_fails_the_run_and_has_no_row(self):
        measured = peers.measure(PROGRAM, "cpu/64x1024/(liar|raw-epoll)", 1, smoke=True, more=["--liar"])
        self.assertEqual([entry["backend"] for entry in measured["rows"]], ["raw-epoll"])
        self.assertEqual([entry["name"] for entry in measured["failed"]], ["cpu/64x1024/liar"])
        self.assertIn("the server sent other bytes than it got", measured["failed"][0]["why"])
        command = [PROGRAM, "--smoke", "--liar", "--filter", "cpu/64x1024/liar"]
        self.assertEqual(subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode, 1)

    def test_a_limit_on_descriptors_skips_rows_with_the_reason(self):
        command = ["bash", "-c", 'ulimit -n 500 && exec setpriv --bounding-set=-sys_resource --inh-caps=-all "$0" "$@"', PROGRAM,
                   "--smoke", "--filter", "cpu/(64|1000)x64/raw-epoll"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("raw-epoll: skipped: 1000 connections need 1032 descriptors, and this process may have 500", done.stderr)

    def test_wrong_arguments_end_with_status_2_and_one_line_that_says_what(self):
        for arguments, complaint in ((["--nonsense"], "unknown option '--nonsense'"), (["--rounds", "0"], "a number from 1 on"),
                                     (["--filter", "("], "no regular expression"), (["--json"], "--json needs a value")):
            done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertIn(complaint, done.stderr.splitlines()[0])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--program"]:
        PROGRAM = sys.argv[2]
        del sys.argv[1:3]
    unittest.main()
