import { multibootKernel } from "../images/synthetic-multiboot.js";
import { Code, JE, JMP } from "./code.js";

const JNE = 0x75;
const DEBUG = 0xe9;
const DEBUG_EXIT = 0xf4;
/** A byte of the RTC's NVRAM that survives a reset and means nothing. */
const NVRAM = 0x40;
const BSS = 0x101000;
/** Of the information structure: flags to boot_loader_name. */
export const INFO_BYTES = 68;
export const BSS_BYTES = 8192;

/**
 * A Multiboot kernel that says how it was started, on port 0xE9: EAX, EFLAGS and CR0 (four bytes each), the information structure, the command line
 * with its zero, the first module's contents, the byte of its bss at 0x101000. Then it ends with `code`, by port 0xF4.
 */
export function reportingKernel(code: number): Uint8Array {
  return multibootKernel(report(new Code(), code).linked(), { bss: BSS_BYTES });
}

/** The same, but at the first start it spoils its bss and the module, and resets the machine: what it reports is the second start. */
export function resettingKernel(code: number): Uint8Array {
  const c = new Code();
  c.put(0x89, 0xc5); // mov ebp, eax
  c.put(0xb0, NVRAM, 0xe6, 0x70, 0xe4, 0x71, 0x3c, 0x5a, 0x89, 0xe8); // NVRAM = 0x5a? and mov eax, ebp
  c.branch(JE, "second");
  c.put(0xb0, 0x5a, 0xe6, 0x71); // it is now
  c.put(0xc6, 0x05).dword(BSS).put(0xee); // mov byte [BSS], 0xee
  c.put(0x8b, 0x73, 0x18, 0x8b, 0x36, 0xc6, 0x06, 0xee); // mov esi, [ebx + mods_addr]; mov esi, [esi]; mov byte [esi], 0xee
  c.put(0xb0, 0xfe, 0xe6, 0x64); // reset by the keyboard controller
  c.label("wait").branch(JMP, "wait");
  c.label("second");
  return multibootKernel(report(c, code).linked(), { bss: BSS_BYTES });
}

function report(c: Code, code: number): Code {
  c.put(0x50, 0x9c, 0x0f, 0x20, 0xc0, 0x50); // push eax; pushfd; mov eax, cr0; push eax
  c.put(0xfc, 0x66, 0xba, DEBUG, 0x00); // cld; mov dx, 0xe9
  for (const at of [8, 4, 0]) c.put(0x8d, 0x74, 0x24, at, 0xb9).dword(4).put(0xf3, 0x6e); // lea esi, [esp + at]; mov ecx, 4; rep outsb
  c.put(0x89, 0xde, 0xb9).dword(INFO_BYTES).put(0xf3, 0x6e); // mov esi, ebx; rep outsb
  c.put(0x8b, 0x73, 0x10); // mov esi, [ebx + cmdline]
  c.label("letter").put(0x6e, 0x80, 0x7e, 0xff, 0x00).branch(JNE, "letter"); // outsb; cmp byte [esi - 1], 0
  c.put(0x8b, 0x43, 0x18, 0x8b, 0x30, 0x8b, 0x48, 0x04, 0x29, 0xf1, 0xf3, 0x6e); // eax = mods_addr; esi = [eax]; ecx = [eax + 4] - esi; rep outsb
  c.put(0xbe).dword(BSS).put(0x6e); // mov esi, BSS; outsb
  return c.put(0xb0, code, 0xe6, DEBUG_EXIT).label("end").branch(JMP, "end");
}

/** What a reporting kernel said. */
export function readReport(bytes: Buffer) {
  const info = bytes.subarray(12, 12 + INFO_BYTES);
  const cmdline = bytes.subarray(12 + INFO_BYTES);
  const end = cmdline.indexOf(0);
  return {
    eax: bytes.readUInt32LE(0),
    eflags: bytes.readUInt32LE(4),
    cr0: bytes.readUInt32LE(8),
    memoryKiB: [info.readUInt32LE(4), info.readUInt32LE(8)],
    modules: info.readUInt32LE(20),
    cmdline: cmdline.toString("latin1", 0, end),
    module: cmdline.toString("latin1", end + 1, cmdline.length - 1),
    bss: cmdline[cmdline.length - 1],
  };
}
