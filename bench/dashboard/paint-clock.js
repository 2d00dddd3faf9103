// In the page, before its own scripts: when the first row was there, and when all were painted, since the navigation began, in milliseconds.
(() => {
  window.paintOf = (rows) =>
    new Promise((resolve) => {
      let first = 0;
      const look = () => {
        const there = document.querySelectorAll(".table.machines tbody tr").length;
        if (there > 0 && first === 0) first = performance.now();
        if (there < rows) return;
        watch.disconnect();
        // The second frame begins when the first one has been painted.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve({ first, all: performance.now() })));
      };
      const watch = new MutationObserver(look);
      watch.observe(document, { subtree: true, childList: true });
      look();
    });
})();
