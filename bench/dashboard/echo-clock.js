// In the page, before its own scripts: when a key was pressed, when the frame with its echo came, and when the echo was on the screen.
// All by the page's own clock, in milliseconds. Nothing here changes what the page does.
(() => {
  let pressedAt = 0;
  let frameAt = 0;
  let wanted = null;

  const Native = window.WebSocket;
  window.WebSocket = class extends Native {
    constructor(...parts) {
      super(...parts);
      this.addEventListener("message", ({ data }) => {
        if (wanted !== null && frameAt === 0 && typeof data !== "string") frameAt = performance.now();
      });
    }
  };

  addEventListener(
    "keydown",
    ({ timeStamp }) => {
      pressedAt = timeStamp;
      frameAt = 0;
    },
    { capture: true },
  );

  /** Resolves when the line with the cursor ends with `text`: {frame, screen}, both since the key. */
  window.echoOf = (text) =>
    new Promise((resolve) => {
      wanted = text;
      const rows = document.querySelector(".xterm-rows");
      const look = () => {
        const shown = rows.textContent.replaceAll("\u00a0", " ").trimEnd();
        if (!shown.endsWith(text)) return;
        watch.disconnect();
        wanted = null;
        resolve({ frame: frameAt - pressedAt, screen: performance.now() - pressedAt });
      };
      const watch = new MutationObserver(look);
      watch.observe(rows, { subtree: true, childList: true, characterData: true });
      look();
    });
})();
