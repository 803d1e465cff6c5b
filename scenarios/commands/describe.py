"""The command `describe`: what a folder of results holds, finished or not."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

from scenarios.answering.brief import ANSWER
from scenarios.command_line import EXIT_DONE, EXIT_USER_ERROR
from scenarios.manifests import ManifestError, altered, differing, read_manifest
from scenarios.study import questions
from sim import Scenario
from sim.output import MANIFEST, STUDY, UNFINISHED
from sim.provenance import DISTRIBUTION, source_digest
from sim.run_files import PLAN, SUFFIX
from sim.scenario import names

HEADLINES = (
    "established_by_day_90",
    "diverted_under_duty",
    "established_under_duty",
    "false_alarms_per_month",
    "inspector_utilisation",
    "cost_total",
)
"""Outcomes that are shown of a summary, if it has them."""

HEAD = 4_000
"""Characters at the beginning of a drawing that hold what it says of itself."""

ROWS_SHOWN = 8
"""Rows of a summary that has none of them."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    describe = commands.add_parser("describe", help="say what a folder of results holds")
    describe.add_argument("folder", type=Path, metavar="DIR", help="a folder that `run` or `save` wrote, finished or not")
    describe.add_argument("--json", action="store_true", help="print JSON")
    describe.set_defaults(command_function=describe_command)


def describe_command(arguments: argparse.Namespace) -> int:
    """Read and print."""
    try:
        described = description(arguments.folder)
    except ManifestError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    if arguments.json:
        print(json.dumps(described, indent=2))
    else:
        print("\n".join(_lines(described)))
    return EXIT_DONE


def description(folder: Path) -> dict[str, Any]:
    """What a folder holds, ready for JSON: `results`, `unfinished`, or both.

    Raises:
        ManifestError: it holds neither, or its manifest cannot be read.
    """
    if not folder.exists():
        raise ManifestError(f"{folder}: there is no such folder")
    if not folder.is_dir():
        raise ManifestError(f"{folder}: not a folder")
    described: dict[str, Any] = {"folder": str(folder)}
    if (folder / MANIFEST).exists():
        described["results"] = _results(folder)
    begun = folder / UNFINISHED if (folder / UNFINISHED).is_dir() else folder
    # The study's own runs, and those of ensembles that are part of it.
    studies = sorted(path.parent for pattern in (STUDY, f"*/{STUDY}") for path in begun.glob(pattern))
    if studies:
        described["unfinished"] = [_unfinished(study) for study in studies]
    if len(described) == 1:
        raise ManifestError(f"{folder}: holds neither results ({MANIFEST}) nor an unfinished study ({STUDY})")
    return described


def _results(folder: Path) -> dict[str, Any]:
    manifest, _ = read_manifest(folder)
    spoiled = altered(folder, manifest["files"])
    files = {
        name: {"bytes": about.get("bytes"), "checksum": spoiled.get(name, "matches")}
        for name, about in manifest["files"].items()
    }
    further = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in {*files, MANIFEST})
    named, levers = _levers(manifest["scenario"])
    own = {key: manifest.get(key) for key in ("seed", "runs", "draws", "quick", "design", "failed_draws")}
    return {
        "id": manifest["id"],
        "question": manifest["question"],
        "asks": next((asks for name, asks in questions() if name == manifest["question"]), None),
        "answer": _text(folder / ANSWER).strip(),
        "figures": list(_figures(folder, files)),
        "scenario": manifest["scenario"].get("name"),
        "held_against": named,
        "levers": levers,
        "beside": {
            str(policy.get("name")): {key: now for key, _, now in differing(manifest["scenario"], policy) if key != "name"}
            for policy in manifest.get("beside", ())
            if isinstance(policy, dict)
        },
        "made": {
            **{key: manifest.get(key) for key in ("finished", "duration_s", "made_by", "command")},
            "version": manifest["software"].get(DISTRIBUTION),
            **{key: manifest["software"].get(key) for key in ("commit", "dirty")},
            "environment": manifest["environment"],
        },
        **{key: value for key, value in own.items() if value is not None},
        "files": files,
        "further_files": further,
        "intervals": manifest.get("intervals"),
        "summary": _summary(folder / "summary.csv"),
    }


def _levers(content: Mapping[str, Any]) -> tuple[str | None, dict[str, dict[str, Any]]]:
    """The shipped scenario that is meant, or the nearest if the name is another, and the levers that differ from it."""
    wanted = [content["name"]] if content.get("name") in names() else names()
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for name in wanted:
        shipped = Scenario.load(name).model_dump(mode="json")
        levers = ((key, there, here) for key, there, here in differing(shipped, content) if key != "name")
        found[name] = {key: {"there": there, "here": here} for key, there, here in levers}
    nearest = min(found, key=lambda name: len(found[name]))
    return nearest, found[nearest]


