"""Who acts, as far as core needs to know."""

from typing import Protocol


class Actor(Protocol):
    """Whoever reads or writes: an account with its roles, or the system itself."""

    @property
    def account_id(self) -> int | None:
        """Primary key of the account; ``None`` for the system."""

    @property
    def role_codes(self) -> frozenset[str]:
        """Codes of the roles held now, on whatever place."""

    @property
    def tends_instance(self) -> bool:
        """Whether the actor looks after the whole instance: its background work, audit rows, backups."""
