"""Known flaws of published designs, as switches, so that the price of each can be measured.

All are off by default. Each opens one attack; see `docs/attestation.md`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Flaws:
    """What a flawed protocol allows.

    Attributes:
        attester_chosen_nonce: the attester proposes the nonces of the timed exchange, and the landmark uses them. Answers
            can then be signed beforehand and played back by a relay beside the landmark.
        prover_reported_time_subtracted: each response reports a processing time, and the landmark subtracts it from the
            round-trip time. A host far away reports a long one.
        long_term_key_signs_in_exchange: the chip's long-term key answers in the timed exchange, and the verifier subtracts
            the time that signing takes on honest hardware. Whoever signs faster looks nearer than it is.
        one_key_per_host: several chips may be endorsed with the key of their host, which answers for all of them wherever
            they are.
    """

    attester_chosen_nonce: bool = False
    prover_reported_time_subtracted: bool = False
    long_term_key_signs_in_exchange: bool = False
    one_key_per_host: bool = False


SOUND = Flaws()
"""None of them."""
