import io

from rich.console import Console

from server.sim.display import Display, Picture

EXPECTED = {"sep2": 20, "openadr": 5, "modbus": 3}


def test_without_a_terminal_a_line_is_written_for_each_change(paper, ledger, event, words, at):
    display = Display(paper.console)
    with display.open():
        display.draw(Picture(None, ledger, EXPECTED))
        display.draw(Picture(None, ledger, EXPECTED))
        ledger.take_dump(502, words(50), at(0))
        display.draw(Picture(event(("sep2", {"received": 1})), ledger, EXPECTED))
    first, second = paper.text().splitlines()
    assert "received 0" in first
    assert "limits in registers: unknown" in first
    assert "received 1" in second
    assert "limits in registers: 50 %" in second


def test_on_a_terminal_there_are_tables(ledger, event, words, at):
    file = io.StringIO()
    display = Display(Console(file=file, force_terminal=True, width=120))
    ledger.take_dump(502, words(50, 5000), at(0))
    with display.open():
        display.draw(Picture(event(("sep2", {"received": 1}), phase="active"), ledger, EXPECTED))
    text = file.getvalue()
    for part in ("The event is active", "received 1", "IEEE 2030.5", "50 %", "5000 W", "502"):
        assert part in text


def test_long_lines_are_not_wrapped_so_that_they_can_be_copied():
    file = io.StringIO()
    Display(Console(file=file, width=40)).say("curl [x] " + "a" * 200)
    assert file.getvalue() == "curl [x] " + "a" * 200 + "\n"
