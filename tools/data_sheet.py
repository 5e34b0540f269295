"""docs/data.md: its table is made from what the keepers say, so that it cannot say anything else."""

from pathlib import Path

from lti_tool.app import KEEPERS
from lti_tool.core.i18n.language import speaking
from lti_tool.identity.keeping import Fate

DOCUMENT = Path("docs/data.md")
BEGIN, END = "<!-- keepers -->", "<!-- /keepers -->"
FATES = {
    Fate.deleted: "deleted",
    Fate.emptied: "the texts go, the row stays without a name",
    Fate.nameless: "stays, without a name",
    Fate.expires: "gone by itself within minutes",
}


def rows() -> list[str]:
    """The lines of the table."""
    with speaking("en"):
        return [
            f"| `{each.table}` | {', '.join(f'`{name}`' for name in each.columns)} | {each.purpose} | {FATES[each.fate]} |"
            for keeper in KEEPERS
            for each in keeper.stored
        ]


def render(document: str) -> str:
    """The document with the table as it has to be now."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    head = ["| table | what of it | what for, in the words of the page | erasure |", "|---|---|---|---|"]
    return "\n".join([before + BEGIN, *head, *rows(), END + after])


def main() -> None:
    """Write it."""
    path = Path(__file__).parents[1] / DOCUMENT
    path.write_text(render(path.read_text("utf-8")), "utf-8")
    print(f"{DOCUMENT} is written.")


if __name__ == "__main__":
    main()
