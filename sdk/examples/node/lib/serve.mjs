// SPDX-License-Identifier: BSD-3-Clause

// The serving side of the contract: the handshake of hashicorp/go-plugin, and the services.
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";
import contract from "../dist/contract.json";
import { selfSigned } from "./cert.mjs";
import { readFacts } from "./facts.mjs";

const CORE_PROTOCOL = 1; // of go-plugin's handshake
const CONTRACT_MAJOR = 1;
const CONTRACT_MINOR = 1;
const MAX_MESSAGE = 4 << 20;
const MAX_BATCH = 1024;
const { INVALID_ARGUMENT, NOT_FOUND, INTERNAL } = grpc.status;

// Cents and months fit a number exactly: the host sends nothing above 2^53.
const options = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };
const loaded = grpc.loadPackageDefinition(protoLoader.fromJSON(contract, options));
const v1 = loaded.satis.plugin.v1;

// serve serves a plugin until the host ends it. rules has a pure function for each subsidy of
// the manifest: facts in, EvaluateResponse out.
export function serve({ manifest, rules }) {
  const env = process.env;
  if (env.SATIS_PLUGIN !== "e7c1a0b94f3d4a5f8a12") fail("This is a plugin of SATIS: the server starts it.");
  if (!(env.PLUGIN_PROTOCOL_VERSIONS ?? "").split(",").includes(String(CONTRACT_MAJOR))) fail(`The host does not speak contract ${CONTRACT_MAJOR}.`);
  if (!env.PLUGIN_CLIENT_CERT) fail("The host sent no certificate.");

  const server = new grpc.Server({ "grpc.max_receive_message_length": MAX_MESSAGE, "grpc.max_send_message_length": MAX_MESSAGE });
  server.addService(loaded.grpc.health.v1.Health.service, { check });
  server.addService(v1.Plugin.service, describing(manifest));
  server.addService(v1.SubsidyRules.service, deciding(manifest, rules));

  // Both sides show a certificate that is made for this process alone.
  const own = selfSigned();
  const credentials = grpc.ServerCredentials.createSsl(Buffer.from(env.PLUGIN_CLIENT_CERT), [{ private_key: Buffer.from(own.key), cert_chain: Buffer.from(own.cert) }], true);
  const socket = join(env.PLUGIN_UNIX_SOCKET_DIR ?? tmpdir(), `plugin-${randomBytes(6).toString("hex")}`);
  server.bindAsync(`unix:${socket}`, credentials, (err) => {
    if (err) fail("The socket cannot be made.");
    const cert = own.der.toString("base64").replace(/=+$/, "");
    process.stdout.write([CORE_PROTOCOL, CONTRACT_MAJOR, "unix", socket, "grpc", cert].join("|") + "\n");
  });
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || process.exit(3), 1000);
}

function fail(text) {
  process.stderr.write(text + "\n");
  process.exit(1);
}

// go-plugin asks after the service "plugin".
const check = (call, done) =>
  call.request.service === "" || call.request.service === "plugin" ? done(null, { status: "SERVING" }) : done({ code: NOT_FOUND, details: "no such service" });

function describing(manifest) {
  const json = Buffer.from(JSON.stringify(manifest));
  return {
    Describe: (_, done) => done(null, { manifest_json: json, contract_minor: CONTRACT_MINOR, features: ["subsidies.batch"] }),
    CheckHealth: (_, done) => done(null, { status: "STATUS_OK", text: { it: "In funzione", en: "Working" } }),
  };
}

function deciding(manifest, rules) {
  // decide gives an answer, or throws what gRPC sends as a status. The text of an error
  // stays here: it may hold facts.
  const decide = (request) => {
    const subsidy = manifest.subsidies.find((s) => s.code === request.subsidy);
    if (!subsidy) throw { code: NOT_FOUND, details: "no such subsidy" };
    const facts = readFacts(subsidy.facts.fields, request.facts);
    if (!facts) throw { code: INVALID_ARGUMENT, details: "facts do not fit the form" };
    try {
      return rules[subsidy.code](facts, request.as_of);
    } catch (err) {
      process.stderr.write(`plugin failed: ${err?.stack}\n`);
      throw { code: INTERNAL, details: "the plugin failed" };
    }
  };
  const attempt = (done, f) => {
    let answer;
    try {
      answer = f();
    } catch (status) {
      return done(status);
    }
    return done(null, answer);
  };
  return {
    Evaluate: (call, done) => attempt(done, () => decide(call.request)),
    EvaluateBatch: (call, done) => attempt(done, () => {
      if (call.request.requests.length > MAX_BATCH) throw { code: INVALID_ARGUMENT, details: `more than ${MAX_BATCH} requests` };
      return { results: call.request.requests.map(oneOfBatch(decide)) };
    }),
  };
}

// A request that fails takes no other along.
const oneOfBatch = (decide) => (request) => {
  try {
    return { answer: decide(request) };
  } catch ({ code }) {
    return { failure: failures[code] };
  }
};

const failures = { [INVALID_ARGUMENT]: "InvalidArgument", [NOT_FOUND]: "NotFound", [INTERNAL]: "Internal" };
