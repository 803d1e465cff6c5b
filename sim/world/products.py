"""The products that makers of AI chips sell: how fast they are, what they cost, and which of them ship in a year.

Performance is counted in two units. H100-equivalents (H100e) are dense 8-bit operations per second over those of an H100, as
Epoch AI counts them. Total processing performance (TPP) is that of the export rules: operations per second, in 10^12, times
the bit length of the operation, the largest over all formats (ECCN 3A090, 88 FR 73458).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..parameters import Product, Values, load_parameters

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def products() -> Mapping[str, Product]:
    """All products by name, in the order of their numbers in the table of chips."""
    return load_parameters().products.products


def product_names() -> tuple[str, ...]:
    """Names of the products by number."""
    return tuple(products())


def tpp(product: Product) -> float:
    """Total processing performance."""
    at_8_bit = 8 * product.tops_8bit.value
    return at_8_bit if product.tops_4bit is None else max(at_8_bit, 4 * product.tops_4bit.value)


def h100e_of_products(values: Values) -> FloatArray:
    """H100-equivalents of one chip of each product, shape (products,)."""
    return np.array([values[f"{name}_h100e"] for name in product_names()])


def prices_usd(values: Values) -> FloatArray:
    """List price of one chip of each product in US dollars, shape (products,)."""
    return np.array([values[f"{name}_price_usd"] for name in product_names()])


def mean_h100e(day: date, values: Values) -> float:
    """H100-equivalents of a chip in the mean of what ships abroad on a day."""
    return float(shipped_shares(day, values) @ h100e_of_products(values))


def mean_price_usd(day: date, values: Values) -> float:
    """List price of a chip in US dollars, in the same mean."""
    return float(shipped_shares(day, values) @ prices_usd(values))


def stock_shares(values: Values) -> FloatArray:
    """Share of each product in the chips that stand abroad on the first day, shape (products,)."""
    return _normalised(_shares("stock", values))


def stock_h100e(values: Values) -> float:
    """H100-equivalents of a chip in the mean of the stock abroad on the first day."""
    return float(stock_shares(values) @ h100e_of_products(values))


def shipped_shares(day: date, values: Values) -> FloatArray:
    """Share of each product in what ships abroad on a day, shape (products,).

    By calendar year; before the first year of the table as in that, after the last as in the last. What is not yet released
    does not ship, so that over the year of its release a product has less than its share.

    Raises:
        ValueError: no product of that year's mix is released.
    """
    years = [int(year) for year in load_parameters().products.shares if year != "stock"]
    year = min(max(day.year, min(years)), max(years))
    released = np.array([product.release.day <= day for product in products().values()])
    shares = _shares(str(year), values) * released
    if not shares.sum() > 0:
        raise ValueError(f"nothing ships on {day}: allowed from {first_shipment()} on")
    return _normalised(shares)


def first_shipment() -> date:
    """The day from which on something ships."""
    shares = load_parameters().products.shares
    first_year = min(year for year in shares if year != "stock")
    return min(products()[name].release.day for name in shares[first_year].of)


def product_at(shares: FloatArray, uniform: float) -> int:
    """Number of the product at a given quantile of the shares."""
    steps = np.cumsum(shares)
    return min(int(steps.searchsorted(uniform * steps[-1], side="right")), int(np.flatnonzero(shares)[-1]))


def chips_by_product(count: int, shares: FloatArray) -> IntArray:
    """So many chips, divided among the products by the largest remainder; shape (products,)."""
    exact = count * shares
    numbers: IntArray = np.floor(exact).astype(np.int64)
    order = np.argsort(numbers - exact, kind="stable")
    numbers[order[: count - int(numbers.sum())]] += 1
    return numbers


def mixed(numbers: IntArray) -> IntArray:
    """So many chips of each product in a row, each product spread evenly over it; products by number, shape (chips,).

    Whoever takes chips from the front, such as a buyer, then meets them in their shares.
    """
    places = np.concatenate([(np.arange(number) + 0.5) / max(number, 1) for number in numbers])
    products: IntArray = np.repeat(np.arange(len(numbers)), numbers)[np.argsort(places, kind="stable")]
    return products


def _shares(suffix: str, values: Values) -> FloatArray:
    listed = load_parameters().products.shares[suffix].of
    return np.array([values[f"{name}_share_{suffix}"] if name in listed else 0.0 for name in product_names()])


def _normalised(shares: FloatArray) -> FloatArray:
    normalised: FloatArray = shares / shares.sum()
    return normalised
