#!/usr/bin/env python3
"""Tests of what writes the figures of docs/backends.md, and of the page's own claims about rows."""
import contextlib
import io
import json
import pathlib
import re
import tempfile
import unittest
from unittest import mock

import backends_page
import peers_page
import peers_page_test


class Figures(unittest.TestCase):
    def test_the_block_has_the_machine_the_tables_and_what_was_left_out(self):
        block = backends_page.figures(peers_page_test.report())
        self.assertIn("Linux 6.1", block)
        self.assertIn("revision abc123", block)
        self.assertIn("| `cpu`: us of cpu | 64x64 | 1000x16384 |\n|---|---|---|\n| teasel-epoll | 13.0 (12.6-13.4) |", block)
        self.assertIn("Left out: `timers/1000/libev`: not there.", block)

    def test_a_busy_machine_is_said(self):
        report = peers_page_test.report()
        self.assertNotIn("Other programs ran", backends_page.figures(report))
        report["machine"]["load_at_start"] = 3.0
        self.assertIn("Other programs ran", backends_page.figures(report))

    def test_only_the_block_changes_and_writing_twice_changes_nothing(self):
        page = f"a\n{backends_page.BEGIN}\nold\n{backends_page.END}\nb\n"
        once = backends_page.replace(page, "new")
        self.assertEqual(once, f"a\n{backends_page.BEGIN}\nnew\n{backends_page.END}\nb\n")
        self.assertEqual(backends_page.replace(once, "new"), once)

    def test_a_page_without_a_place_is_refused(self):
        for page in ("", backends_page.BEGIN, f"{backends_page.END}\n{backends_page.BEGIN}"):
            with self.assertRaisesRegex(ValueError, "no place for the figures"):
                backends_page.replace(page, "x")

    def test_a_report_with_a_failed_row_is_not_shown(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as said:
            page = pathlib.Path(folder) / "backends.md"
            page.write_text(f"{backends_page.BEGIN}\n{backends_page.END}\n", encoding="utf-8")
            report = pathlib.Path(folder) / "report.json"
            report.write_text(json.dumps(peers_page_test.report()), encoding="utf-8")
            with mock.patch.object(backends_page, "PAGE", page):
                self.assertEqual(backends_page.main([str(report)]), 2)
            self.assertIn("a row failed", said.getvalue())
            self.assertEqual(page.read_text(encoding="utf-8"), f"{backends_page.BEGIN}\n{backends_page.END}\n")


class Page(unittest.TestCase):
    def test_the_page_has_a_place_for_figures_and_names_the_machine_they_come_from(self):
        page = backends_page.PAGE.read_text(encoding="utf-8")
        block = page.split(backends_page.BEGIN)[1].split(backends_page.END)[0]
        self.assertRegex(block, r"^\nMeasured on .+, \d+ cores, Linux .+; revision ")

    def test_every_figure_is_explained(self):
        page = backends_page.PAGE.read_text(encoding="utf-8")
        table = page.split("| figure | what it is |")[1].split("\n\n")[0]
        named = set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE))
        self.assertEqual(named, set(peers_page.ABOUT))


if __name__ == "__main__":
    unittest.main()