def _figures(folder: Path, files: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Claim and caption of each figure; the claim stands in the drawing's title."""
    for name in sorted(name for name in files if re.fullmatch(r"fig\d+-.*\.txt", name)):
        drawing = (folder / name).with_suffix(".svg")
        about = re.sub(r"<cc:Agent>.*?</cc:Agent>", "", _text(drawing)[:HEAD], flags=re.DOTALL)  # who drew has a title too
        title = re.search(r"<dc:title>(.*?)</dc:title>", about, flags=re.DOTALL)
        claim = unescape(title[1]).strip() if title else ""
        yield {"figure": Path(name).stem, "claim": claim, "caption": _text(folder / name).strip()}


def _text(path: Path) -> str:
    """What a file says; nothing if it is gone."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _summary(path: Path) -> list[dict[str, str]]:
    """The headline rows of a summary, or its first."""
    rows = list(csv.DictReader(_text(path).splitlines()))
    headlines = [row for row in rows if row.get("outcome") in HEADLINES and "median" in row]
    return headlines or rows[:ROWS_SHOWN]


def _unfinished(folder: Path) -> dict[str, Any]:
    """What is finished of a study and, if it says which runs there will be, what is missing."""
    study, plan = _json(folder / STUDY), _json(folder / PLAN)
    finished = {path.name.removesuffix(SUFFIX) for path in folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")}
    told = {
        "folder": str(folder),
        "id": study.get("id"),
        "this_version": study.get("source_sha256") == source_digest(),
        "finished": len(finished),
    }
    try:
        wanted = [
            f"{policy}-{draw}-{run}"
            for policy in plan["policies"]
            for draw in range(plan["draws"])
            for run in range(plan["runs"])
        ]
    except (KeyError, TypeError):
        return told
    missing = [name for name in wanted if name not in finished]
    by_policy = {
        policy: sum(1 for name in missing if name.rpartition("-")[0].rpartition("-")[0] == policy)
        for policy in plan["policies"]
    }
    return {**told, "plan": plan, "missing": len(missing), "missing_by_policy": by_policy, "next": missing[:3]}


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(_text(path))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _lines(described: Mapping[str, Any]) -> Iterator[str]:
    if "results" in described:
        yield from _result_lines(described["results"])
    for study in described.get("unfinished", ()):
        yield from _unfinished_lines(study)


def _result_lines(told: Mapping[str, Any]) -> Iterator[str]:
    made = told["made"]
    yield f"Study {told['id'][:12]}: {told['question']}{'. ' + told['asks'] if told['asks'] else ''}"
    yield from (f"  {line}" for line in told["answer"].splitlines() if line != told["asks"])
    for figure in told["figures"]:
        yield f"  {figure['figure']}: {figure['claim'] or _shortened(figure['caption'])}"
    yield f"Scenario {told['scenario']}, held against {told['held_against']}.toml: {_listed_levers(told['levers'])}"
    for name, levers in told["beside"].items():
        values = ", ".join(f"{key} = {json.dumps(value)}" for key, value in levers.items()) or "the same levers"
        yield f"  beside it {name}: {values}"
    yield f"Design: {_design(told)}, seed {told['seed']}{', quick' if told.get('quick') else ''}"
    commit = f", commit {made['commit'][:12]}{' with changes' if made['dirty'] else ''}" if made["commit"] else ""
    took = f" in {made['duration_s']:,.0f} s" if made["duration_s"] is not None else ""
    yield f"Made {made['finished']}{took}, version {made['version']}{commit}; Python {made['environment'].get('python')}"
    if made["command"]:
        yield f"  by `python -m scenarios {' '.join(made['command'])}`"
    yield "Files:"
    for name, about in told["files"].items():
        spoiled = "" if about["checksum"] == "matches" else f"  {about['checksum'].upper()} since it was written"
        yield f"  {about['bytes'] or 0:>12,} bytes  {name}{spoiled}"
    if not any(about["checksum"] != "matches" for about in told["files"].values()):
        yield "  All checksums match."
    if told["further_files"]:
        yield f"  Not of this study: {', '.join(told['further_files'])}"
    yield "Summary" + (f" (low to high: {told['intervals']}):" if told["intervals"] else ":")
    for row in told["summary"]:
        yield f"  {_row(row)}"


def _design(told: Mapping[str, Any]) -> str:
    runs = f"{told['runs']:,} {'run' if told['runs'] == 1 else 'runs'}"
    if "draws" not in told:
        return f"{runs}, parameters at the scenario's values or as the question says"
    further = ", ".join(f"{key} {json.dumps(value)}" for key, value in told.get("design", {}).items())
    failed = f"; left out, because a run failed: {told['failed_draws']}" if "failed_draws" in told else ""
    return f"{told['draws']:,} draws of {runs}{f' ({further})' if further else ''}{failed}"


def _listed_levers(levers: Mapping[str, Any]) -> str:
    if not levers:
        return "no lever differs"
    return "; ".join(f"{key} = {json.dumps(both['here'])}, not {json.dumps(both['there'])}" for key, both in levers.items())


def _row(row: Mapping[str, str]) -> str:
    if "median" in row and "outcome" in row:
        low, median, high = (_number(row[name]) for name in ("low", "median", "high"))
        return f"{row['scenario']:24} {row['outcome']:26} {median:>12} ({low} to {high}) {row['unit']}"
    return ", ".join(f"{name} {_number(value)}" for name, value in row.items())


def _number(text: str) -> str:
    """A number for a reader: four digits."""
    try:
        return f"{float(text):.4g}" if abs(float(text)) < 1e4 else f"{float(text):,.0f}"
    except ValueError:
        return text or "-"


def _shortened(text: str) -> str:
    return text if len(text) <= 160 else text[:157] + "..."


def _unfinished_lines(study: Mapping[str, Any]) -> Iterator[str]:
    yield f"Study {str(study['id'])[:12]}, not put together, in {study['folder']}: {study['finished']:,} runs are finished"
    if "missing" in study:
        plan = study["plan"]
        extent = f"{plan['draws']:,} draws x {plan['runs']:,} runs of {len(plan['policies'])} policies"
        yield f"  of {extent}; {study['missing']:,} are missing{':' if study['missing'] else ''}"
        yield from (f"    {policy}: {number:,}" for policy, number in study["missing_by_policy"].items() if number)
        if study["next"]:
            yield f"  the first: {', '.join(study['next'])} (policy-draw-run)"
    if not study["this_version"]:
        yield "  They were made by another version of the simulator and will be made again."
    elif study["finished"]:
        yield "  The same command goes on from there."
