"""The register of one fact: of two statements the greater holds (SYN-075 to SYN-078)."""

from collections.abc import Iterable, Mapping

from stafett_contracts.vocabulary import FactState
from stafett_sync.statements.rules import FactKey, Statement

Register = Mapping[FactKey, Statement]


def rank(statement: Statement) -> tuple[bool, int, int, str]:
    """By what two statements of one fact are compared: final first, then version, then hash (SYN-075)."""
    return (statement.state is FactState.FINAL, statement.epoch, statement.seq, statement.hash)


def merge(one: Statement, other: Statement) -> Statement:
    """The statement that holds of two about one fact. `ValueError` for two facts."""
    if one.key != other.key:
        raise ValueError("two facts are not merged into one")
    return max(one, other, key=rank)


def equivocates(one: Statement, other: Statement) -> bool:
    """Whether the origin has said two things under one version (SYN-076)."""
    return one.key == other.key and rank(one)[:3] == rank(other)[:3] and one.hash != other.hash


def join(one: Register, other: Register) -> dict[FactKey, Statement]:
    """The register of two registers: each fact merged."""
    joined = dict(one)
    for key, statement in other.items():
        held = joined.get(key)
        joined[key] = statement if held is None else merge(held, statement)
    return joined


def register_of(statements: Iterable[Statement]) -> dict[FactKey, Statement]:
    """The register after all of `statements`."""
    register: dict[FactKey, Statement] = {}
    for statement in statements:
        held = register.get(statement.key)
        register[statement.key] = statement if held is None else merge(held, statement)
    return register
