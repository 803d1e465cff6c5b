"""A question that stands in for one of ours: its study is the test's, and there are no figures."""

from collections.abc import Callable
from types import ModuleType

import pandas as pd

from scenarios.answering.brief import Table
from scenarios.study import Options, Study


def stub_question(study: Callable[[Options], Study]) -> ModuleType:
    """A module with all that `run_study` asks of a question."""
    question = ModuleType("scenarios.stub", "What does a stub tell?")
    vars(question).update(
        study=study,
        figures=lambda result: iter(()),
        answer=lambda result: "It tells what was run. It tells no more.",
        table=lambda result: Table("What was run.", pd.DataFrame({"runs": [len(result.runs)]})),
        DRIVERS=("packet_loss",),
        CITATIONS=(),
    )
    return question
