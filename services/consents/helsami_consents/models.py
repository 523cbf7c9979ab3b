"""The tables of consents."""

import sqlalchemy as sa

from helsami_consents.access_log.models import metadata as access_log
from helsami_consents.capacity.models import applications_table, documents_table, received_table
from helsami_consents.children.models import parenthoods_table
from helsami_consents.grants.models import grants_table
from helsami_consents.shielding import models as shielding

metadata = sa.MetaData()
parts = (metadata, access_log)
"""The tables of the whole service: its own, and those of its log."""

GRANTS = grants_table(metadata)
PARENTHOODS = parenthoods_table(metadata)
APPLICATIONS = applications_table(metadata)
DOCUMENTS = documents_table(metadata)
RECEIVED = received_table(metadata)
SHIELDS = shielding.shields_table(metadata)
SHIELDS_RECEIVED = shielding.received_table(metadata)
OTHER_IDS = shielding.other_ids_table(metadata)
