"""The names that sites may import, with their signatures, as committed in ``public_api.txt``.

After a change that is meant, write the new surface with ``python tests/test_public_api.py`` and say
so in the changelog.
"""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType

COMMITTED = Path(__file__).with_name("public_api.txt")
MODULES = (
    "consentkit",
    "consentkit.fastapi",
    "consentkit.jobs",
    "consentkit.starlette",
    "consentkit.testing",
)
HEADING = "# Written by tests/test_public_api.py."


def public_names(module: ModuleType) -> list[str]:
    """Return what ``module`` offers: its own definitions, or in the root all that is re-exported."""
    if hasattr(module, "__all__"):
        return sorted(module.__all__)
    own = module.__name__ != "consentkit"
    return sorted(
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not inspect.ismodule(value)
        and getattr(value, "__module__", "").startswith("consentkit")
        and (not own or value.__module__ == module.__name__)
    )


def signature(function: Callable[..., object]) -> str:
    # Annotations are texts and print with quotes; texts that are defaults keep theirs.
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    return re.sub(r"\(self(?:, )?", "(", text)


def package_bases(kind: type) -> list[type]:
    return [base for base in kind.__mro__ if base.__module__.partition(".")[0] == "consentkit"]


def class_line(label: str, kind: type) -> str:
    bases = ", ".join(base.__name__ for base in kind.__bases__ if base is not object)
    own = next((vars(base)["__init__"] for base in package_bases(kind) if "__init__" in vars(base)), None)
    arguments = signature(own).removesuffix(" -> None") if own else ""
    return f"class {label}{arguments}" + (f" [{bases}]" if bases else "")


def members(kind: type) -> Iterator[str]:
    """Yield the public members that this package defines for ``kind``, in order of name."""
    bases = package_bases(kind)[::-1]
    found: dict[str, object] = {name: value for base in bases for name, value in vars(base).items()}
    found.pop("identifier", None)  # Jinja2 gives every extension one
    types = {name: value for base in bases for name, value in inspect.get_annotations(base).items()}
    for name in sorted(name for name in found.keys() | types.keys() if not name.startswith("_")):
        value = found.get(name)
        if inspect.isfunction(value):
            yield f"{name}{signature(value)}"
        elif isinstance(value, Enum):
            yield f"{name} = {str(value)!r}"
        else:
            yield f"{name}: {types[name]}" if name in types else name


def lines_of(module: ModuleType) -> Iterator[str]:
    for name in public_names(module):
        value, label = getattr(module, name), f"{module.__name__}.{name}"
        if inspect.isclass(value):
            yield class_line(label, value)
            yield from (f"    {member}" for member in members(value))
        elif inspect.isfunction(value):
            yield f"def {label}{signature(value)}"
        else:
            yield f"{label} for {typing.get_args(value)[0].__name__}"


def surface() -> str:
    modules = [import_module(name) for name in MODULES]
    return "".join(
        f"{line}\n" for line in [HEADING, *(line for module in modules for line in lines_of(module))]
    )


def test_the_public_names_and_signatures_are_those_committed() -> None:
    assert surface() == COMMITTED.read_text(encoding="utf-8")


def test_the_public_names_of_the_package_are_listed_in_order() -> None:
    source = Path(inspect.getfile(import_module("consentkit"))).read_text(encoding="utf-8")
    lines = [line for line in source.splitlines() if line.startswith("from .")]

    exported = [line.split(" as ")[1] for line in lines]
    assert sorted(exported) == public_names(import_module("consentkit"))
    assert len(exported) == len(set(exported))


def test_a_changed_signature_would_show() -> None:
    def one(name: str) -> None: ...
    def other(name: str, *, loudly: bool = False) -> None: ...

    assert signature(one) != signature(other)


if __name__ == "__main__":
    COMMITTED.write_text(surface(), encoding="utf-8")
    sys.stdout.write(f"wrote {COMMITTED.name}\n")
