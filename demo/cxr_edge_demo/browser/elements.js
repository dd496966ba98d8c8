// What the page's own elements share: an element in one line, and a question to the server in one line.
{
  // cxrElement("p", { class: "x", hidden: true, onclick: f }, "text", other): text is text, never HTML.
  window.cxrElement = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  // The answer's values; a refusal is thrown as an Error with a sentence and the status (0: nobody answered).
  window.cxrAsk = async (address, method = "GET", body = undefined) => {
    const refused = (sentence, status) => Object.assign(new Error(sentence), { status });
    let answer;
    try {
      answer = await fetch(address, {
        method,
        headers: body === undefined ? {} : { "content-type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch {
      throw refused(cxrWord("The server does not answer. Check that the demo still runs, and try again."), 0);
    }
    const values = await answer.json().catch(() => ({}));
    if (answer.ok) return values;
    const sentence = typeof values.detail === "string" ? values.detail : cxrWord("Something went wrong here. Try again.");
    throw refused(sentence, answer.status);
  };

  // A sentence in the place of something; `problem` marks it for eyes and for screen readers.
  window.cxrSentence = (sentence, problem = false) =>
    cxrElement("p", problem ? { class: "cxr-problem", role: "alert" } : { class: "cxr-quiet" },
      problem ? cxrElement("span", { "aria-hidden": "true" }, "! ") : null, sentence);
}
