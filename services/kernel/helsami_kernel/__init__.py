"""What every service shares: the bus, the database, access, rules and operation. It knows no service by name."""

from helsami_kernel import cooperative  # noqa: F401  before anything that eventlet must patch
from helsami_kernel.clock import Clock
from helsami_kernel.database import Event
from helsami_kernel.events import handles
from helsami_kernel.obligations import Obligation, fulfils
from helsami_kernel.provisions import CurrentSettings, FromKeys, FromSettings
from helsami_kernel.rpc import RemoteService, rpc
from helsami_kernel.rules import OrganisationRules
from helsami_kernel.states import TellStates, goes_live
from helsami_kernel.store import Store
from helsami_kernel.timers import every
from helsami_kernel.views import contributes

__all__ = [
    "Clock",
    "CurrentSettings",
    "Event",
    "FromKeys",
    "FromSettings",
    "Obligation",
    "OrganisationRules",
    "RemoteService",
    "Store",
    "TellStates",
    "contributes",
    "every",
    "fulfils",
    "goes_live",
    "handles",
    "rpc",
]
