// Sentences of the page's scripts, in the language of the page: cxrWord("{n} films", {n: 3}). The English sentence is
// the key; what window.cxrWords does not hold stays English.
window.cxrWord = (sentence, values = {}) =>
  (window.cxrWords?.[sentence] ?? sentence).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
