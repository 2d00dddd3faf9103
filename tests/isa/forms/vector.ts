import { type Form, parseForms } from "./form.js";

/** Packed integer instructions that came with MMX, and those that SSE and SSE2 added to both register files: opcode 0F xx. */
const packed: readonly (readonly [opcode: string, mnemonic: string])[] = [
  ["63", "packsswb"],
  ["64", "pcmpgtb"],
  ["65", "pcmpgtw"],
  ["66", "pcmpgtd"],
  ["67", "packuswb"],
  ["68", "punpckhbw"],
  ["69", "punpckhwd"],
  ["6A", "punpckhdq"],
  ["6B", "packssdw"],
  ["74", "pcmpeqb"],
  ["75", "pcmpeqw"],
  ["76", "pcmpeqd"],
  ["D1", "psrlw"],
  ["D2", "psrld"],
  ["D3", "psrlq"],
  ["D4", "paddq"],
  ["D5", "pmullw"],
  ["D8", "psubusb"],
  ["D9", "psubusw"],
  ["DA", "pminub"],
  ["DB", "pand"],
  ["DC", "paddusb"],
  ["DD", "paddusw"],
  ["DE", "pmaxub"],
  ["DF", "pandn"],
  ["E0", "pavgb"],
  ["E1", "psraw"],
  ["E2", "psrad"],
  ["E3", "pavgw"],
  ["E4", "pmulhuw"],
  ["E5", "pmulhw"],
  ["E8", "psubsb"],
  ["E9", "psubsw"],
  ["EA", "pminsw"],
  ["EB", "por"],
  ["EC", "paddsb"],
  ["ED", "paddsw"],
  ["EE", "pmaxsw"],
  ["EF", "pxor"],
  ["F1", "psllw"],
  ["F2", "pslld"],
  ["F3", "psllq"],
  ["F4", "pmuludq"],
  ["F5", "pmaddwd"],
  ["F6", "psadbw"],
  ["F8", "psubb"],
  ["F9", "psubw"],
  ["FA", "psubd"],
  ["FB", "psubq"],
  ["FC", "paddb"],
  ["FD", "paddw"],
  ["FE", "paddd"],
];
const lowUnpacks = [
  ["60", "punpcklbw"],
  ["61", "punpcklwd"],
  ["62", "punpckldq"],
];
const shiftGroups = [
  ["psrlw", "71", 2],
  ["psraw", "71", 4],
  ["psllw", "71", 6],
  ["psrld", "72", 2],
  ["psrad", "72", 4],
  ["pslld", "72", 6],
  ["psrlq", "73", 2],
  ["psllq", "73", 6],
];

/** Floating point instructions with packed and scalar, single and double variants. */
const floating = [
  ["51", "sqrt"],
  ["58", "add"],
  ["59", "mul"],
  ["5C", "sub"],
  ["5D", "min"],
  ["5E", "div"],
  ["5F", "max"],
];
const logic = [
  ["54", "and"],
  ["55", "andn"],
  ["56", "or"],
  ["57", "xor"],
  ["14", "unpckl"],
  ["15", "unpckh"],
];

