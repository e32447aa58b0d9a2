"""A municipal site with two enterprises, and people who register there."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from stafett_contracts.identity import EmailVerificationRequested, InvitationResent, InvitationSent


@dataclass
class Town:
    """The municipal site, its departments, and what its people do over and over."""

    site: Any
    centre: UUID  # Lyngvær legesenter
    duty: UUID  # Lyngvær legevakt
    office: UUID  # Ytre Sund legekontor

    def form(self, **changes: Any) -> dict[str, Any]:
        return {
            "email": "sunniva@post.example",
            "phone": "10 30 59 08",
            "track": "lis1",
            "department_id": str(self.centre),
            **changes,
        }

    async def trainee(
        self, number: str = "02899822253", given: str = "Sunniva", family: str = "Lillebø-Hætta", **form: Any
    ) -> tuple[httpx.AsyncClient, dict[str, Any]]:
        """A trainee who has just registered, in a browser with a token."""
        client = await self.site.identified(number, given, family)
        answer = await client.post("/registration", json=self.form(**form))
        assert answer.status_code == 201, answer.text
        assert (await client.post("/session/token")).status_code == 200
        return client, answer.json()

    def invitation(self, **changes: Any) -> dict[str, Any]:
        return {
            "role": "mentor",
            "given_name": "Håvard",
            "family_name": "Kvåle",
            "email": "havard.kvale@post.example",
            **changes,
        }

    async def invite(self, client: httpx.AsyncClient, **changes: Any) -> tuple[dict[str, Any], str]:
        """An invitation sent, and the token in its link."""
        answer = await client.post("/invitations", json=self.invitation(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json(), await self.token_in_mail()

    async def token_in_mail(self) -> str:
        """The token in the link of the newest invitation mail."""
        told = await self.site.identity.told(InvitationSent, InvitationResent)
        token: str = told[-1].link.rsplit("/", 1)[1]
        return token

    async def verify_newest(self) -> None:
        """Open the newest link that verifies an address."""
        told = await self.site.identity.told(EmailVerificationRequested)
        token = told[-1].link.rsplit("/", 1)[1]
        answer = await self.site.identity.client().post("/me/email/verify", json={"token": token})
        assert answer.status_code == 204, answer.text

    def answer_form(self, **changes: Any) -> dict[str, Any]:
        return {
            "email": "havard.kvale@post.example",
            "phone": "+4710900163",
            "title": "Fastlege",
            "department_id": str(self.centre),
            **changes,
        }

    async def accept(
        self,
        token: str,
        number: str = "17837727936",
        given: str = "Håvard",
        family: str = "Kvåle",
        **form: Any,
    ) -> tuple[httpx.AsyncClient, httpx.Response]:
        """The answer of somebody new, after e-ID and with the form."""
        client = await self.site.identified(number, given, family)
        answer = await client.post(f"/invitations/by-token/{token}/accept", json=self.answer_form(**form))
        return client, answer

    async def relations(self, client: httpx.AsyncClient) -> dict[str, Any]:
        """What the trainee's page of relations shows."""
        answer = await client.get("/me/relations")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
async def town(municipal: Any) -> Town:
    lyngvær = await municipal.unit("Lyngvær kommune")
    sund = await municipal.unit("Ytre Sund kommune")
    return Town(
        municipal,
        (await municipal.unit("Lyngvær legesenter", lyngvær)).unit_id,
        (await municipal.unit("Lyngvær legevakt", lyngvær)).unit_id,
        (await municipal.unit("Ytre Sund legekontor", sund)).unit_id,
    )
