"""Mappings: written as a page, read back, checked, held against headings."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huoshui.adapters.registers.fields import fields_of
from huoshui.adapters.registers.mapping import Column, Mapping, Where, heading_for, read_mappings
from huoshui.adapters.registers.mapping_page import mapping_page
from huoshui.errors import BadMapping
from huoshui.terms import RegisterKind

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    kind = draw(st.sampled_from(list(RegisterKind)))
    names = draw(st.lists(st.sampled_from(sorted(fields_of(kind))), min_size=1, max_size=5, unique=True))
    sources = draw(st.lists(TEXT, min_size=len(names), max_size=len(names) + 3, unique=True))
    columns = [
        Column(x, names[i], unit="万元", confidence=0.5) if i < len(names) else Column(x, reason="no")
        for i, x in enumerate(sources)
    ]
    where = draw(
        st.lists(st.builds(lambda x, y: Where(x, not_in=tuple(y)), TEXT, st.lists(TEXT, min_size=1, max_size=3)), max_size=2)
    )
    return Mapping(
        kind,
        tuple(columns),
        files=tuple(draw(st.lists(TEXT, max_size=2))),
        encoding=draw(st.sampled_from([None, "gb18030"])),
        delimiter=draw(st.sampled_from([None, ",", "\t", "|"])),
        header_row=draw(st.sampled_from([None, 0, 3])),
        sheets=draw(st.sampled_from([None, ("登记", "Sheet 1")])),
        where=tuple(where),
    )


@given(st.lists(mappings(), min_size=1, max_size=3))
def test_a_page_is_read_back_as_it_was(given_mappings: list[Mapping]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        page = mapping_page(given_mappings, notes=[["请核对"]])
        patch.setattr(Path, "read_text", lambda *_, **__: page)
        assert list(read_mappings(Path("mapping.yaml"))) == given_mappings


def read(tmp_path: Path, text: str) -> tuple[Mapping, ...]:
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return read_mappings(path)


def test_a_page_written_by_hand_may_leave_out_what_is_found_by_looking(tmp_path: Path) -> None:
    (found,) = read(
        tmp_path,
        """
        kind: registry
        encoding: auto
        constants: {region_code: 350203, is_abnormal: true}
        where: [{column: 状态, in: [存续, 1]}]
        columns: [{source: 代码, field: uscc}, {source: 备注}]
        """,
    )
    assert found == Mapping(
        RegisterKind.REGISTRY,
        (Column("代码", "uscc"), Column("备注")),
        constants={"region_code": "350203", "is_abnormal": "true"},
        where=(Where("状态", only=("存续", "1")),),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("kind: [", "is not YAML"),
        ("kind: registers\ncolumns: []", "Invalid enum value 'registers'"),
        ("columns: []", "missing required field `kind`"),
        ("kind: registry\ncolumns: [{source: no, field: name}]", "Expected `str`, got `bool`"),
        ("kind: registry\ncolumns: [{source: a, feild: name}]", "unknown field `feild`"),
        ("kind: registry\ncolumns: [{source: a, field: balance_fen}]", "registry has no field 'balance_fen'"),
        (
            "kind: registry\ncolumns: [{source: a, field: name}, {source: b, field: name}]",
            "'a' and 'b' are both mapped to name",
        ),
        ("kind: registry\ncolumns: [{source: a, field: name}, {source: a}]", "'a' stands there twice"),
        ("kind: registry\ncolumns: [{source: a}]", "no column is mapped"),
        ("kind: registry\ncolumns: [{source: a, field: revenue_fen, unit: 万}]", "unit '万'; expected one of 分, 元"),
        ("kind: registry\ncolumns: [{source: a, field: established_on, date_format: y}]", "date_format 'y' is not known"),
        ("kind: registry\nconstants: {colour: red}\ncolumns: [{source: a, field: name}]", "no field 'colour' for a constant"),
        ("kind: registry\nconstants: {name: x}\ncolumns: [{source: a, field: name}]", "name is a constant and is mapped"),
        ("kind: registry\nconstants: {revenue_fen: 5}\ncolumns: [{source: a, field: name}]", "an amount cannot be a constant"),
        (
            "kind: registry\nwhere: [{column: b}]\ncolumns: [{source: a, field: name}]",
            "needs either in: [...] or not_in: [...]",
        ),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadMapping) as caught:
        read(tmp_path, text)
    assert said in caught.value.message


def test_a_missing_mapping_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMapping, match="No such file"):
        read_mappings(tmp_path / "mapping.yaml")


def test_a_heading_is_found_although_width_case_and_blanks_differ() -> None:
    assert heading_for("注册资本(万元)", headings=["注册资本（万元） ", "名称"]) == "注册资本（万元） "
    assert heading_for("Name", headings=["name", "NAME"]) is None
    assert heading_for("name", headings=["name", "NAME"]) == "name"
    assert heading_for("金额", headings=["名称"]) is None
