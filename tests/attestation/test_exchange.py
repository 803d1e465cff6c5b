"""The timed exchange: four packets, one clock, and a transcript on both sides."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attestation import (
    ED25519,
    ESP256,
    ESP384,
    AttestationError,
    InvalidArgument,
    LandmarkExchange,
    ProverExchange,
    SigningKey,
    errors,
)
from attestation.cbor import loads
from attestation.measurement import MAX_BURST, Measurement, issue_measurement, verify_measurement
from attestation.packets import NoncePacket, Request, Response
from attestation.token import seal, unseal

from .field import AUDIENCE, NOW_S, seed

SESSION = bytes(range(16))
LANDMARK = SigningKey.from_seed(seed("landmark one"))
KEY = SigningKey.from_seed(seed("session key"))


def nonce(number: int) -> bytes:
    return number.to_bytes(32, "big")


def prover(key: SigningKey = KEY, session: bytes = SESSION, landmark: SigningKey = LANDMARK):
    return ProverExchange(session=session, key=key, landmark_id="one", landmark_key=landmark.public_key)


def exchange(request: bytes | None = None, **options) -> LandmarkExchange:
    return LandmarkExchange(prover().request() if request is None else request, landmark_id="one", key=LANDMARK, **options)


def refused(kind: type[errors.Refused], call: Callable[[], object]) -> None:
    with pytest.raises(errors.Refused) as caught:
        call()
    assert type(caught.value) is kind


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


@pytest.mark.parametrize("algorithm", [ED25519, ESP256, ESP384])
def test_the_four_packets_are_what_the_documentation_says(algorithm: int):
    """Each built and read by hand with another library, and the digest of the transcript recomputed from the bytes."""
    key = SigningKey.from_seed(seed("session key"), algorithm)
    side = prover(key)
    request = side.request()
    kind, session, landmark_id, session_key, nonces, signature = cbor2.loads(request)
    assert (kind, session, landmark_id, session_key, nonces) == (1, SESSION, "one", key.cose_key, [])
    assert signature == key.sign(cbor2.dumps(["location request", SESSION, "one", session_key, []]))

    other = exchange(request)
    rounds, rtts = [], []
    for index in range(3):
        sent = other.send_nonce(nonce(index), 1000 * index)
        assert cbor2.loads(sent) == [2, SESSION, "one", index, nonce(index)]
        response = side.respond(sent)
        kind, session, answered, processing_ns, signature = cbor2.loads(response)
        assert (kind, session, answered, processing_ns) == (3, SESSION, index, 0)
        assert signature == key.sign(cbor2.dumps(["location response", SESSION, "one", index, nonce(index), 0]))
        assert other.receive(response, 1000 * index + 50 - index) == 50 - index
        rounds.append([index, nonce(index), sha256(sent), sha256(response)])
        rtts.append((index, 50 - index))
    token = other.measure(AUDIENCE, NOW_S)

    by_hand = cbor2.dumps(["location transcript", SESSION, "one", LANDMARK.cose_key, key.cose_key, rounds])
    assert side.accept(token) == sha256(by_hand)
    measurement = verify_measurement(token, LANDMARK.public_key)
    assert measurement == Measurement(
        landmark_id="one",
        audience=AUDIENCE,
        issued_at_s=NOW_S,
        session=SESSION,
        session_key=key.cose_key,
        sent=3,
        rtts_ns=tuple(rtts),
        transcript_sha256=sha256(by_hand),
    )
    assert measurement.min_rtt_ns == 48


def test_a_packet_fits_into_one_datagram_of_ipv6():
    """1,232 bytes (RFC 8200): no packet of an exchange may be split on its way."""
    key = SigningKey.from_seed(seed("session key"), ESP384)
    side = prover(key)
    other = exchange(side.request())
    sizes = [len(side.request())]
    for index in range(MAX_BURST):
        sent = other.send_nonce(nonce(index), 0)
        response = side.respond(sent)
        other.receive(response, (1 << 53) % 999_999_999)
        sizes += [len(sent), len(response)]
    sizes.append(len(other.measure(AUDIENCE, NOW_S)))
    assert max(sizes) <= 1232


def test_a_lost_packet_costs_its_own_round_only():
    """Neither a nonce that never arrives nor a response that never arrives spoils the transcript."""
    side = prover()
    other = exchange(side.request())
    other.send_nonce(nonce(0), 0)
    side.respond(other.send_nonce(nonce(1), 0))
    other.receive(side.respond(other.send_nonce(nonce(2), 0)), 7)
    token = other.measure(AUDIENCE, NOW_S)
    measurement = verify_measurement(token, LANDMARK.public_key)
    assert (measurement.sent, measurement.rtts_ns) == (3, ((2, 7),))
    assert side.accept(token) == measurement.transcript_sha256


def test_junk_ends_no_exchange():
    side = prover()
    other = exchange(side.request())
    stranger = prover(SigningKey.from_seed(seed("stranger")))
    sent = other.send_nonce(nonce(0), 100)
    honest = side.respond(sent)
    refused(errors.BadSignature, lambda: other.receive(stranger.respond(sent), 101))
    refused(errors.Truncated, lambda: other.receive(honest[:-1], 102))
    refused(errors.Truncated, lambda: other.receive(b"", 102))
    refused(errors.BadPacket, lambda: other.receive(sent, 102))
    assert other.receive(honest, 150) == 50


def test_a_response_counts_once_in_time_and_for_its_nonce():
    side = prover()
    other = exchange(side.request(), timeout_ns=1000)
    first = side.respond(other.send_nonce(nonce(0), 0))
    refused(errors.UnexpectedResponse, lambda: other.receive(first, 1001))
    assert other.receive(first, 1000) == 1000
    refused(errors.UnexpectedResponse, lambda: other.receive(first, 1000))
    other.send_nonce(nonce(1), 2000)
    refused(errors.UnexpectedResponse, lambda: other.receive(first, 2001))


def test_a_response_of_another_session_is_refused():
    other = exchange()
    elsewhere = prover(session=bytes(16))
    sent = other.send_nonce(nonce(0), 0)
    foreign = Response.answer(NoncePacket(bytes(16), "one", 0, nonce(0)), KEY).encode()
    refused(errors.OtherSession, lambda: other.receive(foreign, 1))
    refused(errors.OtherSession, lambda: elsewhere.respond(sent))


def test_an_answer_to_one_landmark_is_none_to_another():
    """The response names the landmark, so that a man in the middle cannot answer one landmark with another's nonce."""
    side = prover()
    sent = NoncePacket(SESSION, "two", 0, nonce(0))
    refused(errors.OtherLandmark, lambda: side.respond(sent.encode()))
    other = exchange()
    other.send_nonce(nonce(0), 0)
    refused(errors.BadSignature, lambda: other.receive(Response.answer(sent, KEY).encode(), 1))


