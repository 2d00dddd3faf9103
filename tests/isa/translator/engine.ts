import { LocalPort } from "../../../src/vmm/translator/local-port.js";
import { InterpreterEngine } from "../interpreter/engine.js";

/** The translator, with every head translated when it is first looked up, and flags as fault frames show them. */
export class TranslatorEngine extends InterpreterEngine {
  override readonly name = "translator";

  constructor() {
    super();
    this.interpreter.translateBy(new LocalPort(this.memory), { quantum: 1, threshold: 0, strict: true });
  }
}
