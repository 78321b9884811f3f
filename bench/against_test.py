#!/usr/bin/env python3
"""Tests of against.py: which changes count as a difference, and in which direction."""
import unittest

import against


def row(name="session/world", unit="ns", value=1.0, ratio=None):
    return {"name": name, "unit": unit, "value": value, "reference": None, "ratio": ratio}


class Statistics(unittest.TestCase):
    def test_a12_is_a_half_for_equals_and_one_where_all_of_ours_are_above(self):
        self.assertEqual(against.a12([1, 2, 3], [1, 2, 3]), 0.5)
        self.assertEqual(against.a12([4, 5], [1, 2, 3]), 1)
        self.assertEqual(against.a12([1], [2]), 0)

    def test_mann_whitney_knows_the_textbook_s_figures(self):
        # U = 0 of 5 x 5: |12.5| - 0.5 over sqrt(25 * 11 / 12), two-sided.
        self.assertAlmostEqual(against.mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 0.01219, places=4)
        self.assertEqual(against.mann_whitney([1, 1, 1], [1, 1, 1]), 1)

    def test_order_of_rounds_does_not_matter_to_it(self):
        self.assertEqual(against.mann_whitney([3, 1, 2], [9, 7, 8]), against.mann_whitney([1, 2, 3], [7, 8, 9]))


class Verdicts(unittest.TestCase):
    def rounds(self, ours, theirs, **what):
        return [([row(value=a, **what)], [row(value=b, **what)]) for a, b in zip(ours, theirs)]

    def only(self, rounds):
        compared, only_one = against.compare(rounds)
        self.assertEqual(only_one, [])
        return compared[0]

    def test_a_cost_that_has_shrunk_is_faster_and_one_that_has_grown_slower(self):
        low, high = [100 + i for i in range(11)], [200 + i for i in range(11)]
        self.assertEqual(self.only(self.rounds(low, high))["verdict"], "faster")
        self.assertEqual(self.only(self.rounds(high, low))["verdict"], "slower")

    def test_a_speed_that_has_grown_is_faster(self):
        low, high = [100 + i for i in range(11)], [200 + i for i in range(11)]
        self.assertEqual(self.only(self.rounds(high, low, unit="MB/s"))["verdict"], "faster")

    def test_the_ratio_of_a_bytewise_feed_is_a_cost(self):
        rounds = [([row("feed/line/bytewise", "M feeds/s", 1, 1 + i / 100)],
                   [row("feed/line/bytewise", "M feeds/s", 1, 2 + i / 100)]) for i in range(11)]
        self.assertEqual(self.only(rounds)["verdict"], "faster")

    def test_noise_is_the_same(self):
        ours, theirs = [100, 103, 98, 101, 99, 102, 97, 100, 104, 96, 101], [101, 99, 102, 100, 98, 103, 97, 104, 96, 100, 102]
        self.assertEqual(self.only(self.rounds(ours, theirs))["verdict"], "same")

    def test_a_sure_difference_of_one_percent_is_not_worth_a_word(self):
        ours, theirs = [1000 + i / 10 for i in range(11)], [1010 + i / 10 for i in range(11)]
        self.assertEqual(self.only(self.rounds(ours, theirs))["verdict"], "same")

    def test_rows_that_only_one_of_the_two_has_are_named(self):
        compared, only_one = against.compare([([row("a"), row("b")], [row("b"), row("c")])])
        self.assertEqual(([entry["name"] for entry in compared], only_one), (["b"], ["a", "c"]))

    def test_the_ratio_is_compared_where_there_is_one(self):
        self.assertEqual(against.figure_of(row(value=5, ratio=0.5)), 0.5)
        self.assertEqual(against.figure_of(row(value=5)), 5)


if __name__ == "__main__":
    unittest.main()