def test_a_prover_answers_each_index_once():
    """Otherwise a second nonce under the same index could be answered for somebody else."""
    side = prover()
    side.respond(NoncePacket(SESSION, "one", 0, nonce(0)).encode())
    refused(errors.OutOfTurn, lambda: side.respond(NoncePacket(SESSION, "one", 0, nonce(1)).encode()))


def test_a_request_is_good_for_its_landmark_and_its_key():
    request = prover().request()
    refused(errors.OtherLandmark, lambda: LandmarkExchange(request, landmark_id="two", key=LANDMARK))
    stolen = Request(SESSION, "one", KEY.cose_key).encode(SigningKey.from_seed(seed("stranger")))
    refused(errors.BadSignature, lambda: exchange(stolen))


def test_an_exchange_has_an_end():
    side = prover()
    other = exchange(side.request())
    refused(errors.NothingMeasured, lambda: other.measure(AUDIENCE, NOW_S))
    for index in range(MAX_BURST):
        other.receive(side.respond(other.send_nonce(nonce(index), 0)), 1)
    refused(errors.OutOfTurn, lambda: other.send_nonce(nonce(99), 0))
    other.measure(AUDIENCE, NOW_S)
    refused(errors.OutOfTurn, lambda: other.measure(AUDIENCE, NOW_S))
    refused(errors.OutOfTurn, lambda: other.send_nonce(nonce(99), 0))


@pytest.mark.parametrize("entropy", [b"", bytes(31), bytes(33)], ids=len)
def test_a_nonce_takes_32_bytes(entropy: bytes):
    with pytest.raises(InvalidArgument):
        exchange().send_nonce(entropy, 0)


def test_a_nonce_is_not_sent_twice():
    other = exchange()
    other.send_nonce(nonce(1), 0)
    with pytest.raises(InvalidArgument):
        other.send_nonce(nonce(1), 0)


