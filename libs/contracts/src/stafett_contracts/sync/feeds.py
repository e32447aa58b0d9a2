"""The course portal, other sites' journals and the peers themselves."""

from datetime import date

from stafett_contracts.event import Event, UtcTime, Value
from stafett_contracts.ids import CourseClassId, CourseId, CourseResultId, PersonId, RunId, SiteId
from stafett_contracts.vocabulary import CourseType, PeerState


class CoursePassData(Event):
    """A person's effective pass of a course; revision is per person and course."""

    SUBJECT = "pass_key"

    pass_key: str
    """`<person id>/<course id>`."""
    person_id: PersonId
    course_id: CourseId
    class_id: CourseClassId | None = None
    result_id: CourseResultId
    type: CourseType
    passed_on: date
    approved_at: UtcTime | None = None
    source: str


class CoursePassed(CoursePassData):
    """A person passed a course, or passed it anew."""

    TYPE = "sync.course.passed.v1"


class CourseWithdrawn(CoursePassData):
    """A pass was withdrawn and no other stands."""

    TYPE = "sync.course.withdrawn.v1"


class CourseClass(Value):
    """A class of a course."""

    class_id: CourseClassId
    start: UtcTime | None = None
    end: UtcTime | None = None
    place: str | None = None
    link: str | None = None


class Course(Value):
    """A course of the course portal."""

    course_id: CourseId
    name: str
    keywords: tuple[str, ...] = ()
    type: CourseType
    classes: tuple[CourseClass, ...] = ()
    available_from: date | None = None
    ended_from: date | None = None
    target_trusts: tuple[str, ...] = ()
    link: str | None = None


class CourseCatalogueUpdated(Event):
    """The course portal's catalogue was read."""

    TYPE = "sync.course_catalogue.updated.v1"
    SUBJECT = "run_id"

    run_id: RunId
    read_at: UtcTime
    courses: tuple[Course, ...] = ()
    """Changed ones, in parts of at most 500."""
    ended: tuple[CourseId, ...] = ()
    part: int = 1
    parts: int = 1


class JournalCheckpointReceived(Event):
    """Another site sealed its journal of decisions."""

    TYPE = "sync.journal_checkpoint.received.v1"
    SUBJECT = "site"

    site: SiteId
    sequence: int
    head_hash: str
    signature: str


class PeerStateChanged(Event):
    """Another site was heard from, or was not."""

    TYPE = "sync.peer.state_changed.v1"
    SUBJECT = "peer"

    peer: SiteId
    name: str
    state: PeerState
    since: UtcTime
    last_heard: UtcTime | None = None
