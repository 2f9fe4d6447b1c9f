"""What is asked to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from blijfwijzer.files import hash_bytes, to_json
from blijfwijzer.records.model_folder import Stored
from blijfwijzer.settings import Settings
from blijfwijzer.survey.codebook import Codebook


@dataclass(frozen=True)
class Request:
    """What something shown is made from and what was asked; equal requests show the same."""

    kind: str
    """What makes it: score, train, climate ..."""
    codebook: Codebook
    settings: Settings
    wave: str
    statistics: tuple[str, ...] = ()
    """What is told of each group."""
    origin: Mapping[str, str] = field(default_factory=dict)
    """All that it is made from, as `provenance` gives, and more."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What else tells it from others that are made from the same."""
    stored: tuple[Stored, ...] = ()
    """The models themselves."""

    @property
    def survey(self) -> str:
        """Whose ledger it stands in: releases of other surveys ask other people."""
        return self.codebook.survey.name

    @property
    def owner(self) -> str:
        """Organisation whose ledger it is."""
        return self.settings.disclosure.owner or self.survey

    @property
    def models(self) -> list[str]:
        """What the models that it is made with are called in its origin."""
        ends = [name.removesuffix("_sha256") for name in self.origin if name.endswith("_sha256")]
        return [name for name in ends if name.startswith("model")]

    @property
    def vouched(self) -> frozenset[str]:
        """Hashes of the models for which who made them vouches, by a signature that is trusted."""
        return frozenset[str]().union(*(one.vouched for one in self.stored))

    @property
    def homes(self) -> list[Path]:
        """Folders of ledgers that know whether its models were stopped, whichever is named."""
        return sorted({one.ledgers for one in self.stored})

    @cached_property
    def defined(self) -> str:
        """Hash of what outcomes and scales are: by another rule a figure of one name is another."""
        thresholds = {one.model.target: one.model.thresholds for one in self.stored}
        codebook = self.origin.get("codebook_sha256", "")
        return hash_bytes(to_json({"codebook": codebook, "thresholds": thresholds}))

    @cached_property
    def sha256(self) -> str:
        """Hash of all that it is made from."""
        return hash_bytes(to_json({**self.origin, **self.asked}))
