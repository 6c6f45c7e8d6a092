// SPDX-License-Identifier: Apache-2.0
// Bundles the page into build/web: index.html and hashed files in assets/.
import * as esbuild from "esbuild";
import fs from "node:fs";
import path from "node:path";

const out = path.resolve("../../build/web");

fs.rmSync(out, { recursive: true, force: true });
const { metafile } = await esbuild.build({
    entryPoints: ["src/main.js", "src/style.css"],
    bundle: true,
    minify: true,
    format: "esm",
    target: ["chrome109", "firefox115", "safari16"],
    legalComments: "linked",
    entryNames: "assets/[name]-[hash]",
    outdir: out,
    metafile: true,
    logLevel: "warning",
});

let page = fs.readFileSync("src/index.html", "utf8");
for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint) page = page.replace(`/${entryPoint.replace("src/", "")}"`, `/${path.relative(out, path.resolve(file))}"`);
}
fs.writeFileSync(path.join(out, "index.html"), page);
fs.copyFileSync("src/icon.svg", path.join(out, "icon.svg"));
