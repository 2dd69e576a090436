"""Fork: repeats the actions of one lab in another, and checks that the same hops come of them."""

import threading
from collections.abc import Iterable
from typing import Any, Self, cast

from checkout.lab.comparison.differences import field_differences
from checkout.lab.engine.action_log import REQUEST, SWITCHES, VERB, Action, ActionLog
from checkout.lab.engine.broker_actions import KILLED, STARTED
from checkout.lab.engine.environment import Environment
from checkout.lab.engine.scheduler import Scheduler
from checkout.lab.errors import LabError, as_lab_error
from checkout.lab.history.sentences import LAB
from checkout.lab.programs.program import Program
from checkout.lab.sessions.session import Session
from checkout.settings import KAFKA, MEMORY

SCOPE = "a fork repeats what has been done to the lab: not what other programs do, nor state outside of the lab"

BROKER_NOTES = {"kill_broker": KILLED, "start_brokers": STARTED}


class LabForks:
    """What a lab has done, and second labs that do the same."""

    lock: threading.RLock
    _environment: Environment
    _scheduler: Scheduler
    _session: Session
    _options: dict[str, Any]

    @property
    def actions(self) -> ActionLog:
        """What has been done to this lab since it started: its methods and the verbs of its replicas, in order."""
        return self._environment.actions

    def fork(self, number: int | None = None, log: str = MEMORY) -> Self:
        """Returns a second lab in the state right after this hop, by default in the present one; both can go on.

        `number`: of a moment; what one verb writes together stays together, and 0 is the state before the first hop.
        `log`: "memory" or "kafka". The fork repeats what has been done to this lab. Raises LabError where it gets other
        hops, as behind a program outside of the lab. Break points, killed brokers and `serve` are not repeated.

        It calls all verbs of the run again, which takes as long as they took; the lab is locked meanwhile.
        """
        with self.lock:
            return self.fork_at_action(self.actions.until(number), log)

    def fork_at_action(self, count: int, log: str = MEMORY) -> Self:
        """Returns a fork in the state after the first `count` of `actions`, which may be within a hop.

        It takes as long as these actions took; the lab is locked meanwhile.
        """
        with self.lock, as_lab_error():
            forked, actions = self._same(log), self.actions
            try:
                Fork(self._environment, forked, forked._environment, forked._scheduler).repeat(actions[:count])
                if count == len(actions):
                    forked.actions.catch_up(actions.elapsed())
            except BaseException:
                forked._session.leave()
                raise
            return forked

    def _same(self, log: str) -> Self:
        options = dict(self._options) | (self._session.options() if log == KAFKA else {})
        return cast(Self, cast("type[Any]", type(self))(log, **options))


class Fork:
    """A new lab that repeats what an original has done. `lab` is the new one, with its environment and scheduler."""

    def __init__(self, original: Environment, lab: Any, environment: Environment, scheduler: Scheduler) -> None:
        self._lab, self._environment, self._scheduler = lab, environment, scheduler
        self._hops, self._expected = environment.projection, original.projection
        self._checked = 0

    def repeat(self, actions: Iterable[Action]) -> None:
        """Repeats these actions.

        Raises LabError at the first hop that differs from the original's, and for a program in place of a service.
        """
        for action in actions:
            self._check_hops(action.hops)
            self._environment.actions.catch_up(action.seconds)
            try:
                self._carry_out(action)
            except LabError as error:
                raise LabError(f"the fork stops after hop {action.hops} of the lab: {error}; {SCOPE}") from error
        self._check_hops(len(self._hops.moments))

    def _carry_out(self, action: Action) -> None:
        if action.name == VERB:
            self._call(*action.arguments)
        elif action.name == REQUEST:
            self._scheduler.send_request()
        elif action.name == SWITCHES:
            self._environment.actions.set_switches(*action.arguments)
        elif action.name in BROKER_NOTES:
            self._copy_note(action)
        elif any(isinstance(each, Program) for each in (*action.arguments, *action.options.values())):
            raise LabError("another program replaces a service there")
        else:
            getattr(self._lab, action.name)(*action.arguments, **action.options)

    def _copy_note(self, action: Action) -> None:
        """The fork's hops have the numbers of the original's, though no broker of its own is killed."""
        hops = [moment.hop for moment in self._expected.moments[len(self._hops.moments) :][:1]]
        with self._environment.actions.adding(action.name, *action.arguments, **action.options):
            note = LAB, BROKER_NOTES[action.name]
            self._environment.journal.write(hop for hop in hops if (hop.sender, hop.message) == note)

    def _call(self, replica: str, verb: str) -> None:
        if replica not in self._environment.replicas:
            raise LabError(f"there is no replica {replica}")
        self._scheduler.call(self._environment.replicas[replica], verb)

    def _check_hops(self, count: int) -> None:
        moments, expected = self._hops.moments, self._expected.moments
        for at in range(self._checked, max(count, len(moments))):
            if at >= len(expected):
                raise LabError(f"the fork has hop {at + 1}, and the lab has none: {moments[at].sentence} {SCOPE}")
            if at >= len(moments):
                raise LabError(f"the fork does not have hop {at + 1} of the lab: {expected[at].sentence} {SCOPE}")
            found = next(field_differences(expected[at], moments[at]), None)
            if found:
                values = f"{found.field} is {found.second} and not {found.first}"
                raise LabError(f"the fork differs from the lab at hop {at + 1}: {values}; {SCOPE}")
        self._checked = max(count, len(moments))
