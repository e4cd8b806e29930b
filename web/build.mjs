// SPDX-License-Identifier: AGPL-3.0-or-later
// node web/build.mjs OUTDIR [--depfile FILE]
// Bundles web/ into files whose names carry their content's hash, each with .gz and .br beside it where that helps, and
// writes OUTDIR/assets.json (logical name, path, type, size, hash). tools/embed_assets.py turns that into C.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const web = dirname(fileURLToPath(import.meta.url));
const TARGET = ["chrome99", "firefox97", "safari15.4"];
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};
const DENSE = new Set([".png", ".woff2"]);
const FONT = /ibm-plex-sans-arabic-(arabic|latin)-(\d+)-normal\.woff2$/;

const esbuild = await import("esbuild").catch(() => {
  console.error("web: the tools are missing; run: npm ci --prefix web");
  process.exit(1);
});

const [outArgument, flag, depfile] = process.argv.slice(2);
if (outArgument === undefined || (flag !== undefined && (flag !== "--depfile" || depfile === undefined))) {
  console.error("usage: node web/build.mjs OUTDIR [--depfile FILE]");
  process.exit(2);
}
const out = resolve(outArgument);
const manifest = join(out, "assets.json");
const inputs = new Set([fileURLToPath(import.meta.url), join(web, "package-lock.json")]);
const assets = [];

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

const write = (name, bytes) => {
  writeFileSync(join(out, name), bytes);
  return { file: name, bytes: bytes.length };
};

/* Write one asset and return its hashed file name. */
const add = (name, content) => {
  const bytes = Buffer.from(content);
  const hash = sha256(bytes);
  const ext = extname(name);
  const file = `${basename(name, ext)}.${hash.slice(0, 10)}${ext}`;
  const asset = { name, path: `/assets/${file}`, type: TYPES[ext], sha256: hash, immutable: true, ...write(file, bytes) };

  if (!DENSE.has(ext)) {
    const gzip = gzipSync(bytes, { level: 9 });
    gzip[9] = 255; // the same bytes on every system
    asset.gzip = write(`${file}.gz`, gzip);
    asset.brotli = write(`${file}.br`, brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }));
  }
  assets.push(asset);
  return file;
};

const read = (path) => {
  inputs.add(path);
  return readFileSync(path);
};

const fonts = {
  name: "fonts",
  setup(build) {
    build.onResolve({ filter: FONT }, ({ path, resolveDir }) => {
      const [, script, weight] = FONT.exec(path);
      return { path: `./${add(`${script}-${weight}.woff2`, read(resolve(resolveDir, path)))}`, external: true };
    });
  },
};

const bundle = async (name, entry, options = {}) => {
  const result = await esbuild.build({
    entryPoints: [join(web, entry)],
    absWorkingDir: web,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    charset: "utf8",
    legalComments: "none",
    target: TARGET,
    logLevel: "warning",
    ...options,
  });

  Object.keys(result.metafile.inputs).forEach((path) => inputs.add(join(web, path)));
  add(name, result.outputFiles[0].contents);
};

/* What an earlier build wrote here goes first, so that nothing old is embedded or served. */
const clean = () => {
  mkdirSync(out, { recursive: true });
  if (!existsSync(manifest))
    return;
  for (const { file } of JSON.parse(readFileSync(manifest, "utf8")).assets)
    for (const suffix of ["", ".gz", ".br"])
      rmSync(join(out, file + suffix), { force: true });
};

clean();
await bundle("app.css", "css/app.css", { plugins: [fonts] });
await bundle("app.js", "ts/app.ts");
await bundle("staff.js", "ts/staff.ts");

const app = JSON.parse(read(join(web, "app/manifest.webmanifest")));
const named = new Map();
for (const name of ["favicon.svg", "icon-180.png", "icon-192.png", "icon-512.png", "icon-maskable-512.png"])
  named.set(name, add(name, read(join(web, "app", name))));
app.icons.forEach((icon) => { icon.src = named.get(icon.src); });
add("manifest.webmanifest", JSON.stringify(app));

assets.sort((a, b) => (a.path < b.path ? -1 : 1));
writeFileSync(manifest, `${JSON.stringify({ assets }, null, 1)}\n`);
if (depfile !== undefined) {
  const escape = (path) => path.replaceAll(" ", "\\ ");
  writeFileSync(depfile, `${escape(relative(process.cwd(), manifest))}: ${[...inputs].sort().map(escape).join(" ")}\n`);
}
for (const { name, bytes, gzip, brotli } of assets)
  console.log(`${name.padEnd(24)} ${String(bytes).padStart(7)}  gzip ${gzip?.bytes ?? "-"}  brotli ${brotli?.bytes ?? "-"}`);
