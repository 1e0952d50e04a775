"""The certificate of one embedded cluster: made at its start, held in memory, kept nowhere.

(OpenSSL takes keys from files only, so distributed writes one that it removes at once, in a folder
that only its user can read.)
Does what `distributed.Security.temporary` does, with an elliptic key in place of an RSA key, whose
search takes 30 to 100 ms of every start.
"""

from __future__ import annotations

import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

__all__ = ["make_security"]

_NAME = "pegbox-embedded"
_VALID = datetime.timedelta(days=3650)
_SKEW = datetime.timedelta(days=1)  # should the clock be set back while a run goes on


def make_security() -> dict[str, str | bool]:
    """A key, and a certificate signed with itself that all roles show and trust.

    Returns:
        Arguments for `distributed.Security`, PEM text; JSON data.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    cert_pem = _sign(key).public_bytes(Encoding.PEM).decode()
    roles = ("client", "scheduler", "worker")
    return {
        "require_encryption": True,
        "tls_ca_file": cert_pem,
        **{f"tls_{role}_cert": cert_pem for role in roles},
        **{f"tls_{role}_key": key_pem for role in roles},
    }


def _sign(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - _SKEW,
        not_valid_after=now + _VALID,
    )
    alternative = x509.SubjectAlternativeName([x509.DNSName(_NAME)])
    return builder.add_extension(alternative, critical=False).sign(key, SHA256())
