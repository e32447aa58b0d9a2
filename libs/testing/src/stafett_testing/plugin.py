"""Real servers for every test. Loaded by pytest by itself; a test just names what it wants.

==================== ======== ===============================================================================
fixture              scope    what a test gets
==================== ======== ===============================================================================
``postgres_url``     session  base URL of the run's PostgreSQL, without a database
``databases``        session  :class:`~stafett_testing.databases.Databases`; ``.template(key, migrate)`` migrates
                              once per run and names the template
``new_database``     function ``new_database(template=None) -> url``: a database in 0.1 s, dropped after the test
``rabbit``           session  the run's :class:`~stafett_testing.rabbit.Rabbit`: ``.amqp_url(vhost)``,
                              ``.management_url``, ``.manage(...)``, ``.close_connections(vhost)``
``vhost``            function name of a fresh vhost, deleted after the test
``amqp_url``         function URL of that vhost
``private_postgres`` function a PostgreSQL of the module's own, fsync on: ``.url``, ``.kill()``, ``.start()``,
                              ``.stop()``, ``.restart()``, ``.freeze()``, ``.thaw()``; runs when a test begins
``private_rabbit``   function the same for RabbitMQ: ``.broker`` is a ``Rabbit``
``smtp``             function :class:`~stafett_testing.mail.MailServer`: ``.host``, ``.port``, ``.messages``,
                              ``.refuse(451)``, ``.hang()``, ``.accept()``, ``.go_down()``, ``.come_back()``
``free_port``        function a free TCP port on 127.0.0.1
``eventually``       session  ``await eventually(lambda: smtp.messages, timeout=5)``
==================== ======== ===============================================================================

A service's ``conftest.py`` says once how its database is made::

    @pytest.fixture(scope="session")
    def plans_template(databases):
        return databases.template("plans", migrate)        # migrate(url), sync or async

    @pytest.fixture
    def database(new_database, plans_template):
        return new_database(plans_template)

The run's servers start when the first test asks, are shared by all xdist workers, and are gone at the end with
their folders, even if the run was killed. Which servers they are: :mod:`stafett_testing.servers`.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Protocol, cast

import pytest

from stafett_testing import servers, waiting
from stafett_testing.databases import Databases
from stafett_testing.mail import MailServer
from stafett_testing.rabbit import Rabbit

RUN = pytest.StashKey[servers.SharedServers]()


class NewDatabase(Protocol):
    """What the fixture ``new_database`` gives."""

    def __call__(self, template: str | None = None) -> str:
        """Make a database, a copy of ``template`` or empty, and return its URL."""


def pytest_configure(config: pytest.Config) -> None:
    """Start nothing yet: know only where servers will come from."""
    workerinput = getattr(config, "workerinput", None)
    config.stash[RUN] = servers.RemoteRun(workerinput["stafett_run"]) if workerinput else servers.TestRun()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where its controller answers."""
    node.workerinput["stafett_run"] = cast("servers.TestRun", node.config.stash[RUN]).address()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's servers; also after Ctrl-C."""
    run = config.stash.get(RUN, None)
    if isinstance(run, servers.TestRun):
        run.close()


@pytest.fixture(scope="session")
def postgres_url(pytestconfig: pytest.Config) -> str:
    """Base URL of the run's PostgreSQL, without a database."""
    return pytestconfig.stash[RUN].postgres_url()


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config, postgres_url: str) -> Databases:
    """Databases and migrated templates on the run's PostgreSQL."""
    return Databases(postgres_url, pytestconfig.stash[RUN].run_id)


@pytest.fixture
def new_database(databases: Databases) -> Iterator[NewDatabase]:
    """Makes databases that are dropped after the test."""
    made: list[str] = []

    def create(template: str | None = None) -> str:
        made.append(databases.create(template))
        return made[-1]

    yield create
    for url in made:
        databases.drop(url)


@pytest.fixture(scope="session")
def rabbit(pytestconfig: pytest.Config) -> Rabbit:
    """The run's RabbitMQ, shared: use a ``vhost``, and ``private_rabbit`` to hurt a broker."""
    return pytestconfig.stash[RUN].rabbit()


@pytest.fixture
def vhost(rabbit: Rabbit) -> Iterator[str]:
    """The name of a vhost of the test's own."""
    name = f"test-{secrets.token_hex(6)}"
    rabbit.create_vhost(name)
    yield name
    rabbit.delete_vhost(name)


@pytest.fixture
def amqp_url(rabbit: Rabbit, vhost: str) -> str:
    """The URL of the test's own vhost."""
    return rabbit.amqp_url(vhost)


@pytest.fixture(scope="module")
def _module_postgres() -> Iterator[servers.PostgresServer]:
    server = servers.private_postgres(durable=True)
    yield server
    server.close()


@pytest.fixture
def private_postgres(_module_postgres: servers.PostgresServer) -> servers.PostgresServer:
    """A PostgreSQL that the test may hurt; up when the test begins, whatever the last one did."""
    _module_postgres.thaw()
    _module_postgres.start()
    return _module_postgres


@pytest.fixture(scope="module")
def _module_rabbit() -> Iterator[servers.RabbitServer]:
    server = servers.private_rabbit()
    yield server
    server.close()


@pytest.fixture
def private_rabbit(_module_rabbit: servers.RabbitServer) -> servers.RabbitServer:
    """A RabbitMQ that the test may hurt; up when the test begins, whatever the last one did."""
    _module_rabbit.thaw()
    _module_rabbit.start()
    return _module_rabbit


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    """An SMTP server of the test's own."""
    server = MailServer()
    yield server
    server.close()


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on."""
    return waiting.find_free_port()


@pytest.fixture(scope="session")
def eventually() -> waiting.Eventually:
    """Waits for what has to become true."""
    return waiting.eventually
