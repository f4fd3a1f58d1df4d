"""The CSV file of a campaign: whom it names, and what is wrong with it."""

import pytest

from bot.app.campaign_file import WrongFile, digest, people
from bot.records.orders import NewOrder


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "june.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_each_line_is_somebody_with_the_other_columns_as_data(tmp_path):
    """Empty cells and empty lines are left out; a consent of one's own goes over that of all."""
    path = written(
        tmp_path,
        'number,name,due,consent\n098123 45678,"आशा, वर्मा",500,\n\n9812345679,,,call of 3 May\n',
        "utf-8-sig",
    )
    assert people(path, "form") == [
        NewOrder("098123 45678", data={"name": "आशा, वर्मा", "due": "500"}, consent="form"),
        NewOrder("9812345679", data={}, consent="call of 3 May"),
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", r"june.csv:1: has no column number"),
        ("name\nआशा\n", r"june.csv:1: has no column number"),
        ("number,number\n1,2\n", r"june.csv:1: column number: is there twice"),
        ("number,first name\n", r"june.csv:1: column 'first name': write a name"),
        ("number\n9812345678\n98x\n", r"june.csv:3: number: .*no telephone number"),
        ("number\n9812345678,आशा\n", r"june.csv:2: has 2 columns, the first line 1"),
        ("number,name\n9812345678," + "x" * 501, r"june.csv:2: name: longer than 500"),
        ("number,consent\n9812345678," + "x" * 257, r"june.csv:2: consent: longer than 256"),
        ("number,name\n9812345678,\n", r"june.csv:2: name: is empty.*\{name\}"),
        ('number,name\n9812345678,"आशा\n', r"no CSV"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_column(tmp_path, text, what):
    """Nothing of a wrong file is called."""
    with pytest.raises(WrongFile, match=what):
        people(written(tmp_path, text), "form", ("नमस्ते {name}",) if "is empty" in what else ())


def test_all_problems_are_told_at_once_but_not_without_end(tmp_path):
    """Twenty of them."""
    path = written(tmp_path, "number\n" + "x\n" * 50)
    with pytest.raises(WrongFile, match="and 30 problems more") as wrong:
        people(path, "form")
    assert len(str(wrong.value).splitlines()) == 21


def test_a_file_that_is_not_there_or_not_utf_8_is_named(tmp_path):
    """As spreadsheets write them."""
    with pytest.raises(WrongFile, match="cannot be read"):
        people(tmp_path / "none.csv", "form")
    with pytest.raises(WrongFile, match="is not UTF-8"):
        people(written(tmp_path, "number,name\n9812345678,Ünal\n", "latin-1"), "form")


def test_a_file_is_known_again_by_what_is_in_it(tmp_path):
    """Its digest does not depend on its name."""
    one = digest(written(tmp_path, "number\n9812345678\n"))
    (tmp_path / "july.csv").write_bytes((tmp_path / "june.csv").read_bytes())
    assert digest(tmp_path / "july.csv") == one
    assert digest(written(tmp_path, "number\n9812345679\n")) != one
