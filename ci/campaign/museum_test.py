#!/usr/bin/env python3
"""Tests of museum.py with a shell script in the place of the museum's program."""
import pathlib
import tempfile
import unittest

import museum  # before what it finds
from worker import SetupError, Target

# A scenario that is named in {noisy} fails a check, or does so with one seed (NAME@SEED). The canary
# crashes, unless a ! is there. hasty_fixed ends before libFuzzer says that it is done.
PROGRAM = r"""#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --counter) counter=$2; shift ;;
    --findings) findings=$2; shift ;;
    --scenario) scenario=$2; shift ;;
    -seed=*) seed=${1#-seed=}; flags="$flags $1" ;;
    -runs=*|-reload=*) flags="$flags $1" ;;
  esac
  shift
done
echo "$scenario$flags" >> "{log}"
[ "$scenario" = hasty_fixed ] || echo "Done 1000 runs in 1 second(s)" >&2
cat /proc/self/personality >> "{log}.personality"
printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none
case " {noisy} " in
  *" $scenario "* | *" $scenario@$seed "*)
    echo "teasel: finding oracle=chunk-cost tape=$findings/a.tape" >&2
    printf abc > "$findings/crash-1"
    exit 77 ;;
  *" ! "*) ;;
  *)
    if [ "$scenario" = canary ]; then
      echo "==1==ERROR: libFuzzer: deadly signal" >&2
      echo "    #0 0x1 in Canary::dataReceived() /a.cpp:1:1" >&2
      printf '!' > "$findings/crash-1"
      exit 77
    fi ;;
esac
"""
RUNS = """# exhibit, executions, finding
slow 1000 oracle:chunk-cost
canary 500 abort  # crashes
"""


