// SPDX-License-Identifier: AGPL-3.0-or-later
// docs/markup.md, the stylesheet and the demonstration must speak of the same classes and icons.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { languages, names, render } from "./pages.mjs";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const UNSTYLED = new Set(["results", "help", "fate", "search", "desk-caller", "desk-form", "desk-side", "newer",
  "figure-label", "message", "mark", "emergency", "result-title"]);
// In the files of the icons, or made by the scripts
const ELSEWHERE = new Set(["icon", "mirror", "count-line", "over", "chosen"]);

const classesIn = (text) => new Set([...text.matchAll(/class="([^"]*)"/g)].flatMap(([, list]) => list.split(/\s+/)).filter(Boolean));

export const vocabulary = () => {
  const faults = [];
  const manual = readFileSync(join(web, "../docs/markup.md"), "utf8");
  const css = readdirSync(join(web, "css")).map((file) => readFileSync(join(web, "css", file), "utf8")).join("\n");
  const styled = new Set([...css.replace(/"[^"]*"/g, "").matchAll(/\.([a-z][\w-]*)/g)].map(([, name]) => name));
  const documented = classesIn(manual);
  const shown = classesIn(names.map((name) => render(name, languages[0], {})).join("\n"));
  const codes = new Set([...manual.matchAll(/`([^`\n]+)`/g)].flatMap(([, code]) => code.split(/[\s,]+/)));

  for (const name of documented)
    if (!styled.has(name) && !UNSTYLED.has(name))
      faults.push(`markup.md: class ${name} has no style`);
  for (const name of styled)
    if (!documented.has(name) && !codes.has(name) && !ELSEWHERE.has(name) && !["css", "woff2"].includes(name))
      faults.push(`css: class ${name} is not in markup.md`);
  for (const name of shown)
    if (!documented.has(name) && !codes.has(name) && !ELSEWHERE.has(name))
      faults.push(`demo: class ${name} is not in markup.md`);
  for (const name of documented)
    if (!shown.has(name))
      faults.push(`demo: class ${name} is not shown`);
  for (const [, name] of manual.matchAll(/\{\{icon "([\w-]+)"\}\}/g))
    if (name !== "name" && !existsSync(join(web, "icons", `${name}.svg`)))
      faults.push(`markup.md: icon ${name} is missing`);
  return faults;
};
