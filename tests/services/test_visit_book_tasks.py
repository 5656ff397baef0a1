"""A long sheet is taken by the worker; test_visit_book.py shows that repeating it doubles nothing."""

from huoshui.services.visit_book_tasks import take_large_book


def test_the_task_can_be_put_in_the_queue() -> None:
    assert take_large_book.module_path == "huoshui.services.visit_book_tasks.take_large_book"
