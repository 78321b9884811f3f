#!/usr/bin/env python3
"""Tests of the page of ci/bench --peers, as text and in a headless Chromium. They measure nothing.
With --picture FOLDER REPORT.json: only makes pictures of a report's page there, to look at."""
import contextlib
import io
import json
import pathlib
import re
import sys
import tempfile
import unittest

import chromium
import peers
import peers_page

BACKENDS = ["teasel-epoll", "teasel-io_uring", "raw-epoll", "asio", "asio-coroutines", "libuv-try"]


def report():
    rows = []
    for figure, shape in (("cpu", "64x64"), ("cpu", "1000x16384"), ("p99", "64x64@10000"), ("timers-early", "1000")):
        for place, backend in enumerate(BACKENDS):
            samples = [0.0] * 11 if figure == "timers-early" and place < 2 else [12.5 * (place + 1) + round / 10 for round in range(11)]
            rows.append({"name": f"{figure}/{shape}/{backend}", "figure": figure, "shape": shape, "backend": backend,
                         "unit": f"us of {figure}", "less_is_better": True, "samples": samples})
    return {"machine": {"cpu": "A CPU with <angles> & a long name that has to be wrapped somewhere", "cores": 2, "kernel": "6.1",
                        "compiler": "g++ 12", "flags": "-O3", "load_at_start": 0.1, "revision": "abc123"},
            "versions": {"asio": "asio 1.22.1", "raw-epoll": ""}, "rounds": 11, "rows": peers.summarize(rows),
            "skipped": [{"name": "cpu/1000x16384/raw-select", "why": "it cannot watch more than 1016 connections (FD_SETSIZE)"},
                        {"name": "timers/1000/libev", "why": "not there"}],
            "failed": [{"name": "noisy/100x1024/liar", "why": "the server sent other bytes than it got"}]}


class Text(unittest.TestCase):
    def test_it_has_the_machine_the_versions_and_how_to_repeat_it(self):
        page = peers_page.make(report())
        for part in ("A CPU with &lt;angles&gt; &amp; a long name", "Linux 6.1", "asio 1.22.1", "ci/bench --peers --rounds 11",
                     "abc123"):
            self.assertIn(part, page)

    def test_rows_that_were_left_out_and_rows_that_failed_have_their_reasons(self):
        page = peers_page.make(report())
        self.assertIn("cpu/1000x16384/raw-select: left out: it cannot watch more than 1016 connections", page)
        self.assertIn("timers/1000/libev: left out: not there", page)
        self.assertIn("noisy/100x1024/liar: the server sent other bytes than it got", page)

    def test_a_bar_ends_at_the_median_and_the_interval_lies_around_it(self):
        row = {"backend": "raw-poll", "value": 20.0, "low": 15.0, "high": 30.0}
        plot = peers_page.plot(row, 40.0)
        self.assertIn('class="bar raw" x="0" y="3" width="500.0"', plot)
        self.assertIn('x1="375.0" x2="750.0"', plot)

    def test_a_row_of_few_rounds_has_a_bar_and_no_interval(self):
        self.assertNotIn("span", peers_page.plot({"backend": "asio", "value": 1.0, "low": None, "high": None}, 1.0))

    def test_the_report_of_somebodys_own_program_names_that_program_and_its_reference(self):
        page = peers_page.make({**report(), "program": "line_bench", "reference": "io_uring:none"})
        self.assertIn("line_bench --rounds 11 --json report.json", page)
        self.assertIn("n × the ratio to io_uring:none", page)
        self.assertNotIn("ci/bench", page)
        self.assertEqual([peers_page.family(name) for name in ("io_uring:none", "plain-echo", "libuv")], ["teasel", "raw", "library"])

    def test_what_is_no_report_is_refused_in_one_line(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as said:
            path = pathlib.Path(folder) / "a.json"
            path.write_text("{}", encoding="utf-8")
            self.assertEqual(peers_page.main([str(path), str(path)]), 2)
            self.assertEqual(peers_page.main([str(path)]), 2)
        self.assertEqual(said.getvalue().splitlines(), [f"bench/peers_page.py: {path}: this is no report of ci/bench --peers --json",
                                                        "usage: bench/peers_page.py REPORT.json PAGE.html"])

    def test_nothing_in_it_is_fetched(self):
        self.assertEqual(re.findall(r"https?://|src=|@import|url\(", peers_page.make(report())), [])


@unittest.skipUnless(chromium.find(), "there is no Chromium (ci/install --with browser)")
class InChromium(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.page = pathlib.Path(cls.folder.name) / "page.html"
        cls.page.write_text(peers_page.make(report()), encoding="utf-8")
        cls.browser = chromium.Chromium(chromium.find()).__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.folder.cleanup()

    def each(self):
        for width in (1280, 400):
            for dark in (False, True):
                with self.subTest(width=width, dark=dark):
                    self.browser.open(self.page, width, dark)
                    yield width

    def test_it_opens_without_an_error_and_asks_for_nothing(self):
        for _ in self.each():
            browser = self.browser
            self.assertEqual(browser.happened("Runtime.consoleAPICalled") + browser.happened("Runtime.exceptionThrown")
                             + browser.happened("Log.entryAdded"), [])
            asked = [request["request"]["url"] for request in browser.happened("Network.requestWillBeSent")]
            self.assertEqual([url for url in asked if not url.startswith("data:")], [self.page.resolve().as_uri()])

    def test_nothing_is_wider_than_the_window(self):
        wider = "[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML)"
        for width in self.each():
            self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), width)
            self.assertEqual(self.browser.evaluate(wider), [])

    def test_every_row_is_there_as_text_with_its_figure(self):
        for _ in self.each():
            for row in report()["rows"]:
                said = self.browser.evaluate(f"document.getElementById({json.dumps(row['name'])}).innerText")
                self.assertIn(row["backend"], said)
                self.assertIn(peers.number(row["value"]), said)
                self.assertIn(f"[{peers.bounds(row['low'], row['high'])}]", said)

    def test_plots_are_wide_enough_to_read(self):
        for width in self.each():
            narrowest = self.browser.evaluate("Math.min(...[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().width))")
            self.assertGreater(narrowest, 150, width)

    def test_light_and_dark_are_two_papers(self):
        paper = "getComputedStyle(document.body).backgroundColor"
        self.browser.open(self.page, 400, dark=False)
        light = self.browser.evaluate(paper)
        self.browser.open(self.page, 400, dark=True)
        self.assertNotEqual(light, self.browser.evaluate(paper))


def pictures(folder, report_file):
    page = pathlib.Path(folder) / "page.html"
    page.write_text(peers_page.make(json.loads(pathlib.Path(report_file).read_text(encoding="utf-8"))), encoding="utf-8")
    with chromium.Chromium(chromium.find()) as browser:
        for width in (1280, 400):
            for dark in (False, True):
                browser.open(page, width, dark)
                browser.screenshot(pathlib.Path(folder) / f"{width}{'-dark' if dark else ''}.png", height=1400)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--picture"]:
        pictures(*sys.argv[2:])
    else:
        unittest.main(verbosity=2)  # names the reason of a skip
