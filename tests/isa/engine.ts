import type { IsaEngine } from "./case.js";
import { HostOracle } from "./oracle/host.js";

/** What can be judged. The host against itself shows that cases don't influence each other. */
export const engines: Readonly<Record<string, () => IsaEngine>> = {
  host: () => new HostOracle(),
};

export const DEFAULT_ENGINE = "host";
