"""Make sim/data/countries.json.gz, the country polygons of the simulator, from Natural Earth.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/make_countries.py package

The source is Natural Earth 4.1.0 at 1:10m (public domain) as TopoJSON. Four things are done to it:

- Countries get their ISO 3166-1 alpha-2 code. Entities without a code keep Natural Earth's name.
- Borders and coasts are simplified to 1 km, so that no line moves farther than that. Those of China, Hong Kong, Macao,
  Taiwan, the Koreas and Vietnam are kept whole, because there a kilometre decides whether a place can be cleared.
- The Paracel Islands, which Natural Earth gives to China at 1:10m and omits at 1:50m, become an entity of their own.
- Antarctica is left out.

The output is TopoJSON on the grid of the source: 0.0036 degrees of longitude by 0.0017 of latitude, at most 0.4 by 0.19 km.
Lines shared by two countries are stored once, so neither gaps nor overlaps arise along a border.
Its text is the same on every machine; its compressed bytes are, too, where Python is built with the ordinary zlib.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import sys
from pathlib import Path
from typing import Any

SOURCE = "countries-10m.json"
SOURCE_SHA256 = "3bc6f1d367a9bcec479841bae0e76092f512838411d0cef124e92eec4db45f79"
TARGET = Path(__file__).resolve().parent.parent / "sim" / "data" / "countries.json.gz"

TOLERANCE_KM = 1.0
KEPT_WHOLE = {"CN", "HK", "MO", "TW", "KP", "KR", "VN"}
ANTARCTICA = "010"

PARACEL_ISLANDS = "Paracel Is."
PARACEL_POLYGONS = 7
PARACEL_BOX_DEG = (15.0, 17.5, 110.5, 113.5)  # south, north, west, east

KM_PER_DEGREE = 111.2

# ISO 3166-1: alpha-2 and numeric code of every entity that has one in the source.
ISO_CODES = """
AD020 AE784 AF004 AG028 AI660 AL008 AM051 AO024 AR032 AS016 AT040 AU036 AW533 AX248 AZ031 BA070 BB052 BD050 BE056
BF854 BG100 BH048 BI108 BJ204 BL652 BM060 BN096 BO068 BR076 BS044 BT064 BW072 BY112 BZ084 CA124 CD180 CF140 CG178
CH756 CI384 CK184 CL152 CM120 CN156 CO170 CR188 CU192 CV132 CW531 CY196 CZ203 DE276 DJ262 DK208 DM212 DO214 DZ012
EC218 EE233 EG818 EH732 ER232 ES724 ET231 FI246 FJ242 FK238 FM583 FO234 FR250 GA266 GB826 GD308 GE268 GG831 GH288
GI292 GL304 GM270 GN324 GQ226 GR300 GS239 GT320 GU316 GW624 GY328 HK344 HM334 HN340 HR191 HT332 HU348 ID360 IE372
IL376 IM833 IN356 IO086 IQ368 IR364 IS352 IT380 JE832 JM388 JO400 JP392 KE404 KG417 KH116 KI296 KM174 KN659 KP408
KR410 KW414 KY136 KZ398 LA418 LB422 LC662 LI438 LK144 LR430 LS426 LT440 LU442 LV428 LY434 MA504 MC492 MD498 ME499
MF663 MG450 MH584 MK807 ML466 MM104 MN496 MO446 MP580 MR478 MS500 MT470 MU480 MV462 MW454 MX484 MY458 MZ508 NA516
NC540 NE562 NF574 NG566 NI558 NL528 NO578 NP524 NR520 NU570 NZ554 OM512 PA591 PE604 PF258 PG598 PH608 PK586 PL616
PM666 PN612 PR630 PS275 PT620 PW585 PY600 QA634 RO642 RS688 RU643 RW646 SA682 SB090 SC690 SD729 SE752 SG702 SH654
SI705 SK703 SL694 SM674 SN686 SO706 SR740 SS728 ST678 SV222 SX534 SY760 SZ748 TC796 TD148 TF260 TG768 TH764 TJ762
TL626 TM795 TN788 TO776 TR792 TT780 TV798 TW158 TZ834 UA804 UG800 UM581 US840 UY858 UZ860 VA336 VC670 VE862 VG092
VI850 VN704 VU548 WF876 WS882 YE887 ZA710 ZM894 ZW716
"""
ALPHA_2 = {code[2:]: code[:2] for code in ISO_CODES.split()}

GridPoint = tuple[int, int]
Line = list[GridPoint]
Polygon = list[list[int]]  # rings of arc numbers; ~n stands for arc n reversed


def main(folder: Path) -> None:
    text = (folder / SOURCE).read_bytes()
    if hashlib.sha256(text).hexdigest() != SOURCE_SHA256:
        raise SystemExit(f"{folder / SOURCE} is not the file of world-atlas 2.0.2")
    source = json.loads(text)
    grid = Grid(source["transform"])
    lines = [absolute(arc) for arc in source["arcs"]]
    countries = polygons_by_code(source["objects"]["countries"]["geometries"])
    countries[PARACEL_ISLANDS] = [polygon for polygon in countries["CN"] if is_paracel(polygon, lines, grid)]
    countries["CN"] = [polygon for polygon in countries["CN"] if polygon not in countries[PARACEL_ISLANDS]]
    if len(countries[PARACEL_ISLANDS]) != PARACEL_POLYGONS:
        raise SystemExit(f"found {len(countries[PARACEL_ISLANDS])} Paracel Islands, not {PARACEL_POLYGONS}")

    whole = {arc for code in KEPT_WHOLE for arc in arcs_of(countries[code])}
    used = sorted({arc for polygons in countries.values() for arc in arcs_of(polygons)})
    new_number = {arc: number for number, arc in enumerate(used)}
    topology = {
        "type": "Topology",
        "transform": source["transform"],
        "objects": {
            "countries": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "MultiPolygon", "id": code, "arcs": renumbered(countries[code], new_number)}
                    for code in sorted(countries)
                ],
            }
        },
        "arcs": [relative(lines[arc] if arc in whole else simplified(lines[arc], grid)) for arc in used],
    }
    write(topology)


class Grid:
    """From the integers of a TopoJSON file to degrees."""

    def __init__(self, transform: dict[str, list[float]]) -> None:
        self.longitude_step_deg, self.latitude_step_deg = transform["scale"]
        self.west_deg, self.south_deg = transform["translate"]

    def latitude_deg(self, y: float) -> float:
        return self.south_deg + self.latitude_step_deg * y

    def longitude_deg(self, x: float) -> float:
        return self.west_deg + self.longitude_step_deg * x

    def km(self, start: GridPoint, end: GridPoint, latitude_deg: float) -> tuple[float, float]:
        """East and north components of a short way, in km."""
        east = (end[0] - start[0]) * self.longitude_step_deg * KM_PER_DEGREE * math.cos(math.radians(latitude_deg))
        north = (end[1] - start[1]) * self.latitude_step_deg * KM_PER_DEGREE
        return east, north


def absolute(arc: list[list[int]]) -> Line:
    """Grid points of an arc whose points are stored as steps from one to the next."""
    x = y = 0
    line = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        line.append((x, y))
    return line


def relative(line: Line) -> list[list[int]]:
    """The inverse of `absolute`."""
    return [[x - before_x, y - before_y] for (before_x, before_y), (x, y) in zip([(0, 0), *line], line, strict=False)]


def polygons_by_code(geometries: list[dict[str, Any]]) -> dict[str, list[Polygon]]:
    """Polygons of each country by its ISO code, or by its name if it has none.

    A code that occurs twice (Australia and its Ashmore and Cartier Islands) is one country.
    """
    countries: dict[str, list[Polygon]] = {}
    for geometry in geometries:
        number = geometry.get("id")
        if number != ANTARCTICA:
            code = geometry["properties"]["name"] if number is None else ALPHA_2[number]
            polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
            countries.setdefault(code, []).extend(polygons)
    return countries


def arcs_of(polygons: list[Polygon]) -> list[int]:
    return [max(arc, ~arc) for polygon in polygons for ring in polygon for arc in ring]


def renumbered(polygons: list[Polygon], new_number: dict[int, int]) -> list[Polygon]:
    return [
        [[new_number[arc] if arc >= 0 else ~new_number[~arc] for arc in ring] for ring in polygon] for polygon in polygons
    ]


def is_paracel(polygon: Polygon, lines: list[Line], grid: Grid) -> bool:
    south, north, west, east = PARACEL_BOX_DEG
    return all(
        south < grid.latitude_deg(y) < north and west < grid.longitude_deg(x) < east
        for arc in arcs_of([polygon])
        for x, y in lines[arc]
    )


def simplified(line: Line, grid: Grid) -> Line:
    """The line without the points that lie near the chord between others (Douglas and Peucker, 1973).

    No point moves by more than the tolerance, nor by more than a twentieth of the line's extent, so that small islands and
    city states keep their shape.
    """
    tolerance_km = min(TOLERANCE_KM, extent_km(line, grid) / 20)
    kept = {0, len(line) - 1}
    pending = [(0, len(line) - 1)]
    while pending:
        first, last = pending.pop()
        if last - first > 1:
            distance_km, farthest = max((chord_distance_km(line, first, n, last, grid), -n) for n in range(first + 1, last))
            if distance_km > tolerance_km:
                kept.add(-farthest)
                pending += [(first, -farthest), (-farthest, last)]
    return [line[n] for n in sorted(kept)]


def extent_km(line: Line, grid: Grid) -> float:
    """Diagonal of the line's bounding box."""
    west, east = min(x for x, _ in line), max(x for x, _ in line)
    south, north = min(y for _, y in line), max(y for _, y in line)
    return math.hypot(*grid.km((west, south), (east, north), grid.latitude_deg((south + north) / 2)))


def chord_distance_km(line: Line, first: int, point: int, last: int, grid: Grid) -> float:
    """Distance of a point of a line from the chord between two others."""
    latitude_deg = grid.latitude_deg(line[point][1])
    chord = grid.km(line[first], line[last], latitude_deg)
    way = grid.km(line[first], line[point], latitude_deg)
    length_squared = chord[0] ** 2 + chord[1] ** 2
    share = 0.0 if length_squared == 0 else (way[0] * chord[0] + way[1] * chord[1]) / length_squared
    share = min(1.0, max(0.0, share))
    return math.hypot(way[0] - share * chord[0], way[1] - share * chord[1])


def write(topology: dict[str, Any]) -> None:
    text = json.dumps(topology, separators=(",", ":"), ensure_ascii=True).encode()
    # No file name and no time, so that the bytes depend on the content alone.
    with TARGET.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as packed:
        packed.write(text)
    digest = hashlib.sha256(TARGET.read_bytes()).hexdigest()
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, SHA-256 {digest}")
    print(f"its text: {len(text):,} bytes, SHA-256 {hashlib.sha256(text).hexdigest()}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tools/make_countries.py FOLDER_WITH_WORLD_ATLAS")
    main(Path(sys.argv[1]))
