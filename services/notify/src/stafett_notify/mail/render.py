"""An e-mail as it goes over the wire: plain text and HTML that say the same (NTF-096)."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from stafett_notify.mail.rules.content import Content

_templates = Environment(
    loader=PackageLoader("stafett_notify.mail"),
    autoescape=select_autoescape(("html.j2",), default=False),
    undefined=StrictUndefined,
    keep_trailing_newline=True,
)


def message(
    content: Content,
    *,
    sender: str,
    product: str,
    to: str,
    message_id: str,
    at: datetime,
    unsubscribe: str | None,
) -> bytes:
    """The bytes of the e-mail, with the headers of NTF-098 and NTF-100."""
    mail = EmailMessage(policy=SMTP)
    name, _, domain = sender.rpartition("@")
    mail["From"] = Address(product, name, domain)
    mail["To"] = to
    mail["Subject"] = content.subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Content-Language"] = content.language
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_templates.get_template("mail.txt.j2").render(mail=content), cte="quoted-printable")
    mail.add_alternative(
        _templates.get_template("mail.html.j2").render(mail=content),
        subtype="html",
        cte="quoted-printable",
    )
    return mail.as_bytes()
