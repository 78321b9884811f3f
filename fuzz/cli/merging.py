"""teasel fuzz --merge: makes a kept corpus small again. What adds coverage to the inputs that ship
with the target stays. What fails, ends the program or adds nothing goes."""
import hashlib
import pathlib
import re
import subprocess
import tempfile

import storage
from manifests import check_engine, targets_of
from worker import MEMORY_MB, TIMEOUT_SECONDS, SetupError, TargetError, environment

MERGE_SECONDS = 900
# libFuzzer's last word; without it the merge has not come to its end, whatever the status.
DONE = re.compile(r"^MERGE-OUTER: (\d+) new files with \d+ new features added", re.MULTILINE)


def hash_of(path):
    """As libFuzzer names the inputs that it writes."""
    return hashlib.sha1(path.read_bytes()).hexdigest()


def merge(target, kept):
    """Gives (inputs before, inputs now). Nothing is changed where the merge does not come to its
    end: that is a TargetError."""
    before = storage.inputs_in(kept)
    if not before:
        return 0, 0
    with tempfile.TemporaryDirectory(prefix="teasel-merge-") as work:
        out = pathlib.Path(work) / "out"
        out.mkdir()
        command = [str(target.program), "fuzz", "--scenario", target.scenario, "-merge=1", f"-artifact_prefix={work}/",
                   f"-max_len={target.max_len}", f"-timeout={TIMEOUT_SECONDS}", f"-rss_limit_mb={MEMORY_MB}", str(out), str(kept)]
        try:
            done = subprocess.run(command + ([target.corpus] if target.corpus else []), stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, errors="replace", env=environment(target.sanitizer_options), cwd=work,
                                  timeout=MERGE_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise TargetError(f"{target.name}: the merge has not ended in {MERGE_SECONDS} s; its corpus is as it was") from None
        if not DONE.search(done.stderr):
            raise TargetError(f"{target.name}: the merge ended with status {done.returncode}; its corpus is as it was\n{done.stderr[-1000:]}")
        useful = {path.name for path in out.iterdir()}
    shipped = {hash_of(path) for path in storage.inputs_in(target.corpus)} if target.corpus else set()
    stays = 0
    for path in before:
        if hash_of(path) in useful - shipped:
            stays += 1
        else:
            path.unlink()
    return len(before), stays


def merge_all(entries, chosen, places, progress):
    """Merges the kept corpora of these programs, and says how far they shrink. Gives the errors."""
    errors = []
    for entry in entries:
        try:
            check_engine(entry)
            for target in targets_of(entry, chosen):
                before, now = merge(target, places.kept_corpus(target))
                if before:
                    progress.say(f"merged the corpus of {target.name}: {now} of {before} inputs stay")
        except (SetupError, OSError) as error:
            errors.append(str(error))
    return errors
