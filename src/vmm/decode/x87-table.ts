/**
 * Opcodes D8-DF, in the notation of entry.ts. Sizes of memory operands are those of the access: d m32, q m64, w 16 bits; m80, BCD and
 * environments have none or v. Entries that the manuals leave out but every processor has (as fcom, fxch and fstp at other places) are
 * here; reserved ones are #UD.
 */

/** [opcode - D8][ModRM.reg], memory forms. */
export const X87_MEMORY: readonly (readonly string[])[] = [
  ["fadd_m M d", "fmul_m M d", "fcom_m M d", "fcomp_m M d", "fsub_m M d", "fsubr_m M d", "fdiv_m M d", "fdivr_m M d"],
  ["fld_m M d", "", "fst_m M d", "fstp_m M d", "fldenv M v", "fldcw M w", "fnstenv M v", "fnstcw M w"],
  ["fiadd M d", "fimul M d", "ficom M d", "ficomp M d", "fisub M d", "fisubr M d", "fidiv M d", "fidivr M d"],
  ["fild M d", "", "fist M d", "fistp M d", "", "fld_m80 M -", "", "fstp_m80 M -"],
  ["fadd_m M q", "fmul_m M q", "fcom_m M q", "fcomp_m M q", "fsub_m M q", "fsubr_m M q", "fdiv_m M q", "fdivr_m M q"],
  ["fld_m M q", "", "fst_m M q", "fstp_m M q", "frstor M v", "", "fnsave M v", "fnstsw_m M w"],
  ["fiadd M w", "fimul M w", "ficom M w", "ficomp M w", "fisub M w", "fisubr M w", "fidiv M w", "fidivr M w"],
  ["fild M w", "", "fist M w", "fistp M w", "fbld M -", "fild M q", "fbstp M -", "fistp M q"],
];

/** One instruction on all eight ST(i). */
function each(name: string): string[] {
  return Array<string>(8).fill(`${name} F -`);
}
/** Eight entries of a row that name instructions without operands. */
function row(names: string): string[] {
  return names.split(" ").map((name) => (name === "." ? "" : `${name} - -`));
}
const none = Array<string>(8).fill("");

/** [opcode - D8][ModRM & 63], register forms. */
export const X87_REGISTER: readonly (readonly string[])[] = [
  ["fadd", "fmul", "fcom", "fcomp", "fsub", "fsubr", "fdiv", "fdivr"].flatMap(each),
  [
    ...each("fld"),
    ...each("fxch"),
    ...row("fnop . . . . . . ."),
    ...each("fstp_unchecked"),
    ...row("fchs fabs . . ftst fxam . ."),
    ...row("fld1 fldl2t fldl2e fldpi fldlg2 fldln2 fldz ."),
    ...row("f2xm1 fyl2x fptan fpatan fxtract fprem1 fdecstp fincstp"),
    ...row("fprem fyl2xp1 fsqrt fsincos frndint fscale fsin fcos"),
  ],
  [
    ...["fcmovb", "fcmove", "fcmovbe", "fcmovu"].flatMap(each),
    ...none,
    ["", "fucompp F -", "", "", "", "", "", ""],
    ...none,
    ...none,
  ].flat(),
  [
    ...["fcmovnb", "fcmovne", "fcmovnbe", "fcmovnu"].flatMap(each),
    ...row("fnop_without_wait fnop_without_wait fnclex fninit fnop_without_wait . . ."),
    ...each("fucomi"),
    ...each("fcomi"),
    ...none,
  ],
  ["fadd_to", "fmul_to", "fcom", "fcomp", "fsubr_to", "fsub_to", "fdivr_to", "fdiv_to"].flatMap(each),
  [...["ffree", "fxch", "fst", "fstp", "fucom", "fucomp"].flatMap(each), ...none, ...none],
  [
    ...["faddp", "fmulp", "fcomp"].flatMap(each),
    ...["", "fcompp F -", "", "", "", "", "", ""],
    ...["fsubrp", "fsubp", "fdivrp", "fdivp"].flatMap(each),
  ],
  [...["ffreep", "fxch", "fstp", "fstp"].flatMap(each), ...row("fnstsw_ax . . . . . . ."), ...["fucomip", "fcomip"].flatMap(each), ...none],
];
