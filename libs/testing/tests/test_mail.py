"""The SMTP server takes mail, and misbehaves on request."""

import smtplib
from email.message import EmailMessage

import pytest

from stafett_testing.mail import MailServer


def send(smtp: MailServer, *recipients: str) -> dict[str, tuple[int, bytes]]:
    message = EmailMessage()
    message["Subject"] = "Læringsmål til godkjenning"
    message["From"] = "portal@stafett.example"
    message["To"] = ", ".join(recipients)
    message.set_content("Hei på deg\n")
    message.add_alternative("<p>Hei på deg</p>\n", subtype="html")
    with smtplib.SMTP(smtp.host, smtp.port, timeout=0.5) as client:
        return client.send_message(message, to_addrs=recipients)


def test_mail_is_received_as_it_was_sent(smtp: MailServer) -> None:
    send(smtp, "kari@sykehus.example", "ola@sykehus.example")
    (mail,) = smtp.messages
    assert mail.sender == "portal@stafett.example"
    assert mail.recipients == ("kari@sykehus.example", "ola@sykehus.example")
    assert (mail.subject, mail.text) == ("Læringsmål til godkjenning", "Hei på deg\n")
    assert mail.html == "<p>Hei på deg</p>\n"


@pytest.mark.parametrize("code", [451, 550])
def test_everyone_is_refused_until_accepted(smtp: MailServer, code: int) -> None:
    smtp.refuse(code, "Full")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(smtp, "kari@sykehus.example")
    assert refused.value.recipients == {"kari@sykehus.example": (code, b"Full")}
    smtp.accept()
    send(smtp, "kari@sykehus.example")
    assert len(smtp.messages) == 1


def test_one_recipient_is_refused_and_the_others_are_not(smtp: MailServer) -> None:
    smtp.refuse(550, "Unknown", recipient="gone@sykehus.example")
    refused = send(smtp, "gone@sykehus.example", "ola@sykehus.example")
    assert refused == {"gone@sykehus.example": (550, b"Unknown")}
    assert smtp.messages[0].recipients == ("ola@sykehus.example",)


def test_only_refusals_refuse(smtp: MailServer) -> None:
    with pytest.raises(ValueError, match="250 is no refusal"):
        smtp.refuse(250)


def test_a_server_that_is_down_comes_back_on_its_port(smtp: MailServer) -> None:
    port = smtp.port
    with smtplib.SMTP(smtp.host, port, timeout=2) as client:
        client.ehlo()
        smtp.go_down()
        with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
            client.noop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp, "kari@sykehus.example")
    smtp.come_back()
    assert smtp.port == port
    send(smtp, "kari@sykehus.example")


def test_a_server_that_hangs_answers_again_when_accepting(smtp: MailServer) -> None:
    smtp.hang()
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(smtp, "kari@sykehus.example")
    smtp.accept()
    send(smtp, "kari@sykehus.example")
    assert [mail.recipients for mail in smtp.messages] == [("kari@sykehus.example",)]
