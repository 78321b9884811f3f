"""teasel replay, show, shrink and list: what the scenario programs can do by themselves, found by
what a file says of itself."""
import json
import pathlib
import re
import shlex
import subprocess

import storage
from manifests import corpus_of, find_tree, listed_programs, listing, no_target, scenarios_of, targets_of
from reporting import CLEAN, FAILED, runnable, shown
from worker import SetupError, TargetError, environment

TAPE = "teasel tape "
HEADER = re.compile(r"^(target|scenario): (.*)$", re.MULTILINE)
HEADER_BYTES = 4096


def file_of(path):
    """The file that is meant: of the folder of a finding its tape, else its input."""
    if path.is_dir():
        for name in ("finding.tape", "finding.input"):
            if (path / name).is_file():
                return path / name
        raise SetupError(f"{path} is a folder, and none of a finding: neither finding.tape nor finding.input is in it")
    if not path.is_file():
        raise SetupError(f"there is no file {path}")
    return path


def says(path):
    """(target or program, scenario) that a file says of itself, "" where it does not: a tape in its
    header, a finding in the file beside it."""
    with open(path, "rb") as file:
        head = file.read(HEADER_BYTES)
    if head.startswith(TAPE.encode()):
        found = dict(HEADER.findall(head.decode("utf-8", "replace").split("\n\n")[0]))
        return found.get("target", ""), found.get("scenario", "")
    try:
        row = json.loads((path.parent / "finding.json").read_text(encoding="utf-8"))
        return row["target"], row["scenario"]
    except (OSError, ValueError, KeyError):
        return "", ""


def target_of(tree, path, chosen):
    """The target that a file is for."""
    entries = listed_programs(tree)
    name, scenario = says(path)
    name = chosen or name
    if not name:
        names = listing([entry["name"] for entry in entries])
        raise SetupError(f"{path} does not say which target it is for: say --target. {names}")
    program = name.split("/")[0]
    for entry in entries:
        if entry["name"] in (program, name) or pathlib.Path(entry["program"]).name == program:
            targets = targets_of(entry, [chosen] if chosen else [])
            if len(targets) == 1:
                return targets[0]
            for target in targets:
                if target.scenario == scenario or target.name == name:
                    return target
            raise SetupError(f"{path} does not say which scenario it is for: say --target. {listing([each.name for each in targets])}")
    raise SetupError(no_target(name, [entry["name"] for entry in entries], f" in {shown(tree)}"))


def run(options):
    """replay, show and shrink. Gives the status of the scenario program."""
    path = file_of(options.file)
    target = target_of(find_tree(options.build), path, options.target)
    command = [runnable(target.program), options.command, str(path), *options.passed]
    if options.command == "shrink":
        command += ["-o", options.output or f"{path.parent / path.name.removesuffix('.tape')}.small.tape"]
    if not path.read_bytes().startswith(TAPE.encode()):
        command += ["--scenario", target.scenario]
    print("$ " + shlex.join(command), flush=True)
    return subprocess.run(command, env=environment(target.sanitizer_options), check=False).returncode


def row_of(tree, entry, scenario, description, several):
    name = f"{entry['name']}/{scenario}" if several else entry["name"]
    findings = tree / "findings" / re.sub(r"[^A-Za-z0-9_.-]+", "-", name)
    corpus = corpus_of(entry, scenario, several)
    return {"target": name, "scenario": scenario, "description": description, "program": entry["program"], "engine": entry["engine"],
            "sanitizers": sanitizers_of(entry), "labels": entry["labels"], "max_len": entry["max_len"],
            "corpus": corpus, "dictionary": entry["dictionary"], "known": entry["known"], "sanitizer_options": entry["sanitizer_options"],
            "project": entry["project"], "inputs": len(storage.inputs_in(corpus)) if corpus else 0,
            "kept_inputs": len(storage.inputs_in(tree / "corpus" / name.replace("/", "."))),
            "findings": len(list(findings.glob("*/finding.json")))}


def sanitizers_of(entry):
    """The sanitizers that a program is built with."""
    names = {name for flag in entry["sanitizer_flags"] for name in flag.removeprefix("-fsanitize=").split(",")}
    return sorted(names - {"fuzzer", "fuzzer-no-link", ""})


def list_targets(options):
    tree = find_tree(options.build)
    rows, errors, unbuilt = [], [], []
    for entry in listed_programs(tree):
        try:
            found = scenarios_of(entry)
        except TargetError as error:
            found = []
            (errors if pathlib.Path(entry["program"]).exists() else unbuilt).append(str(error).splitlines()[0])
        rows += [row_of(tree, entry, scenario, description, len(found) > 1) for scenario, description in found]
    if options.json:
        print(json.dumps({"version": 1, "tree": str(tree), "targets": rows, "errors": errors + unbuilt}, indent=1))
        return FAILED if errors else CLEAN
    width = max((len(row["target"]) for row in rows), default=0)
    for row in rows:
        built = row["engine"] + (f" with {', '.join(row['sanitizers'])}" if row["sanitizers"] else "")
        print(f"{row['target'].ljust(width)}  {row['description']}")
        print(f"{'':{width}}  {built}; {row['inputs']} inputs, {row['kept_inputs']} more kept, {row['findings']} findings")
    for error in unbuilt + errors:
        print(error)
    return FAILED if errors else CLEAN
