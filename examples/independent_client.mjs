// A client that shares no code with Tenure, and no language: Node's standard library and docs/protocol.md.
//
//     tenure-testhost run --client "node examples/independent_client.mjs"
//
// asks the host once for a lease, verifies it down to the publisher's root, and keeps it. The step numbers are those of
// docs/protocol.md, "Verifying a lease when it arrives".

import { createHash, createPublicKey, randomUUID, verify } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { TENURE_TEST_HOST, TENURE_TEST_CATALOG, TENURE_TEST_ROOT, TENURE_TEST_PRODUCT, TENURE_TEST_STATE } = process.env;
const EXIT = { granted: 0, refused: 3, unavailable: 4, untrusted: 5 };
const LONGEST_ANSWER = 8 * 1024 * 1024;
const DAY = 86_400;

class Failure extends Error {
  constructor(outcome, detail) {
    super(detail);
    this.outcome = outcome;
  }
}
const untrusted = (step, what) => new Failure("untrusted", `step ${step}: ${what}`);
const unavailable = (what) => new Failure("unavailable", what);

// Documents

function thumbprint({ crv, kty, x }) {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url"); // RFC 7638
}

function decoded(part) {
  const bytes = Buffer.from(part, "base64url");
  if (bytes.toString("base64url") !== part) throw new Error("not the one form of base64url");
  return bytes;
}

// JSON.parse takes the last of a repeated name; a document that repeats one is refused. The text between two braces or
// commas of one object names each member once exactly when parsing and printing it again gives the same text: documents
// are written without spaces, so a document that does not survive that is not one of a publisher or host.
function parsed(bytes) {
  const text = bytes.toString("utf8");
  const value = JSON.parse(text);
  if (JSON.stringify(value) !== text) throw new Error("a member is named twice, or the form is another");
  return value;
}

function opened(token) {
  const parts = token.split(".");
  if (parts.length !== 3) throw new Error("not three parts");
  const [header, payload, signature] = parts.map(decoded);
  return { header: parsed(header), payload: parsed(payload), signature, signed: Buffer.from(parts.slice(0, 2).join(".")) };
}

function verified(token, typ, jwk) {
  const { header, payload, signature, signed } = opened(token);
  const names = Object.keys(header).sort().join();
  if (names !== "alg,kid,typ" || header.alg !== "EdDSA" || header.typ !== typ || header.kid !== thumbprint(jwk)) {
    throw new Error("another header");
  }
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519") throw new Error("another kind of key");
  if (!verify(null, signed, createPublicKey({ key: jwk, format: "jwk" }), signature)) throw new Error("not the key's signature");
  return payload;
}

// Step 1: each catalog that is newer is signed by a root of the one before.
function followed(catalog, roots, tokens) {
  for (const token of tokens) {
    const { header, payload } = opened(token);
    if (catalog && payload.iss === catalog.iss && payload.seq <= catalog.seq) continue;
    const signer = roots.find((jwk) => thumbprint(jwk) === header.kid);
    if (!signer) throw untrusted(1, "the catalog is not signed by a root of the one before");
    const newer = verified(token, "tenure-catalog+jwt", signer);
    if (catalog && newer.iss !== catalog.iss) throw untrusted(1, "another publisher");
    catalog = newer;
    roots = newer.roots.map((entry) => entry.jwk);
  }
  return catalog;
}

// Step 10, and at rest: what was revoked. A list is the publisher's, by a key that is open now, and never goes back.
function followedRevocations(known, token, catalog, now) {
  try {
    const entry = keyEntry(catalog, opened(token).header.kid);
    const list = verified(token, "tenure-revocation+jwt", entry.jwk);
    const newer = list.iss === catalog.iss && list.seq > (known?.seq ?? 0);
    return newer && entry.may.includes("tenure-revocation+jwt") && isOpen(entry, now) ? list : known;
  } catch {
    return known;
  }
}

function revokedFrom(list, host) {
  const entries = [
    ...(list?.hosts ?? []).filter(({ id }) => id === host.sub),
    ...(list?.keys ?? []).filter(({ id }) => id === host.key_id),
  ];
  return Math.min(Infinity, ...entries.map((entry) => entry.from));
}

const keyEntry = (catalog, kid) => catalog.keys.find((key) => thumbprint(key.jwk) === kid);
const isOpen = (entry, now) => entry.from <= now && (entry.until === null || now < entry.until);

