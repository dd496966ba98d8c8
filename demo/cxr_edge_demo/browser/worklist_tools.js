// Above the rows of a worklist: search, filters, what is shown of how many, and the list to save or print.
{
  class CxrTools {
    // changed() is called when another filter is set.
    constructor(changed) {
      this.changed = changed;
      this.filter = { decisions: new Set(), reason: "", search: "" };
      this.search = cxrElement("input", { type: "search", class: "cxr-search", placeholder: cxrWord("Search by name"),
        "aria-label": cxrWord("Search by name"), oninput: () => this.set({ search: this.search.value }) });
      this.decisions = cxrElement("div", { class: "cxr-chips", role: "group", "aria-label": cxrWord("Show decisions") });
      this.reason = cxrElement("select", { class: "cxr-reason", "aria-label": cxrWord("Show films with a reason"),
        onchange: () => this.set({ reason: this.reason.value }) });
      this.count = cxrElement("p", { class: "cxr-count", role: "status" });
      this.saved = cxrElement("p", { class: "cxr-save-list" });
      this.element = cxrElement("div", { class: "cxr-tools" }, this.search, this.decisions, this.reason, this.count, this.saved);
    }

    set(change) {
      Object.assign(this.filter, change);
      this.changed();
    }

    toggle(decision) {
      const { decisions } = this.filter;
      if (!decisions.delete(decision)) decisions.add(decision);
      this.changed();
    }

    // Labels with the numbers of films; what is chosen stays chosen.
    draw(films, list) {
      const byDecision = cxrRows.counted(films.map((film) => film.decision));
      const focused = document.activeElement?.dataset?.decision;
      this.decisions.replaceChildren(...cxrRows.URGENCY.filter((name) => byDecision.has(name)).map((name) => {
        const { word, symbol, css } = list.decisions[name];
        return cxrElement("button", { type: "button", class: `cxr-chip cxr-${css}`, "data-decision": name,
          "aria-pressed": String(this.filter.decisions.has(name)), onclick: () => this.toggle(name) },
        cxrElement("span", { "aria-hidden": "true" }, symbol), ` ${word} `, cxrElement("b", {}, byDecision.get(name)));
      }));
      if (focused) this.decisions.querySelector(`[data-decision="${focused}"]`)?.focus();
      const byReason = cxrRows.counted(films.flatMap((film) => film.reasons));
      const options = [...byReason].sort((a, b) => b[1] - a[1]);
      const known = options.map(([code, n]) => `${code} ${n}`).join();
      if (known !== this.known) {
        this.known = known;
        this.reason.replaceChildren(cxrElement("option", { value: "" }, cxrWord("Any reason, or none")),
          ...options.map(([code, n]) => cxrElement("option", { value: code }, `${list.reasons[code]} (${n})`)));
        this.reason.value = this.filter.reason;
      }
      this.reason.hidden = options.length === 0;
    }

    tell(shown, all) {
      this.count.textContent = shown === all
        ? (all === 1 ? cxrWord("1 film") : cxrWord("{n} films", { n: all }))
        : cxrWord("{shown} of {all} films", { shown, all });
    }

    link(address) {
      const link = (title, path, attributes) => cxrElement("a", { class: "cxr-button", href: `${address}/${path}`, ...attributes }, title);
      this.saved.replaceChildren(link(cxrWord("Save CSV"), "list.csv", { download: true }), link(cxrWord("Save JSON"), "list.json", { download: true }),
        link(cxrWord("Print or PDF"), "print.html", { target: "_blank", rel: "noopener" }));
    }
  }
  window.CxrTools = CxrTools;
}
