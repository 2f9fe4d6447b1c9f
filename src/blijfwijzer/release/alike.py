"""Which cells of people of whom a model says nearly the same may be shown, and of whom already.

Cells part everybody. Of other cells of the same people, or of the same cells with somebody more,
one less the other could tell of a few. So of the people of one wave there is one set of cells, and
whoever asks again is given these.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array, vstack

from blijfwijzer.disclosure.atoms import find_atoms
from blijfwijzer.disclosure.cuts import find_loose
from blijfwijzer.disclosure.figures import FigureId
from blijfwijzer.disclosure.ledger import Ledger
from blijfwijzer.errors import DisclosureError, GroupError, MissingColumnsError
from blijfwijzer.groups.grouping import everyone_alone, make_groups
from blijfwijzer.release.admission import Admission, fingerprint_figures, known_beside
from blijfwijzer.release.rehearsal import Rehearsal
from blijfwijzer.risk.evaluation import pool_small
from blijfwijzer.survey.arrays import Codes, Mask
from blijfwijzer.survey.breakdown import break_down
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.intake import Intake


def alike_figure(model: str, smallest: int) -> FigureId:
    """Name the cells that a model makes.

    Parameters
    ----------
    model : name of its folder
    """
    return FigureId("alike", (model, str(smallest)))


def cells_before(ledger: Ledger, wave: str) -> tuple[str, int] | None:
    """Give the folder of the model whose cells of a wave were shown, and their size."""
    for release in ledger.standing:
        for name in release.content.get("parts", {}):
            kind, _, of = name.partition(":")
            if kind == "alike" and release.content["wave"] == wave:
                model, _, smallest = of.rpartition(":")
                return model, int(smallest)
    return None


def units_beside(release: Rehearsal, intake: Intake) -> csr_array:
    """Give all units that are large enough to be told of."""
    codebook, settings = release.request.codebook, release.request.settings
    try:
        return make_groups(intake.held, codebook, list(codebook.units.levels), settings).members
    except (GroupError, MissingColumnsError):
        return csr_array((0, len(intake.held)), dtype=np.int8)


def find_ties(units: csr_array, minimum: int) -> Mask:
    """Say of each person whether enough others are in the same units, however these are combined.

    Parameters
    ----------
    units : as `units_beside` gives them
    """
    atoms = find_atoms(units).atom_of
    return np.asarray(np.bincount(atoms)[atoms] >= minimum)


def admit_cells(
    release: Rehearsal, intake: Intake, cells: Codes, figure: FigureId, units: csr_array
) -> tuple[Admission, csr_array]:
    """Choose the cells to show, given all that was shown before.

    Parameters
    ----------
    cells : number of each response's cell, -1 where there are none
    figure : as `alike_figure` names them
    units : as `units_beside` gives them

    Returns
    -------
    One row per cell that is shown, one column per response.

    Raises
    ------
    DisclosureError
        There are too few people for a cell; or nearly the same people were told of before, or
        these people in other cells.
    """
    admission = release.admit(intake, everyone_alone(intake.held), {})
    people = len(cells)
    if cells.max(initial=-1) < 1:
        raise DisclosureError(
            f"{intake.file}: of {people} responses no two cells can be made of people of whom the "
            "model says nearly the same. Nothing was shown. Explain it by groups."
        )
    # Units may be told of later, whether they were before or not.
    beside = csr_array(vstack([known_beside(admission), units], format="csr"))
    atoms = find_atoms(beside).atom_of
    loose = loose_cells(cells, atoms, admission.minimum)
    for levels in _levels_beside(intake, release.request.codebook, admission.minimum):
        loose |= loose_cells(cells, levels, admission.minimum)
    told = np.setdiff1d(np.arange(cells.max() + 1), np.array(sorted(loose), dtype=np.intp))
    if not len(told):
        raise DisclosureError(
            f"{intake.file}: cells would tell of few people beside units or levels of an "
            "attribute, since the model tells these apart. Nothing was shown. Explain it by groups."
        )
    rows = csr_array((np.ones(people, dtype=np.int8), (cells, np.arange(people))))[told]
    everyone = csr_array(np.ones((1, people), dtype=np.int8))
    parts = csr_array(vstack([everyone, rows], format="csr"))
    _refuse_others(release, admission, figure, parts)
    release.admitted[admission.wave][1][figure] = parts
    release.offered[admission.wave].update(["alike"])
    return admission, rows


def _levels_beside(intake: Intake, codebook: Codebook, minimum: int) -> Iterator[Codes]:
    """Give the number of each person's level, for each attribute that may be told of.

    A model that goes by an attribute makes cells of nearly one level each. All of these less the
    level are the few in the wrong place, so enough people must be.
    """
    for name, group in break_down(intake.held, codebook).items():
        if codebook.columns[name].role != "unit":
            levels = pool_small(group, minimum).astype("str")
            yield np.unique(levels.fillna("").to_numpy(dtype=object), return_inverse=True)[1]


def loose_cells(cells: Codes, atoms: Codes, minimum: int) -> frozenset[int]:
    """Give the cells that `find_loose` gives, sooner where many are cut off alone.

    A cell of which fewer than `minimum` people are in atoms of as many or more is tied to others by
    too few, whatever else is withheld. All of these are found at once; `find_loose` takes one at a
    time.

    Parameters
    ----------
    cells, atoms : number of each person's cell, -1 where in none, and atom
    """
    ties = (np.bincount(atoms)[atoms] >= minimum) & (cells >= 0)
    tied = np.bincount(cells[ties], minlength=int(cells.max()) + 1)
    alone = np.flatnonzero(tied < minimum)
    left = np.where(np.isin(cells, alone), -1, cells)
    return find_loose(left, atoms, minimum) | frozenset(alone.tolist())


def _refuse_others(
    release: Rehearsal, admission: Admission, figure: FigureId, parts: csr_array
) -> None:
    """Refuse cells beside others of nearly the same people."""
    own = fingerprint_figures({figure: parts}, admission)[str(figure)]
    for line in release.ledger.standing:
        same_wave = line.content["wave"] == admission.wave
        for name, texts in line.content.get("parts", {}).items():
            if not (name.startswith("alike:") and (same_wave or own[0] == texts[0])):
                continue
            if set(texts) == set(own):
                return
            raise DisclosureError(
                f"{admission.wave}: release {line.sequence} shows these people in other cells "
                f"({name.partition(':')[2]}), and two sets of cells could be held against each "
                "other. Nothing was shown. Use that model and size of cells, keep its folder "
                "beside this model's, or explain by groups."
            )
    near = admission.earlier.compare_parts(parts, admission.minimum).is_near
    if near.any():
        raise DisclosureError(
            f"{admission.wave}: {int(near.sum())} of {parts.shape[0]} sets of people differ by "
            f"fewer than {admission.minimum} from some that were shown before, so cells would "
            "tell of those few. Nothing was shown. Explain the file that was explained before."
        )
