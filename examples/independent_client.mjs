// A client that shares no code with Tenure, and no language: Node's standard library and docs/protocol.md.
//
//     tenure-testhost run --client "node examples/independent_client.mjs"
//     tenure-testhost run --client "node examples/independent_client.mjs --stay" --stay
//
// asks the host once for a lease, verifies it down to the publisher's root, and keeps it; with --stay once for each line
// of its standard input. The step numbers are those of docs/protocol.md, "Verifying a lease when it arrives".

import { createHash, createPublicKey, randomUUID, verify } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const EXIT = { granted: 0, refused: 3, unavailable: 4, untrusted: 5 };
const LONGEST_ANSWER = 8 * 1024 * 1024;
const LONGEST_DOCUMENT = 8 * 1024;
const LISTS = ["tenure-catalog+jwt", "tenure-revocation+jwt"]; // these may be longer, up to 1 MiB
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
  if (token.length > (LISTS.includes(typ) ? 1024 * 1024 : LONGEST_DOCUMENT)) throw new Error("longer than a document is");
  const { header, payload, signature, signed } = opened(token);
  const names = Object.keys(header).sort().join();
  if (names !== "alg,kid,typ" || header.alg !== "EdDSA" || header.typ !== typ || header.kid !== thumbprint(jwk)) {
    throw new Error("another header");
  }
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519") throw new Error("another kind of key");
  if (!verify(null, signed, createPublicKey({ key: jwk, format: "jwk" }), signature)) throw new Error("not the key's signature");
  if (payload.ver !== 1) throw new Error("another version");
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

async function asked({ TENURE_TEST_HOST, TENURE_TEST_SECONDS }, path, options = {}) {
  try {
    const signal = AbortSignal.timeout(TENURE_TEST_SECONDS * 1000);
    const response = await fetch(TENURE_TEST_HOST + path, { ...options, redirect: "error", signal });
    const pieces = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      length += piece.length;
      if (length > LONGEST_ANSWER) throw new Error("the answer is far too long");
      pieces.push(piece);
    }
    return { status: response.status, text: new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces)) };
  } catch (error) {
    throw unavailable(error.cause?.message ?? error.message);
  }
}

function json(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Newer catalogs and a newer list are asked for before the lease is judged; a host that cannot give them has still answered.
async function news(setting, path) {
  try {
    const { status, text } = await asked(setting, path);
    return status === 200 ? json(text) : null;
  } catch {
    return null;
  }
}

async function activate(setting, state, now) {
  const request = {
    machine_id: state.machine_id,
    product_id: setting.TENURE_TEST_PRODUCT,
    request_id: randomUUID(),
    hostname: "independent.example",
    fingerprint: state.fingerprint,
    virtual: false,
    license_status: isLicensed(state, now) ? "licensed" : "notification",
    minutes_remaining: isLicensed(state, now) ? Math.ceil((state.lease.exp - now) / 60) : 0,
    client_time: now,
  };
  const headers = { "content-type": "application/json" };
  const { status, text } = await asked(setting, "/v1/activations", { method: "POST", headers, body: JSON.stringify(request) });
  const body = json(text);
  if (status === 202 || (status >= 400 && status < 500)) throw new Failure("refused", body?.detail ?? body?.code ?? `status ${status}`);
  if (status !== 200) throw unavailable(body?.detail ?? `status ${status}`);
  if (typeof body?.lease !== "string" || typeof body.certificate !== "string") throw unavailable("no answer of the protocol");
  if (body.catalog_seq > state.catalog.seq) {
    const told = await news(setting, `/v1/publishers/${state.catalog.iss}/catalogs?after=${state.catalog.seq}`);
    state.catalog = followed(state.catalog, state.catalog.roots.map((entry) => entry.jwk), told?.catalogs ?? []);
  }
  if (body.revocation_seq > (state.revocations?.seq ?? 0)) {
    const told = await news(setting, `/v1/publishers/${state.catalog.iss}/revocations`);
    state.revocations = followedRevocations(state.revocations, told?.revocations, state.catalog, now);
  }
  const lease = acceptLease(body, request, state.catalog, now, state);
  state.lease = lease;
  state.epochs[lease.iss] = lease.epoch;
}

// The machine

function isLicensed(state, now) {
  return Boolean(state.lease) && now < state.lease.exp && state.lease.iat < revokedFrom(state.revocations, state.lease.host);
}

function firstState({ TENURE_TEST_ROOT, TENURE_TEST_CATALOG }) {
  const root = JSON.parse(readFileSync(TENURE_TEST_ROOT, "utf8"));
  const { catalogs } = JSON.parse(readFileSync(TENURE_TEST_CATALOG, "utf8"));
  return { machine_id: randomUUID(), fingerprint: randomUUID(), epochs: {}, catalog: followed(null, [root], catalogs) };
}

async function attempt(setting) {
  const path = join(setting.TENURE_TEST_STATE, "state.json");
  const state = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : firstState(setting);
  const now = Math.floor(Date.now() / 1000);
  let outcome = "granted";
  let said = "";
  try {
    await activate(setting, state, now);
  } catch (error) {
    outcome = error instanceof Failure ? error.outcome : "untrusted";
    said = error.message;
  }
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
  return { exit_code: EXIT[outcome], license_status: isLicensed(state, now) ? "licensed" : "notification", error: said };
}

if (process.argv.includes("--stay")) {
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await attempt(JSON.parse(line))));
} else {
  const ended = await attempt(process.env);
  if (ended.error) console.error(ended.error);
  console.log(JSON.stringify(ended));
  process.exitCode = ended.exit_code;
}
