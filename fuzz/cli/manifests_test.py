#!/usr/bin/env python3
"""Tests of manifests.py with stand-ins for the build and for scenario programs."""
import json
import os
import pathlib
import tempfile
import unittest

import manifests
from building import BuildError
from manifests import DEFAULTS, Programs, check_engine, check_seeds, find_tree, listed_programs, targets_of, wanted_programs
from worker import SetupError, TargetError

BUILD = pathlib.Path("tree")


def entry(name, *labels, program=None, **more):
    return {**DEFAULTS, "name": name, "program": str(program or BUILD / "fuzz" / name), "corpus": "", "dictionary": "", "max_len": 100,
            "labels": list(labels), **more}


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
        programs = Programs(BUILD, [entry(name) for name in names], print, self.steps.append, build=tree)
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

    def test_a_tree_may_be_reached_through_a_link(self):
        with tempfile.TemporaryDirectory() as folder:
            real, link = pathlib.Path(folder) / "real", pathlib.Path(folder) / "link"
            real.mkdir()
            link.symlink_to(real)
            programs = Programs(real.resolve(), [entry("line", program=link / "fuzz" / "line")], print, build=Tree({"fuzz/line"}))
            self.assertEqual(list(programs.waiting), ["fuzz/line"])

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
        self.assertEqual(self.names(["line/lines"]), ["line"])
        self.assertEqual(self.names(["museum"]), ["museum"])
        self.assertEqual(self.names(["museum", "line"]), ["line", "museum"])

    def test_a_name_that_is_none_is_refused_with_those_that_are(self):
        with self.assertRaisesRegex(SetupError, r"there is no target 'lime': is it line\? There are:\n  chat\n  line\n  museum \(museum\)"):
            self.names(["line", "lime"])


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
        self.assertEqual(self.targets("echo one; echo two", ["line/two"]), ["line/two"])

    def test_a_scenario_that_is_not_there_is_refused_with_those_that_are(self):
        with self.assertRaisesRegex(SetupError, "no target 'line/three': is it line/two\\? There are:\n  line/one\n  line/two"):
            self.targets("echo one; echo two", ["line/three"])

    def test_a_program_that_cannot_say_what_it_has_is_a_set_up_error(self):
        with self.assertRaisesRegex(TargetError, "is no scenario program: --list ends with status 1\nno"):
            self.targets("echo no >&2; exit 1")
        with self.assertRaisesRegex(TargetError, "is no scenario program: --list ends with status 0\n--list"):
            self.targets('echo "$@"')

    def test_a_program_that_is_not_there_or_cannot_be_run_is_named_with_what_to_do(self):
        with self.assertRaisesRegex(TargetError, "line: tree/fuzz/line is not there: build it"):
            targets_of(entry("line"))
        self.program.write_text("no program", encoding="utf-8")
        with self.assertRaisesRegex(TargetError, "program cannot be run .Permission denied.: build it again"):
            targets_of(entry("line", program=self.program))
        self.program.chmod(0o755)
        with self.assertRaisesRegex(TargetError, "program cannot be run .Exec format error.: build it again"):
            targets_of(entry("line", program=self.program))

    def test_a_program_that_hangs_at_start_is_named(self):
        self.addCleanup(setattr, manifests, "LIST_SECONDS", manifests.LIST_SECONDS)
        manifests.LIST_SECONDS = 0.2
        with self.assertRaisesRegex(TargetError, "program hangs at start: --list has not ended in 0.2 s"):
            self.targets("exec sleep 60")

    def test_a_folder_of_the_corpus_that_is_named_like_a_scenario_belongs_to_it(self):
        corpus = self.program.parent / "corpus"
        (corpus / "one").mkdir(parents=True)
        self.targets("echo one; echo two")
        found = targets_of(entry("line", program=self.program, corpus=str(corpus)))
        self.assertEqual([target.corpus for target in found], [str(corpus / "one"), str(corpus)])


