"""Where a campaign keeps what it makes: a fast folder while it runs, the build tree for ever. What
is written is whole or not there, also where a disk is full or a process is killed."""
import contextlib
import errno
import fcntl
import json
import os
import pathlib
import re
import shutil
import tempfile
import threading

MEMORY = pathlib.Path("/dev/shm")
PREFIX = "teasel-fuzz-"
# libFuzzer drops inputs in silence where it cannot write them.
LEAST_FREE = 1 << 20
# What a workspace takes in bad times. The shared memory of a container often has 64 MiB.
WORTH_BEGINNING = 32 << 20
ARTIFACT = re.compile(r"(crash|leak|timeout|oom|slow-unit)-")


class DiskFull(Exception):
    """A disk has no room. What was found before is kept."""


def no_room(error):
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def roomy(path):
    """Turns the system's error into one that says which disk, and what to do."""
    try:
        yield
    except OSError as error:
        if not no_room(error):
            raise
        raise DiskFull(full(path)) from error


def full(path):
    return f"the disk of {pathlib.Path(path).resolve()} is full: make room and run the same command again; everything found so far is kept"


def free_bytes(path):
    state = os.statvfs(path)
    return state.f_bavail * state.f_frsize


def check_room(*folders):
    """Raises DiskFull where one of the folders has no room."""
    for folder in folders:
        if free_bytes(folder) < LEAST_FREE:
            raise DiskFull(full(folder))


def is_writable(folder):
    """Whether something can be written to a folder. Makes it where it is not there."""
    try:
        with roomy(folder):
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        return False


def beside(target):
    """Where a file is made before it takes its place. Another campaign may write the same one."""
    return target.with_name(f".{target.name}.{os.getpid()}.{threading.get_ident()}.new")


def copy(source, target):
    """Copies a file: afterwards the whole file is there, or the former one."""
    temporary = beside(target)
    with roomy(target.parent):
        try:
            shutil.copyfile(source, temporary)
            os.replace(temporary, target)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def write(target, text):
    """Writes a text file: afterwards the whole text is there, or the former one."""
    temporary = beside(target)
    with roomy(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(text, encoding="utf-8")
            os.replace(temporary, target)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def write_json(target, value):
    write(target, json.dumps(value, indent=1) + "\n")


def inputs_in(folder):
    """The files of a corpus; those in folders, too. What begins with a dot is none."""
    folder = pathlib.Path(folder)
    return sorted(path for path in folder.rglob("*") if not path.name.startswith(".") and not path.is_dir()) if folder.is_dir() else []


def restore(kept, corpus):
    """Copies what earlier campaigns have kept into the corpus of this one; what lies in folders, too.
    Gives the names."""
    if kept.exists() and not kept.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(kept))
    names = set()
    for path in inputs_in(kept):
        copy(path, corpus / path.name)
        if path.parent == kept:
            names.add(path.name)
    return names


def keep(corpus, kept, seen):
    """Copies what is new in a corpus into the folder that lasts. `seen` are the names that the
    corpus had before; those that are gone from it are dropped: libFuzzer names inputs by their
    hash and replaces one by a smaller one of the same use. Adds the present names to `seen`. On a
    full disk, what fits is there nevertheless."""
    with roomy(kept):
        kept.mkdir(parents=True, exist_ok=True)
    there = {path.name for path in kept.iterdir()}
    present = {path.name for path in corpus.iterdir() if path.is_file()}
    full = None
    for name in sorted(present - there):
        try:
            copy(corpus / name, kept / name)
        except FileNotFoundError:
            pass  # libFuzzer has replaced it meanwhile
        except DiskFull as error:
            full = full or error
    if full:
        raise full
    for name in (seen - present) & there:
        (kept / name).unlink(missing_ok=True)
    seen |= present


class Workspace:
    """The campaign's folder, on tmpfs where there is one with room: a fast campaign spends a third
    of its time creating files. Its owner holds a lock, so that what a killed campaign has left can
    be told from one that runs."""

    def __init__(self, tree, memory=MEMORY):
        self.tree, self.memory = pathlib.Path(tree), memory
        parent = memory
        if not memory.is_dir() or not os.access(memory, os.W_OK) or free_bytes(memory) < WORTH_BEGINNING:
            parent = self.tree
        check_room(parent)
        with roomy(parent):
            self.path = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
            self.owner = open(self.path / "owner", "w", encoding="utf-8")  # held open, as the lock is
            fcntl.flock(self.owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.owner.write(str(self.tree))
            self.owner.flush()
        self.keeps = False

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        # What could not be brought to the build tree stays here; the next campaign brings it.
        self.keeps = self.keeps or isinstance(error, Exception)
        if not self.keeps:
            shutil.rmtree(self.path, ignore_errors=True)
        self.owner.close()


def abandoned(tree, memory=MEMORY):
    """The workspaces of campaigns in this tree that were killed or found a disk full. Those of trees
    that are gone are removed."""
    found = []
    for parent in {memory, pathlib.Path(tree)}:
        for path in sorted(parent.glob(PREFIX + "*")) if parent.is_dir() else []:
            with contextlib.suppress(OSError), open(path / "owner", encoding="utf-8") as owner:
                fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
                owned = owner.read()
                if owned == str(tree):
                    found.append(path)
                elif owned and not pathlib.Path(owned).is_dir():
                    shutil.rmtree(path, ignore_errors=True)
    return found


def recover(tree, corpora, findings, memory=MEMORY):
    """Brings what abandoned workspaces hold to where it lasts: inputs into `corpora`/<target>,
    inputs that ended a program into `findings`/<target>/recovered. Gives (workspaces, inputs,
    findings) as counts."""
    workspaces, inputs, ends = abandoned(tree, memory), 0, 0
    for workspace in workspaces:
        for corpus in sorted(workspace.glob("*/corpus")):
            kept = corpora / target_of(corpus.parent)
            before = len(inputs_in(kept))
            keep(corpus, kept, set())
            inputs += len(inputs_in(kept)) - before
        for path in sorted(workspace.glob("*/worker*/*")):
            if ARTIFACT.match(path.name) and not path.name.startswith("slow-unit-"):
                folder = findings / path.parent.parent.name / "recovered"
                with roomy(folder):
                    folder.mkdir(parents=True, exist_ok=True)
                copy(path, folder / path.name)
                ends += 1
        shutil.rmtree(workspace, ignore_errors=True)
    return len(workspaces), inputs, ends


def target_of(folder):
    """The name under which the corpus of a workspace's target is kept."""
    try:
        return (folder / "target").read_text(encoding="utf-8")
    except OSError:
        return folder.name
