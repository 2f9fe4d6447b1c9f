"""The story of `blind`: groups to be reviewed by people who do not know what was proposed."""

from pathlib import Path

from blijfwijzer.errors import DecisionError, NotWritableError
from blijfwijzer.publish.files.release_files import csv_file
from blijfwijzer.publish.tables.decision_tables import clear_cases
from blijfwijzer.release.folder import LOTTERY
from blijfwijzer.release.publication import Addition, addition, write_beside_it
from blijfwijzer.runs.decide import BLIND, nothing_held, read_proposed, sealed_in
from blijfwijzer.vouchers.blind import draw_review
from blijfwijzer.vouchers.seal import open_sealed


def blind(release: Path, output: Path, key: Path, ledgers: Path) -> int:
    """Write the cases of a blind review and, elsewhere, the key that tells which is which.

    Parameters
    ----------
    output : table for those who review
    key : for somebody who does not

    Raises
    ------
    DecisionError
        Nothing was proposed, too few groups were, or a review was begun before.
    NotWritableError
        A file is there already, or one would be in the release.

    Returns
    -------
    Number of cases.
    """
    proposed = read_proposed(release, ledgers)
    if BLIND in proposed.run:
        raise DecisionError(
            f"{release}: a blind review of it was begun already, and a second key would undo the "
            "first. Nothing was written. Go on with that one."
        )
    _refuse_places(release, output, key)
    sealed = release / LOTTERY
    review = draw_review(proposed.vouchers, open_sealed(sealed) if sealed.exists() else None)
    groups = {case: group for case, (group, _) in review.cases.items()}
    table = clear_cases(proposed.groups, groups, proposed.labels)
    told = {"key_sha256": review.sha256, "cases": len(review.cases)}
    added = Addition(BLIND, told, {}, nothing_held, unlisted=sealed_in(release))
    with addition(release, proposed.run, ledgers, added) as adding:
        kept = {name: (release / name).read_bytes() for name in proposed.run["files"]}
        write_beside_it(key, review.key)
        write_beside_it(output, csv_file(table))
        adding.publish(kept)
    print(
        f"{output}: {len(groups)} cases for who reviews. {key}: for who does not; its SHA-256 is "
        f"{review.sha256}, and stands in the ledger."
    )
    return len(groups)


def _refuse_places(release: Path, output: Path, key: Path) -> None:
    inside = release.resolve()
    for place in (output, key):
        if place.exists():
            raise NotWritableError(f"{place}: is there already. Nothing was written. Move it.")
        if place.resolve().is_relative_to(inside):
            raise NotWritableError(
                f"{place}: lies inside the release, which may hold nothing else. Give another "
                "place."
            )
    if output.resolve() == key.resolve():
        raise NotWritableError(f"{key}: the key and the cases are one file. Give two places.")
