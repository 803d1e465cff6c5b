"""`fuzz --reports`: spoil a GPU's good measurement report and its certificates.

*Tampered* mutants are changed after signing, in the report or in the certificates: none may be accepted but the other
spelling of the signature and of the PEM armour, from which the same is read. *Resigned* mutants are changed before, and
signed by the right key again: whatever is accepted must be the only spelling of what was read.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from ..algorithms import ECDSA, ESP384
from ..errors import Refused
from ..spdm import GpuReport, verify_under
from ..spdm_report import SIGNATURE_BYTES
from .mutants import Report, spoil
from .sample import NOW_S
from .sample_report import SampleReport

_RESIGNED_SHARE, _CHAIN_SHARE, _TWIN_SHARE = 0.5, 0.2, 0.01


def fuzz_reports(mutants: int, mutant_seed: int, expired: Callable[[], bool] = lambda: False) -> Report:
    """Try mutants of a report until there have been enough or time is up.

    Args:
        mutants: how many.
        mutant_seed: the mutants follow from it.
        expired: whether to stop, asked now and then.
    """
    sample = SampleReport.make()
    good = _verified(sample.report.encode(), sample.chain_pem, sample)
    generator = random.Random(f"{mutant_seed} report")
    report = Report()
    for number in range(mutants):
        if number % 64 == 0 and expired():
            break
        if generator.random() < _RESIGNED_SHARE:
            _try_resigned(sample, generator, report)
        else:
            _try_tampered(sample, good, generator, report)
    return report


def _try_tampered(sample: SampleReport, good: GpuReport, generator: random.Random, report: Report) -> None:
    evidence, chain_pem = sample.report.encode(), sample.chain_pem
    choice = generator.random()
    if choice < _TWIN_SHARE:
        evidence = _twin(evidence)
    elif choice < _CHAIN_SHARE:
        chain_pem = spoil(chain_pem, [chain_pem], generator)
    else:
        evidence = spoil(evidence, [evidence], generator)
    if (evidence, chain_pem) == (sample.report.encode(), sample.chain_pem):
        return
    report.tampered += 1
    outcome = _read(evidence, chain_pem, sample, report)
    if outcome is None:
        return
    same = replace(outcome.signed, signature=good.signed.signature) == good.signed and outcome.device == good.device
    if same and evidence[:-SIGNATURE_BYTES] == sample.report.signed():
        report.equivalent += 1
    else:
        report.accepted += 1
        report.failures.append(f"accepted {evidence.hex()} with {chain_pem.hex()}")


def _try_resigned(sample: SampleReport, generator: random.Random, report: Report) -> None:
    report.resigned += 1
    signed = spoil(sample.report.signed(), [sample.report.signed()], generator)
    evidence = signed + sample.key.sign(signed)
    outcome = _read(evidence, sample.chain_pem, sample, report)
    if outcome is not None:
        report.well_formed += 1
        if outcome.signed.encode() != evidence:
            report.failures.append(f"another spelling was accepted: {evidence.hex()}")


def _read(evidence: bytes, chain_pem: bytes, sample: SampleReport, report: Report) -> GpuReport | None:
    """What was read of a mutant, or None: its refusal is counted, any other exception is a failure."""
    try:
        return _verified(evidence, chain_pem, sample)
    except Refused as error:
        report.refused[error.reason] += 1
    except Exception as error:  # the very thing that is looked for
        report.failures.append(f"{type(error).__name__} ({error}) escaped for {evidence.hex()} with {chain_pem.hex()}")
    return None


def _verified(evidence: bytes, chain_pem: bytes, sample: SampleReport) -> GpuReport:
    return verify_under(evidence, chain_pem, [sample.root], None, NOW_S)


def _twin(evidence: bytes) -> bytes:
    """The same report with the other signature that ECDSA allows."""
    half, order = ECDSA[ESP384].half_bytes, ECDSA[ESP384].order
    return evidence[:-half] + (order - int.from_bytes(evidence[-half:], "big")).to_bytes(half, "big")