export const vectorForms: Readonly<Record<string, readonly Form[]>> = {
  mmx: parseForms(`
    ${packed.map(([opcode, name]) => `${name} 0F ${opcode} /r Pq,Qq`).join("\n")}
    ${lowUnpacks.map(([opcode, name]) => `${name} 0F ${opcode} /r Pq,Qd`).join("\n")}
    ${shiftGroups.map(([name, opcode, digit]) => `${name} 0F ${opcode} /${digit} Nq,Ib`).join("\n")}
    movd 0F 6E /r Pq,Ed
    movd 0F 7E /r Ed,Pq
    movq 0F 6F /r Pq,Qq
    movq 0F 7F /r Qq,Pq
    movntq 0F E7 /r Mq,Pq
    pshufw 0F 70 /r Pq,Qq,Ib
    pinsrw 0F C4 /r Pq,Ew,Ib
    pextrw 0F C5 /r Gd,Nq,Ib
    pmovmskb 0F D7 /r Gd,Nq
    maskmovq 0F F7 /r Pq,Nq
    emms 0F 77
    undefined 0F 71 /0 Nq,Ib
    undefined 0F 72 /1 Nq,Ib
    undefined 0F 73 /3 Nq,Ib
  `),
  sse2int: parseForms(`
    ${packed.map(([opcode, name]) => `${name} 66 0F ${opcode} /r Vdq,Wdq ; a16`).join("\n")}
    ${lowUnpacks.map(([opcode, name]) => `${name} 66 0F ${opcode} /r Vdq,Wdq ; a16`).join("\n")}
    ${shiftGroups.map(([name, opcode, digit]) => `${name} 66 0F ${opcode} /${digit} Udq,Ib`).join("\n")}
    psrldq 66 0F 73 /3 Udq,Ib
    pslldq 66 0F 73 /7 Udq,Ib
    punpcklqdq 66 0F 6C /r Vdq,Wdq ; a16
    punpckhqdq 66 0F 6D /r Vdq,Wdq ; a16
    movd 66 0F 6E /r Vdq,Ed
    movd 66 0F 7E /r Ed,Vdq
    movdqa 66 0F 6F /r Vdq,Wdq ; a16
    movdqa 66 0F 7F /r Wdq,Vdq ; a16
    movdqu F3 0F 6F /r Vdq,Wdq
    movdqu F3 0F 7F /r Wdq,Vdq
    movq F3 0F 7E /r Vdq,Wq
    movq 66 0F D6 /r Wq,Vdq
    movq2dq F3 0F D6 /r Vdq,Nq
    movdq2q F2 0F D6 /r Pq,Udq
    movntdq 66 0F E7 /r Mdq,Vdq ; a16
    movnti 0F C3 /r Md,Gd
    pshufd 66 0F 70 /r Vdq,Wdq,Ib ; a16
    pshufhw F3 0F 70 /r Vdq,Wdq,Ib ; a16
    pshuflw F2 0F 70 /r Vdq,Wdq,Ib ; a16
    pinsrw 66 0F C4 /r Vdq,Ew,Ib
    pextrw 66 0F C5 /r Gd,Udq,Ib
    pmovmskb 66 0F D7 /r Gd,Udq
    maskmovdqu 66 0F F7 /r Vdq,Udq
    undefined 66 0F 73 /1 Udq,Ib
  `),
  ssefp: parseForms(`
    ${floating
      .map(
        ([opcode, name]) => `
          ${name}ps 0F ${opcode} /r Vdq,Wdq ; a16
          ${name}pd 66 0F ${opcode} /r Vdq,Wdq ; a16
          ${name}ss F3 0F ${opcode} /r Vdq,Wd
          ${name}sd F2 0F ${opcode} /r Vdq,Wq`,
      )
      .join("\n")}
    ${logic.map(([opcode, name]) => `${name}ps 0F ${opcode} /r Vdq,Wdq ; a16\n${name}pd 66 0F ${opcode} /r Vdq,Wdq ; a16`).join("\n")}
    cmpps 0F C2 /r Vdq,Wdq,Ib ; a16 predicate
    cmppd 66 0F C2 /r Vdq,Wdq,Ib ; a16 predicate
    cmpss F3 0F C2 /r Vdq,Wd,Ib ; predicate
    cmpsd F2 0F C2 /r Vdq,Wq,Ib ; predicate
    shufps 0F C6 /r Vdq,Wdq,Ib ; a16
    shufpd 66 0F C6 /r Vdq,Wdq,Ib ; a16
    ucomiss 0F 2E /r Vdq,Wd
    comiss 0F 2F /r Vdq,Wd
    ucomisd 66 0F 2E /r Vdq,Wq
    comisd 66 0F 2F /r Vdq,Wq
    movups 0F 10 /r Vdq,Wdq
    movups 0F 11 /r Wdq,Vdq
    movupd 66 0F 10 /r Vdq,Wdq
    movupd 66 0F 11 /r Wdq,Vdq
    movss F3 0F 10 /r Vdq,Wd
    movss F3 0F 11 /r Wd,Vdq
    movsd F2 0F 10 /r Vdq,Wq
    movsd F2 0F 11 /r Wq,Vdq
    movaps 0F 28 /r Vdq,Wdq ; a16
    movaps 0F 29 /r Wdq,Vdq ; a16
    movapd 66 0F 28 /r Vdq,Wdq ; a16
    movapd 66 0F 29 /r Wdq,Vdq ; a16
    movlps 0F 12 /r Vdq,Wq
    movlps 0F 13 /r Mq,Vdq
    movlpd 66 0F 12 /r Vdq,Mq
    movlpd 66 0F 13 /r Mq,Vdq
    movhps 0F 16 /r Vdq,Wq
    movhps 0F 17 /r Mq,Vdq
    movhpd 66 0F 16 /r Vdq,Mq
    movhpd 66 0F 17 /r Mq,Vdq
    movntps 0F 2B /r Mdq,Vdq ; a16
    movntpd 66 0F 2B /r Mdq,Vdq ; a16
    movmskps 0F 50 /r Gd,Udq
    movmskpd 66 0F 50 /r Gd,Udq
    ldmxcsr 0F AE /2 Md
    stmxcsr 0F AE /3 Md
    sfence 0F AE F8
    lfence 0F AE E8
    mfence 0F AE F0
    clflush 0F AE /7 M1
    fxsave 0F AE /0 M512 ; a16
    fxrstor 0F AE /1 M512 ; a16
  `),
  convert: parseForms(`
    cvtpi2ps 0F 2A /r Vdq,Qq
    cvtpi2pd 66 0F 2A /r Vdq,Qq
    cvtsi2ss F3 0F 2A /r Vdq,Ed
    cvtsi2sd F2 0F 2A /r Vdq,Ed
    cvttps2pi 0F 2C /r Pq,Wq
    cvttpd2pi 66 0F 2C /r Pq,Wdq ; a16
    cvttss2si F3 0F 2C /r Gd,Wd
    cvttsd2si F2 0F 2C /r Gd,Wq
    cvtps2pi 0F 2D /r Pq,Wq
    cvtpd2pi 66 0F 2D /r Pq,Wdq ; a16
    cvtss2si F3 0F 2D /r Gd,Wd
    cvtsd2si F2 0F 2D /r Gd,Wq
    cvtps2pd 0F 5A /r Vdq,Wq
    cvtpd2ps 66 0F 5A /r Vdq,Wdq ; a16
    cvtss2sd F3 0F 5A /r Vdq,Wd
    cvtsd2ss F2 0F 5A /r Vdq,Wq
    cvtdq2ps 0F 5B /r Vdq,Wdq ; a16
    cvtps2dq 66 0F 5B /r Vdq,Wdq ; a16
    cvttps2dq F3 0F 5B /r Vdq,Wdq ; a16
    cvttpd2dq 66 0F E6 /r Vdq,Wdq ; a16
    cvtpd2dq F2 0F E6 /r Vdq,Wdq ; a16
    cvtdq2pd F3 0F E6 /r Vdq,Wq
  `),
  approximate: parseForms(`
    rsqrtps 0F 52 /r Vdq,Wdq ; a16
    rsqrtss F3 0F 52 /r Vdq,Wd
    rcpps 0F 53 /r Vdq,Wdq ; a16
    rcpss F3 0F 53 /r Vdq,Wd
  `),
};
