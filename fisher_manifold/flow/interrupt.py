"""Ctrl-C between steps instead of inside them."""

import signal
import threading


class DeferredInterrupt:
    """Context in which the first Ctrl-C or SIGTERM only sets ``received``.

    A second one acts at once.  Outside the main thread signals are left alone.
    """

    def __init__(self):
        self.received = False
        self._previous = {}

    def __enter__(self):
        """Take over the signals."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_):
        """Give the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def _receive(self, number, frame):
        if self.received:
            raise KeyboardInterrupt
        self.received = True
