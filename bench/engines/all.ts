/** Every engine that can be asked for by name, and which of them can run here. */
import type { Engine } from "../engine.js";
import { note } from "../host.js";
import { qemu } from "./qemu.js";
import { v86Interpreter, v86Jit } from "./v86.js";
import { cold, forcedTranslation, interpreter, worldswitch } from "./worldswitch.js";

export const engines: Readonly<Record<string, Engine>> = {
  worldswitch,
  cold,
  interpreter,
  "forced-bt": forcedTranslation,
  qemu,
  v86: v86Jit,
  "v86-nojit": v86Interpreter,
};

export interface PresentEngine {
  engine: Engine;
  version: string;
}

/** null, with a note that says why, where it cannot run. @throws Error where there is no engine of that name */
export async function presentEngine(name: string): Promise<PresentEngine | null> {
  const engine = engines[name];
  if (!engine) throw new Error(`There is no engine "${name}"; there are ${Object.keys(engines).join(", ")}.`);
  const found = await engine.describe();
  if ("version" in found) return { engine, version: found.version };
  note(`${engine.name} is left out: ${found.missing}`);
  return null;
}
