#!/usr/bin/env python3
"""Tests of how campaign.py spreads its time."""
import pathlib
import unittest

from campaign import SHORT_INPUT, arguments, museum_campaign, stints
from worker import SetupError, Target


def target(max_len):
    return Target("line", pathlib.Path("line"), "line", "", "", max_len, [])


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


class Museum(unittest.TestCase):
    def test_names_its_exhibits_at_once_when_one_is_misspelt(self):
        with self.assertRaisesRegex(SetupError, "there is no exhibit 'splt_limit'. There are:\n(.*\n)*  split_limit\n"):
            museum_campaign(arguments(["--museum", "--target", "splt_limit"]))


if __name__ == "__main__":
    unittest.main()
