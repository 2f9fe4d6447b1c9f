"""A pack is believed for a signature that is trusted, and opened as if an enemy had made it."""

import json
import os
import struct
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from blijfwijzer.errors import (
    MissingExtraError,
    PackError,
    SettingsError,
    TrustError,
    WithdrawnPackError,
)
from blijfwijzer.files import hash_bytes, to_json, write_files
from blijfwijzer.records import archive, signing
from blijfwijzer.records import pack as packs
from blijfwijzer.records.archive import open_archive, write_archive
from blijfwijzer.records.model_choice import choose_model, choose_models
from blijfwijzer.records.model_folder import MANIFEST, Learnt, model_files, read_model
from blijfwijzer.records.pack import read_pack, write_pack
from blijfwijzer.settings import PackSettings, Settings
from blijfwijzer.survey.codebook import load_codebook
from shared_models import SMALL, make_survey, select

pytest.importorskip("cryptography")
FOLDER = "vertrekintentie-small-1-aaaaaaaa"


@pytest.fixture(scope="module")
def learnt():
    model = select(make_survey(np.random.default_rng(1), 400), candidates=("prevalence",)).champion
    effects = pd.DataFrame({"effect": [0.1], "se": [0.2], "between": [0.3]}, index=["unit=a"])
    own = replace(model, target="vertrekintentie")
    text = SMALL.read_text(encoding="utf-8")
    return Learnt(own, load_codebook(SMALL), text, Settings(), {}, {}, effects, "abc")


@pytest.fixture(scope="module")
def made(learnt, tmp_path_factory):
    """A folder with a key, its public text, a model and a pack of that."""
    place = tmp_path_factory.mktemp("pack")
    folder = place / "models" / FOLDER
    shown = {"plots/a.svg": b"<svg/>"}
    write_files(folder, {**shown, **model_files(learnt, shown, folder)})
    public = signing.make_key(place / "key.pem")
    write_pack(place / "good.pack", "National", [read_model(folder)], (place / "key.pem",))
    return place, PackSettings(trusted={"Ministry": public})


def entries(path):
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def signed_again(made, tmp_path, **about):
    """Let the owner of the key sign other words about the same files."""
    place, _ = made
    files = entries(place / "good.pack")
    told = to_json({**json.loads(files["pack.json"]), **about})
    signatures = to_json(signing.sign(told, (place / "key.pem",)))
    write_archive(tmp_path / "a.pack", files | {"pack.json": told, "signatures.json": signatures})
    return tmp_path / "a.pack"


def test_a_pack_reads_as_the_models_it_was_made_of(made):
    place, trusted = made

    pack = read_pack(place / "good.pack", trusted)

    own, stored = read_model(place / "models" / FOLDER), pack.models["vertrekintentie"]
    assert (pack.name, pack.signer) == ("National", "Ministry")
    assert pack.codebook == SMALL.read_bytes()
    assert stored.manifest.sha256 == own.manifest.sha256
    assert stored.model.trees == own.model.trees
    assert stored.folder == Path("models", FOLDER), "as if it lay in the folder of models"
    assert stored.vouched == {own.manifest.sha256} and not own.vouched
    assert stored.origin["pack_signed_by"] == "Ministry"


def test_the_same_models_and_key_give_the_same_bytes(made, tmp_path, monkeypatch):
    place, _ = made
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1577880000")
    models = [read_model(place / "models" / FOLDER)]

    for name in ("a", "b"):
        write_pack(tmp_path / name, "National", models, (place / "key.pem",))

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_pack_is_used_in_the_place_of_a_folder_of_models(made):
    place, trusted = made

    choice = choose_models(place / "good.pack", trusted)["vertrekintentie"]

    assert "of pack National, signed by Ministry" in str(choice)
    assert choose_model(place / "good.pack", packs=trusted).stored.signed == choice.stored.signed


