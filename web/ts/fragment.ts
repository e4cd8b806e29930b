// SPDX-License-Identifier: AGPL-3.0-or-later
// A piece of a page from our own server, rebuilt from a short list of what may be in it: whatever else the text
// holds is dropped, so that a mistake of the server's escaping does not become a script.

const TAGS = new Set("ul ol li a button p span strong mark bdi small input label div h3 fieldset legend select option textarea".split(" "));
const NAMES = new Set((
  "class href type name value id for dir lang rows maxlength inputmode autocomplete checked selected " +
  "aria-describedby data-value data-label"
).split(" "));

interface Policy { createHTML(text: string): string }
declare global {
  interface Window { trustedTypes?: { createPolicy(name: string, rules: Policy): Policy } }
}

let policy: Policy | undefined;
try {
  policy = window.trustedTypes?.createPolicy("sawt", { createHTML: (text) => text });
} catch {
  // the page's policy does not know the name; then it does not ask for one either
}

const allowed = (name: string, value: string): boolean =>
  NAMES.has(name) && (name !== "href" || /^\/(?![/\\])/.test(value));

const rebuild = (from: Node, to: Node): void => {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.appendChild(document.createTextNode(node.nodeValue ?? ""));
    } else if (node instanceof Element && TAGS.has(node.localName)) {
      const made = document.createElement(node.localName);

      for (const { name, value } of node.attributes)
        if (allowed(name, value))
          made.setAttribute(name, value);
      rebuild(node, made);
      to.appendChild(made);
    }
  }
};

export const parseFragment = (text: string): DocumentFragment => {
  const parsed = new DOMParser().parseFromString(policy?.createHTML(text) ?? text, "text/html");
  const made = document.createDocumentFragment();

  rebuild(parsed.body, made);
  return made;
};
