/** The mark: one disc, two worlds. */
export function Brand() {
  return (
    <a class="brand" href="#/machines">
      <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="var(--accent)" />
        <path d="M15 6.500a9.5 9.5 0 0 0 0 19z" fill="var(--on-accent)" />
        <path d="M18.5 6.800a9.5 9.5 0 0 1 0 18.4" fill="none" stroke="var(--on-accent)" stroke-width="2" stroke-linecap="round" />
      </svg>
      <span>Worldswitch</span>
    </a>
  );
}
