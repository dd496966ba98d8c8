// A film as the server describes it, with its levels and smaller copies of them to be drawn from when zoomed out.
{
  const SMALLEST = 256; // pixels of the longer side, below which no smaller copy is made

  const halved = ({ width, height, levels }) => {
    const w = Math.ceil(width / 2);
    const h = Math.ceil(height / 2);
    const small = new levels.constructor(w * h);
    for (let y = 0; y < h; y++) {
      const upper = 2 * y * width;
      const lower = Math.min(2 * y + 1, height - 1) * width;
      for (let x = 0; x < w; x++) {
        const left = 2 * x;
        const right = Math.min(left + 1, width - 1);
        small[y * w + x] =
          (levels[upper + left] + levels[upper + right] + levels[lower + left] + levels[lower + right] + 2) >> 2;
      }
    }
    return { width: w, height: h, levels: small };
  };

  // An answer of the server, or an error whose message is for people.
  const ask = async (address, signal) => {
    let answer;
    try {
      answer = await fetch(address, { signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Error(cxrWord("The film did not arrive. Check the connection and try again."));
    }
    if (answer.ok) return answer;
    if (answer.status === 401) throw new Error(cxrWord("You are no longer signed in. Load this page again."));
    const { detail } = await answer.json().catch(() => ({}));
    throw new Error(
      typeof detail === "string" ? detail : cxrWord("The film could not be shown. Send it again."),
    );
  };

  // The body of an answer; `progress` hears the share that has arrived, 0…1.
  const bodyOf = async (answer, progress) => {
    const length = Number(answer.headers.get("content-length"));
    const chunks = [];
    let got = 0;
    for (const reader = answer.body.getReader(); ; ) {
      const { done, value } = await reader.read().catch((error) => {
        if (error.name === "AbortError") throw error;
        throw new Error(cxrWord("The film did not arrive. Check the connection and try again."));
      });
      if (done) break;
      chunks.push(value);
      got += value.length;
      if (length) progress(Math.min(1, got / length));
    }
    return new Uint8Array(await new Blob(chunks).arrayBuffer());
  };

  class Film {
    constructor(facts, picture, wash) {
      Object.assign(this, { facts, wash, width: picture.width, height: picture.height });
      this.copies = [picture]; // each half as large as the one before
      for (let last = picture; Math.max(last.width, last.height) > SMALLEST; ) {
        this.copies.push((last = halved(last)));
      }
    }

    static async load(address, signal, progress) {
      const facts = await (await ask(address, signal)).json();
      const base = new URL(address, document.baseURI);
      const root = base.href.slice(0, base.href.indexOf("cxr/film/"));
      const wash = facts.wash ? Film.wash(new URL(facts.wash, root).href) : null;
      const bytes = await bodyOf(await ask(new URL(facts.pixels, root).href, signal), progress);
      return new Film(facts, await cxrViewer.decodePng(bytes), await wash);
    }

    static wash(address) {
      return new Promise((resolve) => {
        const image = new Image();
        image.onload = () => resolve(image);
        image.onerror = () => resolve(null); // contours say the same
        image.src = address;
      });
    }
  }

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { Film });
}
