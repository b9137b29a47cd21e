"""``python -m alignwatch`` is the ``alignwatch`` command."""

import sys

from alignwatch.cli import main

sys.exit(main())
