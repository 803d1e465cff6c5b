import pytest
from pydantic import ValidationError

from sim.parameters import Parameter, ParameterTable, load_parameters

GOOD = {"low": 1, "central": 2, "high": 3, "unit": "days", "kind": "inferred", "source": ["x"]}


def test_every_shipped_row_has_a_unit_a_kind_and_a_source_or_a_reason():
    table = load_parameters()
    assert len(table.parameters) >= 30
    for row in table.parameters.values():
        assert row.unit
        assert row.source or (row.kind == "assumed" and row.note)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"low": 2.5}, "low <= central"),
        ({"maximum": 2.5}, "high <= maximum"),
        ({"source": []}, "needs a source"),
        ({"kind": "assumed"}, "needs a note"),
        ({"kind": "guessed"}, "quoted"),
        ({"sauce": "x"}, "Extra inputs"),
    ],
)
def test_a_row_that_is_not_accounted_for_is_refused(change, complaint):
    Parameter.model_validate(GOOD)
    with pytest.raises(ValidationError, match=complaint):
        Parameter.model_validate({**GOOD, **change})


def test_sources_are_cited_and_citations_are_listed():
    source = {"title": "t", "publisher": "p", "date": "2025", "url": "u"}
    table = {"parameters": {"a": GOOD}, "latency": {}, "sources": {"x": source}}
    ParameterTable.model_validate(table)
    with pytest.raises(ValidationError, match="not listed"):
        ParameterTable.model_validate({**table, "sources": {}})
    with pytest.raises(ValidationError, match="not cited"):
        ParameterTable.model_validate({**table, "sources": {"x": source, "y": source}})


def test_overrides_replace_central_values_and_nothing_else():
    table = load_parameters()
    values = table.values({"packet_loss": 0.5})
    assert values["packet_loss"] == 0.5
    assert all(values[name] == row.central for name, row in table.parameters.items() if name != "packet_loss")


def test_the_model_knows_no_parameter_that_the_table_lacks():
    """Every row is read somewhere in the package, the products' by kind, and every name that is read exists."""
    import re
    from pathlib import Path

    import sim

    code = "\n".join(path.read_text() for path in Path(sim.__file__).parent.rglob("*.py"))
    read = set(re.findall(r'values\["([a-z_0-9]+)"\]', code))
    table = load_parameters()
    by_kind = {kind.removeprefix("_") for kind in re.findall(r'values\[f"\{name\}(_[a-z0-9_]+)', code)}
    assert by_kind == {"h100e", "price_usd", "share_"}
    of_products = set(table.products.rows())
    assert all(re.match(rf"({'|'.join(table.products.products)})_({'|'.join(by_kind)})", name) for name in of_products)
    assert read == set(table.parameters) - of_products
