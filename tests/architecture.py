"""The rules of docs/architecture.md that can be read from the source alone: functions from a module to its violations.

Owns parsing and judging; `tests/test_architecture.py` applies the rules to the project and to small examples of what
they must find. The rules read imports anywhere in a file, so a late import hides nothing.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

FLOORS = {"common": -1, "web": 0, "reviews": 1, "registry": 1, "orchestration": 2, "monitoring": 3, "config": 4}
# These import neither Django nor Celery nor a clock, and of the project only each other (a folder or a module).
PURE = (
    "common.errors",
    "common.json_schema",
    "common.short_schema",
    "common.wording",
    "orchestration.definition",
    "orchestration.queues",
    "orchestration.states",
    "orchestration.engine.retry",
    "orchestration.cache.keys",
)
IMPURE_LIBRARIES = {"billiard", "celery", "django", "django_redis", "kombu", "psycopg", "redis", "rest_framework"}
STATUS_OWNERS = {"Execution", "TaskRun"}
STATUS_MODULES = {"orchestration.models", "orchestration.models.executions"}
STATUS_WRITER = "orchestration.engine.store"
# The inside of the store: everybody else calls its verbs.
PRIVATE = {
    f"{STATUS_WRITER}.{inside}": STATUS_WRITER
    for inside in (
        "claiming",
        "ending",
        "ledger",
        "moves",
        "ownership",
        "pausing",
        "recording",
        "reusing",
        "settling",
        "starting",
        "statements",
    )
}
DISPATCHER = "orchestration.engine.dispatch"
STATUS_SQL = re.compile(
    r"\b(update|insert\s+into)\s+\W*orchestration_(execution|taskrun)\b[^;]*\bstatus\b", re.IGNORECASE | re.DOTALL
)
LONGEST_FILE = 500


@dataclass(frozen=True)
class Module:
    """One source file: `path` relative to the project's root."""

    path: PurePosixPath
    text: str

    @classmethod
    def read(cls, path: Path, root: Path) -> "Module":
        return cls(PurePosixPath(path.relative_to(root).as_posix()), path.read_text())

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every part of the tree; most rules look at all of them."""
        return list(ast.walk(self.tree))

    @cached_property
    def imports(self) -> list[tuple[ast.AST, str]]:
        """Every imported name in full, wherever it stands."""
        return list(_find_imports(self))

    @property
    def name(self) -> str:
        parts = self.path.with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def app(self) -> str:
        return self.path.parts[0]

    def is_within(self, *packages: str) -> bool:
        return any(f"{self.name}.".startswith(f"{package}.") for package in packages)

    def at(self, node: ast.AST, message: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {message}"


def find_upward_imports(module: Module) -> Iterator[str]:
    """An app imports itself and lower apps; `reviews` and `registry` do not know each other."""
    for node, name in module.imports:
        target = name.partition(".")[0]
        if target in FLOORS and target != module.app and FLOORS[target] >= FLOORS[module.app]:
            yield module.at(node, f"{module.app} must not import {name}: imports go down only, send a signal instead")


def find_impure_imports(module: Module) -> Iterator[str]:
    """The pure modules need nothing but the standard library, pure libraries and each other."""
    if not module.is_within(*PURE):
        return
    for node, name in module.imports:
        top = name.partition(".")[0]
        ours = top in FLOORS and not any(f"{name}.".startswith(f"{package}.") for package in PURE)
        if top in IMPURE_LIBRARIES or ours:
            yield module.at(node, f"{module.name} is pure and must not import {name}: pass the value in")


def find_private_imports(module: Module) -> Iterator[str]:
    """Some modules are the inside of one other."""
    for node, name in module.imports:
        for private, owner in PRIVATE.items():
            if f"{name}.".startswith(f"{private}.") and not module.is_within(owner, private):
                yield module.at(node, f"only {owner} uses {private}: call a verb of {owner}")


def find_status_writes(module: Module) -> Iterator[str]:
    """Only the store writes the status of executions and task runs."""
    if module.is_within(STATUS_WRITER):
        return
    sees_owners = _sees_status_owners(module)
    for node in module.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATUS_SQL.search(node.value):
            yield module.at(node, "SQL that writes the status of an execution or task run belongs into engine/store/")
        elif sees_owners and _writes_status(node):
            yield module.at(node, "only engine/store/ writes the status of an execution or task run: call its verb")


def find_enqueuing(module: Module) -> Iterator[str]:
    """Only the dispatcher sends Celery messages."""
    if module.is_within(DISPATCHER):
        return
    jobs = _find_job_names(module)
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            method, receiver = node.func.attr, node.func.value
            sends_job = method == "delay" and _root_name(receiver) in jobs
            if method in {"send_task", "apply_async"} or sends_job:
                yield module.at(node, f".{method}() enqueues: only engine/dispatch.py does that")


def find_prints(module: Module) -> Iterator[str]:
    """Commands write to `self.stdout` or a rich console, everything else logs."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield module.at(node, "print() in application code: log, or write to the command's output")


