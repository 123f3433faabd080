"""The SQL that a number was really computed by, remembered beside it."""

import sys
import textwrap
from dataclasses import dataclass

LONGEST_VALUE = 200


@dataclass(frozen=True)
class Statement:
    """One query as it ran: text, then parameters as text."""

    sql: str
    parameters: tuple[tuple[str, str], ...]

    def __str__(self):
        """The query behind its parameters, as a reader could run it."""
        return "\n".join([*(f"-- ${name} = {value}" for name, value in self.parameters), self.sql])


class Recorder:
    """A cursor that remembers what a metric asks of it.

    Only queries of the metrics themselves: how the snapshot is built and kept is the same for every number.
    """

    def __init__(self, con):
        self._con = con
        self.statements: list[Statement] = []

    def execute(self, query, parameters=None):
        """Run a query as the cursor would; the same text is remembered once, however often it runs."""
        if sys._getframe(1).f_globals.get("__name__", "").startswith("crm_analytics.metrics."):
            self._remember(str(query), parameters or {})
        return self._con.execute(query) if parameters is None else self._con.execute(query, parameters)

    def _remember(self, query: str, parameters):
        sql = textwrap.dedent(query).strip()
        if all(sql != known.sql for known in self.statements):
            named = parameters.items() if isinstance(parameters, dict) else enumerate(parameters, start=1)
            self.statements.append(
                Statement(sql, tuple((str(name), str(value)[:LONGEST_VALUE]) for name, value in named))
            )

    def __getattr__(self, name):
        return getattr(self._con, name)
