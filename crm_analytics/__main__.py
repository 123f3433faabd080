"""`python -m crm_analytics`: see `cli`."""

import os
import signal
import sys

from crm_analytics.cli import main

if __name__ == "__main__":
    # Some libraries print from C, the solver for one: that goes to stderr, for stdout is the answer's alone.
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    os.dup2(2, 1)
    sys.stdout = own
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what is done does not look stopped
    own.flush()
    sys.exit(code)
