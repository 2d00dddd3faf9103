import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { reportingKernel } from "../guests/multiboot-guest.js";
import { multibootKernel } from "../images/synthetic-multiboot.js";
import { Served } from "./served.js";

let folder: string;
let served: Served;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "worldswitch-multiboot-"));
  served = new Served(folder);
  await served.start();
});
afterAll(async () => {
  await served.kill("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

/** Powers off if it was started with the command line "m 1" and two modules, the second of "con!" and told "two"; else resets itself for ever. */
const judgingKernel = multibootKernel(
  Uint8Array.of(
    ...[0x8b, 0x43, 0x10, 0x8b, 0x08, 0x81, 0xf1, 0x6d, 0x20, 0x31, 0x00], // mov eax, [ebx + cmdline]; mov ecx, [eax]; xor ecx, "m 1\0"
    ...[0x8b, 0x53, 0x14, 0x83, 0xea, 0x02, 0x09, 0xd1], // mov edx, [ebx + mods_count]; sub edx, 2; or ecx, edx
    ...[0x8b, 0x73, 0x18, 0x8b, 0x46, 0x10, 0x8b, 0x00, 0x35, 0x63, 0x6f, 0x6e, 0x21, 0x09, 0xc1], // esi = [ebx + mods_addr]; [[esi + 16]] ^ "con!"
    ...[0x8b, 0x46, 0x18, 0x8b, 0x00, 0x35, 0x74, 0x77, 0x6f, 0x00, 0x09, 0xc1], // [[esi + 24]] ^ "two\0"
    ...[0x75, 0x02, 0xfa, 0xf4], // jnz +2; cli; hlt
    ...[0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfa], // reset by the keyboard controller
  ),
);

it("a vm boots a Multiboot kernel that was uploaded, with its modules and the vm's words", async () => {
  const modules = { "module?index=1": Buffer.from("con!tents"), "module?index=0": Buffer.from("other") };
  await served.addImage({ name: "m", kind: "multiboot", modules: ["one", "two"] }, { kernel: judgingKernel, ...modules });
  const operation = await served.ended(await served.create({ image: "m", cmdline: "1" }));
  expect(operation.state).toBe("succeeded");
  expect(await served.inState(operation.resources.vm, "stopped", "error")).toMatchObject({ state: "stopped", stateReason: "halted" });
});

it("there are no debug ports: nobody can end a machine's process, or write to its standard error, through one", async () => {
  await served.addImage({ name: "reporting", kind: "multiboot" }, { kernel: reportingKernel(0x15) });
  const operation = await served.ended(await served.create({ image: "reporting" }));
  expect(operation.state).toBe("succeeded");
  const vm = await served.vm(operation.resources.vm);
  expect(vm.state).toBe("running");
  expect(await served.act(vm, "stop")).toMatchObject({ state: "succeeded" });
});
