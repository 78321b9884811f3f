#!/usr/bin/env python3
"""Tests of worker.py with a shell script in the place of a scenario program."""
import pathlib
import struct
import tempfile
import threading
import unittest

import worker
from worker import Run, SetupError, Target, Worker

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

    def test_counters_come_from_the_program(self):
        run = self.run_of("exit 0")
        Worker(run, 0, threading.Event()).fuzz(1)
        self.assertEqual((run.executions(), run.coverage, run.corpus_size, run.findings), (1000, 12, 7, {}))

    def test_a_verdict_is_filed_once_and_then_ignored_by_the_program(self):
        run = self.run_of(VERDICT)
        Worker(run, 0, threading.Event()).fuzz(5)
        self.assertEqual(list(run.findings), ["oracle:too-long"])
        finding = run.findings["oracle:too-long"]
        self.assertEqual((finding.count, finding.known, finding.input.read_text()), (1, False, "abc"))
        self.assertEqual(run.executions(), 2000)

    def test_an_accepted_finding_is_not_new(self):
        run = self.run_of(VERDICT, known=["oracle:too-long"])
        Worker(run, 0, threading.Event()).fuzz(5)
        self.assertEqual((len(run.findings), run.new_findings()), (1, []))

    def test_the_same_crash_again_and_again_ends_the_target(self):
        run = self.run_of('echo "==1==ERROR: AddressSanitizer: SEGV on unknown address" >&2\n'
                          'echo "    #0 0x1 in Line::parse() /a.cpp:1:1" >&2\nprintf a > "$findings/crash-1"\nexit 1')
        Worker(run, 0, threading.Event()).fuzz(60)
        self.assertEqual(run.findings["memory:Line::parse"].count, worker.SAME_FINDING_LIMIT + 1)
        self.assertIn("given up", run.note)

    def test_an_end_without_finding_is_a_set_up_error(self):
        run = self.run_of("echo no such option >&2; exit 1")
        with self.assertRaisesRegex(SetupError, "no such option"):
            Worker(run, 0, threading.Event()).fuzz(5)

    def test_a_counter_is_eight_bytes_little_endian(self):
        counter = worker.Counter(self.path / "counter")
        with open(self.path / "counter", "r+b") as file:
            file.write(struct.pack("<Q", 1 << 40))
        self.assertEqual(counter.value(), 1 << 40)


if __name__ == "__main__":
    unittest.main()
