"""The command `assumptions`: every number about the world, how far it can be trusted, and where it is from.

The page `docs/assumptions.md` is what it prints; a test holds the page against the parameter file.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from scenarios.command_line import EXIT_DONE
from sim.parameters import Parameter, load_parameters

KINDS = {
    "assumed": "Assumed: no figure was found. The note says why this one, and what the range rests on.",
    "inferred": "Inferred: from the source, by arithmetic that the note states.",
    "quoted": "Quoted: as the source has it.",
}
HEAD = """# Assumptions

Every number about the world that the simulation uses, from [`parameters.toml`](../sim/data/parameters.toml) and
[`products.toml`](../sim/data/products.toml): the range that studies vary, the central value, and where it is from.
This page is what `python -m scenarios assumptions` prints. Policy choices are levers and stand in the scenario; latency
has its own fitted models ([`geography-and-latency.md`](geography-and-latency.md)), and how uncertain volumes of smuggling
hang together stands in [`volume_prior.toml`](../sim/data/volume_prior.toml). Shares of revenue and of volume in licences
to restricted territory (`revenue_share_2025`, `revenue_share_2026`, `licensed_volume_share`) describe the rules and enter
no run.
"""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the command line."""
    print_them = commands.add_parser("assumptions", help="print every number about the world, with its source, as Markdown")
    print_them.set_defaults(command_function=assumptions_command)


def assumptions_command(arguments: argparse.Namespace) -> int:
    """Print the page."""
    sys.stdout.write(page())
    return EXIT_DONE


def page() -> str:
    """The register as Markdown: a table for each kind of number, and the sources."""
    return "\n".join([HEAD, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    table = load_parameters()
    for kind, says in KINDS.items():
        rows = {name: row for name, row in sorted(table.parameters.items()) if row.kind == kind}
        yield f"## {len(rows)} are {kind}\n\n{says}\n"
        yield "| name | low | central | high | unit | source | note |\n|---|---|---|---|---|---|---|"
        yield from (_row(name, row) for name, row in rows.items())
        yield ""
    yield f"## The {len(table.sources)} sources\n\n| key | title | publisher | date |\n|---|---|---|---|"
    for key, source in sorted(table.sources.items()):
        title = f"[{_cell(source.title)}]({source.url})" if source.url else _cell(source.title)
        yield f"| {key} | {title} | {_cell(source.publisher)} | {source.date} |"


def _row(name: str, row: Parameter) -> str:
    numbers = " | ".join(f"{number:.6g}" for number in (row.low, row.central, row.high))
    return f"| `{name}` | {numbers} | {_cell(row.unit)} | {', '.join(row.source)} | {_cell(row.note)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
