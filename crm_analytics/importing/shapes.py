"""What a plan is made of: what people decided about a file, what was understood of it, what is asked, what would happen."""

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pandas as pd

from crm_analytics.errors import CrmError, QuestionOpen
from crm_analytics.importing.caution import Caution
from crm_analytics.importing.difference import Difference
from crm_analytics.importing.identity import Way
from crm_analytics.importing.landing.land import Landing
from crm_analytics.importing.profiles import Profile
from crm_analytics.importing.reading.questions import Question
from crm_analytics.importing.reading.typed import Typed
from crm_analytics.importing.recognise import Match


@dataclass(frozen=True)
class Options:
    """What a person has decided about a file: its table, headers for columns ('' = leave out), how values are meant.

    `date_order` and `decimal_mark` answer for all columns, `answers` (header -> answer) for one of them and before those two.
    `scope`, `repeats`, `conflicts`: how its rows meet those that are here, see `identity.Way`. `control_total`: what its amounts
    must add up to. `short_rows`: rows with too few cells are set aside, or filled up with empty cells: "aside" or "pad".
    `anew`: read it without what earlier imports of its source say.
    """

    table: str | None = None
    mapping: dict[str, str] = field(default_factory=dict)
    date_order: str | None = None
    decimal_mark: str | None = None
    answers: dict[str, str] = field(default_factory=dict)
    scope: str = "append"
    repeats: str = "keep"
    conflicts: str | None = None
    control_total: Decimal | None = None
    delimiter: str | None = None
    encoding: str | None = None
    short_rows: str = "aside"
    anew: bool = False

    @property
    def way(self) -> Way:
        """How the file's rows meet those that are here."""
        return Way(self.scope, self.repeats, self.conflicts or "latest")


@dataclass(frozen=True)
class ColumnPlan:
    """One column of the file: its first values, how full it is, what it becomes and how it is read."""

    header: str
    examples: list[str]
    filled: float
    field: str | None
    reading: str
    state: str  # certain | check | ask | kept (under its own name) | elsewhere (in another table) | unused


@dataclass
class FilePlan:
    """What would happen to one file, or to one sheet of a workbook, for one table: a file may feed several.

    `kept`: places of the columns kept under their own name as customer_attributes; `elsewhere`: places that other plans of the
    same file use. `profile`: how the source of the file was read before, None for a new one. `not_needed` says why a file of
    the upload is left out: it carries nothing that any number counts.
    """

    path: Path
    name: str
    size: int = 0
    sha256: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 0
    table: str | None = None
    options: Options = field(default_factory=Options)
    columns: list[ColumnPlan] = field(default_factory=list)
    records: int = 0
    loaded: int = 0
    duplicates: int = 0
    quarantined: int = 0
    skipped: int = 0
    rounded: int = 0
    difference: Difference = field(default_factory=Difference)  # against the rows that are here
    without_customer: int = 0
    without_amount: int = 0  # orders that no amount and no item is known of
    not_counted: int = 0  # orders whose status says that they are none
    kept: tuple[int, ...] = ()
    elsewhere: frozenset[int] = frozenset()
    match: Match | None = None
    profile: Profile | None = None
    questions: list[Question] = field(default_factory=list)
    warnings: list[Caution] = field(default_factory=list)
    already_imported: dict | None = None
    refused: CrmError | None = None
    not_needed: CrmError | None = None
    preview_before: pd.DataFrame = field(default_factory=pd.DataFrame)
    preview_after: pd.DataFrame = field(default_factory=pd.DataFrame)
    reasons: tuple[
        tuple[str, str, int], ...
    ] = ()  # column ("" where it is about the whole record), reason, records set aside
    reject_sample: pd.DataFrame = field(default_factory=pd.DataFrame)
    landing: Landing | None = None
    typed: Typed | None = None
    amount_file: Decimal | None = None
    currencies: tuple[str, ...] = ()  # signs and words that say in which currency the amounts are
    answered: dict[str, str] = field(default_factory=dict)  # header -> the answer that decided how it is read

    @property
    def kept_columns(self) -> int:
        """How many columns would be kept under their own name."""
        return len(self.kept)

    @property
    def changed(self) -> int:
        """Newer versions of lines that are here."""
        return self.difference.changed

    @property
    def vanished(self) -> int:
        """Rows that are here, within the file's time, and no more in the file: kept."""
        return self.difference.vanished

    @property
    def replaced(self) -> int:
        """Rows that would leave under the chosen scope."""
        return self.difference.replaced

    @property
    def differences(self) -> pd.DataFrame:
        """A sample of the rows that differ, see `Difference`."""
        return self.difference.rows

    @property
    def is_ready(self) -> bool:
        """Whether an import may start: nothing refused, nothing asked, not here already."""
        return self.is_taken and not self.questions and self.already_imported is None

    @property
    def is_taken(self) -> bool:
        """Whether the file is neither refused nor left out."""
        return self.refused is None and self.not_needed is None


@dataclass
class Plan:
    """One upload: its files are imported together or not at all; those that are not needed stop no other.

    `held`: the accepted tables that hold rows already.
    """

    files: list[FilePlan]
    held: frozenset[str] = frozenset()

    @property
    def taken(self) -> list[FilePlan]:
        """The files that are neither refused nor left out."""
        return [file for file in self.files if file.is_taken]

    @property
    def is_ready(self) -> bool:
        return bool(self.taken) and all(
            file.is_ready or file.already_imported or file.not_needed for file in self.files
        )

    def raise_if_not_ready(self) -> None:
        """Raise the first refusal, or the first open question as a sentence that names its flag."""
        unneeded = [file.not_needed for file in self.files if file.not_needed]
        if len(unneeded) == len(self.files) and unneeded:
            raise unneeded[0]
        for file in self.files:
            if file.refused:
                raise file.refused
            for question in file.questions:
                raise QuestionOpen(
                    "E_ASK_" + question.code.upper(),
                    file=file.name,
                    column=question.column,
                    flag=question.flag,
                    offers=question.offers,
                    **question.params,
                )
