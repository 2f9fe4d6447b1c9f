"""Tables of the people whom a new wave asked: how many work in each unit, and of what kind."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from blijfwijzer.errors import MarginError
from blijfwijzer.files import hash_bytes
from blijfwijzer.groups.grouping import Grouping, asked_levels
from blijfwijzer.groups.population import Joined, join_units, name_as_survey, read_population
from blijfwijzer.groups.register import Kind, Register, kind_of, read_register
from blijfwijzer.groups.register_means import part_over_cells
from blijfwijzer.groups.register_weights import RegisterWeights, least_in_cell, weigh_by_register
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook
from blijfwijzer.survey.files import read_table
from blijfwijzer.survey.held import Responses
from blijfwijzer.survey.intake import Intake

_ORIGIN: dict[Kind, str] = {"counts": "population", "margins": "register", "cells": "register"}


@dataclass(frozen=True)
class PeopleKnown:
    """What is known of the people of a wave, whether they responded or not."""

    counts: pd.DataFrame | None = None
    """How many work in each unit, as `make_groups` takes it."""
    joined: Joined | None = None
    """How the units of that table and of the survey met."""
    register: Register | None = None
    weights: RegisterWeights | None = None
    """By which responses have the margins of the register."""
    sha256: dict[str, str] = field(default_factory=dict)
    """Of each table, for the record."""

    def weigh(self, intake: Intake, codebook: Codebook) -> Intake:
        """Give responses the margins of the register, and tell what asks for a look."""
        told = () if self.joined is None else self.joined.remarks
        if self.weights is None:
            return replace(intake, remarks=(*intake.remarks, *told))
        held = intake.held.replace(self.weights.reweigh(intake.held, codebook))
        remarks = (*intake.remarks, *told, *self.weights.remarks)
        return replace(intake, held=held, remarks=remarks)

    def part(
        self, grouping: Grouping, responses: Responses, codebook: Codebook, settings: Settings
    ) -> Grouping:
        """Tell groups what the register tells of their people."""
        if self.register is None or self.weights is None:
            return grouping
        groups, members, least = grouping.groups, grouping.members, least_in_cell(settings)
        cells = part_over_cells(responses, self.register, codebook, groups, members, least)
        return replace(self.mark(grouping), cells=cells)

    def mark(self, grouping: Grouping) -> Grouping:
        """Tell groups of whom it is known to whoever knows the register that they all responded."""
        if self.weights is None:
            return grouping
        return replace(grouping, answered_by_all=self.weights.answered_by_all)

    def origin(self, wave: str = "") -> dict[str, str]:
        """Give the hash of each table, for the record, by the wave that it is of."""
        return {wave + name: value for name, value in self.sha256.items()}


def read_people(
    files: Sequence[Path],
    by: Sequence[str],
    responses: Responses,
    codebook: Codebook,
    settings: Settings,
) -> PeopleKnown:
    """Read the tables of people, of which the header tells the kind, and hold them to a survey.

    Parameters
    ----------
    files : one with counts of people, one with margins or cells of a register, both or none
    by : unit levels that are told; none where everyone is

    Raises
    ------
    GroupError, MissingColumnsError
        As `read_population` and `join_units`.
    MarginError
        As `read_register` and `weigh_by_register`; or two tables tell the same, or one counts the
        people of units of which nothing is told.
    """
    found: dict[str, tuple[Path, pd.DataFrame]] = {}
    for file in files:
        frame = read_table(file).frame
        found.setdefault(_ORIGIN[kind_of(frame, codebook)], (file, frame))
    if len(found) < len(files):
        raise MarginError(
            f"{', '.join(file.name for file in files)}: {len(files)} tables of people, of which "
            "two tell the same. Give one of how many work in each unit, and one of margins or "
            "cells of a register."
        )
    hashes = {f"{n}_sha256": hash_bytes(file.read_bytes()) for n, (file, _) in found.items()}
    known = PeopleKnown(sha256=hashes)
    if "population" in found:
        file, frame = found["population"]
        if not by:
            raise MarginError(
                f"{file.name}: counts how many people work in each unit, and here nothing is told "
                "of units. Leave it out, or give margins or cells of a register."
            )
        counts = name_as_survey(read_population(frame, codebook, file.name), responses)
        levels = asked_levels(codebook, by, responses)
        joined = join_units(counts, responses, levels, file.name)
        known = replace(known, counts=counts, joined=joined)
    if "register" in found:
        file, frame = found["register"]
        register = read_register(frame, codebook, responses, file.name)
        weights = weigh_by_register(responses, register, codebook, settings, file.name)
        known = replace(known, register=register, weights=weights)
    return known
