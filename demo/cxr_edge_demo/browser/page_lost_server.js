// A server that answers no more is said to be lost, and said to be back. An open page asks for a word now and then; while
// it is lost, more often.
{
  const CALM = 10000, LOST = 2000, PATIENCE = 6000; // ms between questions, and until an answer counts as none
  let banner = null, failures = 0;

  async function answers() {
    try {
      return (await fetch("cxr/alive", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) })).ok;
    } catch {
      return false;
    }
  }

  function say(sentence) {
    banner ??= Object.assign(document.createElement("p"), { className: "cxr-lost" });
    banner.setAttribute("role", "alert");
    banner.textContent = sentence;
    document.body.append(banner);
  }

  async function look() {
    const alive = await answers();
    failures = alive ? 0 : failures + 1;
    if (failures === 2) say(cxrWord("The demo's server does not answer. It may have been stopped, or the network is gone. This page keeps trying."));
    if (alive && banner) {
      banner.remove();
      banner = null;
      document.dispatchEvent(new CustomEvent("cxr-found-again"));
    }
    setTimeout(look, failures ? LOST : CALM);
  }

  setTimeout(look, CALM);
  addEventListener("offline", () => look());
}
