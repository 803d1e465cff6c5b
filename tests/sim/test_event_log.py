"""The event log: its order, and that neither chunks nor a file change what it says."""

import gzip
import random
from datetime import date
from pathlib import Path

import numpy as np

from sim.event_file import EVENT_COLUMNS, EventFile
from sim.record import ROW, Event, EventLog, Happening, Record

START = date(2027, 1, 1)


def events(number: int, seed: int = 1) -> list[Event]:
    """Many simultaneous events, by day; details that CSV must quote."""
    draw = random.Random(seed)
    some = [
        Event(
            draw.randrange(8) / 2,
            draw.choice([Happening.FAILED, Happening.DELIVERED, Happening.SEIZED]),
            *(draw.randrange(-1, 3) for _ in range(4)),
            chips=draw.randrange(1, 3),
            detail=draw.choice(["", "b, with a comma", 'a "quoted" one', "two\nlines"]),
        )
        for _ in range(number)
    ]
    return sorted(some, key=lambda event: event.day)


def expected(written: list[Event]) -> list[Event]:
    rank = list(Happening).index
    return sorted(written, key=lambda e: (e.day, rank(e.happening), e.site, e.lot, e.case, e.chip, e.detail, e.chips))


def log_of(written: list[Event], *arguments) -> EventLog:
    log = EventLog(*arguments)
    for event in written:
        log.append(event)
    return log


def test_the_order_does_not_depend_on_who_was_first_among_simultaneous_events():
    written = events(500)
    shuffled = sorted(random.Random(2).sample(written, len(written)), key=lambda event: event.day)
    assert shuffled != written
    assert list(log_of(written)) == list(log_of(shuffled)) == expected(written)
    assert log_of(written) == log_of(shuffled) != log_of(written[1:])


def test_chunks_and_a_file_change_nothing(tmp_path: Path):
    written = events(500)
    files = [EventFile(tmp_path / f"{rows}.csv.gz", "baseline", 0, 3, START) for rows in (7, 1000)]
    small, large = log_of(written, files[0], 7), log_of(written, files[1], 1000)
    assert gzip.decompress(files[0].path.read_bytes()), "written as it grows"
    assert list(small) == list(large) == list(log_of(written, None, 7)) == expected(written)
    for log in (small, large):
        log.close()
    assert list(small) == expected(written)
    assert len(small) == len(written)
    assert len({gzip.decompress(file.path.read_bytes()) for file in files}) == 1


def test_a_line_of_the_file_names_run_and_date(tmp_path: Path):
    file = EventFile(tmp_path / "one.csv.gz", "baseline", 2, 3, START)
    log_of([Event(31.1, Happening.MOVED, site=4, chips=12, detail="a,b")], file).close()
    assert gzip.decompress(file.path.read_bytes()) == b'baseline,2,3,2027-02-01,31.1,moved,-1,-1,4,-1,12,"a,b"\n'
    assert ",".join(EVENT_COLUMNS) == "scenario,draw,run,date,day,happening,chip,lot,site,case,chips,detail"


def test_many_rows_at_once_are_those_one_by_one():
    days, chips = np.array([0.25, 0.5, 0.5]), np.array([5, 7, 6])
    seen: list[Event] = []
    record = Record(EventLog(chunk_rows=2), watch=seen.append)
    record.write_many(days, Happening.SILENT, chip=chips, site=3, detail="why")
    record.write_many(1.0, Happening.VISITED)
    one_by_one = [Event(day, Happening.SILENT, chip, site=3, detail="why") for day, chip in zip(days, chips, strict=True)]
    one_by_one.append(Event(1.0, Happening.VISITED))
    assert record.events == log_of(one_by_one)
    assert seen == one_by_one
    record.write_many(np.array([]), Happening.SILENT, chip=np.array([]))
    assert len(record.events) == len(seen) == 4


def test_a_row_is_small():
    assert ROW.itemsize <= 32
