"""The rows campaign/... and find/... of ci/bench --against: what campaigns of two revisions cost. One harness runs the
programs of both in turns, from the same seeds and inputs. All figures are CPU time, that of child processes included."""

import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

import against
from fuzz_rows import ENVIRONMENT

SPEED_UNIT, FIND_UNIT = "executions per CPU second", "CPU s to find"
# How many executions a row campaign/... makes, and its greatest size of an input.
EXECUTIONS, MAX_LEN = 20_000, 256
SUM = "find/sum"


def scratch():
    memory = pathlib.Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else None


def launcher():
    """What runs a program with the same addresses each time, where that is allowed: libFuzzer learns from pointers, too."""
    command = ["setarch", "-R"]
    allowed = shutil.which("setarch") and subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
    return command if allowed else []


def campaign(program, options, flags, corpus=None):
    """Runs a campaign in a folder of its own. Gives its CPU seconds, its executions, its status and the end of its output."""
    with tempfile.TemporaryDirectory(dir=scratch()) as folder, tempfile.TemporaryFile() as output:
        inputs, counter = pathlib.Path(folder) / "corpus", pathlib.Path(folder) / "executions"
        if corpus is None:
            inputs.mkdir()
        else:
            shutil.copytree(corpus, inputs)
        counter.write_bytes(b"\0" * 8)
        command = [*launcher(), str(program), "fuzz", *options, "--counter", str(counter), "--findings", folder, *flags,
                   "-len_control=0", "-reload=0", "-verbosity=0", f"-artifact_prefix={folder}/", str(inputs)]
        with subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **ENVIRONMENT}) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()[-2000:].decode(errors="replace")
        executions = struct.unpack("<Q", counter.read_bytes())[0]
    return usage.ru_utime + usage.ru_stime, executions, process.returncode, said


def shipped(tree, name):
    """The dictionary and the longest input of a program, as campaigns of that tree have them: flags of libFuzzer."""
    path = tree / "teasel-scenarios" / f"{name}.json"
    manifest = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    dictionary = [f"-dict={manifest['dictionary']}"] if manifest.get("dictionary") else []
    return dictionary, [f"-max_len={manifest['max_len']}"] if manifest.get("max_len") else []


def speed_row(tree, name, corpus, seed):
    dictionary, _ = shipped(tree, name)
    seconds, executions, status, said = campaign(
        tree / "fuzz" / "targets" / name, [], [*dictionary, f"-runs={EXECUTIONS}", f"-seed={seed}", f"-max_len={MAX_LEN}"], corpus)
    if status != 0:
        raise RuntimeError(f"{tree}: {name} ended with status {status}: {said}")
    return {"name": f"campaign/{name}", "value": executions / seconds, "unit": SPEED_UNIT, "reference": None, "ratio": None}


def find_row(tree, name, executions, seed):
    """The cost of one exhibit of the museum. If it is not found, that is what its executions cost, and the row says so."""
    dictionary, longest = shipped(tree, "museum")
    seconds, ran, status, said = campaign(tree / "fuzz" / "museum" / "museum", ["--scenario", name],
                                          [*dictionary, *longest, f"-runs={executions}", f"-seed={seed}"])
    if ran == 0:
        raise RuntimeError(f"{tree}: {name} ran nothing, status {status}: {said}")
    return {"name": f"find/{name}", "value": seconds, "unit": FIND_UNIT, "reference": None, "ratio": None, "found": status != 0}


def exhibits_of(root):
    """The exhibits and their numbers of executions. The canary is no fault to look for."""
    lines = [line.split("#")[0].split() for line in (root / "fuzz" / "museum" / "runs").read_text(encoding="utf-8").splitlines()]
    return {words[0]: int(words[1]) for words in lines if words and words[0] != "canary"}


def programs_of(tree):
    folder = tree / "fuzz" / "targets"
    return {each.name for each in folder.iterdir() if each.is_file() and os.access(each, os.X_OK)} if folder.is_dir() else set()


def scenarios_of(tree):
    program = tree / "fuzz" / "museum" / "museum"
    if not program.exists():
        return set()
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line.strip()}


def chosen(root, trees, pattern):
    """The rows that both trees have and that match: functions of a tree and a seed, by name."""
    rows = {}
    for name in sorted(set.intersection(*map(programs_of, trees))):
        corpus = root / "fuzz" / "corpus" / name
        if re.search(pattern, f"campaign/{name}") and corpus.is_dir():
            rows[f"campaign/{name}"] = lambda tree, seed, name=name, corpus=corpus: speed_row(tree, name, corpus, seed)
    known = set.intersection(*map(scenarios_of, trees))
    for name, executions in exhibits_of(root).items():
        if re.search(pattern, f"find/{name}") and name in known:
            rows[f"find/{name}"] = lambda tree, seed, name=name, most=executions: find_row(tree, name, most, seed)
    return rows


def with_sum(rows):
    found = [row["value"] for row in rows if row["name"].startswith("find/")]
    total = {"name": SUM, "value": sum(found), "unit": FIND_UNIT, "reference": None, "ratio": None}
    return [*rows, total] if len(found) > 1 else rows


def compare(root, ours, theirs, pattern, rounds, log):
    """Runs all rows of both trees, one seed a round. Each tree goes first in every other round. Returns the comparisons, the
    names of rows without one, how often each tree did not find an exhibit, and what broke, by row: such a row is left out."""
    rows = chosen(root, (ours, theirs), pattern)
    measured, missed, broken = [], {}, {}
    for seed in range(1, rounds + 1):
        order = (ours, theirs) if seed % 2 else (theirs, ours)
        results = {tree: [] for tree in order}
        for name, measure in rows.items():
            if name in broken:
                continue
            try:
                pair = {tree: measure(tree, seed) for tree in order}
            except RuntimeError as error:
                broken[name] = str(error)
                log(f"{name} is left out: {broken[name]}")
                continue
            for tree, row in pair.items():
                results[tree].append(row)
                if not row.get("found", True):
                    missed.setdefault(name, [0, 0])[tree == theirs] += 1
        measured.append((results[ours], results[theirs]))
        log(f"seed {seed} of {rounds}")
    whole = [tuple(with_sum([row for row in side if row["name"] not in broken]) for side in pair) for pair in measured]
    compared, only_one = against.compare(whole)
    return compared, only_one, missed, broken


def print_missed(missed, rounds):
    for name, (ours, theirs) in sorted(missed.items()):
        print(f"{name}: not found by this tree in {ours}, by the other in {theirs} of {rounds} seeds; the figures are what "
              "looking for it cost")
