"""`python -m smartregion` is the program."""

import sys

from smartregion.program import main

sys.exit(main())
