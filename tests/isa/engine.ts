import type { IsaEngine } from "./case.js";
import { InterpreterEngine } from "./interpreter/engine.js";
import { HostOracle } from "./oracle/host.js";
import { TranslatorEngine } from "./translator/engine.js";

/** What can be judged, by the names of `--engine`. The host against itself shows that cases don't influence each other. */
export const engines: Readonly<Record<string, () => IsaEngine>> = {
  interpreter: () => new InterpreterEngine(),
  translator: () => new TranslatorEngine(),
  host: () => new HostOracle(),
};

export const DEFAULT_ENGINE = "interpreter";
