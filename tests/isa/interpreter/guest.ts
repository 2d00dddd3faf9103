/**
 * The smallest guest that can run a case: page tables with the pages of layout.ts for ring 3, and one region for ring 0 with descriptor
 * tables, a stub that enters ring 3 and stubs that stop. Physical memory: the ring 0 region, page tables, then the case's pages.
 */
import { background, EXIT, HLT, PAGE, pages, writablePages } from "../layout.js";

/** Linear address of the ring 0 region; ring 3 sees a page that is present there, which the host has not. */
export const KERNEL = 0xc8a50000;
/** Pages of the ring 0 region: tables, stubs, stack. */
const TABLES = 0;
const STUBS = 1;
const STACK = 2;
const KERNEL_PAGES = 3;

const KERNEL_PHYSICAL = 0x10000;
const PAGE_DIRECTORY = 0x20000;
const PAGE_TABLES = 0x21000;
export const CASE_PHYSICAL = 0x40000;
export const RAM_SIZE = 0x100000;

const GDT = KERNEL + TABLES * PAGE;
const TSS = GDT + 0x200;
const IDT = GDT + 0x400;
const GDT_ENTRIES = 16;
export const KERNEL_CS = 0x10;
export const KERNEL_DS = 0x18;
const TSS_SELECTOR = 0x40;

/** Enters the case whose frame is on the stack. */
export const ENTER = KERNEL + STUBS * PAGE;
/** Gate `v` leads to a HLT here, two bytes apart. */
const STOPS = ENTER + 0x100;
export const STACK_TOP = KERNEL + (STACK + 1) * PAGE;

export const gdt = { base: GDT, limit: 8 * GDT_ENTRIES - 1 };
export const idt = { base: IDT, limit: 8 * 256 - 1 };
export const tss = { base: TSS, limit: 0x67, selector: TSS_SELECTOR };
export const pageDirectory = PAGE_DIRECTORY;

/** The vector whose stub has stopped at `eip`, or undefined. */
export function vectorAt(eip: number): number | undefined {
  const offset = eip - 1 - STOPS;
  return offset >= 0 && offset < 512 && offset % 2 === 0 ? offset / 2 : undefined;
}

/** Order of the case's pages in physical memory: the writable ones first, as `writablePages` has them. */
const physicalOrder = [...writablePages, ...pages.filter((page) => !page.writable)];

const physicalPages = new Map(physicalOrder.map(({ address }, i) => [address, CASE_PHYSICAL + i * PAGE]));

/** Of an address in one of the case's pages. */
export function physicalOf(linear: number): number {
  const offset = linear % PAGE;
  const page = physicalPages.get(linear - offset);
  if (page === undefined) throw new Error(`no page at ${linear.toString(16)}`);
  return page + offset;
}

/** Whether a linear address is one of the kernel's. */
export const isKernel = (linear: number): boolean => linear >= KERNEL && linear < KERNEL + KERNEL_PAGES * PAGE;
export const kernelPhysical = (linear: number): number => linear - KERNEL + KERNEL_PHYSICAL;

/** The guest's memory as it is before the first case. */
export function guestImage(): Uint8Array {
  const image = new Uint8Array(RAM_SIZE);
  const view = new DataView(image.buffer);
  const PRESENT = 1;
  const WRITABLE = 2;
  const USER = 4;
  const USED = 0x60;

  let tables = 0;
  const map = (linear: number, physical: number, flags: number) => {
    const directoryEntry = PAGE_DIRECTORY + 4 * (linear >>> 22);
    if (view.getUint32(directoryEntry, true) === 0) {
      view.setUint32(directoryEntry, (PAGE_TABLES + tables * PAGE) | PRESENT | WRITABLE | USER | USED, true);
      tables++;
    }
    const table = view.getUint32(directoryEntry, true) & ~0xfff;
    view.setUint32(table + 4 * ((linear >>> 12) & 0x3ff), physical | flags | PRESENT | USED, true);
  };
  for (const page of pages) map(page.address, physicalOf(page.address), USER | (page.writable ? WRITABLE : 0));
  for (let i = 0; i < KERNEL_PAGES; i++) map(KERNEL + i * PAGE, KERNEL_PHYSICAL + i * PAGE, WRITABLE);

  for (const page of pages) image.set(background(page), physicalOf(page.address));
  // The host's exit page is 64-bit code. Here reaching it is enough.
  image[physicalOf(EXIT)] = HLT;

  // Descriptors as the host's kernel has them, so that selectors mean the same: 23h, 2Bh, 33h for ring 3.
  const descriptor = (selector: number, high: number, low: number) => {
    view.setUint32(kernelPhysical(GDT) + selector, low, true);
    view.setUint32(kernelPhysical(GDT) + selector + 4, high, true);
  };
  descriptor(KERNEL_CS, 0x00cf9b00, 0x0000ffff);
  descriptor(KERNEL_DS, 0x00cf9300, 0x0000ffff);
  descriptor(0x20, 0x00cffb00, 0x0000ffff);
  descriptor(0x28, 0x00cff300, 0x0000ffff);
  // The host's is 64-bit. Here it is as 23h, so that the end of a case is not a change of mode.
  descriptor(0x30, 0x00cffb00, 0x0000ffff);
  // Where the host keeps the number of the processor as a limit: data that can't be written, expanding down.
  descriptor(0x78, 0x0040f500, 0);
  descriptor(TSS_SELECTOR, (TSS & 0xff000000) | 0x8b00 | ((TSS >>> 16) & 0xff), ((TSS << 16) | tss.limit) >>> 0);
  view.setUint32(kernelPhysical(TSS) + 4, STACK_TOP, true);
  view.setUint16(kernelPhysical(TSS) + 8, KERNEL_DS, true);
  view.setUint16(kernelPhysical(TSS) + 102, tss.limit + 1, true); // no I/O permissions

  for (let vector = 0; vector < 256; vector++) {
    const dpl = vector === 3 || vector === 4 ? 3 : 0;
    const offset = STOPS + 2 * vector;
    view.setUint32(kernelPhysical(IDT) + 8 * vector, (KERNEL_CS << 16) | (offset & 0xffff), true);
    view.setUint32(kernelPhysical(IDT) + 8 * vector + 4, (offset & 0xffff0000) | 0x8e00 | (dpl << 13), true);
    image[kernelPhysical(offset)] = HLT;
  }
  // pop gs; pop fs; pop es; pop ds; popad; iretd
  image.set([0x0f, 0xa9, 0x0f, 0xa1, 0x07, 0x1f, 0x61, 0xcf], kernelPhysical(ENTER));
  return image;
}
