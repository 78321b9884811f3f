#!/usr/bin/env python3
"""Tests of how schedule.py spreads a campaign's time, with shell scripts in the place of scenario
programs."""
import pathlib
import tempfile
import threading
import time
import unittest

import schedule
from schedule import SHORT_INPUT, Campaign, plans, plans_by_executions, rest_of, stints
from worker import Run, SetupError, Target, TargetError

# Counts 1000 executions and ends when its time is over.
PROGRAM = r"""#!/bin/sh
for word; do
  case $word in
    -max_total_time=*) seconds=${word#*=} ;;
  esac
  [ "$last" != --counter ] || counter=$word
  last=$word
done
printf '\350\003\000\000\000\000\000\000' | dd of="$counter" conv=notrunc status=none
exec sleep "$seconds"
"""


def target(max_len, name="line"):
    return Target(name, pathlib.Path("line"), name, "", "", max_len, [])


class FakeRun:
    def __init__(self, name):
        self.target = target(4096, name)


def time_of(plan):
    return sum(seconds for seconds, _ in plan[2])


class Stints(unittest.TestCase):
    def test_use_up_the_time_of_the_worker(self):
        for value_profile in (None, 0, 1):
            self.assertAlmostEqual(sum(seconds for seconds, _ in stints(target(4096), 60, value_profile)), 60)

    def test_begin_with_short_inputs_and_end_with_those_of_the_target(self):
        for value_profile in (None, 0, 1):
            first, *rest = stints(target(4096), 60, value_profile)
            self.assertIn(f"-max_len={SHORT_INPUT}", first[1])
            self.assertFalse([flag for _, flags in rest for flag in flags if flag.startswith("-max_len")])

    def test_never_go_beyond_the_target_s_longest_input(self):
        self.assertIn("-max_len=100", stints(target(100), 60)[0][1])

    def test_of_a_lone_worker_look_at_compared_values_last(self):
        uses = ["-use_value_profile=1" in flags for _, flags in stints(target(4096), 60)]
        self.assertEqual(uses, [False, False, True])


class Plans(unittest.TestCase):
    def test_each_program_has_the_same_time_whenever_it_is_ready(self):
        for programs, jobs in ((15, 2), (3, 3), (7, 1)):
            for number in range(programs):
                self.assertAlmostEqual(sum(map(time_of, plans([FakeRun("a")], number, programs, 60, jobs))), 60 * jobs / programs)

    def test_the_targets_of_a_program_share_its_time(self):
        shares = [time_of(plan) for plan in plans([FakeRun("a"), FakeRun("b")], 0, 10, 60, 2)]
        self.assertEqual(shares, [6, 6])

    def test_all_jobs_are_used_when_there_are_more_than_programs(self):
        for programs, jobs in ((2, 5), (1, 4), (3, 4)):
            workers = [plan for number in range(programs) for plan in plans([FakeRun(str(number))], number, programs, 60, jobs)]
            self.assertEqual([time_of(plan) for plan in workers], [60] * jobs)

    def test_workers_of_one_target_have_numbers_of_their_own_and_differ_in_how_they_look_at_values(self):
        one = plans([FakeRun("a")], 0, 1, 60, 3)
        self.assertEqual([number for _, number, _ in one], [0, 1, 2])
        self.assertEqual([stints_of_it[0][1][-1] for _, _, stints_of_it in one],
                         ["-use_value_profile=0", "-use_value_profile=1", "-use_value_profile=0"])

    def test_more_jobs_than_programs_but_fewer_than_targets_share_too(self):
        shares = [time_of(plan) for plan in plans([FakeRun(name) for name in "abcd"], 0, 1, 60, 2)]
        self.assertEqual(shares, [30] * 4)


    def test_each_target_has_its_executions_however_many_workers_share_them(self):
        for programs, jobs, targets in ((1, 4, 1), (3, 2, 2), (2, 5, 2), (1, 4, 3)):
            runs = [FakeRun(str(number)) for number in range(targets)]
            made = plans_by_executions(runs, 0, programs, jobs, lambda run: 1000)
            for run in runs:
                self.assertAlmostEqual(sum(time_of(plan) for plan in made if plan[0] is run), 1000)

    def test_what_is_used_up_is_left_out_from_the_beginning(self):
        all_stints = [(30, ["a"]), (30, ["b"]), (40, ["c"])]
        self.assertEqual(rest_of(all_stints, 0), all_stints)
        self.assertEqual(rest_of(all_stints, 0.5), [(10, ["b"]), (40, ["c"])])
        self.assertEqual(rest_of(all_stints, 0.6), [(40, ["c"])])
        self.assertEqual(rest_of(all_stints, 1), [])


