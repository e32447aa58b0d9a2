"""What notify tells of invitations."""

from stafett_chassis.reactions import Reactions
from stafett_chassis.work import Work
from stafett_contracts.notify import EmailUndelivered
from stafett_contracts.vocabulary import MailSource
from stafett_identity.registration.keeping import mark_undelivered

reactions = Reactions()


@reactions.on(EmailUndelivered)
async def note_undelivered_invitation(work: Work, event: EmailUndelivered) -> None:
    """Show the trainee that the mail did not arrive (IDN-070)."""
    if event.source_kind is MailSource.INVITATION:
        await mark_undelivered(work, event.source_id, event.source_event_id)
