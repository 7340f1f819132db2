"""Errors and warnings that are meant for the user.

UserError     an error that the user can correct
UserNotice    a warning about something that the command can do without

Any room may raise them, since every room may import this one. A command prints
either as one line: cli/command.run exits with code 1 after a UserError, and
continues after a UserNotice.
"""


class UserError(ValueError):
  """An error that the user can correct; the text gives the fault and remedy.

  A room derives its own class from this one, so that callers can distinguish
  the room's errors from others. No command has to list these classes.
  """


class UserNotice(UserWarning):
  """A warning for the user, issued by warnings.warn: one sentence."""
