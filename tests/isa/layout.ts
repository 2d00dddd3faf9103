/**
 * The address space that every case runs in, the same on the host and on our engines.
 *
 * Seven writable pages, two read-only ones and a page of 64-bit code that ends a case on the host. Everything else below 4 GiB is not
 * present, so that a wrong address faults. The oracle itself lives above 4 GiB, where 32-bit code can't reach it.
 *
 *     00008000  LOW    rwx  for 16-bit addressing; absent where the host's mmap_min_addr forbids it
 *     13579000  CODE   rwx  two pages of HLT, into which the case's code is written; then a page that is not present
 *     2468a000  DATA   r-x
 *     2468b000         rwx  |
 *     2468c000         rwx  | then a page that is not present
 *     2468e000         rwx
 *     2468f000         r-x  then a page that is not present
 *     3579b000  EXIT   r-x
 *     fffff000  TOP    rwx  up to the end of the address space
 */
import { Random } from "./random.js";

export const PAGE = 4096;

export const LOW = 0x00008000;
export const CODE = 0x13579000;
export const DATA = 0x2468a000;
export const EXIT = 0x3579b000;
export const TOP = 0xfffff000;

export interface Page {
  readonly address: number;
  readonly writable: boolean;
}

/** Ascending by address. */
export const pages: readonly Page[] = [
  { address: LOW, writable: true },
  { address: CODE, writable: true },
  { address: CODE + PAGE, writable: true },
  { address: DATA, writable: false },
  { address: DATA + PAGE, writable: true },
  { address: DATA + 2 * PAGE, writable: true },
  { address: DATA + 4 * PAGE, writable: true },
  { address: DATA + 5 * PAGE, writable: false },
  { address: EXIT, writable: false },
  { address: TOP, writable: true },
];

export const writablePages = pages.filter((page) => page.writable);

/** Two windows of 64 bytes are filled per case: one lies across two pages that are both there, the other ends where a missing page starts. */
export const WINDOW = 64;
export const CROSSING_WINDOW = DATA + 2 * PAGE - WINDOW / 2;
export const EDGE_WINDOW = DATA + 3 * PAGE - WINDOW;

/** Longest code of a case, without the far jump that ends it. */
export const CODE_LIMIT = 112;

/** Selectors of the host's 64-bit kernel, which our engines' descriptor tables repeat. */
export const USER_CS = 0x23;
export const USER_DS = 0x2b;
/** Its 64-bit code segment, in which the oracle runs. */
export const HOST_CS = 0x33;

/** `jmp far 33h:EXIT`: the end of every case. */
export const tail = Uint8Array.of(0xea, EXIT & 0xff, (EXIT >> 8) & 0xff, (EXIT >> 16) & 0xff, EXIT >>> 24, HOST_CS, 0);

export const HLT = 0xf4;

/** Absolute address in the oracle's own memory where the exit page saves EAX, and where it then goes. */
export const ORACLE_TEXT = 0x1_1000_0000n;
export const ORACLE_STATE = 0x1_1020_0000n;

function exitPage(): Uint8Array {
  const page = new Uint8Array(PAGE).fill(HLT);
  const view = new DataView(page.buffer);
  page.set([0x48, 0xa3], 0); // mov [ORACLE_STATE], rax
  view.setBigUint64(2, ORACLE_STATE, true);
  page.set([0x48, 0xb8], 10); // mov rax, ORACLE_TEXT
  view.setBigUint64(12, ORACLE_TEXT, true);
  page.set([0xff, 0xe0], 20); // jmp rax
  return page;
}

/** What data pages hold where no window lies: random words, with small numbers, pointers and floating point constants among them. */
function dataPage(seed: number): Uint8Array {
  const random = new Random(seed);
  const words = new Uint32Array(PAGE / 4);
  for (let i = 0; i < words.length; i++) {
    switch (random.below(6)) {
      case 0:
        words[i] = random.below(40);
        break;
      case 1:
        words[i] = CROSSING_WINDOW + random.below(WINDOW);
        break;
      case 2:
        words[i] = random.pick([0x3f800000, 0x40490fdb, 0xbf800000, 0x3ff00000, 0x40091eb8, 0x7f800000, 0x80000000, 0x0000ffff]);
        break;
      default:
        words[i] = random.word();
    }
  }
  return new Uint8Array(words.buffer);
}

/** What each page holds before the case's own bytes are written into it. */
export function background(page: Page): Uint8Array {
  if (page.address === EXIT) return exitPage();
  if (page.address === CODE || page.address === CODE + PAGE) return new Uint8Array(PAGE).fill(HLT);
  return dataPage(page.address);
}
