"""The real ledger programs: do they accept a file, and which balances do they see?

A program that is missing skips the test, visibly; where CI is set it fails it.
"""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

#: Seconds after which a program is taken to hang.
PATIENCE = 120


def check_hledger(path: Path) -> None:
    """Fail unless hledger accepts the file strictly, with its dates in order."""
    _accepts(*_hledger(), "-f", path, "check", "-s", "ordereddates")


def check_ledger(path: Path) -> None:
    """Fail unless ledger accepts the file with everything declared."""
    options = ("--strict", "--pedantic", "--check-payees", "--explicit")
    _accepts(*_ledger(), "-f", path, *options, "source")


def check_beancount(path: Path) -> None:
    """Fail unless bean-check accepts the file."""
    _accepts(program("bean-check"), "-C", path)


def balances_hledger(path: Path) -> dict[str, Decimal]:
    """Balance of every account that is not zero, as hledger reports it."""
    options = ("--flat", "--no-total", "--output-format", "csv")
    text = _output(*_hledger(), "-f", path, "balance", *options)
    rows = list(csv.DictReader(io.StringIO(text)))
    return {row["account"]: _quantity(row["balance"]) for row in rows}


def balances_ledger(path: Path) -> dict[str, Decimal]:
    """Balance of every account that is not zero, as ledger reports it."""
    line = "%(account)\t%(quantity(scrub(display_total)))\n"
    text = _output(*_ledger(), "-f", path, "balance", "--flat", "--no-total", "--format", line)
    rows = [row.split("\t") for row in text.splitlines()]
    return {account: Decimal(quantity) for account, quantity in rows}


def balances_beancount(path: Path) -> dict[str, Decimal]:
    """Balance of every account that is not zero, as beancount's loader books it."""
    if not _has_beancount():
        missing("beancount")
    from beancount import loader
    from beancount.core.data import Transaction

    entries, errors, _ = loader.load_file(str(path))
    assert not errors, [error.message for error in errors]
    totals: dict[str, Decimal] = {}
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            totals[posting.account] = totals.get(posting.account, Decimal(0)) + posting.units.number
    return {account: total for account, total in sorted(totals.items()) if total}


def check_peers(ledger_file: Path, beancount_file: Path) -> dict[str, Decimal]:
    """Check both dialects of the same books with all three; the balances they agree on."""
    check_hledger(ledger_file)
    check_ledger(ledger_file)
    check_beancount(beancount_file)
    balances = balances_hledger(ledger_file)
    assert balances_ledger(ledger_file) == balances
    assert balances_beancount(beancount_file) == balances
    return balances


def program(name: str) -> str:
    """The path of a program, beside this Python or on the PATH; skips where there is none."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    return found or missing(name)


def missing(name: str) -> str:
    """Skip the test for want of a program; where CI is set, fail it."""
    reason = f"{name} is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is set")
    pytest.skip(reason)


def _hledger() -> list[str]:
    """hledger without its user's configuration; versions before 1.40 read none."""
    name = program("hledger")
    return [name, "-n"] if _takes_no_conf(name) else [name]


def _ledger() -> list[str]:
    return [program("ledger"), "--args-only"]


@cache
def _takes_no_conf(name: str) -> bool:
    return _run(name, "-n", "--version").returncode == 0


@cache
def _has_beancount() -> bool:
    from importlib.util import find_spec

    return find_spec("beancount") is not None


def _quantity(text: str) -> Decimal:
    return Decimal(text.split(" ")[0])


def _accepts(*command: object) -> None:
    done = _run(*command)
    said = done.stdout + done.stderr if done.returncode else done.stderr
    assert done.returncode == 0, f"{_spelt(command)} refuses:\n{said}"
    assert not said.strip(), f"{_spelt(command)} warns:\n{said}"


def _output(*command: object) -> str:
    done = _run(*command)
    assert done.returncode == 0, f"{_spelt(command)} fails:\n{done.stderr}"
    return done.stdout


def _run(*command: object) -> subprocess.CompletedProcess[str]:
    # the programs read and write the encoding of the locale
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
        env=environment,
        check=False,
    )


def _spelt(command: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in command)
