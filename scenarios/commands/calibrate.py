"""The commands `fit-latency`, `check-latency` and `price-bounds`: the latency model and tables of measured times."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.calibration.rtt_table import KINDS, Pairs, TableError, read_pairs
from sim.parameters import NETWORK_CLASSES, load_parameters
from sim.randomness import SEED_LIMIT

if TYPE_CHECKING:
    from sim.calibration.latency_check import Check

EXIT_DONE, EXIT_USER_ERROR = 0, 2
MAX_BOOTSTRAP = 10_000


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the command line."""
    fit = commands.add_parser("fit-latency", help="refit the latency model from a table of round-trip times")
    _add_table(fit)
    fit.add_argument("--source", default="unnamed", help="key of the table in sources.toml")
    fit.add_argument("--date", default="2000", help="date of the table, such as 2020-07")
    fit.add_argument("--bootstrap", type=int, default=0, metavar="N", help="resamples of the sites for standard errors")
    fit.add_argument("--seed", type=int, default=1, help="of the resamples (default: 1)")
    fit.set_defaults(command_function=fit_latency)
    check = commands.add_parser("check-latency", help="say how well the shipped latency model predicts a table")
    _add_table(check)
    check.add_argument("--seed", type=int, default=1, help="of landmark sets and worlds drawn (default: 1)")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(command_function=check_latency)
    price = commands.add_parser("price-bounds", help="say what bounds that are not sound cost on a table")
    _add_table(price)
    price.add_argument("--seed", type=int, default=1, help="of landmark sets drawn (default: 1)")
    price.add_argument("--json", action="store_true", help="print JSON")
    price.set_defaults(command_function=price_bounds)


def fit_latency(arguments: argparse.Namespace) -> int:
    """Fit a table and print the model as a section of `latency.toml`."""
    from sim.calibration.latency_file import as_toml, fitted_model
    from sim.calibration.latency_fit import bootstrap, fit_latency, jackknife

    if not 0 <= arguments.bootstrap <= MAX_BOOTSTRAP:
        return _complain(f"--bootstrap must be from 0 to {MAX_BOOTSTRAP}, not {arguments.bootstrap}")
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", arguments.date):
        return _complain(f"--date must look like 2020, 2020-07 or 2020-07-20, not {arguments.date}")
    try:
        pairs = _read(arguments)
        medians = _medians_over_minima(arguments, pairs)
    except TableError as error:
        return _complain(str(error))
    shipped = load_parameters().latency[arguments.network].regimes
    fit = fit_latency(pairs)
    model = fitted_model(
        fit,
        bootstrap(pairs, arguments.bootstrap, arguments.seed),
        jackknife(pairs, fit, arguments.seed) if arguments.bootstrap else {},
        network=arguments.network,
        kind=arguments.kind,
        date=arguments.date,
        source=arguments.source,
        medians=medians,
        jitter={name: (row.jitter_median_ms, row.jitter_q95_ms) for name, row in shipped.items()},
    )
    print(as_toml(model), end="")
    return EXIT_DONE


def check_latency(arguments: argparse.Namespace) -> int:
    """Print how well the shipped model predicts a table."""
    from sim.calibration.latency_check import check_latency

    try:
        pairs = _read(arguments)
    except TableError as error:
        return _complain(str(error))
    check = check_latency(pairs, load_parameters().latency[arguments.network], arguments.kind, arguments.seed)
    print(json.dumps(check.as_json(), indent=2) if arguments.json else _report(check))
    return EXIT_DONE


