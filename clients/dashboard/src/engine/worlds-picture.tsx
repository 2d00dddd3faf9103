/** Two worlds and the page between them. */
export function WorldsPicture() {
  return (
    <svg
      class="picture"
      viewBox="0 0 560 150"
      role="img"
      aria-label="Two boxes with a narrow one between them. Left, the monitor's world: guest processor, memory and devices. Right, the host's world: consoles, files, statistics. Between them the shared page, and arrows both ways: the world switch."
    >
      <rect class="box guest" x="1" y="14" width="212" height="122" rx="10" />
      <text class="head" x="18" y="42">
        The monitor's world
      </text>
      <text x="18" y="68">
        guest processor
      </text>
      <text x="18" y="90">
        guest memory
      </text>
      <text x="18" y="112">
        devices, clock
      </text>
      <rect class="box host" x="347" y="14" width="212" height="122" rx="10" />
      <text class="head" x="364" y="42">
        The host's world
      </text>
      <text x="364" y="68">
        consoles, viewers
      </text>
      <text x="364" y="90">
        files
      </text>
      <text x="364" y="112">
        statistics
      </text>
      <rect class="box" x="250" y="40" width="60" height="70" rx="6" />
      <text x="280" y="70" text-anchor="middle">
        shared
      </text>
      <text x="280" y="88" text-anchor="middle">
        page
      </text>
      <path class="arrow" d="M217 62h26m-6-5l6 5-6 5M313 62h26m-6-5l6 5-6 5" />
      <path class="arrow" d="M343 90h-26m6-5l-6 5 6 5M247 90h-26m6-5l-6 5 6 5" />
    </svg>
  );
}