class Inputs(unittest.TestCase):
    """What a campaign begins with."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.corpus = pathlib.Path(folder.name) / "corpus"
        program = pathlib.Path(folder.name) / "program"
        program.write_text("#!/bin/sh\necho lines\n", encoding="utf-8")
        program.chmod(0o755)
        self.target = targets_of(entry("line", program=program, corpus=str(self.corpus)))[0]

    def test_must_be_there_if_they_were_promised(self):
        with self.assertRaisesRegex(TargetError, "line: the corpus .* is not there: mend it, or take CORPUS out"):
            check_seeds(self.target)
        self.corpus.mkdir()
        with self.assertRaisesRegex(TargetError, "line: the corpus .* has no input: mend it"):
            check_seeds(self.target)
        (self.corpus / "folder").mkdir()
        (self.corpus / "folder" / "one").touch()
        check_seeds(self.target)

    def test_must_be_readable(self):
        self.corpus.mkdir()
        (self.corpus / "gone").symlink_to(self.corpus / "nowhere")
        with self.assertRaisesRegex(TargetError, "an input that cannot be read, gone .No such file or directory.: mend or remove it"):
            check_seeds(self.target)

    def test_must_be_files(self):
        self.corpus.mkdir()
        os.mkfifo(self.corpus / "pipe")
        with self.assertRaisesRegex(TargetError, "line: the corpus .* has something that is no file, pipe: mend it, or remove that"):
            check_seeds(self.target)

    def test_come_with_a_dictionary_that_must_be_there_if_it_was_promised(self):
        self.target.corpus, dictionary = "", self.corpus.parent / "words"
        self.target.dictionary = str(dictionary)
        for text in (None, "", "word"):
            if text is not None:
                dictionary.write_text(text, encoding="utf-8")
            if text:
                check_seeds(self.target)
            else:
                with self.assertRaisesRegex(TargetError, "line: the dictionary .*words is not there or empty: mend it, or take DICTIONARY out"):
                    check_seeds(self.target)

    def test_are_not_needed_where_none_were_promised(self):
        self.target.corpus = ""
        check_seeds(self.target)


class Trees(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = pathlib.Path(folder.name).resolve() / "build" / "mine"
        (self.tree / "teasel-scenarios").mkdir(parents=True)
        self.addCleanup(os.chdir, os.getcwd())
        self.addCleanup(os.environ.pop, "TEASEL_BUILD", None)

    def manifest(self, text):
        (self.tree / "teasel-scenarios" / "line.json").write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")

    def test_one_that_is_named_near_or_the_launcher_s_own_is_found(self):
        self.manifest(entry("line"))
        self.assertEqual(find_tree(str(self.tree)), self.tree)
        for folder in (self.tree, self.tree.parent.parent):
            os.chdir(folder)
            self.assertEqual(find_tree(None), self.tree)
        os.chdir("/")
        os.environ["TEASEL_BUILD"] = str(self.tree)
        self.assertEqual(find_tree(None), self.tree)

    def test_one_without_manifests_is_refused_and_told_what_makes_them(self):
        with self.assertRaisesRegex(SetupError, "mine has no scenario programs: no teasel-scenarios/..json. .*teasel_add_scenarios"):
            find_tree(str(self.tree))
        with self.assertRaisesRegex(SetupError, "there is no build tree .*nowhere"):
            find_tree(str(self.tree / "nowhere"))
        os.chdir(self.tree)
        with self.assertRaisesRegex(SetupError, "say --build DIR"):
            find_tree(None)

    def test_a_manifest_that_is_none_is_named(self):
        for text in ("{", "[]", '{"name": "line"}', {**entry("line"), "max_len": "many"}, {**entry("line"), "version": "1"},
                     {**entry("line"), "sources": "a.cpp"}, {**entry("line"), "libraries": ["a"]}):
            self.manifest(text)
            with self.assertRaisesRegex(SetupError, "line.json .*: configure the tree again"):
                listed_programs(self.tree)
        self.manifest({**entry("line"), "version": 99})
        with self.assertRaisesRegex(SetupError, "was written by a newer Teasel"):
            listed_programs(self.tree)

    def test_a_program_without_libfuzzer_is_no_target_and_says_how_to_make_one(self):
        check_engine(entry("line"))
        with self.assertRaisesRegex(TargetError, "line: is built without libFuzzer.*-DTEASEL_FUZZ_ENGINE=libfuzzer"):
            check_engine(entry("line", engine="replay"))


if __name__ == "__main__":
    unittest.main()
