"""Sync's own tables; each capability adds its own in `store.py`."""

from sqlalchemy import MetaData

metadata = MetaData()
