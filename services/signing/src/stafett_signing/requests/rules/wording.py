"""The words and colours of a status (SGN-030, SGN-032, SGN-067)."""

from dataclasses import dataclass

from stafett_contracts.vocabulary import APPROVAL_LABELS, LapseCause, RequestKind, RequestStatus
from stafett_signing.requests.rules.request import DECIDED, Request


@dataclass(frozen=True, slots=True)
class Shown:
    """A status as a reader sees it: the word and the colour (SGN-030)."""

    status: RequestStatus
    label_nb: str
    label_en: str
    colour: str


def shown(request: Request, *, to_decider: bool) -> Shown:
    """The status of the whole request; what waits is red to whom it waits for, else yellow (SGN-032)."""
    counts = {status: len(request.item_ids(status)) for status in RequestStatus}
    status = next(status for status in _WEIGHT if counts[status])
    ended = next((item.ended for item in request.items if item.status is status and item.ended), None)
    nb, en = label(request.kind, status, ended.cause if ended else None)
    signed, rejected = counts[RequestStatus.SIGNED], counts[RequestStatus.REJECTED]
    if request.kind is RequestKind.REPETITIONS and status in DECIDED:
        nb, en = f"{signed} signert, {rejected} avvist", f"{signed} signed, {rejected} rejected"  # SGN-067
    return Shown(status, nb, en, colour(status, to_decider=to_decider))


# A request reads as waiting while anything in it waits, then as what was decided.
_WEIGHT = (
    RequestStatus.WAITING,
    RequestStatus.PREAPPROVED,
    RequestStatus.SIGNED,
    RequestStatus.REJECTED,
    RequestStatus.LAPSED,
    RequestStatus.RECALLED,
)


def label(kind: RequestKind, status: RequestStatus, cause: str | None = None) -> tuple[str, str]:
    """The words for a status, in bokmål and English; with the cause when it lapsed."""
    if kind in (RequestKind.GOAL, RequestKind.PLAN) and status in APPROVAL_LABELS:
        return APPROVAL_LABELS[status]
    if status is RequestStatus.LAPSED and cause in set(LapseCause):
        why = LapseCause(cause)
        if why is not LapseCause.SYSTEM:
            return f"{status.label_nb}: {why.label_nb}", f"{status.label_en}: {why.label_en}"
    return status.label_nb, status.label_en


def colour(status: RequestStatus, *, to_decider: bool) -> str:
    """The colour of a status for its reader."""
    if status is RequestStatus.WAITING:
        return "red" if to_decider else "yellow"
    return {
        RequestStatus.PREAPPROVED: "yellow",
        RequestStatus.SIGNED: "green",
        RequestStatus.REJECTED: "red",
        RequestStatus.RECALLED: "yellow",
        RequestStatus.LAPSED: "grey",
    }[status]
