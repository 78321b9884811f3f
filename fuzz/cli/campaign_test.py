#!/usr/bin/env python3
"""Tests of campaign.py: that targets are fuzzed as they are built, and that nothing is lost."""
import io
import json
import pathlib
import shutil
import tempfile
import types
import unittest

import campaign
import storage
from building import BuildError
from campaign import Places, budget_of, fuzz_as_built
from manifests import DEFAULTS
from progress import Progress
from schedule import Campaign
from storage import DiskFull
from worker import Run, SetupError, Target, TargetError

# Finds something at once, and then nothing.
PROGRAM = r"""#!/bin/sh
case $1 in
  --list) echo lines; exit 0 ;;
  shrink | replay) exit 0 ;;
esac
for word; do
  case $last in
    --ignore) printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none; sleep 0.5; exit 0 ;;
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
# Runs a thousand inputs each time, and keeps one.
QUIET = r"""#!/bin/sh
[ "$1" = --list ] && { echo lines; exit 0; }
for word; do
  [ "$last" != --counter ] || counter=$word
  case $word in */corpus) corpus=$word ;; esac
  last=$word
done
printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none
printf kept > "$corpus/kept"
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
        tree = self.path / "build"
        tree.mkdir()
        self.places = Places(tree, tree / "corpus", tree / "findings")
        self.stream = io.StringIO()

    def new_runs(self, _):
        program = self.path / "program"
        program.write_text(PROGRAM, encoding="utf-8")
        program.chmod(0o755)
        target = Target("line", program, "lines", "", "", 100, [])
        return [Run(target, self.path / "work", self.places.findings, set())]

    def fuzz(self, programs, new_runs=None):
        of_all = Campaign(1, 5, 1, self.places.keep)
        progress = Progress(3, self.stream)
        progress.step("fuzzing")
        fuzz_as_built(programs, of_all, new_runs or self.new_runs, progress, self.places)
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

    def test_a_program_that_is_no_target_is_named_and_the_campaign_goes_on_without_it(self):
        def new_runs(_):
            raise TargetError("line: is no target")
        of_all = self.fuzz(Programs(), new_runs)
        self.assertEqual(of_all.target_errors, ["line: is no target"])
        self.assertFalse(of_all.is_complete())

    def test_a_disk_that_gets_full_ends_it_and_says_so(self):
        self.addCleanup(setattr, storage, "free_bytes", storage.free_bytes)
        storage.free_bytes = lambda path: 0
        with self.assertRaisesRegex(DiskFull, "is full: make room and run the same command again; everything found so far is kept"):
            self.fuzz(Programs())


