#!/usr/bin/env python3
"""Tests of progress.py with a clock of their own."""
import io
import unittest

from progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Lines(unittest.TestCase):
    def setUp(self):
        self.now = 0.0

    def progress(self, stream):
        return Progress(3, stream, clock=lambda: self.now)

    def test_elsewhere_than_on_a_terminal_a_step_begins_with_a_line(self):
        stream = io.StringIO()
        self.progress(stream).step("building build/gcc")
        self.assertEqual(stream.getvalue(), "[1/3] building build/gcc\n")

    def test_elsewhere_a_line_comes_every_ten_seconds_however_often_there_is_news(self):
        stream = io.StringIO()
        progress = self.progress(stream)
        progress.step("building")
        for second in range(1, 26):
            self.now = float(second)
            progress.update(f"{second}/930")
        self.assertEqual(stream.getvalue().splitlines(),
                         ["[1/3] building", "[1/3] building 10/930, 10 s", "[1/3] building 20/930, 20 s"])

    def test_elsewhere_a_line_comes_every_ten_seconds_without_news_too(self):
        stream = io.StringIO()
        progress = self.progress(stream)
        progress.step("testing")
        for second in range(1, 12):
            self.now = float(second)
            progress.tick()
        self.assertEqual(stream.getvalue().splitlines()[1:], ["[1/3] testing, 10 s"])

    def test_on_a_terminal_one_line_is_written_over_and_over(self):
        stream = Terminal()
        progress = self.progress(stream)
        progress.step("building")
        for done in range(5):
            progress.update(f"{done}/4")
            progress.tick()
        self.assertNotIn("\n", stream.getvalue())
        self.assertTrue(stream.getvalue().endswith("\r\x1b[K[1/3] building 4/4"))

    def test_on_a_terminal_the_line_is_never_wider_than_the_terminal(self):
        stream = Terminal()
        self.progress(stream).step("x" * 5000)
        self.assertLess(len(stream.getvalue()), 1000)

    def test_what_is_said_stays_and_the_line_makes_room(self):
        stream = Terminal()
        progress = self.progress(stream)
        progress.step("testing")
        progress.say("Queue.Grows failed")
        self.assertTrue(stream.getvalue().endswith("\r\x1b[KQueue.Grows failed\n"))
        progress.tick()
        self.assertTrue(stream.getvalue().endswith("\n\r\x1b[K[1/3] testing"))

    def test_the_line_is_gone_at_the_end(self):
        stream = Terminal()
        with self.progress(stream) as progress:
            progress.step("testing")
        self.assertTrue(stream.getvalue().endswith("\r\x1b[K"))

    def test_nothing_follows_what_is_said_after_the_last_step(self):
        for stream in (Terminal(), io.StringIO()):
            progress = self.progress(stream)
            progress.step("testing")
            progress.finish()
            progress.say("100% tests passed")
            self.now += 60
            progress.tick()
            self.assertTrue(stream.getvalue().endswith("100% tests passed\n"))

    def test_nothing_is_shown_before_the_first_step(self):
        stream = Terminal()
        self.progress(stream).tick()
        self.assertEqual(stream.getvalue(), "")


if __name__ == "__main__":
    unittest.main()
