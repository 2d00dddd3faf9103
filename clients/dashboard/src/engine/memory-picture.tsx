/** From a program's address to memory, and where the two kinds of fault are. */
export function MemoryPicture() {
  return (
    <svg
      class="picture"
      viewBox="0 0 560 118"
      role="img"
      aria-label="An address of a program leads to the monitor's kept answers, and from there to memory. Where there is no answer, a hidden fault reads the guest's tables; where those forbid it, a true fault goes to the guest's system."
    >
      <rect class="box" x="1" y="8" width="120" height="44" rx="8" />
      <text x="61" y="35" text-anchor="middle">
        an address
      </text>
      <rect class="box guest" x="190" y="8" width="150" height="44" rx="8" />
      <text x="265" y="35" text-anchor="middle">
        kept answers
      </text>
      <rect class="box" x="429" y="8" width="130" height="44" rx="8" />
      <text x="494" y="35" text-anchor="middle">
        guest memory
      </text>
      <path class="arrow" d="M125 30h58m-6-5l6 5-6 5M344 30h78m-6-5l6 5-6 5" />
      <rect class="box" x="190" y="76" width="150" height="38" rx="8" />
      <text x="265" y="100" text-anchor="middle">
        the guest's tables
      </text>
      <path class="arrow" d="M252 55v16m-5-6l5 6 5-6M278 73v-16m-5 6l5-6 5 6M344 95h78m-6-5l6 5-6 5" />
      <text class="note" x="182" y="69" text-anchor="end">
        hidden fault
      </text>
      <text class="note" x="383" y="88" text-anchor="middle">
        true fault
      </text>
      <text x="426" y="100">
        the guest's system
      </text>
    </svg>
  );
}