class Museum(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.lines = []

    def visit(self, noisy, names=("slow", "slow_fixed", "canary"), runs=RUNS, **options):
        program = self.path / "program"
        program.write_text(PROGRAM.replace("{noisy}", noisy).replace("{log}", str(self.path / "log")), encoding="utf-8")
        program.chmod(0o755)
        (self.path / "runs").write_text(runs, encoding="utf-8")
        targets = [Target(f"museum/{name}", program, name, "", "", 100, ["museum"]) for name in names]
        return museum.visit(targets, museum.read_runs(self.path / "runs"), self.path / "work", 2, self.lines.append, **options)

    def wrong(self):
        return [line for line in self.lines if line.startswith("WRONG ")]

    def test_a_found_fault_a_quiet_twin_and_a_crashed_canary_are_success(self):
        rows, failed = self.visit("slow")
        self.assertEqual([(row["name"], row["found"], row["twin_quiet"], row["twin_executions"]) for row in rows], [("slow", True, True, 1000)])
        self.assertFalse(failed)
        self.assertEqual(self.wrong(), [])

    def test_seed_and_executions_are_fixed_and_the_twin_has_as_many(self):
        self.visit("slow")
        log = sorted((self.path / "log").read_text(encoding="utf-8").splitlines())
        self.assertEqual(log, [f"{name} -seed=1 -runs={runs} -reload=0"
                               for name, runs in [("canary", 500), ("slow", 1000), ("slow_fixed", 1000)]])

    @unittest.skipUnless(museum.fixed_addresses(), "fixed addresses are not allowed here")
    def test_programs_get_the_same_addresses_each_time(self):
        self.visit("slow")
        self.assertEqual(set((self.path / "log.personality").read_text(encoding="utf-8").split()), {"00040000"})
        self.assertEqual([line for line in self.lines if "addresses" in line], [])

    def test_how_many_programs_have_ended_is_told(self):
        steps = []
        self.visit("slow", on_step=steps.append)
        self.assertEqual(sorted(steps), ["1/3", "2/3", "3/3"])

    def test_another_seed_can_be_asked_for(self):
        self.visit("slow", seeds=[7])
        self.assertIn("slow -seed=7 -runs=1000", (self.path / "log").read_text(encoding="utf-8"))

    def test_a_fault_is_looked_for_with_each_seed_and_a_twin_with_the_first(self):
        rows, failed = self.visit("slow", seeds=range(3, 6))
        log = [line.split(" -runs")[0] for line in (self.path / "log").read_text(encoding="utf-8").splitlines()]
        self.assertEqual(sorted(log), ["canary -seed=3", "slow -seed=3", "slow -seed=4", "slow -seed=5", "slow_fixed -seed=3"])
        self.assertEqual(([(each["seed"], each["found"]) for each in rows[0]["seeds"]], failed), ([(3, True), (4, True), (5, True)], False))

    def test_one_seed_in_ten_may_miss_a_fault(self):
        rows, failed = self.visit("slow@2", seeds=range(1, 11))
        self.assertEqual((rows[0]["found"], failed), (False, True))
        self.assertEqual(len(self.wrong()), 9)
        for missed, good in ((1, True), (2, False)):
            visits = {seed: museum.Visit([] if seed <= missed else ["oracle:heap"], 10, 0.1) for seed in range(1, 11)}
            judge = museum.Judge({"slow": museum.Exhibit(10, "oracle:heap")}, self.lines.append)
            self.assertEqual(judge.exhibit("slow", visits, museum.Visit([], 10, 0.1))["found"], good)

    def test_a_program_that_ends_before_libfuzzer_says_done_fails(self):
        _, failed = self.visit("hasty", ("hasty", "hasty_fixed", "canary"), RUNS.replace("slow", "hasty"))
        self.assertTrue(failed)
        self.assertEqual(self.wrong(), ["WRONG hasty_fixed: ended before its time, after 1,000 executions"])

    def test_a_fault_that_is_not_found_fails(self):
        rows, failed = self.visit("")
        self.assertEqual((rows[0]["found"], rows[0]["twin_quiet"], failed), (False, True, True))
        self.assertEqual(self.wrong(), ["WRONG slow: the fault was not found in 2,000 executions with seeds 1 and 1001"])

    def test_a_fault_that_the_second_seed_finds_is_found_and_the_miss_is_told(self):
        rows, failed = self.visit("slow@1001")
        self.assertEqual((rows[0]["seeds"][0]["found"], rows[0]["seeds"][0]["executions"], failed), (True, 2000, False))
        self.assertEqual(rows[0]["seeds"][0]["second_seed"], 1001)
        self.assertIn("slow: seed 1 missed it, seed 1001 found it", self.lines)

    def test_with_ten_seeds_none_has_a_second_try(self):
        rows, _ = self.visit("slow@1001", seeds=range(1, 11))
        self.assertFalse(any("second_seed" in seed for seed in rows[0]["seeds"]))
        self.assertNotIn("-seed=1001", (self.path / "log").read_text(encoding="utf-8"))

    def test_an_exhibit_swapped_with_its_twin_fails_twice(self):
        rows, failed = self.visit("slow_fixed")
        self.assertEqual((rows[0]["found"], rows[0]["twin_quiet"], failed), (False, False, True))
        self.assertEqual(self.wrong(), ["WRONG slow: the fault was not found in 2,000 executions with seeds 1 and 1001",
                                        "WRONG slow_fixed: is not quiet: oracle:chunk-cost after 1,000 executions"])

    def test_a_twin_that_is_not_quiet_fails(self):
        rows, failed = self.visit("slow slow_fixed")
        self.assertEqual((rows[0]["found"], rows[0]["twin_quiet"], failed), (True, False, True))
        self.assertEqual(self.wrong(), ["WRONG slow_fixed: is not quiet: oracle:chunk-cost after 1,000 executions"])

    def test_a_fault_found_by_another_property_than_its_own_fails(self):
        rows, failed = self.visit("slow", runs=RUNS.replace("oracle:chunk-cost", "oracle:heap"))
        self.assertEqual((rows[0]["found"], failed), (False, True))
        self.assertEqual(self.wrong(), ["WRONG slow: found was oracle:chunk-cost and not oracle:heap with seed 1"])

    def test_a_canary_that_does_not_crash_fails(self):
        _, failed = self.visit("slow !")
        self.assertTrue(failed)
        self.assertEqual(self.wrong(), ["WRONG the canary did not crash in 1,000 executions: crashes go unreported"])

    def test_a_canary_with_a_failed_check_is_no_crash(self):
        _, failed = self.visit("slow canary")
        self.assertTrue(failed)

    def test_one_exhibit_can_be_visited_alone(self):
        names = ("slow", "slow_fixed", "late", "late_fixed", "canary")
        rows, failed = self.visit("slow", names, RUNS + "late 1000 oracle:lifecycle\n", only="slow")
        self.assertEqual(([row["name"] for row in rows], failed), (["slow"], False))
        with self.assertRaisesRegex(SetupError, "no exhibit 'slwo'. There are:\n  late\n  slow"):
            self.visit("slow", names, RUNS + "late 1000 oracle:lifecycle\n", only="slwo")

    def test_a_museum_that_lacks_something_is_a_set_up_error(self):
        for names, message in [((), "is empty"), (("slow", "canary"), "no fixed twin of slow"),
                               (("slow", "slow_fixed"), "no canary"),
                               (("slow", "slow_fixed", "new", "new_fixed", "canary"), "fuzz/museum/runs.*: new")]:
            with self.assertRaisesRegex(SetupError, message):
                self.visit("slow", names)
        with self.assertRaisesRegex(SetupError, "fuzz/museum/runs.*: gone"):
            self.visit("slow", runs=RUNS + "gone 1000 oracle:heap\n")

    def test_a_line_that_cannot_be_read_is_a_set_up_error_that_names_it(self):
        for line in ["late", "late many oracle:heap", "late 0 oracle:heap", "slow 1000 oracle:heap", "late 1 oracle:heap more"]:
            with self.assertRaisesRegex(SetupError, f"runs:4: '{line}'"):
                self.visit("slow", runs=RUNS + line + "\n")


if __name__ == "__main__":
    unittest.main()
