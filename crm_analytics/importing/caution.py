"""A remark about a file that stops nothing."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Caution:
    """Something worth knowing that stops nothing; its sentence lives in the catalogues under its code."""

    code: str
    params: dict
