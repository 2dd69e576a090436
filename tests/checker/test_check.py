"""Check."""

from checkout.checker.check import check


def test_a_good_run_breaks_nothing(good) -> None:
    report = check(good)
    print(report)
    assert not report.violations
    assert report.not_checked == []
