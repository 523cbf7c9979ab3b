"""`python -m helsami_kernel` is the `helsami` command."""

import sys

from helsami_kernel.launcher import main

sys.exit(main())
