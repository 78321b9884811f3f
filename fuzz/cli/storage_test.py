#!/usr/bin/env python3
"""Tests of storage.py: what is written is whole or not there, and nothing that was found is lost."""
import errno
import pathlib
import subprocess
import sys
import tempfile
import unittest

import storage
from storage import DiskFull, Workspace, abandoned, check_room, copy, inputs_in, keep, recover, restore, write

HERE = pathlib.Path(__file__).resolve().parent


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name).resolve()

    def folder(self, name, **files):
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        return folder

    def fail_with(self, number, function):
        """From now on this function of shutil or pathlib meets an error of the system."""
        def fail(*_, **__):
            raise OSError(number, "no")
        owner = storage.shutil if hasattr(storage.shutil, function) else pathlib.Path
        self.addCleanup(setattr, owner, function, getattr(owner, function))
        setattr(owner, function, fail)


class Files(Case):
    def test_a_copy_that_does_not_fit_leaves_the_former_file_and_says_what_to_do(self):
        folder = self.folder("a", new="new", old="old")
        for number in (errno.ENOSPC, errno.EDQUOT):
            self.fail_with(number, "copyfile")
            with self.assertRaisesRegex(DiskFull, "the disk of .*a is full: make room and run the same command again"):
                copy(folder / "new", folder / "old")
            self.assertEqual((folder / "old").read_text(), "old")
            self.assertEqual(len(list(folder.iterdir())), 2)

    def test_another_error_is_no_full_disk(self):
        folder = self.folder("a", new="new")
        self.fail_with(errno.EACCES, "copyfile")
        with self.assertRaises(PermissionError):
            copy(folder / "new", folder / "old")

    def test_a_text_that_does_not_fit_leaves_the_former_one(self):
        folder = self.folder("a", text="old")
        self.fail_with(errno.ENOSPC, "write_text")
        with self.assertRaises(DiskFull):
            write(folder / "text", "new")
        self.assertEqual((folder / "text").read_text(), "old")

    def test_a_text_gets_the_folders_that_it_needs(self):
        write(self.path / "a" / "b" / "text", "new")
        self.assertEqual((self.path / "a" / "b" / "text").read_text(), "new")

    def test_a_disk_without_room_is_told_before_it_is_written_to(self):
        check_room(self.path)
        self.addCleanup(setattr, storage, "LEAST_FREE", storage.LEAST_FREE)
        storage.LEAST_FREE = 1 << 62
        with self.assertRaisesRegex(DiskFull, "is full"):
            check_room(self.path)


class Corpora(Case):
    def test_what_is_new_is_kept_and_what_the_fuzzer_has_dropped_goes(self):
        corpus, kept = self.folder("corpus"), self.folder("kept", a="1", b="2")
        seen = restore(kept, corpus)
        (corpus / "a").unlink()
        (corpus / "c").write_text("3", encoding="utf-8")
        keep(corpus, kept, seen)
        self.assertEqual([path.name for path in inputs_in(kept)], ["b", "c"])

    def test_what_was_never_restored_is_not_dropped(self):
        corpus, kept = self.folder("corpus", c="3"), self.folder("kept", a="1", b="2")
        keep(corpus, kept, set())
        self.assertEqual([path.name for path in inputs_in(kept)], ["a", "b", "c"])

    def test_an_input_that_another_campaign_brought_meanwhile_stays(self):
        corpus, kept = self.folder("corpus"), self.folder("kept", a="1")
        seen = restore(kept, corpus)
        (kept / "theirs").write_text("4", encoding="utf-8")
        keep(corpus, kept, seen)
        self.assertEqual([path.name for path in inputs_in(kept)], ["a", "theirs"])

    def test_half_a_copy_is_no_input(self):
        kept = self.folder("kept", a="1")
        (kept / ".b.new").write_text("half", encoding="utf-8")
        self.assertEqual(restore(kept, self.folder("corpus")), {"a"})
        self.assertEqual([path.name for path in inputs_in(kept)], ["a"])

    def test_inputs_of_folders_in_folders_count_and_a_folder_that_is_not_there_has_none(self):
        self.folder("corpus/deep", a="1")
        self.assertEqual([path.name for path in inputs_in(self.path / "corpus")], ["a"])
        self.assertEqual(inputs_in(self.path / "nowhere"), [])


