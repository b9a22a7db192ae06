"""The price an entry may pay, and the stop and take-profit it must carry."""

from tui_trader.core.money import BPS, ONE, Price, plain
from tui_trader.core.order import Intent, OrderType, Purpose
from tui_trader.core.words import Actor, Side
from tui_trader.risk.book import Book
from tui_trader.risk.checks.figures import NO_PRICES, prices_of
from tui_trader.risk.codes import Code
from tui_trader.risk.policy import Policy, Requirement
from tui_trader.risk.sizing import crosses, distance_pct, expected_entry_price, gain_per_unit, loss_per_unit
from tui_trader.risk.verdict import ALLOW, Deny, Verdict


def price_near_mark(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """A buy's limit is not more than `max_price_deviation_bps` above the mark, a sell's not more below.

    Denied, not clamped: a price that is far off says that whoever made it saw another market.
    """
    prices = prices_of(intent, book)
    if prices is None:
        return NO_PRICES
    bound = prices.mark * (ONE + intent.side.sign * policy.risk.max_price_deviation_bps / BPS)
    if (prices.limit - bound) * intent.side.sign <= 0:
        return ALLOW
    return Deny(Code.MAX_PRICE_DEVIATION, f"limit {plain(prices.limit)}, mark {plain(prices.mark)}, bound {bound:f}")


def price_as_seen(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The mark has not moved by more than `max_price_deviation_bps`, either way, since whoever decided saw it.

    A model thinks for seconds and a person for minutes: what they answer may be about another market.
    """
    prices, seen = prices_of(intent, book), intent.seen_price
    if prices is None:
        return NO_PRICES
    most = policy.risk.max_price_deviation_bps
    if seen is None or abs(prices.mark - seen) * BPS <= most * seen:
        return ALLOW
    return Deny(
        Code.PRICE_MOVED, f"decided at {plain(seen)}, now {plain(prices.mark)}, at most {plain(most)} bps apart"
    )


def carries_stop(intent: Intent, _book: Book, policy: Policy) -> Verdict:
    """Every entry carries a stop; the policy knows no other setting."""
    required = policy.risk.stop_loss == "required"
    return Deny(Code.NO_STOP, "no stop price") if required and intent.protection is None else ALLOW


def carries_take_profit(intent: Intent, _book: Book, policy: Policy) -> Verdict:
    """Every entry carries a take-profit where the policy requires it."""
    if policy.risk.take_profit is Requirement.OPTIONAL or _target(intent) is not None:
        return ALLOW
    return Deny(Code.NO_TAKE_PROFIT, "no take-profit price")


def stop_behind_price(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The stop lies beyond both limit price and mark, on the losing side: else it would trigger at once."""
    prices, stop = prices_of(intent, book), _stop(intent)
    if prices is None:
        return NO_PRICES
    if stop is None:
        return ALLOW
    nearest = min(prices.limit, prices.mark) if intent.side is Side.BUY else max(prices.limit, prices.mark)
    if (nearest - stop) * intent.side.sign > 0:
        return ALLOW
    return Deny(Code.STOP_SIDE, f"stop {plain(stop)}, {intent.side.value} at {plain(nearest)}")


def target_beyond_price(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The take-profit lies on the winning side of the limit price, and of the mark if the entry may trade at once.

    An entry that rests is filled with the mark near its limit, so only the limit counts for it.
    """
    prices, target = prices_of(intent, book), _target(intent)
    if prices is None:
        return NO_PRICES
    if target is None:
        return ALLOW
    passed = [prices.limit]
    if crosses(intent.side, prices.limit, prices.view):
        passed.append(prices.mark)
    if all((target - price) * intent.side.sign > 0 for price in passed):
        return ALLOW
    return Deny(Code.TAKE_PROFIT_SIDE, f"take-profit {plain(target)}, {intent.side.value} at {plain(prices.limit)}")


def stop_near_entry(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """From the worst price the entry may pay, its limit, the stop is at most `max_stop_distance_pct` away."""
    prices, stop = prices_of(intent, book), _stop(intent)
    if prices is None:
        return NO_PRICES
    if stop is None:
        return ALLOW
    distance, most = distance_pct(prices.limit, stop), policy.risk.max_stop_distance_pct
    if distance <= most:
        return ALLOW
    return Deny(Code.MAX_STOP_DISTANCE, f"stop is {distance:.2f}% away, at most {plain(most)}%")


def reward_pays_risk(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """Gain at the take-profit over loss at the stop, both after fees, is at least `min_reward_to_risk`.

    From the price the entry would really pay: the touch where its limit crosses it, else the limit.
    """
    prices, stop, target = prices_of(intent, book), _stop(intent), _target(intent)
    if prices is None:
        return NO_PRICES
    if stop is None or target is None:
        return ALLOW
    entry = expected_entry_price(intent.side, prices.limit, prices.view)
    gain = gain_per_unit(intent.side, entry, target, book.fees)
    loss = loss_per_unit(intent.side, entry, stop, book.fees)
    least = policy.risk.min_reward_to_risk
    if gain >= least * loss:
        return ALLOW
    ratio = f"{gain / loss:.2f}" if loss > 0 else "undefined"
    return Deny(Code.MIN_REWARD_TO_RISK, f"reward to risk {ratio} after fees, at least {plain(least)}")


def target_pays_fees(intent: Intent, book: Book, policy: Policy) -> Verdict:
    """The agent's take-profit earns at least `min_target_to_fees` times what both legs cost as taker.

    A near stop makes the reward look large beside the risk; the exchange's fee is the same however near it is.
    """
    prices, target = prices_of(intent, book), _target(intent)
    if prices is None:
        return NO_PRICES
    if target is None or intent.actor is not Actor.AGENT:
        return ALLOW
    entry = expected_entry_price(intent.side, prices.limit, prices.view)
    fees = book.fees.taker * (entry + target)
    gain, least = (target - entry) * intent.side.sign, policy.risk.min_target_to_fees
    if gain >= least * fees:
        return ALLOW
    return Deny(
        Code.MIN_TARGET_TO_FEES,
        f"the target earns {gain:.4f} a unit, fees are {fees:.4f}, at least {plain(least)} times",
    )


def protection_can_be_placed(intent: Intent, book: Book, _policy: Policy) -> Verdict:
    """The exchange would take the stop and the take-profit: found out before the entry, not after its fill."""
    instrument = book.instruments.get(intent.symbol)
    if instrument is None:
        return Deny(Code.PROTECTION_FILTER, f"the filters of {intent.symbol} are not known")
    legs = (
        (_stop(intent), OrderType.STOP_MARKET, Purpose.STOP),
        (_target(intent), OrderType.TAKE_PROFIT_MARKET, Purpose.TAKE_PROFIT),
    )
    for price, order_type, purpose in legs:
        if price is None:
            continue
        leg = _leg(intent, price, order_type, purpose)
        found = instrument.breach(leg, None)
        if found is not None:
            return Deny(Code.PROTECTION_FILTER, f"{order_type.value} at {plain(price)}: {found.name} ({found.value})")
    return ALLOW


def _leg(intent: Intent, price: Price, order_type: OrderType, purpose: Purpose) -> Intent:
    return Intent(
        symbol=intent.symbol,
        side=intent.side.opposite,
        type=order_type,
        quantity=intent.quantity,
        stop_price=price,
        close_position=True,
        purpose=purpose,
        actor=intent.actor,
    )


def _stop(intent: Intent) -> Price | None:
    return intent.protection.stop_price if intent.protection else None


def _target(intent: Intent) -> Price | None:
    return intent.protection.take_profit_price if intent.protection else None
