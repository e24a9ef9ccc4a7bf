"""Many broken and odd inputs through the program: none may give a traceback or a wrong number.

``python -m tests.fuzz --minutes 60`` builds tables whose every cell has a known meaning
(`tables`), breaks real files (`mutants`), and reads both with ``check``, ``convert`` and
``summarize``. `judge` says what a failure is. A short run with fixed seeds is in the tests.
"""
