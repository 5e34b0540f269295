/* A table that is wider than its page scrolls by itself; it is made reachable, so that the arrow keys can move it. */

export function reachScrollable(root) {
  const tables = root.querySelectorAll(".prose table, .post__b table, .stem table");
  const look = () => {
    for (const table of tables) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute("tabindex");
    }
  };
  look();
  if (tables.length) addEventListener("resize", look);
}