class Campaigns(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.kept = []

    def run_of(self, name, text=PROGRAM):
        program = self.path / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        return Run(Target(name, program, name, "", "", 100, []), self.path / "work", self.path / "findings", set())

    def campaign(self, programs, seconds, jobs, executions=None):
        return Campaign(programs, seconds, jobs, lambda run: self.kept.append(run.target.name), executions)

    def test_the_first_program_is_fuzzed_while_the_second_is_still_being_built(self):
        campaign = self.campaign(2, 8, 1)
        seen = []

        def build():
            campaign.add([self.run_of("first")])
            while not seen:
                time.sleep(0.01)
            campaign.add([self.run_of("second")])
            campaign.close()
        threading.Thread(target=build, daemon=True).start()
        campaign.execute(lambda: seen.append(1) if campaign.runs and campaign.runs[0].executions() else None)
        self.assertEqual([run.executions() >= 1000 for run in campaign.runs], [True, True])
        self.assertEqual(self.kept, ["first", "second"])

    def test_it_waits_for_programs_and_ends_when_it_is_closed(self):
        campaign = self.campaign(1, 1, 2)
        threading.Timer(0.3, campaign.close).start()
        campaign.execute(lambda: None)
        self.assertEqual(campaign.state(), "0 of 1 targets done")

    def test_its_state_names_what_runs_and_counts_what_is_done(self):
        campaign = self.campaign(2, 3, 1)
        campaign.add([self.run_of("first")])
        campaign.add([self.run_of("second")])
        campaign.close()
        states = []
        campaign.execute(lambda: states.append(campaign.state()))
        self.assertTrue(any(state.startswith("0 of 2 targets done, now first ") for state in states), states)
        self.assertTrue(any(state.startswith("1 of 2 targets done, now second ") for state in states), states)
        self.assertEqual(campaign.state(), "2 of 2 targets done")

    def test_a_build_that_fails_ends_it_with_the_error(self):
        campaign = self.campaign(2, 600, 1)
        campaign.add([self.run_of("first")])
        threading.Timer(0.5, campaign.fail, [SetupError("no build")]).start()
        began = time.monotonic()
        with self.assertRaisesRegex(SetupError, "no build"):
            campaign.execute(lambda: None)
        self.assertLess(time.monotonic() - began, 30)

    def test_an_error_of_any_kind_in_a_worker_ends_it_with_that_error(self):
        campaign = self.campaign(1, 600, 1)
        run = self.run_of("first")
        run.ignored = 7  # no list: making the command line fails with a TypeError
        campaign.add([run])
        campaign.close()
        with self.assertRaises(TypeError):
            campaign.execute(lambda: None)

    def test_by_executions_each_target_has_its_own(self):
        campaign = self.campaign(2, None, 2, lambda run: {"first": 2000, "second": 5000}[run.target.name])
        for name in ("first", "second"):
            campaign.add([self.run_of(name, PROGRAM.replace('exec sleep "$seconds"', ""))])
        campaign.close()
        campaign.execute(lambda: None)
        self.assertEqual([run.executions() for run in campaign.runs], [3000, 6000])  # whole thousands for each of three stints
        self.assertTrue(campaign.is_complete())

    def test_by_executions_the_seconds_are_the_most(self):
        campaign = self.campaign(1, 0.5, 1, lambda run: 1 << 40)
        campaign.add([self.run_of("first", PROGRAM.replace("$seconds", "60"))])
        campaign.close()
        campaign.execute(lambda: None)
        self.assertTrue(campaign.out_of_time)
        self.assertFalse(campaign.is_complete())

    def test_one_that_is_resumed_has_what_is_left(self):
        campaign = self.campaign(1, None, 1, lambda run: 10000)
        run = self.run_of("first", PROGRAM.replace('exec sleep "$seconds"', ""))
        run.used, run.planned = 4500, 5000  # of another budget: nine tenths
        campaign.add([run])
        campaign.close()
        campaign.execute(lambda: None)
        self.assertEqual((run.executions(), run.used), (1000, 10000))

    def test_a_target_that_cannot_be_fuzzed_is_named_and_the_others_are_fuzzed(self):
        campaign = self.campaign(2, 2, 1)
        campaign.add([self.run_of("broken", "#!/bin/sh\nexit 3\n")])
        campaign.add([self.run_of("whole")])
        campaign.close()
        campaign.execute(lambda: None)
        self.assertEqual([run.executions() >= 1000 for run in campaign.runs], [False, True])
        self.assertRegex(campaign.target_errors[0], "broken: .*/broken ended with status 3 and no finding, and said last: nothing. Run it by hand: ")
        self.assertFalse(campaign.is_complete())

    def test_a_target_whose_two_workers_cannot_fuzz_it_is_named_once(self):
        campaign = self.campaign(1, 2, 2)
        campaign.add([self.run_of("broken", "#!/bin/sh\nexit 3\n")])
        campaign.close()
        campaign.execute(lambda: None)
        self.assertEqual(len(campaign.target_errors), 1)
        campaign.give_up(TargetError("broken: no"), campaign.runs[0])
        self.assertEqual(len(campaign.target_errors), 1)

    def test_what_a_target_has_made_is_kept_while_it_runs(self):
        self.addCleanup(setattr, schedule, "KEEP_SECONDS", schedule.KEEP_SECONDS)
        schedule.KEEP_SECONDS = 0.2
        campaign = self.campaign(1, 2, 1)
        campaign.add([self.run_of("first")])
        campaign.close()
        campaign.execute(lambda: None)
        self.assertGreaterEqual(len(self.kept), 3)

    def test_an_error_while_it_is_kept_or_told_ends_it(self):
        for broken in ("keep", "news"):
            campaign = Campaign(1, 600, 1, (lambda run: 1 / 0) if broken == "keep" else lambda run: None)
            campaign.add([self.run_of(broken, "#!/bin/sh\nexit 3\n" if broken == "keep" else PROGRAM)])
            campaign.close()
            with self.assertRaises(ZeroDivisionError):
                campaign.execute((lambda: 1 / 0) if broken == "news" else lambda: None)

    def test_one_that_is_stopped_ends_though_nothing_was_added_yet(self):
        campaign = self.campaign(2, 600, 2)
        threading.Timer(0.2, campaign.stop.set).start()
        campaign.execute(lambda: None)
        self.assertEqual(self.kept, [])


if __name__ == "__main__":
    unittest.main()
