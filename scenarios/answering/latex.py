"""Tables and references as LaTeX and BibTeX, to be put into a paper as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sim.parameters import Source

if TYPE_CHECKING:
    import pandas as pd

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
}  # fmt: skip
"""What LaTeX would take for a command, and what stands for it."""


def escaped(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(SPECIAL.get(letter, letter) for letter in text)


def as_booktabs(cells: pd.DataFrame, caption: str, label: str) -> str:
    """A table of text, for the package booktabs: the first column to the left, the others to the right."""
    columns = "l" + "r" * (cells.shape[1] - 1)
    heads = " & ".join(escaped(str(name)) for name in cells.columns)
    lines = [" & ".join(escaped(str(cell)) for cell in row) + r" \\" for row in cells.itertuples(index=False)]
    return "\n".join(
        [
            r"\begin{table}", r"\centering", rf"\caption{{{escaped(caption)}}}", rf"\label{{{label}}}",
            rf"\begin{{tabular}}{{{columns}}}", r"\toprule", rf"{heads} \\", r"\midrule", *lines, r"\bottomrule",
            r"\end{tabular}", r"\end{table}", "",
        ]
    )  # fmt: skip


def as_bibtex(sources: Mapping[str, Source]) -> str:
    """One entry for each source, by its key."""
    entries = []
    for key, source in sources.items():
        year, _, rest = source.date.partition("-")
        fields = {"title": f"{{{escaped(source.title)}}}", "author": f"{{{escaped(source.publisher)}}}", "year": year}
        if rest:
            fields["month"] = str(int(re.split("-", rest)[0]))
        if source.url:
            fields["url"] = source.url
        if source.note:
            fields["note"] = escaped(source.note)
        body = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
        entries.append(f"@misc{{{key},\n{body}\n}}\n")
    return "\n".join(entries)
