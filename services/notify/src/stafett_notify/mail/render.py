"""An e-mail as it goes over the wire: plain text and HTML that say the same (NTF-096)."""

from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr

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
    mail = MIMEMultipart("alternative")
    # Header encodes the whole subject at once. The newer policies of `email` encode word by word, and where they fold
    # between two words a space is doubled.
    mail["From"] = formataddr((product, sender), "utf-8")
    mail["To"] = to
    mail["Subject"] = Header(content.subject, "utf-8", header_name="Subject")  # type: ignore[assignment]
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id}>"
    mail["Content-Language"] = content.language
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = Header(f"<{unsubscribe}>", maxlinelen=998)  # type: ignore[assignment]
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    for form, kind in (("txt", "plain"), ("html", "html")):
        text = _templates.get_template(f"mail.{form}.j2").render(mail=content)
        mail.attach(MIMEText(text, kind, _utf8()))  # type: ignore[arg-type]
    return mail.as_bytes(policy=compat32.clone(linesep="\r\n"))


def _utf8() -> Charset:
    charset = Charset("utf-8")
    charset.body_encoding = QP
    return charset
