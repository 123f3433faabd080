"""What the product refuses, and why. Every error a user may meet has a code; its sentence lives in the catalogues."""

from crm_analytics.i18n import translator


class CrmError(Exception):
    """A refusal with a code (`E_EMPTY`) and the facts its sentence names. Nothing in the database has changed."""

    def __init__(self, code: str, **params: object):
        super().__init__(code)
        self.code = code
        self.params = params

    def sentence(self, tr) -> str:
        """The refusal in the reader's language."""
        return tr(f"errors.{self.code}", **self.params)

    def __str__(self) -> str:
        return self.sentence(translator("en"))


class RuleRefused(CrmError):
    """A rule that cannot be meant; `params["name"]` is its field of `Rules`."""

    def sentence(self, tr) -> str:
        """The refusal, with the rule's name in the reader's words."""
        return tr(f"errors.{self.code}", **self.params | {"name": tr(f"errors.rule_{self.params['name']}")})


class ImportRefused(CrmError):
    """A file, or a whole upload, that was not taken."""


class QuestionOpen(ImportRefused):
    """A file that can be taken once a person has answered; `params["flag"]` is the option that answers it.

    `params["offers"]` are the readings to choose from, each of which words itself.
    """

    def sentence(self, tr) -> str:
        """The question, then each reading with the evidence for it on a line of its own."""
        offers = [f"{offer.title(tr)}. {offer.evidence(tr)}".rstrip() for offer in self.params["offers"]]
        named = {name: tr(f"readings.{self.params[name]}") for name in ("then", "now") if name in self.params}
        return "\n  ".join([tr(f"errors.{self.code}", **self.params | named), *offers])


class Cancelled(CrmError):
    """Work that ended because somebody asked for it; everything is as it was before."""


class DatabaseBusy(CrmError):
    """Another process holds the database; `params["pid"]` is its number where the system tells it."""


class DatabaseUnusable(CrmError):
    """The database file cannot be opened: newer than this version, no permission, damaged."""
