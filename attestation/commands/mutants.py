"""What the fuzzers share: small accidents to bytes, and a count of what came of them."""

import random
from collections import Counter
from dataclasses import dataclass, field

_INTERESTING = bytes.fromhex(
    "00 01 17 18 19 1a 1b 1f 20 38 40 58 5f 60 78 7f 80 9f a0 b8 bf c0 d2 d8 e0 f4 f5 f6 f7 f9 fa fb ff"
)
"""First bytes at which CBOR changes its meaning."""


@dataclass
class Report:
    """What came of one profile's mutants.

    Attributes:
        tampered: mutants changed after signing.
        accepted: of these, accepted though header, payload or key differ. Must be 0.
        equivalent: of these, accepted because only signature or unprotected header differ.
        resigned: mutants changed before signing.
        well_formed: of these, accepted, and read alike by both readers.
        refused: how many were refused, by reason.
        failures: what must not have happened.
    """

    tampered: int = 0
    accepted: int = 0
    equivalent: int = 0
    resigned: int = 0
    well_formed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def spoil(data: bytes, donors: list[bytes], generator: random.Random) -> bytes:
    """One to three small accidents."""
    spoilt = bytearray(data)
    for _ in range(generator.choice((1, 1, 1, 2, 3))):
        at = generator.randrange(len(spoilt) + 1)
        length = generator.choice((1, 1, 1, 2, 4, 16))
        match generator.randrange(8):
            case 0 if at < len(spoilt):
                spoilt[at] ^= 1 << generator.randrange(8)
            case 1 if at < len(spoilt):
                spoilt[at] = generator.choice(_INTERESTING)
            case 2:
                spoilt[at:at] = generator.randbytes(length)
            case 3:
                del spoilt[at : at + length]
            case 4:
                spoilt[at:at] = spoilt[at : at + length]
            case 5:
                donor = generator.choice(donors)
                spoilt[at : at + length * 4] = donor[at : at + length * 4]
            case 6:
                del spoilt[at:]
            case _:
                spoilt[at : at + length] = generator.randbytes(length)
    return bytes(spoilt)