def test_a_response_that_arrives_before_its_nonce_left_is_none():
    """Whoever guesses the next index can send junk early; an arrival may be stamped long before it is looked at."""
    side = prover()
    other = exchange(side.request())
    response = side.respond(other.send_nonce(nonce(0), 100))
    refused(errors.UnexpectedResponse, lambda: other.receive(response, 99))
    assert other.receive(response, 100) == 0


def test_a_prover_accepts_only_the_measurement_of_what_it_has_seen():
    side = prover()
    other = exchange(side.request())
    other.receive(side.respond(other.send_nonce(nonce(0), 0)), 5)
    token = other.measure(AUDIENCE, NOW_S)
    read = verify_measurement(token, LANDMARK.public_key)
    changes = {
        errors.OtherSession: {"session": bytes(16)},
        errors.OtherSessionKey: {"session_key": SigningKey.from_seed(seed("stranger")).cose_key},
        errors.TranscriptMismatch: {"transcript_sha256": bytes(32)},
    }
    for kind, change in changes.items():
        altered = issue_measurement(replace(read, **change), LANDMARK)
        refused(kind, lambda altered=altered: side.accept(altered))
    unseen = issue_measurement(replace(read, sent=2, rtts_ns=((0, 5), (1, 5))), LANDMARK)
    assert side.accept(unseen) == read.transcript_sha256, "a round more than the prover saw changes nothing in the digest"
    refused(errors.BadSignature, lambda: prover(landmark=KEY).accept(token))