def find_long_files(module: Module) -> Iterator[str]:
    lines = module.text.count("\n")
    if lines > LONGEST_FILE:
        yield f"{module.path}: {lines} lines; split it by what its parts own (at most {LONGEST_FILE})"


RULES = (
    find_upward_imports,
    find_impure_imports,
    find_private_imports,
    find_status_writes,
    find_enqueuing,
    find_prints,
    find_long_files,
)


def _find_imports(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every imported name in full, wherever it stands; `import_module("…")` counts."""
    for node in module.nodes:
        match node:
            case ast.Import(names=names):
                yield from ((node, alias.name) for alias in names)
            case ast.ImportFrom(names=names):
                source = _resolve(module, node)
                yield from ((node, f"{source}.{alias.name}") for alias in names)
            case ast.Call(
                func=ast.Attribute(attr="import_module") | ast.Name(id="import_module" | "__import__"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node, name


def _resolve(module: Module, node: ast.ImportFrom) -> str:
    """The absolute source of `from … import`."""
    if not node.level:
        return node.module or ""
    package = module.path.parent.parts
    above = package[: len(package) - (node.level - 1)]
    return ".".join((*above, *filter(None, [node.module])))


def _sees_status_owners(module: Module) -> bool:
    """Whether the file can reach the two classes: it defines them, imports them, or imports their module."""
    imported = {name for _, name in module.imports}
    defined = {node.name for node in module.tree.body if isinstance(node, ast.ClassDef)}
    named = {name.rpartition(".")[2] for name in imported} | defined
    return not (imported.isdisjoint(STATUS_MODULES) and named.isdisjoint(STATUS_OWNERS))


def _writes_status(node: ast.AST) -> bool:
    match node:
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
        case ast.AugAssign(target=ast.Attribute(attr="status")) | ast.AnnAssign(target=ast.Attribute(attr="status")):
            return True
        case ast.Call(func=ast.Attribute(attr=method, value=receiver)):
            return _may_be_status_owner(receiver) and _call_writes_status(method, node)
    return False


def _call_writes_status(method: str, call: ast.Call) -> bool:
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    if method in {"update", "create", "get_or_create", "update_or_create"}:
        return "status" in keywords
    if method not in {"save", "asave", "bulk_update"}:
        return False
    listed = [keywords.get("update_fields"), keywords.get("fields"), *call.args[1:]]
    return any(_mentions_status(fields) for fields in listed if fields is not None)


def _mentions_status(fields: ast.expr) -> bool:
    return any(isinstance(part, ast.Constant) and part.value == "status" for part in ast.walk(fields))


def _may_be_status_owner(receiver: ast.expr) -> bool:
    """False only when the chain starts at another model class, as in `WebhookDelivery.objects.filter(…)`."""
    root = _root_name(receiver)
    return not root[:1].isupper() or root in STATUS_OWNERS


def _find_job_names(module: Module) -> set[str]:
    """Names that stand for Celery jobs, or for a module of them, in this file."""
    decorated = {
        node.name
        for node in module.nodes
        if isinstance(node, ast.FunctionDef) and any(_is_job_decorator(decorator) for decorator in node.decorator_list)
    }
    imports = (name.split(".") for _, name in module.imports)
    return decorated | {parts[-1] for parts in imports if "tasks" in parts[-2:]}


def _is_job_decorator(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    match called:
        case ast.Name(id="shared_task") | ast.Attribute(attr="task" | "shared_task"):
            return True
    return False


def _root_name(expression: ast.expr) -> str:
    """`a` of `a.b(c).d[e]`."""
    while isinstance(expression, ast.Attribute | ast.Call | ast.Subscript):
        expression = expression.func if isinstance(expression, ast.Call) else expression.value
    return expression.id if isinstance(expression, ast.Name) else ""
