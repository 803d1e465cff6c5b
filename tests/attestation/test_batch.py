"""Batches: trees and proofs held against the definitions of RFC 9162, and one signature for many landmarks' nonces."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attestation import ED25519, ESP256, ESP384, InclusionProof, InvalidArgument, Tree, Verdict, bind, errors, issue
from attestation import verify_inclusion as verify
from attestation.batch import batch_nonce, verify_answer
from attestation.measurement import MAX_PACKET_BYTES

from .field import NEAR_KM, NOW_S, Chip, Field, round_trip_ns, seed
from .wire import array, integer, octets, text

NEAR_NS = round_trip_ns(NEAR_KM)
SIZES = (*range(1, 18), 31, 32, 33, 63, 64, 65, 71, 72, 73)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def split(count: int) -> int:
    """The largest power of two below a number."""
    return 1 << (count - 1).bit_length() - 1


def tree_hash(entries: Sequence[bytes]) -> bytes:
    """MTH, word for word (RFC 9162 section 2.1.1)."""
    if len(entries) == 1:
        return sha256(b"\x00", entries[0])
    k = split(len(entries))
    return sha256(b"\x01", tree_hash(entries[:k]), tree_hash(entries[k:]))


def path(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH, word for word (RFC 9162 section 2.1.3.1)."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), tree_hash(entries[k:])]
    return [*path(index - k, entries[k:]), tree_hash(entries[:k])]


def entries(count: int) -> list[bytes]:
    return [seed(f"entry {number}") for number in range(count)]


def leaf(number: int) -> bytes:
    return sha256(b"\x00", seed(f"entry {number}"))


@pytest.mark.parametrize("size", SIZES)
def test_roots_and_proofs_are_those_of_the_rfc_and_verify(size: int):
    given = entries(size)
    tree = Tree.of(given)
    assert (tree.size, tree.root) == (size, tree_hash(given))
    for index in range(size):
        proof = tree.proof(index)
        assert proof == InclusionProof(size, index, tuple(path(index, given)))
        verify(leaf(index), index, size, list(proof.path), tree.root)


def test_roots_are_the_published_ones():
    """Of the trees over the first leaves of Certificate Transparency's reference tests."""
    leaves = [bytes.fromhex(line) for line in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    leaves.append(bytes(range(0x60, 0x70)))
    for size, root in (
        (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        (5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
    ):
        assert Tree.of(leaves[:size]).root.hex() == root


def refused(kind: type[errors.Refused], leaf_hash: object, index: object, size: object, proof: object, root: object) -> None:
    with pytest.raises(errors.Refused) as caught:
        verify(leaf_hash, index, size, proof, root)  # type: ignore[arg-type]
    assert type(caught.value) is kind


@pytest.mark.parametrize(("size", "index"), [(2, 0), (5, 1), (5, 4), (7, 6), (8, 5), (72, 70)])
def test_what_is_wrong_with_a_proof_has_a_name(size: int, index: int):
    tree = Tree.of(entries(size))
    good, root, mine = list(tree.proof(index).path), tree.root, leaf(index)
    verify(mine, index, size, good, root)
    for outside in (size, size + 1, 1 << 64, -1, True, 1.0, None):
        refused(errors.IndexOutsideTree, mine, outside, size, good, root)
    for no_size in (0, -1, index, False, float(size), None):
        refused(errors.IndexOutsideTree, mine, index, no_size, good, root)
    refused(errors.ProofTooShort, mine, index, size, good[:-1], root)
    refused(errors.ProofTooShort, mine, index, size, [], root)
    for more in (root, b"", good[0]):
        refused(errors.ProofTooLong, mine, index, size, [*good, more], root)
    refused(errors.ProofTooLong, mine, index, size, [good[0], *good], root)
    for node in (b"", good[0][1:], good[0] + b"\x00", good[0].hex(), bytearray(good[0]), None, 0):
        refused(errors.BadProofNode, mine, index, size, [node, *good[1:]], root)
        refused(errors.BadProofNode, node, index, size, good, root)
        refused(errors.BadProofNode, mine, index, size, good, node)
    refused(errors.RootMismatch, mine, index, size, good, sha256(b""))
    refused(errors.RootMismatch, leaf(size), index, size, good, root)


@pytest.mark.parametrize("size", [2, 3, 6, 7, 11])
def test_a_proof_holds_for_its_own_leaf_and_place_alone(size: int):
    """Every other index, every other leaf and every bit turned of a node."""
    tree = Tree.of(entries(size))
    for index in range(size):
        proof = tree.proof(index).path
        for other in set(range(size)) - {index}:
            with pytest.raises(errors.BatchRefused):
                verify(leaf(index), other, size, proof, tree.root)
            refused(errors.RootMismatch, leaf(other), index, size, proof, tree.root)
        for at, node in enumerate(proof):
            for bit in range(0, 256, 5):
                turned = (int.from_bytes(node, "big") ^ 1 << bit).to_bytes(32, "big")
                refused(errors.RootMismatch, leaf(index), index, size, [*proof[:at], turned, *proof[at + 1 :]], tree.root)


def test_no_node_passes_for_an_entry():
    """Without the prefixes, the two hashes below a node would be an entry of a tree half as deep."""
    tree = Tree.of(entries(4))
    forged = leaf(0) + leaf(1)
    refused(errors.RootMismatch, sha256(b"\x00", forged), 0, 2, tree.proof(0).path[1:], tree.root)
    verify(sha256(b"\x01", forged), 0, 2, tree.proof(0).path[1:], tree.root)


def test_a_root_alone_does_not_say_how_large_its_tree_is_and_a_batch_does():
    """The first leaf's way up is the same in trees of three and of four: so the chip signs the size as well."""
    tree = Tree.of(entries(3))
    proof = tree.proof(0)
    verify(leaf(0), 0, 4, proof.path, tree.root)
    verify_answer(seed("entry 0"), proof, tree.nonce)
    for wrong, signed in ((replace(proof, size=4), tree.nonce), (proof, batch_nonce(4, tree.root)), (proof, tree.root)):
        with pytest.raises(errors.RootMismatch):
            verify_answer(seed("entry 0"), wrong, signed)
    assert tree.nonce == sha256(array(text("location batch"), integer(3), octets(tree.root)))


def test_a_tree_has_an_entry_and_proofs_of_its_entries_only():
    with pytest.raises(InvalidArgument):
        Tree.of([])
    for index in (-1, 3):
        with pytest.raises(InvalidArgument):
            Tree.of(entries(3)).proof(index)


NODES = array(octets(bytes(32)))


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", errors.Truncated),
        (array(integer(2), integer(0), NODES) + b"\x00", errors.TrailingBytes),
        (array(integer(2), integer(0), b"\xd2" + NODES), errors.InnerTag),
        (integer(2), errors.BadProof),
        (array(integer(2), integer(0)), errors.BadProof),
        (array(integer(2), integer(0), NODES, NODES), errors.BadProof),
        (array(integer(1), integer(0), NODES), errors.BadProof),
        (array(integer(73), integer(0), NODES), errors.BadProof),
        (array(b"\xf5", integer(0), NODES), errors.BadProof),
        (array(text("2"), integer(0), NODES), errors.BadProof),
        (array(integer(2), b"\xf4", NODES), errors.BadProof),
        (array(integer(2), integer(0), octets(bytes(32))), errors.BadProof),
        (array(integer(2), integer(0), array()), errors.ProofTooShort),
        (array(integer(2), integer(0), array(text("x" * 32))), errors.BadProofNode),
        (array(integer(2), integer(0), array(octets(bytes(33)))), errors.BadProofNode),
        (array(integer(2), integer(2), NODES), errors.IndexOutsideTree),
        (array(integer(2), integer(-1), NODES), errors.IndexOutsideTree),
        (array(integer(2), integer(0), array(octets(bytes(32)), octets(bytes(32)))), errors.ProofTooLong),
        (array(integer(2), integer(0), NODES), errors.RootMismatch),
    ],
    ids=lambda value: value.reason if isinstance(value, type) else value.hex()[:12],
)
def test_a_proof_from_elsewhere_is_refused_by_name(data: bytes, kind: type[errors.Refused]):
    with pytest.raises(errors.Refused) as caught:
        verify_answer(bytes(32), InclusionProof.decode(data), bytes(32))
    assert type(caught.value) is kind


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_mutant_of_a_proof_is_accepted(data):
    """Flip, drop, insert or repeat bytes anywhere: a proof has one spelling, and every bit of it counts."""
    size = data.draw(st.sampled_from([2, 3, 5, 72]))
    tree = Tree.of(entries(size))
    index = data.draw(st.integers(0, size - 1))
    good = tree.proof(index).encode()
    at = data.draw(st.integers(0, len(good) - 1))
    mutant = good[:at] + data.draw(st.binary(max_size=6)) + good[at + data.draw(st.integers(0, 4)) :]
    if mutant != good:
        with pytest.raises(errors.Refused):
            verify_answer(seed(f"entry {index}"), InclusionProof.decode(mutant), tree.nonce)


@pytest.mark.parametrize("size", [2, 3, 72])
def test_a_proof_travels_as_the_inclusion_proof_of_a_cose_receipt(size: int):
    for index in (0, size - 1):
        proof = Tree.of(entries(size)).proof(index)
        by_hand = array(integer(size), integer(index), array(*map(octets, proof.path)))
        assert proof.encode() == by_hand
        assert InclusionProof.decode(by_hand) == proof


@pytest.mark.parametrize("size", [1, 73])
def test_no_proof_is_sent_that_nobody_would_read(size: int):
    with pytest.raises(InvalidArgument):
        Tree.of(entries(size)).proof(0).encode()


class Batch:
    """A chip that has been challenged a number of times and has signed one batch over the challenges."""

    def __init__(self, count: int = 3, **options) -> None:
        self.world = Field(**options)
        self.chip = self.world.chip()
        self.challenges = [self.challenge(self.chip) for _ in range(count)]
        self.tree = Tree.of(self.challenges)
        self.proofs = {nonce: self.tree.proof(index).encode() for index, nonce in enumerate(self.challenges)}
        self.token = self.sign(self.tree.nonce)

    def challenge(self, chip: Chip) -> bytes:
        return self.world.verifier.challenge(chip.ueid, self.world.fresh(), NOW_S)

    def sign(self, *nonces: bytes) -> bytes:
        return issue(replace(self.chip.claims, nonces=nonces), self.chip.key)

    def refusal(self, proofs: dict[bytes, bytes], token: bytes | None = None) -> str:
        appraisal = self.world.verifier.appraise_batch(self.token if token is None else token, proofs, NOW_S)
        assert appraisal.verdict is Verdict.INVALID
        (reason,) = appraisal.reasons
        return reason

    def accept(self, proofs: dict[bytes, bytes]) -> None:
        appraisal = self.world.verifier.appraise_batch(self.token, proofs, NOW_S)
        assert (appraisal.verdict, appraisal.ueid) == (Verdict.UNCONFIRMED, self.chip.ueid), appraisal.detail


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
def test_one_signature_answers_72_challenges_each_of_them_once(algorithm: int):
    """Shown by one who knows a single challenge, and then by one who knows the rest."""
    batch = Batch(72, algorithm=algorithm)
    rest = dict(batch.proofs)
    first = {batch.challenges[40]: rest.pop(batch.challenges[40])}
    batch.accept(first)
    assert batch.refusal(first) == "nonce_reused"
    assert batch.refusal(batch.proofs) == "nonce_reused"
    batch.accept(rest)
    assert batch.refusal(rest) == "nonce_reused"


def test_a_batch_is_redeemed_whole_or_not_at_all():
    batch = Batch()
    one, two, three = batch.challenges
    unasked = batch.world.fresh()
    for spoilt, reason in (
        ({two: batch.proofs[three]}, "root_mismatch"),
        ({two: b""}, "truncated"),
        ({two: Tree.of([one, two]).proof(1).encode()}, "root_mismatch"),
        ({unasked: batch.proofs[two]}, "root_mismatch"),
    ):
        assert batch.refusal({one: batch.proofs[one], **spoilt}) == reason
    batch.accept(batch.proofs)


def test_a_batch_is_not_what_it_was_not_signed_for():
    """A list of nonces, one nonce alone, and a root without its size are no batches; nor is a batch an answer by itself."""
    batch = Batch()
    verifier = batch.world.verifier
    assert verifier.appraise(batch.token, NOW_S).reasons == ("nonce_unknown",)
    assert batch.refusal(batch.proofs, batch.sign(*batch.challenges)) == "nonce_mismatch"
    assert batch.refusal(batch.proofs, batch.sign(batch.challenges[0])) == "root_mismatch"
    assert batch.refusal(batch.proofs, batch.sign(batch.tree.root)) == "root_mismatch"
    assert batch.refusal(batch.proofs, batch.token[:-1] + bytes([batch.token[-1] ^ 1])) == "bad_signature"
    with pytest.raises(InvalidArgument):
        verifier.appraise_batch(batch.token, {}, NOW_S)
    batch.accept(batch.proofs)


def test_who_puts_a_batch_of_others_challenges_to_a_chip_could_as_well_pass_them_on():
    """A chip signs a bare challenge as it comes. The answer still counts once, and for the challenges of this chip alone."""
    batch = Batch()
    neighbour = batch.world.chip("neighbour")
    chosen = [batch.challenges[0], batch.challenge(neighbour)]
    tree = Tree.of(chosen)
    mine, theirs = ({nonce: tree.proof(index).encode()} for index, nonce in enumerate(chosen))
    batch.token = batch.sign(tree.nonce)
    assert batch.refusal(theirs) == "nonce_for_other_chip"
    batch.accept(mine)
    assert batch.refusal(mine) == "nonce_reused"


def test_no_chip_answers_for_another_by_a_batch():
    """A host that signs with the key of one chip for all of its chips: each must show that it holds its own key."""
    batch = Batch()
    neighbour = batch.world.chip("neighbour")
    theirs = batch.challenge(neighbour)
    tree = Tree.of([batch.challenges[0], theirs])
    proofs = {nonce: tree.proof(index).encode() for index, nonce in enumerate((batch.challenges[0], theirs))}
    assert batch.refusal(proofs, batch.sign(tree.nonce)) == "nonce_for_other_chip"
    claims, mine = replace(neighbour.claims, nonces=(tree.nonce,)), {theirs: proofs[theirs]}
    assert batch.refusal(mine, issue(claims, batch.chip.key)) == "ueid_not_endorsed"
    assert batch.world.verifier.appraise_batch(issue(claims, neighbour.key), mine, NOW_S).claims == claims


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
@pytest.mark.parametrize("landmarks", [1, 2, 5])
def test_a_session_takes_a_batch_for_a_list(algorithm: int, landmarks: int):
    world = Field(algorithm=algorithm, landmark_ids=tuple(f"landmark {number}" for number in range(landmarks)))
    appraisal = world.attest(world.chip(), [NEAR_NS], batched=True)
    assert (appraisal.verdict, len(appraisal.bounds)) == (Verdict.CLEARED, landmarks)
    assert appraisal.claims is not None
    assert len(appraisal.claims.nonces) == 1


def test_a_sessions_batch_is_over_its_own_nonces_in_order():
    world = Field(landmark_ids=("one", "two", "three"))
    chip, key = world.chip(), world.session_key()
    session = world.session(chip)
    session.endorse(world.vouch(chip, session, key), NOW_S)
    transcripts = []
    for name in world.landmark_ids:
        measurement, transcript = world.measure(session, key, [NEAR_NS], name)
        session.report(name, measurement, NOW_S)
        transcripts.append(transcript)
    one, two, three = session.challenge_again([world.fresh() for _ in world.landmark_ids], NOW_S)
    for challenges in ((one, three, two), (one, two), (one, two, three, bytes(32)), (one,), (one, two, bytes(32))):
        token = world.claim(chip, session, challenges, key, transcripts, batched=True)
        assert session.conclude(token, NOW_S).reasons == ("nonce_mismatch",)
    token = world.claim(chip, session, (one, two, three), key, transcripts, batched=True)
    assert session.conclude(token, NOW_S).verdict is Verdict.CLEARED


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
def test_a_claim_over_72_landmarks_fits_into_a_datagram_as_a_batch_only(algorithm: int):
    world = Field(algorithm=algorithm)
    chip, key = world.chip(), world.session_key()
    claims = replace(chip.claims, transcript_sha256=seed("transcript"))
    challenges = [world.fresh() for _ in range(72)]
    listed, batched = (
        len(issue(bind(claims, challenges, key.cose_key, bytes(16), batched=batched), chip.key)) for batched in (False, True)
    )
    assert batched < MAX_PACKET_BYTES < listed
