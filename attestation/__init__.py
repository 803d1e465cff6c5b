"""Location evidence of chips: made, signed, challenged and appraised.

Formats are those of RFC 9711 (EAT), RFC 8392 (CWT) and RFC 9052 (COSE), narrowed to one strict profile. Time and
entropy are passed in by the caller; nothing here reads a clock or draws a random number.
"""

from .appraisal import Accepted, BootCounts, Policy, Refusal, Verdict, appraise
from .bounds import FIBRE_KM_PER_MS, VACUUM_KM_PER_MS, distance_bound_km
from .challenge import NonceLedger
from .claims import PROFILE, Claims, Location
from .cose import ED25519, sign1, verify_sign1, verify_signature
from .endorsements import Endorsements, endorse
from .errors import AttestationError, InvalidArgument, MalformedBytes, Reason, Refused
from .keys import DeviceKey, VendorKey
from .token import issue

__all__ = [
    "ED25519",
    "FIBRE_KM_PER_MS",
    "PROFILE",
    "VACUUM_KM_PER_MS",
    "Accepted",
    "AttestationError",
    "BootCounts",
    "Claims",
    "DeviceKey",
    "Endorsements",
    "InvalidArgument",
    "Location",
    "MalformedBytes",
    "NonceLedger",
    "Policy",
    "Reason",
    "Refusal",
    "Refused",
    "VendorKey",
    "Verdict",
    "appraise",
    "distance_bound_km",
    "endorse",
    "issue",
    "sign1",
    "verify_sign1",
    "verify_signature",
]
