"""`python -m crm_analytics`: see `cli`."""

import os
import sys

from crm_analytics.cli import main

if __name__ == "__main__":
    # Some libraries print from C, the solver for one: that goes to stderr, for stdout is the answer's alone.
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "w", encoding=sys.stdout.encoding, errors=sys.stdout.errors)
    os.dup2(2, 1)
    sys.stdout = own
    code = main()
    own.flush()
    sys.exit(code)