class Workspaces(Case):
    def abandon(self, name="line"):
        """A workspace whose campaign has been killed, with an input and one that ended a program."""
        script = (f"import sys; sys.path.insert(0, {str(HERE)!r})\nimport os, pathlib, signal, storage\n"
                  f"w = storage.Workspace(pathlib.Path({str(self.path)!r}), pathlib.Path({str(self.path)!r})).path\n"
                  f"(w / {name!r} / 'corpus').mkdir(parents=True)\n(w / {name!r} / 'corpus' / 'input').write_text('new')\n"
                  f"(w / {name!r} / 'target').write_text('line.framing')\n"
                  f"(w / {name!r} / 'worker0').mkdir()\n(w / {name!r} / 'worker0' / 'crash-1').write_text('!')\n"
                  "os.kill(os.getpid(), signal.SIGKILL)")
        subprocess.run([sys.executable, "-B", "-c", script], check=False)

    def test_is_gone_when_its_campaign_ends_and_stays_when_a_disk_was_full(self):
        with Workspace(self.path, self.path) as workspace:
            self.assertTrue(workspace.path.is_dir())
        self.assertFalse(workspace.path.exists())
        with self.assertRaises(DiskFull), Workspace(self.path, self.path) as workspace:
            raise DiskFull("full")
        self.assertEqual(abandoned(self.path, self.path), [workspace.path])

    def test_what_a_killed_campaign_has_left_is_brought_home(self):
        self.abandon()
        self.assertEqual(len(abandoned(self.path, self.path)), 1)
        self.assertEqual(recover(self.path, self.path / "corpus", self.path / "findings", self.path), (1, 1, 1))
        self.assertEqual((self.path / "corpus" / "line.framing" / "input").read_text(), "new")
        self.assertEqual((self.path / "findings" / "line" / "recovered" / "crash-1").read_text(), "!")
        self.assertEqual(abandoned(self.path, self.path), [])

    def test_that_of_a_campaign_that_runs_or_of_another_tree_is_left_alone(self):
        self.abandon()
        with Workspace(self.path, self.path) as mine:
            self.assertEqual([path == mine.path for path in abandoned(self.path, self.path)], [False])
        self.assertEqual(abandoned(self.path / "other", self.path), [])

    def test_that_of_a_tree_that_is_gone_goes_too(self):
        tree = self.folder("tree")
        workspace = Workspace(tree, self.path)
        workspace.owner.close()
        tree.rmdir()
        self.assertEqual(abandoned(self.path, self.path), [])
        self.assertFalse(workspace.path.exists())

    def test_where_the_memory_has_no_room_it_lies_in_the_tree(self):
        tree = self.folder("tree")
        self.addCleanup(setattr, storage, "free_bytes", storage.free_bytes)
        storage.free_bytes = lambda path: 1 << 40 if path == tree else 100
        with Workspace(tree, self.path) as workspace:
            self.assertEqual(workspace.path.parent, tree)


class Sharing(Case):
    def test_two_campaigns_do_not_make_a_file_in_the_same_place(self):
        self.addCleanup(setattr, storage.os, "getpid", storage.os.getpid)
        target = self.path / "a"
        mine = storage.beside(target)
        storage.os.getpid = lambda: 1
        self.assertNotEqual(storage.beside(target), mine)
        self.assertEqual(inputs_in(self.folder("corpus", **{mine.name: "half"})), [])

    def test_a_folder_can_be_written_to_if_it_is_one_or_can_be_made(self):
        folder = self.folder("a", file="1")
        self.assertTrue(storage.is_writable(folder))
        self.assertTrue(storage.is_writable(folder / "b" / "c"))
        for place in (folder / "file", folder / "file" / "b", pathlib.Path("/proc/nowhere")):
            self.assertFalse(storage.is_writable(place), place)

    def test_what_was_kept_in_folders_is_restored_and_what_is_no_folder_is_an_error(self):
        kept, corpus = self.folder("kept", a="1"), self.folder("corpus")
        self.folder("kept/more", b="2")
        self.assertEqual(restore(kept, corpus), {"a"})
        self.assertEqual([path.name for path in inputs_in(corpus)], ["a", "b"])
        with self.assertRaises(NotADirectoryError):
            restore(kept / "a", corpus)

if __name__ == "__main__":
    unittest.main()
