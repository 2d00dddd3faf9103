import type { Value } from "../isa/emitter.js";
import { Stage } from "../isa/stage.js";
import type { FunctionBuilder } from "../wasm/function.js";
import type { BlockFacts, InstructionFacts } from "./facts.js";
import type { Instruction } from "./instruction.js";
import { RegionX87 } from "./region-x87.js";
import type { Linked, RegionMode, Registers, Ways } from "./surroundings.js";

export const UNCONDITIONAL = 0;

/** What all parts of the translating stage know: the instruction that is being staged, and the block that it is in. */
export abstract class SiteStage extends Stage {
  readonly x87: RegionX87;
  protected instruction!: Instruction;
  /** Its place in the block. */
  protected number = 0;
  protected facts!: InstructionFacts;
  protected block!: BlockFacts;
  /** How many conditions stand around what is being emitted. */
  protected nesting = UNCONDITIONAL;

  constructor(
    f: FunctionBuilder,
    protected readonly registers: Registers,
    protected readonly mode: RegionMode,
    protected readonly link: Linked,
    protected readonly ways: Ways,
    protected readonly learning: boolean,
  ) {
    super(f);
    this.x87 = new RegionX87(this, registers);
  }

  override when(c: Value, then: () => void, otherwise?: () => void, seldom = false): void {
    if (typeof c === "number") {
      super.when(c, then, otherwise, seldom);
      return;
    }
    const { shape } = this.x87;
    this.nesting++;
    super.when(c, then, otherwise, seldom);
    this.nesting--;
    if (this.x87.shape.top !== shape.top || this.x87.shape.tags !== shape.tags)
      throw new Error("TOP and tags are the same whatever way code takes");
  }
}
