"""An HR file as it comes in: one JSON file, or a CSV pair with its manifest."""

import hashlib
import zlib
from dataclasses import dataclass, field

import orjson

from stafett_identity.hr_import.rules.reading import read_csv, read_json
from stafett_identity.hr_import.rules.rows import FileRefused, RawFile


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of `json`, or of all the others."""

    json: bytes | None = field(default=None, repr=False)
    manifest: bytes | None = field(default=None, repr=False)
    units: bytes | None = field(default=None, repr=False)
    positions: bytes | None = field(default=None, repr=False)

    def read(self) -> RawFile:
        """Its rows. Raises `FileRefused`."""
        if self.json is not None:
            return read_json(self.json)
        if self.manifest is None:
            raise FileRefused("malformed")
        for name, content in (("units", self.units), ("positions", self.positions)):
            if content is None:
                raise FileRefused("malformed", name)
        assert self.units is not None
        assert self.positions is not None
        return read_csv(self.manifest, self.units, self.positions)

    def hash(self) -> bytes:
        """By which the same file is known again."""
        digest = hashlib.sha256()
        for part in (self.json, self.manifest, self.units, self.positions):
            digest.update(b"-" if part is None else b"%d:" % len(part) + part)
        return digest.digest()

    def packed(self) -> bytes:
        """All of it in one, compressed; only a file that could be read is packed, so it is text."""
        parts = {
            "json": self.json,
            "manifest": self.manifest,
            "units": self.units,
            "positions": self.positions,
        }
        return zlib.compress(
            orjson.dumps({name: part.decode() for name, part in parts.items() if part is not None})
        )

    @classmethod
    def unpacked(cls, packed: bytes) -> "Upload":
        """What was packed."""
        parts = orjson.loads(zlib.decompress(packed))
        return cls(**{name: part.encode() for name, part in parts.items()})
