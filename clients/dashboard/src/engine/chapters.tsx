import { bytes, count, percent, rate } from "../format/quantity.js";
import { Chapter } from "./chapter.js";
import type { EngineFigures } from "./engine-figures.js";
import { Figure } from "./figure.js";
import { MemoryPicture } from "./memory-picture.js";
import { SwitchTable } from "./switch-table.js";
import { WorldsPicture } from "./worlds-picture.js";

/** @param figures null: no machine to show them of */
export function Chapters({ figures }: { figures: EngineFigures | null }) {
  const show = (of: (there: EngineFigures) => string) => figures && of(figures);
  return (
    <div class="chapters">
      <Chapter
        title="1. A computer that is a program"
        words={
          <>
            <p>
              Each machine is a whole PC, made by software: a processor with its memory, an interrupt controller, a clock, serial ports. The
              system that runs on it, the <b>guest</b>, is unmodified and does not know. The program that plays the PC is the <b>monitor</b>
              .
            </p>
            <p>
              It lives in two worlds. In the one, the guest's instructions run, in a thread that can reach nothing but the guest's memory.
              In the other, an ordinary process draws consoles and writes statistics. Between them lies one shared page.
            </p>
            <WorldsPicture />
          </>
        }
        figures={
          <>
            <Figure value={show(({ instructionsPerSecond }) => rate(instructionsPerSecond))} of="guest instructions, right now" />
            <Figure value={show(({ total }) => count(total.cpu.instructions))} of="since the machine was started" />
            <Figure value={show(({ idleShare }) => percent(idleShare))} of="of the time the guest has nothing to do, and costs nothing" />
          </>
        }
      />
      <Chapter
        title="2. Two ways to run an instruction"
        words={
          <>
            <p>
              An <b>interpreter</b> takes instructions one by one, looks what each means, and does it. It can do everything, slowly. Most of
              what a computer does it does again and again, though: loops, and functions that are called all the time.
            </p>
            <p>
              What is met often enough is <b>translated</b>: a whole loop or function becomes one WebAssembly function, which this server's
              own processor runs at speed. Guest registers become local variables, and figures that nobody reads are never computed. If the
              guest overwrites its code, the translation is thrown away in the same moment.
            </p>
          </>
        }
        figures={
          <>
            <Figure value={show(({ translatedShare }) => percent(translatedShare))} of="of all instructions ran translated" />
            <Figure value={show(({ total }) => count(total.translator.liveRegions))} of="pieces of hot code are translated now" />
            <Figure value={show(({ total }) => bytes(total.translator.codeBytes))} of="of WebAssembly they are" />
          </>
        }
      />
      <Chapter
        title="3. Two modes of execution"
        words={
          <>
            <p>
              A guest's own system believes that it rules the processor: it masks interrupts and moves page tables about. It must not rule
              this one, so what it does is watched over: <b>binary translation</b> does its privileged instructions on a processor that is
              only state.
            </p>
            <p>
              Its applications have no such rights. Their code is harmless as it is, and runs in <b>direct execution</b>: translated, too,
              but with nothing monitored. Which of the two it is, is decided anew at each crossing, from the processor's state alone.
            </p>
          </>
        }
        figures={
          <>
            <Figure value={show(({ directShare }) => percent(directShare))} of="of instructions in direct execution: applications" />
            <Figure value={show(({ directShare }) => percent(1 - directShare))} of="in binary translation: the guest's system" />
            <Figure
              value={show(({ total }) => count(total.modes.directExecution.entries))}
              of="times execution changed to an application"
            />
          </>
        }
      />
      <Chapter
        title="4. Page faults that the guest sees, and those it doesn't"
        words={
          <>
            <p>
              Programs name memory by <em>virtual</em> addresses; tables of the guest's system say which page of its memory is meant.
              Reading those tables at each access would be slow, so the monitor keeps the answers. Where it has none yet, that is a{" "}
              <b>hidden fault</b>: it looks the tables up and goes on, and the guest never knows.
            </p>
            <p>
              If the guest's own tables forbid the access, it is a <b>true fault</b>, and the guest's system is told, as it would be by a
              real processor: that is how systems load programs piece by piece.
            </p>
            <MemoryPicture />
          </>
        }
        figures={
          <>
            <Figure value={show(({ total }) => count(total.mmu.hiddenFaults))} of="hidden faults since the start" />
            <Figure value={show(({ total }) => count(total.mmu.trueFaults))} of="true faults" />
            <Figure value={show(({ total }) => count(total.mmu.tlbFlushes))} of="times the answers were dropped: another program's turn" />
          </>
        }
      />
      <Chapter
        title="5. World switches"
        words={
          <>
            <p>
              The guest's world runs on by itself for as long as it can. When it needs the other one, a <b>world switch</b> passes through
              the shared page: output to be shown, keys that were taken, or nothing to do until the next tick of a clock.
            </p>
            <p>
              Each is counted by its reason, with the time until the monitor went on. A resting guest has few, and those are rests. A
              machine that floods its console has many, and if nobody drains it, it waits (<em>console full</em>): nothing is ever lost
              between the worlds.
            </p>
          </>
        }
        figures={<SwitchTable switches={figures?.switches ?? []} />}
      />
    </div>
  );
}
