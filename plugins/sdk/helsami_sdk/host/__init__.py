"""
The plugin host: runs each organisation's rules.py in a process of its own, which can do nothing but answer.

A service starts one zygote (`zygote`, by exec, with an empty environment); the zygote forks one child (`child`) for
each rules.py; the child locks itself in (`sandbox`, `syscalls`) before it runs a line of the plugin. The service holds
one end of a socket to each child (`hosted`) and asks over it (`framing`, `helsami_sdk.codec`), never longer than its
deadline.
"""

from helsami_sdk.host.host import Host
from helsami_sdk.host.hosted import HOST
from helsami_sdk.host.limits import Limits
from helsami_sdk.host.quarantine import QUARANTINED, RELEASED

__all__ = ["HOST", "QUARANTINED", "RELEASED", "Host", "Limits"]
