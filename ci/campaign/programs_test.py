#!/usr/bin/env python3
"""Tests of programs.py with a stand-in for the build."""
import pathlib
import tempfile
import unittest

from programs import BUILD, BuildError, Programs, targets_of, wanted_programs
from worker import SetupError


def entry(name, *labels, program=None):
    return {"name": name, "program": str(program or BUILD / "fuzz" / name), "corpus": "", "dictionary": "", "max_len": 100,
            "labels": list(labels)}


class Tree:
    """A build that says these things, and fails if it is to. What begins with FAILED is the failure
    of the command before it."""

    def __init__(self, unfinished, said=(), fails=False):
        self.unfinished, self.said, self.fails = unfinished, said, fails
        self.stopped, self.programs = False, None

    def unfinished_programs(self):
        return self.unfinished

    def run(self, apart):
        for number, what in enumerate(self.said, 1):
            if what.startswith("FAILED"):
                self.programs.failed(what)
            else:
                self.programs.step(number, len(self.said), what)
        if self.fails:
            raise BuildError("no")


class Building(unittest.TestCase):
    def build(self, tree, names=("chat", "line")):
        self.ready, self.steps = [], []
        programs = Programs([entry(name) for name in names], print, self.steps.append, tree)
        tree.programs = programs
        programs.build(lambda each: self.ready.append((each["name"], programs.steps)), apart=True)
        return programs

    def test_a_program_that_is_up_to_date_is_ready_before_the_build(self):
        self.build(Tree({"fuzz/line"}, ["Linking CXX executable fuzz/line"]))
        self.assertEqual(self.ready, [("chat", ""), ("line", "")])

    def test_a_program_is_ready_when_the_command_after_its_link_has_ended(self):
        tree = Tree({"fuzz/chat", "fuzz/line"}, ["Linking CXX executable fuzz/line", "Building CXX object a.o",
                                                 "Building CXX object b.o", "Linking CXX executable fuzz/chat"])
        self.build(tree)
        self.assertEqual(self.ready, [("line", "2/4"), ("chat", "")])
        self.assertEqual(self.steps, ["1/4", "2/4", "3/4", "4/4"])

    def test_nothing_is_taken_for_built_where_ninja_cannot_tell(self):
        with self.assertRaises(BuildError):
            self.build(Tree(None, fails=True))
        self.assertEqual(self.ready, [])

    def test_a_link_that_fails_makes_nothing_ready(self):
        with self.assertRaises(BuildError):
            self.build(Tree({"fuzz/chat", "fuzz/line"}, ["Linking CXX executable fuzz/line"], fails=True))
        self.assertEqual(self.ready, [])

    def test_a_link_that_fails_makes_nothing_ready_though_another_command_ends_after_it(self):
        with self.assertRaises(BuildError):
            self.build(Tree({"fuzz/chat", "fuzz/line"}, ["Linking CXX executable fuzz/line", "FAILED: fuzz/line",
                                                         "Building CXX object a.o"], fails=True))
        self.assertEqual(self.ready, [])

    def test_a_build_that_was_stopped_makes_nothing_more_ready(self):
        tree = Tree({"fuzz/chat", "fuzz/line"})
        tree.stopped = True
        self.build(tree)
        self.assertEqual(self.ready, [])


class Choosing(unittest.TestCase):
    ALL = [entry("chat"), entry("line"), entry("museum", "museum")]

    def names(self, chosen):
        return [each["name"] for each in wanted_programs(self.ALL, chosen, lambda each: "museum" not in each["labels"])]

    def test_all_that_are_wanted_or_the_one_that_was_named(self):
        self.assertEqual(self.names(None), ["chat", "line"])
        self.assertEqual(self.names("line/lines"), ["line"])
        self.assertEqual(self.names("museum"), ["museum"])

    def test_a_name_that_is_none_is_refused_with_those_that_are(self):
        with self.assertRaisesRegex(SetupError, r"there is no target 'lime'. There are:\n  chat\n  line\n  museum \(museum\)"):
            self.names("lime")


class Targets(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.program = pathlib.Path(folder.name) / "program"

    def targets(self, script, chosen=None):
        self.program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        self.program.chmod(0o755)
        return [target.name for target in targets_of(entry("line", program=self.program), chosen)]

    def test_are_named_as_the_program_or_with_the_scenario_if_there_are_several(self):
        self.assertEqual(self.targets("echo lines  what it is"), ["line"])
        self.assertEqual(self.targets("echo one; echo two"), ["line/one", "line/two"])
        self.assertEqual(self.targets("echo one; echo two", "line/two"), ["line/two"])

    def test_a_scenario_that_is_not_there_is_refused_with_those_that_are(self):
        with self.assertRaisesRegex(SetupError, "no target 'line/three'. There are:\n  line/one\n  line/two"):
            self.targets("echo one; echo two", "line/three")

    def test_a_program_that_cannot_say_what_it_has_is_a_set_up_error(self):
        with self.assertRaisesRegex(SetupError, "--list: status 1\nno"):
            self.targets("echo no >&2; exit 1")


if __name__ == "__main__":
    unittest.main()
