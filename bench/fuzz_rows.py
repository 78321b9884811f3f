"""The rows fuzz/<protocol>/...: what a world costs a campaign. Two libFuzzer programs are measured in turns."""

import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile

UNIT = "executions per CPU second"
RUNS = 200_000
# Both programs get the same limit. Without it, the world goes on to inputs five times as long, because it has more to find.
MAX_LEN = 128
# The environment in which ci/fuzz runs its campaigns.
ENVIRONMENT = {"ASAN_OPTIONS": "malloc_context_size=4:detect_stack_use_after_return=0:quarantine_size_mb=16"}
TREES = {"": "", "-asan": "address"}  # the suffix of the rows and of the build tree, and its sanitizers
# The first row uses libFuzzer's own mutations for both programs. In the second, the world uses its own mutator, as in ci/fuzz.
COMPARISONS = {"world-vs-direct": ["--mutator", "bytes"], "campaign-vs-direct": ["--mutator", "messages"]}


def row_names():
    return [f"fuzz/line/{comparison}{suffix}" for suffix in TREES for comparison in COMPARISONS]


def build(root, suffix, run):
    """Builds the two programs of one tree and returns their paths. `run(command, what)` raises when the command fails."""
    tree = root / "build" / f"bench-fuzz{suffix}"
    run(["cmake", "--preset", "fuzz", "-B", str(tree), "-DTEASEL_BUILD_BENCH=ON", "-DTEASEL_WERROR=OFF",
         f"-DTEASEL_SANITIZE={TREES[suffix]}"], f"configuring {tree.name}")
    run(["cmake", "--build", str(tree), "--target", "line", "line_direct"], f"building {tree.name}")
    return tree / "fuzz" / "targets" / "line", tree / "bench" / "line_direct"


def cpu_seconds(command):
    """Runs a program and returns its user and system time."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **ENVIRONMENT})
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            output.seek(0)
            raise RuntimeError(f"{command[0]} failed: {output.read()[-2000:].decode(errors='replace')}")
    return usage.ru_utime + usage.ru_stime


def executions_per_second(command, corpus, seed, scratch):
    """Runs a campaign of RUNS executions and returns its speed. The campaign starts from a fresh copy of the corpus, which is
    in memory if that is possible."""
    copy = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    try:
        shutil.copytree(corpus, copy / "corpus")
        flags = [f"-runs={RUNS}", f"-seed={seed}", f"-max_len={MAX_LEN}", "-len_control=0", "-reload=0", "-verbosity=0",
                 f"-artifact_prefix={copy}/"]
        return RUNS / cpu_seconds([*command, *flags, str(copy / "corpus")])
    finally:
        shutil.rmtree(copy)


def measure(root, pattern, rounds, run, log):
    """Measures all rows whose names match `pattern`. Returns these rows and the rows that were skipped."""
    rows, skipped = [], []
    memory = pathlib.Path("/dev/shm")
    scratch = memory if os.access(memory, os.W_OK) else None
    for suffix in TREES:
        chosen = {f"fuzz/line/{name}{suffix}": options for name, options in COMPARISONS.items()
                  if re.search(pattern, f"fuzz/line/{name}{suffix}")}
        if not chosen:
            continue
        if shutil.which("clang++-19") is None:
            skipped += [{"name": name, "why": "clang++-19 is not installed"} for name in chosen]
            continue
        log(f"building build/bench-fuzz{suffix} ...")
        world, direct = build(root, suffix, run)
        for name, options in chosen.items():
            ours, theirs = [], []
            for seed in range(1, rounds + 1):
                corpus = root / "fuzz" / "corpus" / "line"
                ours.append(executions_per_second([str(world), "fuzz", *options], corpus, seed, scratch))
                theirs.append(executions_per_second([str(direct)], corpus, seed, scratch))
            ratio = statistics.median(a / b for a, b in zip(ours, theirs))
            rows.append({"name": name, "value": statistics.median(ours), "unit": UNIT,
                         "reference": statistics.median(theirs), "ratio": ratio})
            log(f"{name}: {rows[-1]['value']:.0f} {UNIT}, reference {rows[-1]['reference']:.0f}, ratio {ratio:.3f}")
    return rows, skipped
