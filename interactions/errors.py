"""What can go wrong in a way we expect: each error's text is a sentence for the user."""


class DojoError(Exception):
    """The base of every expected failure; ``str(error)`` is shown as it is."""


class ImportStateError(DojoError):
    """An import was asked for something that its state does not allow."""


class FileRefused(DojoError):
    """A file cannot be imported at all: empty, no JSON, another shape, broken packing."""


class DiskFull(DojoError):
    """There is not enough free disk space for what was asked."""


class DataNotReady(DojoError):
    """What is asked of a data set can't be answered at this moment; a little later it can."""
