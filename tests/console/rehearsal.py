"""The program with live's one lock ajar: a live key goes to this machine alone. `python -m tests.console.rehearsal`."""

from tui_trader.__main__ import main
from tui_trader.engine.live import door

if __name__ == "__main__":
    door.LIVE_DOOR = door.LiveDoor.REHEARSAL
    main()
