"""Making a registry: the national operator's work, and the demo's. Also the command `stafett sync-registry`."""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from stafett_sync.statements import jws
from stafett_sync.statements.registry import ANY_TRUST, sign_registry

LATER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SiteToRegister:
    """A site as the registry shall hold it; `trusts` are (number, name), the number as HR's unit code.

    Without trusts any is accepted from it, which only trials allow.
    """

    site: str
    name: str
    kind: str  # rhf or municipal
    trusts: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class MadeRegistry:
    """A signed registry, the public root key to pin, and each site's private key; all as settings take them."""

    registry: str
    registry_root: str
    private_keys: Mapping[str, str]

    def settings_of(self, site: str) -> dict[str, str]:
        """The settings of one site: `registry`, `registry_root`, `site_private_key`."""
        return {
            "registry": self.registry,
            "registry_root": self.registry_root,
            "site_private_key": self.private_keys[site],
        }


def make_registry(
    sites: Sequence[SiteToRegister],
    *,
    env: str = "demo",
    version: int = 1,
    evidence_from: datetime | None = LATER,
    root: OKPKey | None = None,
) -> MadeRegistry:
    """A registry of `sites` with new keys. The municipal site gets the capability `directorate` (SYN-182).

    Each site's own organisation is registered under the site's id. `evidence_from` is the moment from which the
    sites' signing services prove their decisions (SYN-070); none means always.
    """
    root = root or jws.new_key()
    keys = {site.site: jws.new_key() for site in sites}
    document = {
        "version": version,
        "env": env,
        "sites": [
            {
                "id": site.site,
                "name": site.name,
                "kind": site.kind,
                "trusts": [
                    {"number": site.site, "name": site.name},
                    *(
                        {"number": number, "name": name}
                        for number, name in site.trusts or [(ANY_TRUST, site.name)]
                    ),
                ],
                "capabilities": ["directorate"] if site.kind == "municipal" else [],
                "keys": [{"x": jws.public(keys[site.site])}],
                "evidence_from": evidence_from,
            }
            for site in sites
        ],
    }
    return MadeRegistry(
        registry=sign_registry(document, root),
        registry_root=_json(root.as_dict(private=False)),
        private_keys={site: _json(key.as_dict(private=True)) for site, key in keys.items()},
    )


def register_command(commands: Any) -> None:
    """Add `stafett sync-registry` to the command line."""
    text = "make a site registry and keys for sites that shall exchange"
    parser = commands.add_parser("sync-registry", help=text, description=text)
    parser.add_argument(
        "folder", type=Path, help="where the registry, the root key and the sites' keys are put"
    )
    parser.add_argument(
        "sites",
        nargs="+",
        metavar="SITE",
        help="`id:kind:name[:number=trust,…]`, kind rhf or municipal; without trusts any is accepted (not in prod)",
    )
    parser.add_argument("--env", choices=("prod", "test", "demo"), default="demo")
    parser.set_defaults(run=_make)


def _make(chosen: argparse.Namespace) -> int:
    sites = [_site(text) for text in chosen.sites]
    root = jws.new_key()
    made = make_registry(
        sites, env=chosen.env, evidence_from=LATER if chosen.env != "prod" else None, root=root
    )
    chosen.folder.mkdir(parents=True, exist_ok=True)
    _write(chosen.folder / "registry.jws", made.registry, 0o644)
    _write(chosen.folder / "root.public.json", made.registry_root, 0o644)
    _write(chosen.folder / "root.private.json", _json(root.as_dict(private=True)), 0o600)
    for site, key in made.private_keys.items():
        _write(chosen.folder / f"{site}.private.json", key, 0o600)
    print(  # noqa: T201 - a command
        f"{chosen.folder}: registry.jws for {', '.join(made.private_keys)}; keep root.private.json offline"
    )
    return 0


def _site(text: str) -> SiteToRegister:
    parts = text.split(":")
    if len(parts) not in (3, 4) or parts[1] not in ("rhf", "municipal"):
        raise LookupError(f"{text!r} is not id:kind:name[:number=trust,…]")
    trusts = [tuple(trust.split("=", 1)) for trust in (parts[3].split(",") if len(parts) == 4 else ())]
    if any(len(trust) != 2 for trust in trusts):
        raise LookupError(f"{text!r}: trusts are written number=name, with commas between")
    return SiteToRegister(parts[0], parts[2], parts[1], [(number, name) for number, name in trusts])


def _write(path: Path, text: str, mode: int) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)
