"""What an installation is told, and what it is told when that is wrong."""

from pathlib import Path
from typing import Self

import pytest
from pydantic import Field, model_validator

from stafett_chassis.settings import BadSettings, Settings, file_blob_url, known_variables, load

GOOD = {
    "STAFETT_SITE": "vest",
    "STAFETT_SITE_NAME": "Helse Vestkyst",
    "STAFETT_SITE_KIND": "rhf",
    "STAFETT_ENVIRONMENT": "test",
    "STAFETT_DATABASE_URL": "postgresql://plans:secret@db/plans",
    "STAFETT_PUBLIC_URL": "https://portal.example.no/",
    "STAFETT_IDENTITY_URL": "http://identity:8000",
    "STAFETT_SERVICE_SECRET": "s" * 32,
}


class Own(Settings):
    """Settings of an invented service."""

    tracks: dict[str, int] = Field(default={}, description="codes of tracks")
    first: int = Field(default=1, description="the smaller one")
    last: int = Field(default=2)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("first must not be after last")
        return self


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def faults(kind: type[Settings] = Own) -> list[str]:
    with pytest.raises(BadSettings) as refused:
        load(kind)
    head, *lines = str(refused.value).splitlines()
    assert head == "The configuration cannot be used:"
    return [line.strip() for line in lines]


def test_good_settings_are_read_and_cannot_be_changed(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STAFETT_TRACKS", '{"2110": 1}')
    settings = load(Own)
    assert settings.site == "vest"
    assert settings.tracks == {"2110": 1}
    assert settings.base() == "https://portal.example.no"
    assert not settings.is_demo
    with pytest.raises(ValueError, match="frozen"):
        settings.site = "kom"  # type: ignore[misc]


def test_every_fault_is_listed_at_once_with_what_the_setting_means(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("STAFETT_SITE_NAME")
    environment.setenv("STAFETT_SITE", "VEST 1")
    environment.setenv("STAFETT_HTTP_PORT", "http")
    environment.setenv("STAFETT_DATABASE_URL", "mysql://db")
    environment.setenv("STAFETT_TRACKS", "2110=1")
    environment.setenv("STAFETT_SERVICE_SECRETS", "x")
    found = {fault.split(":")[0]: fault for fault in faults()}
    assert found.keys() == {
        "STAFETT_SITE_NAME",
        "STAFETT_SITE",
        "STAFETT_HTTP_PORT",
        "STAFETT_DATABASE_URL",
        "STAFETT_TRACKS",
        "STAFETT_SERVICE_SECRETS",
    }
    assert found["STAFETT_SITE_NAME"] == "STAFETT_SITE_NAME: Field required (name shown to people)"
    assert "must be JSON" in found["STAFETT_TRACKS"]
    assert "codes of tracks" in found["STAFETT_TRACKS"]
    assert "did you mean STAFETT_SERVICE_SECRET?" in found["STAFETT_SERVICE_SECRETS"]


def test_a_fault_inside_a_setting_says_where(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STAFETT_TRACKS", '{"2110": "many"}')
    [fault] = faults()
    assert fault.startswith("STAFETT_TRACKS[2110]: ")


def test_a_fault_of_two_settings_together_is_told_in_its_own_words(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STAFETT_FIRST", "3")
    assert faults() == ["first must not be after last"]


def test_no_fault_shows_the_secret(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STAFETT_SERVICE_SECRET", "hush")
    [fault] = faults()
    assert "hush" not in fault
    environment.setenv("STAFETT_SERVICE_SECRET", "hush" * 8)
    assert "hush" not in repr(load(Own))


def test_names_of_other_services_settings_are_no_fault(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STAFETT_SMTP_HOST", "mail")
    assert load(Settings).site == "vest"


def test_a_pool_too_small_for_the_worker_is_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("STAFETT_DATABASE_POOL", "2")
    [fault] = faults()
    assert fault.startswith("STAFETT_DATABASE_POOL: ")


def test_every_setting_of_the_chassis_is_named_as_a_variable() -> None:
    known = known_variables(Own)
    assert known["STAFETT_TRACKS"] == "codes of tracks"
    assert set(GOOD) < set(known)


def test_the_blob_url_of_a_folder_is_absolute(tmp_path: Path) -> None:
    assert file_blob_url(tmp_path / "a b") == (tmp_path / "a b").as_uri()
