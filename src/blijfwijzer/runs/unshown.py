"""What verbs of the Python door give: values that can be written; nothing of them is shown yet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from blijfwijzer.progress import Tell, silent
from blijfwijzer.release.preview import Preview, Wish, foretell
from blijfwijzer.release.shown import Shown
from blijfwijzer.risk.training import Fitted
from blijfwijzer.runs.train import publish_model, write_rejected
from blijfwijzer.runs.training.review import TrainingSurvey

Place = Path | str
Places = Place | Sequence[Place] | None
Value = TypeVar("Value")


@dataclass(frozen=True)
class Unshown(Generic[Value]):
    """What a verb computed; nothing of it was shown yet."""

    value: Value
    """In memory only: it may tell of single people."""
    place: Path
    """Where it is written when no folder is given."""
    publish: Callable[[Value, Path, Path, Tell], Shown]

    def write(
        self, folder: Place | None = None, *, ledgers: Place = "ledger", tell: Tell = silent
    ) -> Shown:
        """Choose what may be shown, enter it in the ledger, and write it as a whole or not at all.

        Parameters
        ----------
        folder : `place` when left out
        ledgers : folder of the ledgers of all that was shown; keep it, and give everyone the same

        Returns
        -------
        The tables that were shown, with the folder.

        Raises
        ------
        NotWritableError, ReleaseError
            Something else is there.
        LedgerError, BusyError
            The ledger is broken, or another run uses it.
        DisclosureError
            No choice of groups keeps few people from being told of.
        """
        output = self.place if folder is None else Path(folder)
        return self.publish(self.value, output, Path(ledgers), tell)


@dataclass(frozen=True)
class Wished(Unshown[Value]):
    """The same, of which it can be foretold how much may be shown."""

    wish: Callable[[Value, Tell], Wish]

    def preview(self, *, ledgers: Place = "ledger", tell: Tell = silent) -> Preview:
        """Tell how many groups would be shown now; write nothing, and enter nothing.

        Parameters
        ----------
        ledgers : folder of the ledgers of all that was shown

        Returns
        -------
        Counts of groups and figures; as text, what `--preview` prints.

        Raises
        ------
        LedgerError, BusyError
            As `write`.
        """
        return foretell(self.wish(self.value, tell), Path(ledgers))


@dataclass(frozen=True)
class Trained:
    """Models of the outcomes of a survey, chosen and kept nowhere yet."""

    survey: TrainingSurvey
    fitted: dict[str, Fitted]
    """Outcome to its candidates, the champion among them."""

    def write(
        self, models: Place = "models", *, ledgers: Place = "ledger", tell: Tell = silent
    ) -> dict[str, Shown]:
        """Evaluate, explain and keep each model in a folder of its own.

        Returns
        -------
        Outcome to the model folder, with the tables of its page.

        Raises
        ------
        ModelDisclosureError
            A model would tell something about fewer than ten people.
        LedgerError, BusyError, NotWritableError
            As `Unshown.write`.
        """
        folder = Path(models)
        write_rejected(self.survey, folder)
        return {
            name: publish_model(self.survey, fitted, folder, Path(ledgers), tell)
            for name, fitted in self.fitted.items()
        }


def place_of(kind: str, survey: Path) -> Path:
    """Give the folder into which a story is written when none is named."""
    return Path("out") / f"{kind}-{survey.name.split('.')[0]}"
