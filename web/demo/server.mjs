// SPDX-License-Identifier: AGPL-3.0-or-later
// Serves the demonstration pages under the policy of the real ones, with the few answers that the scripts ask for.
// By itself: node web/demo/server.mjs, after node web/build.mjs web/out

import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { names, render } from "./pages.mjs";

const out = join(dirname(fileURLToPath(import.meta.url)), "../out");
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
  + "manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
  + "require-trusted-types-for 'script'; trusted-types sawt";

/* A hostile piece stands in the fragment: the parser must drop it. */
const suggest = (q) => `<ul class="results">
<li><button type="button" class="result" data-value="12" data-label="سلطة المياه" onclick="hostile()"><span class="result-title">سلطة المياه</span><span class="result-meta">${q}</span></button></li>
<li><a class="result" href="javascript:hostile()"><span class="result-title">x</span></a></li></ul>
<script>hostile()</script><img src="/x" onerror="hostile()"><style>*{display:none}</style>`;

export const serve = async (port = 0) => {
  const list = JSON.parse(readFileSync(join(out, "assets.json"), "utf8")).assets;
  const assets = Object.fromEntries(list.map(({ name, path }) => [name, path]));
  const posts = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const asset = list.find(({ path }) => path === url.pathname);
    const [, lang, name] = /^\/(ar|en)\/([\w-]+)$/.exec(url.pathname) ?? [];
    const send = (status, type, body) => {
      response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": POLICY });
      response.end(body);
    };
    let body = "";

    for await (const piece of request)
      body += piece;
    if (request.method === "POST")
      posts.push({ path: url.pathname, body });
    if (asset !== undefined)
      send(200, asset.type, readFileSync(join(out, asset.file)));
    else if (names.includes(name))
      send(200, "text/html; charset=utf-8", render(name, lang, assets));
    else if (url.pathname === "/find/suggest")
      send(200, "text/html; charset=utf-8", suggest(url.searchParams.get("q")));
    else
      send(url.pathname === "/draft" || url.pathname === "/sent" ? 204 : 404, "text/plain");
  });

  await new Promise((ready) => { server.listen(port, "127.0.0.1", ready); });
  return { origin: `http://localhost:${server.address().port}`, posts, close: () => server.close() };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { origin } = await serve(8090);
  names.forEach((name) => console.log(`${origin}/ar/${name}`));
}