class Whole(unittest.TestCase):
    """From a build tree to the result."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name)
        (self.tree / "teasel-scenarios").mkdir()
        self.program = self.tree / "program"
        self.stream = io.StringIO()

    def entry(self, text=QUIET, **more):
        self.program.write_text(text, encoding="utf-8")
        self.program.chmod(0o755)
        entry = {**DEFAULTS, "name": "line", "program": str(self.program), "corpus": "", "dictionary": "", "max_len": 100, "labels": [],
                 **more}
        (self.tree / "teasel-scenarios" / "line.json").write_text(json.dumps(entry), encoding="utf-8")

    def fuzz(self, **more):
        options = types.SimpleNamespace(**{
            "build": str(self.tree), "preset": None, "targets": [], "exclude": None, "since": None, "seconds": None, "executions": "3000",
            "jobs": 1, "builds": False, "resume": False, "merge": False, "only_merge": False, "corpus": None, "findings": None,
            "known": None, "json": self.tree / "r.json", "junit": None, "sarif": None, "markdown": None, **more})
        result = campaign.fuzz(options, Progress(3, self.stream))
        return result

    def test_a_clean_one_is_complete_and_keeps_its_corpus(self):
        self.entry()
        result = self.fuzz(executions="10000")
        self.assertEqual((result.status(), result.complete, [row["executions"] for row in result.rows()]), (0, True, [10000]))
        self.assertEqual((self.tree / "corpus" / "line" / "kept").read_text(), "kept")
        self.assertEqual(json.loads((self.tree / "r.json").read_text())["status"], 0)

    def test_a_new_finding_has_status_1_and_an_accepted_one_0(self):
        self.entry(PROGRAM)
        result = self.fuzz(executions=None, seconds=2)
        self.assertEqual((result.status(), [finding.bucket for finding in result.findings()]), (1, ["oracle:too-long"]))
        (self.tree / "known").write_text("oracle:too-long\n", encoding="utf-8")
        self.entry(PROGRAM, known=str(self.tree / "known"))
        self.assertEqual(self.fuzz(executions=None, seconds=2).status(), 0)

    def test_a_warning_of_a_program_is_said_at_once_and_at_the_end_and_is_in_the_result(self):
        self.entry(QUIET + 'echo "teasel: warning: 97 % of the plays ended early" >&2\n')
        result = self.fuzz(executions="2000")
        self.assertEqual((result.status(), result.warnings()), (0, ["line: 97 % of the plays ended early"]))
        self.assertEqual(self.stream.getvalue().count("WARNING line: 97 % of the plays ended early\n"), 2)
        self.assertEqual(json.loads((self.tree / "r.json").read_text())["warnings"], result.warnings())

    def test_a_process_that_is_killed_has_status_2_and_its_target_is_fuzzed_to_the_end(self):
        self.entry(QUIET + f"[ -e {self.tree}/second ] || {{ touch {self.tree}/second; kill -9 $$; }}\n")
        result = self.fuzz(executions="2000")
        self.assertEqual((result.status(), result.complete, result.rows()[0]["executions"]), (2, True, 3000))
        self.assertRegex(result.errors[0], "^line: its process was killed once .SIGKILL.: .* fewer --jobs; it was started again")
        self.assertEqual((self.tree / "corpus" / "line" / "kept").read_text(), "kept")

    def test_a_budget_by_corpus_counts_inputs_and_a_small_corpus_as_a_hundred(self):
        self.assertEqual([budget_of("8x-corpus")(inputs) for inputs in (0, 100, 250)], [800, 800, 2000])
        self.assertEqual(budget_of("5000")(7), 5000)
        for text in ("0", "x-corpus", "8x", "many", "1.5x-corpus"):
            with self.assertRaisesRegex(SetupError, "--executions is a number, or 8x-corpus"):
                budget_of(text)

    def test_what_cannot_be_fuzzed_has_status_2_and_a_line_that_says_what_to_do(self):
        for more, line in (({"corpus": str(self.tree / "nowhere")}, "the corpus .*nowhere is not there: mend it, or take CORPUS out"),
                           ({"engine": "replay"}, "is built without libFuzzer"), ({"program": "/nowhere"}, "is not there: build it"),
                           ({"program": "/bin/true"}, "is no scenario program")):
            self.entry(**more)
            result = self.fuzz()
            self.assertEqual(result.status(), 2)
            self.assertRegex(result.errors[0], f"line: .*{line}")

    def test_a_disk_that_gets_full_has_status_2_and_the_next_campaign_brings_home_what_did_not_fit(self):
        self.entry()
        real = storage.copy

        def full(source, target):
            if target.parent.name == "line":
                raise DiskFull("the disk of corpus/line is full")
            real(source, target)
        storage.copy = full
        self.addCleanup(setattr, storage, "copy", real)
        result = self.fuzz()
        self.assertEqual(result.status(), 2)
        self.assertRegex(result.errors[0], "is full")
        self.assertRegex(result.errors[1], "what did not fit is in .*teasel-fuzz-")
        self.assertFalse((self.tree / "corpus" / "line" / "kept").exists())
        storage.copy = real
        self.assertEqual(self.fuzz(executions="1").status(), 0)
        self.assertEqual((self.tree / "corpus" / "line" / "kept").read_text(), "kept")
        self.assertIn("has left 1 new inputs", self.stream.getvalue())

    def test_one_that_was_stopped_goes_on_with_its_findings_and_what_is_left(self):
        self.entry(PROGRAM)
        self.fuzz(executions="2000")
        state = json.loads((self.tree / "teasel-campaign.json").read_text())
        state["complete"] = False
        state["targets"]["line"].update(used=600, planned=1000, executions=600)
        (self.tree / "teasel-campaign.json").write_text(json.dumps(state), encoding="utf-8")
        self.entry(QUIET)
        result = self.fuzz(resume=True, executions=None, seconds=60)
        self.assertEqual([finding.bucket for finding in result.findings()], ["oracle:too-long"])
        self.assertEqual([row["executions"] for row in result.rows()], [1600])  # what is left of 2000 is one process of 1000
        self.assertTrue(result.complete)

    def test_there_is_nothing_to_resume_after_one_that_is_complete_or_none(self):
        self.entry()
        with self.assertRaisesRegex(SetupError, "no campaign in this tree has been stopped"):
            self.fuzz(resume=True)
        self.fuzz()
        with self.assertRaisesRegex(SetupError, "the last campaign in this tree has used its budget"):
            self.fuzz(resume=True)
        row = {"used": 1, "planned": 2, "executions": 3, "seconds": 4, "findings": []}
        said = {"version": 1, "complete": False, "options": {"seconds": None, "executions": "9", "targets": ["line"]}, "targets": {"line": row}}
        for text in ("{", "[]", '{"version": 9}', json.dumps({**said, "targets": []}), json.dumps({**said, "targets": {"line": {}}}),
                     json.dumps({**said, "options": {**said["options"], "seconds": "9"}})):
            (self.tree / "teasel-campaign.json").write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(SetupError, "begin a new campaign, without --resume"):
                self.fuzz(resume=True)

    def test_one_that_dies_is_what_the_next_resume_is_about_and_not_one_before_it(self):
        self.entry()
        self.fuzz()
        real = campaign.fuzz_as_built

        def die(*_):
            raise ZeroDivisionError
        campaign.fuzz_as_built = die
        self.addCleanup(setattr, campaign, "fuzz_as_built", real)
        with self.assertRaises(ZeroDivisionError):
            self.fuzz(executions="5000")
        campaign.fuzz_as_built = real
        result = self.fuzz(resume=True, executions=None, seconds=60)
        self.assertEqual([row["executions"] for row in result.rows()], [6000])  # whole processes of 1000

    def test_what_ended_a_program_in_a_campaign_that_was_killed_is_not_passed_over(self):
        self.entry()
        left = self.tree / "teasel-fuzz-1" / "line" / "worker0"
        left.mkdir(parents=True)
        (left / "crash-1").write_text("!", encoding="utf-8")
        (left.parents[1] / "owner").write_text(str(self.tree.resolve()), encoding="utf-8")
        result = self.fuzz()
        self.assertEqual((result.status(), result.complete), (2, True))
        self.assertRegex(result.errors[0], "has left 1 inputs that ended a program, and nobody has looked at them: .*/recovered, replay them")
        self.assertTrue((self.tree / "findings" / "line" / "recovered" / "crash-1").is_file())
        self.assertEqual(self.fuzz().status(), 0)

    def test_places_that_cannot_be_used_are_refused_before_anything_is_fuzzed(self):
        self.entry()
        for more, line in (({"corpus": "/proc/nowhere"}, "/proc/nowhere cannot be written to: name another folder by --corpus"),
                           ({"findings": "/proc/nowhere"}, "/proc/nowhere cannot be written to: name another folder by --findings"),
                           ({"known": str(self.tree / "nowhere")}, "--known: there is no folder .*nowhere")):
            with self.assertRaisesRegex(SetupError, line):
                self.fuzz(**more)

    def test_a_kept_corpus_that_cannot_be_read_is_an_error_of_its_target(self):
        self.entry()
        kept = self.tree / "corpus" / "line"
        kept.mkdir(parents=True)
        (kept / "gone").symlink_to(self.tree / "nowhere")
        result = self.fuzz()
        self.assertEqual((result.status(), result.runs), (2, []))
        self.assertRegex(result.errors[0], "^line: the inputs that are kept in .*corpus/line cannot be read .*nowhere|gone.*: mend or remove it$")

    def test_an_error_of_the_system_at_the_end_loses_neither_findings_nor_status(self):
        self.entry(PROGRAM)
        self.addCleanup(setattr, Places, "keep", Places.keep)

        def fail(*_):
            raise OSError(5, "Input/output error")
        Places.keep = fail
        result = self.fuzz(executions=None, seconds=2)
        self.addCleanup(shutil.rmtree, result.errors[1].split(" is in ")[1].split(";")[0])
        self.assertEqual((result.status(), [finding.bucket for finding in result.findings()]), (1, ["oracle:too-long"]))
        self.assertRegex(result.errors[0], "Input/output error")
        self.assertEqual(json.loads((self.tree / "r.json").read_text())["status"], 1)

    def test_ctrl_c_while_corpora_are_merged_loses_no_report(self):
        self.entry()

        def interrupt(*_):
            raise KeyboardInterrupt
        self.addCleanup(setattr, campaign.merging, "merge_all", campaign.merging.merge_all)
        campaign.merging.merge_all = interrupt
        self.assertEqual(self.fuzz(merge=True).status(), 3)
        self.assertEqual(json.loads((self.tree / "r.json").read_text())["targets"][0]["executions"], 4000)  # whole processes of 1000

    def test_a_label_can_be_left_out_and_a_named_target_is_in_all_the_same(self):
        self.entry(labels=["slow"])
        with self.assertRaisesRegex(SetupError, "no targets that are wanted"):
            self.fuzz(exclude=["slow"])
        self.assertEqual(self.fuzz(exclude=["slow"], targets=["line"]).status(), 0)


if __name__ == "__main__":
    unittest.main()
