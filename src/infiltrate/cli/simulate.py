"""Invent a country whose truth is known; hold the estimates against the truth of many."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from infiltrate.cli.app import app, default_notebooks, say, shown
from infiltrate.errors import ParamsError


@app.command()
def simulate(
    scenario: Annotated[
        str, typer.Argument(help="Name of a scenario; --list names them.")
    ] = "demo",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the raw files [default: data/<scenario>].")
    ] = None,
    firms: Annotated[
        int | None, typer.Option(min=200, help="Number of firms [default: the scenario's].")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random draws.")] = 7,
    names: Annotated[bool, typer.Option("--list", help="Only name the scenarios.")] = False,
) -> None:
    """Write the raw files of an invented country whose truth is known."""
    from infiltrate.synth import SCENARIOS, simulate_country

    if names:
        for name, meaning in SCENARIOS.items():
            say(f"{name:14} {meaning}")
        return
    if scenario not in SCENARIOS:
        raise ParamsError(f"simulate {scenario}: unknown; allowed: {', '.join(SCENARIOS)}.")
    report = simulate_country(scenario, out or Path("data") / scenario, firms=firms, seed=seed)
    say(str(report))


@app.command()
def validate(
    *,
    scenarios: Annotated[
        str,
        typer.Option(
            help="Scenarios between commas, or 'all'; what an analyst may get wrong comes after a "
            "colon, as in base:wrong-entries-x3."
        ),
    ] = "all",
    countries: Annotated[int, typer.Option(help="Countries of each scenario.")] = 40,
    firms: Annotated[int, typer.Option(help="Firms of each country.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of the first country; the others follow.")] = 1000,
    jobs: Annotated[int, typer.Option(min=1, help="Processes, of one thread each.")] = 2,
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("results/validation"),
    estimators: Annotated[
        str | None, typer.Option(help="Estimators to keep, between commas [default: every one].")
    ] = None,
    what: Annotated[
        str,
        typer.Option(
            help="prevalence: how many firms are infiltrated; ranking: which ones; impact: what it "
            "does to them; drivers: what goes with it."
        ),
    ] = "prevalence",
    notebooks: Annotated[Path | None, typer.Option(help="Folder of the notebooks.")] = None,
    report: Annotated[bool, typer.Option(help="Whether a page is made of the results.")] = True,
) -> None:
    """Hold estimates, ranks or effects against the truth of many synthetic countries, or go on."""
    from infiltrate.validation.request import build_request
    from infiltrate.validation.validate import validate_estimators

    request = build_request(scenarios, countries, firms, seed, estimators, what=what)
    result = validate_estimators(request, out, jobs=jobs, say=say)
    say(f"Summary: {shown(result.summary)}")
    if report:
        from infiltrate.runs.validation_page import make_validation_page

        page = make_validation_page(result.rows, notebooks or default_notebooks(), out)
        say(f"Report: {shown(page)}" if page else "No page: there is no notebook about it.")
