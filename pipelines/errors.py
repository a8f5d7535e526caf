"""Every error we raise, as one tree. The command line prints the message and exits with the code.

CounterfoilError              1  something failed
├── UsageError                2  the command was asked for something that does not exist
├── ConfigurationError        2  the home, its connections or its keys are not usable as they are
│   └── RulesRefused          2  a rule of the home's own cannot be; one line for each
├── LoadError                 1  a source could not be read
│   ├── AuthError             1  a platform refused our credentials
│   ├── PlatformError         1  a platform answered otherwise than documented
│   ├── ValueRefused          1  a value that would not survive exactly (an amount, a date, an id)
│   └── FileRefused           1  a file that is not what its name and first bytes promise
├── BuildError                1  a model could not be built
│   └── GateFailed            3  the data tests that guard our own transformations found rows
├── PublishError              1  the finished build could not be published
├── OperationsError           1  the operations store refused
│   ├── LockHeld              1  another run is at work
│   ├── ChainBroken           1  a hash chain does not add up: a record was changed or removed
│   └── FourEyesRefused       1  nobody approves his own decision
└── PostingError              1  a posting to a platform failed or was refused

A message says what happened, where, and what to do, on one line, and lists the known values when
there are some.
"""


class CounterfoilError(Exception):
    """The root of the tree."""

    exit_code = 1


class UsageError(CounterfoilError):
    """The command was asked for something that does not exist."""

    exit_code = 2


class ConfigurationError(CounterfoilError):
    """The home, its connections or its keys are not usable as they are."""

    exit_code = 2


class RulesRefused(ConfigurationError):
    """Rules of the home's own cannot be. The message has one line for each."""


class LoadError(CounterfoilError):
    """A source could not be read."""


class AuthError(LoadError):
    """A platform refused our credentials."""


class PlatformError(LoadError):
    """A platform answered otherwise than documented."""


class ValueRefused(LoadError):
    """A value would not survive exactly: an amount, a date, an id."""


class FileRefused(LoadError):
    """A file is not what its name and first bytes promise."""


class BuildError(CounterfoilError):
    """A model could not be built."""


class GateFailed(BuildError):
    """The data tests that guard our own transformations found rows."""

    exit_code = 3


class PublishError(CounterfoilError):
    """The finished build could not be published."""


class OperationsError(CounterfoilError):
    """The operations store refused."""


class LockHeld(OperationsError):
    """Another run is at work."""


class ChainBroken(OperationsError):
    """A hash chain does not add up: a record was changed or removed."""


class FourEyesRefused(OperationsError):
    """Nobody approves his own decision."""


class PostingError(CounterfoilError):
    """A posting to a platform failed or was refused."""
