// The page's side of what lives without the server: it has this page kept on the device, says that
// it started, and learns when another edition is complete. It knows no screen.

const AGAIN_MS = 60_000;

export class Shell {
  isReady = false;
  #edition;
  #files;
  #worker;
  #onReady;
  #failed = [];
  #lookedAt = -AGAIN_MS;

  // `page` is what the server told this page; `onReady` is called when another edition can be used.
  constructor(page, onReady) {
    this.#edition = page.shell;
    this.#files = page.page;
    this.#worker = page.worker;
    this.#onReady = onReady;
  }

  // Whether this browser keeps the page at all; on an insecure address it does not.
  get isPossible() {
    return "serviceWorker" in navigator;
  }

  // Whether the page is kept by now.
  get isKept() {
    return Boolean(navigator.serviceWorker?.controller);
  }

  // The edition that runs, as the server is told; with it the one that would not start.
  get version() {
    const failed = this.#failed.map((edition) => edition.split("-")[0]).at(-1);
    return failed ? `${this.#files}.failed.${failed}` : this.#files;
  }

  // The page is up: say so, or have it kept when the browser has nothing better to do.
  start() {
    if (!this.isPossible) {
      return;
    }
    navigator.serviceWorker.addEventListener("message", ({ data }) => this.#hear(data));
    navigator.serviceWorker.addEventListener("controllerchange", () => this.#tell({ started: this.#edition }));
    this.#tell({ started: this.#edition });
    const register = () => this.#register();
    globalThis.requestIdleCallback?.(register, { timeout: 5_000 }) ?? setTimeout(register, 1_000);
  }

  // There may be another edition; false where nothing keeps this page and it has to be loaded anew.
  look() {
    if (this.isKept && performance.now() - this.#lookedAt > AGAIN_MS) {
      this.#lookedAt = performance.now();
      this.#tell({ looks: true });
    }
    return this.isKept;
  }

  async #register() {
    try {
      await navigator.serviceWorker.register(this.#worker, { updateViaCache: "none" });
    } catch {
      setTimeout(() => this.#register(), AGAIN_MS);
    }
  }

  #tell(message) {
    navigator.serviceWorker.controller?.postMessage(message);
  }

  #hear({ ready, failed }) {
    if (failed) {
      this.#failed = failed;
    }
    if (ready && ready !== this.#edition) {
      this.isReady = true;
      this.#onReady();
    }
  }
}
