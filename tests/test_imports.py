"""The import rule: attestation <- sim <- scenarios, and who may import what from outside."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ONLY = {
    "simpy": ("sim/actors/", "sim/engine/"),
    "cryptography": ("attestation/",),
    "matplotlib": ("sim/figures/",),
}


def modules() -> list[Path]:
    return sorted(path for package in ("attestation", "sim", "scenarios") for path in (ROOT / package).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_in_its_rooms_only(library: str):
    users = [path.relative_to(ROOT).as_posix() for path in modules() if library in imported(path)]
    assert users, f"nobody imports {library}; the test would prove nothing"
    assert [user for user in users if not user.startswith(ONLY[library])] == []


def test_the_layers_hold():
    from importlinter.cli import lint_imports

    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_importing_sim_stays_light():
    heavy = "('matplotlib', 'pandas', 'scipy.stats', 'pyproj')"
    code = f"import sim, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


MAY_IMPORT = {
    "attestation/udp/sources.py": {"time", "secrets"},  # clock and chance of what speaks over a network
    "attestation/udp/load.py": {"random"},  # junk from a generator of its own with a seed
    "attestation/commands/bench.py": {"time"},  # it measures
    "sim/experiments/planned_cost.py": {"time"},  # it times a run
    "sim/provenance.py": {"time"},  # manifests say how long a study took
    "attestation/commands/fuzz.py": {"time", "random"},  # it has a time limit, and a generator of its own with a seed
    "attestation/commands/fuzz_reports.py": {"random"},  # the same
    "attestation/commands/mutants.py": {"random"},  # the same
}


def test_no_global_randomness_and_no_wall_clock_in_the_simulation():
    """Time and chance come from the scenario and its seed alone."""
    forbidden = {"random", "secrets", "time"}
    for path in modules():
        if path.relative_to(ROOT).parts[0] != "scenarios":
            allowed = MAY_IMPORT.get(path.relative_to(ROOT).as_posix(), set())
            assert not imported(path) & (forbidden - allowed), path
        assert "default_rng" not in path.read_text(encoding="utf-8"), path
