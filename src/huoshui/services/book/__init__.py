"""A loan book under a budget (信贷组合): who gets how much at what rate, and why the others wait."""

from huoshui.services.book.book import Book, plan_book
from huoshui.services.book.request import BookRequest

__all__ = ["Book", "BookRequest", "plan_book"]
