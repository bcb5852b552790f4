"""Values and reasons that come from elsewhere, as a part of one sentence, whatever they are."""

from __future__ import annotations

__all__ = ["brief", "first_line", "in_one_line", "reason"]

#: No value, name or reason needs more letters in a sentence.
_LONGEST = 200


def in_one_line(value: object, longest: int = _LONGEST) -> str:
    r"""Return a value that may be anybody's as one line that any screen and file can take.

    Characters that do not print, such as control characters and halves of surrogate pairs, become
    question marks; a long text is cut.

    Examples
    --------
    >>> in_one_line("two\nlines\0"), len(in_one_line("x" * 1000))
    ('two lines?', 200)
    """
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 (whoever wrote its __str__)
        text = type(value).__name__
    text = "".join(c if c.isprintable() else "?" for c in " ".join(text[: 2 * longest].split()))
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


def reason(error: BaseException) -> str:
    """Return what an error that is not ours says, as a part of a sentence of ours.

    Examples
    --------
    >>> reason(OSError("disk sector unreadable"))
    'OSError: disk sector unreadable'
    """
    text = in_one_line(error).rstrip(". ")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def first_line(error: BaseException) -> str:
    r"""Return the first line of what an error says, without its full stop; "" for nothing.

    Examples
    --------
    >>> first_line(ValueError("not a TIFF file.\nheader=b''"))
    'not a TIFF file'
    """
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".")[:_LONGEST] if lines else ""


def brief(value: object) -> str:
    """Return a value as it would be typed, for an error that says what is wrong with it.

    Examples
    --------
    >>> brief("oil"), brief(10**5000)
    ("'oil'", 'a very large int')
    """
    try:
        return in_one_line(repr(value))
    except Exception:  # noqa: BLE001 (integers of thousands of digits, and whoever's __repr__)
        return f"a very large {type(value).__name__}" if isinstance(value, int) else "something"
