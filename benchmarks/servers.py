"""The servers a run measures on: PostgreSQL (fsync on) and RabbitMQ of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stafett_testing import servers
from stafett_testing.databases import Databases
from stafett_testing.rabbit import Rabbit


@dataclass(frozen=True)
class Servers:
    """Where to make databases and vhosts."""

    databases: Databases
    rabbit: Rabbit

    def vhost(self, name: str) -> str:
        """The URL of a new vhost."""
        self.rabbit.create_vhost(name)
        return self.rabbit.amqp_url(name)


@contextmanager
def started() -> Iterator[Servers]:
    """Servers of this run's own, gone at its end."""
    postgres = servers.private_postgres(durable=True)
    try:
        rabbit = servers.private_rabbit()
        try:
            postgres.start()
            rabbit.start()
            yield Servers(Databases(postgres.url, "bench"), rabbit.broker)
        finally:
            rabbit.close()
    finally:
        postgres.close()
