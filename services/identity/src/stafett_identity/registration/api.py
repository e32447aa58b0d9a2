"""Registering oneself, the form for it, one's e-mail address, and the municipal site's units."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from stafett_chassis.clock import oslo_date
from stafett_chassis.http import CHANGE, OPEN, VERSIONED, Call, Reading, Visit
from stafett_chassis.work import Work
from stafett_contracts.vocabulary import Language, OrgLevel, Track
from stafett_identity.directory.queries import UnitView
from stafett_identity.registration import actions, personalia, rules, store, units
from stafett_identity.registration.actions import Form
from stafett_identity.registration.model import (
    CodeName,
    FormView,
    PersonaliaView,
    RegisteredView,
)
from stafett_identity.registration.web import Applying, settings_of, with_session
from stafett_identity.sessions.web import Body

routes = APIRouter()

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Phone = Annotated[str, Field(max_length=30, description="eight digits, or with country code")]
Hpr = Annotated[str, Field(pattern=r"^[0-9]{7,9}$", description="7 to 9 digits")]
Title = Annotated[str, Field(min_length=1, max_length=150, pattern=r"\S")]
Address = Annotated[str, Field(min_length=3, max_length=254)]
Token = Annotated[str, Field(min_length=10, max_length=100)]


class RegisterTrainee(Body):
    """The registration form of a LIS. Name and national id come from e-ID."""

    email: Address
    phone: Phone
    hpr_number: Hpr | None = Field(default=None, description="counts only where e-ID gives none")
    track: Literal["lis1", "lis2_3"]
    specialty: str | None = Field(default=None, description="of LIS3: `ALM`, `SAM` or `ARB`")
    department_id: UUID
    title: Title | None = None
    identification: Token | None = Field(
        default=None, description="from the e-ID log-in; not needed where its cookie is sent"
    )


class ChangeEmail(Body):
    """A new private address."""

    address: Address


class VerifyEmail(Body):
    """The token at the end of the link that was sent to the address."""

    token: Token


class ChangePersonalia(Body):
    """What to change; fields left out stay."""

    phone: Phone | None = None
    language: Language = Language.NB
    hpr_number: Hpr | None = None
    title: Title | None = None
    track: Literal["lis1", "lis2_3"] | None = None
    specialty: str | None = None
    department_id: UUID | None = None


class CreateUnit(Body):
    """A training enterprise, or a unit of one."""

    level: Literal["training_enterprise", "unit"]
    name: Name
    parent_id: UUID | None = Field(default=None, description="of a unit: its training enterprise")
    code: str | None = Field(default=None, min_length=1, max_length=40, pattern=r"^\S+$")


@routes.get("/registration/form", response_model=FormView, openapi_extra=OPEN, tags=["registration"])
async def get_form(applying: Applying) -> Response:
    """Show the registration form: what e-ID says, and what there is to choose among.

    For whoever has identified themselves with e-ID, and for those logged in.
    """
    applicant = await applying.applicant(None)
    settings = applying.settings
    async with applying.runtime.database.connection() as connection:
        found = await store.enterprises(connection, oslo_date(applying.runtime.clock.now()))
    return applying.answer(
        FormView(
            given_name=applicant.given_name,
            family_name=applicant.family_name,
            hpr_number=applicant.hpr_number,
            email_advice=rules.EMAIL_ADVICE,
            work_email_domains=settings.work_email_domains,
            role_advice={role.value: text for role, text in rules.ROLE_ADVICE.items()},
            tracks=[CodeName("lis1", "LIS1"), CodeName("lis2_3", "LIS3")],
            specialties=[CodeName(code, name) for code, name in rules.SPECIALTIES.items()],
            enterprises=found,
        )
    )


@routes.post(
    "/registration",
    response_model=RegisteredView,
    status_code=201,
    openapi_extra={**OPEN, **CHANGE},
    tags=["registration"],
)
async def post_registration(body: RegisterTrainee, applying: Applying, visit: Visit) -> Response:
    """Register as LIS, after e-ID or as somebody already logged in; starts a session after e-ID."""
    applicant = await applying.applicant(body.identification)
    form = Form(
        email=body.email,
        phone=body.phone,
        hpr_number=body.hpr_number,
        title=body.title,
        department_id=body.department_id,
        track=Track(body.track),
        specialty=body.specialty,
    )
    how = applying.logging_in(applicant)

    async def register(work: Work) -> RegisteredView:
        who = await applying.locked(work, applicant)
        return await actions.register_trainee(work, applying.settings, who, form, how)

    return await with_session(applying, visit, how, 201, register)


# --- Personalia ---


@routes.get("/me/personalia", response_model=PersonaliaView, tags=["personalia"])
async def get_personalia(call: Call) -> Response:
    """Show what is registered about oneself and the position one acts from."""

    async def show(read: Reading) -> PersonaliaView:
        return await personalia.own_personalia(read, settings_of(call))

    return await call.read(show)


@routes.patch("/me/personalia", response_model=PersonaliaView, openapi_extra=VERSIONED, tags=["personalia"])
async def patch_personalia(body: ChangePersonalia, call: Call) -> Response:
    """Change one's own fields: those that `editable` names."""
    given = body.model_dump(include=body.model_fields_set)
    # Only these can be emptied.
    changes = {
        name: value for name, value in given.items() if value is not None or name in ("phone", "specialty")
    }
    return await call.act(personalia.change_personalia, settings_of(call), changes, call.version())


@routes.post("/me/email", status_code=204, openapi_extra=CHANGE, tags=["personalia"])
async def post_email(body: ChangeEmail, call: Call) -> Response:
    """Ask for another private address; it is used once the link sent to it has been opened."""
    return await call.act(actions.change_email, settings_of(call), body.address)


@routes.post("/me/email/verify", status_code=204, openapi_extra={**OPEN, **CHANGE}, tags=["personalia"])
async def post_verification(body: VerifyEmail, visit: Visit) -> Response:
    """Open the link that was sent to an address: it is now the person's. Needs no log-in."""
    return await visit.act(actions.verify_email, body.token)


# --- units ---


@routes.post(
    "/org/units", response_model=UnitView, status_code=201, openapi_extra=CHANGE, tags=["organisation"]
)
async def post_unit(body: CreateUnit, call: Call) -> Response:
    """Make a training enterprise or a unit of one: system managers of the municipal site."""
    return await call.create(
        units.create_unit,
        settings_of(call),
        OrgLevel(body.level),
        body.name.strip(),
        body.parent_id,
        body.code,
    )
