// Seals what lies in the device's store, so that nobody reads it by looking through the disk. What
// this protects, and what it does not, stands in docs/adr/0012.

const NAME = "AES-GCM";
const SIZE = 800;

// A key that no page can read out; none where the browser lends none, as on plain HTTP.
export async function newKey() {
  return crypto.subtle?.generateKey({ name: NAME, length: 256 }, false, ["encrypt", "decrypt"]);
}

// Make all contents the same length, because the length of an answer tells something of it.
export async function seal(key, body) {
  if (!key) {
    return { body };
  }
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(body).padEnd(SIZE));
  return { iv, box: await crypto.subtle.encrypt({ name: NAME, iv }, key, text) };
}

export async function unseal(key, { body, iv, box }) {
  if (!box) {
    return body;
  }
  const text = await crypto.subtle.decrypt({ name: NAME, iv }, key, box);
  return JSON.parse(new TextDecoder().decode(text));
}

// A name for a name: it can be compared, and does not lead back.
export async function fingerprint(name) {
  if (!crypto.subtle) {
    return name;
  }
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name));
  return Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16)).join("-");
}
