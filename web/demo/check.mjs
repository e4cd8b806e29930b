// SPDX-License-Identifier: AGPL-3.0-or-later
// node web/demo/check.mjs [--no-pictures] [PAGE …]
// Opens every demonstration page in Arabic and English, at 360 and 1280 pixels, light and dark: axe, horizontal scroll,
// size of targets, valid HTML, nothing that the policy refuses, budgets. Then the vocabulary of docs/markup.md against the stylesheet,
// and what the scripts do. Pictures go to web/demo/out/.

import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HtmlValidate } from "html-validate";
import { launch } from "./browser.mjs";
import { behaviours } from "./behaviours.mjs";
import { languages, names, render } from "./pages.mjs";
import { serve } from "./server.mjs";
import { vocabulary } from "./vocabulary.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const pictures = join(here, "out");
const wanted = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const draw = !process.argv.includes("--no-pictures");
const faults = [];
const html = new HtmlValidate({
  extends: ["html-validate:recommended"],
  elements: ["html5", {
    "sawt-search": { flow: true, permittedContent: ["@flow"] },
    "sawt-actions": { flow: true, permittedContent: ["@flow"] },
    "sawt-keys": { flow: true, permittedContent: ["@flow"] },
  }],
  rules: { "no-implicit-button-type": "off", "no-trailing-whitespace": "off", "long-title": "off", "require-sri": "off" },
});

/* Runs in the page. Links inside sentences are exempt, as in WCAG 2.5.8. */
const smallTargets = (smallest) => [...document.querySelectorAll("main :is(a, button, input, select, textarea, summary)")]
  .filter((target) => target.offsetParent !== null && !target.closest(".choice, .scale, .vh, sawt-keys label"))
  .filter((target) => getComputedStyle(target).display !== "inline")
  .filter((target) => target.getBoundingClientRect().height < smallest - 0.5)
  .map((target) => `${target.tagName} ${target.className || target.textContent.trim().slice(0, 20)} ${target.getBoundingClientRect().height}`);

const overflow = () => document.documentElement.scrollWidth - document.documentElement.clientWidth;

mkdirSync(pictures, { recursive: true });
const server = await serve();
const browser = await launch();
const page = await browser.newPage();
let where = "";
page.on("console", (message) => message.type() === "error" && faults.push(`${where}: ${message.text()}`));
page.on("pageerror", (error) => faults.push(`${where}: ${error.message}`));

for (const name of wanted.length > 0 ? wanted : names)
  for (const lang of languages)
    for (const width of [360, 1280])
      for (const colorScheme of ["light", "dark"]) {
        where = `${name}-${lang}-${width}-${colorScheme}`;
        await page.setViewportSize({ width, height: 800 });
        await page.emulateMedia({ colorScheme });
        await page.goto(`${server.origin}/${lang}/${name}`, { waitUntil: "load" });
        await page.evaluate(() => document.fonts.ready);
        if (draw)
          await page.screenshot({ path: join(pictures, `${where}.png`), fullPage: true });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run());
        for (const { id, nodes } of violations)
          faults.push(`${where}: axe ${id}: ${nodes.map(({ html: text, any }) => `${text.slice(0, 90)} ${any[0]?.message ?? ""}`).join(" | ")}`);
        if (await page.evaluate(overflow) > 0)
          faults.push(`${where}: scrolls sideways`);
        const staff = await page.evaluate(() => document.body.className === "staff");
        for (const target of await page.evaluate(smallTargets, staff ? 32 : 48))
          faults.push(`${where}: small target ${target}`);
      }

for (const name of names)
  for (const lang of languages) {
    const report = await html.validateString(render(name, lang, { }));
    for (const { messages } of report.results)
      for (const { ruleId, message, line } of messages)
        faults.push(`${name}-${lang}:${line}: ${ruleId}: ${message}`);
  }

faults.push(...vocabulary());
const sizes = Object.fromEntries(JSON.parse(readFileSync(join(here, "../out/assets.json"), "utf8")).assets
  .filter(({ gzip }) => gzip !== undefined).map(({ name, gzip }) => [name, gzip.bytes]));
if (sizes["app.css"] > 12288)
  faults.push(`app.css: ${sizes["app.css"]} bytes gzip, the limit is 12288`);
if (sizes["app.js"] + sizes["staff.js"] > 15360)
  faults.push(`scripts: ${sizes["app.js"] + sizes["staff.js"]} bytes gzip, the limit is 15360`);
where = "behaviours";
if (wanted.length === 0)
  faults.push(...await behaviours(browser, server));
await browser.close();
server.close();
[...new Set(faults)].forEach((fault) => console.error(fault));
console.log(faults.length === 0 ? `ok: ${names.length} pages × 8` : `${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
