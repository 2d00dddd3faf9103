import { type Form, parseForms } from "./form.js";

const aluNames = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"];
const hex = (n: number) => n.toString(16).toUpperCase().padStart(2, "0");

const aluTable = aluNames
  .map((name, i) => {
    const base = 8 * i;
    const lock = name === "cmp" ? "ro" : "lock";
    const ro = name === "cmp" ? "ro" : "";
    return `
      ${name} ${hex(base)} /r Eb,Gb ; ${lock}
      ${name} ${hex(base + 1)} /r Ev,Gv ; ${lock}
      ${name} ${hex(base + 2)} /r Gb,Eb ; ${ro}
      ${name} ${hex(base + 3)} /r Gv,Ev ; ${ro}
      ${name} ${hex(base + 4)} AL,Ib ; ${ro} w=ax
      ${name} ${hex(base + 5)} eAX,Iv ; ${ro} w=ax
      ${name} 80 /${i} Eb,Ib ; ${lock}
      ${name} 81 /${i} Ev,Iv ; ${lock}
      ${name} 82 /${i} Eb,Ib ; ${lock}
      ${name} 83 /${i} Ev,Ib ; ${lock}`;
  })
  .join("\n");

const shiftTable = ["rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar"]
  .map((name, i) =>
    [`C0 /${i} Eb,Ib`, `C1 /${i} Ev,Ib`, `D0 /${i} Eb,1`, `D1 /${i} Ev,1`, `D2 /${i} Eb,CL`, `D3 /${i} Ev,CL`]
      .map((opcode) => `${name} ${opcode}`)
      .join("\n"),
  )
  .join("\n");

const conditions = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];
const perCondition = (line: (cc: string, i: number) => string) => conditions.map(line).join("\n");

const bitTable = ["bt", "bts", "btr", "btc"]
  .map((name, i) => {
    const notes = name === "bt" ? "ro" : "lock";
    return `
      ${name} 0F ${hex(0xa3 + 8 * i)} /r Ev,Gv ; ${notes}
      ${name} 0F BA /${4 + i} Ev,Ib ; ${notes}`;
  })
  .join("\n");

