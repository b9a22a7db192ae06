"""The same market, orders and seed give the same fills, ids and times, jitter included."""

from tests.unit.exchange.bench import BTC, D, intent
from tests.unit.exchange.depth_bench import DepthBench
from tui_trader.core.chance import Chance
from tui_trader.core.order import Fill, TimeInForce
from tui_trader.core.words import Side
from tui_trader.exchange.paper import Jitter, Latency
from tui_trader.exchange.ports import AccountEvent

ROUNDS = 60


async def story(seed: int) -> list[AccountEvent]:
    """A market and a trader that do as the seed says."""
    drawn = Chance(seed).stream("story")
    bench = DepthBench.start(latency=Latency(0.05, Jitter(chance=Chance(seed), mean=0.1, most=0.9)))
    for _ in range(ROUNDS):
        away = drawn.randint(1, 5)
        size = str(drawn.randint(0, 40) / 10)
        bench.diff(bids={str(100_000 - D(away) / 10): size}, asks={str(100_000 + D(away) / 10): size})
        bench.trade(str(100_000 + D(drawn.randint(-5, 5)) / 10), "1.5", maker=drawn.choice(list(Side)))
        price = str(100_000 + D(drawn.randint(-6, 6)) / 10)
        tif = drawn.choice(list(TimeInForce))
        await bench.send(intent(drawn.choice(list(Side)), "0.7", price=drawn.choice([price, None]), tif=tif))
        for order in (await bench.exchange.open_orders())[:1]:
            await bench.exchange.amend(BTC, order.client_order_id, price=D(price))
    return await bench.news()


async def test_a_story_told_twice_ends_the_same() -> None:
    told = await story(1)
    assert sum(isinstance(event, Fill) for event in told) > ROUNDS / 4
    assert await story(1) == told
    assert await story(2) != told
