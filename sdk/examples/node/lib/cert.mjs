// SPDX-License-Identifier: BSD-3-Clause

// A certificate for the life of one process. Node signs but builds no certificates, so this
// spells the few fields that TLS looks at, in DER (RFC 5280): version 3, a name and a
// subject alternative name "localhost", which is what the host asks for, and its own signature.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const SEQUENCE = 0x30, SET = 0x31, INTEGER = 0x02, BITS = 0x03, OCTETS = 0x04, OID = 0x06, UTF8 = 0x0c, UTC = 0x17, BOOLEAN = 0x01;

function der(tag, ...parts) {
  const body = Buffer.concat(parts);
  const n = body.length;
  const length = n < 0x80 ? [n] : n < 0x100 ? [0x81, n] : [0x82, n >> 8, n & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const oid = (hex) => der(OID, Buffer.from(hex, "hex"));
const extension = (hex, critical, value) =>
  der(SEQUENCE, oid(hex), ...(critical ? [der(BOOLEAN, Buffer.from([0xff]))] : []), der(OCTETS, value));
// 2026-11-01T12:34:56.789Z becomes 261101123456Z.
const time = (ms) => der(UTC, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, "").slice(2)));

const ECDSA_SHA256 = der(SEQUENCE, oid("2a8648ce3d040302"));
const DAY = 24 * 3600 * 1000;

// selfSigned gives a private key and its certificate: PEM for the server, DER for the host.
export function selfSigned(host = "localhost") {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, oid("550403"), der(UTF8, Buffer.from(host)))));
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]); // positive, and never shorter
  const extensions = der(SEQUENCE,
    extension("551d13", true, der(SEQUENCE, der(BOOLEAN, Buffer.from([0xff])))), // basic constraints: its own authority
    extension("551d0f", true, der(BITS, Buffer.from([0x02, 0x84]))), // key usage: signatures and certificates
    extension("551d25", false, der(SEQUENCE, oid("2b06010505070301"))), // extended: a server's
    extension("551d11", false, der(SEQUENCE, der(0x82, Buffer.from(host))))); // subject alternative name
  const now = Date.now();
  const body = der(SEQUENCE,
    der(0xa0, der(INTEGER, Buffer.from([2]))), der(INTEGER, serial), ECDSA_SHA256, name,
    der(SEQUENCE, time(now - DAY), time(now + 365 * DAY)), name,
    publicKey.export({ type: "spki", format: "der" }), der(0xa3, extensions));
  const signature = der(BITS, Buffer.from([0]), sign("sha256", body, privateKey));
  const certificate = der(SEQUENCE, body, ECDSA_SHA256, signature);
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }), cert: pem, der: certificate };
}
