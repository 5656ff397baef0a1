"""What the server calls (WSGI 入口)."""

import gc
import os
import sys
from typing import Final

from django.core.wsgi import get_wsgi_application

_YOUNG: Final = 20_000  # objects until the collector looks: a page makes tens of thousands, nearly all without cycles
_TURN: Final = 0.0005  # seconds: who comes back from the database, perhaps with a lock in hand, does not wait long for a turn

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huoshui.site.settings")
application = get_wsgi_application()
gc.collect()
gc.freeze()  # what the site is made of lives as long as the process
gc.set_threshold(_YOUNG, 20, 20)
sys.setswitchinterval(_TURN)
