"""Countries with which the United States work together in export control.

Source: Export Administration Regulations, Supplement No. 1 to Part 740, Country Groups A:5 and A:6 (as of 2025): close
partners, and others with which there are arrangements. That a penalty can be collected and goods can be seized there more
often than elsewhere is an assumption.
"""

from __future__ import annotations

_A5 = "AR AU AT BE BG CA HR CZ DK EE FI FR DE GR HU IS IN IE IT JP LV LT LU NL NZ NO PL PT RO SK SI KR ES SE CH TR GB"
_A6 = "AL CY IL MT MX SG ZA TW"

PARTNERS = frozenset(f"{_A5} {_A6}".split())
"""ISO 3166 alpha-2 codes."""
