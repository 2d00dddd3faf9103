/** A call from one region to another, by the core module's `call`: regions here are made up, and say where they go on. */
import { describe, expect, it } from "vitest";
import * as at from "../../src/vmm/cpu/layout.js";
import { CpuState } from "../../src/vmm/cpu/state.js";
import { CoreExport, JUMPS, REGION_PARAMETERS, RETURNED, UNWINDS } from "../../src/vmm/interpreter/core-functions.js";
import { FIRST_REGION } from "../../src/vmm/interpreter/handlers.js";
import { compileCore } from "../../src/vmm/interpreter/interpreter.js";
import { JumpCaches } from "../../src/vmm/interpreter/jump-cache.js";
import { RECORD_SIZE, Rec } from "../../src/vmm/interpreter/record.js";
import type { HandlerTable } from "../../src/vmm/translator/translation-cache.js";
import { ModuleBuilder } from "../../src/vmm/wasm/module.js";
import { ValueType } from "../../src/vmm/wasm/opcodes.js";

const RETURNS_TO = 0xc000_0100;
const DEPTH = 3;
type Made = (record: number, expected: number, depth: number, entry: number) => number;

/** The core module's `call`, with a jump cache and a table. */
class Regions {
  readonly state = new CpuState(memory());
  readonly entered: string[] = [];
  private readonly jumps = new JumpCaches(this.state);
  private readonly exports: Record<string, unknown>;
  private count = 0;

  constructor() {
    const never = () => {
      throw new Error("a call asks for nothing");
    };
    const imports = ["slow", "commit", "segmentFault", "callout", "lookup", "redecode", "crossing"];
    const env = { memory: this.state.memory, ...Object.fromEntries(imports.map((name) => [name, never])) };
    this.exports = new WebAssembly.Instance(core, { env }).exports;
    this.state.set(at.VIEW_JUMP_CACHE, at.JUMP_CACHE);
    this.state.set(at.USER_JUMP_CACHE, at.JUMP_CACHE + at.JUMP_CACHE_SIZE);
  }

  /** A region at an EIP: goes on as it is told to. */
  add(eip: number, name: string, goesOn: () => number): void {
    const table = this.exports.table as HandlerTable;
    const handler = FIRST_REGION + this.count;
    const record = at.RECORDS + RECORD_SIZE * this.count++;
    this.state.u16[(record + Rec.handler) >> 1] = handler;
    this.state.u16[(record + Rec.offset) >> 1] = eip % at.PAGE_SIZE;
    while (table.length <= handler) table.grow(16);
    table.set(
      handler,
      wasmFunction((_, expected, depth) => {
        this.entered.push(`${name} ${(expected >>> 0).toString(16)} ${depth}`);
        return goesOn();
      }),
    );
    this.jumps.enter(eip, record, eip, true);
  }
  call(eip: number): number {
    return (this.exports[CoreExport.call] as Made)(eip, RETURNS_TO, DEPTH, 0);
  }
  jump(eip: number): number {
    this.state.set(at.LANDING_EIP, eip);
    return JUMPS;
  }
}

const core = compileCore();
const memory = () => {
  const pages = at.wasmPages(0);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
};

/** A table takes nothing else. */
function wasmFunction(made: Made): unknown {
  const module = new ModuleBuilder();
  const imported = module.importFunction("env", "made", REGION_PARAMETERS, [ValueType.i32]);
  const { f } = module.function(REGION_PARAMETERS, [ValueType.i32], "region");
  f.get(0).get(1).get(2).get(3).call(imported);
  return new WebAssembly.Instance(new WebAssembly.Module(module.build()), { env: { made } }).exports.region;
}

const [FIRST, SECOND, NOWHERE] = [0xc000_2010, 0xc000_3020, 0xc000_4030];
const HERE = "c0000100 3";

describe("a call from one region to another", () => {
  it("gives what that gives, where it returns", () => {
    const regions = new Regions();
    regions.add(FIRST, "first", () => RETURNED);
    expect([regions.call(FIRST), regions.entered]).toEqual([RETURNED, [`first ${HERE}`]]);
    expect(regions.state.get(at.EIP_PAGE)).toBe(FIRST - (FIRST % at.PAGE_SIZE));
  });

  it("goes on where the called one jumps to, in its place", () => {
    const regions = new Regions();
    let turns = 0;
    regions.add(FIRST, "first", () => regions.jump(SECOND));
    regions.add(SECOND, "second", () => (turns++ < 2 ? regions.jump(FIRST) : RETURNED));
    expect(regions.call(FIRST)).toBe(RETURNED);
    expect(regions.entered).toEqual(["first", "second", "first", "second", "first", "second"].map((name) => `${name} ${HERE}`));
  });

  it("unwinds where no region is known", () => {
    const regions = new Regions();
    regions.add(FIRST, "first", () => regions.jump(NOWHERE));
    expect([regions.call(FIRST), regions.entered.length, regions.state.get(at.LANDING_EIP)]).toEqual([UNWINDS, 1, NOWHERE]);
    expect([regions.call(NOWHERE), regions.entered.length]).toEqual([UNWINDS, 1]);
  });

  it("unwinds where the called one says so, though a region is there", () => {
    const regions = new Regions();
    regions.add(FIRST, "first", () => {
      regions.jump(SECOND);
      return UNWINDS;
    });
    regions.add(SECOND, "second", () => RETURNED);
    expect([regions.call(FIRST), regions.entered.length]).toEqual([UNWINDS, 1]);
  });

  it("never lets code of another privilege return into what waits", () => {
    const regions = new Regions();
    regions.add(FIRST, "first", () => {
      regions.state.set(at.VIEW_JUMP_CACHE, regions.state.get(at.USER_JUMP_CACHE));
      return regions.jump(SECOND);
    });
    regions.state.set(at.VIEW_JUMP_CACHE, regions.state.get(at.USER_JUMP_CACHE));
    regions.add(SECOND, "user's", () => RETURNED);
    regions.state.set(at.VIEW_JUMP_CACHE, at.JUMP_CACHE);
    expect([regions.call(FIRST), regions.entered, regions.state.get(at.LANDING_EIP)]).toEqual([UNWINDS, [`first ${HERE}`], SECOND]);
  });
});
