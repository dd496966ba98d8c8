// <cxr-vote token="…">: which of two answers reads better, in one tap; then the models' names, and a way back.
{
  class CxrVote extends HTMLElement {
    static observedAttributes = ["token"];

    // Gradio may reuse the element for the next film: nothing of the last one is to stay.
    attributeChangedCallback(name, before, token) {
      if (this.begun && before !== token) this.begin();
    }

    connectedCallback() {
      if (this.begun) return;
      this.begun = true;
      this.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button?.dataset.preferred) this.vote(button.dataset.preferred);
        else if (button?.matches(".cxr-undo")) this.ask("DELETE");
      });
      this.begin();
    }

    begin() {
      this.preferred = "";
      this.order = Promise.resolve();
      this.ask("GET");
    }

    vote(preferred) {
      if (this.preferred === preferred) return;
      if (this.preferred) this.ask("DELETE"); // another tap changes the vote
      this.ask("POST", { preferred });
    }

    ask(method, body) {
      const token = this.getAttribute("token");
      this.order = this.order.then(async () => {
        try {
          const found = await cxrAsk(`cxr/vote/${token}`, method, body);
          if (token === this.getAttribute("token")) this.show(found, method);
        } catch (error) {
          if (method !== "GET") this.tell(error.message, true);
        }
      });
    }

    show({ preferred = "", models = [] }, method) {
      this.preferred = preferred;
      for (const button of this.querySelectorAll("[data-preferred]"))
        button.setAttribute("aria-pressed", String(button.dataset.preferred === preferred));
      const letters = Object.fromEntries(models.map((model) => [model.letter, model]));
      for (const place of this.closest(".cxr-compared")?.querySelectorAll(".cxr-revealed") ?? []) {
        const model = letters[place.dataset.letter];
        place.hidden = model === undefined;
        place.replaceChildren();
        if (model) place.append(cxrElement("b", {}, model.name), " ", model.sentence);
      }
      if (preferred) this.tell(cxrWord("Counted. Above each answer you now see which model gave it."), false, true);
      else this.tell(method === "DELETE" ? cxrWord("Taken back. The names are known to you now; vote again, or take the next film.") : "");
      if (method !== "GET") document.getElementById("recount-votes")?.click(); // the table of votes is Gradio's
    }

    tell(sentence, problem = false, undo = false) {
      const line = this.querySelector(".cxr-said-now");
      line.classList.toggle("cxr-problem", problem);
      if (!sentence) return line.replaceChildren();
      line.replaceChildren(cxrElement("span", { "aria-hidden": "true" }, problem ? "! " : undo ? "✓ " : ""), sentence);
      if (undo) line.append(" ", cxrElement("button", { type: "button", class: "cxr-button cxr-undo" }, cxrWord("Undo")));
    }
  }
  customElements.define("cxr-vote", CxrVote);
}