def test_nobody_is_trusted_unless_the_receiver_says_so(made, tmp_path):
    place, trusted = made
    other = signing.make_key(tmp_path / "other.pem")

    with pytest.raises(TrustError, match="no key is trusted yet"):
        choose_models(place / "good.pack")
    with pytest.raises(TrustError, match=r"1 signatures, none by a key that is trusted .*Other"):
        read_pack(place / "good.pack", PackSettings(trusted={"Other": other}))
    assert (
        read_pack(
            place / "good.pack", PackSettings(trusted={"Other": other, **trusted.trusted})
        ).signer
        == "Ministry"
    )


def test_a_pack_that_two_keys_signed_is_trusted_by_either(made, tmp_path):
    place, _ = made
    new = signing.make_key(tmp_path / "new.pem")
    keys = place / "key.pem", tmp_path / "new.pem"
    models = [read_model(place / "models" / FOLDER)]

    written = write_pack(tmp_path / "both.pack", "National", models, keys)

    assert len(written.signed_by) == 2
    assert read_pack(tmp_path / "both.pack", PackSettings(trusted={"New": new})).signer == "New"


@pytest.mark.parametrize(
    "file", [f"models/{FOLDER}/model.txt", f"models/{FOLDER}/{MANIFEST}", "codebook.toml"]
)
def test_an_altered_file_is_refused_before_it_is_read(made, tmp_path, file):
    place, trusted = made
    files = entries(place / "good.pack")
    write_archive(tmp_path / "a.pack", files | {file: files[file] + b" "})

    with pytest.raises(PackError, match="1 files are not those that were signed"):
        read_pack(tmp_path / "a.pack", trusted)


def test_altered_words_about_a_pack_are_refused(made, tmp_path):
    place, trusted = made
    files = entries(place / "good.pack")
    told = files["pack.json"].replace(b"National", b"Rational")
    write_archive(tmp_path / "a.pack", files | {"pack.json": told})

    with pytest.raises(TrustError, match="what Ministry signed is something else: it was altered"):
        read_pack(tmp_path / "a.pack", trusted)


@pytest.mark.parametrize("change", ["added", "missing"])
def test_a_pack_holds_what_was_signed_and_nothing_else(made, tmp_path, change):
    place, trusted = made
    files = entries(place / "good.pack")
    if change == "added":
        files[f"models/{FOLDER}/run.py"] = b"import os"
    else:
        del files[f"models/{FOLDER}/plots/a.svg"]
    write_archive(tmp_path / "a.pack", files)

    with pytest.raises(PackError, match="1 files are not those that were signed"):
        read_pack(tmp_path / "a.pack", trusted)


@pytest.mark.parametrize(
    "signatures", [b"[]", b"{", b'{"a": 1}', b'{"ed25519:AAAA": "AAAA"}', b"{}"]
)
def test_signatures_that_are_none_are_refused(made, tmp_path, signatures):
    place, trusted = made
    files = entries(place / "good.pack") | {"signatures.json": signatures}
    write_archive(tmp_path / "a.pack", files)

    with pytest.raises((PackError, TrustError)):
        read_pack(tmp_path / "a.pack", trusted)


