import { type Form, parseForms } from "./form.js";

const hex = (n: number) => n.toString(16).toUpperCase().padStart(2, "0");
const arithmetic = ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"];
/** DC and DE name the stack register as destination, which turns FSUB and FDIV round. */
const reversed = ["fadd", "fmul", "fcom", "fcomp", "fsubr", "fsub", "fdivr", "fdiv"];

const arithmeticTable = arithmetic
  .map(
    (name, i) => `
      ${name} D8 /${i} Md
      ${name} D8 ${hex(0xc0 + 8 * i)} F
      ${name} DC /${i} Mq
      ${reversed[i]} DC ${hex(0xc0 + 8 * i)} F
      ${name.replace("f", "fi")} DA /${i} Md
      ${name.replace("f", "fi")} DE /${i} Mw
      ${i === 3 ? "fcompp DE D9" : `${reversed[i]}p DE ${hex(0xc0 + 8 * i)} F`}`,
  )
  .join("\n");

const conditions = ["b", "e", "be", "u"];
const conditionalTable = conditions.map((_, i) => `fcmov DA ${hex(0xc0 + 8 * i)} F\nfcmov DB ${hex(0xc0 + 8 * i)} F`).join("\n");

export const x87Forms: Readonly<Record<string, readonly Form[]>> = {
  x87: parseForms(`
    ${arithmeticTable}
    ${conditionalTable}
    fld D9 /0 Md
    fld DD /0 Mq
    fld DB /5 Mt
    fld D9 C0 F
    fst D9 /2 Md
    fst DD /2 Mq
    fst DD D0 F
    fstp D9 /3 Md
    fstp DD /3 Mq
    fstp DB /7 Mt
    fstp DD D8 F
    fstp D9 D8 F
    fstp DF D0 F
    fstp DF D8 F
    fild DF /0 Mw
    fild DB /0 Md
    fild DF /5 Mq
    fist DF /2 Mw
    fist DB /2 Md
    fistp DF /3 Mw
    fistp DB /3 Md
    fistp DF /7 Mq
    fbld DF /4 Mt
    fbstp DF /6 Mt
    fxch D9 C8 F
    fxch DD C8 F
    fxch DF C8 F
    fchs D9 E0
    fabs D9 E1
    ftst D9 E4
    fxam D9 E5
    fld1 D9 E8
    fldl2t D9 E9
    fldl2e D9 EA
    fldpi D9 EB
    fldlg2 D9 EC
    fldln2 D9 ED
    fldz D9 EE
    fxtract D9 F4
    fprem1 D9 F5
    fdecstp D9 F6
    fincstp D9 F7
    fprem D9 F8
    fsqrt D9 FA
    frndint D9 FC
    fscale D9 FD
    fucom DD E0 F
    fucomp DD E8 F
    fucompp DA E9
    fucomi DB E8 F
    fcomi DB F0 F
    fucomip DF E8 F
    fcomip DF F0 F
    fcom DC D0 F
    fcomp DC D8 F
    fcomp DE D0 F
    ffree DD C0 F
    ffreep DF C0 F
    fnop D9 D0
    fwait 9B
    fnclex DB E2
    fninit DB E3
    fneni DB E0
    fndisi DB E1
    fnsetpm DB E4
    fnstsw DF E0 ; w=ax
    fnstsw DD /7 Mw
    fnstcw D9 /7 Mw
    fldcw D9 /5 Mw
    fnstenv D9 /6 M28 ; wide
    fldenv D9 /4 M28 ; wide
    fnsave DD /6 M108 ; wide
    frstor DD /4 M108 ; wide
    undefined D9 /1 Md
    undefined D9 D1
    undefined D9 E2
    undefined D9 EF
    undefined DB /4 Md
    undefined DB /6 Md
    undefined DB F8 F
    undefined DD F0 F
    undefined DF F8 F
    undefined DF E1
    undefined DA E0 F
    undefined DE D8
  `),
  transcendental: parseForms(`
    f2xm1 D9 F0
    fyl2x D9 F1
    fptan D9 F2
    fpatan D9 F3
    fyl2xp1 D9 F9
    fsincos D9 FB
    fsin D9 FE
    fcos D9 FF
  `),
};
