#!/usr/bin/env python3
"""Tests of programs of teasel_add_benchmark, from outside. No figure is judged.

usage: benchmarks_test.py SHIPPED_BENCH FAULTY_BENCH [arguments of unittest]
"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import peers
import peers_page

SHIPPED, FAULTY = (sys.argv.pop(1), sys.argv.pop(1)) if len(sys.argv) > 2 else ("", "")
ONE = ("--connections", "1", "--reactor", "epoll")


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False)


def smoke(program, *arguments):
    return run(program, "--smoke", *ONE, *arguments)


class Faults(unittest.TestCase):
    """Each ends the benchmark on that reactor with one line, and the run with status 1."""

    def fails(self, row, expected, *arguments):
        done = smoke(FAULTY, "--timeout", "1", "--filter", f"^{row}/.*epoll$", *arguments)
        self.assertEqual(done.returncode, 1, done.stderr)
        lines = [line for line in done.stderr.splitlines() if "failed" in line]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertRegex(lines[0], f"^  epoll: failed: {expected}")
        self.assertIn(f"  {row}/", done.stdout.split("\nfailed:\n")[1])

    def test_a_lost_byte(self):
        self.fails("cpu/loses", r'connection 0 waits for byte 9 of the reply of round 5, "9"; nothing came for 1 s$')

    def test_a_changed_byte(self):
        self.fails("cpu/changes", 'connection 0, byte 3 of the reply of round 5: the server sent "X456789" where "3456789" was expected$')

    def test_bytes_that_nothing_asked_for(self):
        self.fails("cpu/chatters", 'connection 0: the server sent what nothing asked for: "and more"$')

    def test_a_connection_that_ends(self):
        self.fails("cpu/leaves", "the server closed connection 0$")

    def test_a_server_that_dies(self):
        for figure in ("cpu", "syscalls", "p50"):
            with self.subTest(figure):
                self.fails(f"{figure}/dies", r"the server died of signal 11 \(Segmentation fault\)$")

    def test_no_answer_also_while_the_server_is_traced_and_when_it_does_not_come_back(self):
        for row in ("cpu/sleeps", "syscalls/sleeps", "cpu/spins", "syscalls/spins"):
            with self.subTest(row):
                self.fails(row, r'connection 0 waits for byte 0 of the reply of round 5, "0123456789"; nothing came for 1 s$')

    def test_a_wait_that_is_interrupted_goes_on(self):
        begin = time.monotonic()
        with subprocess.Popen([FAULTY, "--smoke", *ONE, "--timeout", "3", "--filter", "^cpu/sleeps/.*epoll$"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            for _ in range(10):
                time.sleep(0.1)
                process.send_signal(signal.SIGSTOP)
                process.send_signal(signal.SIGCONT)
            said = process.communicate(timeout=60)[1]
        self.assertIn("nothing came for 3 s", said)
        self.assertGreater(time.monotonic() - begin, 3)

    def test_a_server_that_does_not_start(self):
        for name, expected in (("throws", "no database"), ("hangs", "the server did not listen within 1 s"),
                               ("exits", "the server ended with status 7 before it listened")):
            with self.subTest(name):
                self.fails(f"syscalls/{name}", f"the server did not start: {expected}$")

    def test_an_opening_that_goes_wrong(self):
        self.fails("syscalls/silent", r'connection 0 waits for "\\r\\n" in the greeting, of which 0 bytes came; nothing came for 1 s$')
        self.fails("syscalls/login", 'connection 0, byte 0 of the reply of login 2: the server sent "secret" where "welcome" was expected$')

    def test_a_server_that_dies_when_the_last_client_has_gone(self):
        for figure in ("cpu", "syscalls", "p50", "session-cpu"):
            with self.subTest(figure):
                self.fails(f"{figure}/parts", r"the server died of signal 11 \(Segmentation fault\)$")

    def test_a_connection_has_the_number_that_the_benchmark_gives_it(self):
        self.fails("session-cpu/second", 'connection 1, byte 0 of the reply of round 0: the server sent "XXXXXXXXXX" where')

    def test_a_function_of_the_benchmark_that_throws(self):
        self.fails("cpu/muddles", "connection 0: the benchmark's function of a request threw in round 3: no more words$")

    def test_what_a_server_prints_is_no_part_of_the_report(self):
        done = smoke(FAULTY, "--filter", "^cpu/second/.*epoll$")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("somebody is there\n", done.stderr)
        self.assertNotIn("somebody is there", done.stdout)

    def test_a_reactor_whose_server_failed_has_no_further_part_in_that_benchmark(self):
        done = smoke(FAULTY, "--timeout", "1", "--filter", "/(sleeps|chatters)/.*/epoll")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("failed: "), 2, done.stderr)
        self.assertIn("its server failed at cpu/sleeps/1/epoll", done.stdout)


class Sound(unittest.TestCase):
    def test_latencies_are_of_one_exchange_at_a_time_and_a_rate_that_is_too_high_is_noted(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.json"
            done = smoke(FAULTY, "--filter", "^p50/strict/.*epoll$", "--json", str(path))
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(path.read_text(encoding="utf-8"))
        # 100 exchanges of 5 ms are due within 20 ms, so the median one waits for some 50 others.
        self.assertGreater(report["rows"][0]["samples"][0], 100_000)
        row = {"name": "p50/strict/1@5000/epoll", "why": "its server cannot keep up with 5000/s; see --rate"}
        self.assertEqual(report["notes"], [row])
        self.assertIn(f"\nnotes:\n  {row['name']}: {row['why']}\n", done.stdout)
        done = smoke(FAULTY, "--filter", "^p50/strict/.*epoll$", "--rate", "50")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("notes:", done.stdout)

    def test_the_report_says_what_a_benchmark_is(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.json"
            done = smoke(SHIPPED, "--filter", "^cpu/line/1/epoll$", "--json", str(path))
            self.assertIn("\nline: a line, and the same in capitals\n\ncpu/line/1: ", done.stdout)
            self.assertEqual(json.loads(path.read_text(encoding="utf-8"))["benchmarks"]["line"], "a line, and the same in capitals")

    def test_plain_echoes_of_different_reactors_divide_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.json"
            arguments = ["--smoke", "--connections", "1", "--filter", "^cpu/line/1/"]
            self.assertEqual(run(SHIPPED, *arguments, "--reactor", "epoll,poll", "--json", str(path)).returncode, 0)
            done = run(SHIPPED, *arguments, "--reactor", "poll,epoll", "--against", str(path))
            self.assertIn("\n  not in plain echoes: they are of poll here and of epoll there\n", done.stdout)
            self.assertNotIn("  in plain echoes ", done.stdout)
            done = run(SHIPPED, *arguments, "--reactor", "epoll,poll", "--against", str(path))
            self.assertNotIn("not in plain echoes", done.stdout)
            self.assertIn("  in plain echoes ", done.stdout)

    def test_a_number_of_connections_that_is_given_twice_is_measured_once(self):
        done = run(SHIPPED, "--list", "--connections", "1,2,1", "--reactor", "epoll", "--filter", "^cpu/line/.*epoll")
        self.assertEqual(done.stdout.split(), ["cpu/line/1/epoll", "cpu/line/2/epoll"])

    def test_every_row_of_every_reactor_is_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "all.json"
            done = run(SHIPPED, "--smoke", "--json", str(path))
            self.assertEqual(done.returncode, 0, done.stderr)
            report = json.loads(path.read_text(encoding="utf-8"))
        listed = run(SHIPPED, "--list").stdout.split()
        there = [row["name"] for row in report["rows"]] + [entry["name"] for entry in report["skipped"]]
        self.assertEqual(sorted(there), sorted(listed))
        for figure in ("cpu", "p50", "p99", "session-cpu", "session-rate"):
            self.assertTrue(any(row["figure"] == figure and row["backend"] == "epoll" for row in report["rows"]), figure)

    def test_its_statistics_are_those_of_the_comparison_of_backends_whose_page_shows_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path, page = pathlib.Path(folder) / "a.json", pathlib.Path(folder) / "a.html"
            done = run(SHIPPED, *ONE, "--reactor", "poll", "--rounds", "7", "--filter", "^cpu/line/1/", "--json", str(path))
            self.assertEqual(done.returncode, 0, done.stderr)
            report = peers.read_report(path)
            self.assertEqual(peers_page.main([str(path), str(page)]), 0)
            shown = page.read_text(encoding="utf-8")
        self.assertEqual([row["backend"] for row in report["rows"]], ["epoll", "poll", "plain-echo"])
        again = peers.summarize([{key: row[key] for key in ("name", "figure", "shape", "backend", "samples")} for row in report["rows"]],
                                report["reference"])
        for row, other in zip(report["rows"], again):
            for key in ("value", "low", "high", "cv", "ratio", "ratio_low", "ratio_high"):
                self.assertAlmostEqual(row[key], other[key], delta=1e-6 * abs(other[key]), msg=key)
        self.assertIn('id="cpu/line/1/poll"', shown)
        self.assertIn("shipped_bench --rounds 7", shown)

    def test_features_of_io_uring_are_a_part_of_a_name(self):
        done = run(SHIPPED, "--list", "--connections", "1", "--reactor", "io_uring:bundles,poll-first,epoll", "--filter", "^cpu/line")
        self.assertEqual(done.stdout.split(), ["cpu/line/1/io_uring:bundles,poll-first", "cpu/line/1/epoll", "cpu/line/1/plain-echo"])

    def test_a_saved_report_is_compared_in_plain_echoes(self):
        with tempfile.TemporaryDirectory() as folder:
            now, slower, other = (pathlib.Path(folder) / name for name in ("now.json", "slower.json", "other.json"))
            arguments = [*ONE, "--rounds", "6", "--filter", "^cpu/line/1/"]
            self.assertEqual(run(SHIPPED, *arguments, "--json", str(now)).returncode, 0)

            def scaled(match):
                return match.group(1) + ", ".join(str(float(value) / 20) for value in match.group(2).split(", ")) + "]"

            text = now.read_text(encoding="utf-8")
            # All of it: a machine that is 20 times faster. Only the one row: a protocol that was.
            slower.write_text(re.sub(r'("samples": \[)(.*?)\]', scaled, text), encoding="utf-8")
            done = run(SHIPPED, *arguments, "--against", str(slower))
            compared = re.search(r"cpu/line/1/epoll: (\S+) -> (\S+)  in plain echoes ", done.stdout)
            self.assertTrue(compared, done.stdout)
            # Undivided, it would be 20.
            self.assertLess(float(compared.group(2)) / float(compared.group(1)), 8)
            slower.write_text(re.sub(r'(epoll".*?"samples": \[)(.*?)\]', scaled, text, count=1), encoding="utf-8")
            done = run(SHIPPED, *arguments, "--against", str(slower))
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertRegex(done.stdout, r"cpu/line/1/epoll: .* worse\n")
            self.assertNotIn("only there", done.stdout)
            done = smoke(SHIPPED, "--filter", "^(cpu|syscalls)/line/1/", "--against", str(now))
            self.assertIn("\n  only here: syscalls/line/1/epoll\n", done.stdout)
            other.write_text(text.replace("cpu/line", "cpu/other"), encoding="utf-8")
            done = smoke(SHIPPED, "--filter", "^cpu/line/1/", "--against", str(other))
            self.assertEqual(done.returncode, 2)
            self.assertIn("it has none of the rows that were measured", done.stderr)


class Mistakes(unittest.TestCase):
    """Status 2, and what there is."""

    def refused(self, expected, *arguments):
        done = run(SHIPPED, *arguments)
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn(f"shipped_bench: {expected}", done.stderr.splitlines()[0])
        return done.stderr

    def test_an_unknown_reactor_lists_those_that_there_are(self):
        self.refused("--reactor: there is no reactor 'kqueue'; there are: epoll, io_uring, poll, select", "--reactor", "epoll,kqueue")
        self.refused("--reactor: io_uring has no feature 'fast'; known: all, none", "--reactor", "io_uring:fast")

    def test_a_filter_without_rows_lists_the_rows(self):
        said = self.refused("no row matches 'nothing'. The rows are:", "--filter", "nothing", *ONE)
        self.assertIn("\ncpu/netstring/1/epoll\n", said)

    def test_wrong_arguments_are_named(self):
        for arguments, complaint in ((["--nonsense"], "unknown option '--nonsense'"), (["--rounds", "0"], "--rounds: '0' is no number from 1"),
                                     (["--filter", "("], "--filter '(' is no regular expression: "), (["--json"], "--json needs a value"),
                                     (["--json="], "--json needs a value"), (["--against", ""], "--against needs a value"),
                                     (["--connections=1,x"], "--connections: 'x' is no number"), (["--rate", "-1"], "--rate: '-1'"),
                                     (["--json", "/no/such/folder/a.json"], "--json /no/such/folder/a.json: it cannot be written"),
                                     (["--against", "/no/such.json"], "--against: /no/such.json cannot be read"),
                                     (["--against", __file__], f"--against: {__file__} is no report of --json")):
            with self.subTest(arguments):
                self.refused(complaint, *arguments)

    def test_more_connections_than_descriptors_are_skipped_and_nothing_measured_is_a_setup_error(self):
        command = ["bash", "-c", 'ulimit -n 100 && exec setpriv --bounding-set=-sys_resource --inh-caps=-all "$0" "$@"', SHIPPED,
                   "--smoke", "--reactor", "epoll", "--filter", "^cpu/line/1000/epoll"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("1000 connections need 1032 descriptors, and this process may have 100", done.stderr)
        self.assertIn("shipped_bench: nothing could be measured here", done.stderr)

    def test_a_report_stays_where_nothing_was_measured(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.json"
            path.write_text("an earlier report", encoding="utf-8")
            done = smoke(FAULTY, "--filter", "^cpu/throws/.*epoll$", "--json", str(path))
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"no row was measured, so {path} is not written", done.stderr)
            self.assertEqual(path.read_text(encoding="utf-8"), "an earlier report")

    def test_a_machine_without_descriptors_is_no_fault_of_the_server(self):
        # Few are left, though the limit itself is high enough.
        command = ["bash", "-c", 'ulimit -n 100; for ((i = 10; i < 97; ++i)); do eval "exec $i</dev/null"; done; '
                   'exec setpriv --bounding-set=-sys_resource --inh-caps=-all "$0" "$@"', SHIPPED,
                   "--smoke", "--reactor", "epoll", "--connections", "64"]
        for figure in ("cpu", "syscalls"):
            with self.subTest(figure):
                done = subprocess.run([*command, "--filter", f"^{figure}/line/64/epoll$"], capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, r"epoll: skipped: connection \d+ could not be made here: this process has no descriptor left")

    def test_help_names_every_option_and_the_statuses(self):
        done = run(SHIPPED, "--help")
        self.assertEqual(done.returncode, 0)
        for word in ("--reactor", "--connections", "--rounds", "--rate", "--filter", "--json", "--against", "--timeout", "--smoke",
                     "--list", "Exit status: 0 measured"):
            self.assertIn(word, done.stdout)


if __name__ == "__main__":
    unittest.main()
