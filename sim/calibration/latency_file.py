"""A fitted latency model as a section of the file `sim/data/latency.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..parameters import LatencyModel, LatencyRegime, NetworkClass, QuantileLine
from .latency_fit import SHAPE, Fit
from .rtt_table import Kind

_DIGITS = 4


def fitted_model(
    fit: Fit,
    errors: Mapping[str, Mapping[str, float]],
    common_errors: Mapping[str, float],
    *,
    network: NetworkClass,
    kind: Kind,
    date: str,
    source: str,
    medians: Mapping[str, tuple[float, float]],
    jitter: Mapping[str, tuple[float, float]],
) -> LatencyModel:
    """A fit made into a model.

    Args:
        fit: parameters.
        errors: regime -> parameter -> standard error.
        common_errors: the same for what is common to all regimes.
        network: class of the networks measured.
        kind: what the table holds; a burst counts as a minimum.
        date: of the table, such as 2020-07.
        source: its key in `sources.toml`.
        medians: regime -> how far the median lies above the minimum, by its own median and 95 % quantile, in ms.
        jitter: regime -> median and 95 % quantile of the jitter of bursts, which a table of daily minima does not show.
    """
    regimes = {}
    for name, values in fit.regimes.items():
        above = medians.get(name, (0.0, 0.0))
        shape: dict[str, Any] = {parameter: _rounded(value) for parameter, value in values.items()}
        regimes[name] = LatencyRegime(
            **shape,
            jitter_median_ms=jitter[name][0],
            jitter_q95_ms=jitter[name][1],
            median_over_min_ms=_rounded(above[0]),
            median_over_min_q95_ms=_rounded(above[1]),
            pairs=fit.pairs[name],
            sites=fit.sites[name],
            kind="inferred",
            source=(source,),
            standard_errors={
                parameter: _rounded(value)
                for parameter, value in errors.get(name, {}).items()
                if values.get(parameter) not in (None, LatencyRegime.model_fields[parameter].default)  # was not fitted
            },
        )
    return LatencyModel(
        network=network,
        kind="median" if kind == "median" else "min",
        date=date,
        endpoint_share_near=_rounded(fit.endpoint_share_near),
        endpoint_share_far=_rounded(fit.endpoint_share_far),
        global_log_median=_rounded(fit.global_log_median),
        global_log_sd=_rounded(fit.global_log_sd),
        quantile_lines=tuple(
            QuantileLine(quantile=quantile, offset_ms=_rounded(offset), ms_per_1000_km=_rounded(slope))
            for quantile, (offset, slope) in fit.quantile_lines.items()
        ),
        standard_errors={name: _rounded(value) for name, value in common_errors.items()},
        regimes=regimes,
    )


def as_toml(model: LatencyModel) -> str:
    """The model as TOML, which `load_parameters` reads."""
    network = model.network
    common = model.model_dump(exclude={"network", "regimes", "quantile_lines", "standard_errors"})
    lines = [f"[{network}]", *_assignments(common)]
    if model.standard_errors:
        lines.append(_errors(model.standard_errors))
    for line in model.quantile_lines:
        lines += ["", f"[[{network}.quantile_lines]]", *_assignments(line.model_dump())]
    for name, regime in model.regimes.items():
        row = regime.model_dump(exclude={"standard_errors"}, exclude_defaults=True)
        lines += ["", f"[{network}.regimes.{name}]", *_assignments(row)]
        if regime.standard_errors:
            lines.append(_errors({key: regime.standard_errors[key] for key in SHAPE if key in regime.standard_errors}))
    return "\n".join(lines) + "\n"


def _errors(errors: Mapping[str, float]) -> str:
    return f"standard_errors = {{ {', '.join(f'{key} = {value}' for key, value in errors.items())} }}"


def _assignments(values: Mapping[str, object]) -> list[str]:
    return [f"{key} = {_literal(value)}" for key, value in values.items()]


def _literal(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value)


def _rounded(value: float) -> float:
    """To four significant digits: more would be noise."""
    return float(f"{value:.{_DIGITS}g}")
