"""`Conformance`: what the kits of all roles share.

Owns how known failures are listed, and how a trait is verified both ways.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["Conformance", "verified"]


class Conformance:
    """Base of the kits. pytest collects a subclass whose name begins with ``Test``.

    Every method ``test_*`` is a case; the name of the case is what follows ``test_``. None is ever
    skipped: a case for what a plugin does not claim checks that it really does not do it.

    Attributes:
        known_failures: Case -> reason, for what is known not to work. Each is run all the same
            and is strict: once it works, the test fails until it is taken off the list.

    Raises:
        ConfigError: ``known_failures`` of a subclass names no case, or has no reason.
    """

    known_failures: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        for case, reason in vars(cls).get("known_failures", {}).items():
            _check(cls, case, reason)
            setattr(cls, f"test_{case}", _expected_to_fail(getattr(cls, f"test_{case}"), reason))

    @classmethod
    def cases(cls) -> list[str]:
        """The names of all cases, sorted."""
        return sorted(name.removeprefix("test_") for name in dir(cls) if name.startswith("test_"))


def verified(what: str, *, declared: bool, check: Callable[[], None]) -> None:
    """Verify a claim both ways.

    Args:
        what: The trait, for the message.
        declared: Whether the plugin claims it.
        check: Raises where it does not hold.

    Raises:
        AssertionError: It holds and is not declared. What ``check`` raises, where it is declared.
    """
    if declared:
        check()
        return
    try:
        check()
    except Exception:
        return
    pytest.fail(f"{what} works, and the traits do not declare it: add it there", pytrace=False)


def _check(cls: type[Conformance], case: str, reason: str) -> None:
    if case not in cls.cases():
        raise ConfigError(
            f"{cls.__name__}.known_failures names {shown(case)}, which is no case",
            hint=f"Cases: {', '.join(cls.cases())}.",
        )
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigError(
            f"{cls.__name__}.known_failures has no reason for {case!r}",
            hint="Say in a sentence why it fails; it is printed with the test's result.",
        )


def _expected_to_fail(case: Callable[..., Any], reason: str) -> Callable[..., Any]:
    # A copy: the mark must not reach the kit's own function, which other plugins share.
    @functools.wraps(case)
    def expected(*arguments: Any, **named: Any) -> Any:
        return case(*arguments, **named)

    expected.pytestmark = [*getattr(case, "pytestmark", ())]  # type: ignore[attr-defined]
    expected.__signature__ = inspect.signature(case)  # type: ignore[attr-defined]
    return pytest.mark.xfail(strict=True, reason=reason)(expected)  # type: ignore[no-any-return]
