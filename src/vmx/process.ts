/** Entry of a VM process: one machine, driven by the messages of protocol.ts. Ends when the machine has ended, or the process that forked it has. */
import type { FromVm, ToVm } from "./protocol.js";
import { Vmx, type VmxEvent } from "./vmx.js";

/** Console bytes under way to the parent: above the first the guest's output is held, below the second it is let go again. */
const HOLD_BYTES = 256 * 1024;
const RELEASE_BYTES = 64 * 1024;

let vmx: Vmx | null = null;
let underWay = 0;

function send(message: FromVm, sent?: () => void): void {
  // Without a parent there is nobody to tell, and the process is about to end.
  if (process.connected) process.send?.(message, undefined, undefined, () => sent?.());
}

function report(event: VmxEvent): void {
  if (event.type === "output") sendOutput(event);
  else if (event.type === "debug") process.stderr.write(event.data);
  else if (event.type === "stopped") void sendEnd(event);
  else send(event);
}

async function sendEnd({ type, reason, fault, exitCode }: Extract<VmxEvent, { type: "stopped" }>): Promise<void> {
  if (vmx) send({ type, reason, fault, exitCode, stats: await vmx.stats() }, () => process.exit(0));
}

function sendOutput(event: Extract<VmxEvent, { type: "output" }>): void {
  const bytes = event.data.length;
  underWay += bytes;
  if (underWay > HOLD_BYTES) vmx?.holdOutput(true);
  send(event, () => {
    underWay -= bytes;
    if (underWay < RELEASE_BYTES) vmx?.holdOutput(false);
  });
}

function receive(message: ToVm): void {
  if (vmx) command(vmx, message);
  else if (message.type === "start") {
    vmx = new Vmx(message.spec, report);
    vmx.start();
  }
}

function command(machine: Vmx, message: ToVm): void {
  switch (message.type) {
    case "pause":
      machine.pause();
      break;
    case "resume":
      machine.resume();
      break;
    case "reset":
      machine.reset();
      break;
    case "shutdown":
      machine.ctrlAltDel();
      break;
    case "stop":
      machine.stop();
      break;
    case "input":
      machine.write(message.port, message.data);
      break;
    case "stats":
      void machine.stats().then((stats) => send({ type: "stats", id: message.id, stats }));
      break;
    case "start":
      break;
  }
}

process.on("message", (message) => receive(message as ToVm));
process.on("disconnect", () => process.exit(0));
