// Tells the server each minute how this device is, and hears what the server lacks of it.

import { post } from "./kiosk-delivery.js";
import { about, after } from "./kiosk-timers.js";

const FIRST_MS = 2_000;
const EVERY_MS = 60_000;
const LONGEST_WAIT_MS = 10_000;

export class Heartbeat {
  #queue;
  #address;
  #listener;

  // `listener` has version(), onWanted() for what was queued again, and onBeat().
  constructor(queue, address, listener) {
    this.#queue = queue;
    this.#address = address;
    this.#listener = listener;
  }

  async start() {
    for (let pause = FIRST_MS; ; pause = EVERY_MS) {
      await after(about(pause));
      await this.#beat().catch(() => {});
      this.#listener.onBeat();
    }
  }

  async #beat() {
    const response = await post(this.#address, await this.#describe(), LONGEST_WAIT_MS);
    const { wanted, server_now: now } = await response.json();
    if (await this.#queue.putBack(wanted)) {
      this.#listener.onWanted();
    }
    await this.#queue.forgetOld(Date.parse(now));
  }

  // Times of the queue are the server's; the device's own is sent as it is, to be measured.
  async #describe() {
    const { epoch, counter, at, length, oldest } = await this.#queue.state();
    const { quota, usage } = (await navigator.storage?.estimate?.()) ?? {};
    return {
      device_now: new Date().toISOString(),
      queue_length: length,
      oldest_queued_at: asText(oldest),
      epoch,
      next_counter: counter + 1,
      version: this.#listener.version(),
      free_bytes: quota === undefined ? null : Math.max(0, quota - usage),
      last_tap_at: asText(at),
      is_storage_kept: this.#queue.isKept,
    };
  }
}

const asText = (ms) => (ms ? new Date(ms).toISOString() : null);
