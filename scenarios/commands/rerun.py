"""The command `rerun`: make a study again as its manifest says, and say precisely what differs."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from scenarios.command_line import EXIT_DONE, EXIT_INTERRUPTED, EXIT_RUN_FAILED, EXIT_USER_ERROR, add_options, options_of
from scenarios.commands.compare import Difference, difference, is_table
from scenarios.manifests import Change, ManifestError, altered, changes, read_manifest
from scenarios.progress import Progress
from scenarios.study import MAX_WORKERS, UsageError, load_question, run_study
from sim import OutputError, Result, RunFailed, Scenario, ScenarioError, simulate
from sim.table_files import Form

if TYPE_CHECKING:
    from sim.experiments.stopping import StoppingRule

EXIT_DIFFERENT = 1
EVENTS = "events.csv.gz"
MOST_CHANGES = 30
"""Changes that are told of one by one."""


@dataclass(frozen=True)
class Comparison:
    """A result and the same made again.

    Attributes:
        identical: names of tables that are the same, byte for byte.
        different: how others differ.
        unmeasured: tables that differ, where only one version is at hand; why.
        altered: files of the earlier result that are no longer as they were written.
        changed: what differs in how they were made.
    """

    identical: Sequence[str]
    different: Sequence[Difference]
    unmeasured: Mapping[str, str]
    altered: Mapping[str, str]
    changed: Sequence[Change]

    @property
    def verdict(self) -> str:
        """`identical`, `close`: within rounding and made with other things, or `different`."""
        if not self.different and not self.unmeasured:
            return "identical"
        close = not self.unmeasured and all(one.within for one in self.different)
        return "close" if close and any(change.telling for change in self.changed) else "different"

    def as_json(self) -> dict[str, Any]:
        """The same, ready for JSON."""
        return {
            "verdict": self.verdict,
            "identical": list(self.identical),
            "different": [one.as_json() for one in self.different],
            "unmeasured": dict(self.unmeasured),
            "altered_since": dict(self.altered),
            "changes": [change._asdict() for change in self.changed],
        }

    def lines(self) -> list[str]:
        """The same in words."""
        told = [f"identical: {', '.join(self.identical) or 'no table'}"]
        told += [line for one in self.different for line in one.lines()]
        told += [f"{name}: {why}" for name, why in self.unmeasured.items()]
        told += [f"warning: {name} in the folder of the earlier result is {how}" for name, how in self.altered.items()]
        if self.changed:
            told.append("What differs in how they were made:")
            told += [f"  {change}" for change in self.changed[:MOST_CHANGES]]
            if len(self.changed) > MOST_CHANGES:
                told.append(f"  and {len(self.changed) - MOST_CHANGES} more; see --json")
        else:
            told.append("Code, data, parameters, packages and platform are the same.")
        return [*told, *self._closing()]

    def _closing(self) -> list[str]:
        if self.verdict == "identical":
            return ["Every table is the same, byte for byte. (Pictures and captions are not compared.)"]
        if self.verdict == "close":
            return [
                "The tables agree: counts are equal and numbers within 1e-9. Their bytes differ, for what differs above."
            ]
        if self.different and not self.unmeasured and all(one.within for one in self.different):
            return ["The tables differ, if only by rounding, although nothing explains it: that should not be."]
        return ["The tables differ."]


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    again = commands.add_parser("rerun", help="make a study again from its manifest and compare the tables")
    again.add_argument("manifest", type=Path, metavar="MANIFEST", help="a manifest.json, or the folder that holds it")
    again.add_argument("--keep", type=Path, metavar="DIR", help="keep the new results there (default: they are removed)")
    again.add_argument("--workers", type=int, help="processes; the results do not depend on it")
    again.add_argument("--json", action="store_true", help="print JSON")
    again.set_defaults(command_function=rerun_command)


def rerun_command(arguments: argparse.Namespace) -> int:
    """Make a study again, compare, print; 0: the same, 1: the tables differ or cannot be made, 2: a bad manifest."""
    try:
        if arguments.workers is not None and not 1 <= arguments.workers <= MAX_WORKERS:
            raise UsageError(f"--workers: {arguments.workers} is not in 1 to {MAX_WORKERS}")
        manifest, folder = read_manifest(arguments.manifest)
        started = time.monotonic()
        comparison = rerun(manifest, folder, keep=arguments.keep, workers=arguments.workers)
    except (ManifestError, UsageError, ScenarioError, OutputError) as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return EXIT_USER_ERROR
    except RunFailed as error:
        print(f"error: {str(error).splitlines()[0]}", file=sys.stderr)
        return EXIT_RUN_FAILED
    except KeyboardInterrupt:
        print("interrupted: nothing was compared", file=sys.stderr)
        return EXIT_INTERRUPTED
    if arguments.json:
        print(json.dumps({"id": manifest["id"], "question": manifest["question"], **comparison.as_json()}, indent=2))
    else:
        seconds = time.monotonic() - started
        print(f"Study {manifest['id'][:12]} ({manifest['question']}), made again in {seconds:.0f} s.")
        print("\n".join(comparison.lines()))
        if arguments.keep is not None:
            print(f"The new results are in {arguments.keep}.")
    return EXIT_DIFFERENT if comparison.verdict == "different" else EXIT_DONE


def rerun(manifest: Mapping[str, Any], folder: Path, *, keep: Path | None = None, workers: int | None = None) -> Comparison:
    """Make a study again and compare its tables with what they were.

    Args:
        manifest: as `read_manifest` returns it.
        folder: the earlier results; files that are gone cannot be compared but by their checksums.
        keep: where the new results go; by default into a temporary folder beside the earlier ones.
        workers: number of processes, by default the question's own choice.

    Raises:
        ManifestError, UsageError, ScenarioError, OutputError: the study cannot be made as the manifest says.
        RunFailed: no draw is without a run that ended with an error.
    """
    if keep is not None and keep.resolve() == folder.resolve():
        raise UsageError(f"--keep: {keep} holds the results that are to be compared; name another folder")
    out = keep if keep is not None else _temporary_folder(folder)
    try:
        if manifest.get("command") is not None:
            _run_command(manifest, out, workers)
        else:
            _call_again(manifest, folder, workers or 1).save(out, tables=_form(manifest))
        now, _ = read_manifest(out)
        return compare(manifest, folder, now, out)
    finally:
        if keep is None:
            shutil.rmtree(out, ignore_errors=True)


def _temporary_folder(folder: Path) -> Path:
    """Beside the earlier results, where there is space for as much again; elsewhere if nothing can be written there."""
    try:
        return Path(tempfile.mkdtemp(prefix="rerun-", dir=folder.resolve().parent))
    except OSError:
        return Path(tempfile.mkdtemp(prefix="rerun-"))


class _Words(argparse.ArgumentParser):
    """The parser of `run` for the words of a manifest, which nobody typed: it complains about the manifest."""

    def error(self, message: str) -> NoReturn:
        raise ManifestError(f"command of the manifest: {message}")


def _run_command(manifest: Mapping[str, Any], out: Path, workers: int | None) -> None:
    words = manifest["command"]
    if not (isinstance(words, list) and all(isinstance(word, str) for word in words) and words[:1] == ["run"]):
        raise ManifestError(f"command of the manifest: {words!r:.80} is not `run` and its words")
    parser = _Words(add_help=False, allow_abbrev=False)
    parser.add_argument("name")
    add_options(parser)
    arguments = parser.parse_args(words[1:])
    if arguments.name != manifest["question"]:
        raise ManifestError(f"command of the manifest: runs {arguments.name!r}, not its question {manifest['question']!r}")
    options = replace(options_of(arguments.name, arguments), out=out, workers=workers, force=False)
    run_study(load_question(arguments.name), options)


def _call_again(manifest: Mapping[str, Any], folder: Path, workers: int) -> Result:
    """The call that made a result from Python, with what the manifest says of its arguments."""
    scenario = _scenario(manifest["scenario"], "scenario")
    beside = [_scenario(policy, "beside") for policy in manifest.get("beside", ())]
    design = manifest.get("design") or {}
    progress = Progress()
    shared: dict[str, Any] = {
        "beside": beside,
        "status_quo": design.get("status_quo", True),
        "question": manifest["question"],
        "quick": manifest["quick"],
        "workers": workers,
        "progress": progress,
    }
    seed, runs, draws = manifest["seed"], manifest["runs"], manifest.get("draws")
    name = design.get("name", "random")
    try:
        if manifest.get("made_by") == "simulate":
            partial = "failed_draws" in manifest
            return simulate(scenario, seed, runs, draws=draws, design=name, partial=partial, **shared)
        if manifest.get("made_by") == "ensemble":
            from sim.experiments.ensemble import ensemble

            if name == "points":
                return ensemble(scenario, None, runs, points=_points(manifest, folder), seed=seed, **shared)
            number = None if name == "factorial" else manifest.get("most_draws", draws)
            until = _stopping_rule(design["until"]) if "until" in design else None
            among = design.get("among")
            return ensemble(scenario, number, runs, design=name, among=among, seed=seed, until=until, **shared)
    except ValueError as error:
        if isinstance(error, ScenarioError):
            raise
        raise ManifestError(f"the manifest cannot be followed: {error}") from None
    finally:
        progress.close()
    raise ManifestError(f"made_by = {manifest.get('made_by')!r}: the manifest does not say how the study was made")


def _stopping_rule(content: Any) -> StoppingRule:
    from sim.experiments.stopping import StoppingRule

    try:
        return StoppingRule(**content)
    except TypeError as error:
        raise ManifestError(f"design.until of the manifest: {error}") from None


def _scenario(content: Any, key: str) -> Scenario:
    try:
        return Scenario.parse(content)
    except ScenarioError as error:
        raise ScenarioError(f"{key} of the manifest is not allowed in this version: {error}") from None


def _points(manifest: Mapping[str, Any], folder: Path) -> list[dict[str, float]]:
    """The parameters of each draw that were given, from the table of draws: only their digest is in the manifest."""
    import pandas as pd

    listed = [name for name in ("draws.csv", "draws.parquet") if name in manifest["files"]]
    if not listed or altered(folder, {name: manifest["files"][name] for name in listed}):
        raise ManifestError(f"{folder}: the draws were given from outside, and their table is missing or changed")
    path = folder / listed[0]
    to_the_last_bit = {"value": float}
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, converters=to_the_last_bit)
    points: list[dict[str, float]] = [{} for _ in range(manifest["draws"])]
    for draw, name, value in table.itertuples(index=False):
        points[draw][name] = value
    return points


def _form(manifest: Mapping[str, Any]) -> Form:
    return "parquet" if "table.parquet" in manifest["files"] else "csv"


def compare(then: Mapping[str, Any], folder: Path, now: Mapping[str, Any], out: Path) -> Comparison:
    """Hold two results against each other, the earlier by the checksums in its manifest."""
    before, after = ({name: about for name, about in one["files"].items() if is_table(name)} for one in (then, now))
    spoiled = altered(folder, then["files"])
    identical, different, unmeasured = [], [], {}
    for name in dict.fromkeys((*before, *after)):
        if name not in after:
            unmeasured[name] = "there then, not now"
        elif name == EVENTS and then.get("events") is False:
            continue  # made on a cluster, whose workers keep no log
        elif name not in before:
            unmeasured[name] = "there now, not then"
        elif before[name]["sha256"] == after[name]["sha256"]:
            identical.append(name)
        elif name in spoiled:
            unmeasured[name] = f"differs; the earlier file is {spoiled[name]}, so that nothing can be said of how much"
        else:
            different.append(difference(folder / name, out / name))
    return Comparison(identical, different, unmeasured, spoiled, changes(then, now))
