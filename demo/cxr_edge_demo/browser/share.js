// <cxr-share src="cxr/share.json">: asks anew each time its tab is opened, and stops the demo at one press.
{
  class CxrShare extends HTMLElement {
    connectedCallback() {
      if (this.begun) return;
      this.begun = true;
      this.addEventListener("click", (event) => { if (event.target.closest(".cxr-stop")) this.stop(); });
      new IntersectionObserver(([seen]) => { if (seen.isIntersecting && !this.stopped) this.ask(); }).observe(this);
    }

    async ask() {
      try {
        const { page } = await cxrAsk(this.getAttribute("src"));
        this.innerHTML = page; // drawn by the server's templates, which escape
        for (const time of this.querySelectorAll("time"))
          time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang || undefined, { dateStyle: "long", timeStyle: "short" });
      } catch (error) {
        this.replaceChildren(cxrSentence(error.message, true));
      }
    }

    async stop() {
      if (!confirm(cxrWord("Stop the demo for everybody? Films in memory are forgotten; feedback stays."))) return;
      try {
        await cxrAsk("cxr/stop", "POST", { stop: true });
        this.stopped = true;
        this.replaceChildren(cxrElement("p", { class: "cxr-done", role: "status" }, cxrElement("span", { "aria-hidden": "true" }, "✓ "),
          cxrWord("The demo has stopped, and nobody reaches it any more. To start it again, run cxr-edge demo.")));
      } catch (error) {
        const line = this.querySelector(".cxr-said-now");
        line.classList.add("cxr-problem");
        line.textContent = error.message;
      }
    }
  }
  customElements.define("cxr-share", CxrShare);
}
