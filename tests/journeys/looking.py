"""Find what is wrong with how a page looks: clipped words, things over each other, scroll bars."""

from playwright.sync_api import Page

_FAULTS = """
({mayScroll, within}) => {
  const found = new Set();
  const root = document.scrollingElement;
  const part = document.querySelector(within);
  if (!mayScroll && root.scrollHeight > innerHeight + 1) found.add(`high ${root.scrollHeight}`);
  if (root.scrollWidth > innerWidth + 1) found.add(`wide ${root.scrollWidth}`);
  const isInside = (box, frame) =>
    box.left >= frame.left - 1 && box.right <= frame.right + 1 &&
    box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
  const bottom = mayScroll ? root.scrollHeight : innerHeight;
  const page = {left: 0, top: 0, right: innerWidth, bottom};
  const frames = ".key, .tool, .btn, .reason, .ticket, dialog, .did, .notice, .byphone, .digit," +
    ".typed";
  const texts = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const holder = text.parentElement;
    const words = text.data.trim();
    if (!words || !holder.checkVisibility() || holder.closest(".vh, script, template")) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const frame = holder.closest(frames)?.getBoundingClientRect();
    for (const box of range.getClientRects()) {
      if (!isInside(box, page)) found.add(`outside: ${words}`);
      else if (frame && !isInside(box, frame)) found.add(`clipped: ${words}`);
    }
  }
  const kinds = "h1, h2, .hint, .ticket, .key, .key img, .key span, .trust, .tool, .btn," +
    ".reason, .timer, .did, .notice, .head, .foot, .byphone, .digit, .typed, .told";
  const solid = [...part.querySelectorAll(kinds)].filter((one) => one.checkVisibility());
  for (const [place, one] of solid.entries()) {
    for (const other of solid.slice(place + 1)) {
      if (one.contains(other) || other.contains(one)) continue;
      const a = one.getBoundingClientRect();
      const b = other.getBoundingClientRect();
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 1 && high > 1) {
        found.add(`over each other: ${one.className} and ${other.className}`);
      }
    }
  }
  return [...found];
}
"""


def find_faults(page: Page, *, may_scroll: bool = False, within: str = "body") -> list[str]:
    """Return what a person would find wrong with the page at its present size."""
    faults: list[str] = page.evaluate(_FAULTS, {"mayScroll": may_scroll, "within": within})
    return faults
