"""Doctor: whether this machine can render diagrams."""



def doctor() -> int:
    """Check whether this machine can render diagrams."""
    from checkout.c4.doctor import run_checks

    checks = list(run_checks())
    for check in checks:
        print(f"{'good' if check.is_good else 'BAD '}  {check.part}: {check.details}")
    return 0 if all(check.is_good for check in checks) else 3