SIGNED = [SESSION, "one", KEY.cose_key, []]
BAD_REQUESTS = {
    "kind": [2, *SIGNED],
    "kind true": [True, *SIGNED],
    "session": [1, SESSION[1:], *SIGNED[1:]],
    "landmark id empty": [1, SESSION, "", *SIGNED[2:]],
    "landmark id long": [1, SESSION, "x" * 65, *SIGNED[2:]],
    "landmark id bytes": [1, SESSION, b"one", *SIGNED[2:]],
    "key as text": [1, SESSION, "one", "key", []],
    "key not CBOR": [1, SESSION, "one", b"\xff", []],
    "key not a map": [1, SESSION, "one", b"\x80", []],
    "nonces as map": [1, SESSION, "one", KEY.cose_key, {}],
    "nonce short": [1, SESSION, "one", KEY.cose_key, [bytes(31)]],
    "too many nonces": [1, SESSION, "one", KEY.cose_key, [nonce(n) for n in range(17)]],
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_request_out_of_form_is_a_bad_packet(name: str):
    fields = BAD_REQUESTS[name]
    signature = KEY.sign(cbor2.dumps(["location request", *fields[1:]]))
    refused(errors.BadPacket, lambda: exchange(cbor2.dumps([*fields, signature])))


@pytest.mark.parametrize(
    "packet",
    [
        [2, SESSION, "one", 16, nonce(0)],
        [2, SESSION, "one", -1, nonce(0)],
        [2, SESSION, "one", True, nonce(0)],
        [2, SESSION, b"one", 0, nonce(0)],
        [2, SESSION, "one", 0, nonce(0)[1:]],
        [2, SESSION, "one", 0],
        {2: 0},
    ],
    ids=str,
)
def test_a_nonce_packet_out_of_form_is_a_bad_packet(packet: object):
    refused(errors.BadPacket, lambda: prover().respond(cbor2.dumps(packet)))


@pytest.mark.parametrize(
    "packet",
    [
        [3, SESSION, 0, 0, "signature"],
        [3, SESSION, 0, 0, bytes(97)],
        [3, SESSION, 0, -1, bytes(64)],
        [3, SESSION, 0, True, bytes(64)],
        [3, SESSION, 0, 1 << 53, bytes(64)],
        [3, b"", 0, 0, bytes(64)],
        [3, SESSION, 0, 0, bytes(64), 0],
        0,
    ],
    ids=lambda packet: str(packet)[:40],
)
def test_a_response_out_of_form_is_a_bad_packet(packet: object):
    other = exchange()
    other.send_nonce(nonce(0), 0)
    refused(errors.BadPacket, lambda: other.receive(cbor2.dumps(packet), 1))


def test_a_request_must_carry_a_signature_and_fit_a_datagram():
    refused(errors.BadPacket, lambda: exchange(cbor2.dumps([1, *SIGNED, "signature"])))
    refused(errors.BadPacket, lambda: exchange(prover().request().ljust(1233, b"\x00")))


@pytest.mark.parametrize(
    ("label", "value"),
    [
        (1, ""),
        (3, b"x"),
        (6, 1.5),
        (8, {1: {}}),
        (-75002, bytes(31)),
        (-75003, bytes(15)),
        (-75004, 0),
        (-75004, 17),
        (-75005, []),
        (-75005, [[0, -1]]),
        (-75005, [[0, 1], [0, 1]]),
        (-75005, [[16, 1]]),
        (-75005, [[0]]),
        (-75005, [[0, 1.0]]),
        (265, "tag:example.org,2026:chip-location#1-ed"),
        (7, 0),
    ],
    ids=str,
)
def test_a_landmark_must_keep_to_the_form_of_a_measurement(label: int, value: object):
    side = prover()
    other = exchange(side.request())
    other.receive(side.respond(other.send_nonce(nonce(0), 0)), 5)
    good = loads(unseal(other.measure(AUDIENCE, NOW_S)).sign1.payload)
    with pytest.raises(errors.ClaimRefused):
        verify_measurement(seal({**good, label: value}, LANDMARK), LANDMARK.public_key)


@given(st.data())
def test_whatever_the_bytes_nothing_but_a_refusal_escapes(data):
    """Random bytes, and good packets with a piece replaced, at all four doors; no altered packet is taken for good."""
    side = prover()
    request = side.request()
    other = exchange(request)
    sent = other.send_nonce(nonce(0), 0)
    response = side.respond(sent)
    other.receive(response, 1)
    token = other.measure(AUDIENCE, NOW_S)

    waiting = exchange(request)
    waiting.send_nonce(nonce(0), 0)
    doors = {
        request: exchange,
        sent: lambda packet: prover().respond(packet),
        response: lambda packet: waiting.receive(packet, 1),
        token: side.accept,
    }
    good = data.draw(st.sampled_from(list(doors)))
    at = data.draw(st.integers(0, len(good)))
    mutant = good[:at] + data.draw(st.binary(max_size=8)) + good[at + data.draw(st.integers(0, 8)) :]
    for packet in {mutant, data.draw(st.binary(max_size=64))} - doors.keys():
        for original, door in doors.items():
            try:
                door(packet)
            except AttestationError:
                continue
            assert original == sent, "nonces are not signed; anything else is"


def test_a_forged_nonce_earns_an_answer_that_the_landmark_refuses():
    """Why packet two needs no signature: whoever replaces it only loses the prover a round."""
    side = prover()
    other = exchange(side.request())
    other.send_nonce(nonce(0), 0)
    answer = side.respond(NoncePacket(SESSION, "one", 0, nonce(1)).encode())
    refused(errors.BadSignature, lambda: other.receive(answer, 1))


def measured(audience: str = AUDIENCE) -> bytes:
    side = prover()
    other = exchange(side.request())
    other.receive(side.respond(other.send_nonce(nonce(0), 0)), 1)
    return other.measure(audience, NOW_S)


def test_a_measured_exchange_sends_no_more_nonces():
    side = prover()
    other = exchange(side.request())
    other.receive(side.respond(other.send_nonce(nonce(0), 0)), 1)
    other.measure(AUDIENCE, NOW_S)
    refused(errors.OutOfTurn, lambda: other.send_nonce(nonce(1), 0))


def test_a_second_is_long_enough_for_any_place_on_earth():
    side = prover()
    other = exchange(side.request())
    response = side.respond(other.send_nonce(nonce(0), 0))
    refused(errors.UnexpectedResponse, lambda: other.receive(response, 1_000_000_001))
    assert other.receive(response, 1_000_000_000) == 1_000_000_000


def test_a_strangers_packet_is_not_blamed_on_the_prover():
    """The signature is checked before what the packet says is held against anybody."""
    other = exchange()
    sent = NoncePacket.decode(other.send_nonce(nonce(0), 0))
    stranger = Response.answer(sent, SigningKey.from_seed(seed("stranger")), processing_ns=5).encode()
    refused(errors.BadSignature, lambda: other.receive(stranger, 1))


def test_a_measurement_fits_a_datagram_and_carries_no_certificates():
    with pytest.raises(InvalidArgument):
        measured("x" * 1000)
    claims = loads(unseal(measured()).sign1.payload)
    with_chain = seal(claims, LANDMARK, x5chain=[b"a", b"b"])
    refused(errors.UnknownHeader, lambda: verify_measurement(with_chain, LANDMARK.public_key))
    refused(errors.OverSize, lambda: verify_measurement(bytes(1233), LANDMARK.public_key))