function acceptLease(answer, request, catalog, now, { epochs, revocations }) {
  let certificate;
  try {
    const entry = keyEntry(catalog, opened(answer.certificate).header.kid); // 2
    certificate = verified(answer.certificate, "tenure-host+jwt", entry.jwk);
    if (!entry.may.includes("tenure-host+jwt") || !isOpen(entry, now) || certificate.iss !== catalog.iss) {
      throw new Error("not allowed now");
    }
  } catch (error) {
    throw untrusted(2, `the certificate: ${error.message}`);
  }
  if (!(certificate.iat <= now && now < certificate.exp)) throw untrusted(3, "the certificate is not valid now");
  let lease;
  try {
    lease = verified(answer.lease, "tenure-lease+jwt", certificate.cnf.jwk); // 4
  } catch (error) {
    throw untrusted(4, `the lease: ${error.message}`);
  }
  const product = catalog.products.find((one) => one.product_id === request.product_id);
  const policy = certificate.pools[lease.pool];
  const steps = [
    [4, lease.iss === certificate.sub, "the lease is of another host"],
    [5, lease.pool === product.pool && policy !== undefined, "the pool is not the product's, or not covered"],
    [6, lease.nonce === request.request_id && lease.sub === request.machine_id, "it answers another request"],
    [6, lease.aud === request.product_id && lease.fpr === request.fingerprint, "it is for another product or installation"],
    [7, Math.abs(lease.iat - now) <= 4 * 3_600, "signed over 4 hours from this clock"],
    [7, lease.exp - lease.iat === policy?.lease_days * DAY, "not as long as the policy says"],
    [8, lease.count >= policy?.threshold, "the count is below the threshold"],
    [9, lease.epoch >= (epochs[lease.iss] ?? 0), "an old copy of the host"],
    [10, Math.max(now, lease.iat) < revokedFrom(revocations, certificate), "the host was revoked"],
  ];
  for (const [step, holds, what] of steps) if (!holds) throw untrusted(step, what);
  return { ...lease, host: { sub: certificate.sub, key_id: certificate.key_id } };
}

// The host

async function asked(path, options = {}) {
  try {
    const response = await fetch(TENURE_TEST_HOST + path, { ...options, redirect: "error", signal: AbortSignal.timeout(30_000) });
    const pieces = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      length += piece.length;
      if (length > LONGEST_ANSWER) throw new Error("the answer is far too long");
      pieces.push(piece);
    }
    return { status: response.status, body: JSON.parse(Buffer.concat(pieces).toString("utf8")) };
  } catch (error) {
    throw unavailable(error.message);
  }
}

async function activate(state, now) {
  const request = {
    machine_id: state.machine_id,
    product_id: TENURE_TEST_PRODUCT,
    request_id: randomUUID(),
    hostname: "independent.example",
    fingerprint: state.fingerprint,
    virtual: false,
    license_status: isLicensed(state, now) ? "licensed" : "notification",
    minutes_remaining: isLicensed(state, now) ? Math.ceil((state.lease.exp - now) / 60) : 0,
    client_time: now,
  };
  const headers = { "content-type": "application/json" };
  const { status, body } = await asked("/v1/activations", { method: "POST", headers, body: JSON.stringify(request) });
  if (status === 202 || (status >= 400 && status < 500)) throw new Failure("refused", body.code);
  if (status !== 200) throw unavailable(`status ${status}: ${body.code}`);
  if (typeof body.lease !== "string" || typeof body.certificate !== "string") throw unavailable("no answer of the protocol");
  if (body.catalog_seq > state.catalog.seq) {
    const told = await asked(`/v1/publishers/${state.catalog.iss}/catalogs?after=${state.catalog.seq}`);
    state.catalog = followed(state.catalog, state.catalog.roots.map((entry) => entry.jwk), told.body.catalogs);
  }
  if (body.revocation_seq > (state.revocations?.seq ?? 0)) {
    const told = await asked(`/v1/publishers/${state.catalog.iss}/revocations`);
    state.revocations = followedRevocations(state.revocations, told.body.revocations, state.catalog, now);
  }
  const lease = acceptLease(body, request, state.catalog, now, state);
  state.lease = lease;
  state.epochs[lease.iss] = lease.epoch;
}

// The machine

function isLicensed(state, now) {
  return Boolean(state.lease) && now < state.lease.exp && state.lease.iat < revokedFrom(state.revocations, state.lease.host);
}

function firstState() {
  const root = JSON.parse(readFileSync(TENURE_TEST_ROOT, "utf8"));
  const { catalogs } = JSON.parse(readFileSync(TENURE_TEST_CATALOG, "utf8"));
  return { machine_id: randomUUID(), fingerprint: randomUUID(), epochs: {}, catalog: followed(null, [root], catalogs) };
}

const path = join(TENURE_TEST_STATE, "state.json");
const state = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : firstState();
const now = Math.floor(Date.now() / 1000);
let outcome = "granted";
try {
  await activate(state, now);
} catch (error) {
  outcome = error instanceof Failure ? error.outcome : "untrusted";
  console.error(error.message);
}
writeFileSync(`${path}.new`, JSON.stringify(state));
renameSync(`${path}.new`, path);
console.log(JSON.stringify({ license_status: isLicensed(state, now) ? "licensed" : "notification" }));
process.exitCode = EXIT[outcome];
