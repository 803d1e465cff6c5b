"""Location evidence of chips: made, signed, challenged, timed and appraised.

Formats are those of RFC 9711 (EAT), RFC 8392 (CWT) and RFC 9052 (COSE), narrowed to three strict sibling profiles. Time,
clock readings and entropy are passed in by the caller; nothing here reads a clock or draws a random number. The protocol
and its packets are described in `docs/attestation.md`.
"""

from .algorithms import ED25519, ESP256, ESP384
from .appraisal import Appraisal, Bound, Finding, Landmark, Verdict
from .batch import InclusionProof, Tree, verify_inclusion
from .bounds import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS, distance_bound_km
from .bulk import verify_many
from .certificates import Authority
from .chain import Endorsement, validate_chain
from .challenge import NonceLedger
from .claims import PROFILES, Claims, Location
from .cose import sign1, verify_sign1, verify_signature
from .ear import (
    AttestationResult,
    ChipResult,
    Tier,
    TrustClaim,
    VerifierId,
    attestation_result,
    issue_result,
    verify_result,
)
from .endorsements import Endorsements
from .errors import AttestationError, InvalidArgument, MalformedBytes, Refused, refusals
from .exchange import LandmarkExchange, ProverExchange, combined_sha256
from .flaws import SOUND, Flaws
from .gpu_evidence import GpuEvidence, report_nonce
from .keys import SigningKey, key_id
from .manifest import Manifest
from .measurement import Measurement
from .ocsp import OcspAnswer
from .session import Session, bind
from .spdm import GpuReport, verify_report
from .token import issue, verify
from .verifier import Policy, Verifier

__all__ = [
    "ED25519",
    "ESP256",
    "ESP384",
    "FIBRE_KM_PER_MS",
    "PROFILES",
    "SOUND",
    "VACUUM_KM_PER_MS",
    "Appraisal",
    "AttestationError",
    "AttestationResult",
    "Authority",
    "Bound",
    "ChipResult",
    "Claims",
    "Endorsement",
    "Endorsements",
    "Finding",
    "Flaws",
    "GpuEvidence",
    "GpuReport",
    "InclusionProof",
    "InvalidArgument",
    "Landmark",
    "LandmarkExchange",
    "Location",
    "MalformedBytes",
    "Manifest",
    "Measurement",
    "NonceLedger",
    "OcspAnswer",
    "Policy",
    "ProverExchange",
    "Refused",
    "Session",
    "SigningKey",
    "Tier",
    "Tree",
    "TrustClaim",
    "Verdict",
    "Verifier",
    "VerifierId",
    "attestation_result",
    "bind",
    "combined_sha256",
    "distance_bound_km",
    "issue",
    "issue_result",
    "key_id",
    "refusals",
    "report_nonce",
    "sign1",
    "validate_chain",
    "verify",
    "verify_inclusion",
    "verify_many",
    "verify_report",
    "verify_result",
    "verify_sign1",
    "verify_signature",
]