def price_bounds(arguments: argparse.Namespace) -> int:
    """Print how often each bound contradicts the truth on a table, and how much smaller it makes discs."""
    from sim.calibration.bound_price import WITHIN_KM, bound_prices

    try:
        pairs = _read(arguments)
    except TableError as error:
        return _complain(str(error))
    prices = bound_prices(pairs, load_parameters().latency[arguments.network], arguments.seed)
    if arguments.json:
        print(json.dumps({"pairs": len(pairs), "bounds": [asdict(price) for price in prices]}, indent=2))
        return EXIT_DONE
    print(f"{len(pairs)} pairs. Faster: share of them that a bound calls impossible. Contradicted: share of draws")
    print(f"of K landmarks within {WITHIN_KM:.0f} km that leave out the true site. Radius: of the smallest disc, median,")
    print("over that at 2/3 c.")
    print(f"{'bound':<14}{'faster':>8}   contradicted, radius")
    for price in prices:
        if not price.contradicted:
            print(f"{price.name:<14}{price.faster:>8.2%}   no site has a landmark within {WITHIN_KM:.0f} km")
            continue
        cells = [f"K {k}: {share:6.1%}, {price.radius_ratio[k]:.2f}" for k, share in price.contradicted.items()]
        print(f"{price.name:<14}{price.faster:>8.2%}   {'   '.join(cells)}")
    return EXIT_DONE


def _add_table(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("table", metavar="TABLE", type=Path, help="CSV of directed pairs, gzip or not")
    parser.add_argument("--network", choices=NETWORK_CLASSES, required=True, help="class of the networks measured")
    parser.add_argument(
        "--kind", choices=KINDS, required=True, help="what was measured: a day's minimum, a burst's, a median"
    )
    parser.add_argument(
        "--overhead-ms",
        type=float,
        default=0.0,
        metavar="H",
        help="time that the probe itself takes (HTTP: about 3; ICMP: 0)",
    )


def _read(arguments: argparse.Namespace) -> Pairs:
    if problem := _bad_seed(arguments.seed):
        raise TableError(problem)
    if not 0 <= arguments.overhead_ms < 1000:
        raise TableError(f"--overhead-ms must be from 0 to 1000, not {arguments.overhead_ms}")
    return read_pairs(arguments.table, arguments.network, arguments.kind, arguments.overhead_ms)


def _medians_over_minima(arguments: argparse.Namespace, pairs: Pairs) -> dict[str, tuple[float, float]]:
    """How far medians lie above minima, by regime, if a table of minima has medians too."""
    if arguments.kind != "min":
        return {}
    try:
        medians = read_pairs(arguments.table, arguments.network, "median", arguments.overhead_ms)
    except TableError:
        return {}
    if len(medians) != len(pairs):
        return {}
    above = np.maximum(medians.rtt_ms - pairs.rtt_ms, 1e-3)
    return {
        name: (float(np.median(above[pairs.regime == name])), float(np.quantile(above[pairs.regime == name], 0.95)))
        for name in sorted(set(pairs.regime.tolist()))
    }


def _report(check: Check) -> str:
    lines = [
        f"{check.pairs} pairs. Coverage: largest absolute miss of the 5, 25, 50, 75 and 95 % quantiles, in points",
        f"  overall {check.overall:.1f}, below 500 km {check.near_500km:.1f}",
    ]
    for title, misses in (("by regime", check.by_regime), ("by distance in km", check.by_band)):
        lines.append(f"  {title}")
        lines += [f"    {name:<26}{miss:>6.1f}{check.counts[name]:>8} pairs" for name, miss in misses.items()]
    ratio = check.pinball_model / check.pinball_global
    lines.append(
        f"Pinball loss of ln RTT: {check.pinball_model:.4f}, one lognormal without regimes {check.pinball_global:.4f} "
        f"(ratio {ratio:.2f})"
    )
    lines.append("Best of K landmarks within R km: radius in km at 2/3 c, predicted / observed")
    for cell in check.best_of_k:
        lines.append(
            f"  R {cell['R']:>5.0f}  K {cell['K']:>2}  {cell['targets']:>4} targets   "
            f"median {cell['median_predicted']:>6.0f} / {cell['median_observed']:<6.0f}  "
            f"90 % {cell['q90_predicted']:>6.0f} / {cell['q90_observed']:<6.0f}"
        )
    return "\n".join(lines)


def _bad_seed(seed: int) -> str:
    return "" if 0 <= seed < SEED_LIMIT else f"--seed must be from 0 to 2**64-1, not {seed}"


def _complain(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return EXIT_USER_ERROR
