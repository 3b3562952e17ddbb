"""`python -m dipvideo` is `dipvideo`."""

import sys

from .cli import main

sys.exit(main())
