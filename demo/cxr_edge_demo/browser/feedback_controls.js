// <cxr-feedback token="…">: one tap says what a film shows, another takes it back. The server's template draws it.
{
  const viewersOf = (token) =>
    [...document.querySelectorAll("cxr-viewer")].filter((viewer) => (viewer.getAttribute("src") ?? "").includes(token));

  class CxrFeedback extends HTMLElement {
    static observedAttributes = ["token"];

    // Gradio may reuse the element for the next film: nothing of the last one is to stay.
    attributeChangedCallback(name, before, token) {
      if (this.begun && before !== token) this.begin();
    }

    connectedCallback() {
      if (this.begun) return;
      this.begun = true;
      this.addEventListener("click", (event) => this.tapped(event.target.closest("button")));
      this.addEventListener("input", () => { this.touched = true; });
      this.begin();
    }

    begin() {
      this.said = {};
      this.places = [];
      this.touched = false;
      this.order = Promise.resolve(); // taps are written one after the other
      this.ask("GET");
    }

    get address() { return `cxr/said/${this.getAttribute("token")}`; }

    tapped(button) {
      if (button === null) return;
      if (button.dataset.diagnosis) this.say(button.dataset.diagnosis);
      else if (button.matches(".cxr-undo")) this.ask("DELETE");
      else if (button.matches(".cxr-save")) this.save();
      else if (button.matches(".cxr-here")) this.draw();
      else if (button.matches(".cxr-no-places")) this.setPlaces([]);
    }

    say(diagnosis) {
      this.ask("POST", {
        diagnosis,
        comment: this.querySelector("textarea").value,
        keep: this.querySelector("input").checked,
        places: this.places,
      });
    }

    save() {
      if (this.said.diagnosis) this.say(this.said.diagnosis);
      else this.tell(cxrWord("Say first what the film shows: tap one of the four."), true);
    }

    draw() {
      const [viewer] = viewersOf(this.getAttribute("token"));
      if (viewer?.drawPlace) {
        viewer.scrollIntoView({ block: "nearest" });
        viewer.drawPlace();
      } else this.tell(cxrWord("The film is not on this page."), true);
    }

    setPlaces(places) {
      this.places = places;
      this.showPlaces();
      if (this.said.diagnosis) this.say(this.said.diagnosis);
    }

    ask(method, body) {
      const { address } = this;
      this.order = this.order.then(async () => {
        try {
          const said = await cxrAsk(address, method, body);
          if (address !== this.address) return; // the answer is about the film before
          const undone = method === "DELETE";
          this.said = said;
          if (said.diagnosis || undone) this.places = said.places ?? [];
          this.show(undone, method === "GET");
        } catch (error) {
          if (method !== "GET") this.tell(error.message, true);
        }
      });
      return this.order;
    }

    show(undone, onlyAsked) {
      for (const button of this.querySelectorAll("[data-diagnosis]"))
        button.setAttribute("aria-pressed", String(button.dataset.diagnosis === this.said.diagnosis));
      if (this.said.diagnosis && (onlyAsked || !this.touched)) {
        this.querySelector("textarea").value = this.said.comment;
        this.querySelector("input").checked = this.said.keep;
      }
      if (undone) {
        this.querySelector("textarea").value = "";
        this.querySelector("input").checked = false;
      }
      this.touched = false;
      this.showPlaces();
      if (this.said.diagnosis) this.tell(cxrWord("Saved. Thank you."), false, true);
      else this.tell(undone ? cxrWord("Taken back. Nothing is saved of it.") : "");
    }

    showPlaces() {
      for (const viewer of viewersOf(this.getAttribute("token"))) viewer.places = this.places;
      const n = this.places.length;
      this.querySelector(".cxr-no-places").hidden = n === 0;
      const waits = n && !this.said.diagnosis ? ` ${cxrWord("They are saved with your answer.")}` : "";
      this.querySelector(".cxr-places").textContent =
        n === 0 ? "" : (n === 1 ? cxrWord("1 place drawn.") : cxrWord("{n} places drawn.", { n })) + waits;
    }

    tell(sentence, problem = false, undo = false) {
      const line = this.querySelector(".cxr-said-now");
      line.classList.toggle("cxr-problem", problem);
      if (!sentence) return line.replaceChildren();
      const mark = problem ? "! " : undo ? "✓ " : "";
      line.replaceChildren(cxrElement("span", { "aria-hidden": "true" }, mark), sentence);
      if (undo) line.append(" ", cxrElement("button", { type: "button", class: "cxr-button cxr-undo" }, cxrWord("Undo")));
    }
  }
  customElements.define("cxr-feedback", CxrFeedback);

  document.addEventListener("cxr-place", (event) => {
    const src = event.target.getAttribute?.("src") ?? "";
    for (const feedback of document.querySelectorAll("cxr-feedback")) {
      if (!src.includes(feedback.getAttribute("token"))) continue;
      const { x, y, width, height } = event.detail;
      feedback.setPlaces([...feedback.places, { x, y, width, height }]);
      feedback.querySelector(".cxr-more").open = true;
    }
  });
}
