"""Lab journal: a saved journal has the ids of orders, or their names on request."""

from pathlib import Path

from checkout.c4 import Diagram
from checkout.lab import Lab, command

ORDERING = Path(__file__).parents[3] / "diagrams" / "ordering.puml"


def run_of(lab: Lab) -> Lab:
    lab.place_order("wooden spoon")
    lab.place_order("garden gnome")
    lab.run()
    return lab


def test_a_journal_with_names_has_no_id_of_an_order(lab: Lab, tmp_path: Path) -> None:
    ids = {hop.order for hop in run_of(lab).journal if hop.order}

    lab.journal.save(tmp_path / "ids.jsonl")
    lab.journal.save(tmp_path / "names.jsonl", names=True)

    with_ids, with_names = ((tmp_path / name).read_text() for name in ("ids.jsonl", "names.jsonl"))
    assert [id in with_ids for id in ids] == [True, True]
    assert [id for id in ids if id in with_names] == []
    assert len(Lab.replay(tmp_path / "names.jsonl").moments) == len(lab.moments)


def test_verify_names_orders_as_the_lab_does(lab: Lab, tmp_path: Path) -> None:
    run_of(lab).journal.save(tmp_path / "names.jsonl", names=True)

    told = command(f"checkout diagrams verify {ORDERING} --journal {tmp_path}/names.jsonl --order order-1")
    shown = Diagram(ORDERING).verify(lab.journal, order="order-1")

    assert told.printed == "order-1: conforms, 17 arrows happened\n"
    assert repr(shown) == "order-1: conforms, 17 arrows happened"
