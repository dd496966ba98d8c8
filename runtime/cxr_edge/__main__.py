"""``python -m cxr_edge`` is ``cxr-edge``."""

import sys

from cxr_edge.cli.main import main

sys.exit(main())
