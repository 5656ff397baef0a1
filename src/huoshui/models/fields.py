"""Fields that models share (模型字段): a word of the field, and a text that is sealed at rest."""

from typing import Any, TypeVar

from django.db import models

from huoshui.models.secrets import seal, unseal
from huoshui.terms import Term

Word = TypeVar("Word", bound=Term)


class TermField(models.CharField):  # type: ignore[type-arg]
    """A word of `terms`, kept by its stable value and read back as the word (术语字段). "" is read as None where `blank`."""

    def __init__(self, words: type[Term] = Term, **options: Any) -> None:
        """`words` is the class of the word; other options are those of a CharField."""
        self.words = words
        options.setdefault("max_length", 40)
        options.setdefault("choices", [(str(x.value), x.zh) for x in words] or None)
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """Without its words: they may be added to without a migration, which therefore keeps the bare field."""
        name, path, args, options = super().deconstruct()
        options.pop("choices", None)
        if isinstance(options.get("default"), Term):
            options["default"] = str(options["default"].value)
        return name, path, args, options

    def clone(self) -> Any:
        """The same field with its words."""
        _name, _path, args, options = self.deconstruct()
        return type(self)(self.words, *args, **options)

    def from_db_value(self, value: str | None, *_: object) -> Term | str | None:
        """The word that a stored value stands for."""
        return self.words(value) if value else value

    def to_python(self, value: Any) -> Any:
        """The word, or "" for none."""
        return self.words(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """The stable value."""
        return str(value.value) if isinstance(value, Term) else value


class SealedField(models.TextField):  # type: ignore[type-arg]
    """A text of personal data, encrypted in the database and plain in Python (加密字段); to search it, keep a hash beside."""

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        """The plain text."""
        return unseal(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        """The sealed text."""
        return seal(str(value)) if value else value
