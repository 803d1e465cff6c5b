"""No loop over time but by the clock of SimPy: read off the source of every module of the simulator."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import sim

TIME = re.compile(r"(^|_)(day|days|time|now|hour|hours|week|tomorrow|settled)$")

DRAWN_BEFOREHAND = "draws the world's own times, one after the other; a process of the clock then waits for each"
ALLOWED = {
    "sim/engine/faults.py: Faults.settle": "catches the table up to the event that calls it, never ahead of the clock, "
    "see test_engine_properties",
    "sim/fleet/supply.py: Flow.orders": DRAWN_BEFOREHAND,
    "sim/fleet/silence.py: _spells": DRAWN_BEFOREHAND,
    "sim/world/congestion.py: congestion_episodes": DRAWN_BEFOREHAND,
    "sim/sparse.py: Sparse._make_chunk_faults": "collects draws by chip, whatever the state of the world",
}


def loops_over_time(source: str) -> set[str]:
    """Functions with a loop over numbers, or while something holds, that advances a time and is no process of the clock."""
    return {name for name, function in _functions(ast.parse(source), "") if any(map(_steps, _loops(function)))}


def _functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, ast.AST]]:
    yield prefix.removesuffix(".") or "<module>", tree
    for node in _inside(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _inside(tree: ast.AST) -> Iterator[ast.AST]:
    """All below a node, but for what is inside further functions and classes."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _inside(child)


def _loops(function: ast.AST) -> Iterator[ast.AST]:
    """Loops of a function that do not wait for the clock. A generator that is no process waits for nothing."""
    is_process = isinstance(function, ast.FunctionDef) and "ProcessGenerator" in ast.dump(function.returns or ast.Pass())
    for node in _inside(function):
        counts = isinstance(node, ast.While) or (isinstance(node, ast.For | ast.comprehension) and _counts(node.iter))
        waits = is_process and any(isinstance(part, ast.Yield | ast.YieldFrom) for part in _inside(node))
        if counts and not waits:
            yield node


def _counts(iterated: ast.expr) -> bool:
    names = {node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "") for node in ast.walk(iterated)}
    return bool(names & {"range", "count", "arange", "linspace"})


def _steps(loop: ast.AST) -> bool:
    """Whether a loop changes something that is named like a time."""
    stored = [node for node in _inside(loop) if isinstance(getattr(node, "ctx", None), ast.Store)]
    changed = [node.id if isinstance(node, ast.Name) else getattr(node, "attr", "") for node in stored]
    return any(TIME.search(name) for name in changed)


def test_time_advances_by_the_clock_alone():
    root = Path(sim.__file__).parent
    found = {
        f"sim/{path.relative_to(root).as_posix()}: {name}"
        for path in root.rglob("*.py")
        for name in loops_over_time(path.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED), "those that are missing need no permission"


@pytest.mark.parametrize(
    "planted",
    [
        "def run(chips):\n    for day in range(365):\n        chips.step(day)",
        "def run(chips):\n    for number in itertools.count():\n        day = number * 0.5\n        chips.step(day)",
        "class Engine:\n    def run(self):\n        while self.now < self.end:\n            self.now += 1",
        "def run(chips):\n    while (day := next(days)) < 365:\n        chips.step(day)",
        "def run(chips):\n    return [chips.step(day) for day in np.arange(0, 365, 0.5)]",
        "def run(env) -> Iterator[float]:\n    while True:\n        today = later_day = 1\n        yield later_day",
        "def run(env) -> ProcessGenerator:\n    yield env.timeout(1)\n    for hour in range(24):\n        ask(hour)",
    ],
)
def test_a_planted_loop_is_found(planted: str):
    assert loops_over_time(planted)


@pytest.mark.parametrize(
    "innocent",
    [
        "def visit(env) -> ProcessGenerator:\n    while True:\n        day = env.now\n        yield env.timeout(1)",
        "def total(lots):\n    for lot in lots:\n        last_day = lot.day\n    return last_day",
        "def grow(size):\n    while size > room:\n        room *= 2",
    ],
)
def test_what_only_looks_like_one_is_not(innocent: str):
    assert not loops_over_time(innocent)
