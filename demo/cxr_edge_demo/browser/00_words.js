// Sentences of the scripts, in the language of the page; the values stand in braces: {n}. The English sentence is
// the key; what window.cxrWords does not hold stays English.
window.cxrWord = (sentence, values = {}) =>
  (window.cxrWords?.[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
