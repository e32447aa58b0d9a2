"""The tables of this service are registered here, each capability's in its own module."""

from sqlalchemy import MetaData

metadata = MetaData()
