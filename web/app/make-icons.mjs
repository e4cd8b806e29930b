// SPDX-License-Identifier: AGPL-3.0-or-later
// node web/app/make-icons.mjs: draws the PNG icons again from favicon.svg. The PNG files are committed; run this after
// the mark has changed. Needs Chromium (SAWT_CHROMIUM, else /usr/bin/chromium).

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../demo/browser.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const mark = readFileSync(join(here, "favicon.svg"), "utf8");
// A launcher may cut the corners off: full ground, the letter inside the safe circle.
const full = mark.replace(' rx="7"', "").replace("<path", '<path transform="translate(16 16) scale(.8) translate(-16 -16)"');
const ICONS = [["icon-180", 180, full], ["icon-192", 192, mark], ["icon-512", 512, mark], ["icon-maskable-512", 512, full]];

const browser = await launch();
const page = await browser.newPage();
for (const [name, size, svg] of ICONS) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(`<body style="margin:0">${svg.replace("<svg", `<svg width="${size}" height="${size}" style="display:block"`)}`);
  await page.screenshot({ path: join(here, `${name}.png`), omitBackground: true });
}
await browser.close();
