// <cxr-worklist src="cxr/list/TOKEN.json">: the films of a list, in a table that stays fast, with one of them opened.
{
  const SOON = 700, LATER = 3000; // ms between two questions while films are scored, and while the server is silent
  const views = new Map(); // by src: the page may put the same list into the page anew, and nothing is to move

  class CxrWorklistView {
    constructor(src) {
      Object.assign(this, { src, address: src.replace(/\.json$/, ""), list: null, films: [], failed: [], column: "decision", downwards: false });
      this.tools = new CxrTools(() => this.filter(true));
      this.grid = new CxrGrid({
        label: cxrWord("Films of this list. Arrows move, Enter opens."),
        columns: [
          { key: "film", title: cxrWord("Film") },
          { key: "decision", title: cxrWord("Decision"), sorts: true },
          { key: "probability", title: cxrWord("Probability"), sorts: true },
          { key: "name", title: cxrWord("Name"), sorts: true },
          { key: "reasons", title: cxrWord("Reasons"), sorts: true },
          { key: "number", title: cxrWord("No."), sorts: true },
        ],
        cells: (film) => this.cells(film),
        opened: (film) => this.open(film),
        moved: (film) => { if (!this.opened.element.hidden) this.opened.pass(film); },
        sort: (key) => this.sort(key),
      });
      this.opened = new CxrOpened({
        address: (film) => `${this.address}/${film.number}`,
        close: () => this.close(),
        step: (by) => this.step(by),
        counted: (film) => {
          const index = this.grid.rows.findIndex((row) => row.number === film.number);
          return index < 0 ? cxrWord("not among the films shown") : cxrWord("{n} of {all}", { n: index + 1, all: this.grid.rows.length });
        },
      });
      this.progress = cxrElement("div", { class: "cxr-progress", hidden: true });
      this.note = cxrElement("div", { class: "cxr-list-note" });
      this.broken = cxrElement("details", { class: "cxr-failed", hidden: true });
      this.element = cxrElement("div", { class: "cxr-worklist" }, this.progress, this.note, this.tools.element, this.broken,
        cxrElement("div", { class: "cxr-panes" }, this.grid.element, this.opened.element));
      this.tools.link(this.address);
      this.grid.mark(this.column, this.downwards);
    }

    // Ask for the films that are new, and again for as long as some are on their way.
    async load() {
      if (this.loading) {
        this.again = true; // asked twice at once, the same films would come twice
        return;
      }
      this.loading = true;
      clearTimeout(this.waiting);
      await this.ask();
      this.loading = false;
      if (this.again) {
        this.again = false;
        this.load();
      }
    }

    async ask() {
      try {
        const list = await cxrAsk(`${this.src}?after=${this.films.length + this.failed.length}`);
        this.list = list;
        this.note.replaceChildren(...(list.age_note ? [cxrElement("p", { class: "cxr-age" }, list.age_note)] : []));
        for (const film of list.films) (film.problem ? this.failed : this.films).push(film);
        if (list.films.length || !this.begun) this.redraw();
        this.begun = true;
        this.showProgress(list.progress);
        if (list.progress || Date.now() < this.until) this.waiting = setTimeout(() => this.load(), SOON);
      } catch (error) {
        this.note.replaceChildren(cxrSentence(error.message, true));
        if (error.status !== 404) this.waiting = setTimeout(() => this.load(), LATER);
      }
    }

    expectMore() {
      this.until = Date.now() + 10_000; // the drop may have to wait for a place
      this.load();
    }

    redraw() {
      this.tools.draw(this.films, this.list);
      this.filter();
      const n = this.failed.length;
      this.broken.hidden = n === 0;
      if (n) {
        if (!this.broken.childElementCount) this.broken.open = n <= 3 && window.innerWidth > 640;
        this.broken.replaceChildren(
          cxrElement("summary", {}, n === 1 ? cxrWord("✕ 1 file could not be read") : cxrWord("✕ {n} files could not be read", { n })),
          cxrElement("ul", {}, ...this.failed.map((film) => cxrElement("li", {}, cxrElement("b", {}, film.name), ` ${film.problem}`))));
      }
    }

    // `asked`: somebody wants to see other rows, and sees the first of them; films that arrive move nothing.
    filter(asked = false) {
      this.tools.draw(this.films, this.list);
      const rows = cxrRows.sorted(cxrRows.fitting(this.films, this.tools.filter), this.column, this.downwards);
      this.grid.show(rows);
      if (asked) this.grid.element.scrollTop = 0;
      this.tools.tell(rows.length, this.films.length);
      this.opened.recount();
    }

    sort(key) {
      const first = key === "probability"; // the most probable first; a second click turns it round
      this.downwards = key === this.column ? !this.downwards : first;
      this.column = key;
      this.grid.mark(key, this.downwards);
      this.filter(true);
    }

    open(film) {
      this.element.classList.add("cxr-has-opened");
      this.opened.open(film);
      this.grid.moveTo(this.grid.rows.findIndex((row) => row.number === film.number));
    }

    close() {
      this.element.classList.remove("cxr-has-opened");
      this.opened.close();
      this.grid.table.focus();
      this.grid.moveTo(this.grid.active);
    }

    step(by) {
      if (this.grid.rows.length === 0) return;
      const index = this.grid.active + by;
      if (index < 0 || index >= this.grid.rows.length) return;
      this.grid.moveTo(index);
      this.opened.pass(this.grid.rows[index]);
    }

    showProgress(progress) {
      this.progress.hidden = !progress;
      if (!progress) return;
      const { done, expected, seconds_left: left } = progress;
      const words = cxrWord("{done} of {expected} films scored", { done, expected });
      const bar = cxrElement("progress", { max: expected, value: done, "aria-label": words });
      this.progress.replaceChildren(bar, cxrElement("span", {}, left === null ? words : `${words} · ${cxrRows.timeLeft(left)}`));
    }

    cells(film) {
      const { word, symbol, css } = this.list.decisions[film.decision];
      return [
        cxrElement("img", { class: "cxr-thumb", alt: "", src: `${this.address}/${film.number}.jpg`, loading: "lazy", width: 48, height: 48 }),
        cxrElement("span", { class: `cxr-said cxr-${css}` }, cxrElement("span", { "aria-hidden": "true" }, symbol), ` ${word}`),
        cxrElement("span", {}, film.probability === null ? "–" : `${(100 * film.probability).toFixed(1)} %`),
        cxrElement("span", { class: "cxr-row-name", title: `${film.name} · ${film.sha256}` }, film.name),
        cxrElement("span", { class: "cxr-row-why" }, film.reasons.map((code) => this.list.reasons[code]).join(" ")),
        cxrElement("span", {}, film.number),
      ];
    }
  }

  class CxrWorklist extends HTMLElement {
    static observedAttributes = ["src"];

    connectedCallback() { this.show(); }

    attributeChangedCallback() { if (this.isConnected) this.show(); }

    show() {
      const src = this.getAttribute("src");
      if (!src) return;
      if (!views.has(src)) {
        views.clear(); // a page has one list
        views.set(src, new CxrWorklistView(src));
      }
      const view = views.get(src);
      if (view.element.parentElement !== this) this.replaceChildren(view.element);
      view.load();
    }
  }
  customElements.define("cxr-worklist", CxrWorklist);

  // <cxr-list-news films="12">: Gradio says that a drop is done. It lies apart from the list, because Gradio empties an
  // element whose attributes it changes.
  class CxrListNews extends HTMLElement {
    static observedAttributes = ["films"];

    attributeChangedCallback() { for (const view of views.values()) view.load(); }
  }
  customElements.define("cxr-list-news", CxrListNews);

  document.addEventListener("cxr-handed-on", (event) => {
    if (event.detail === "drop-worklist") for (const view of views.values()) view.expectMore();
  });
}
