"""Create, change and delete cohorts. Each is one transaction with its entry in the activity log."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from interactions.access import audit
from interactions.cohorts.stored import StoredRule, json_of
from interactions.errors import DojoError
from interactions.models import Cohort, Environment

Action = audit.Action


class CohortNameTaken(DojoError):
    """Another cohort of the environment has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a cohort called {name}. Choose another name.")


def create(environment: Environment, name: str, rules: Sequence[StoredRule], user: User) -> Cohort:
    """Create a cohort. Raises CohortNameTaken."""
    _check_name(environment, name, 0)
    try:
        with transaction.atomic():
            cohort = Cohort.objects.create(environment=environment, name=name, rules=json_of(rules), created_by=user)
            _note(Action.COHORT_CREATED, cohort)
    except IntegrityError as error:
        raise CohortNameTaken(name) from error
    return cohort


def change(cohort: Cohort, name: str, rules: Sequence[StoredRule]) -> None:
    """Change a cohort's name and rules. Raises CohortNameTaken."""
    _check_name(cohort.environment, name, cohort.pk)
    cohort.name, cohort.rules, cohort.changed_at = name, json_of(rules), timezone.now()
    try:
        with transaction.atomic():
            cohort.save(update_fields=["name", "rules", "changed_at"])
            _note(Action.COHORT_CHANGED, cohort)
    except IntegrityError as error:
        raise CohortNameTaken(name) from error


def _check_name(environment: Environment, name: str, own: int) -> None:
    """Case doesn't matter. The database has no index for that, as PostgreSQL would keep samples of what is in it."""
    if environment.cohorts.filter(name__iexact=name).exclude(pk=own).exists():
        raise CohortNameTaken(name)


def delete(cohort: Cohort) -> None:
    """Delete a cohort. Nobody's records are touched."""
    with transaction.atomic():
        _note(Action.COHORT_DELETED, cohort)
        cohort.delete()


def exported(cohort: Cohort, people: int) -> None:
    """Log that the ids of its people are downloaded."""
    _note(Action.COHORT_EXPORTED, cohort, people=people)


def _note(action: audit.Action, cohort: Cohort, **details: int) -> None:
    """The name stays out of the log: nothing in it could be erased."""
    audit.note(action, environment=cohort.environment, object=f"cohort {cohort.pk}", details=details)
