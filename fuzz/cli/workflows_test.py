#!/usr/bin/env python3
"""Tests of workflows/: files that work by copy. Their commands have the options that they use, and they may do what they do."""
import pathlib
import re
import shlex
import unittest

import commands

FILES = sorted((pathlib.Path(__file__).resolve().parent / "workflows").glob("*.yml"))


def lines_of(text, begin):
    return [line.strip().removeprefix("- run: ") for line in text.splitlines() if line.strip().startswith(f"- run: {begin}")]


class Workflows(unittest.TestCase):
    def test_there_is_one_for_pull_requests_and_one_for_nights(self):
        self.assertEqual([path.stem for path in FILES], ["teasel-nightly", "teasel-pull-request"])

    def each(self):
        for path in FILES:
            with self.subTest(file=path.name):
                yield path.read_text(encoding="utf-8")

    def test_their_commands_are_those_of_the_program(self):
        for text in self.each():
            calls = lines_of(text, "build/fuzz/teasel-scenarios/teasel")
            self.assertEqual(len(calls), 1)
            options = commands.parser_of().parse_args(shlex.split(calls[0].replace("${{ github.base_ref }}", "main"))[1:])
            self.assertTrue(options.sarif and options.junit and options.markdown and options.seconds)

    def test_what_they_show_and_upload_is_what_the_campaign_writes(self):
        for text in self.each():
            for name in re.findall(r"\bfuzz\.(?:sarif|xml|md)\b", text):
                self.assertRegex(text, rf"--(sarif|junit|markdown) {re.escape(name)}\b")
            self.assertIn("sarif_file: fuzz.sarif", text)
            self.assertIn("build/fuzz/findings", text)

    def test_may_upload_sarif_and_nothing_else(self):
        for text in self.each():
            permissions = re.search(r"^permissions:\n((?: +.*\n)+)", text, re.MULTILINE).group(1)
            self.assertEqual(re.findall(r"([\w-]+): (\w+)", permissions), [("contents", "read"), ("security-events", "write")])

    def test_reports_are_shown_also_after_a_finding(self):
        for text in self.each():
            for step in re.split(r"\n      - ", text):
                if step.startswith(("uses: github/codeql-action/upload-sarif", "run: cat fuzz.md")):
                    self.assertIn("if: always()", step)

    def test_a_pull_request_sees_the_history_and_only_what_it_touches(self):
        text = FILES[1].read_text(encoding="utf-8")
        self.assertIn("fetch-depth: 0", text)
        self.assertIn('--since "origin/${{ github.base_ref }}"', text)
        self.assertNotIn("actions/cache/save", text)

    def test_a_night_goes_on_with_the_corpus_of_the_night_before(self):
        text = FILES[0].read_text(encoding="utf-8")
        saved = re.search(r"uses: actions/cache/save@v4\n +if: always\(\)\n +with:\n +path: (\S+)\n +key: (\S+)\$", text)
        restored = re.search(r"uses: actions/cache/restore@v4\n +with:\n +path: (\S+)\n.*\n +restore-keys: (\S+)\n", text)
        self.assertEqual(saved.groups(), restored.groups())
        self.assertIn("concurrency:", text)


if __name__ == "__main__":
    unittest.main()
