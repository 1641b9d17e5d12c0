"""The version of a handler's code, as a part of the key: other code, another question.

A built-in task type is as old as any source file of `orchestration/handlers` and `orchestration/providers`. A handler
of a user's is its module and every module of the same package that its module reaches, with its defaults and what it
closes over, so that a changed helper counts. Where `code_version` is set on the handler, that alone counts.
"""

import functools
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from orchestration.cache.keys import NotCacheable, digest
from orchestration.handlers.catalog import BUILT_IN, find_handler

PACKAGE = Path(__file__).resolve().parents[1]
BUILT_IN_FOLDERS = ("handlers", "providers")


def code_version(task_type: str, handler_name: object = None) -> list[str]:
    """What stands for the code of a task type in this process. Raises `NotCacheable` when that cannot be said."""
    name = str(handler_name) if task_type == "custom" else task_type
    if name in BUILT_IN:
        return ["built-in", _built_in_version()]
    handler = find_handler(name)
    if handler is None:
        raise NotCacheable(f'this worker knows no handler "{name}"')
    return _version_of(handler)


@functools.cache
def _built_in_version() -> str:
    found = hashlib.sha256()
    for folder in BUILT_IN_FOLDERS:
        for path in sorted((PACKAGE / folder).rglob("*.py")):
            found.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _version_of(handler: Callable[..., Any]) -> list[str]:
    declared = getattr(handler, "code_version", None)
    name = f"{getattr(handler, '__module__', '')}.{getattr(handler, '__qualname__', type(handler).__qualname__)}"
    if declared is not None:
        return [name, "declared", str(declared)]
    try:
        return list(_cached_version(handler))
    except TypeError:  # cannot be a key of a mapping
        return list(_found_version(handler))


@functools.lru_cache(maxsize=1_000)
def _cached_version(handler: Callable[..., Any]) -> tuple[str, ...]:
    return _found_version(handler)


def _found_version(handler: Callable[..., Any]) -> tuple[str, ...]:
    function, bound = _unwrap(handler)
    if not isinstance(function, FunctionType):
        raise NotCacheable(
            f'the code of {function!r} has no version; set code_version on the handler: my_handler.code_version = "1"'
        )
    return (
        f"{function.__module__}.{function.__qualname__}",
        digest(_described(function.__code__)),
        _state_of(function, bound),
        _sources(function),
    )


def _unwrap(handler: Any) -> tuple[Any, list[Any]]:
    """The function behind partials, bound methods, callable objects and decorators, and what they bind."""
    bound: list[Any] = []
    while True:
        if isinstance(handler, functools.partial):
            bound += [list(handler.args), dict(handler.keywords)]
            handler = handler.func
        elif inspect.ismethod(handler):
            bound.append(_attributes(handler.__self__))
            handler = handler.__func__
        elif isinstance(handler, FunctionType):
            return handler, bound
        elif inspect.isfunction(call := getattr(type(handler), "__call__", None)):  # noqa: B004 - the function itself
            bound.append(_attributes(handler))
            handler = call
        else:
            return handler, bound


def _attributes(owner: Any) -> Any:
    return owner.__qualname__ if isinstance(owner, type) else dict(getattr(owner, "__dict__", {}))


def _described(code: CodeType) -> list[Any]:
    constants = [_described(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts]
    return [code.co_name, code.co_code, list(code.co_names), constants]


def _state_of(function: FunctionType, bound: list[Any]) -> str:
    """What the function remembers: a value that cannot be hashed may be anything."""
    closed_over = [cell.cell_contents for cell in function.__closure__ or () if not _is_empty(cell)]
    remembered = [_stable(each) for each in (*(function.__defaults__ or ()), *closed_over)]
    try:
        return digest([remembered, {**(function.__kwdefaults__ or {})}, bound])
    except NotCacheable as error:
        raise NotCacheable(
            f"the handler {function.__qualname__} keeps something that has no version ({error}); set code_version on it"
        ) from error


def _is_empty(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - asking is the point
    except ValueError:
        return True
    return False


def _stable(value: Any) -> Any:
    """A function that is closed over counts by its code."""
    return list(_found_version(value)) if isinstance(value, FunctionType) else value


def _sources(function: FunctionType) -> str:
    found = hashlib.sha256()
    for path in sorted(_files_of(function)):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()


def _files_of(function: FunctionType) -> set[Path]:
    """The source of the function's module, and of the modules of its package that it reaches."""
    start = sys.modules.get(function.__module__)
    if start is None:
        return set()
    package = start.__name__.partition(".")[0]
    seen: dict[str, ModuleType] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if module.__name__ not in seen:
            seen[module.__name__] = module
            waiting += _reached(module, package)
    files = (getattr(module, "__file__", None) for module in seen.values())
    return {path for path in (Path(file) for file in files if file) if path.suffix == ".py" and path.exists()}


def _reached(module: ModuleType, package: str) -> Iterator[ModuleType]:
    for value in list(vars(module).values()):
        name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        if isinstance(name, str) and name.partition(".")[0] == package and name in sys.modules:
            yield sys.modules[name]
