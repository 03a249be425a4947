// SPDX-License-Identifier: AGPL-3.0-or-later
//
// Builds what the pages need into dist/, which the binary embeds: one style sheet cut down
// to what the templates use, one script, the fonts, and a sprite of the icons used.
// Every file name carries a hash of its content; manifest.json leads from plain to hashed.
import { build, transform } from "esbuild";
import { PurgeCSS } from "purgecss";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, basename, extname } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const kit = join(here, "node_modules", "bootstrap-italia", "dist");
const manifest = {};

/** Writes one asset under its hashed name and notes it. */
async function emit(name, data) {
  const hash = createHash("sha256").update(data).digest("hex").slice(0, 12);
  const ext = extname(name);
  const hashed = `${basename(name, ext)}.${hash}${ext}`;
  await writeFile(join(dist, hashed), data);
  manifest[name] = hashed;
  return hashed;
}

/** Everything that may name a class or an icon. */
async function sources() {
  const web = join(here, "..");
  const files = [];
  for (const [folder, ext] of [["templates", ".html"], ["templates/part", ".html"], [".", ".go"], ["ui/src", ".js"]]) {
    const names = await readdir(join(web, folder)).catch(() => []);
    for (const n of names.sort()) {
      if (n.endsWith(ext) && !n.endsWith("_test.go")) files.push(join(web, folder, n));
    }
  }
  return Promise.all(files.map((f) => readFile(f, "utf8")));
}

/** The fonts of the kit: its style sheet names the family but has no @font-face of its own. */
async function fonts() {
  const faces = [];
  for (const [weight, file] of [[400, "regular"], [600, "600"], [700, "700"]]) {
    const data = await readFile(join(kit, "fonts", "Titillium_Web", `titillium-web-v10-latin-ext_latin-${file}.woff2`));
    const name = await emit(`titillium-${weight}.woff2`, data);
    faces.push(`@font-face{font-family:"Titillium Web";font-style:normal;font-weight:${weight};font-display:swap;src:url("${name}") format("woff2")}`);
  }
  return faces.join("\n");
}

/** Kit and own rules, without what no template uses and without the kit's embedded player font. */
async function styles(texts) {
  const faces = await fonts();
  let kitCSS = await readFile(join(kit, "css", "bootstrap-italia.min.css"), "utf8");
  kitCSS = kitCSS.replace(/@font-face\s*\{[^}]*\}/g, "").replace(/\/\*#[^*]*\*\//g, "");
  const own = await readFile(join(here, "src", "satis.css"), "utf8");
  const [cut] = await new PurgeCSS().purge({
    content: texts.map((raw) => ({ raw, extension: "html" })),
    css: [{ raw: kitCSS }],
    defaultExtractor: (t) => t.match(/[\w-]+/g) ?? [],
    safelist: ["html", "body", "show", "active", "disabled", "is-invalid"],
    // A selector is dropped too where the templates never use its variant of a component.
    blocklist: [/^vjs/, /^video-js/, /^splide/, /^swiper/, /^autocomplete/],
    keyframes: true,
    variables: true,
  });
  const out = await transform(`${faces}\n${cut.css}\n${own}`, { loader: "css", minify: true, target: ["chrome109", "firefox115", "safari16"] });
  await emit("app.css", out.code);
}

async function script() {
  const out = await build({
    entryPoints: [join(here, "src", "app.js")],
    bundle: true, minify: true, write: false, format: "iife", target: ["chrome109", "firefox115", "safari16"], legalComments: "none",
  });
  await emit("app.js", out.outputFiles[0].contents);
}

/** Only the symbols that a template or a Go file names. */
async function icons(texts) {
  const sprite = await readFile(join(kit, "svg", "sprites.svg"), "utf8");
  const wanted = new Set(texts.flatMap((t) => t.match(/\bit-[a-z0-9-]+/g) ?? []));
  const symbols = sprite.match(/<symbol[\s\S]*?<\/symbol>/g) ?? [];
  const used = symbols.filter((s) => wanted.has(s.match(/id="([^"]+)"/)?.[1]));
  await emit("icons.svg", `<svg xmlns="http://www.w3.org/2000/svg">${used.join("")}</svg>`);
}

await mkdir(dist, { recursive: true });
for (const n of await readdir(dist)) if (n !== ".keep") await rm(join(dist, n), { recursive: true });
const texts = await sources();
await Promise.all([styles(texts), script(), icons(texts)]);
const sorted = Object.fromEntries(Object.keys(manifest).sort().map((k) => [k, manifest[k]]));
await writeFile(join(dist, "manifest.json"), JSON.stringify(sorted, null, 2) + "\n");
