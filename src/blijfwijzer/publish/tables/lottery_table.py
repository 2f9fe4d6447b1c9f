"""What a report shows of a draw, and of what it can tell."""

from collections.abc import Iterator

from blijfwijzer.publish.language.catalogue import id_of
from blijfwijzer.survey.texts import Quantity, Value, say
from blijfwijzer.vouchers.power import Power
from blijfwijzer.vouchers.seal import Lottery, hash_text


def lottery_rows(lottery: Lottery, power: Power | None, groups: int) -> list[dict[str, Value]]:
    """Give one row per thing to know of a draw: label and value.

    Parameters
    ----------
    power : None where nothing is compared
    groups : that vouchers are divided over, whether or not they are drawn
    """
    origin = lottery.origin
    rows: dict[str, Value] = {
        "sealed": f"SHA-256 {lottery.sha256}",
        "number": Quantity(origin.number, "count"),
        "follows": say("lottery.from", release=origin.sequence, groups=origin.groups),
        "promised": f"SHA-256 {hash_text(origin.secret)}"
        if origin.secret
        else say("lottery.not_promised"),
        "drawn": Quantity(len(lottery.compared), "count"),
    }
    if power is not None:
        rows |= dict(_of_power(power, groups))
    return [{"label": say(id_of("lottery", name)), "value": value} for name, value in rows.items()]


def _of_power(power: Power, groups: int) -> Iterator[tuple[str, Value]]:
    yield "expected", Quantity(100 * power.effect, "ratio")
    yield "power", Quantity(100 * power.power, "percent")
    yield "detectable", Quantity(100 * power.detectable, "decimal")
    needed = power.groups_needed(groups)
    if needed is not None:
        yield "needed", Quantity(needed, "count")
        return
    most = max(groups, power.groups)
    least = 100 * power.detectable_among(most)
    yield "needed", say("lottery.beyond", groups=most, least=least)
