"""Policies: data and reading Cypher that returns what violates them, as named paths; empty means allowed."""

from app.domain.policies.deciding import Decision as Decision
from app.domain.policies.deciding import Finding as Finding
from app.domain.policies.deciding import Verdict as Verdict
from app.domain.policies.deciding import check as check
from app.domain.policies.deciding import decide as decide
from app.domain.policies.deciding import denied as denied
from app.domain.policies.deciding import findings_of as findings_of
from app.domain.policies.deciding import warned as warned
from app.domain.policies.decisions import denials as denials
from app.domain.policies.decisions import record as record
from app.domain.policies.decisions import refuse_broken as refuse_broken
from app.domain.policies.library import DIRECTORY as DIRECTORY
from app.domain.policies.library import PolicyInvalid as PolicyInvalid
from app.domain.policies.library import known as known
from app.domain.policies.library import rows as rows
from app.domain.policies.library import verify as verify
from app.domain.policies.mutating import enforce_dependencies as enforce_dependencies
from app.domain.policies.mutating import enforce_services as enforce_services
from app.domain.policies.policy import Enforcement as Enforcement
from app.domain.policies.policy import Fixture as Fixture
from app.domain.policies.policy import Parameter as Parameter
from app.domain.policies.policy import Point as Point
from app.domain.policies.policy import Policy as Policy
from app.domain.policies.policy import ViolationState as ViolationState
from app.domain.policies.witnessing import witness as witness
