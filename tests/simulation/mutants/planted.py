"""The planted bugs: what the program would do wrong, as edits of its text, and the rules that must notice."""

from dataclasses import dataclass

from tests.simulation.focus import Focus
from tests.simulation.mutants.copies import Edit


@dataclass(frozen=True, slots=True)
class Mutant:
    """A bug. It counts as caught only by one of `rules`; `seed` is one that caught it when it was planted.

    Where what the bug needs is rare, `focus` makes it frequent; the copy without a bug has to be clean under the same.
    """

    name: str
    seed: int
    rules: tuple[str, ...]
    edits: tuple[Edit, ...]
    focus: Focus | None = None


_SENDER, _DOOR, _STATE = "desk/sender.py", "desk/door.py", "desk/state.py"
_RECONCILER, _SETTLER = "desk/reconciler.py", "desk/settler.py"
_RESOLVER, _PROTECTOR = "desk/resolver.py", "desk/protector.py"
_ORDERS = ("order", "orders at once")

_WITH_A_STRANGER = Focus(faults={"stranger": 0.1}, actions=_ORDERS, rate=1.0, patience=5.0, seconds=60.0)

MUTANTS = (
    Mutant(
        "a request that got no answer is sent again with the same id",
        12,
        ("I1",),
        (
            Edit(
                _SENDER,
                "                return await self._parts.exchange.submit(order_id, intent)\n",
                "                heard = await self._parts.exchange.submit(order_id, intent)\n"
                "                if isinstance(heard, Uncertain):\n"
                "                    heard = await self._parts.exchange.submit(order_id, intent)\n"
                "                return heard\n",
            ),
        ),
    ),
    Mutant(
        "a request that got no answer is sent again with a new id",
        14,
        ("I1",),
        (
            Edit(
                _SENDER,
                "        return Sent(judgement, self._parts.ledger.order(order_id))\n",
                "        order = self._parts.ledger.order(order_id)\n"
                "        if order is not None and order.status is OrderStatus.UNKNOWN:\n"
                "            return await self._carried(intent, tool)\n"
                "        return Sent(judgement, order)\n",
            ),
        ),
    ),
    Mutant(
        "the mark is written after the order has left",
        1,
        ("rule 3",),
        (
            Edit(
                _SENDER,
                "await self._marked_sent(order_id, intent) or self.door.refused(order_id, intent, basis)",
                "self.door.closed_to(intent, basis)",
            ),
            Edit(
                _SENDER,
                "        await self._heard(order_id, await self._submitted(order_id, intent), left)\n",
                "        outcome = await self._submitted(order_id, intent)\n"
                "        await self._marked_sent(order_id, intent)\n"
                "        await self._heard(order_id, outcome, left)\n",
            ),
        ),
    ),
    Mutant(
        "the mark is written after the order has left, with the door in place",
        1,
        ("door",),
        (
            Edit(
                _SENDER,
                "await self._marked_sent(order_id, intent) or self.door.refused(order_id, intent, basis)",
                "self.door.refused(order_id, intent, basis)",
            ),
        ),
    ),
    Mutant(
        "rows are acknowledged and never written",
        1,
        ("I2", "I6", "I12", "durable"),
        (
            Edit(
                "journal/writer.py",
                "            await self._store.write(batch.stored)\n",
                "            if not any(row.record.KIND == 'order.update' for row in batch.rows):\n"
                "                await self._store.write(batch.stored)\n",
            ),
        ),
    ),
    Mutant(
        "entries are judged and written down without the lock",
        0,
        ("I3", "door"),
        (Edit(_SENDER, "        async with self._lock:\n", "        if True:\n"),),
        Focus(faults={"disk_slow": 0.5}, actions=("orders at once", "reduce")),
    ),
    Mutant(
        "the first 'not found' is believed, however early",
        12,
        ("I1", "I3", "I5", "I7", "I9"),
        (
            Edit(
                _RESOLVER,
                "            if elapsed(began, asked_at) <= self._conclusive_after:\n",
                "            if False:\n",
            ),
            Edit(
                _RESOLVER,
                "            if misses:\n                await",
                "            if True:\n                await",
            ),
        ),
    ),
    Mutant(
        "a halt is asked for when an entry is judged, and not at the door",
        0,
        ("I4",),
        (
            Edit(
                _DOOR,
                "        if state is not TradingState.ACTIVE:\n            return state.value\n",
                "        if not state:\n            return state\n",
            ),
        ),
        Focus(faults={"disk_slow": 0.5}, actions=("order, then halt",), rate=0.6, patience=2.0),
    ),
    Mutant(
        "a trade that is told twice is booked twice",
        1,
        ("I5",),
        (
            Edit(
                "desk/intake.py",
                "            if ledger.knows_trade(fill.symbol, fill.trade_id):\n",
                "            if False:\n",
            ),
            Edit("desk/ledger.py", "        if self.knows_trade(fill.symbol, fill.trade_id):\n", "        if False:\n"),
        ),
    ),
    Mutant(
        "orders in flight are given up at a restart",
        1,
        ("I3", "I5", "I7"),
        (
            Edit(
                _SETTLER,
                "            case OrderStatus.INTENDED if order.client_order_id in self._left_behind:\n",
                "            case OrderStatus.INTENDED | OrderStatus.SENT if at_start:\n",
            ),
        ),
        Focus(faults={"crash_at_door": 0.15, "request_late": 0.35}, actions=_ORDERS),
    ),
    Mutant(
        "a resume answers the halts that came while it ran",
        6,
        ("I4", "I4b"),
        (
            Edit(
                _STATE,
                "        if self.halts() != answering:\n",
                "        answering = self.halts()\n        if False:\n",
            ),
        ),
    ),
    Mutant(
        "a stop waits until the entry is filled",
        8,
        ("I9",),
        (
            Edit(
                _PROTECTOR,
                "            if await self._stop_stands(symbol):\n",
                "            orders = self._parts.ledger.open_orders(symbol)\n"
                "            if any(order.intent.purpose is Purpose.ENTRY for order in orders):\n"
                "                return\n"
                "            if await self._stop_stands(symbol):\n",
            ),
        ),
        Focus(actions=("order",), seconds=60.0),
    ),
    Mutant(
        "a stop is moved by cancelling the old one first",
        0,
        ("rule 5",),
        (
            Edit(
                _PROTECTOR,
                "            sent = await self._sender.send(self._conditionals.placeable(intent), tool=tool)\n",
                "            position = self._parts.ledger.position(symbol)\n"
                "            old = live_stops(self._parts.ledger.open_orders(symbol), position, intent.purpose)\n"
                "            await self._hands.cancel_all(old)\n"
                "            sent = await self._sender.send(self._conditionals.placeable(intent), tool=tool)\n",
            ),
        ),
        Focus(actions=("order", "stop"), rate=0.5),
    ),
    Mutant(
        "conditional orders are left behind after a close",
        3,
        ("rule 5", "rule 6", "I5"),
        (
            Edit(
                _PROTECTOR,
                "        left = [o for o in self._parts.ledger.open_orders(symbol) if o.intent.type.is_conditional]\n",
                "        left: list[Order] = []\n",
            ),
        ),
    ),
    Mutant(
        "an order of unknown fate does not count as exposure",
        1,
        ("I3",),
        (
            Edit(
                "risk/book.py",
                "order.intent.side is side and order.intent.purpose is Purpose.ENTRY\n",
                "order.intent.side is side and order.intent.purpose is Purpose.ENTRY\n"
                "            and order.status.value != 'UNKNOWN'\n",
            ),
        ),
        Focus(faults={"request_late": 0.5, "reply_lost": 0.3}, actions=_ORDERS, rate=1.5, patience=1.0),
    ),
    Mutant(
        "an order that is filled counts neither as an order nor as a position until its fills are booked",
        8,
        ("I3",),
        (Edit("desk/book.py", " and not ledger.is_short_of_fills", ""),),
        Focus(faults={"news_late": 0.8}, actions=_ORDERS, rate=0.5),
    ),
    Mutant(
        "REDUCING lets entries through, and the losses that led to it deny none",
        3,
        ("I4",),
        (
            Edit("risk/gate.py", "    losses.day_loss_within_limit,\n    losses.streak_within_limit,\n", ""),
            Edit("risk/checks/authority.py", 'return Deny(Code.REDUCING, "only exits pass")', "return ALLOW"),
            Edit(_DOOR, "if state is not TradingState.ACTIVE:", "if state is TradingState.HALTED:"),
        ),
        Focus(faults={"market_crashes": 0.05}, actions=_ORDERS, patience=60.0),
    ),
    Mutant(
        "a close is an order that could open",
        0,
        ("rule 6", "door"),
        (
            Edit(
                "desk/hands.py",
                "            reduce_only=True,\n            purpose=Purpose.EXIT,\n",
                "            purpose=Purpose.EXIT,\n",
            ),
            Edit(
                "core/order.py",
                "if self.purpose is not Purpose.ENTRY and not (self.reduce_only or self.close_position):",
                "if False:",
            ),
        ),
        Focus(actions=("order", "reduce")),
    ),
    Mutant(
        "the emergency log is not imported",
        0,
        ("I4b", "I5", "I6"),
        (Edit("engine/trader.py", "        await import_emergencies(self._emergency, self._journal)\n", ""),),
        Focus(faults={"disk_full": 0.05}, actions=_ORDERS),
    ),
    Mutant(
        "what the exchange has otherwise is adopted without a word",
        11,
        ("rule 7",),
        (
            Edit(
                _RECONCILER,
                "        if halting and self.alarm is not None:\n",
                "        if False and self.alarm is not None:\n",
            ),
        ),
        Focus(faults={"outside_trade": 0.1, "outside_untold": 1.0}, rate=0.01, seconds=20.0),
    ),
    Mutant(
        "entries rest on while trading is halted",
        1,
        ("I4",),
        (
            Edit(
                _STATE,
                "        while self._parts.switch.state is not TradingState.ACTIVE and not",
                "        while False and not",
            ),
        ),
        Focus(actions=(*_ORDERS, "halt"), patience=60.0, seconds=60.0),
    ),
    Mutant(
        "what an earlier run left open stays open where the first comparison gets no answer",
        40,
        ("I5", "I7", "liveness"),
        (
            Edit(_RECONCILER, '        self.doubt("the first comparison got no answer")\n', ""),
            Edit(
                _SETTLER,
                "            case OrderStatus.INTENDED if order.client_order_id in self._left_behind:\n",
                "            case OrderStatus.INTENDED if at_start:\n",
            ),
        ),
        Focus(faults={"disk_slow": 1.0, "crash": 0.1, "read_fails": 0.15}, actions=_ORDERS, rate=3.0, patience=1.0),
    ),
    Mutant(
        "the leverage setting is not looked at",
        0,
        ("I3b",),
        (Edit("risk/gate.py", "    leverage.leverage_setting_within_limit,\n", ""),),
        Focus(faults={"request_lost": 0.7}, actions=_ORDERS, rate=0.5, leverage=5),
    ),
    Mutant(
        "the agent may send the same order again for ever",
        2,
        ("B3",),
        (
            Edit("risk/gate.py", "    pace.agent_does_not_repeat_itself,\n", ""),
            Edit(
                "risk/tripping.py",
                "    (BreakerScope.DECIDER, BreakerCause.IDENTICAL_ORDERS): _identical_orders,\n",
                "",
            ),
            Edit(
                _SENDER,
                "        if judgement.intent is None:\n            return None\n        return opened_by(",
                "        return None and opened_by(",
            ),
        ),
        Focus(decider="repeating", limits={"max_identical_orders": "2"}, seconds=60.0),
    ),
    Mutant(
        "a breaker that opens after the judgement is not looked at by the door",
        11,
        ("B1",),
        (Edit(_DOOR, " if each.opening > basis.openings)", " if not each)"),),
        Focus(
            faults={"disk_slow": 0.5, "not_sent": 0.5},
            actions=_ORDERS,
            rate=1.0,
            limits={"max_consecutive_failures": "1"},
            seconds=60.0,
        ),
    ),
    Mutant(
        "what others hold does not count in the gross of the account",
        19,
        ("I3",),
        (
            Edit(
                "risk/book.py",
                "if not p.is_flat} | self.foreign_positions.keys()\n",
                "if not p.is_flat}\n",
            ),
        ),
        _WITH_A_STRANGER,
    ),
    Mutant(
        "entries leave beside what others hold",
        5,
        ("foreign",),
        (
            Edit("risk/gate.py", "    knowledge.symbol_is_ours_alone,\n", ""),
            Edit(_DOOR, "        if self._parts.is_shared(intent.symbol):\n", "        if False:\n"),
        ),
        _WITH_A_STRANGER,
    ),
    Mutant(
        "a position of others is taken for ours",
        0,
        ("foreign", "I9", "I5"),
        (Edit("desk/intake.py", "ledger.order(fill.client_order_id) is not None\n", "True\n"),),
        _WITH_A_STRANGER,
    ),
    Mutant(
        "a stop of ours closes what others hold, too",
        1,
        ("foreign",),
        (
            Edit(
                "desk/conditionals.py",
                "        return symbol in self._parts.ledger.foreign\n",
                "        return False\n",
            ),
        ),
        Focus(faults={"stranger": 0.2}, actions=(*_ORDERS, "stop"), rate=1.0, seconds=60.0),
    ),
)
