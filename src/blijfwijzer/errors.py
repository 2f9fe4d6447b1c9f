"""Errors a user can act on, each with its exit code.

The message of each says where, how many, what, and what to do. It names columns and counts,
never a respondent's answer. Anything that is not a `BlijfwijzerError` is a bug and keeps its
traceback.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class BlijfwijzerError(Exception):
    """Base of all errors that are shown without a traceback."""

    exit_code = 1


class SettingsError(BlijfwijzerError):
    """The settings file is unreadable or asks for something that does not exist."""

    exit_code = 3


class UnknownFormatError(BlijfwijzerError):
    """The file's suffix is none that can be read or written."""

    exit_code = 10


class WrongFormatError(BlijfwijzerError):
    """The file's content is not what its suffix promises."""

    exit_code = 11


class CorruptFileError(BlijfwijzerError):
    """The file is of the right kind but truncated or damaged."""

    exit_code = 12


class FileTooLargeError(BlijfwijzerError):
    """The file is, or would unpack to, more than the limit."""

    exit_code = 13


class SurveyNotFoundError(BlijfwijzerError):
    """There is no readable file at the path."""

    exit_code = 14


class SheetError(BlijfwijzerError):
    """The workbook lacks the sheet, or several of its sheets may be meant."""

    exit_code = 15


class CodebookWarning(FutureWarning):
    """Something in a codebook has a name that it will not keep."""


class PromiseWarning(FutureWarning):
    """What a run promises binds those after it."""


class CodebookError(BlijfwijzerError):
    """The codebook is unreadable, contradicts itself, or belongs to another survey."""

    exit_code = 20


class MissingColumnsError(BlijfwijzerError):
    """Columns that the codebook requires are not in the file."""

    exit_code = 21


class IdentifierError(BlijfwijzerError):
    """The file holds direct identifiers or free text."""

    exit_code = 22


class EmptyColumnError(BlijfwijzerError):
    """A column that is needed has no valid answer at all."""

    exit_code = 23


class WeightError(BlijfwijzerError):
    """Weights are negative, infinite, or add up to nothing."""

    exit_code = 24


class TooFewResponsesError(BlijfwijzerError):
    """Too few usable responses, or units, to say anything."""

    exit_code = 25


class OneClassError(BlijfwijzerError):
    """An outcome has one value only."""

    exit_code = 26


class LeakError(BlijfwijzerError):
    """A feature, or the model as a whole, predicts better than is plausible."""

    exit_code = 27


class UnreadableColumnError(BlijfwijzerError):
    """A column holds another type of value than the codebook says."""

    exit_code = 28


class DuplicateColumnError(BlijfwijzerError):
    """Two columns of the file have one name."""

    exit_code = 29


class ModelFolderError(BlijfwijzerError):
    """A model folder is incomplete, altered, or of a newer format."""

    exit_code = 30


class ModelDisclosureError(BlijfwijzerError):
    """A model file would tell something about fewer people than is allowed."""

    exit_code = 31


class ContributionGapError(BlijfwijzerError):
    """Contributions do not add up to the risk they explain."""

    exit_code = 32


class NotWritableError(BlijfwijzerError):
    """The output cannot be written where it was asked."""

    exit_code = 40


class DiskFullError(BlijfwijzerError):
    """There is no space left for the output."""

    exit_code = 41


class TrackingError(BlijfwijzerError):
    """The tracking store refuses or cannot be reached."""

    exit_code = 42


class WaveTooDifferentError(BlijfwijzerError):
    """A new wave differs too much from the survey that a model was trained on."""

    exit_code = 43


class MissingExtraError(BlijfwijzerError):
    """What was asked needs a package that only an extra brings, and it is not installed."""

    exit_code = 44


class GroupError(BlijfwijzerError):
    """The groups that were asked for do not exist, or none is large enough."""

    exit_code = 50


class VoucherError(BlijfwijzerError):
    """A budget, cost, floor or cap cannot be used."""

    exit_code = 51


class InfeasibleError(BlijfwijzerError):
    """Floors, caps and budget contradict each other."""

    exit_code = 52


class LedgerError(BlijfwijzerError):
    """The ledger of releases is lost, altered, or of another organisation."""

    exit_code = 53


class DisclosureError(BlijfwijzerError):
    """Something is about to be shown that was not checked, or that tells of few people."""

    exit_code = 54


class BusyError(BlijfwijzerError):
    """Another run is writing to the same place."""

    exit_code = 55


class ReleaseError(BlijfwijzerError):
    """A folder is no release that `score` made, or was altered since."""

    exit_code = 56


class TrialError(BlijfwijzerError):
    """A lottery's sealed assignment or its outcomes cannot be used."""

    exit_code = 57


class CultureError(BlijfwijzerError):
    """The survey does not hold what a question about culture needs."""

    exit_code = 58


class NothingInCommonError(BlijfwijzerError):
    """Two waves share no item, so nothing can be compared."""

    exit_code = 59


class OneUnitError(BlijfwijzerError):
    """All responses are of one unit, so no units can be compared."""

    exit_code = 60


class AlikeError(BlijfwijzerError):
    """Everybody gave the same answer, so there is nothing to measure."""

    exit_code = 61


