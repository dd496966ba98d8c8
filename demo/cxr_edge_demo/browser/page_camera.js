// The camera of a phone: a photograph goes the way of a dropped film, and is marked, so that its answer says what it costs.
customElements.define("cxr-camera", class extends HTMLElement {
  connectedCallback() {
    this.hidden = !matchMedia("(pointer: coarse)").matches; // a desktop would open its folder of files
    this.addEventListener("change", ({ target }) => {
      if (!target.files.length) return;
      const detail = { place: this.getAttribute("for"), films: target.files };
      document.dispatchEvent(new CustomEvent("cxr-photographed", { detail }));
      target.value = "";
    });
  }
});
