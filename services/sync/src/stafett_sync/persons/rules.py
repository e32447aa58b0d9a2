"""Who takes part, and how a trainee stands with the other sites (SYN-001 to SYN-029). Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from stafett_contracts.vocabulary import LinkState, PeerAnswer, PositionStatus, Track

TRAINEE_TRACKS = (Track.LIS1, Track.LIS2_3)
GRACE = timedelta(days=30)
_FAR = date.max


@dataclass(frozen=True, slots=True)
class HeldPosition:
    """A position, as presence sees it."""

    status: PositionStatus
    track: Track
    trust: str
    start: date | None = None
    end: date | None = None
    """Last day."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a trainee is here, with what tracks, at what trusts."""

    active: bool
    tracks: tuple[Track, ...] = ()
    trusts: tuple[str, ...] = ()


def is_trainee(positions: Collection[HeldPosition], has_goal_plan: bool) -> bool:
    """Whether the person is exchanged at all: a trainee's position, or a learning-goal plan now or earlier (SYN-005)."""
    return has_goal_plan or any(position.track in TRAINEE_TRACKS for position in positions)


def presence(positions: Collection[HeldPosition], has_goal_plan: bool, today: date) -> Presence | None:
    """The trainee's presence at the site on `today`; none for somebody who is no trainee or was never here.

    Active with an active position, and through the 30th day after the last day of the last one (SYN-025).
    """
    own = [position for position in positions if position.track in TRAINEE_TRACKS]
    if not own and has_goal_plan:
        own = list(positions)
    begun = [
        position
        for position in own
        if position.status is not PositionStatus.PLANNED
        and (position.start is None or position.start <= today)
    ]
    if not begun:
        return None
    running = [position for position in begun if today <= _last_day(position)]
    lingering = [position for position in begun if today <= _plus_grace(_last_day(position))]
    shown = running or lingering
    if not shown:
        return Presence(active=False)
    return Presence(
        active=True,
        tracks=tuple(sorted({position.track for position in shown if position.track in TRAINEE_TRACKS})),
        trusts=tuple(sorted({position.trust for position in shown})),
    )


def _last_day(position: HeldPosition) -> date:
    if position.end is not None:
        return position.end
    # Ended without a date: HR has not said when, so the 30 days are over.
    return _FAR if position.status is PositionStatus.ACTIVE else date.min


def _plus_grace(day: date) -> date:
    return _FAR if day > _FAR - GRACE else day + GRACE


def compare(own: Collection[str], other: Collection[str] | None) -> PeerAnswer:
    """What the person checks of two sites say (SYN-010); `other` is none when the peer has told nothing."""
    if other is None:
        return PeerAnswer.NO_ANSWER
    if not own or not other:
        return PeerAnswer.UNCHECKED
    return PeerAnswer.MATCHED if set(own) & set(other) else PeerAnswer.MISMATCH


@dataclass(frozen=True, slots=True)
class Peer:
    """How another site stands to a trainee."""

    site: str
    name: str
    answer: PeerAnswer
    loading: bool = False
    """Asked for its facts and not through with answering."""
    overdue: bool = False
    """Asked more than once."""
    last_heard: datetime | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything the link state depends on."""

    trainee: bool
    hpr: str | None
    duplicate: bool = False
    changed: bool = False
    peers: Sequence[Peer] = ()


def link_state(situation: Situation) -> LinkState:
    """The one state of a trainee: the first that applies, in the order of SYN-020."""
    checks: Sequence[tuple[bool, LinkState]] = (
        (not situation.trainee, LinkState.NOT_TRAINEE),
        (situation.hpr is None, LinkState.NO_HPR),
        (situation.duplicate, LinkState.DUPLICATE_HPR),
        (situation.changed, LinkState.CHANGED_HPR),
        (any(peer.answer is PeerAnswer.MISMATCH for peer in situation.peers), LinkState.MISMATCH),
        (any(peer.loading and not peer.overdue for peer in situation.peers), LinkState.LOADING),
        (any(peer.loading for peer in situation.peers), LinkState.PARTIAL),
    )
    return next((state for applies, state in checks if applies), LinkState.ON)


def link_text(
    state: LinkState, peers: Sequence[Peer], synchronised_at: datetime | None, written: Mapping[str, str]
) -> str:
    """The text of SYN-020 in one language.

    `written` holds the label with its places, and how to write what fills them: `label`, `never`, and the times of
    the peers by site and of the last synchronisation under `-`.
    """
    if state is LinkState.NOT_TRAINEE:
        return ""
    text = written["label"]
    if state is LinkState.LOADING:
        names = ", ".join(peer.name for peer in peers if peer.loading)
        return f"{text} ({names})" if names else text
    if state is LinkState.PARTIAL:
        waiting = [peer for peer in peers if peer.loading]
        first = waiting[0]
        return text.replace("{site}", ", ".join(peer.name for peer in waiting)).replace(
            "{time}", written.get(first.site, written["never"])
        )
    return text.replace("{time}", written.get("-", written["never"]) if synchronised_at else written["never"])


def may_exchange(answer: PeerAnswer, confirmed: bool) -> bool:
    """Whether facts pass between two sites: the checks match, or hf_admin has confirmed (SYN-010 to SYN-012)."""
    return answer is PeerAnswer.MATCHED or (answer is PeerAnswer.UNCHECKED and confirmed)


def advice(state: LinkState, *, municipal: bool) -> str | None:
    """What the trainee can do about the state (SYN-003, SYN-020); Norwegian."""
    if state is LinkState.NO_HPR:
        return f"Få HPR-nummeret registrert i {'Personalia' if municipal else 'Personalportalen'}."
    if state in (LinkState.DUPLICATE_HPR, LinkState.CHANGED_HPR, LinkState.MISMATCH):
        return "HF-administrator må kontrollere HPR-nummeret."
    return None