def test_a_signature_of_other_bytes_with_the_same_key_is_no_signature_of_a_pack(made, tmp_path):
    """What the key signed elsewhere, without the words that packs are signed with."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    place, trusted = made
    files = entries(place / "good.pack")
    key = load_pem_private_key((place / "key.pem").read_bytes(), None)
    bare = signing._text(key.sign(files["pack.json"]))
    files["signatures.json"] = to_json({trusted.trusted["Ministry"]: bare})
    write_archive(tmp_path / "a.pack", files)

    with pytest.raises(TrustError, match="altered"):
        read_pack(tmp_path / "a.pack", trusted)


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"format": 2}, "of another version"),
        ({"more": 1}, "of another version"),
        ({"models": {}}, "names other models than it holds"),
        ({"models": {"vertrekintentie": "../elsewhere"}}, "names other models than it holds"),
        ({"models": {"achterblijver": FOLDER}}, "is of another outcome"),
    ],
)
def test_what_a_trusted_maker_got_wrong_is_refused(made, tmp_path, about, told):
    with pytest.raises(PackError, match=told):
        read_pack(signed_again(made, tmp_path, **about), made[1])


def test_a_model_that_tells_of_few_is_refused_whoever_signed_it(made, tmp_path, monkeypatch):
    place, trusted = made
    monkeypatch.setattr("blijfwijzer.records.pack.SMALLEST_LEAF", 10_000)
    monkeypatch.setattr(
        "blijfwijzer.records.pack.find_disclosures", lambda model, minimum: [f"below {minimum}"]
    )

    with pytest.raises(PackError, match="would tell about few people: below 10000"):
        read_pack(place / "good.pack", trusted)
    with pytest.raises(PackError, match="would tell about few people"):
        models = [read_model(place / "models" / FOLDER)]
        write_pack(tmp_path / "a.pack", "National", models, (place / "key.pem",))
    assert not (tmp_path / "a.pack").exists()


def test_every_altered_byte_of_a_pack_is_refused_or_changes_nothing(made, tmp_path):
    """No byte of a pack can be turned into another model: each is signed, hashed, or no matter."""
    place, trusted = made
    good = (place / "good.pack").read_bytes()
    before = read_pack(place / "good.pack", trusted).models["vertrekintentie"]
    rng, refused = np.random.default_rng(3), 0
    for at in rng.choice(len(good), 150, replace=False):
        bad = bytearray(good)
        bad[at] ^= 1 << int(rng.integers(8))
        (tmp_path / "bad.pack").write_bytes(bad)
        try:
            after = read_pack(tmp_path / "bad.pack", trusted).models["vertrekintentie"]
        except (PackError, TrustError):
            refused += 1
        else:
            assert after.manifest == before.manifest
    assert refused > 100


def zipped(path, *files, compress=zipfile.ZIP_DEFLATED, mode=0o100644):
    """Write a zip file with names as they are given, repeated ones too."""
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files:
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr, info.compress_type = 3, mode << 16, compress
            made.writestr(info, content)
    return path


def refuse(path, told):
    with pytest.raises(PackError, match=told), open_archive(path) as opened:
        for name in opened.sizes:
            opened.read(name)


@pytest.mark.parametrize(
    "name",
    [
        *("../a", "a/../../b", "/etc/passwd", "a//b", "./a", "a/", "C:/a", "a\\b", "~/a", "a\nb"),
        *("con", "models/NUL.txt", "com1", "a.", "a b", "-a", ".hidden", "a" * 300),
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(tmp_path, name):
    refuse(zipped(tmp_path / "a.zip", (name, b"x")), "could lead out of it|in the place of a file")


@pytest.mark.parametrize("pair", [("a", "a"), ("a", "A"), ("a", "a/b"), ("A/b", "a")])
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_files_of_one_name_are_refused(tmp_path, pair):
    path = zipped(tmp_path / "a.zip", *((name, b"x") for name in pair))

    refuse(path, "several files of one name")


@pytest.mark.parametrize("mode", [0o120777, 0o040755, 0o010644, 0o020644, 0o140644, 0])
def test_links_folders_and_devices_are_refused(tmp_path, mode):
    refuse(zipped(tmp_path / "a.zip", ("a", b"/etc/passwd"), mode=mode), "link, a folder or a dev")


def test_what_would_unpack_to_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    bomb = zipped(tmp_path / "a.zip", ("a", b"0" * 60_000), ("b", b"0" * 60_000))

    refuse(bomb, "would unpack to 120,000 bytes; 100,000 are allowed")


def test_a_file_that_unpacks_to_more_than_it_says_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a", b"0" * 60_000))
    content = path.read_bytes().replace(struct.pack("<L", 60_000), struct.pack("<L", 10))
    path.write_bytes(content)

    refuse(path, "is damaged")


def test_too_many_files_are_refused_before_they_are_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 3)

    refuse(zipped(tmp_path / "a.zip", *((f"a{n}", b"") for n in range(4))), "holds 4 files; 3 are")


def test_a_list_of_files_that_hides_behind_a_wider_one_is_refused(tmp_path):
    path = zipped(tmp_path / "a.zip", ("a", b"x"))
    content = path.read_bytes()
    path.write_bytes(content[:-22] + b"PK\x06\x07" + bytes(16) + content[-22:])

    refuse(path, "is damaged")


@pytest.mark.parametrize("compress", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_compress_are_refused(tmp_path, compress):
    refuse(zipped(tmp_path / "a.zip", ("a", b"x"), compress=compress), "is damaged")


@pytest.mark.parametrize("content", [b"", b"PK", b"PK\x03\x04", b"hello, world" * 9, b"\x00" * 99])
def test_what_is_no_zip_file_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)

    refuse(tmp_path / "a.zip", "is no pack|is damaged")


@pytest.mark.parametrize("where", ["before", "after", "comment"])
def test_bytes_beside_the_archive_are_refused(made, tmp_path, where):
    good = (made[0] / "good.pack").read_bytes()
    (tmp_path / "a.zip").write_bytes(
        {
            "before": b"#!/bin/sh\n" + good,
            "after": good + b"more",
            "comment": good[:-2] + b"\x04\x00more",
        }[where]
    )

    refuse(tmp_path / "a.zip", "is no pack|is damaged")


def test_nothing_is_left_of_what_was_unpacked(made, tmp_path, monkeypatch):
    place, trusted = made
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    read_pack(place / "good.pack", trusted)

    assert not list(tmp_path.iterdir())


def test_a_private_key_is_its_owners_only_and_never_written_over(tmp_path):
    signing.make_key(tmp_path / "key.pem")

    assert os.name != "posix" or (tmp_path / "key.pem").stat().st_mode & 0o077 == 0
    with pytest.raises(SettingsError, match="is there already"):
        signing.make_key(tmp_path / "key.pem")


def test_a_key_with_a_password_needs_it_from_the_environment(tmp_path, monkeypatch):
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    kept = form.BestAvailableEncryption(b"a word")
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, kept)
    (tmp_path / "key.pem").write_bytes(pem)

    with pytest.raises(SettingsError, match=f"{signing.PASSWORD} is not set"):
        signing.sign(b"x", (tmp_path / "key.pem",))
    monkeypatch.setenv(signing.PASSWORD, "a word")
    ((public, _),) = signing.sign(b"x", (tmp_path / "key.pem",)).items()
    assert public == signing._public(key)
    monkeypatch.setenv(signing.PASSWORD, "another")
    with pytest.raises(SettingsError, match="is not its password"):
        signing.sign(b"x", (tmp_path / "key.pem",))


@pytest.mark.parametrize("text", ["", "abc", "ed25519:", "ed25519:" + "A" * 40, "rsa:AAAA"])
def test_a_trusted_key_that_is_none_is_named(made, text):
    with pytest.raises(SettingsError, match=r"\[packs.trusted\] Ministry: is no public key"):
        read_pack(made[0] / "good.pack", PackSettings(trusted={"Ministry": text}))


def test_a_pack_needs_a_name_and_a_key(made, tmp_path):
    models = [read_model(made[0] / "models" / FOLDER)]

    with pytest.raises(SettingsError, match="needs a name"):
        write_pack(tmp_path / "a.pack", " ", models, (made[0] / "key.pem",))
    with pytest.raises(SettingsError, match="no key can be read here"):
        write_pack(tmp_path / "a.pack", "a", models, (tmp_path / "none.pem",))


def test_the_extra_is_named_where_it_is_not_installed(made, monkeypatch):
    monkeypatch.setattr("blijfwijzer.errors.is_installed", lambda package: False)

    with pytest.raises(MissingExtraError, match=r'pip install "blijfwijzer\[packs\]"'):
        read_pack(made[0] / "good.pack", made[1])


def test_the_hash_of_a_pack_covers_all_in_it(made):
    place, trusted = made
    files = entries(place / "good.pack")

    assert read_pack(place / "good.pack", trusted).sha256 == hash_bytes(files["pack.json"])
    own = set(files) - {"pack.json", "signatures.json"}
    assert set(json.loads(files["pack.json"])["files"]) == own


def test_a_pack_may_be_used_on_its_last_day_and_no_later(made, tmp_path, monkeypatch):
    place, trusted = made
    own = [read_model(place / "models" / FOLDER)]
    write_pack(tmp_path / "a.pack", "National", own, (place / "key.pem",), "2027-12-31")

    monkeypatch.setattr(packs, "moment", lambda: "2027-12-31T23:59:59+00:00")
    assert read_pack(tmp_path / "a.pack", trusted).until == "2027-12-31"
    monkeypatch.setattr(packs, "moment", lambda: "2028-01-01T00:00:00+00:00")
    with pytest.raises(WithdrawnPackError, match="may be used until 2027-12-31, and no longer"):
        read_pack(tmp_path / "a.pack", trusted)


def test_the_last_day_of_a_pack_is_signed(made, tmp_path):
    place, trusted = made
    files = entries(place / "good.pack")
    told = to_json({**json.loads(files["pack.json"]), "until": "2099-12-31"})
    write_archive(tmp_path / "a.pack", files | {"pack.json": told})

    with pytest.raises(TrustError, match="it was altered since"):
        read_pack(tmp_path / "a.pack", trusted)


@pytest.mark.parametrize("day", ["31-12-2027", "2027-02-30", "soon"])
def test_a_last_day_that_is_no_date_is_refused(made, tmp_path, day):
    place, _ = made
    own = [read_model(place / "models" / FOLDER)]

    with pytest.raises(SettingsError, match="write --until as 2027-12-31"):
        write_pack(tmp_path / "a.pack", "N", own, (place / "key.pem",), day)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("what", ["pack", "model", "key"])
def test_a_pack_that_was_revoked_is_refused_whoever_signed_it(made, what):
    place, trusted = made
    found = read_pack(place / "good.pack", trusted)
    hashes = {
        "pack": found.sha256,
        "model": found.models["vertrekintentie"].manifest.sha256,
        "key": trusted.trusted["Ministry"],
    }
    revoking = PackSettings(trusted=trusted.trusted, revoked=(hashes[what],))

    with pytest.raises(WithdrawnPackError, match="1 hash or key of it stand in your settings"):
        read_pack(place / "good.pack", revoking)
    other = PackSettings(trusted=trusted.trusted, revoked=("0" * 64,))
    assert read_pack(place / "good.pack", other).sha256 == found.sha256


def test_a_pack_that_a_good_key_signed_beside_a_revoked_one_is_used(made, tmp_path):
    place, trusted = made
    new = signing.make_key(tmp_path / "new.pem")
    keys = (place / "key.pem", tmp_path / "new.pem")
    write_pack(tmp_path / "a.pack", "National", [read_model(place / "models" / FOLDER)], keys)
    both = {"New": new, **trusted.trusted}

    revoking = PackSettings(trusted=both, revoked=(trusted.trusted["Ministry"],))
    assert read_pack(tmp_path / "a.pack", revoking).signer == "New"


@pytest.mark.parametrize("text", ["abc", "ed25519:short", "A" * 64])
def test_what_is_revoked_is_a_hash_or_a_key(text):
    with pytest.raises(ValueError, match="number 1 is neither a SHA-256 nor a public key"):
        PackSettings(revoked=(text,))
