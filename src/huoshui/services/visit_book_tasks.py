"""Sheets of visits that take longer than a page may (台账导入后台任务); apart from other tasks, for it reads spreadsheets."""

from datetime import datetime

from django_tasks import task

from huoshui.models import VisitBook
from huoshui.services.visit_book import take_book


@task()
def take_large_book(book: int, at: str) -> None:
    """Take a long sheet (导入大台账); safe to repeat."""
    take_book(VisitBook.objects.select_related("uploaded_by", "campaign").get(pk=book), at=datetime.fromisoformat(at))
