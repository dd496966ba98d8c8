// What is being done in the place of an answer to come, and, when it takes long, that it does and why. The sentence of
// the step is in the fragment; seconds are added here.
{
  const SLOW = 8, SECOND = 1000; // seconds after which a clinic's line or computer is called slow

  customElements.define("cxr-waiting", class extends HTMLElement {
    connectedCallback() {
      const since = Date.now();
      const note = this.appendChild(document.createElement("span"));
      note.className = "cxr-quiet";
      this.timer = setInterval(() => {
        const seconds = Math.round((Date.now() - since) / SECOND);
        if (seconds < 2) return;
        const sentence = seconds < SLOW ? "{seconds} s" : this.slow();
        note.textContent = sentence.replace("{seconds}", seconds);
      }, SECOND);
    }

    slow() {
      return cxrWord("{seconds} s. The line or the computer is slow; nothing is lost. Leave this page open.");
    }

    disconnectedCallback() {
      clearInterval(this.timer);
    }
  });
}
