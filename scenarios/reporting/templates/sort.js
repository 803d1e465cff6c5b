/* Tables can be sorted: a button in each head of a column, up at first, then down. Cells without a number come last. */
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const keyOf = (row, column) => {
    const cell = row.cells[column];
    const size = cell.dataset.size;
    return size ? Number(size) : cell.textContent.trim();
  };
  const sort = (column, down) => {
    const numeric = [...body.rows].some((row) => typeof keyOf(row, column) === "number");
    const order = (a, b) => {
      const [x, y] = [keyOf(a, column), keyOf(b, column)];
      if (numeric) {
        const known = [typeof x === "number", typeof y === "number"];
        if (!known[0] || !known[1]) return known[1] - known[0];
        return down ? y - x : x - y;
      }
      return (down ? -1 : 1) * x.localeCompare(y, "en", { numeric: true });
    };
    body.append(...[...body.rows].sort(order));
    heads.forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
    head.append(button);
  });
}
