"""The metadata that every capability's tables are part of."""

from sqlalchemy import MetaData

metadata = MetaData()
