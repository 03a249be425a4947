// SPDX-License-Identifier: BSD-3-Clause

// Makes one file of the plugin, which is what a host starts: Node itself with the program
// inside (a "single executable application"). Everything is in it, because a plugin in the
// jail has no files to read. It writes dist/<id of the plugin>.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
// Where the .proto files of the contract are; beside this example in the source of SATIS.
const contract = process.env.SATIS_PROTO ?? join(here, "..", "..", "proto");
if (!existsSync(join(contract, "satis", "plugin", "v1", "plugin.proto"))) {
  console.error(`No proto files of SATIS in ${contract}: build inside its source tree, or set SATIS_PROTO to its folder sdk/proto.`);
  process.exit(1);
}
const require = createRequire(createRequire(import.meta.url).resolve("@grpc/proto-loader"));
const protobuf = require("protobufjs");

mkdirSync(dist, { recursive: true });
const root = new protobuf.Root();
root.resolvePath = (_, path) => (path.startsWith("satis/") ? join(contract, path) : path);
root.loadSync([join(here, "lib", "health.proto"), "satis/plugin/v1/plugin.proto", "satis/plugin/v1/subsidy.proto"], { keepCase: true });
writeFileSync(join(dist, "contract.json"), JSON.stringify(root.toJSON()));
// plugin.yaml is written as JSON, which is YAML too: no second parser, no second copy.
const manifest = JSON.parse(readFileSync(join(here, "plugin.yaml"), "utf8"));
writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest));

await build({ entryPoints: [join(here, "main.mjs")], bundle: true, platform: "node", format: "cjs", target: "node20", minify: true, legalComments: "none", outfile: join(dist, "main.cjs") });

// The Node that goes in is the one of package-lock.json, where npm has it for this machine:
// the plugin is then the same whoever builds it.
const pinned = join(here, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
const node = existsSync(pinned) ? pinned : process.execPath;
const blob = join(dist, "main.blob");
const config = join(dist, "sea.json");
// Relative names: where the folder lies must not change the bytes of the plugin.
writeFileSync(config, JSON.stringify({ main: "dist/main.cjs", output: "dist/main.blob", disableExperimentalSEAWarning: true }));
execFileSync(node, ["--experimental-sea-config", config], { cwd: here, stdio: ["ignore", "ignore", "pipe"] });

// Node reads OpenSSL's configuration before anything else, and ends where it may not: in the
// jail it may not. The copy looks for it in a folder that is on no machine, and goes on.
const program = readFileSync(node);
for (let at; (at = program.indexOf("\0/etc/ssl\0")) >= 0; ) program.write("/nowhere", at + 1);

const binary = join(dist, manifest.id);
writeFileSync(binary, program, { mode: 0o755 });
const { inject } = createRequire(import.meta.url)("postject");
await inject(binary, "NODE_SEA_BLOB", readFileSync(blob), { sentinelFuse: "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2" });
console.log(binary);
