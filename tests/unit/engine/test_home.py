"""The home folder: private, writable, with room for a socket's path, and held by one process at a time."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from tests.unit.journal.samples import as_nobody
from tui_trader.engine.home import APPLICATION, HOME_VARIABLE, Home, HomeError, home_folder

LONGEST_SOCKET_PATH = 100


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """Preparing a home narrows the process's umask; the other tests keep theirs."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_flag_wins_over_the_variable_over_the_platform(tmp_path: Path) -> None:
    environment = {HOME_VARIABLE: str(tmp_path / "variable")}
    assert home_folder(tmp_path / "flag", environment) == tmp_path / "flag"
    assert home_folder(None, environment) == tmp_path / "variable"
    assert home_folder(None, {HOME_VARIABLE: ""}) == platformdirs.user_state_path(APPLICATION, appauthor=False)


def test_a_home_named_by_the_user_is_absolute_and_knows_the_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert home_folder(Path("~/desk"), {}) == tmp_path / "desk"
    assert home_folder(Path("desk"), {}) == tmp_path / "desk"


def test_a_fresh_home_is_the_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.prepare()
    assert mode_of(home.folder) == 0o700
    assert list(home.folder.iterdir()) == []


def test_a_home_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o755)
    Home(folder).prepare()
    assert mode_of(folder) == 0o700


def test_what_is_made_in_a_prepared_home_is_the_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    home.log.write_text("a line")
    home.prompts.mkdir()
    with home.locked():
        modes = {path.name: mode_of(path) for path in home.folder.iterdir()}
    assert modes == {"tui-trader.log": 0o600, "prompts": 0o700, "lock": 0o600}


def test_a_file_in_the_homes_place_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HomeError, match=rf"{tmp_path / 'home'}: is not a folder.*--home"):
        Home(tmp_path / "home").prepare()


def test_a_home_that_cannot_be_written_is_refused_with_the_reason(tmp_path: Path) -> None:
    parent = tmp_path / "theirs"
    parent.mkdir(mode=0o555)

    def is_refused() -> bool:
        try:
            Home(parent / "home").prepare()
        except HomeError as refused:
            return "cannot be written" in str(refused) and "--home" in str(refused)
        return False

    assert as_nobody(is_refused)


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    room = LONGEST_SOCKET_PATH - len(os.fsencode(tmp_path)) - len("//control.sock")
    if room < 2:
        pytest.skip("the folder for temporary files has a long path itself")
    Home(tmp_path / ("x" * room)).prepare()
    with pytest.raises(HomeError, match="too long for a control socket"):
        Home(tmp_path / ("x" * (room + 1))).prepare()


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    with home.locked(), pytest.raises(HomeError, match=r"another tui-trader runs in this home.*--home"):
        home.locked()
    with home.locked():
        pass


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    program = (
        "import sys, pathlib, tui_trader.engine.home as h\n"
        "lock = h.Home(pathlib.Path(sys.argv[1])).locked()\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(home.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(HomeError, match="another tui-trader"):
            home.locked()
        holder.kill()
        holder.wait(timeout=30)
    with home.locked():
        pass
