"""Text that people write, rendered once, at write time and outside of transactions."""

from typing import Final, Literal

from lti_tool.core.errors import Unavailable
from lti_tool.core.markup.excerpt import plain_text
from lti_tool.core.markup.guards import MarkupRefused, check, too_knotted, without_description
from lti_tool.core.markup.process import ChildDied, RenderingProcess
from lti_tool.core.text import clean_text

__all__ = ["MarkupRefused", "Profile", "Renderer", "plain_text"]

Profile = Literal["full", "post"]
_REFUSALS: Final = {"image": without_description, "depth": too_knotted}


class Renderer:
    """Markdown to safe HTML in a child process with a CPU limit. One per application; safe with threads and forks."""

    def __init__(self, process: RenderingProcess | None = None) -> None:
        self._process = process or RenderingProcess()

    def render(self, source: str, profile: Profile = "full") -> str:
        """Return HTML that holds no script, no event attribute and no address but http(s), mailto and our own.

        `full` is for lessons and questions (headings, footnotes), `post` for what members write (line ends are kept).
        Images are those of our own media. Raises MarkupRefused (too long, too complicated, an image without a
        description) and Unavailable. Slow: never inside a transaction.
        """
        cleaned = clean_text(source[:200_000])
        check(cleaned, profile)
        if not cleaned.strip():
            return ""
        try:
            answer = self._process.run({"source": cleaned, "profile": profile})
        except ChildDied as death:
            raise (Unavailable() if death.idle else too_knotted()) from death
        if "html" in answer:
            return answer["html"]
        refusal = _REFUSALS[answer["refused"]]()
        raise refusal

    def close(self) -> None:
        """End the child process. The next rendering starts another."""
        self._process.close()
