"""The proof of a decision that signing made: required of approvals, and checked by the receiver (SYN-070). Pure."""

from stafett_contracts.vocabulary import GoalStatus
from stafett_sync.statements import jws, keys
from stafett_sync.statements.bodies import Body, DirectorateStatement, GoalStatement
from stafett_sync.statements.registry import Registry
from stafett_sync.statements.rules import Refused, Statement

EVIDENCE_TYPE = "kp-decision+jws"
_APPROVED = ("approved", "approve")


def check_evidence(statement: Statement, body: Body | None, registry: Registry) -> None:
    """Refuse an approval whose proof is missing or proves something else.

    The proof may be missing when the approval is imported and was decided before the origin went live, and when it
    was decided before the moment from which, by the registry, the origin's signing proves its decisions.
    """
    site = registry.sites[statement.site]
    if isinstance(body, GoalStatement) and body.status is GoalStatus.APPROVED:
        assert body.decided_at is not None  # an invariant of the body
        if body.imported:
            if site.went_live is None or body.decided_at >= site.went_live:
                raise Refused("evidence_missing", "body.imported")
            return
        evidence, decided_at = body.evidence, body.decided_at
    elif isinstance(body, DirectorateStatement) and body.decision == "approved":
        evidence, decided_at = body.evidence, body.decided_at
    else:
        return
    if evidence is None:
        if site.evidence_from is not None and decided_at < site.evidence_from:
            return
        raise Refused("evidence_missing", "body.evidence")
    _check(evidence, statement, registry)


def _check(evidence: str, statement: Statement, registry: Registry) -> None:
    """The signature is the origin's signing's, the outcome an approval, the goal this one."""
    try:
        opened = jws.open_signed(evidence, registry.find_signing, EVIDENCE_TYPE)
    except Refused as refusal:
        raise Refused("evidence_missing", "body.evidence", refusal.code) from None
    if not registry.speaks_for(opened.kid, statement.site):
        raise Refused("evidence_missing", "body.evidence", "another site's")
    payload = opened.payload
    goal = payload.get("goal")
    if payload.get("act") not in _APPROVED:
        raise Refused("evidence_missing", "body.evidence", "outcome")
    if not isinstance(goal, str) or not (
        goal == statement.subject or keys.is_key_of(statement.subject, goal)
    ):
        raise Refused("evidence_missing", "body.evidence", "goal")
