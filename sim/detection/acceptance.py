"""Whose signature on an answer the authority accepts: a pure function of the key, the protocol and what is known of keys."""

from __future__ import annotations

from attestation import Flaws

from ..world.keys import Key


def accepts(
    key: Key,
    flaws: Flaws,
    *,
    key_register: bool,
    vendor_key_revoked: bool,
    batches_share_keys: bool = False,
    batch_key_revoked: bool = False,
) -> bool:
    """Whether evidence signed by a key passes in the name of a chip.

    Where each chip has its own key, no other passes. Where a host's key speaks for all chips in it, that of the host left
    behind does, and so does that of a host with other chips in it. A forged key bears the vendor's endorsement: only the
    maker's own list of the keys that it has endorsed tells it from the chip's, or the revocation of the vendor's key. Where
    a production batch shares a key, no list tells one chip of it from another: it passes for all until it is revoked.

    Args:
        key: that signed.
        flaws: of the protocol.
        key_register: whether the authority knows each chip's own key from its manufacture.
        vendor_key_revoked: whether the vendor's signing key has been revoked.
        batches_share_keys: whether the chips of a production batch share one key.
        batch_key_revoked: whether that of the chip's batch has been revoked.
    """
    if key is Key.OWN:
        return True
    if key is Key.FORGED:
        return not key_register and not vendor_key_revoked
    if key is Key.BATCH:
        return batches_share_keys and not batch_key_revoked
    return flaws.one_key_per_host
