/**
 * What the definitions of src/vmm/isa are called in the manuals, where it is not the same. "name/4": with an operand of 4 bytes; jcxz by its
 * address size. A definition that does for several instructions has them all: moves and logic that don't look into their operands.
 */
const TABLE = `
  callFar call            callFarMemory call      callIndirect call       jmpFar jmp              jmpFarMemory jmp        jmpIndirect jmp
  retFar retf             retFarPop retf          iret/2 iret             iret/4 iretd            jcxz/2 jcxz             jcxz/4 jecxz
  cbw/2 cbw               cbw/4 cwde              cwd/2 cwd               cwd/4 cdq               xlat xlatb
  imul2 imul              imul3 imul              shl shl|sal             xchgAccumulator xchg
  loadAccumulator mov     storeAccumulator mov    movFromSegment mov      movToSegment mov
  movFromControl mov      movToControl mov        movFromDebug mov        movToDebug mov
  movsxByte movsx         movsxWord movsx         movzxByte movzx         movzxWord movzx
  inDx in                 inImmediate in          outDx out               outImmediate out
  pushEs push             pushCs push             pushSs push             pushDs push             pushFs push             pushGs push
  popEs pop               popSs pop               popDs pop               popFs pop               popGs pop               popMemory pop
  pusha/2 pusha           pusha/4 pushad          popa/2 popa             popa/4 popad
  pushf/2 pushf           pushf/4 pushfd          popf/2 popf             popf/4 popfd
  ins/1 insb              ins/2 insw              ins/4 insd              outs/1 outsb            outs/2 outsw            outs/4 outsd
  movs/1 movsb            movs/2 movsw            movs/4 movsd            cmps/1 cmpsb            cmps/2 cmpsw            cmps/4 cmpsd
  lods/1 lodsb            lods/2 lodsw            lods/4 lodsd            stos/1 stosb            stos/2 stosw            stos/4 stosd
  scas/1 scasb            scas/2 scasw            scas/4 scasd

  jnb jae                 jz je                   jnz jne                 jnbe ja                 jnl jge                 jnle jg
  setnb setae             setz sete               setnz setne             setnbe seta             setnl setge             setnle setg
  cmovnb cmovae           cmovz cmove             cmovnz cmovne           cmovnbe cmova           cmovnl cmovge           cmovnle cmovg

  fadd_m fadd             fmul_m fmul             fcom_m fcom             fcomp_m fcomp           fsub_m fsub             fsubr_m fsubr
  fdiv_m fdiv             fdivr_m fdivr           fadd_to fadd            fmul_to fmul            fsub_to fsub            fsubr_to fsubr
  fdiv_to fdiv            fdivr_to fdivr          fld_m fld               fst_m fst               fstp_m fstp
  fld_m80 fld             fstp_m80 fstp           fnstsw_m fnstsw         fnstsw_ax fnstsw        fstp_unchecked fstpnce
  fnop_without_wait fneni|fndisi|fnsetpm

  movaps movaps|movapd|movdqa|movntps|movntpd|movntdq                     movups movups|movupd|movdqu
  movlps movlps|movlpd|movhlps                    movhps movhps|movhpd|movlhps                    movhpsStore movhps|movhpd
  pand pand|andps|andpd   pandn pandn|andnps|andnpd                       por por|orps|orpd       pxor pxor|xorps|xorpd
  punpckldq punpckldq|unpcklps                    punpckhdq punpckhdq|unpckhps
  punpcklqdq punpcklqdq|unpcklpd                  punpckhqdq punpckhqdq|unpckhpd
  movqMmx movq|movntq     movdToMmx movd          movdToXmm movd          movdFromMmx movd        movdFromXmm movd
  pshuflw pshuflw|pshufw  clflush clflush|sfence
  psrlwImmediate psrlw    psrldImmediate psrld    psrlqImmediate psrlq    psrawImmediate psraw    psradImmediate psrad
  psllwImmediate psllw    pslldImmediate pslld    psllqImmediate psllq
`;

const names = new Map<string, readonly string[]>();
const words = TABLE.trim().split(/\s+/);
for (let i = 0; i < words.length; i += 2) names.set(words[i], words[i + 1].split("|"));

/** The manuals' mnemonics for one of our definitions. */
export function mnemonicsOf(definition: string, size: number): readonly string[] {
  const found = names.get(definition) ?? names.get(`${definition}/${size}`);
  if (found) return found;
  const same = [definition];
  names.set(definition, same);
  return same;
}
