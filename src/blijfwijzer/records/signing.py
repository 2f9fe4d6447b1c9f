"""Keys and signatures of what one party makes and another uses: Ed25519 (RFC 8032).

`cryptography` does the arithmetic; no other module imports it, and none before something is signed
or a signature is checked (docs/decisions/signatures.md).
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from blijfwijzer.errors import SettingsError, TrustError, refuse_without
from blijfwijzer.files import write_beside

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PASSWORD = "BLIJFWIJZER_KEY_PASSWORD"
"""Environment variable with the password of a private key that has one."""
_KIND = "ed25519:"
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64
_CONTEXT = b"blijfwijzer pack 1\n"
"""Stands before all that is signed, so that a signature says nothing of bytes of another kind."""
Trusted = Mapping[str, str]
"""Who signs, by what whoever trusts them calls them, to their public key as text."""


def make_key(path: Path) -> str:
    """Write a new private key, readable by its owner only, and give its public one as text.

    It has no password; `openssl pkey -aes256` gives it one.

    Raises
    ------
    SettingsError
        There is a file here already: a key that is written over cannot be had back.
    """
    _require()
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if path.exists():
        raise SettingsError(f"{path}: is there already. Nothing was written; give another place.")
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with write_beside(path) as beside:
        beside.write_bytes(text)
    return _public(key)


def sign(content: bytes, keys: tuple[Path, ...]) -> dict[str, str]:
    """Sign something with each of some private keys.

    Parameters
    ----------
    keys : PEM files, as `make_key` or `openssl genpkey -algorithm ed25519` write them

    Returns
    -------
    Public key to signature, as text.

    Raises
    ------
    SettingsError
        A file is no such key, or its password is not that in the environment.
    """
    _require()
    read = [_read_key(path) for path in keys]
    return {_public(key): _text(key.sign(_CONTEXT + content)) for key in read}


def signer_of(content: bytes, signatures: Mapping[str, str], trusted: Trusted, what: str) -> str:
    """Name the first of those trusted who signed something.

    Parameters
    ----------
    signatures : public key to signature, as they came: nothing of them is believed
    what : what is signed, for messages

    Raises
    ------
    SettingsError
        A trusted key is none.
    TrustError
        Nobody is trusted, none of those who are signed it, or what they signed is something else.
    """
    keys = {name: _bytes_of(text, name) for name, text in trusted.items()}
    if not keys:
        raise TrustError(
            f"{what}: no key is trusted yet, so nothing in it was used. Get the public key from "
            "whoever made it, by another way than this file, and put it in the settings under "
            '[packs.trusted], e.g. "Ministry" = "ed25519:...".'
        )
    _require()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for name, key in keys.items():
        signature = _decoded(signatures.get(_KIND + _text(key), ""), _SIGNATURE_BYTES)
        if signature is None:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, _CONTEXT + content)
        except (InvalidSignature, ValueError):
            raise TrustError(
                f"{what}: what {name} signed is something else: it was altered since. Nothing in "
                "it was used. Get it again from whoever made it, and tell them."
            ) from None
        return name
    raise TrustError(
        f"{what}: {len(signatures)} signatures, none by a key that is trusted here "
        f"({', '.join(keys)}). Nothing in it was used. If its maker has a new key, get that by "
        "another way than this file and add it under [packs.trusted]."
    )


def _require() -> None:
    refuse_without("cryptography", "packs", "signatures of packs")


def _read_key(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    password = os.environ.get(PASSWORD)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: no key can be read here ({error.strerror}).") from error
    try:
        key = serialization.load_pem_private_key(content, password and password.encode() or None)
    except TypeError as error:
        raise SettingsError(
            f"{path.name}: the key has a password and {PASSWORD} is not set, or the other way "
            "round. Set it in the environment, never on the command line."
        ) from error
    except Exception as error:  # Of what is no key the library raises many kinds.
        raise SettingsError(
            f"{path.name}: is no private key, or {PASSWORD} is not its password. Give the file "
            "that `blijfwijzer pack key` wrote."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path.name}: is a key of another kind. Packs are signed by Ed25519.")
    return key


def _public(key: "Ed25519PrivateKey") -> str:
    return _KIND + _text(key.public_key().public_bytes_raw())


def _bytes_of(text: str, name: str) -> bytes:
    """Read a public key that is trusted."""
    key = _decoded(text.removeprefix(_KIND), _KEY_BYTES) if text.startswith(_KIND) else None
    if key is None:
        raise SettingsError(
            f'[packs.trusted] {name}: is no public key. Copy it whole, as "{_KIND}" and 44 signs.'
        )
    return key


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str, length: int) -> bytes | None:
    """Read bytes from their one spelling in base 64; None where it is none, or of other length."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return content if len(content) == length and _text(content) == text else None