class SameWaveError(BlijfwijzerError):
    """Two waves have one name, or hold the same answers."""

    exit_code = 62


class CopiesError(BlijfwijzerError):
    """Many forms of a survey are copies of others."""

    exit_code = 63


class MarginError(BlijfwijzerError):
    """A register of people has codes, totals or units that the survey and codebook have not."""

    exit_code = 64


class UnusableSurveyError(BlijfwijzerError):
    """The survey reads without a fault, and yet no command can use it."""

    exit_code = 65


class ComparisonError(BlijfwijzerError):
    """Two models cannot be held against each other on this survey."""

    exit_code = 66


class PromotionError(BlijfwijzerError):
    """A model may not take the place of the champion; its message lists every reason."""

    exit_code = 67


class GovernanceError(BlijfwijzerError):
    """The governance file is unreadable, incomplete, past, or does not allow what is asked."""

    exit_code = 68


class StoppedError(BlijfwijzerError):
    """Somebody stopped a model, or everything, until it is resumed."""

    exit_code = 69


class AcceptanceError(BlijfwijzerError):
    """A result does not meet the thresholds that were fixed before, and nobody accepted it."""

    exit_code = 70


class DecisionError(BlijfwijzerError):
    """Decisions are about groups that were never shown, incomplete, or changed afterwards."""

    exit_code = 71


class LogError(BlijfwijzerError):
    """The logs of what was done are lost, altered, or must be kept longer."""

    exit_code = 72


class EvidenceError(BlijfwijzerError):
    """A pack of `govern pack` is incomplete, was altered, or says what its evidence does not."""

    exit_code = 74


class PackError(BlijfwijzerError):
    """A pack of models is damaged, unsafe to unpack, or holds something else than was signed."""

    exit_code = 76


class TrustError(BlijfwijzerError):
    """A pack of models is signed by nobody who is trusted, or was altered since it was signed."""

    exit_code = 77


class WithdrawnPackError(BlijfwijzerError):
    """A pack of models may be used no longer: its date has passed, or it was revoked."""

    exit_code = 87


class EngineError(BlijfwijzerError):
    """The processes or machines that shared the work are gone, or are not fit for it."""

    exit_code = 80


class SumRangeError(BlijfwijzerError):
    """A weighted sum holds what cannot be added up exactly."""

    exit_code = 81


class PartsError(BlijfwijzerError):
    """The files that a survey is in do not fit together."""

    exit_code = 82


class AgreementError(BlijfwijzerError):
    """What offices agreed on, or the key that they have together, cannot be used."""

    exit_code = 83


class DamagedPartError(BlijfwijzerError):
    """What an office left is damaged, or parts do not add up to what all offices left."""

    exit_code = 84


class OtherPartError(BlijfwijzerError):
    """What an office left was made by another agreement, model, codebook, settings or version."""

    exit_code = 85


class OfficesError(BlijfwijzerError):
    """An office is missing, is there twice, or asked the people of another one."""

    exit_code = 86


INTERRUPTED = 130
"""Exit code after Ctrl-C: 128 plus the number of SIGINT, as shells do."""


def counted(count: int, one: str, many: str = "") -> str:
    """Give a count with what is counted, in the words of a message.

    Parameters
    ----------
    one : what one of it is called, with its verb if there is one
    many : what several are called; `one` with an s when left out

    >>> counted(1, "fault"), counted(0, "fault"), counted(2, "column holds", "columns hold")
    ('1 fault', '0 faults', '2 columns hold')
    """
    return f"{count:d} {one if count == 1 else many or one + 's'}"


def describe_faults(error: "ValidationError") -> list[str]:
    """Say each fault of a validated file as `key: what is wrong`."""
    return [
        f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {fault['msg']}"
        for fault in error.errors()
    ]


@contextmanager
def refuse_toml(
    name: str, kind: type[BlijfwijzerError], mend: str, tell: Callable[[str], str] = str
) -> Iterator[None]:
    """Refuse TOML that cannot be read, or has faults, of which all are told, each by `tell`."""
    from pydantic import ValidationError

    try:
        yield
    except RecursionError as error:
        raise kind(f"{name}: is nested too deeply to read. Mend the file.") from error
    except ValidationError as error:
        told = [tell(fault) for fault in describe_faults(error)]
        text = f"{counted(len(told), 'fault')}: {'; '.join(told)}"
        raise kind(f"{name}: {text}. {mend}") from error
    except ValueError as error:
        raise kind(f"{name}: not valid TOML: {error}. Mend the file.") from error


def refuse_without(package: str, extra: str, use: str) -> None:
    """Refuse to begin what needs an extra, since it would otherwise fail when most is done.

    Parameters
    ----------
    package : as it is imported
    extra : that brings it
    use : what it is needed for, as a sentence's end: "the pictures of a training"
    """
    if not is_installed(package):
        raise MissingExtraError(
            f"{package} is not installed, and it is needed for {use}. Nothing was read or written. "
            f'Install it: pip install "blijfwijzer[{extra}]".'
        )


def is_installed(package: str) -> bool:
    """Tell whether a package could be imported, without importing it."""
    return find_spec(package) is not None
