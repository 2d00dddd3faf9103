/** Programs that are run translated, by whoever has another way to come by translations. */
import { ADD_EAX_ECX, call, DEC_EDX, guest, INC_EAX, INC_ECX, jmp, jz, le32, type Program, RET, TEST_CL_3 } from "./endless-guest.js";
import { CODE, DATA, type SystemGuest } from "./system-guest.js";

/** `switch` by a table at DATA + 0x100 whose four entries are set up behind the jump. */
const JMP_TABLE = [0xff, 0x24, 0x8d, ...le32(DATA + 0x100)];
const MOV_TABLE_EDX = [0x8b, 0x14, 0x8d, ...le32(DATA + 0x100)];
const JMP_EDX = [0xff, 0xe2];
const AND_ECX_3 = [0x83, 0xe1, 0x03];

/** Control flow of all kinds. */
export const programs: Record<string, Program> = {
  "a loop": { code: [INC_EAX, INC_ECX, DEC_EDX] },
  "a call and its return": { code: [call(3), INC_EAX, jmp(2), INC_ECX, RET] },
  "calls inside calls": { code: [call(5), INC_EAX, INC_ECX, jmp(10), INC_EAX, call(3), INC_ECX, RET, INC_ECX, RET] },
  "a function that changes where it returns to": { code: [call(4), INC_EAX, INC_ECX, jmp(4), [0xff, 0x04, 0x24], RET] },
  "a function that doesn't return": { code: [call(3), INC_EAX, jmp(6), [0x83, 0xc4, 0x04], INC_ECX, jmp(-14)] },
  "recursion without an end, deeper than the host's stack may go": { code: [INC_ECX, call(-6), INC_EAX] },
  "recursion to a depth": {
    // mov ecx, 300; call f; jmp over; f: dec ecx; jz ret; call f; inc eax; ret
    code: [[0xb9, ...le32(300)], call(2), jmp(10), [0x49], jz(6), call(-8), INC_EAX, RET],
  },
  "a call by a register": { code: [[0xbf, ...le32(CODE + 12)], [0xff, 0xd7], INC_EAX, jmp(4), [0x90, 0x90], INC_ECX, RET] },
  "a jump by a table": {
    code: [INC_ECX, [0x51], AND_ECX_3, JMP_TABLE, INC_EAX, INC_EAX, INC_EAX, INC_EAX, [0x59]],
    memory: [0, 1, 2, 3].map((i) => [DATA + 0x100 + 4 * i, CODE + 12 + i] as const),
  },
  "computed jumps among each other": {
    // Each of three pieces of code loads its successor from the table by ECX, and jumps there.
    code: [
      [0xb9, ...le32(0)],
      MOV_TABLE_EDX,
      JMP_EDX,
      ...[1, 2, 0].map((next) => [...INC_EAX, 0xb9, ...le32(next), ...MOV_TABLE_EDX, ...JMP_EDX]),
    ],
    memory: [0, 1, 2].map((i) => [DATA + 0x100 + 4 * i, CODE + 14 + 15 * i] as const),
  },
  "a loop with two ways in": { code: [INC_ECX, TEST_CL_3, jz(1), INC_EAX, ADD_EAX_ECX, TEST_CL_3, jz(-7)] },
  "code that goes on into the next page": {
    at: CODE + 0xff8,
    code: [INC_ECX, TEST_CL_3, jz(4), [0x81, 0xc0, ...le32(0x1234567)], INC_EAX],
  },
  "an operand that straddles pages": {
    code: [
      [0xff, 0x06],
      [0x8b, 0x06],
      [0x89, 0x46, 0x04],
    ],
  },
  "flags that are read at another place": { code: [[0x3b, 0x03], jmp(0), [0x0f, 0x92, 0xc0], [0x83, 0xd1, 0x00], INC_EAX] },
  "a move on a flag that a shift by CL has changed, and a logical instruction before": {
    code: [INC_ECX, [0x09, 0xce], [0xd3, 0xe0], [0x0f, 0x42, 0xd0], [0xff, 0x03]],
  },
  "repeated string instructions": { code: [[0xb9, ...le32(20)], [0xbf, ...le32(DATA + 0x400)], [0xf3, 0xaa], INC_EAX] },
  "code that is overwritten in front of itself": {
    fleeting: true,
    // inc byte [x + 1]; x: mov al, 0; add edx, eax
    code: [
      [0xfe, 0x05, ...le32(CODE + 7)],
      [0xb0, 0x00],
      [0x01, 0xc2],
    ],
  },
  "data between code": { code: [jmp(4), [0, 0, 0, 0], [0xff, 0x05, ...le32(CODE + 2)], INC_EAX] },
};

/** Where their functions are. */
export const FUNCTION = DATA + 0x3000;
export const callTo = (from: number, target: number) => call(target - (from + 5));
const CMP_EAX_ECX = [0x39, 0xc8];
const ADC_EDX_0 = [0x83, 0xd2, 0x00];
const SETC_BL = [0x0f, 0x92, 0xc3];
const INC_STACK = [0xff, 0x04, 0x24];
const CPUID = [0x0f, 0xa2];
const CLC = [0xf8];
const STC = [0xf9];

/** Code of a function, at its address. */
type Function = readonly [address: number, code: readonly (readonly number[])[]];
export interface Caller extends Program {
  readonly functions: readonly Function[];
}

export function place({ functions, ...program }: Caller): SystemGuest {
  const it = guest(program);
  for (const [address, code] of functions) it.bytes(address, code.flat());
  return it;
}