/** By family, as `--family` names them. Families for control flow, the stack and strings have generators of their own. */
export const integerForms: Readonly<Record<string, readonly Form[]>> = {
  alu: parseForms(`
    ${aluTable}
    test 84 /r Eb,Gb ; ro
    test 85 /r Ev,Gv ; ro
    test A8 AL,Ib ; ro
    test A9 eAX,Iv ; ro
    test F6 /0 Eb,Ib ; ro
    test F6 /1 Eb,Ib ; ro
    test F7 /0 Ev,Iv ; ro
    test F7 /1 Ev,Iv ; ro
    inc FE /0 Eb ; lock
    inc FF /0 Ev ; lock
    inc 40 Zv
    dec FE /1 Eb ; lock
    dec FF /1 Ev ; lock
    dec 48 Zv
    not F6 /2 Eb ; lock
    not F7 /2 Ev ; lock
    neg F6 /3 Eb ; lock
    neg F7 /3 Ev ; lock
  `),
  shift: parseForms(`
    ${shiftTable}
    shld 0F A4 /r Ev,Gv,Ib
    shld 0F A5 /r Ev,Gv,CL
    shrd 0F AC /r Ev,Gv,Ib
    shrd 0F AD /r Ev,Gv,CL
  `),
  muldiv: parseForms(`
    mul F6 /4 Eb ; ro w=ax
    mul F7 /4 Ev ; ro w=ax,dx
    imul F6 /5 Eb ; ro w=ax
    imul F7 /5 Ev ; ro w=ax,dx
    imul 0F AF /r Gv,Ev
    imul 69 /r Gv,Ev,Iv
    imul 6B /r Gv,Ev,Ib
    div F6 /6 Eb ; ro w=ax
    div F7 /6 Ev ; ro w=ax,dx
    idiv F6 /7 Eb ; ro w=ax
    idiv F7 /7 Ev ; ro w=ax,dx
  `),
  bit: parseForms(`
    ${bitTable}
    bsf 0F BC /r Gv,Ev
    bsr 0F BD /r Gv,Ev
  `),
  move: parseForms(`
    mov 88 /r Eb,Gb
    mov 89 /r Ev,Gv
    mov 8A /r Gb,Eb
    mov 8B /r Gv,Ev
    mov A0 AL,Ob ; w=ax
    mov A1 eAX,Ov ; w=ax
    mov A2 Ob,AL
    mov A3 Ov,eAX
    mov B0 Zb,Ib
    mov B8 Zv,Iv
    mov C6 /0 Eb,Ib
    mov C7 /0 Ev,Iv
    movzx 0F B6 /r Gv,Eb
    movzx 0F B7 /r Gv,Ew
    movsx 0F BE /r Gv,Eb
    movsx 0F BF /r Gv,Ew
    lea 8D /r Gv,M0
    xchg 86 /r Eb,Gb ; lock w=all
    xchg 87 /r Ev,Gv ; lock w=all
    xchg 90 Zv,eAX ; w=ax
    xadd 0F C0 /r Eb,Gb ; lock w=all
    xadd 0F C1 /r Ev,Gv ; lock w=all
    cmpxchg 0F B0 /r Eb,Gb ; lock w=ax
    cmpxchg 0F B1 /r Ev,Gv ; lock w=ax
    cmpxchg8b 0F C7 /1 Mq ; lock w=ax,dx
    bswap 0F C8 Zd
    xlat D7 ; w=ax memory
    cbw 98 ; wide w=ax
    cwd 99 ; wide w=dx
    ${[4, 5, 6, 7].map((digit) => `nop 0F 18 /${digit} Ev ; ro`).join("\n")}
    ${["19", "1A", "1B", "1D", "1E", "1F"].map((opcode) => `nop 0F ${opcode} /r Ev,Gv ; ro`).join("\n")}
    nop 0F 1C /1 Ev ; ro
    endbr F3 0F 1E FA
    endbr F3 0F 1E FB
    ${[0, 1, 2, 3].map((digit) => `prefetch 0F 18 /${digit} M1 ; ro`).join("\n")}
    pause F3 90
  `),
  conditional: parseForms(`
    ${perCondition((cc, i) => `set${cc} 0F ${hex(0x90 + i)} /0 Eb`)}
    ${perCondition((cc, i) => `cmov${cc} 0F ${hex(0x40 + i)} /r Gv,Ev`)}
    salc D6 ; w=ax
  `),
  flags: parseForms(`
    sahf 9E
    lahf 9F ; w=ax
    clc F8
    stc F9
    cmc F5
    cld FC
    std FD
    nop 90
  `),
  bcd: parseForms(`
    daa 27 ; w=ax
    das 2F ; w=ax
    aaa 37 ; w=ax
    aas 3F ; w=ax
    aam D4 Ib ; w=ax
    aad D5 Ib ; w=ax
  `),
  string: parseForms(`
    movs A4 b ; rep w=si,di,cx
    movs A5 v ; wide rep w=si,di,cx
    cmps A6 b ; rep w=si,di,cx
    cmps A7 v ; wide rep w=si,di,cx
    stos AA b ; rep w=di,cx
    stos AB v ; wide rep w=di,cx
    lods AC b ; rep w=ax,si,cx
    lods AD v ; wide rep w=ax,si,cx
    scas AE b ; rep w=di,cx
    scas AF v ; wide rep w=di,cx
  `),
  stack: parseForms(`
    push 50 Zv ; w=sp
    pop 58 Zv ; w=sp
    pusha 60 ; wide w=sp
    popa 61 ; wide w=all
    push 68 Iv ; w=sp
    push 6A Ib ; wide w=sp
    push FF /6 Ev ; ro w=sp
    pop 8F /0 Ev ; w=sp
    enter C8 Iw,Ib ; wide w=sp,bp
    leave C9 ; wide w=sp,bp
    pushf 9C ; wide w=sp
    popf 9D ; wide w=sp
    push 06 ; wide w=sp selector
    push 0E ; wide w=sp selector
    push 16 ; wide w=sp selector
    push 1E ; wide w=sp selector
    push 0F A0 ; wide w=sp selector
    push 0F A8 ; wide w=sp selector
  `),
  segment: parseForms(`
    mov 8C /r Ev,S
    mov 8E /r S,Ew ; ro
    pop 07 ; wide w=sp selector
    pop 17 ; wide w=sp selector
    pop 1F ; wide w=sp selector
    pop 0F A1 ; wide w=sp selector
    pop 0F A9 ; wide w=sp selector
    les C4 /r Gv,M6
    lds C5 /r Gv,M6
    lss 0F B2 /r Gv,M6
    lfs 0F B4 /r Gv,M6
    lgs 0F B5 /r Gv,M6
  `),
  control: parseForms(`
    ${perCondition((cc, i) => `j${cc} ${hex(0x70 + i)} Jb`)}
    ${perCondition((cc, i) => `j${cc} 0F ${hex(0x80 + i)} Jv ; wide`)}
    jmp EB Jb ; wide
    jmp E9 Jv ; wide
    jmp FF /4 Ev ; ro
    call E8 Jv ; wide w=sp
    call FF /2 Ev ; ro w=sp
    ret C3 ; wide w=sp
    ret C2 Iw ; wide w=sp
    loopne E0 Jb ; w=cx
    loope E1 Jb ; w=cx
    loop E2 Jb ; w=cx
    jcxz E3 Jb
  `),
  far: parseForms(`
    jmpf EA Iv,Iw
    callf 9A Iv,Iw ; w=sp
    jmpf FF /5 M6 ; wide ro
    callf FF /3 M6 ; wide ro w=sp
    retf CB ; wide w=sp
    retf CA Iw ; wide w=sp
    iret CF ; wide w=sp
  `),
  trap: parseForms(`
    int3 CC
    int CD Ib
    into CE
    bound 62 /r Gv,M8 ; ro
    ud2 0F 0B
    ud1 0F B9 /r Gv,Ev ; ro
    ud0 0F FF /r Gv,Ev ; ro
    hlt F4
    cli FA
    sti FB
    in E4 AL,Ib
    in E5 eAX,Ib
    in EC AL,DX
    in ED eAX,DX
    out E6 Ib,AL
    out E7 Ib,eAX
    out EE DX,AL
    out EF DX,eAX
    ins 6C b
    ins 6D v ; wide
    outs 6E b
    outs 6F v ; wide
    clts 0F 06
    invd 0F 08
    wbinvd 0F 09
    wrmsr 0F 30
    rdmsr 0F 32
    ${[0, 2, 3, 4].flatMap((cr) => [`mov 0F 20 /${cr} Rd`, `mov 0F 22 /${cr} Rd`]).join("\n")}
    ${[0, 3, 6, 7].flatMap((dr) => [`mov 0F 21 /${dr} Rd`, `mov 0F 23 /${dr} Rd`]).join("\n")}
    sysexit 0F 35
    lgdt 0F 01 /2 M6
    lidt 0F 01 /3 M6
    lmsw 0F 01 /6 Ew
    invlpg 0F 01 /7 M1
    lldt 0F 00 /2 Ew
    ltr 0F 00 /3 Ew
    lar 0F 02 /r Gv,Ew
    lsl 0F 03 /r Gv,Ew
    verr 0F 00 /4 Ew
    verw 0F 00 /5 Ew
    arpl 63 /r Ew,Gw
    undefined FF /7 Ev
    undefined FE /2 Eb
    undefined 8F /1 Ev
    undefined C6 /1 Eb
    undefined 0F BA /0 Ev,Ib
    undefined 0F C7 /0 Mq
    undefined FF /3 Rd
    undefined FF /5 Rd
    undefined 8D /r Rd,Gd
    undefined 0F B2 /r Rd,Gd
    undefined 0F C7 /1 Rd
    undefined 0F 13 /r Rd,Gd
    undefined 0F 17 /r Rd,Gd
    undefined 0F C3 /r Rd,Gd
    undefined 0F E7 /r Rd,Gd
    undefined 0F 20 /1 Rd
    undefined 0F 22 /5 Rd
    undefined 0F A6
    undefined 0F AA
    undefined 0F 04
    undefined 0F 0A
    undefined 0F 24
    undefined 0F 39
    undefined 0F 7B /r Rd,Gd
  `),
};
