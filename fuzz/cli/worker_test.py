#!/usr/bin/env python3
"""Tests of worker.py with a shell script in the place of a scenario program."""
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import triage
import worker
from worker import EXECUTIONS, Run, SetupError, Target, TargetError, Worker

# Counts 1000 executions, says how far it is, and ends as its first run should: see the {ending}.
PROGRAM = r"""#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --counter) counter=$2; shift ;;
    --findings) findings=$2; shift ;;
    --ignore) ignored="$ignored $2"; shift ;;
  esac
  shift
done
printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none
echo '#1000	pulse  cov: 12 ft: 20 corp: 7/9b exec/s: 500 rss: 30Mb' >&2
{ending}
"""
VERDICT = """case "$ignored" in
  *too-long*) exit 0 ;;
esac
echo "teasel: finding oracle=too-long tape=$findings/a.tape" >&2
printf abc > "$findings/crash-1"
exit 77"""


class Workers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = pathlib.Path(self.folder.name)

    def run_of(self, ending, known=()):
        program = self.path / "program"
        program.write_text(PROGRAM.replace("{ending}", ending), encoding="utf-8")
        program.chmod(0o755)
        target = Target("line", program, "framing", "", "", 100, [])
        return Run(target, self.path / "work", self.path / "findings", set(known))

    def fuzz(self, run, executions):
        Worker(run, 0, threading.Event()).fuzz(executions, unit=EXECUTIONS)

    def test_counters_come_from_the_program(self):
        run = self.run_of("exit 0")
        self.fuzz(run, 1000)
        self.assertEqual((run.executions(), run.coverage, run.corpus_size, run.findings), (1000, 12, 7, {}))

    def test_a_verdict_is_filed_once_and_then_ignored_by_the_program(self):
        run = self.run_of(VERDICT)
        self.fuzz(run, 2000)
        self.assertEqual(list(run.findings), ["oracle:too-long"])
        finding = run.findings["oracle:too-long"]
        self.assertEqual((finding.count, finding.known, finding.input.read_text()), (1, False, "abc"))
        self.assertEqual(run.executions(), 2000)

    def test_an_accepted_finding_is_not_new(self):
        run = self.run_of(VERDICT, known=["oracle:too-long"])
        self.fuzz(run, 2000)
        self.assertEqual((len(run.findings), run.new_findings()), (1, []))

    def test_the_same_crash_again_and_again_ends_the_target(self):
        run = self.run_of('echo "==1==ERROR: AddressSanitizer: SEGV on unknown address" >&2\n'
                          'echo "    #0 0x1 in Line::parse() /a.cpp:1:1" >&2\nprintf a > "$findings/crash-1"\nexit 1')
        self.fuzz(run, 1 << 30)
        self.assertEqual(run.findings["memory:Line::parse"].count, worker.SAME_FINDING_LIMIT + 1)
        self.assertIn("given up", run.note)

    def test_an_end_without_finding_is_a_set_up_error(self):
        run = self.run_of("echo no such option >&2; exit 1")
        with self.assertRaisesRegex(SetupError, "no such option"):
            self.fuzz(run, 2000)

    def test_a_campaign_is_done_when_libfuzzer_says_so_and_not_because_its_status_is_0(self):
        run = self.run_of("echo 'Done 5000 runs in 3 second(s)' >&2; exit 0")
        self.fuzz(run, 5000)
        self.assertEqual((run.executions(), run.used, run.note), (1000, 5000, ""))
        shutil.rmtree(self.path / "work")
        run = self.run_of("echo '==7== INFO: libFuzzer: exiting as requested' >&2; exit 0")
        self.fuzz(run, 5000)
        self.assertEqual((run.executions(), run.used, run.note), (5000, 5000, ""))

    def test_one_by_the_clock_goes_on_when_a_program_ends_before_its_time(self):
        run = self.run_of("sleep 0.5; exit 0")
        Worker(run, 0, threading.Event()).fuzz(1.5)
        self.assertGreaterEqual(run.executions(), 2000)
        self.assertGreaterEqual(run.used, 0.9)

    def test_a_program_that_runs_nothing_and_ends_with_0_is_no_target(self):
        run = self.run_of("exit 0")
        run.target.program.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        with self.assertRaisesRegex(TargetError, "line: .*program ends with status 0 before its time, after 0 inputs. Run it by hand: "):
            self.fuzz(run, 1000)

    def test_signals_of_the_program_itself_do_not_end_it_with_status_0_and_len_control_is_ours(self):
        run = self.run_of('exit 0')
        one = Worker(run, 0, threading.Event())
        one.counter = worker.Counter(self.path / "counter")
        for flag in ("-handle_usr1=0", "-handle_usr2=0", "-len_control=0"):
            self.assertIn(flag, one.command([]))

    def test_a_process_that_was_killed_is_started_again_and_counted(self):
        run = self.run_of(f"[ -e {self.path}/second ] && exit 0; touch {self.path}/second; kill -9 $$")
        self.fuzz(run, 2000)
        self.assertEqual((run.executions(), run.killed, run.note), (2000, 1, "killed once"))

    def test_one_that_is_killed_again_and_again_is_given_up_with_advice(self):
        for ending in ("kill -9 $$", "exit 137"):
            run = self.run_of(ending)
            with self.assertRaisesRegex(TargetError, "line: given up, its process was killed 5 times .SIGKILL.: .* fewer --jobs"):
                self.fuzz(run, 1 << 30)
            self.folder.cleanup()
            self.path.mkdir()

    def test_a_signal_from_outside_is_told_in_a_line_and_what_was_found_stays(self):
        for ending, name in (("exit 138", "SIGUSR1"), ("exit 140", "SIGUSR2"), ("kill -USR1 $$", "SIGUSR1"), ("kill -SEGV $$", "SIGSEGV"),
                             ("exit 72", "SIGTERM"), ("kill -HUP $$", "SIGHUP")):
            run = self.run_of(f"[ -e {self.path}/second ] && exit 0; touch {self.path}/second; {ending}")
            self.fuzz(run, 2000)
            self.assertEqual((run.executions(), run.findings), (2000, {}))
            self.assertEqual(run.kill, f"line: its process was killed once ({name}): who sends it?; it was started again, and all that "
                                       "was found is kept")
            (self.path / "second").unlink()
            shutil.rmtree(self.path / "work")

    def test_an_input_that_makes_a_program_kill_itself_is_kept_and_named(self):
        tape = 'echo tape > "$findings/a.tape"; echo "teasel: an input ended the campaign (unknown, status 138) tape=$findings/a.tape" >&2;'
        run = self.run_of(tape + "exit 138")
        with self.assertRaisesRegex(TargetError, "line: given up, its process was killed 5 times .SIGUSR1.: the input in .*killed/a.tape does it"):
            self.fuzz(run, 1 << 30)
        self.assertEqual((run.found_in / "killed" / "a.tape").read_text(), "tape\n")
        shutil.rmtree(self.path / "work")
        run = self.run_of(f"[ -e {self.path}/second ] && exit 0; touch {self.path}/second;" + tape + f"echo '{worker.INNOCENT}' >&2; exit 138")
        self.fuzz(run, 2000)
        self.assertIn("(SIGUSR1): who sends it?", run.kill)

    def test_a_warning_of_the_program_is_heard_once_whatever_its_figures(self):
        run = self.run_of('echo "teasel: warning: 9$$ % of the plays ended early" >&2; exit 0')
        self.fuzz(run, 3000)
        self.assertRegex("|".join(run.warnings.values()), r"^9\d+ % of the plays ended early$")

    def test_a_finding_of_a_process_that_ended_with_status_0_is_a_finding(self):
        run = self.run_of(VERDICT.replace("exit 77", "exit 0"))
        self.fuzz(run, 2000)
        self.assertEqual(list(run.findings), ["oracle:too-long"])

    def test_an_input_that_ended_a_program_without_a_word_is_kept(self):
        run = self.run_of('[ -e "$findings/../second" ] && exit 0; touch "$findings/../second"; printf abc > "$findings/crash-1"; exit 9')
        self.fuzz(run, 2000)
        self.assertEqual([finding.input.read_text() for finding in run.findings.values()], ["abc"])
        self.assertEqual(list(run.findings), ["unknown:status-9"])

    def test_a_program_that_hangs_at_start_is_ended_and_named(self):
        run = self.run_of("exit 0")
        run.target.program.write_text("#!/bin/sh\nsleep 60\n", encoding="utf-8")
        self.addCleanup(setattr, worker, "START_SECONDS", worker.START_SECONDS)
        worker.START_SECONDS = 0.2
        with self.assertRaisesRegex(TargetError, "line: .*program hangs at start: it has run no input in 0.2 s. Run it by hand: "):
            self.fuzz(run, 1000)

    def test_what_a_program_has_left_behind_does_not_keep_the_campaign(self):
        run = self.run_of("sleep 60 & exit 0")
        began = time.monotonic()
        self.fuzz(run, 1000)
        self.assertLess(time.monotonic() - began, 30)

    def test_a_finding_says_where_it_belongs_and_has_the_same_fingerprint_everywhere(self):
        run = self.run_of(VERDICT)
        self.fuzz(run, 2000)
        finding = run.findings["oracle:too-long"]
        again = triage.load_finding(finding.folder, finding.program, set())
        self.assertEqual((again.target, again.scenario, again.bucket, again.known), ("line", "framing", "oracle:too-long", False))
        finding.folder = finding.program = self.path / "elsewhere"
        self.assertEqual(again.fingerprint, finding.fingerprint)
        self.assertIsNone(triage.load_finding(self.path, finding.program, set()))

    def test_a_limit_of_descriptors_is_lowered_where_it_is_too_high_and_never_raised(self):
        program = ("import resource, sys, worker\nworker.MOST_DESCRIPTORS = int(sys.argv[1])\nworker.bound_descriptors()\n"
                   "print(*resource.getrlimit(resource.RLIMIT_NOFILE))")
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        for most, limit in ((100, 100), (before[0], before[0])):
            said = subprocess.run([sys.executable, "-B", "-c", program, str(most)], cwd=pathlib.Path(__file__).parent,
                                  stdout=subprocess.PIPE, text=True, check=True).stdout
            self.assertEqual(said, f"{limit} {before[1]}\n")

    def test_options_of_sanitizers_are_ours_then_the_target_s_then_the_caller_s(self):
        self.addCleanup(os.environ.pop, "ASAN_OPTIONS", None)
        os.environ["ASAN_OPTIONS"] = "verbosity=1"
        environment = worker.environment(["detect_leaks=0"])
        self.assertEqual(environment["ASAN_OPTIONS"], worker.ASAN_OPTIONS + ":detect_leaks=0:verbosity=1")
        self.assertEqual(environment["LSAN_OPTIONS"], "detect_leaks=0")

    def test_a_counter_is_eight_bytes_little_endian(self):
        counter = worker.Counter(self.path / "counter")
        with open(self.path / "counter", "r+b") as file:
            file.write(struct.pack("<Q", 1 << 40))
        self.assertEqual(counter.value(), 1 << 40)


if __name__ == "__main__":
    unittest.main()
