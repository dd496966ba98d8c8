// A table of any length of which only the rows in sight are drawn. It is one stop of the Tab key; arrows go through it.
{
  const HEIGHT = 60, NARROW_HEIGHT = 88; // px of a row, as worklist.css has it
  const SPARE = 6; // rows drawn above and below those in sight
  const narrow = window.matchMedia("(max-width: 640px)");

  class CxrGrid {
    // columns: [{ key, title, sorts }]; cells(row) gives one element a column; opened(row) and sort(key) are called.
    constructor({ label, columns, cells, opened, moved, sort }) {
      Object.assign(this, { columns, cells, opened, moved, sort, rows: [], active: -1, drawn: "" });
      this.heads = new Map(columns.map(({ key, title, sorts }) => [key, cxrElement("th", { scope: "col", role: "columnheader", class: `cxr-col-${key}` },
        sorts ? cxrElement("button", { type: "button", onclick: () => sort(key) }, title, cxrElement("span", { class: "cxr-arrow", "aria-hidden": "true" }))
          : cxrElement("span", {}, title))]));
      this.body = cxrElement("tbody", { role: "rowgroup" });
      this.table = cxrElement("table", { role: "grid", tabindex: "0", "aria-label": label, class: "cxr-grid" },
        cxrElement("thead", { role: "rowgroup" }, cxrElement("tr", { role: "row", "aria-rowindex": "1" }, ...this.heads.values())), this.body);
      this.element = cxrElement("div", { class: "cxr-grid-scroll" }, this.table);
      this.element.addEventListener("scroll", () => this.draw(), { passive: true });
      this.table.addEventListener("keydown", (event) => this.key(event));
      this.body.addEventListener("click", (event) => {
        const index = event.target.closest("tr")?.dataset.index;
        if (index === undefined) return;
        this.moveTo(Number(index));
        opened(this.rows[this.active]);
      });
      new ResizeObserver(() => this.draw()).observe(this.element);
      narrow.addEventListener("change", () => this.draw(true));
    }

    get height() { return narrow.matches ? NARROW_HEIGHT : HEIGHT; }

    // Other rows; the active one stays the same film if it is among them.
    show(rows) {
      const number = this.rows[this.active]?.number;
      this.rows = rows;
      this.active = rows.findIndex((row) => row.number === number);
      this.table.setAttribute("aria-rowcount", String(rows.length + 1));
      this.draw(true);
    }

    mark(column, downwards) {
      for (const [key, head] of this.heads) {
        const arrow = head.querySelector(".cxr-arrow");
        if (key === column) head.setAttribute("aria-sort", downwards ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
        if (arrow) arrow.textContent = key === column ? (downwards ? " ▼" : " ▲") : "";
      }
    }

    moveTo(index) {
      if (this.rows.length === 0) return;
      this.active = Math.max(0, Math.min(this.rows.length - 1, index));
      const head = this.table.tHead.offsetHeight, top = this.active * this.height, box = this.element;
      if (top < box.scrollTop) box.scrollTop = top;
      else if (top + this.height + head > box.scrollTop + box.clientHeight) box.scrollTop = top + this.height + head - box.clientHeight;
      this.draw(true);
    }

    key(event) {
      if (event.target !== this.table || event.ctrlKey || event.metaKey || event.altKey) return;
      const page = Math.max(1, Math.floor(this.element.clientHeight / this.height) - 1);
      const steps = { ArrowDown: this.active + 1, ArrowUp: Math.max(0, this.active) - 1, PageDown: this.active + page,
        PageUp: this.active - page, Home: 0, End: this.rows.length - 1 };
      if (event.key in steps) {
        this.moveTo(steps[event.key]);
        this.moved(this.rows[this.active]);
      } else if ((event.key === "Enter" || event.key === " ") && this.active >= 0) this.opened(this.rows[this.active]);
      else return;
      event.preventDefault();
    }

    draw(anew = false) {
      const { height } = this;
      const first = Math.max(0, Math.floor(this.element.scrollTop / height) - SPARE);
      const last = Math.min(this.rows.length, Math.ceil((this.element.scrollTop + this.element.clientHeight) / height) + SPARE);
      if (!anew && this.drawn === `${first}-${last}`) return;
      this.drawn = `${first}-${last}`;
      const space = (rows) => cxrElement("tr", { class: "cxr-space", "aria-hidden": "true" },
        cxrElement("td", { style: `height:${rows * height}px` }));
      const rows = this.rows.slice(first, last).map((row, offset) => this.row(row, first + offset));
      this.body.replaceChildren(space(first), ...rows, space(this.rows.length - last));
      const id = this.rows[this.active] && this.active >= first && this.active < last ? this.id(this.rows[this.active]) : "";
      if (id) this.table.setAttribute("aria-activedescendant", id);
      else this.table.removeAttribute("aria-activedescendant");
    }

    id(row) { return `cxr-row-${row.number}`; }

    row(row, index) {
      const cells = this.cells(row).map((cell, column) =>
        cxrElement("td", { role: "gridcell", class: `cxr-col-${this.columns[column].key}` }, cell));
      return cxrElement("tr", { role: "row", id: this.id(row), "data-index": index, "aria-rowindex": index + 2,
        "aria-selected": String(index === this.active), style: `height:${this.height}px` }, ...cells);
    }
  }
  window.CxrGrid = CxrGrid;
}
