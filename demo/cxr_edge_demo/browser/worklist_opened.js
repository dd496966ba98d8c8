// The film of one row, opened beside the list with its answer. What is shown is of this film alone, at every moment.
{
  const REST = 180; // ms of rest before a row that arrows passed is opened

  class CxrOpened {
    // address(row) is where a row is opened; close(), step(±1) and counted(row) ("3 of 120") belong to the list.
    constructor({ address, close, step, counted }) {
      Object.assign(this, { address, counted, turn: 0, row: null });
      const button = (title, sign, onclick) =>
        cxrElement("button", { type: "button", class: "cxr-button cxr-step", "aria-label": title, title, onclick }, sign);
      this.name = cxrElement("h3", { class: "cxr-opened-name" });
      this.place = cxrElement("span", { class: "cxr-quiet" });
      this.film = cxrElement("div", { class: "cxr-opened-film" });
      this.answer = cxrElement("div", { class: "cxr-opened-answer", "aria-live": "polite" });
      this.element = cxrElement("section", { class: "cxr-opened", "aria-label": cxrWord("The opened film"), hidden: true },
        cxrElement("header", { class: "cxr-opened-bar" },
          cxrElement("button", { type: "button", class: "cxr-button cxr-close", onclick: close }, `← ${cxrWord("List")}`),
          cxrElement("div", { class: "cxr-opened-title" }, this.name, this.place),
          button(cxrWord("Previous film"), "▲", () => step(-1)), button(cxrWord("Next film"), "▼", () => step(1))),
        cxrElement("div", { class: "cxr-opened-panes" }, this.film, this.answer));
      this.element.addEventListener("cxr-next", () => step(1));
      this.element.addEventListener("cxr-previous", () => step(-1));
    }

    open(row, rest = 0) {
      const turn = ++this.turn;
      this.row = row;
      this.element.hidden = false;
      this.name.textContent = row.name;
      this.recount();
      this.empty();
      this.answer.replaceChildren(cxrSentence(cxrWord("Opening the film …")));
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.ask(row, turn), rest);
    }

    // As `open`, for rows that are passed quickly.
    pass(row) { this.open(row, REST); }

    // Two films of one name differ in their number and in their hash.
    recount() {
      if (this.row) this.place.textContent = `${this.counted(this.row)} · ${cxrWord("No.")} ${this.row.number} · ${this.row.sha256}`;
    }

    close() {
      this.turn += 1;
      this.row = null;
      this.element.hidden = true;
      this.empty();
      this.answer.replaceChildren();
    }

    async ask(row, turn) {
      try {
        const { film, answer } = await cxrAsk(this.address(row), "POST", {});
        if (turn !== this.turn) return; // another row was opened meanwhile
        this.show(film, row);
        this.answer.innerHTML = answer; // drawn by the server's templates, which escape
      } catch (error) {
        if (turn === this.turn) this.answer.replaceChildren(cxrSentence(error.message, true));
      }
    }

    show(film, row) {
      const kept = this.film.querySelector("cxr-viewer"), src = `cxr/film/${film}.json`;
      const heat = row.decision === "retake" ? "off" : "on";
      if (kept) {
        kept.setAttribute("heat", heat);
        kept.setAttribute("label", row.name);
        kept.setAttribute("src", src);
      } else this.film.replaceChildren(cxrElement("cxr-viewer", { src, label: row.name, heat, next: true }));
    }

    // A viewer that fills the screen stays, without its film; any other goes.
    empty() {
      const kept = this.film.querySelector("cxr-viewer");
      if (kept && document.fullscreenElement && this.film.contains(document.fullscreenElement)) kept.setAttribute("src", "");
      else this.film.replaceChildren();
    }
  }
  window.CxrOpened = CxrOpened;
}
