#!/usr/bin/env python3
"""Tests of ci/docs. Those that need Doxygen are skipped without it."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import pathlib
import re
import shutil
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOADER = importlib.machinery.SourceFileLoader("docs", str(ROOT / "ci" / "docs"))
docs = importlib.util.module_from_spec(importlib.util.spec_from_loader("docs", LOADER))
LOADER.exec_module(docs)

GOOD = "#pragma once\nnamespace teasel {\n/// Adds two numbers.\n/// @param a one\n/// @param b another\nint add(int a, int b);\n}\n"


def make(**headers):
    """Status, what was said, and all pages as one text, for a tree with these headers; a__b is a/b."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "docs").mkdir()
        for name in ("Doxyfile", "reference.dox"):
            shutil.copy(ROOT / "docs" / name, root / "docs" / name)
        inputs = re.search(r"^INPUT\s*=((?:.*\\\n)*.*)$", (root / "docs" / "Doxyfile").read_text(encoding="utf-8"), re.MULTILINE)
        for place in inputs.group(1).replace("\\", "").split():
            if "." not in place:
                (root / place).mkdir(parents=True)
        for name, text in headers.items():
            path = root / "framework" / "teasel" / (name.replace("__", "/") + ".hpp")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            status = docs.main(["--root", folder])
        pages = "".join(page.read_text(encoding="utf-8") for page in (root / "build" / "docs" / "html").rglob("*.html"))
        return status, said.getvalue(), pages


class WithoutDoxygen(unittest.TestCase):
    def test_it_is_skipped_and_says_which_option_brings_it(self):
        with mock.patch.dict(os.environ, PATH="/nowhere"):
            status, said, _ = make(core__add=GOOD)
        self.assertEqual(status, 77)
        self.assertEqual(said, "ci/docs: skipped: there is no doxygen; ci/install --with pages installs it\n")


@unittest.skipUnless(shutil.which("doxygen"), "there is no doxygen; ci/install --with pages installs it")
class WithDoxygen(unittest.TestCase):
    def test_what_the_comments_say_is_in_the_pages(self):
        status, said, pages = make(core__add=GOOD)
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"[1-9]\d* pages in .*/build/docs/html, 0 findings\n$")
        self.assertIn("Adds two numbers.", pages)

    def test_a_comment_that_is_wrong_is_found_with_its_line(self):
        status, said, _ = make(core__add=GOOD.replace("@param b", "@param c"))
        self.assertEqual(status, 1)
        self.assertRegex(said, r"(?m)^framework/teasel/core/add\.hpp:\d: error: argument 'c' of command @param is not found")
        status, said, _ = make(core__add=GOOD.replace("numbers", "<u>numbers"))
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"(?m)^framework/teasel/core/add\.hpp:\d: error: ")

    def test_what_is_private_is_not_in_it(self):
        status, said, pages = make(core__add=GOOD, core__detail__hidden="/// Hidden by its folder.\nint hidden();\n",
                                   core__more="namespace teasel::detail {\n/// Hidden by its namespace.\nint more();\n}\n",
                                   core__a_test_kit="/// Hidden by its name.\nint kit();\n")
        self.assertEqual(status, 0, said)
        self.assertIn("Adds two numbers.", pages)
        self.assertNotIn("Hidden by", re.sub(r"<div class=\"line\">.*", "", pages))


if __name__ == "__main__":
    unittest.main()
