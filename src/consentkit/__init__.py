"""Cookie consent that a Python server enforces."""

from __future__ import annotations

from .consent.model import Choice as Choice
from .consent.model import Consent as Consent
from .consent.model import Explanation as Explanation
from .consent.model import Reason as Reason
from .errors import ConsentKitError as ConsentKitError
from .errors import ConsentRequiredError as ConsentRequiredError
from .errors import Fault as Fault
from .errors import MiddlewareNotInstalledError as MiddlewareNotInstalledError
from .errors import PolicyError as PolicyError
from .errors import ResponseStartedError as ResponseStartedError
from .errors import SecretKeyError as SecretKeyError
from .errors import UnknownNameError as UnknownNameError
from .middleware import ConsentMiddleware as ConsentMiddleware
from .opt_outs import OptOuts as OptOuts
from .policy.file import load_policy as load_policy
from .policy.file import parse_policy as parse_policy
from .policy.model import Policy as Policy
