import re

import pytest

from huoshui import errors
from huoshui.errors import BadAmount, HuoshuiError, InputError, PolicyError


def below(root: type[HuoshuiError], depth: int = 0) -> list[tuple[int, str]]:
    found = [(depth, root.__name__)]
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            found += below(child, depth + 1)
    return found


def drawn() -> list[tuple[int, str]]:
    lines = re.findall(r"^ {4}([│ ]*)(?:[├└]── )?([A-Z]\w+)", errors.__doc__ or "", flags=re.MULTILINE)
    return [(0 if name == "HuoshuiError" else len(bars) // 4 + 1, name) for bars, name in lines]


ALL = [getattr(errors, name) for _, name in below(HuoshuiError)]


def test_the_tree_at_the_top_of_the_file_is_the_tree_of_the_classes() -> None:
    assert drawn() == below(HuoshuiError)


@pytest.mark.parametrize("error", ALL)
def test_every_code_is_the_class_name_in_snake_case(error: type[HuoshuiError]) -> None:
    code = error("wrong").code
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code)
    assert code.replace("_", "") == error.__name__.lower()


def test_no_two_errors_share_a_code() -> None:
    codes = [error("wrong").code for error in ALL]
    assert sorted(set(codes)) == sorted(codes)


def test_json_sees_code_message_and_the_field_where_it_is_known() -> None:
    error = BadAmount("'x' is not an amount", field="principal")
    assert error.as_dict() == {"code": "bad_amount", "message": "'x' is not an amount", "field": "principal"}
    assert BadAmount("no").as_dict() == {"code": "bad_amount", "message": "no"}


@pytest.mark.parametrize("error", ALL)
def test_wrong_input_and_missing_policy_exit_with_two(error: type[HuoshuiError]) -> None:
    if issubclass(error, InputError | PolicyError):
        assert error("wrong").exit_status == 2
    else:
        assert error("wrong").exit_status in {1, 2}


def test_an_error_reads_as_its_sentence() -> None:
    assert str(BadAmount("12.345 is not an amount")) == "12.345 is not an amount"