/** Calls of small functions. */
export const callers: Record<string, Caller> = {
  "a function in another page": { code: [callTo(CODE, FUNCTION), INC_ECX], functions: [[FUNCTION, [INC_EAX, RET]]] },
  "functions inside each other": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [INC_EAX, callTo(FUNCTION + 1, FUNCTION + 0x1000), ADD_EAX_ECX, RET]],
      [FUNCTION + 0x1000, [callTo(FUNCTION + 0x1000, FUNCTION + 0x2000), INC_EAX, RET]],
      [FUNCTION + 0x2000, [INC_ECX, RET]],
    ],
  },
  "the same function at two places": {
    code: [callTo(CODE, FUNCTION), INC_ECX, callTo(CODE + 6, FUNCTION), ADD_EAX_ECX],
    functions: [[FUNCTION, [TEST_CL_3, jz(1), INC_EAX, RET]]],
  },
  "a function with a loop": {
    code: [[0xba, ...le32(7)], callTo(CODE + 5, FUNCTION)],
    functions: [[FUNCTION, [INC_EAX, [0x4a], [0x75, 0xfc], RET]]],
  },
  "a function that returns to another place every fourth time": {
    code: [callTo(CODE, FUNCTION), INC_EAX, INC_ECX],
    functions: [[FUNCTION, [TEST_CL_3, [0x75, 3], INC_STACK, INC_ECX, RET]]],
  },
  "a function that calls itself": {
    code: [[0xba, ...le32(5)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [[FUNCTION, [[0x4a], jz(6), callTo(FUNCTION + 3, FUNCTION), INC_EAX, RET]]],
  },
  "a function that calls itself, deeper than the host's stack is used": {
    code: [[0xba, ...le32(250)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [[FUNCTION, [[0x4a], jz(6), callTo(FUNCTION + 3, FUNCTION), INC_EAX, RET]]],
  },
  "a function that calls itself twice": {
    code: [[0xba, ...le32(8)], callTo(CODE + 5, FUNCTION), INC_ECX],
    // Each time with EDX saved.
    functions: [
      [
        FUNCTION,
        [[0x4a], jz(15), [0x52], callTo(FUNCTION + 4, FUNCTION), [0x5a], INC_EAX, [0x52], callTo(FUNCTION + 12, FUNCTION), [0x5a], RET],
      ],
    ],
  },
  "a function that calls itself, and returns to another place every fourth time": {
    code: [[0xba, ...le32(9)], callTo(CODE + 5, FUNCTION), INC_EAX, INC_ECX],
    functions: [[FUNCTION, [[0x4a], jz(7), callTo(FUNCTION + 3, FUNCTION), INC_EAX, INC_ECX, TEST_CL_3, [0x75, 3], INC_STACK, RET]]],
  },
  "a function that calls itself with another floating point number on the stack": {
    code: [[0xba, ...le32(6)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [[FUNCTION, [[0x4a], jz(10), [0xd9, 0xe8], callTo(FUNCTION + 5, FUNCTION), [0xdd, 0xd8], INC_EAX, RET]]],
  },
  "functions that call each other, as deep": {
    code: [[0xba, ...le32(251)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [[0x4a], jz(6), callTo(FUNCTION + 3, FUNCTION + 0x1000), INC_EAX, RET]],
      [FUNCTION + 0x1000, [[0x4a], jz(6), callTo(FUNCTION + 0x1003, FUNCTION), INC_ECX, RET]],
    ],
  },
  "functions that call each other": {
    code: [[0xba, ...le32(9)], callTo(CODE + 5, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [[0x4a], jz(6), callTo(FUNCTION + 3, FUNCTION + 0x100), INC_EAX, RET]],
      [FUNCTION + 0x100, [[0x4a], jz(6), callTo(FUNCTION + 0x103, FUNCTION), INC_ECX, RET]],
    ],
  },
  "a function that reads the flags of its caller": {
    code: [INC_ECX, CMP_EAX_ECX, callTo(CODE + 3, FUNCTION), INC_EAX],
    functions: [[FUNCTION, [SETC_BL, ADC_EDX_0, RET]]],
  },
  "a function whose flags its caller reads": {
    code: [INC_ECX, callTo(CODE + 1, FUNCTION), ADC_EDX_0, INC_EAX],
    functions: [[FUNCTION, [TEST_CL_3, jz(2), STC, RET, CLC, RET]]],
  },
  "a function that works on an object that straddles pages": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [[FUNCTION, [[0xff, 0x06], [0x03, 0x06], RET]]],
  },
  "a function whose end is in another page": {
    code: [callTo(CODE, FUNCTION + 0xffe), INC_ECX],
    functions: [[FUNCTION + 0xffe, [INC_EAX, INC_EAX, INC_EAX, RET]]],
  },
  "a function that goes on in another": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [INC_EAX, jmp(0x20)]],
      [FUNCTION + 0x23, [ADD_EAX_ECX, RET]],
    ],
  },
  "functions with an instruction that is the interpreter's, so that nobody waits for their returns": {
    code: [callTo(CODE, FUNCTION), INC_ECX],
    functions: [
      [FUNCTION, [callTo(FUNCTION, FUNCTION + 0x1100), [0x01, 0xda], RET]],
      [FUNCTION + 0x1100, [CPUID, RET]],
    ],
  },
  "such a function that returns to two places by turns": {
    code: [callTo(CODE, FUNCTION), [0x01, 0xda], callTo(CODE + 7, FUNCTION), [0x01, 0xd0]],
    functions: [[FUNCTION, [CPUID, TEST_CL_3, RET]]],
  },
  "a function that loads floating point numbers": {
    code: [callTo(CODE, FUNCTION), [0xdd, 0xd8], INC_ECX],
    functions: [[FUNCTION, [[0xd9, 0xe8], RET]]],
  },
};
