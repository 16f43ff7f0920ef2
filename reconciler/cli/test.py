"""`reconciler test`: have the platform call the deployed agents, and say whether they did well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completed_values
from reconciler.cli.common_options import verb
from reconciler.cli.progress import under_test
from reconciler.cli.pull_request import Announcement
from reconciler.cli.pull_request_options import announced
from reconciler.cli.scope import addresses, selected
from reconciler.cli.session import Session
from reconciler.cli.test_authoring import from_call, generate
from reconciler.cli.verbs import Verbs
from reconciler.errors import ApiError, Denied, InputError, Interrupted, PlanRefused, Rejected, Unconfirmed
from reconciler.model import dollars
from reconciler.planning.scope import Scope
from reconciler.render import test_results
from reconciler.render.words import counted
from reconciler.schedule.clock import parse_duration
from reconciler.state import test_records
from reconciler.testing import estimate, findings, selection
from reconciler.testing.batch import Verdict
from reconciler.testing.run import AgentResult, Runner, left, refused, unread

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from reconciler.cli.options import Options
    from reconciler.model import Address, Resource
    from reconciler.planning.survey import Connection
    from reconciler.state.test_records import TestRecord
    from reconciler.testing.run import Wanted

NOT_RUN, IN_PART, NOT_PASSED, INTERRUPTED = 1, 4, 6, 130
_FORMATS = ("text", "json", "junit", "markdown")
_NO_MONEY = 402


class _TestVerbs(Verbs):
    default = "run"


@click.group("test", cls=_TestVerbs)
def command() -> None:
    """Have the platform call the deployed agents with their saved scenarios, and judge them; billed.

    `reconciler test` alone is `reconciler test run`.
    """


class _Duration(click.ParamType[timedelta]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return value if isinstance(value, timedelta) else parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@verb("run", formats=_FORMATS)
@click.option("-l", "--selector", "selectors", multiple=True, metavar="KEY=VALUE", help="Only these labels.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="KIND/NAME",
    shell_complete=completed_values.addresses,
    help="Only this agent, or this scenario.",
)
@click.option(
    "--channel", type=click.Choice(["web", "telephony"]), default="web", show_default=True, help="How it calls."
)
@click.option("--phone-number", "number", metavar="NAME", help="The PhoneNumber that tests by telephone call from.")
@click.option("--max-cost-cents", type=click.IntRange(0), metavar="N", help="Refuse what is expected to cost more.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--resume", is_flag=True, help="Only go on with what an earlier run began.")
@click.option(
    "--again", multiple=True, metavar="Agent/NAME", help="Begin anew where it is not known what an earlier run began."
)
@click.option("--wait", type=_Duration(), default="30m", show_default=True, help="How long to wait for the end.")
@announced
def run(
    options: Options,
    selectors: tuple[str, ...],
    targets: tuple[str, ...],
    channel: str,
    number: str | None,
    max_cost_cents: int | None,
    yes: bool,
    resume: bool,
    again: tuple[str, ...],
    wait: timedelta,
    comment: str | None,
    annotate: str | None,
) -> int:
    """Run the declared scenarios of each agent on what is deployed, one batch an agent, and wait for the verdict.

    Says what it is expected to cost and asks first; needs --yes where nobody can be asked. What is still running is
    taken up, never begun again.
    """
    announcement = Announcement(options, "test", comment=comment, annotate=annotate)
    with announcement.errors(), Session(options, read_only=False) as session:
        if resume:
            resources = _documents(session) if announcement.annotates else {}
            connection = session.connected()
            runner = _runner(session, connection)
            begun = _taken_up(runner)
        else:
            loaded = session.usable()
            resources = loaded.resources
            accepts = selected(selectors, targets)
            anew = addresses("--again", again)
            connection = session.connected()
            runner = _runner(session, connection)
            found = session.look(loaded, connection, Scope(named=addresses("--target", targets) | anew))
            chosen = selection.chosen(
                resources,
                found.plan,
                found.account,
                found.resolver,
                accepts=accepts,
                channel=channel,
                number=number,
            )
            for name in chosen.empty:
                session.output.talk(f"Agent/{name} has no scenarios to run")
            if not chosen.wanted:
                raise _nothing(narrowed=bool(selectors or targets))
            begun = _begun(session, runner, chosen.wanted, anew=anew, yes=yes, most=max_cost_cents)
        results, interrupted = _followed(session, runner, begun, wait)
        code = INTERRUPTED if interrupted else code_of(results)
        results = [options.completed(result) for result in results]
        _say(session, results, code)
        runner.close(results)
        announcement.tests(test_results.markdown(results), session.output.redacted([*findings.of(results, resources)]))
    return code


def _documents(session: Session) -> Mapping[str, Resource]:
    """Where findings are shown; what is resumed is told all the same where the manifests are in error by now."""
    try:
        return session.usable().resources
    except InputError:
        return {}


def _nothing(*, narrowed: bool) -> InputError:
    if narrowed:
        said, hint = "what was chosen has no scenario", "choose a TestScenario, or an Agent that has some"
    else:
        said = "no declared agent has a scenario here"
        hint = "declare a TestScenario, or write some with: reconciler test generate Agent/NAME"
    return InputError(f"nothing to test: {said}", code="RC129", hint=hint)


def _runner(session: Session, connection: Connection) -> Runner:
    return Runner(connection.api, connection.ledger, session.clock.now, session.waits_by.sleep)


def _taken_up(runner: Runner) -> list[AgentResult]:
    """Every batch that an earlier run began and did not tell the end of; raises InputError where there is none."""
    records = {name: it for name, it in test_records.read(runner.ledger).items() if it.is_open}
    if not records:
        raise InputError("no tests are under way that could be resumed", code="RC129", hint="reconciler test")
    return [_one_taken_up(runner, name, record) for name, record in sorted(records.items())]


def _one_taken_up(runner: Runner, name: str, record: TestRecord) -> AgentResult:
    detail = f"no batch came of what was begun at {record.at}"
    nothing = AgentResult(name, Verdict.ERROR, detail=detail, hint="`reconciler test` begins one", not_begun=True)
    return _unless_unread(name, lambda: runner.take_up(name, record)) or nothing


def _unless_unread(name: str, take_up: Callable[[], AgentResult | None]) -> AgentResult | None:
    """What an earlier run began; not known where the platform does not tell of it."""
    try:
        return take_up()
    except Denied:
        raise
    except ApiError as error:
        return unread(name, error)


def _begun(
    session: Session,
    runner: Runner,
    wanted: Sequence[Wanted],
    *,
    anew: Container[Address],
    yes: bool,
    most: int | None,
) -> list[AgentResult]:
    """Take up what is under way, ask once for all others, then begin those; one that is refused stops only itself."""
    with session.lease(runner.ledger, "test"):
        taken = {it.name: it for it in _under_way(runner, wanted, anew)}
        if payable := [it for it in wanted if it.name not in taken]:
            _afford(session, runner, payable, most)
            _ask(session, payable, yes=yes)
        return [taken.get(it.name) or _start(runner, it) for it in wanted]


def _under_way(runner: Runner, wanted: Sequence[Wanted], anew: Container[Address]) -> Iterator[AgentResult]:
    """What earlier runs began and nobody was told the end of, but for agents of which it is wanted anew."""
    records = test_records.read(runner.ledger)
    for it in wanted:
        record = records.get(it.name)
        if record is None or not record.is_open or it.address in anew:
            continue
        if found := _unless_unread(it.name, partial(runner.take_up, it.name, record, it)):
            yield found


def _start(runner: Runner, wanted: Wanted) -> AgentResult:
    try:
        return runner.begin(wanted)
    except ApiError as error:
        return replace(refused(wanted.name, error), no_money=isinstance(error, Rejected) and error.status == _NO_MONEY)


def _afford(session: Session, runner: Runner, wanted: Sequence[Wanted], most: int | None) -> None:
    """Say what it is expected to cost, and why; raises PlanRefused where that is more than may be spent."""
    expected = estimate.of_all([estimate.of_agent(it, runner.listed(it.agent_id)) for it in wanted])
    cents, tests = expected.cents, sum(len(it.scenarios) for it in wanted)
    left = _budget(runner)
    budget = f"; {dollars(left)} is left of the account's budget for tests" if left is not None else ""
    what = f"{counted(tests, 'test call')} of {counted(len(wanted), 'agent')}"
    session.output.talk(f"{what}, expected to cost about {dollars(cents)} ({expected.basis}){budget}")
    if most is not None and cents > most:
        raise PlanRefused(
            f"expected to cost {cents} cents, more than --max-cost-cents {most}",
            code="RC312",
            hint="test fewer agents (--target Agent/NAME), or raise --max-cost-cents",
        )
    if left is not None and left < max(cents, 1):
        raise PlanRefused(
            f"the account's budget for tests does not cover this: {left} cents are left, {cents} are expected",
            code="RC312",
            hint="wait until the budget is renewed, or test fewer agents (--target Agent/NAME)",
        )


def _budget(runner: Runner) -> int | None:
    try:
        told = runner.api.get("/v1/billing")
    except Rejected:
        return None  # a key that may not read the billing page may still test
    left = told.get("test_call_budget_remaining_cents") if isinstance(told, dict) else None
    return left if isinstance(left, int) else None


def _ask(session: Session, wanted: Sequence[Wanted], *, yes: bool) -> None:
    if yes:
        return
    tests = sum(len(it.scenarios) for it in wanted)
    if not session.output.interactive:
        raise Unconfirmed(f"{counted(tests, 'billed test call')}, and nobody can be asked here", hint="add --yes")
    if not click.confirm(f"Make {counted(tests, 'billed test call')}?", default=False, err=True):
        raise click.Abort


def _followed(
    session: Session, runner: Runner, begun: Sequence[AgentResult], wait: timedelta
) -> tuple[Sequence[AgentResult], bool]:
    """The results as far as they came, and whether the run was asked to stop."""
    latest = {it.name: it for it in begun}
    with under_test(session.output, begun) as told:

        def tell(result: AgentResult) -> None:
            if not session.output.interactive:  # a log of CI, where nothing is drawn
                for line in _ended(latest[result.name], result):
                    session.output.talk(line)
            latest[result.name] = result
            told(result)

        runner.told = tell
        try:
            return runner.follow(begun, patience=wait), False
        except Interrupted:
            return [left(it) for it in latest.values()], True


def _ended(before: AgentResult, now: AgentResult) -> Iterator[str]:
    """A line for each scenario that has ended since a batch was last read."""
    running = {it.address for it in before.scenarios if it.verdict is Verdict.RUNNING}
    for it in now.scenarios:
        if it.address in running and it.verdict is not Verdict.RUNNING:
            yield f"{it.verdict.value}  {it.address}"


def _say(session: Session, results: Sequence[AgentResult], code: int) -> None:
    output = session.output
    match session.options.format:
        case "json":
            verdict = "passed" if code == 0 else "failed" if code == NOT_PASSED else "unknown"
            output.json(test_results.document(results, verdict))
        case "junit":
            output.tests(test_results.junit(results))
        case "markdown":
            output.data(test_results.markdown(results))
        case _:
            output.data(test_results.text(results, color=output.color))


def code_of(results: Sequence[AgentResult]) -> int:
    """6 where a test did not pass, 4 where it is not known, 1 (3 for want of money) where nothing was run, else 0."""
    ran = [it for it in results if not it.not_begun]
    if not ran:
        return 3 if any(it.no_money for it in results) else NOT_RUN
    if any(_not_passed(it) for it in ran):
        return NOT_PASSED
    return IN_PART if len(ran) < len(results) or any(it.verdict is not Verdict.PASSED for it in ran) else 0


def _not_passed(result: AgentResult) -> bool:
    """Whether it is known already that a test did not pass, however the others of its batch end."""
    if any(it.verdict is Verdict.FAILED for it in result.scenarios):
        return True
    if result.batch is None or not result.batch.ended:
        return False
    cut_short = result.batch.cut_short and result.verdict in (Verdict.ERROR, Verdict.UNKNOWN)
    return not cut_short and result.verdict not in (Verdict.PASSED, Verdict.NOT_TRIED)


for each in (run, generate, from_call):
    command.add_command(each)
