"""`python -m tokenbooks`."""

import sys

from tokenbooks.cli.main import main

sys.exit(main())
