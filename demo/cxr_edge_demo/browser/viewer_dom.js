// Elements of the viewer, made without writing HTML.
{
  // An element with attributes (those with `on` are listeners) and children.
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  window.cxrViewer = Object.assign(window.cxrViewer ?? {}, { make });
}
