"""Errors and warnings that are meant for the user.

UserError     an error that the user can mend
UserNotice    a warning of something that the command can do without

Any room may raise them, since this one lies at the bottom. A command prints
either as one line: cli/command.run ends after a UserError with exit code 1, and
goes on after a UserNotice.
"""


class UserError(ValueError):
  """An error that the user can mend: the text says what is wrong and how.

  A room derives a class of its own from it, so that callers can tell the
  room's errors from others. No command has to list these classes.
  """


class UserNotice(UserWarning):
  """A warning for the user, issued by warnings.warn: one sentence."""
